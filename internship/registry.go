package internship

import (
	"slices"
	"strings"
	"time"
)

// Outcomes of asking the market regulator's registry. None of them
// passes or refuses anything by itself.
const (
	RegistryMatch    = "match"
	RegistryMismatch = "mismatch"
	RegistryNotFound = "not_found"
	// RegistrySilent: it did not answer, in all the times it was asked.
	RegistrySilent = "silent"
)

// RegistryCheck is what the registry said about one round.
type RegistryCheck struct {
	Outcome string `bson:"outcome"`
	// Differences are the fields in which the registry has something else.
	Differences []Difference `bson:"differences,omitempty"`
	// Status is 登记状态, e.g. 存续, where the registry tells it.
	Status string    `bson:"status,omitempty"`
	At     time.Time `bson:"at"`
}

// Difference is one field in which the registry has something else.
type Difference struct {
	// Field is name, legalPerson or status.
	Field  string `bson:"field"`
	Ours   string `bson:"ours"`
	Theirs string `bson:"theirs"`
}

// RegistryLabel is the Chinese name of an outcome.
func RegistryLabel(outcome string) string {
	switch outcome {
	case RegistryMatch:
		return "一致"
	case RegistryMismatch:
		return "不一致"
	case RegistryNotFound:
		return "未查到"
	case RegistrySilent:
		return "未能查询"
	default:
		return "查询中"
	}
}

// Says tells the applicant in plain words what was found.
func (c *RegistryCheck) Says() string {
	if c == nil {
		return "正在向市场监管部门核对企业登记信息"
	}
	switch c.Outcome {
	case RegistryMatch:
		return "与市场监管部门登记的信息一致"
	case RegistryMismatch:
		return "与市场监管部门登记的信息不一致，请核对名称和法人代表/负责人，以平台人工审核为准"
	case RegistryNotFound:
		return "在市场监管部门登记的信息中没有查到该代码，请核对代码，以平台人工审核为准"
	default:
		return "暂时无法向市场监管部门核对，以平台人工审核为准"
	}
}

// asked is the core data about which the registry is to be asked: the change
// that waits, else the registration.
func (e *Enterprise) asked() (Core, **RegistryCheck) {
	if e.Waiting != nil {
		return e.Waiting.Core, &e.Waiting.Registry
	}
	return e.Core(), &e.Registry
}

// RegistryQuestion is the core data about which the registry has not been
// asked yet, with their round; ok is false when there are none.
func (e *Enterprise) RegistryQuestion() (c Core, round int, ok bool) {
	c, check := e.asked()
	submitted := e.State == UnderReview && !e.Draft() || e.Waiting != nil
	return c, e.Round, submitted && *check == nil
}

// NoteRegistry keeps what the registry said about a round; it says whether
// that was still wanted.
func (e *Enterprise) NoteRegistry(round int, found RegistryCheck, do Do) (bool, error) {
	if _, now, ok := e.RegistryQuestion(); !ok || now != round {
		return false, nil
	}
	do.Note = RegistryLabel(found.Outcome)
	if err := e.fire("note_registry", do); err != nil {
		return false, err
	}
	_, check := e.asked()
	found.At = do.At
	*check = &found
	return true, nil
}

// RegistryOutcome is what the registry said about what was submitted last, ""
// while it is being asked; asked is false for enterprises that submitted
// nothing.
func (e *Enterprise) RegistryOutcome() (outcome string, asked bool) {
	_, check := e.asked()
	if *check != nil {
		return (*check).Outcome, true
	}
	return "", e.Waiting != nil || !e.RegisteredAt.IsZero()
}

// RegistryRecord is what the registry has under a code.
type RegistryRecord struct {
	Name        string
	LegalPerson string
	// Status is 登记状态; empty where the registry doesn't tell.
	Status string
}

// Compare holds core data against the registry's record. Width of characters
// and white space make no difference.
func (r RegistryRecord) Compare(c Core) RegistryCheck {
	check := RegistryCheck{Outcome: RegistryMatch, Status: r.Status}
	for _, d := range []Difference{{"name", c.Name, r.Name}, {"legalPerson", c.LegalPerson, r.LegalPerson}} {
		if plain(d.Ours) != plain(d.Theirs) {
			check.Differences = append(check.Differences, d)
		}
	}
	if !inBusiness(r.Status) {
		check.Differences = append(check.Differences, Difference{Field: "status", Theirs: r.Status})
	}
	if len(check.Differences) > 0 {
		check.Outcome = RegistryMismatch
	}
	return check
}

// plain is a name as it is compared.
func plain(s string) string { return upperASCII(alike.Replace(foldWidth(s))) }

// alike takes blanks out, and writes the middle dots of names as one.
var alike = strings.NewReplacer(" ", "", "•", "·", "・", "·", "‧", "·", "∙", "·", "⋅", "·", ".", "·")

// inBusiness says whether a status is one of enterprises that may do business;
// one that the registry doesn't tell is not held against anybody.
func inBusiness(status string) bool {
	return status == "" || slices.ContainsFunc([]string{"存续", "在业", "在营", "开业", "正常"}, func(good string) bool {
		return strings.HasPrefix(status, good)
	})
}

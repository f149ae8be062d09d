package internship

import (
	"slices"
	"time"
)

// Enterprise is an employer (企事业单位) that takes interns (manual §2).
type Enterprise struct {
	Root `bson:",inline"`
	Name string `bson:"name"`
	// Code is the 统一社会信用代码 or the 组织机构代码, as CodeKind says (G-07).
	Code     string   `bson:"code"`
	CodeKind CodeKind `bson:"codeKind"`
	// CodeUnverified: the code fails its check digit, and whoever submitted it
	// says that the certificate shows it so; a reviewer compares (domain.md §3.4).
	CodeUnverified bool `bson:"codeUnverified,omitempty"`
	// CertificateKind is 证件类别, Certificate the id of its scan.
	CertificateKind string  `bson:"certificateKind,omitempty"`
	Certificate     string  `bson:"certificate,omitempty"`
	Profile         Profile `bson:"profile"`
	// Source says how it came into the library.
	Source string `bson:"source"`
	// Recommenders are the schools that entered it.
	Recommenders []Recommender `bson:"recommenders,omitempty"`
	// Nominator is the student who named it (学生推荐).
	Nominator *Nominator `bson:"nominator,omitempty"`
	State     string     `bson:"state"`
	// StateAt is since when it is in its state.
	StateAt time.Time `bson:"stateAt,omitempty"`
	// Reason is why it was returned or frozen, while it is.
	Reason string `bson:"reason,omitempty"`
	Review `bson:",inline"`
	// Reach counts the changes of who may choose its positions: schools that
	// recommend it, passes, freezes and lifts, industries that may take no interns. A position notes the one it
	// follows, so that an older reading can't undo a newer one.
	Reach int `bson:"reach,omitempty"`
	// Activation is what a school's code is checked against; nil when used.
	Activation *Activation `bson:"activation,omitempty"`
	CreatedAt  time.Time   `bson:"createdAt"`
}

// Profile is the rest of the registration form (manual §2.2).
type Profile struct {
	LegalPerson string  `bson:"legalPerson,omitempty"`
	Address     Address `bson:"address"`
	Contact     string  `bson:"contact,omitempty"`
	Phone       string  `bson:"-"`
	Website     string  `bson:"website,omitempty"`
	Intro       string  `bson:"intro,omitempty"`
	// Industry is the code of what it does (行业); some may take no interns
	// (domain.md §3.1).
	Industry string `bson:"industry,omitempty"`
	// Staff is 在岗职工总数, by which the number of interns is bounded (G-17).
	Staff int `bson:"staff,omitempty"`
}

// Address keeps the region's codes (GB/T 2260) and the detail apart (G-08).
type Address struct {
	Province string `bson:"province,omitempty"`
	City     string `bson:"city,omitempty"`
	County   string `bson:"county,omitempty"`
	Detail   string `bson:"detail,omitempty"`
}

// Recommender is a school that recommends the enterprise (推荐学校).
type Recommender struct {
	SchoolID   string    `bson:"schoolId"`
	SchoolName string    `bson:"schoolName"`
	At         time.Time `bson:"at"`
}

// Nominator is the student who named the enterprise, as the platform sees it.
type Nominator struct {
	StudentID string `bson:"studentId"`
	// Name is masked: the nominee gets to see it.
	Name       string    `bson:"name"`
	SchoolID   string    `bson:"schoolId"`
	SchoolName string    `bson:"schoolName"`
	At         time.Time `bson:"at"`
}

// MaxStaff bounds 在岗职工总数.
const MaxStaff = 1_000_000

// Activation is a school's code for an entered enterprise: used once, before
// it expires. Tries at it are counted beside the enterprise, see acts.
type Activation struct {
	// Hash is the digest of the code; the code itself is shown once only.
	Hash    string    `bson:"hash"`
	Expires time.Time `bson:"expires"`
}

// States of an enterprise (账号状态).
const (
	Entered     = "entered"
	UnderReview = "under_review"
	Returned    = "returned"
	Active      = "active"
	Frozen      = "frozen"
	Blacklisted = "blacklisted"
	Cancelled   = "cancelled"
)

// Sources of an enterprise (来源).
const (
	FromSchool  = "推荐学校"
	FromItself  = "自荐"
	FromStudent = "学生推荐"
)

// Holds makes a USCC unique, and the organisation code within it, so that one
// enterprise can't be entered under both (G-07).
func (e *Enterprise) Holds() []string {
	if e.CodeKind == OrganisationCode {
		return []string{"organisation:" + e.Code}
	}
	return []string{"uscc:" + e.Code, "organisation:" + OrganisationCodeOf(e.Code)}
}

// Files are the ids of the files it names: the certificate in force and the one
// that waits for review.
func (e *Enterprise) Files() []string {
	if e.Waiting != nil {
		return []string{e.Certificate, e.Waiting.Certificate}
	}
	return []string{e.Certificate}
}

// Private lists the fields that the store encrypts.
func (e *Enterprise) Private() map[string]*string {
	return map[string]*string{"phone": &e.Profile.Phone}
}

// Search is the text by which lists find the enterprise.
func (e *Enterprise) Search() string { return e.Name + " " + e.Code }

// Order sorts lists: newest enterprise first.
func (e *Enterprise) Order() time.Time { return e.CreatedAt }

// StateLabel is the 账号状态 as the manual prints it.
func (e *Enterprise) StateLabel() string { return enterpriseMachine.StateLabel(e.State) }

// Complete says whether the profile has what publishing needs.
func (p Profile) Complete() bool {
	return p.LegalPerson != "" && p.Address.Detail != "" && p.Contact != "" && p.Phone != "" && p.Intro != "" && p.Industry != "" && p.Staff > 0
}

// MayPublish says why the enterprise may not publish positions: it is not 正常,
// its data are not complete, or its industry may take no interns (domain.md
// §3.1).
func (e *Enterprise) MayPublish() error {
	if err := e.MayAct(); err != nil {
		return err
	}
	if !e.Profile.Complete() {
		return ErrProfileMissing
	}
	return nil
}

// MayAct says why the enterprise may neither publish nor accept, and nobody
// apply to it: only 正常 may, and only in an industry that may take interns.
func (e *Enterprise) MayAct() error {
	switch e.State {
	case Active:
	case Blacklisted:
		return ErrBlacklisted
	default:
		return ErrFrozen.With("企业账号状态为「" + e.StateLabel() + "」，暂不能进行该操作")
	}
	if i, _ := IndustryOf(e.Profile.Industry); i.Barred {
		return ErrIndustryBarred.With("所属行业为「" + i.Name + "」：按照《职业学校学生实习管理规定》，该行业的单位不得接收实习生，不能发布岗位")
	}
	return nil
}

// Hidden says whether its positions are shown to no student.
func (e *Enterprise) Hidden() bool { return e.MayAct() != nil }

// MayWrite says why the enterprise may not even write positions down: it is in
// 黑名单 or 注销.
func (e *Enterprise) MayWrite() error {
	if e.State == Blacklisted || e.State == Cancelled {
		return e.MayAct()
	}
	return nil
}

// MayEmploy says why accounts may not be added for its staff: nobody has admitted
// it yet, and whoever registered could take up other people's mobiles.
func (e *Enterprise) MayEmploy() error {
	if e.State != Active && e.State != Frozen {
		return e.MayAct()
	}
	return nil
}

// Audience are the schools whose students may choose its positions.
func (e *Enterprise) Audience() []string {
	if e.Source != FromSchool {
		return []string{AllSchools}
	}
	return e.recommenderIDs()
}

func (e *Enterprise) recommenderIDs() []string {
	ids := make([]string, len(e.Recommenders))
	for i, r := range e.Recommenders {
		ids[i] = r.SchoolID
	}
	return ids
}

// RecommendedBy says whether a school already recommends the enterprise.
func (e *Enterprise) RecommendedBy(schoolID string) bool {
	return slices.ContainsFunc(e.Recommenders, func(r Recommender) bool { return r.SchoolID == schoolID })
}

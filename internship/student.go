package internship

import (
	"reflect"
	"strings"
	"time"
)

// Sex is 男 or 女.
type Sex string

// The two values of Sex.
const (
	Male   Sex = "男"
	Female Sex = "女"
)

// Student is a student (学生, 实习生) of one school, kept by that school
// through the partner API. The ID number and mobiles are personal data: the
// store encrypts them, see Private.
type Student struct {
	Root     `bson:",inline"`
	SchoolID string `bson:"schoolId"`
	// Number is the school's own number of the student (学号).
	Number string `bson:"number"`
	Name   string `bson:"name"`
	// Education is 学历: 中专, 大专 or 本科.
	Education string `bson:"education"`
	// Grade is the year of entry (年级), e.g. "2024".
	Grade    string   `bson:"grade"`
	Major    string   `bson:"major"`
	Class    string   `bson:"class,omitempty"`
	IDNumber string   `bson:"-"`
	Mobile   string   `bson:"-"`
	Guardian Guardian `bson:"guardian"`
}

// Guardian is the person to ask for a minor; for adults it may be empty.
type Guardian struct {
	Name   string `bson:"name,omitempty"`
	Mobile string `bson:"-"`
}

// Holds makes an ID number unique within a school.
func (s *Student) Holds() []string {
	return []string{"student:" + s.SchoolID + ":" + s.IDNumber}
}

// Private lists the fields that the store encrypts and can look up by.
func (s *Student) Private() map[string]*string {
	return map[string]*string{"idNumber": &s.IDNumber, "mobile": &s.Mobile, "guardianMobile": &s.Guardian.Mobile}
}

// Birth is the birth date, read from the ID number.
func (s *Student) Birth() Date { return IDNumber{digits: s.IDNumber}.Birth() }

// Sex is read from the ID number.
func (s *Student) Sex() Sex { return IDNumber{digits: s.IDNumber}.Sex() }

// Keep takes over what the school says of its student; it says whether that
// was anything new, so that a school may send all its students every night.
func (s *Student) Keep(from *Student, do Do) bool {
	was, root := *s, s.Root
	*s = *from
	was.Root, s.Root = Root{}, Root{}
	news := !reflect.DeepEqual(was, *s)
	s.Root = root
	if news {
		s.History = append(s.History, Change{Name: "keep", To: "kept", By: do.By, At: do.At})
	}
	return news
}

// Eligible says why a student may not be an intern of a plan on the given
// day: younger than 16, in the first year of study, or not meant by the plan
// (domain.md §3.1, Art. 16 (1)(2)). The day that counts is the plan's first,
// or today when the plan already runs.
func Eligible(birth Date, grade string, plan *Plan, now time.Time) error {
	day := max(DateOf(now), plan.FirstDay)
	if birth == "" || AgeOn(birth, day) < 16 {
		return ErrNotEligible.With("学生在实习开始时未满 16 周岁，不得安排实习")
	}
	if firstYear(grade, day) {
		return ErrNotEligible.With("一年级在校学生不得安排岗位实习")
	}
	return nil
}

// firstYear says whether someone who entered in the grade's year is in the
// first school year on that day; school years begin on 1 September.
func firstYear(grade string, day Date) bool {
	return day < Date(nextYear(grade)+"-09-01")
}

func nextYear(year string) string {
	t, err := time.Parse("2006", strings.TrimSpace(year))
	if err != nil {
		return "9999"
	}
	return t.AddDate(1, 0, 0).Format("2006")
}

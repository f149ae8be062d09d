package internship

import (
	"slices"
	"strings"
)

// Terms are the conditions of a position, those that a student agrees to. A
// placement keeps a copy of them as its student saw them.
type Terms struct {
	Name       string `bson:"name"`
	Department string `bson:"department"`
	Salary     Salary `bson:"salary"`
	// Settlement is 工资结算方式, a month at the longest (G-12, Art. 18).
	Settlement string `bson:"settlement"`
	// Education is 学历要求.
	Education string `bson:"education"`
	// Headcount is 实习人数: a hard cap on signed placements (G-17).
	Headcount int `bson:"headcount"`
	// Majors are the 对口专业.
	Majors []string `bson:"majors"`
	// Workplace is 工作地址.
	Workplace  Address `bson:"workplace"`
	Lodging    string  `bson:"lodging"`
	NightShift string  `bson:"nightShift"`
	Overtime   string  `bson:"overtime"`
	// From and To are the days between which the internship is expected to be,
	// inclusive (G-12). The school's plan decides.
	From Date `bson:"from,omitempty"`
	To   Date `bson:"to,omitempty"`
	// Occupation is 职业类别, 1 to 6 of the insurers' table; 0: not said.
	Occupation int `bson:"occupation,omitempty"`
	// Taboo names those for whom the work is forbidden: TabooMinors,
	// TabooWomen (Art. 16 (3)(4)).
	Taboo []string `bson:"taboo,omitempty"`
	// Plan is the file of 学生实习方案.
	Plan string `bson:"plan,omitempty"`

	Description  string `bson:"description"`
	Skills       string `bson:"skills,omitempty"`
	Requirements string `bson:"requirements,omitempty"`
}

// Who may be kept from a position by law.
const (
	TabooMinors = "未成年人"
	TabooWomen  = "女性"
)

// The choices of the manual's form that the rules ask for.
const (
	monthly    = "月结"
	withNights = "有夜班"
	noOvertime = "无加班"
)

// Salary is the monthly pay: the band of the manual and its numbers in yuan
// (G-18), which may be narrower than the band. Max 0: no upper bound.
type Salary struct {
	Band string `bson:"band"`
	Min  int    `bson:"min"`
	Max  int    `bson:"max,omitempty"`
}

// Material says whether new terms differ from the old in what a student must
// agree to again: pay, place, nights, overtime or lodging (G-16), and the time
// of the internship and the danger of the work, which matter as much.
func (t Terms) Material(old Terms) bool {
	return t.Salary != old.Salary || t.Settlement != old.Settlement || t.Workplace != old.Workplace ||
		t.NightShift != old.NightShift || t.Overtime != old.Overtime || t.Lodging != old.Lodging ||
		t.From != old.From || t.To != old.To || t.Occupation != old.Occupation
}

// Suits says why a student must not do the work on the first day of the
// internship: a minor or a woman where the law forbids it. Error:
// ErrNotEligible.
func (t Terms) Suits(birth Date, sex Sex, firstDay Date) error {
	switch {
	case slices.Contains(t.Taboo, TabooMinors) && AgeOn(birth, firstDay) < 18:
		return ErrNotEligible.With("该岗位含未成年工禁忌从事的劳动，不得安排未满 18 周岁的学生")
	case slices.Contains(t.Taboo, TabooWomen) && sex == Female:
		return ErrNotEligible.With("该岗位含女职工禁忌从事的劳动，不得安排女学生")
	}
	return nil
}

// SalaryOf gives the numbers of a band of the manual, which writes its letters
// in either case (G-18); ok is false for others.
func SalaryOf(band string) (s Salary, ok bool) {
	switch strings.ToUpper(band) {
	case "1K-2K":
		return Salary{"1K-2K", 1000, 2000}, true
	case "2K-3K":
		return Salary{"2K-3K", 2000, 3000}, true
	case "3K以上":
		return Salary{"3K以上", 3000, 0}, true
	}
	return Salary{}, false
}

// holds says whether a number of yuan a month lies in the band.
func (s Salary) holds(yuan int) bool { return s.Min <= yuan && (s.Max == 0 || yuan <= s.Max) }

package internship

import (
	"slices"
	"time"
)

// MaxHeadcount bounds a position's places (实习人数), so that one covered query
// gives the taken ones (design.md §3).
const MaxHeadcount = 2000

// Position is an internship post (岗位, 实习岗位) of one enterprise (manual §3).
type Position struct {
	Root         `bson:",inline"`
	EnterpriseID string `bson:"enterpriseId"`
	// EnterpriseName is shown to the schools' students.
	EnterpriseName string `bson:"enterpriseName"`
	Terms          Terms  `bson:"terms"`
	// EnrolFrom and EnrolTo are 报名日期始/止, inclusive (G-19).
	EnrolFrom Date `bson:"enrolFrom"`
	EnrolTo   Date `bson:"enrolTo"`

	State string `bson:"state"`
	// Edition counts the saved forms, from 1.
	Edition int `bson:"edition"`
	// Published is the edition that students last could choose; 0: none yet.
	Published int `bson:"published,omitempty"`
	// PublishedTerms are the terms of that edition, to see what changed.
	PublishedTerms *Terms    `bson:"publishedTerms,omitempty"`
	PublishedAt    time.Time `bson:"publishedAt,omitempty"`
	CreatedAt      time.Time `bson:"createdAt"`
	// OpenTo are the schools whose students may choose it: ids, or "*" for
	// every school. It is empty while the enterprise is frozen.
	OpenTo []string `bson:"openTo,omitempty"`
	// HiddenFrom are those schools while it is.
	HiddenFrom []string `bson:"hiddenFrom,omitempty"`
	// Reach is the enterprise's Reach that OpenTo follows.
	Reach int `bson:"reach,omitempty"`
}

// Terms are the conditions of a position, those that a student agrees to.
type Terms struct {
	Name       string `bson:"name"`
	Department string `bson:"department"`
	Salary     Salary `bson:"salary"`
	// Settlement is 工资结算方式 (G-12).
	Settlement string `bson:"settlement"`
	// Education is 学历要求.
	Education string `bson:"education"`
	// Headcount is 实习人数: a hard cap on signed placements (G-17).
	Headcount int `bson:"headcount"`
	// Majors are the 对口专业.
	Majors     []string `bson:"majors"`
	Address    string   `bson:"address"`
	Lodging    string   `bson:"lodging"`
	NightShift string   `bson:"nightShift"`
	Overtime   string   `bson:"overtime"`

	Description  string `bson:"description"`
	Skills       string `bson:"skills,omitempty"`
	Requirements string `bson:"requirements,omitempty"`
}

// Salary is the monthly pay: the band of the manual and its numbers in yuan
// (G-18). Max 0: no upper bound.
type Salary struct {
	Band string `bson:"band"`
	Min  int    `bson:"min"`
	Max  int    `bson:"max,omitempty"`
}

// States of a position (岗位状态, G-14).
const (
	Unpublished = "unpublished"
	Recruiting  = "recruiting"
	Running     = "running"
	Closed      = "closed"
	Deleted     = "deleted"
)

// AllSchools in Position.OpenTo stands for every school.
const AllSchools = "*"

// PositionStates lists the states with the manual's labels.
func PositionStates() []State { return slices.Clone(positionMachine.States) }

// Holds: a position holds nothing for itself alone.
func (p *Position) Holds() []string { return nil }

// Search is the text by which lists find the position.
func (p *Position) Search() string { return p.Terms.Name + " " + p.EnterpriseName }

// StateLabel is the 岗位状态 as the manual prints it.
func (p *Position) StateLabel() string { return positionMachine.StateLabel(p.State) }

// OfferedTo says whether a school's students may choose the position.
func (p *Position) OfferedTo(schoolID string) bool {
	return slices.Contains(p.OpenTo, schoolID) || slices.Contains(p.OpenTo, AllSchools)
}

// MayApply says why a student may not apply now: ErrNotRecruiting or
// ErrEnrolmentClosed. A full position is told by ErrPositionFull elsewhere.
func (p *Position) MayApply(now time.Time) error {
	if p.State != Recruiting {
		return ErrNotRecruiting
	}
	if !within(p.EnrolFrom, p.EnrolTo, now) {
		return ErrEnrolmentClosed.With("当前不在该岗位的报名时间内（" + string(p.EnrolFrom) + " 至 " + string(p.EnrolTo) + "）")
	}
	return nil
}

// MayAccept says why the enterprise may not accept a sign-up for the position:
// ErrNotRecruiting once it is closed, ErrWrongState while an edited one waits
// to be published again (domain.md §2.2: pending applications wait).
func (p *Position) MayAccept() error {
	switch p.State {
	case Recruiting, Running:
		return nil
	case Unpublished:
		return ErrWrongState.With("岗位已修改、尚未重新发布，请先发布岗位再处理报名")
	}
	return ErrNotRecruiting.With("岗位已关闭，不能再签约")
}

// Material says whether new terms differ from the old in what a student must
// agree to again: pay, place, nights, overtime or lodging (G-16).
func (t Terms) Material(old Terms) bool {
	return t.Salary != old.Salary || t.Settlement != old.Settlement || t.Address != old.Address ||
		t.NightShift != old.NightShift || t.Overtime != old.Overtime || t.Lodging != old.Lodging
}

// SalaryOf gives the numbers of a band of the manual; ok is false for others.
func SalaryOf(band string) (s Salary, ok bool) {
	switch band {
	case "1K-2K", "1k-2k":
		return Salary{"1K-2K", 1000, 2000}, true
	case "2K-3K", "2k-3k":
		return Salary{"2K-3K", 2000, 3000}, true
	case "3K以上", "3k以上":
		return Salary{"3K以上", 3000, 0}, true
	}
	return Salary{}, false
}

// Order sorts lists: newest position first.
func (p *Position) Order() time.Time { return p.CreatedAt }

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
	// Source and Recommenders say where the enterprise comes from, which whoever
	// may choose is shown.
	Source       string        `bson:"source,omitempty"`
	Recommenders []Recommender `bson:"recommenders,omitempty"`
	Sheet        `bson:",inline"`

	State string `bson:"state"`
	// Edition counts the saved forms, from 1.
	Edition int `bson:"edition"`
	// Published is the edition that students last could choose; 0: none yet.
	Published int `bson:"published,omitempty"`
	// PublishedTerms are the terms of that edition, to see what changed.
	PublishedTerms *Terms    `bson:"publishedTerms,omitempty"`
	PublishedAt    time.Time `bson:"publishedAt,omitempty"`
	// Shown are the files of all its published editions, 实习方案 and
	// 夜班加班备案: the placements that were made under them go on naming them.
	Shown []string `bson:"shown,omitempty"`
	// Declarations are the 合规声明 under which it was published, oldest first.
	Declarations []Declared `bson:"declarations,omitempty"`
	// LookOn is the day on which the system looks whether recruiting is over;
	// empty: it has looked, or there is nothing to look for.
	LookOn    Date      `bson:"lookOn,omitempty"`
	CreatedAt time.Time `bson:"createdAt"`
	// OpenTo are the schools whose students may choose it: ids, or "*" for
	// every school. It is empty while the enterprise is frozen.
	OpenTo []string `bson:"openTo,omitempty"`
	// HiddenFrom are those schools while it is.
	HiddenFrom []string `bson:"hiddenFrom,omitempty"`
	// Reach is the enterprise's Reach that OpenTo follows.
	Reach int `bson:"reach,omitempty"`
}

// Sheet is what the form 实习岗位编辑 holds: the terms, which students see and
// agree to, and what the law wants to know besides.
type Sheet struct {
	Terms Terms `bson:"terms"`
	// EnrolFrom and EnrolTo are 报名日期始/止, inclusive (G-19).
	EnrolFrom Date `bson:"enrolFrom"`
	EnrolTo   Date `bson:"enrolTo"`
	// ReferenceWage is 相同岗位工资, the wage of staff in the same post in yuan
	// a month, of which interns get 80 % at least (domain.md §3.1, Art. 18).
	ReferenceWage int `bson:"referenceWage,omitempty"`
	// StaffInPost is 同类岗位在岗人数, of whom interns are 20 % at most (G-17).
	StaffInPost int `bson:"staffInPost,omitempty"`
	// Exemption is what nights and overtime need (G-11).
	Exemption Exemption `bson:"exemption"`
}

// Exemption is 夜班加班备案: that the major needs nights or overtime was filed
// with the authority beforehand.
type Exemption struct {
	Number string `bson:"number,omitempty"`
	// File is the id of the filed paper.
	File string `bson:"file,omitempty"`
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

// Files are those that the position names; a deleted one lets them go.
func (p *Position) Files() []string {
	if p.State == Deleted {
		return nil
	}
	return append([]string{p.Terms.Plan, p.Exemption.File}, p.Shown...)
}

// Shows says whether a school may read a file of the position: one that was
// published to it, also while the enterprise is frozen, since students may be
// placed under it. With no school it asks for any.
func (p *Position) Shows(file, schoolID string) bool {
	to := slices.Concat(p.OpenTo, p.HiddenFrom)
	return slices.Contains(p.Shown, file) &&
		(slices.Contains(to, AllSchools) || slices.Contains(to, schoolID) || schoolID == "" && len(to) > 0)
}

// Search is the text by which lists find the position.
func (p *Position) Search() string { return p.Terms.Name + " " + p.EnterpriseName }

// StateLabel is the 岗位状态 as the manual prints it.
func (p *Position) StateLabel() string { return positionMachine.StateLabel(p.State) }

// OfferedTo says whether a school's students may choose the position.
func (p *Position) OfferedTo(schoolID string) bool {
	return slices.Contains(p.OpenTo, schoolID) || slices.Contains(p.OpenTo, AllSchools)
}

// Order sorts lists: newest position first.
func (p *Position) Order() time.Time { return p.CreatedAt }

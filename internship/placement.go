package internship

import (
	"slices"
	"strconv"
	"time"
)

// MaxOpen is how many open applications a student may have in one plan
// (R-10, G-20).
const MaxOpen = 5

// Placement is one row of the manual's lists (报名 · 签约记录): one student, one
// plan, one position, from the application to the end of the internship
// (domain.md §2.3).
type Placement struct {
	Root         `bson:",inline"`
	EnterpriseID string `bson:"enterpriseId"`
	// EnterpriseName is for the student's and the school's lists.
	EnterpriseName string `bson:"enterpriseName,omitempty"`
	SchoolID       string `bson:"schoolId"`
	SchoolName     string `bson:"schoolName"`
	PlanID         string `bson:"planId"`
	PlanName       string `bson:"planName"`
	PlanFirstDay   Date   `bson:"planFirstDay"`
	PlanLastDay    Date   `bson:"planLastDay"`
	PositionID     string `bson:"positionId"`
	StudentID      string `bson:"studentId"`

	// Student is what the enterprise may know of the applicant.
	Student Applicant `bson:"student"`
	// Terms are the position's as the student saw them (snapshot, G-16).
	Terms Terms `bson:"terms"`
	// Edition is the position's edition the terms are of.
	Edition int `bson:"edition"`

	State string `bson:"state"`
	// Slot is which of the student's five open applications this is, 1..5.
	Slot int `bson:"slot"`
	// Place is which of the position's places a signed placement holds, from
	// 1; 0 while it holds none.
	Place int `bson:"place,omitempty"`

	AppliedAt  time.Time `bson:"appliedAt"`
	SignedAt   time.Time `bson:"signedAt,omitempty"`
	ApprovedAt time.Time `bson:"approvedAt,omitempty"`
	ArrivedOn  Date      `bson:"arrivedOn,omitempty"`
	// Reason says why it lapsed, was refused, objected to or ended.
	Reason string `bson:"reason,omitempty"`
}

// Applicant is what a placement keeps of its student.
type Applicant struct {
	Name      string `bson:"name"`
	Sex       Sex    `bson:"sex"`
	Birth     Date   `bson:"birth"`
	Education string `bson:"education"`
	Grade     string `bson:"grade"`
	Major     string `bson:"major"`
	Class     string `bson:"class,omitempty"`
}

// States of a placement (签约状态).
const (
	Applied         = "applied"
	AwaitingStudent = "awaiting_student"
	Signed          = "signed"
	Grouped         = "grouped"
	InProgress      = "in_progress"
	Withdrawn       = "withdrawn"
	Refused         = "refused"
	Lapsed          = "lapsed"
	Objected        = "objected"
	NoShow          = "no_show"
	Completed       = "completed"
	Terminated      = "terminated"
	Incomplete      = "incomplete"
)

// Why a placement lapsed.
const (
	SignedByAnother = "他企业先确认"
	PositionShut    = "岗位关闭"
	PlanEnded       = "计划结束"
	Unanswered      = "超时未处理"
	EnterpriseShut  = "企业暂停招收"
)

// PlacementStates lists the states with the manual's labels.
func PlacementStates() []State { return slices.Clone(placementMachine.States) }

// Open: the student still waits for an answer.
func (p *Placement) Open() bool { return p.State == Applied || p.State == AwaitingStudent }

// IsSigned: the student belongs to the enterprise.
func (p *Placement) IsSigned() bool {
	return p.State == Signed || p.State == Grouped || p.State == InProgress
}

// Valid is the 数据状态: false once the row is superseded or broken off.
func (p *Placement) Valid() bool {
	return p.Open() || p.IsSigned() || p.State == Completed || p.State == Incomplete
}

// StateLabel is the 签约状态 as the manual prints it, with the reason of a
// lapse in brackets.
func (p *Placement) StateLabel() string {
	label := placementMachine.StateLabel(p.State)
	if p.State == Lapsed || p.State == NoShow {
		return label + "（" + p.Reason + "）"
	}
	return label
}

// Holds is what the placement has for itself alone (design.md §3). The order
// is the rank in which a clash is told: signed before place, chosen before
// open.
func (p *Placement) Holds() []string {
	var h []string
	if p.IsSigned() {
		h = append(h, "signed:"+p.StudentID+":"+p.PlanID,
			"place:"+p.PositionID+":"+strconv.Itoa(p.Place))
	}
	if p.Open() || p.IsSigned() {
		h = append(h, "chosen:"+p.StudentID+":"+p.PositionID)
	}
	if p.Open() {
		h = append(h, "open:"+p.StudentID+":"+p.PlanID+":"+strconv.Itoa(p.Slot))
	}
	return h
}

// Search is the text by which lists find the row.
func (p *Placement) Search() string { return p.Student.Name }

// Refs are the documents the placement ties together.
func (p *Placement) Refs() Refs {
	return Refs{EnterpriseID: p.EnterpriseID, SchoolID: p.SchoolID, PlanID: p.PlanID,
		StudentID: p.StudentID, PositionID: p.PositionID, PlacementID: p.ID}
}

// words are what a message about the placement says.
func (p *Placement) words() map[string]string {
	return map[string]string{
		"student": p.Student.Name, "school": p.SchoolName, "major": p.Student.Major,
		"position": p.Terms.Name, "department": p.Terms.Department,
		"appliedAt": p.AppliedAt.In(Zone).Format(time.RFC3339),
	}
}

// Order sorts lists: newest application first.
func (p *Placement) Order() time.Time { return p.AppliedAt }

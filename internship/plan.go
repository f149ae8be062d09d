package internship

import (
	"reflect"
	"time"
)

// Plan is one internship plan (实习计划) of a school: who goes, from when to
// when, and when they may choose a place.
type Plan struct {
	Root     `bson:",inline"`
	SchoolID string `bson:"schoolId"`
	// Number is the school's own number of the plan.
	Number string `bson:"number"`
	Name   string `bson:"name"`
	// Grade (年级), Major (专业) and Class (班级) say whom the plan means; an
	// empty Class means every class.
	Grade string `bson:"grade"`
	Major string `bson:"major"`
	Class string `bson:"class,omitempty"`
	// FirstDay and LastDay of the internship, inclusive.
	FirstDay Date `bson:"firstDay"`
	LastDay  Date `bson:"lastDay"`
	// EnrolFrom and EnrolTo bound the days on which students may apply.
	EnrolFrom Date `bson:"enrolFrom"`
	EnrolTo   Date `bson:"enrolTo"`
}

// Holds makes the school's number unique.
func (p *Plan) Holds() []string { return []string{"plan:" + p.SchoolID + ":" + p.Number} }

// Keep takes over what the school says of its plan; it says whether that was
// anything new, so that a school may send all its plans every night.
func (p *Plan) Keep(from *Plan, do Do) bool {
	was, root := *p, p.Root
	*p = *from
	was.Root, p.Root = Root{}, Root{}
	news := !reflect.DeepEqual(was, *p)
	p.Root = root
	if news {
		p.History = append(p.History, Change{Name: "keep", To: "kept", By: do.By, At: do.At})
	}
	return news
}

// Enrolling says whether students may apply now.
func (p *Plan) Enrolling(now time.Time) bool {
	return within(p.EnrolFrom, p.EnrolTo, now)
}

// Means says whether the plan is meant for a student.
func (p *Plan) Means(s *Student) bool {
	return p.SchoolID == s.SchoolID && p.Grade == s.Grade && p.Major == s.Major &&
		(p.Class == "" || p.Class == s.Class)
}

// within says whether an instant lies in an inclusive period of days.
func within(from, to Date, now time.Time) bool {
	day := DateOf(now)
	return from <= day && day <= to
}

package internship

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func applicant() (*Student, *Plan, *School, *Position) {
	school := &School{Root: Root{ID: "sch_1"}, Name: "郑州市某职业学校"}
	student := &Student{Root: Root{ID: "stu_1"}, SchoolID: "sch_1", Name: "卢晓东", IDNumber: "41019920050315001X",
		Grade: "2024", Major: "电子技术应用", Class: "1 班"}
	plan := &Plan{Root: Root{ID: "pln_1"}, SchoolID: "sch_1", Grade: "2024", Major: "电子技术应用",
		FirstDay: "2027-01-04", LastDay: "2027-07-03", EnrolFrom: "2026-11-01", EnrolTo: "2026-12-31"}
	position := &Position{Root: Root{ID: "pos_1"}, EnterpriseID: "ent_1", State: Recruiting, Edition: 2, OpenTo: []string{"sch_1"},
		Sheet: Sheet{EnrolFrom: "2026-11-01", EnrolTo: "2026-11-30", Terms: Terms{Name: "web前端工程师", Headcount: 1}}}
	return student, plan, school, position
}

func TestApply(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		alter func(*Student, *Plan, *Position)
		want  error
	}{
		{"OK", func(*Student, *Plan, *Position) {}, nil},
		{"OpenToAllSchools", func(_ *Student, _ *Plan, p *Position) { p.OpenTo = []string{AllSchools} }, nil},
		{"ErrOtherClass", func(_ *Student, p *Plan, _ *Position) { p.Class = "2 班" }, ErrNotEligible},
		{"ErrOtherMajor", func(s *Student, _ *Plan, _ *Position) { s.Major = "护理" }, ErrNotEligible},
		{"ErrPlanNotOpenYet", func(_ *Student, p *Plan, _ *Position) { p.EnrolFrom = "2026-11-24" }, ErrEnrolmentClosed},
		{"ErrPlanOver", func(_ *Student, p *Plan, _ *Position) { p.EnrolTo = "2026-11-22" }, ErrEnrolmentClosed},
		{"PlanLastDayCounts", func(_ *Student, p *Plan, _ *Position) { p.EnrolTo = "2026-11-23" }, nil},
		{"ErrPositionOver", func(_ *Student, _ *Plan, p *Position) { p.EnrolTo = "2026-11-22" }, ErrEnrolmentClosed},
		{"ErrClosed", func(_ *Student, _ *Plan, p *Position) { p.State = Closed }, ErrNotRecruiting},
		{"ErrUnpublished", func(_ *Student, _ *Plan, p *Position) { p.State = Unpublished }, ErrNotRecruiting},
		{"ErrOtherSchools", func(_ *Student, _ *Plan, p *Position) { p.OpenTo = []string{"sch_2"} }, ErrNotOffered},
		{"ErrUnder16", func(s *Student, _ *Plan, _ *Position) { s.IDNumber = "410199201101050010" }, ErrNotEligible},
		{"Sixteen on the first day", func(s *Student, _ *Plan, _ *Position) { s.IDNumber = "410199201101040010" }, nil},
		{"ErrFirstYear", func(s *Student, p *Plan, _ *Position) { s.Grade, p.Grade = "2026", "2026" }, ErrNotEligible},
		{"ErrOddGrade", func(s *Student, p *Plan, _ *Position) { s.Grade, p.Grade = "二年级", "二年级" }, ErrNotEligible},
		{"ErrTabooForMinors", func(s *Student, _ *Plan, p *Position) {
			s.IDNumber, p.Terms.Taboo = "410199200901050010", []string{TabooMinors}
		}, ErrNotEligible},
		{"EighteenOnTheFirstDay", func(s *Student, _ *Plan, p *Position) {
			s.IDNumber, p.Terms.Taboo = "410199200901040010", []string{TabooMinors}
		}, nil},
		{"ErrTabooForWomen", func(s *Student, _ *Plan, p *Position) {
			s.IDNumber, p.Terms.Taboo = "410199200411082048", []string{TabooWomen}
		}, ErrNotEligible},
		{"MenMay", func(_ *Student, _ *Plan, p *Position) { p.Terms.Taboo = []string{TabooWomen} }, nil},
		{"ErrNoIDNumber", func(s *Student, _ *Plan, _ *Position) { s.IDNumber = "" }, ErrNotEligible},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			student, plan, school, position := applicant()
			c.alter(student, plan, position)
			p, err := Apply(student, plan, school, position, 3, doBy(ByStudent))
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err == nil && (p.Terms.Name != "web前端工程师" || p.Edition != 2 || p.Slot != 3 || p.Student.Sex != Male || p.Student.Birth != student.Birth()) {
				t.Errorf("placement %+v", p)
			}
		})
	}
}

func applied() *Placement {
	student, plan, school, position := applicant()
	p, _ := Apply(student, plan, school, position, 2, doBy(ByStudent))
	p.ID = "plc_1"
	_ = p.Begin(doBy(ByStudent))
	return p
}

func TestHolds(t *testing.T) {
	t.Parallel()
	open := []string{"chosen:stu_1:pos_1", "open:stu_1:pln_1:2"}
	signed := []string{"signed:stu_1:pln_1", "place:pos_1:7", "chosen:stu_1:pos_1"}
	for _, s := range PlacementStates() {
		p := applied()
		p.State, p.Place = s.Name, 7
		var want []string
		switch {
		case p.Open():
			want = open
		case p.IsSigned():
			want = signed
		}
		if diff := cmp.Diff(want, p.Holds()); diff != "" {
			t.Errorf("%s (-want, +got): %s", s.Name, diff)
		}
		if s.Final && (p.Open() || p.IsSigned()) {
			t.Errorf("%s is final and holds something", s.Name)
		}
	}
}

func TestAcceptTellsWhyNot(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		state, reason string
		want          error
	}{
		"OK":                 {Applied, "", nil},
		"ErrSignedElsewhere": {Lapsed, SignedByAnother, ErrSignedElsewhere},
		"ErrPositionClosed":  {Lapsed, PositionShut, ErrWrongState},
		"ErrAwaitingStudent": {AwaitingStudent, "", ErrReconfirm},
		"ErrWithdrawn":       {Withdrawn, "", ErrWrongState},
		"ErrTwice":           {Signed, "", ErrWrongState},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := applied()
			p.State, p.Reason = c.state, c.reason
			if err := p.Accept(4, doBy(ByEnterprise)); !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if c.want == nil && (p.State != Signed || p.Place != 4 || !p.SignedAt.Equal(noon)) {
				t.Errorf("placement %+v", p)
			}
		})
	}
}

func TestObjectFreesThePlace(t *testing.T) {
	t.Parallel()
	p := applied()
	if err := p.Accept(1, doBy(ByEnterprise)); err != nil {
		t.Fatal(err)
	}
	if err := p.Object(doBy(BySchool)); !errors.Is(err, ErrInvalid) {
		t.Errorf("without a reason: %v", err)
	}
	do := doBy(BySchool)
	do.Note = "专业不对口"
	if err := p.Object(do); err != nil {
		t.Fatal(err)
	}
	if p.State != Objected || p.Place != 0 || len(p.Holds()) != 0 || p.Reason != "专业不对口" {
		t.Errorf("placement %+v", p)
	}
}

// TestFreePlaceNeverExceedsHeadcount fills positions whose headcount was
// lowered meanwhile, so that numbers above it are taken.
func TestFreePlaceNeverExceedsHeadcount(t *testing.T) {
	t.Parallel()
	for range 3000 {
		headcount := rand.IntN(12)
		taken := rand.Perm(14)[:rand.IntN(15)]
		for i := range taken {
			taken[i]++
		}
		for {
			n, ok := FreePlace(taken, headcount, rand.IntN)
			if !ok {
				break
			}
			if slices.Contains(taken, n) || n < 1 || n > headcount {
				t.Fatalf("place %d of %d with %v taken", n, headcount, taken)
			}
			if taken = append(taken, n); len(taken) > headcount {
				t.Fatalf("%d places taken of %d: %v", len(taken), headcount, taken)
			}
		}
		if len(taken) < headcount {
			t.Fatalf("only %d of %d places can be taken: %v", len(taken), headcount, taken)
		}
	}
}

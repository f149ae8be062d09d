package internship

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func activeEnterprise() *Enterprise {
	return &Enterprise{Root: Root{ID: "ent_1"}, Name: "示例电子", State: Active, Source: FromSchool,
		Recommenders: []Recommender{{SchoolID: "sch_1"}, {SchoolID: "sch_2"}},
		Profile:      Profile{LegalPerson: "张明", Contact: "王", Phone: "0393-8888888", Intro: "电子", Industry: "制造业", Staff: 100, Address: Address{Detail: "路"}}}
}

func TestPublish(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		alter func(*Enterprise, *Position)
		want  error
	}{
		"OK":                {func(*Enterprise, *Position) {}, nil},
		"AgainAfterClosing": {func(_ *Enterprise, p *Position) { p.State = Closed }, nil},
		"ErrFrozen":         {func(e *Enterprise, _ *Position) { e.State = Frozen }, ErrFrozen},
		"ErrUnderReview":    {func(e *Enterprise, _ *Position) { e.State = UnderReview }, ErrFrozen},
		"ErrBlacklisted":    {func(e *Enterprise, _ *Position) { e.State = Blacklisted }, ErrBlacklisted},
		"ErrProfile":        {func(e *Enterprise, _ *Position) { e.Profile.Intro = "" }, ErrProfileMissing},
		"ErrOver":           {func(_ *Enterprise, p *Position) { p.EnrolTo = "2026-11-22" }, ErrInvalid},
		"ErrTwice":          {func(_ *Enterprise, p *Position) { p.State = Recruiting }, ErrWrongState},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, p := activeEnterprise(), &Position{State: Unpublished, Edition: 1, EnrolTo: "2026-12-31"}
			c.alter(e, p)
			if err := p.Publish(e, doBy(ByEnterprise)); !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if c.want == nil {
				if diff := cmp.Diff([]string{"sch_1", "sch_2"}, p.OpenTo); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestEditUnpublishesAndMaterialChangeIsTold(t *testing.T) {
	t.Parallel()
	p := &Position{State: Unpublished, Edition: 1, EnrolTo: "2026-12-31", Terms: Terms{Name: "焊工", Headcount: 3, Address: "旧址"}}
	if err := p.Publish(activeEnterprise(), doBy(ByEnterprise)); err != nil {
		t.Fatal(err)
	}
	terms := p.Terms
	terms.Headcount = 1
	if err := p.Edit(terms, "2026-11-01", "2026-12-31", 2, doBy(ByEnterprise)); !errors.Is(err, ErrHeadcountTooLow) {
		t.Errorf("headcount below the signed: %v", err)
	}
	terms.Headcount, terms.Address = 2, "新址"
	if err := p.Edit(terms, "2026-11-01", "2026-12-31", 2, doBy(ByEnterprise)); err != nil {
		t.Fatal(err)
	}
	if p.State != Unpublished || p.Edition != 2 {
		t.Errorf("state %s edition %d", p.State, p.Edition)
	}
	if err := p.Publish(activeEnterprise(), doBy(ByEnterprise)); err != nil {
		t.Fatal(err)
	}
	if last := p.Outbox[len(p.Outbox)-1]; last.Kind != PositionPublished || last.Data["reason"] != MaterialChange {
		t.Errorf("event %+v", last)
	}
}

func TestRefusedDatesAreNamed(t *testing.T) {
	t.Parallel()
	_, _, _, err := PositionInput{Name: "焊工", Department: "生产部", Salary: "2K-3K", Education: "不限", Headcount: 1, Majors: []string{"焊接"},
		Address: "濮阳", Lodging: "多人间", NightShift: "无夜班", Overtime: "无加班", EnrolFrom: "2026-02-30", EnrolTo: "x", Description: "焊接"}.Parse()
	var refused *Error
	if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	want := []FieldError{
		{Field: "enrolFrom", Code: "date", Message: "报名日期始应为存在的日期，格式如 2026-03-01"},
		{Field: "enrolTo", Code: "date", Message: "报名日期止应为存在的日期，格式如 2026-03-01"},
	}
	if diff := cmp.Diff(want, refused.Fields); diff != "" {
		t.Errorf("(-want, +got):\n%s", diff)
	}
}

func TestEditIsRefusedWhileRunning(t *testing.T) {
	t.Parallel()
	p := &Position{State: Running, Terms: Terms{Headcount: 1}}
	if err := p.Edit(Terms{Headcount: 1}, "2026-11-01", "2026-12-31", 0, doBy(ByEnterprise)); !errors.Is(err, ErrWrongState) {
		t.Errorf("got %v", err)
	}
}

func TestAudience(t *testing.T) {
	t.Parallel()
	e := activeEnterprise()
	if diff := cmp.Diff([]string{"sch_1", "sch_2"}, e.Audience()); diff != "" {
		t.Error(diff)
	}
	e.Source = FromItself
	if diff := cmp.Diff([]string{AllSchools}, e.Audience()); diff != "" {
		t.Error(diff)
	}
}

package tasks_test

import (
	"testing"
	"time"

	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/tasks"
)

// A pass over positions whose enrolment is over ends the recruiting of full
// ones and looks no second time at the others.
func TestRecruitingEndsWithTheEnrolment(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	e, _ := s.employer(t, "A")
	full, short := e.Position("焊工", 1), e.Position("电工", 1)
	row := s.apply(1, full)[0]
	if _, err := s.Acts.Accept(t.Context(), e.Staff, row.ID); err != nil {
		t.Fatal(err)
	}
	s.Pass(60 * 24 * time.Hour)
	w, stop := s.start(t, func(o *tasks.Options) { o.Burst = -1 })
	s.settle(t, w, 35*time.Second, 5)
	stop()
	for id, want := range map[string]string{full.ID: internship.Running, short.ID: internship.Recruiting} {
		p, err := s.DB.Positions.Get(t.Context(), id)
		if err != nil || p.State != want || p.LookOn != "" {
			t.Errorf("%s is %s, look on %q: %v", p.Terms.Name, p.State, p.LookOn, err)
		}
	}
}

// A pass over registrations that broke off a day ago drops what they hold of a person.
func TestBrokenOffRegistrationsGo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	x := &internship.Account{Root: internship.Root{ID: "acc_left"}, Name: "王", Mobile: "13500000001", IDNumber: actstest.IDNumber(1), Password: "a hash", Opens: "ent_NEVER"}
	if err := x.Begin(internship.Do{By: internship.Actor{Kind: internship.ByEnterprise}, At: s.Now()}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DB.Accounts.Create(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	w, stop := s.start(t, func(o *tasks.Options) { o.Burst = -1 })
	defer stop()
	for _, want := range []string{internship.AccountOpening, internship.AccountRemoved} {
		s.kick(t, w)
		got, err := s.DB.Accounts.Get(t.Context(), x.ID)
		if err != nil || got.State != want || (got.Mobile+got.IDNumber+got.Password == "") != (want == internship.AccountRemoved) {
			t.Errorf("%+v %v, want %s", got, err, want)
		}
		s.Pass(24 * time.Hour)
	}
}

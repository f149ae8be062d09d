package tasks_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/store"
	"shixi/tasks"
)

// notices are the sentences of the messages about a row, by kind.
func (s *scene) notices(t *testing.T, row *internship.Placement) map[string]string {
	t.Helper()
	said := map[string]string{}
	for _, p := range s.pushes(t) {
		if p.PlacementID != row.ID {
			continue
		}
		words, err := acts.Message(&p)
		if err != nil {
			t.Fatal(err)
		}
		said[p.Kind] = words["text"]
	}
	return said
}

// TestAStudentWhoConfirmsCanBeAccepted, and the staff are told so (domain.md
// §2.3); a sign-up that they were not told of yet and can't accept tells nothing.
func TestAStudentWhoConfirmsCanBeAccepted(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	e, position := s.employer(t, "A")
	w, _ := s.start(t, nil)
	s.apply(1, position) // opens the burst
	s.Pass(6 * time.Second)
	s.kick(t, w)
	row := s.apply(1, position)[0]
	s.Pass(6 * time.Second)
	s.kick(t, w)
	in := e.Terms("焊工", 50)
	in.Lodging = "住宿自理"
	if _, err := s.Acts.EditPosition(t.Context(), e.Staff, position.ID, in); err != nil {
		t.Fatal(err)
	}
	position = e.Publishes(position)
	s.settle(t, w, 5*time.Second, 20)
	if got := s.pushesOf(t, row, "application"); len(got) != 1 || got[0].Reason != store.ReasonSuperseded {
		t.Errorf("told of what can't be accepted: %+v", got)
	}
	if _, err := s.Acts.Reconfirm(t.Context(), actstest.StudentsApp, row.StudentID, row.ID, position.Published); err != nil {
		t.Fatal(err)
	}
	s.settle(t, w, 35*time.Second, 20)
	if got := s.notices(t, row)["reconfirmed"]; got != "学生甲（郑州市某职业学校）确认了岗位「焊工」的新条件，请尽快处理" {
		t.Errorf("told %q", got)
	}
}

// TestWhoEndedASigningIsSaid: what the student withdrew, the school took back or
// objected to are three messages, each with who did it.
func TestWhoEndedASigningIsSaid(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	e, position := s.employer(t, "A")
	w, _ := s.start(t, func(o *tasks.Options) { o.Burst = -1 })
	rows := s.apply(3, position)
	for _, row := range rows {
		if _, err := s.Acts.Accept(t.Context(), e.Staff, row.ID); err != nil {
			t.Fatal(err)
		}
	}
	for i, end := range []func() error{
		func() error {
			_, err := s.Acts.Withdraw(t.Context(), actstest.StudentsApp, rows[0].StudentID, rows[0].ID)
			return err
		},
		func() error { _, err := s.Acts.CancelBySchool(t.Context(), s.School, rows[1].ID, ""); return err },
		func() error {
			_, err := s.Acts.Object(t.Context(), s.School, rows[2].ID, "专业不对口")
			return err
		},
	} {
		if err := end(); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
	}
	s.settle(t, w, 5*time.Second, 20)
	for i, want := range []map[string]string{
		{"withdrawn": "学生甲（郑州市某职业学校）撤回了对岗位「焊工」的报名"},
		{"school_cancelled": "郑州市某职业学校取消了学生乙在岗位「焊工」的签约，名额已释放"},
		{"objected": "郑州市某职业学校未通过学生丙在岗位「焊工」的签约：专业不对口。名额已释放"},
	} {
		said := s.notices(t, rows[i])
		delete(said, "application")
		if diff := cmp.Diff(want, said); diff != "" {
			t.Errorf("row %d (-want, +got):\n%s", i, diff)
		}
	}
}

// TestALiftSaysWhatIsShown: positions of an industry that became barred during
// the freeze stay hidden.
func TestALiftSaysWhatIsShown(t *testing.T) {
	t.Parallel()
	for industry, want := range map[string]string{
		"制造业":  "「A」的冻结已解除，岗位已恢复对学生显示",
		"网吧活动": "「A」的冻结已解除，所属行业不得接收实习生，岗位仍不向学生显示",
	} {
		s := newScene(t)
		e, _ := s.employer(t, "A")
		w, _ := s.start(t, nil)
		e.Frozen()
		_, err := s.Acts.CompleteProfile(t.Context(), e.Staff, internship.ProfileInput{LegalPerson: "张明", Contact: "王", Phone: "0393-8888888", Intro: "x",
			Industry: industry, Staff: 1000, Address: actstest.Address()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Acts.Lift(t.Context(), actstest.Platform, e.ID); err != nil {
			t.Fatal(err)
		}
		s.settle(t, w, 5*time.Second, 20)
		said := ""
		for _, p := range s.pushes(t) {
			if p.Kind != "enterprise_lifted" {
				continue
			}
			words, err := acts.Message(&p)
			if err != nil {
				t.Fatal(err)
			}
			said = words["text"]
		}
		if said != want {
			t.Errorf("%s: told %q", industry, said)
		}
	}
}

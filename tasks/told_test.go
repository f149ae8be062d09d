package tasks_test

import (
	"testing"
	"time"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/store"
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

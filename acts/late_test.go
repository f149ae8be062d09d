package acts_test

import (
	"testing"
	"time"

	"shixi/acts/actstest"
)

// TestALateJobSparesWhoAppliedSince: what ends with a closed position is what
// waited then, not what was applied for once it was published again.
func TestALateJobSparesWhoAppliedSince(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	position := e.Position("焊工", 2)
	before := w.NewStudent("卢晓东").Applies(position)
	w.Pass(time.Minute)
	if _, err := w.Acts.ClosePosition(t.Context(), e.Staff, position.ID); err != nil {
		t.Fatal(err)
	}
	w.Pass(time.Minute)
	position = e.Publishes(position)
	w.Pass(time.Minute)
	since := w.NewStudent("马丽").Applies(position)
	w.React("positions", position.ID)
	expectState(t, w, before.ID, "已失效（岗位关闭）")
	expectState(t, w, since.ID, "学生报名待企业确认")
}

// TestALateJobSparesWhatWasChosenOnceFree: the signing ended before its job ran,
// and the student went on.
func TestALateJobSparesWhatWasChosenOnceFree(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	first, second, third := w.Enterprise("甲"), w.Enterprise("乙"), w.Enterprise("丙")
	s := w.NewStudent("卢晓东")
	signed, sibling := s.Applies(first.Position("焊工", 1)), s.Applies(second.Position("电工", 1))
	w.Pass(time.Minute)
	accepts(t, first, signed)
	w.Pass(time.Minute)
	if _, err := w.Acts.Withdraw(t.Context(), actstest.StudentsApp, s.Student.ID, signed.ID); err != nil {
		t.Fatal(err)
	}
	w.Pass(time.Minute)
	since := s.Applies(third.Position("钳工", 1))
	w.React("placements", signed.ID)
	expectState(t, w, sibling.ID, "已失效（他企业先确认）")
	expectState(t, w, since.ID, "学生报名待企业确认")
}

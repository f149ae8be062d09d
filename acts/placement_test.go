package acts_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/store"
)

func TestOneEnterpriseWinsTheStudent(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	a, b := w.Enterprise("甲"), w.Enterprise("乙")
	s := w.NewStudent("卢晓东")
	first, second := s.Applies(a.Position("web前端工程师", 2)), s.Applies(b.Position("焊工", 2))
	if _, err := w.Acts.Accept(t.Context(), a.Staff, first.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Acts.Accept(t.Context(), b.Staff, second.ID); !errors.Is(err, internship.ErrSignedElsewhere) {
		t.Errorf("before the reaction: %v", err)
	}
	w.React("placements", first.ID)
	if _, err := w.Acts.Accept(t.Context(), b.Staff, second.ID); !errors.Is(err, internship.ErrSignedElsewhere) {
		t.Errorf("after the reaction: %v", err)
	}
	lost, _, err := w.Acts.Placement(t.Context(), b.Staff, second.ID)
	if err != nil || lost.StateLabel() != "已失效（他企业先确认）" {
		t.Errorf("%v %v", lost, err)
	}
	if _, err := s.TryApply(a.Position("电工", 1)); !errors.Is(err, internship.ErrAlreadySigned) {
		t.Errorf("applies although signed: %v", err)
	}
}

// TestFiftyEnterprisesAcceptOneStudent races two processes on one database.
func TestFiftyEnterprisesAcceptOneStudent(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	sides := []*acts.Acts{w.Acts, w.Process(w.Open(nil))}
	s := w.NewStudent("卢晓东")
	const racers = 50
	staff, ids := make([]acts.Staff, racers), make([]string, racers)
	e := w.Enterprise("甲")
	p := s.Applies(e.Position("焊工", 1))
	for i := range racers {
		// More than five can't apply; the race is made directly in the store.
		copied := *p
		copied.Root = internship.Root{ID: fmt.Sprintf("plc_race%d", i)}
		copied.EnterpriseID, copied.PositionID, copied.Slot = fmt.Sprintf("%s_%d", e.ID, i), fmt.Sprintf("%s_%d", p.PositionID, i), 100+i
		staff[i], ids[i] = e.Staff, copied.ID
		staff[i].EnterpriseID = copied.EnterpriseID
		clone(t, w.DB, e.ID, p.PositionID, i)
		if _, err := w.DB.Placements.Create(t.Context(), &copied); err != nil {
			t.Fatal(err)
		}
	}
	won, lost := race(racers, func(i int) error {
		_, err := sides[i%2].Accept(t.Context(), staff[i], ids[i])
		return err
	}, internship.ErrSignedElsewhere)
	if won != 1 || lost != racers-1 {
		t.Errorf("%d won, %d lost", won, lost)
	}
}

// clone makes enterprise and position number i out of the first ones.
func clone(t *testing.T, db *store.DB, enterpriseID, positionID string, i int) {
	t.Helper()
	e, err := db.Enterprises.Get(t.Context(), enterpriseID)
	if err != nil {
		t.Fatal(err)
	}
	e.Root = internship.Root{ID: fmt.Sprintf("%s_%d", enterpriseID, i)}
	e.Code = actstest.USCC(int64(9000 + i))
	p, err := db.Positions.Get(t.Context(), positionID)
	if err != nil {
		t.Fatal(err)
	}
	p.Root, p.EnterpriseID = internship.Root{ID: fmt.Sprintf("%s_%d", positionID, i)}, e.ID
	if _, err := db.Enterprises.Create(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Positions.Create(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

// race runs n at once and counts successes and the named refusals; anything
// else counts as neither.
func race(n int, do func(i int) error, refusal error) (won, lost int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			err := do(i)
			for errors.Is(err, internship.ErrBusy) || errors.Is(err, internship.ErrUnavailable) {
				err = do(i) // a loaded machine: asked again, as clients do
			}
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case errors.Is(err, refusal):
				lost++
			default:
				fmt.Println("race:", err)
			}
		})
	}
	close(start)
	wg.Wait()
	return won, lost
}

func TestTwoHundredStudentsTenPlaces(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	sides := []*acts.Acts{w.Acts, w.Process(w.Open(nil))}
	e := w.Enterprise("甲")
	position := e.Position("焊工", 10)
	const students = 200
	ids := make([]string, students)
	for i := range ids {
		ids[i] = w.NewStudent(fmt.Sprintf("学生%d", i)).Applies(position).ID
	}
	won, lost := race(students, func(i int) error {
		_, err := sides[i%2].Accept(t.Context(), e.Staff, ids[i])
		return err
	}, internship.ErrPositionFull)
	if won != 10 || lost != students-10 {
		t.Errorf("%d accepted, %d told that it is full", won, lost)
	}
	taken, err := w.DB.TakenPlaces(t.Context(), position.ID)
	if err != nil || len(taken) != 10 {
		t.Errorf("places %v %v", taken, err)
	}
}

func TestFiveApplicationsRaceForTheFifthSlot(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	s := w.NewStudent("卢晓东")
	positions := make([]*internship.Position, 9)
	for i := range positions {
		positions[i] = e.Position(fmt.Sprintf("岗位%d", i), 5)
	}
	for _, p := range positions[:4] {
		s.Applies(p)
	}
	won, lost := race(5, func(i int) error {
		_, err := s.TryApply(positions[4+i])
		return err
	}, internship.ErrTooManyOpen)
	if won != 1 || lost != 4 {
		t.Errorf("%d applied, %d told that five are open", won, lost)
	}
	if _, err := s.TryApply(positions[0]); !errors.Is(err, internship.ErrAlreadyChosen) {
		t.Errorf("double application: %v", err)
	}
}

func TestRefusedApplicationFreesItsSlotAndSaysWhy(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	s := w.NewStudent("卢晓东")
	p := s.Applies(e.Position("焊工", 1))
	refused, err := w.Acts.Refuse(t.Context(), e.Staff, p.ID, " 专业不对口 ")
	if err != nil || refused.Reason != "专业不对口" || refused.State != internship.Refused {
		t.Fatalf("%+v %v", refused, err)
	}
	position, err := w.DB.Positions.Get(t.Context(), p.PositionID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.TryApply(position); err != nil {
		t.Errorf("may apply again: %v", err)
	}
}

func TestForeignRowsAreNotFound(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	a, b := w.Enterprise("甲"), w.Enterprise("乙")
	p := w.NewStudent("卢晓东").Applies(a.Position("焊工", 1))
	tries := map[string]func() error{
		"accept": func() error { _, err := w.Acts.Accept(t.Context(), b.Staff, p.ID); return err },
		"refuse": func() error { _, err := w.Acts.Refuse(t.Context(), b.Staff, p.ID, ""); return err },
		"read":   func() error { _, _, err := w.Acts.Placement(t.Context(), b.Staff, p.ID); return err },
		"close":  func() error { _, err := w.Acts.ClosePosition(t.Context(), b.Staff, p.PositionID); return err },
		"student": func() error {
			_, err := w.Acts.Withdraw(t.Context(), actstest.StudentsApp, "stu_other", p.ID)
			return err
		},
		"school": func() error {
			other, _ := w.NewSchool("410088", "二校")
			_, err := w.Acts.Approve(t.Context(), other, p.ID)
			return err
		},
	}
	for name, try := range tries {
		if err := try(); !errors.Is(err, internship.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestClosingLapsesApplicantsAndKeepsTheSigned(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	position := e.Position("焊工", 3)
	signed := w.NewStudent("卢晓东").Applies(position)
	waiting := w.NewStudent("马丽").Applies(position)
	if _, err := w.Acts.Accept(t.Context(), e.Staff, signed.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Acts.ClosePosition(t.Context(), e.Staff, position.ID); err != nil {
		t.Fatal(err)
	}
	w.React("positions", position.ID)
	expectState(t, w, signed.ID, "企业已同意·待学校")
	expectState(t, w, waiting.ID, "已失效（岗位关闭）")
	if err := w.Acts.DeletePosition(t.Context(), e.Staff, position.ID); !errors.Is(err, internship.ErrHasApplicants) {
		t.Errorf("delete with applicants: %v", err)
	}
}

func expectState(t *testing.T, w *actstest.World, id, label string) {
	t.Helper()
	p, err := w.DB.Placements.Get(t.Context(), id)
	if err != nil || p.StateLabel() != label {
		t.Errorf("%s is %v (%v), want %s", id, p, err, label)
	}
}

func TestMaterialChangeGoesBackToTheStudent(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	position := e.Position("焊工", 3)
	s := w.NewStudent("卢晓东")
	p := s.Applies(position)
	terms := e.Terms("焊工", 3)
	terms.Address.Detail = "新址 1 号"
	if _, err := w.Acts.EditPosition(t.Context(), e.Staff, position.ID, terms); err != nil {
		t.Fatal(err)
	}
	e.Publishes(position)
	w.React("positions", position.ID)
	if _, err := w.Acts.Accept(t.Context(), e.Staff, p.ID); !errors.Is(err, internship.ErrReconfirm) {
		t.Errorf("accepted on old terms: %v", err)
	}
	again, err := w.Acts.Reconfirm(t.Context(), actstest.StudentsApp, s.Student.ID, p.ID, 2)
	if err != nil || again.Terms.Workplace.Detail != "新址 1 号" || again.State != internship.Applied {
		t.Fatalf("%+v %v", again, err)
	}
	if _, err := w.Acts.Accept(t.Context(), e.Staff, p.ID); err != nil {
		t.Error(err)
	}
}

// asksAgain changes a position's place and publishes it, so that its applicants have to agree again.
func asksAgain(t *testing.T, w *actstest.World, e *actstest.Enterprise, position *internship.Position) {
	t.Helper()
	terms := e.Terms("焊工", 3)
	terms.Address.Detail = "新址 1 号"
	if _, err := w.Acts.EditPosition(t.Context(), e.Staff, position.ID, terms); err != nil {
		t.Fatal(err)
	}
	e.Publishes(position)
	w.React("positions", position.ID)
}

// TestAgreeingAgainIsNoNewApplication: neither the end of the enrolment nor a freeze takes the application from a
// student who signed up before and agrees to the new terms now (G-19, domain.md §2.2).
func TestAgreeingAgainIsNoNewApplication(t *testing.T) {
	t.Parallel()
	t.Run("after the enrolment", func(t *testing.T) {
		t.Parallel()
		w := actstest.New(t, nil)
		e := w.Enterprise("甲")
		position := e.Position("焊工", 3)
		row := w.NewStudent("卢晓东").Applies(position)
		asksAgain(t, w, e, position)
		w.Pass(60 * 24 * time.Hour)
		if _, err := w.Acts.Reconfirm(t.Context(), actstest.StudentsApp, row.StudentID, row.ID, 2); err != nil {
			t.Fatal(err)
		}
		w.React("placements", row.ID)
		expectState(t, w, row.ID, "学生报名待企业确认")
	})
	t.Run("in a freeze", func(t *testing.T) {
		t.Parallel()
		w := actstest.New(t, nil)
		e := w.Passed("甲")
		position := e.Position("焊工", 3)
		row := w.NewStudent("卢晓东").Applies(position)
		asksAgain(t, w, e, position)
		w.Pass(time.Minute)
		e.Frozen()
		w.Pass(time.Minute)
		if _, err := w.Acts.Reconfirm(t.Context(), actstest.StudentsApp, row.StudentID, row.ID, 2); err != nil {
			t.Fatal(err)
		}
		w.React("placements", row.ID)
		expectState(t, w, row.ID, "学生报名待企业确认")
		if _, err := w.Acts.Lift(t.Context(), actstest.Platform, e.ID); err != nil {
			t.Fatal(err)
		}
		w.React("enterprises", e.ID)
		accepts(t, e, row)
	})
}

func TestLateApplicationLapses(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	position := e.Position("焊工", 3)
	p := w.NewStudent("卢晓东").Applies(position)
	if _, err := w.Acts.ClosePosition(t.Context(), e.Staff, position.ID); err != nil {
		t.Fatal(err)
	}
	w.React("placements", p.ID) // its own event, relayed after the position was closed
	expectState(t, w, p.ID, "已失效（岗位关闭）")
}

func TestSameRequestTwiceIsOneApplication(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	position := w.Enterprise("甲").Position("焊工", 3)
	s := w.NewStudent("卢晓东")
	ctx := store.WithOp(t.Context(), "request-1")
	in := acts.Application{StudentID: s.Student.ID, PlanID: w.Plan.ID, PositionID: position.ID, Edition: position.Published}
	first, err := w.Acts.Apply(ctx, actstest.StudentsApp, in)
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.Acts.Apply(ctx, actstest.StudentsApp, in)
	if err != nil || second.ID != first.ID {
		t.Errorf("%v %v", second, err)
	}
}

// TestALostAnswerIsGivenAgain: the application that the first run made is told whatever has happened since to the
// position, its terms and the application itself.
func TestALostAnswerIsGivenAgain(t *testing.T) {
	t.Parallel()
	for name, since := range map[string]func(*actstest.Enterprise, *internship.Placement){
		"the enrolment is over": func(e *actstest.Enterprise, _ *internship.Placement) { e.Pass(90 * 24 * time.Hour) },
		"it was accepted":       func(e *actstest.Enterprise, row *internship.Placement) { accepts(t, e, row) },
		"the position is closed": func(e *actstest.Enterprise, row *internship.Placement) {
			if _, err := e.Acts.ClosePosition(t.Context(), e.Staff, row.PositionID); err != nil {
				t.Error(err)
			}
		},
	} {
		w := actstest.New(t, nil)
		e := w.Enterprise("甲")
		position, s := e.Position("焊工", 1), w.NewStudent("卢晓东")
		ctx := store.WithOp(t.Context(), "request-1")
		in := acts.Application{StudentID: s.Student.ID, PlanID: w.Plan.ID, PositionID: position.ID, Edition: position.Published}
		first, err := w.Acts.Apply(ctx, actstest.StudentsApp, in)
		if err != nil {
			t.Fatal(err)
		}
		since(e, first)
		if again, err := w.Acts.Apply(ctx, actstest.StudentsApp, in); err != nil || again.ID != first.ID {
			t.Errorf("%s: %v %v", name, again, err)
		}
		in.StudentID = w.NewStudent("马丽").Student.ID
		if _, err := w.Acts.Apply(ctx, actstest.StudentsApp, in); err == nil {
			t.Errorf("%s: another student is given it", name)
		}
	}
}

func TestSameAcceptanceTwiceIsOne(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	p := w.NewStudent("卢晓东").Applies(e.Position("焊工", 1))
	ctx := store.WithOp(context.Background(), "request-2")
	for range 2 {
		rows, err := w.Acts.AcceptAll(ctx, e.Staff, []string{p.ID, p.ID, "plc_unknown"})
		if err != nil || len(rows) != 2 || rows[0].Err != nil || !errors.Is(rows[1].Err, internship.ErrNotFound) {
			t.Fatalf("%+v %v", rows, err)
		}
	}
	got, err := w.DB.Placements.Get(t.Context(), p.ID)
	if err != nil || len(got.History) != 2 {
		t.Errorf("history %+v %v", got.History, err)
	}
}

func TestMentorMayNotDecide(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	p := w.NewStudent("卢晓东").Applies(e.Position("焊工", 1))
	mentor := e.Staff
	mentor.Role = internship.Mentor
	if _, err := w.Acts.Accept(t.Context(), mentor, p.ID); !errors.Is(err, internship.ErrForbidden) {
		t.Errorf("got %v", err)
	}
}

func TestHeadcountLoweredAtTheInstantOfAnAcceptance(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	position := e.Position("焊工", 2)
	first, second := w.NewStudent("卢晓东").Applies(position), w.NewStudent("马丽").Applies(position)
	signed, err := w.Acts.Accept(t.Context(), e.Staff, first.ID)
	if err != nil {
		t.Fatal(err)
	}
	stale, err := w.DB.Placements.Get(t.Context(), second.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Acts.EditPosition(t.Context(), e.Staff, position.ID, actstest.Terms("焊工", 1)); err != nil {
		t.Fatal(err)
	}
	// The acceptance had read the position before it was edited.
	if _, err := w.DB.Placements.Change(t.Context(), stale, func(p *internship.Placement) error {
		return p.Accept(3-signed.Place, internship.Do{By: internship.Actor{Kind: internship.ByEnterprise}, At: w.Now()})
	}); err != nil {
		t.Fatal(err)
	}
	w.React("placements", second.ID)
	got, err := w.DB.Positions.Get(t.Context(), position.ID)
	if err != nil || got.Terms.Headcount != 2 {
		t.Errorf("headcount %d %v", got.Terms.Headcount, err)
	}
}

func TestEditedPositionWaitsForPublication(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	position := e.Position("焊工", 2)
	p := w.NewStudent("卢晓东").Applies(position)
	if _, err := w.Acts.EditPosition(t.Context(), e.Staff, position.ID, e.Terms("高级焊工", 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Acts.Accept(t.Context(), e.Staff, p.ID); !errors.Is(err, internship.ErrWrongState) {
		t.Errorf("accepted on terms nobody can see: %v", err)
	}
	e.Publishes(position)
	w.React("positions", position.ID)
	if _, err := w.Acts.Accept(t.Context(), e.Staff, p.ID); err != nil {
		t.Errorf("an immaterial change needs no new consent: %v", err)
	}
}

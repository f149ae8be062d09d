package main

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/handlers/partnerapi"
	"shixi/internship"
	"shixi/store"
)

// race runs n requests at once and counts what they were answered: "ok", or the code of the refusal.
func (r *replicas) race(n int, do func(i int) error) map[string]int {
	r.Helper()
	var (
		mu      sync.Mutex
		group   sync.WaitGroup
		start   = make(chan struct{})
		answers = map[string]int{}
	)
	for i := range n {
		group.Go(func() {
			<-start
			answer := answerOf(r.patiently(func() error { return do(i) }))
			mu.Lock()
			defer mu.Unlock()
			answers[answer]++
		})
	}
	close(start)
	group.Wait()
	return answers
}

// patiently asks again under the same idempotency key, as clients do, while the answer is that a loaded machine is busy.
func (r *replicas) patiently(ask func() error) error {
	for {
		err := ask()
		switch answerOf(err) {
		case internship.ErrBusy.Code, internship.ErrUnavailable.Code, internship.ErrInFlight.Code:
			if pause(r.Context(), 100*time.Millisecond) == nil {
				continue
			}
		}
		return err
	}
}

func answerOf(err error) string {
	var p *partnerapi.Problem
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &p):
		return p.Code
	}
	return err.Error()
}

// accept asks one process to accept one row; a refusal of the row is its problem.
func accept(r *replicas, side int, token, row string) error {
	var answer struct {
		Results []struct {
			OK    bool
			Error *partnerapi.Problem
		}
	}
	err := r.at(side, token).with("Idempotency-Key", "race-"+row).
		call(r.Context(), http.MethodPost, "/api/v1/placements/accept", map[string][]string{"ids": {row}}, &answer)
	switch {
	case err != nil:
		return err
	case len(answer.Results) != 1:
		return fmt.Errorf("%d results", len(answer.Results))
	case !answer.Results[0].OK:
		return answer.Results[0].Error
	}
	return nil
}

// TestFiftyEnterprisesAcceptOneStudent: one enterprise wins, the others are told why, whichever process they ask, while
// the workers of both let the losing rows lapse.
func TestFiftyEnterprisesAcceptOneStudent(t *testing.T) {
	t.Parallel()
	const racers = 50
	r := newReplicas(t, 2, testLog())
	first := r.student(1, r.boss.positions[0])[0]
	tokens, rows := make([]string, racers), make([]string, racers)
	for i := range racers {
		tokens[i], rows[i] = r.rival(first, i)
	}
	answers := r.race(racers, func(i int) error { return accept(r, i, tokens[i], rows[i]) })
	if diff := cmp.Diff(map[string]int{"ok": 1, internship.ErrSignedElsewhere.Code: racers - 1}, answers); diff != "" {
		t.Errorf("(-want, +got)\n%s", diff)
	}
}

// rival is one more enterprise to which the student of a row applied. A student may have five rows; more are made
// directly in the store.
func (r *replicas) rival(p *internship.Placement, i int) (token, row string) {
	r.Helper()
	ctx, db := r.Context(), r.y.db
	e, err := db.Enterprises.Get(ctx, p.EnterpriseID)
	r.must(err)
	e.Root, e.Code = internship.Root{ID: fmt.Sprintf("ent_rival%02d", i)}, actstest.USCC(int64(9000+i))
	_, err = db.Enterprises.Create(ctx, e)
	r.must(err)
	position, err := db.Positions.Get(ctx, p.PositionID)
	r.must(err)
	position.Root, position.EnterpriseID = internship.Root{ID: fmt.Sprintf("pos_rival%02d", i)}, e.ID
	_, err = db.Positions.Create(ctx, position)
	r.must(err)
	copied := *p
	copied.Root = internship.Root{ID: fmt.Sprintf("plc_rival%02d", i)}
	copied.EnterpriseID, copied.PositionID, copied.Slot = e.ID, position.ID, 100+i
	_, err = db.Placements.Create(ctx, &copied)
	r.must(err)
	token = fmt.Sprintf("sx_RIVAL%059d", i)
	r.must(db.AddSession(ctx, store.Session{ID: acts.TokenHash(token), AccountID: fmt.Sprintf("acc_rival%02d", i), EnterpriseID: e.ID,
		Name: "王经理", Role: internship.Owner, CreatedAt: time.Now(), Expires: time.Now().Add(time.Hour)}))
	return token, copied.ID
}

// TestTwoHundredStudentsTenPlaces: ten are accepted, however the requests meet in two processes.
func TestTwoHundredStudentsTenPlaces(t *testing.T) {
	t.Parallel()
	const students, places = 200, 10
	r := newReplicas(t, 2, testLog())
	position := r.position("钳工", places)
	rows := make([]string, students)
	for i := range rows {
		rows[i] = r.student(int64(i+1), position)[0].ID
	}
	answers := r.race(students, func(i int) error { return accept(r, i, r.boss.api.token, rows[i]) })
	if diff := cmp.Diff(map[string]int{"ok": places, internship.ErrPositionFull.Code: students - places}, answers); diff != "" {
		t.Errorf("(-want, +got)\n%s", diff)
	}
	taken, err := r.y.db.TakenPlaces(t.Context(), position)
	if err != nil || len(taken) != places {
		t.Errorf("places taken: %v %v", taken, err)
	}
}

// position publishes one more position of the boss's enterprise.
func (r *replicas) position(name string, headcount int) string {
	r.Helper()
	id, err := r.boss.publish(r.Context(), demoPosition(time.Now(), name, "机械部", "2K-3K", headcount))
	r.must(err)
	return id
}

// TestFiveApplicationsRaceForTheFifthSlot: a student with four open applications sends five more through both processes.
func TestFiveApplicationsRaceForTheFifthSlot(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 2, testLog())
	ctx, path := t.Context(), "/partner/v1/students/"+r.d.studentIDs["2024001"]+"/applications"
	positions := make([]string, 9)
	for i := range positions {
		positions[i] = r.position(fmt.Sprintf("岗位%d", i), 5)
	}
	apply := func(i int) error {
		app := &partnerapi.Client{Base: r.bases[i%2], Key: "students", Secret: r.d.studentsSecret}
		return app.Post(ctx, path, fmt.Sprintf("fifth-slot-%d", i), map[string]any{"planId": r.d.planID, "positionId": positions[i], "edition": 1}, nil)
	}
	for i := range 4 {
		r.must(apply(i))
	}
	answers := r.race(5, func(i int) error { return apply(4 + i) })
	if diff := cmp.Diff(map[string]int{"ok": 1, internship.ErrTooManyOpen.Code: 4}, answers); diff != "" {
		t.Errorf("(-want, +got)\n%s", diff)
	}
}

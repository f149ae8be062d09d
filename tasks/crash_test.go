package tasks_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"shixi/internship"
	"shixi/store"
	"shixi/tasks"
)

// Every fail point, once and twice: the student's sign-up is on the phone
// exactly once, and every row has ended.
func TestADeathBetweenAnyTwoStepsLosesAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	e, position := s.employer(t, "A")
	for _, point := range tasks.FailPoints() {
		if point == "job.noted" || strings.HasPrefix(point, "sms.") || strings.HasPrefix(point, "webhook.") || strings.HasPrefix(point, "events.") {
			continue // no step of this story; see the long reactions, the text messages and the webhooks
		}
		for times := 1; times <= 2; times++ {
			if times == 2 && strings.HasSuffix(point, "saved") {
				continue // what is saved is not saved again
			}
			died := s.dieAt(point, times)
			placement := s.NewStudent("卢晓东").Applies(position)
			if point == "push.noted" { // there is something to note: who is told changed after the relay
				s.relay(t, placement)
				s.bind(t, e.Staff.AccountID, fmt.Sprintf("o_B%d", times))
			}
			w, stop := s.start(t, func(o *tasks.Options) { o.Burst = -1 })
			s.settle(t, w, 35*time.Second, 12)
			stop()
			if died.Load() == 0 {
				t.Errorf("%s: nothing died", point)
			}
			s.wantOnce(t, fmt.Sprintf("%s/%d", point, times), placement)
		}
	}
	s.wantFeed(t)
}

// wantOnce checks that an application was told exactly once and that all that
// followed from it has ended.
func (s *scene) wantOnce(t *testing.T, name string, placement *internship.Placement) {
	t.Helper()
	told := 0
	for _, m := range s.phone.screen() {
		if strings.HasSuffix(m.MiniProgram.PagePath, placement.ID) {
			told++
		}
	}
	if told != 1 {
		t.Errorf("%s: the phone shows it %d times, want once\n%s", name, told, s.dump(t))
	}
	pushes := 0
	for _, p := range s.pushes(t) {
		if p.PlacementID == placement.ID {
			pushes++
			if p.State != store.PushSent {
				t.Errorf("%s: the push ended as %s (%s)", name, p.State, p.Reason)
			}
		}
	}
	if pushes != 1 {
		t.Errorf("%s: %d pushes, want 1", name, pushes)
	}
	for _, j := range s.jobs(t) {
		if j.Event.Refs.PlacementID == placement.ID && j.State != store.JobDone {
			t.Errorf("%s: job %s ended as %s: %s", name, j.ID, j.State, j.Error)
		}
	}
}

// relay passes a placement's events on while no worker runs.
func (s *scene) relay(t *testing.T, p *internship.Placement) {
	t.Helper()
	w, err := tasks.New(s.options(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Relay.One(t.Context(), "placements", p.ID); err != nil {
		t.Fatal(err)
	}
}

// wantFeed checks that the feed has each event once, under numbers without a
// gap.
func (s *scene) wantFeed(t *testing.T) {
	t.Helper()
	if _, err := s.DB.NumberEvents(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, seen := int64(0), map[string]bool{}
	for {
		events, err := s.DB.Events(t.Context(), "", after, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 {
			break
		}
		for _, e := range events {
			if after++; e.Seq != after || seen[e.ID] {
				t.Errorf("event %s has number %d, want %d", e.ID, e.Seq, after)
			}
			seen[e.ID] = true
		}
	}
	if len(seen) == 0 {
		t.Error("the feed is empty")
	}
}

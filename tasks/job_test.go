package tasks_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
	mongodb "shixi/store/embedded"
	"shixi/tasks"
)

// crowd is a position with applicants enough for several pages.
func (s *scene) crowd(t *testing.T, e enterprise, n int) (*internship.Position, []*internship.Placement) {
	t.Helper()
	p := e.Position("包装工", 2000)
	return p, s.apply(n, p)
}

type enterprise interface {
	Position(name string, headcount int) *internship.Position
}

// A reaction over several pages dies after each step: every applicant lapses,
// and lapses once.
func TestALongReactionGoesOnWhereItDied(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	e, _ := s.employer(t, "A")
	for _, point := range []string{"job.page", "job.noted"} {
		position, applicants := s.crowd(t, e, 52) // two pages
		w, stop := s.start(t, func(o *tasks.Options) { o.Burst = -1 })
		s.settle(t, w, 35*time.Second, 5)
		died := s.dieAt(point, 2)
		if _, err := s.Acts.ClosePosition(t.Context(), e.Staff, position.ID); err != nil {
			t.Fatal(err)
		}
		s.settle(t, w, 35*time.Second, 20)
		stop()
		if died.Load() == 0 {
			t.Errorf("%s: died %d times", point, died.Load())
		}
		for _, a := range applicants {
			p, err := s.DB.Placements.Get(t.Context(), a.ID)
			if err != nil {
				t.Fatal(err)
			}
			lapses := 0
			for _, c := range p.History {
				if c.Name == "lapse" {
					lapses++
				}
			}
			if p.State != internship.Lapsed || lapses != 1 {
				t.Errorf("%s: an applicant is %s after %d lapses", point, p.State, lapses)
			}
		}
	}
	for _, j := range s.jobs(t) {
		if j.State != store.JobDone {
			t.Errorf("job %s ended as %s: %s", j.ID, j.State, j.Error)
		}
	}
}

// A job that fails is tried again, less and less often, and then needs a
// person; after the repair it is put back and done.
func TestAJobThatFailsIsStuckAfterTwelveAttempts(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, nil)
	if s.Server.Engine == nil {
		t.Skip("only the embedded engine fails on demand")
	}
	s.apply(1, position)
	s.Server.Engine.Watch(func(c mongodb.Command) mongodb.Fault {
		if c.Collection == "placements" && c.Name == "find" && s.inJob(c) {
			return mongodb.Fault{Err: &mongodb.CommandError{Code: 8, Name: "UnknownError", Message: "disk on fire"}}
		}
		return mongodb.Fault{}
	})
	began := s.Now()
	s.settle(t, w, 20*time.Second, 200)
	s.Server.Engine.Watch(nil)
	j := s.jobs(t)[0]
	if j.State != store.JobStuck || j.Attempt != 12 || j.Error == "" {
		t.Fatalf("ended as %s after %d attempts: %q", j.State, j.Attempt, j.Error)
	}
	if took := s.Now().Sub(began); took < 10*time.Minute || took > time.Hour {
		t.Errorf("gave up after %s", took)
	}
	if n := strings.Count(s.log.String(), "a job is stuck"); n != 1 {
		t.Errorf("rang %d times", n)
	}
	if ok, err := s.DB.RetryJob(t.Context(), j.ID); !ok || err != nil {
		t.Fatal(ok, err)
	}
	s.settle(t, w, 2*time.Second, 5)
	if j := s.jobs(t)[0]; j.State != store.JobDone {
		t.Errorf("after the repair: %s %q", j.State, j.Error)
	}
}

// inJob tells the reaction's read of the signed placements from the relay's
// read of the document: only the latter asks by _id.
func (s *scene) inJob(c mongodb.Command) bool {
	_, err := c.Body.LookupErr("filter", "holds")
	return err == nil
}

// A reaction that panics takes nothing with it but its own job.
func TestAPanicIsAFailedAttempt(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, func(o *tasks.Options) { o.Acts = &acts.Acts{} }) // no database: every reaction panics
	s.apply(1, position)
	s.Pass(6 * time.Second)
	s.kick(t, w)
	j := s.jobs(t)[0]
	if j.State != store.JobWaiting || !strings.HasPrefix(j.Error, "panic: ") {
		t.Errorf("the job is %s: %q", j.State, j.Error)
	}
	if n := len(s.phone.screen()); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}

// A job whose workers all die without a word ends too.
func TestAJobThatKillsItsWorkersIsStuck(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, nil)
	s.apply(1, position)
	s.dieAt("job.page", 1000)
	s.settle(t, w, 35*time.Second, 40)
	if j := s.jobs(t)[0]; j.State != store.JobStuck || j.Attempt != 13 {
		t.Errorf("ended as %s after %d attempts", j.State, j.Attempt)
	}
}

// A chain of reactions that does not end is cut at its ninth link.
func TestADeepEventIsStuck(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	e, position := s.employer(t, "A")
	w, _ := s.start(t, nil)
	_, err := s.DB.Positions.Update(t.Context(), position.ID, func(p *internship.Position) error {
		return p.Close(internship.Do{By: internship.Actor{Kind: internship.ByEnterprise, ID: e.Staff.AccountID}, At: s.Now(), Depth: acts.MaxDepth + 1})
	})
	if err != nil {
		t.Fatal(err)
	}
	s.settle(t, w, 6*time.Second, 2)
	stuck, err := s.DB.StuckJobs(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(stuck, func(j store.Job) bool { return strings.Contains(j.Error, fmt.Sprint(acts.MaxDepth+1)) }) {
		t.Errorf("stuck: %+v", stuck)
	}
}

package tasks_test

import (
	"testing"
	"time"

	"shixi/store"
	"shixi/tasks"
)

// A worker that hangs longer than its claim comes back to a row that another
// one has finished: its late outcome is refused.
func TestALateOutcomeIsRefused(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, nil)
	release := make(chan struct{})
	s.phone.next(answer{hold: release, err: refusal(43004).err})
	s.apply(1, position)
	s.Pass(6 * time.Second)
	if err := w.Worker.Kick(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the first call began", func() bool { return len(s.phone.called()) == 1 })
	s.Pass(31 * time.Second)
	if err := w.Worker.Kick(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another worker sent it", func() bool { return s.push(t).State == store.PushSent })
	close(release)
	s.idle(t)
	if p := s.push(t); p.State != store.PushSent || p.Attempt != 2 {
		t.Errorf("the late outcome counted:\n%s", s.dump(t))
	}
	if n := len(s.phone.screen()); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}

// Crash after crash: no attempt starts later than nine minutes after the first
// one, and then nobody knows.
func TestAfterNineMinutesOfDeathsThePushIsUncertain(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, nil)
	s.dieAt("push.sent", 1000)
	s.apply(1, position)
	s.settle(t, w, 31*time.Second, 30)
	calls := s.phone.called()
	if last := calls[len(calls)-1].Sub(calls[0]); last > 9*time.Minute || len(calls) < 10 {
		t.Errorf("%d calls within %s", len(calls), last)
	}
	if p := s.push(t); p.State != store.PushUncertain {
		t.Errorf("ended as %s", p.State)
	}
	if n := len(s.phone.screen()); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}

// A row that nobody looked at for longer than the window ends without a call.
func TestAWindowThatPassedEndsWithoutACall(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, nil)
	s.phone.from(lostAnswer)
	s.apply(1, position)
	s.Pass(6 * time.Second)
	s.kick(t, w)
	s.settle(t, w, 11*time.Minute, 1)
	if p := s.push(t); p.State != store.PushUncertain || len(s.phone.called()) != 1 {
		t.Errorf("ended as %s after %d calls", p.State, len(s.phone.called()))
	}
}

// What could not be sent for two days is old news.
func TestOldNewsIsNotSent(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	placement := s.apply(1, position)[0]
	s.relay(t, placement)
	s.Pass(49 * time.Hour)
	w, _ := s.start(t, nil)
	s.settle(t, w, time.Second, 1)
	if p := s.push(t); p.State != store.PushFailed || len(s.phone.called()) != 0 {
		t.Errorf("ended as %s after %d calls", p.State, len(s.phone.called()))
	}
}

// Redis loses everything, at any moment: the marker is missed and every row
// that waits is woken, without waiting for its own time.
func TestAFlushedRedisIsFilledAgain(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, func(o *tasks.Options) { o.Burst = -1 })
	s.kick(t, w) // sets the marker
	for range 5 {
		placements := s.apply(4, position)
		for _, p := range placements {
			if err := w.Relay.One(t.Context(), "placements", p.ID); err != nil {
				t.Fatal(err)
			}
		}
		s.redis.Flush()
		s.kick(t, w) // no time has passed
		eventually(t, "everything is sent", func() bool { return s.settled(t) })
	}
	if n := len(s.phone.screen()); n != 20 {
		t.Errorf("%d messages, want 20", n)
	}
}

// The process ends while a call runs: the call comes to its end, the row too.
func TestStoppingFinishesWhatRuns(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, stop := s.start(t, nil)
	release := make(chan struct{})
	s.phone.next(answer{hold: release})
	s.apply(1, position)
	s.Pass(6 * time.Second)
	if err := w.Worker.Kick(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the call began", func() bool { return len(s.phone.called()) == 1 })
	time.AfterFunc(20*time.Millisecond, func() { close(release) })
	stop()
	if p := s.push(t); p.State != store.PushSent {
		t.Errorf("left as %s", p.State)
	}
}

// Relay and numberer at work by themselves, as in a process that serves.
func TestTheRelayRunsByItself(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, nil)
	db := s.Open(func(o *store.Options) { o.OnSaved = w.Relay.Saved })
	ctx, cancel := contextOf(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Relay.Run(ctx)
	}()
	local := *s.World
	local.DB = db
	acted := *s.Acts
	acted.DB = db
	local.Acts = &acted
	s.World = &local
	s.apply(1, position)
	eventually(t, "the message arrived, with no sweep", func() bool { return len(s.phone.screen()) == 1 })
	eventually(t, "its event is numbered", func() bool {
		seq, err := s.DB.LastSeq(t.Context())
		return err == nil && seq > 0
	})
	cancel()
	<-done
}

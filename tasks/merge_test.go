package tasks_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/store"
	"shixi/tasks"
)

// counts are the numbers of events that the messages on the phone stand for.
func (s *scene) counts() []string {
	var n []string
	for _, m := range s.phone.screen() {
		n = append(n, m.Data["number3"])
	}
	return n
}

// apply lets n students apply.
func (s *scene) apply(n int, p *internship.Position) []*internship.Placement {
	var all []*internship.Placement
	for i := range n {
		all = append(all, s.NewStudent(name(i)).Applies(p))
	}
	return all
}

func TestABurstBecomesOneMessageWithACount(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, nil)
	s.apply(1, position)
	s.Pass(6 * time.Second)
	s.kick(t, w)
	if diff := cmp.Diff([]string{"1"}, s.counts()); diff != "" {
		t.Fatalf("the first message did not leave at once (-want, +got):\n%s", diff)
	}
	s.apply(5, position)
	s.Pass(6 * time.Second)
	s.kick(t, w)
	s.Pass(10 * time.Second)
	s.kick(t, w)
	if n := len(s.phone.screen()); n != 1 {
		t.Fatalf("%d messages within the burst, want 1", n)
	}
	s.settle(t, w, 5*time.Second, 20)
	if diff := cmp.Diff([]string{"1", "5"}, s.counts()); diff != "" {
		t.Errorf("counts (-want, +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{store.PushSent: 2, store.PushSuppressed: 4}, s.states(t)); diff != "" {
		t.Errorf("states (-want, +got):\n%s", diff)
	}
	s.wantMerged(t)
}

// wantMerged checks that each merged push names the message that tells of it,
// and that the counts of the messages add up to all.
func (s *scene) wantMerged(t *testing.T) {
	t.Helper()
	all := s.pushes(t)
	merged := map[string]int{}
	for _, p := range all {
		if p.State == store.PushSuppressed {
			merged[p.MergedInto]++
		}
	}
	for _, p := range all {
		if p.State != store.PushSuppressed && max(1, p.Count) != 1+merged[p.ID] {
			t.Errorf("push %s has count %d, but %d were merged into it", p.ID, p.Count, merged[p.ID])
		}
	}
	if n := merged[""]; n > 0 {
		t.Errorf("%d pushes are suppressed without a message that tells of them", n)
	}
}

// Dying while others are being merged: nobody's event is lost or told twice.
func TestADeathWhileMergingLosesNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	for _, point := range []string{"push.absorbed", "push.noted", "push.ready", "push.sent", "push.saved"} {
		w, stop := s.start(t, nil)
		s.apply(1, position)
		s.Pass(6 * time.Second)
		s.kick(t, w)
		s.apply(4, position)
		s.Pass(6 * time.Second)
		s.kick(t, w) // four are held
		before := len(s.phone.screen())
		died := s.dieAt(point, 1)
		s.settle(t, w, 6*time.Second, 30)
		if died.Load() == 0 {
			t.Errorf("%s: nothing died", point)
		}
		if diff := cmp.Diff([]string{"4"}, s.counts()[before:]); diff != "" {
			t.Errorf("%s: counts (-want, +got):\n%s", point, diff)
		}
		s.wantMerged(t)
		stop()
		s.Pass(2 * time.Minute)
	}
}

// Others arrive between a message and its repetition: the phone will not show
// them with it, so they get a message of their own.
func TestARepetitionTakesNobodyAlong(t *testing.T) {
	t.Parallel()
	for _, death := range []string{"push.sent", "push.absorbed"} {
		s := newScene(t)
		_, position := s.employer(t, "A")
		w, _ := s.start(t, nil)
		s.apply(1, position)
		s.Pass(6 * time.Second)
		s.kick(t, w)
		s.apply(3, position)
		s.Pass(6 * time.Second)
		s.kick(t, w)
		died := s.dieAt(death, 1)
		for died.Load() == 0 { // until the three leave as one
			s.Pass(5 * time.Second)
			s.kick(t, w)
		}
		s.apply(2, position)
		s.settle(t, w, 6*time.Second, 40)
		if diff := cmp.Diff([]string{"1", "3", "2"}, s.counts()); diff != "" {
			t.Errorf("%s: counts (-want, +got):\n%s", death, diff)
		}
		s.wantMerged(t)
	}
}

func TestQuietHoursHoldAllButTheMorning(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, func(o *tasks.Options) { o.Quiet = tasks.DefaultQuiet() })
	s.Pass(10*time.Hour + time.Minute) // 22:01
	s.apply(3, position)
	s.Pass(6 * time.Second)
	s.kick(t, w)
	for range 8 {
		s.Pass(time.Hour)
		s.kick(t, w)
	}
	s.Pass(58 * time.Minute) // 06:59
	s.kick(t, w)
	if n := len(s.phone.called()); n != 0 {
		t.Fatalf("%d calls at night", n)
	}
	s.settle(t, w, 5*time.Second, 30)
	if diff := cmp.Diff([]string{"3"}, s.counts()); diff != "" {
		t.Errorf("in the morning (-want, +got):\n%s", diff)
	}
	want := internship.Date("2026-11-24").Start().Add(7 * time.Hour)
	if at := s.phone.called()[0]; at.Before(want) {
		t.Errorf("the call came at %s", at)
	}
}

// A message whose answer was lost before 22:00 is repeated after it: waiting
// for the morning would leave the ten minutes in which WeChat recognises it.
func TestQuietHoursDoNotHoldARepetition(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, func(o *tasks.Options) { o.Quiet = tasks.DefaultQuiet() })
	s.Pass(10*time.Hour - 10*time.Second)
	s.phone.next(lostAnswer)
	placement := s.apply(1, position)[0]
	s.settle(t, w, 6*time.Second, 4)
	s.wantOnce(t, "after 22:00", placement)
}

// The daily quota is used up: one call finds out, no other is made before
// midnight, then everything leaves, merged per recipient.
func TestTheQuotaBreakerHoldsUntilMidnight(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, a := s.employer(t, "A")
	_, b := s.employer(t, "B")
	first, _ := s.start(t, nil)
	second, _ := s.start(t, nil)
	s.phone.next(refusal(45009))
	s.apply(1, a)
	s.Pass(6 * time.Second)
	s.kick(t, first)
	s.apply(2, a)
	s.apply(3, b)
	for range 11 {
		s.Pass(time.Hour) // until 23:00
		s.kick(t, second)
	}
	if n := len(s.phone.called()); n != 1 {
		t.Fatalf("%d calls while the quota was used up, want 1", n)
	}
	if n := s.states(t)[store.PushWaiting]; n != 6 {
		t.Fatalf("%d pushes wait, want 6", n)
	}
	s.Pass(59*time.Minute + 50*time.Second)
	s.settle(t, first, 9*time.Second, 40)
	got := s.counts()
	slices.Sort(got)
	if diff := cmp.Diff([]string{"3", "3"}, got); diff != "" {
		t.Errorf("after midnight (-want, +got):\n%s", diff)
	}
	if at := s.phone.called()[1]; at.Before(internship.Date("2026-11-24").Start()) {
		t.Errorf("a call came at %s", at)
	}
	s.wantMerged(t)
}

// More at once than the rate allows: the rest waits its turn, nothing is lost.
func TestThePaceIsShared(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	var positions []*internship.Position
	for _, name := range []string{"A", "B", "C", "D", "E", "F"} {
		_, p := s.employer(t, name)
		positions = append(positions, p)
	}
	slow := func(o *tasks.Options) { o.PerMinute = 10 } // one in 6 s
	first, _ := s.start(t, slow)
	s.start(t, slow)
	for _, p := range positions {
		s.apply(1, p)
	}
	s.Pass(6 * time.Second)
	s.kick(t, first)
	if n := len(s.phone.called()); n != 1 {
		t.Errorf("%d calls at once, want 1", n)
	}
	s.settle(t, first, 2*time.Second, 30)
	calls := s.phone.called()
	if took := calls[len(calls)-1].Sub(calls[0]); took < 25*time.Second {
		t.Errorf("six calls within %s", took)
	}
	if n := len(s.phone.screen()); n != 6 {
		t.Errorf("%d messages, want 6", n)
	}
}

// Two processes relay and sweep at once, every task is there twice, and Redis
// forgets in between: each message leaves once.
func TestTwoWorkersOneDatabase(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	var positions []*internship.Position
	for _, name := range []string{"A", "B", "C", "D"} {
		_, p := s.employer(t, name)
		positions = append(positions, p)
	}
	first, _ := s.start(t, func(o *tasks.Options) { o.Burst = -1 })
	second, _ := s.start(t, func(o *tasks.Options) { o.Burst = -1 })
	total := 0
	for range 3 {
		for _, p := range positions {
			total += len(s.apply(2, p))
		}
		s.Pass(6 * time.Second)
		done := make(chan error, 2)
		for _, w := range []*tasks.Tasks{first, second} { // both relay, both wake: every task is there twice
			go func() { done <- w.Worker.Kick(t.Context()) }()
		}
		for range 2 {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		s.redis.Flush() // and once more, with no memory of the ones before
		s.kick(t, first)
	}
	s.settle(t, second, 35*time.Second, 6)
	if diff := cmp.Diff(map[string]int{store.PushSent: total}, s.states(t)); diff != "" {
		t.Errorf("states (-want, +got):\n%s", diff)
	}
	if n := len(s.phone.screen()); n != total {
		t.Errorf("%d messages, want %d", n, total)
	}
	s.wantFeed(t)
}

// name is the name of the i-th student.
func name(i int) string { return "学生" + string([]rune("甲乙丙丁戊己庚辛壬癸")[i%10]) }

func TestNewsThatIsOverIsNotSent(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	e, position := s.employer(t, "A")
	w, _ := s.start(t, nil)
	s.apply(1, position) // opens the burst
	s.Pass(6 * time.Second)
	s.kick(t, w)
	held := s.apply(3, position)
	s.Pass(6 * time.Second)
	s.kick(t, w)
	if _, err := s.Acts.Withdraw(t.Context(), actstest.StudentsApp, held[0].StudentID, held[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Acts.Accept(t.Context(), e.Staff, held[1].ID); err != nil {
		t.Fatal(err)
	}
	s.settle(t, w, 5*time.Second, 20)
	for i, want := range []string{store.ReasonSuperseded, store.ReasonSuperseded, ""} {
		if got := s.pushesOf(t, held[i], "application"); len(got) != 1 || got[0].Reason != want {
			t.Errorf("row %d: %+v, want reason %q", i, got, want)
		}
	}
	told := slices.DeleteFunc(s.counts(), func(n string) bool { return n == "" }) // sign-ups have a count, withdrawals none
	if diff := cmp.Diff([]string{"1", "1"}, told); diff != "" {
		t.Errorf("counts (-want, +got):\n%s", diff)
	}
}

// pushesOf are the pushes of a kind about a placement.
func (s *scene) pushesOf(t *testing.T, placement *internship.Placement, kind string) []store.Push {
	t.Helper()
	return slices.DeleteFunc(s.pushes(t), func(p store.Push) bool { return p.PlacementID != placement.ID || p.Kind != kind })
}

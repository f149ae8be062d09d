package tasks_test

import (
	"testing"
	"time"

	"shixi/acts"
	"shixi/store"
	"shixi/tasks"
)

// receipt posts what became of a message.
func (s *scene) receipt(t *testing.T, m shown, status string) {
	t.Helper()
	if err := s.Acts.Receipt(t.Context(), m.MsgID, m.ToUser, status, s.Now()); err != nil {
		t.Errorf("receipt: %v", err)
	}
}

func TestAReceiptDecidesInAnyOrder(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, func(o *tasks.Options) { o.Burst = -1 })
	before := func(status string) answer {
		return answer{then: func(m shown) { s.receipt(t, m, status) }}
	}
	for _, c := range []struct {
		name          string
		answer        answer
		after         []string
		state, reason string
	}{
		{"after the answer", answer{}, []string{"success"}, store.PushDelivered, ""},
		{"before the answer", before("success"), nil, store.PushDelivered, ""},
		{"twice", before("success"), []string{"success"}, store.PushDelivered, ""},
		{"two that contradict", answer{}, []string{"failed:user block", "success"}, store.PushRefused, acts.ReasonBlocked},
		{"blocked", answer{}, []string{"failed:user block"}, store.PushRefused, acts.ReasonBlocked},
		{"blocked, before the answer", before("Failed: User Block"), nil, store.PushRefused, acts.ReasonBlocked},
		{"system", answer{}, []string{"failed: system failed"}, store.PushFailed, "微信系统发送失败"},
		{"too often", answer{}, []string{"failed:freq limit"}, store.PushFailed, "向该用户发送过于频繁"},
		{"something new", answer{}, []string{"failed:whatever"}, store.PushFailed, "微信未能送达"},
	} {
		s.phone.next(c.answer)
		placement := s.NewStudent("卢晓东").Applies(position)
		s.settle(t, w, 6*time.Second, 2)
		screen := s.phone.screen()
		for _, status := range c.after {
			s.receipt(t, screen[len(screen)-1], status)
		}
		if p := s.pushOf(t, placement); p.State != c.state || p.Reason != c.reason {
			t.Errorf("%s: ended as %s (%s), want %s (%s)", c.name, p.State, p.Reason, c.state, c.reason)
		}
	}
	s.Pass(time.Minute)
	s.kick(t, w)
	if n := len(rows[store.Receipt](t, s, "receipts")); n != 0 {
		t.Errorf("%d receipts stay parked", n)
	}
}

func TestAMessageNeverHeardOfIsAcceptedAfterADay(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, nil)
	s.apply(1, position)
	s.settle(t, w, 6*time.Second, 2)
	s.Pass(24*time.Hour - time.Minute)
	s.kick(t, w)
	if p := s.push(t); p.State != store.PushSent {
		t.Fatalf("%s before the day is over", p.State)
	}
	s.Pass(time.Minute)
	s.kick(t, w)
	if p := s.push(t); p.State != store.PushAccepted {
		t.Fatalf("%s after a day", p.State)
	}
	s.receipt(t, s.phone.screen()[0], "success")
	if p := s.push(t); p.State != store.PushDelivered {
		t.Errorf("%s after a late receipt", p.State)
	}
}

func TestAReceiptResolvesAnUncertainPush(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, nil)
	s.phone.next(lostAnswer)
	s.phone.from(lostRequest)
	s.apply(1, position)
	s.Pass(6 * time.Second)
	s.kick(t, w)
	s.receipt(t, s.phone.screen()[0], "success")
	s.settle(t, w, 30*time.Second, 30)
	s.Pass(time.Second)
	s.kick(t, w)
	if p := s.push(t); p.State != store.PushDelivered {
		t.Errorf("ended as %s (%s)", p.State, p.Reason)
	}
	if n := len(s.phone.screen()); n != 1 {
		t.Errorf("%d messages shown, want 1", n)
	}
}

// Two uncertain pushes of one follower and one receipt: nobody knows whose.
func TestAReceiptThatFitsTwoFitsNone(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, func(o *tasks.Options) { o.Burst = -1 })
	s.phone.next(lostAnswer)
	s.phone.from(lostRequest)
	s.apply(2, position)
	s.Pass(6 * time.Second)
	s.kick(t, w)
	s.receipt(t, s.phone.screen()[0], "success")
	s.settle(t, w, 30*time.Second, 30)
	for range 8 {
		s.Pass(time.Minute)
		s.kick(t, w)
	}
	if n := s.states(t)[store.PushUncertain]; n != 2 {
		t.Errorf("%d pushes are uncertain, want 2", n)
	}
}

func TestAnUnknownReceiptIsForgotten(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	w, _ := s.start(t, nil)
	for i := range 120 { // more than one look takes
		s.receipt(t, shown{MsgID: int64(i + 1)}, "success")
		s.Pass(time.Millisecond)
	}
	s.Pass(time.Minute)
	s.kick(t, w)
	if n := len(rows[store.Receipt](t, s, "receipts")); n != 120 {
		t.Fatalf("%d receipts are parked, want 120", n)
	}
	s.Pass(15 * time.Minute)
	for range 3 {
		s.kick(t, w)
	}
	if n := len(rows[store.Receipt](t, s, "receipts")); n != 0 {
		t.Errorf("%d receipts stay parked", n)
	}
}

// A worker that dies between the outcome and the look for an overtaking receipt
// leaves a sent row and a parked receipt; the sweep brings them together.
func TestAParkedReceiptOfASentPushIsFound(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, nil)
	s.phone.next(answer{then: func(m shown) { s.receipt(t, m, "success") }})
	s.dieAt("push.saved", 1)
	s.apply(1, position)
	s.settle(t, w, 6*time.Second, 2)
	if p := s.push(t); p.State != store.PushSent {
		t.Fatalf("%s after the death", p.State)
	}
	s.Pass(31 * time.Second)
	s.kick(t, w)
	if p := s.push(t); p.State != store.PushDelivered {
		t.Errorf("%s after the sweep", p.State)
	}
}

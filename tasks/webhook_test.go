package tasks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
	"shixi/tasks"
	"shixi/webhook"
)

// posted is one delivery.
type posted struct {
	At   time.Time
	Seqs []int64
	Size int
	Err  error
}

// reply is what a subscriber does with one delivery; the zero value takes it.
type reply struct {
	err error
	// take: the receiver has the events although we hear of an error.
	take bool
	// hold is waited for before anything happens, but no longer than the call.
	hold <-chan struct{}
}

// mailbox is a subscriber's receiver.
type mailbox struct {
	mu     sync.Mutex
	script []reply
	always reply
	calls  []posted
	taken  []int64
}

// postbox posts into the mailboxes by the path of the address.
type postbox struct {
	now   func() time.Time
	boxes map[string]*mailbox
}

func (p *postbox) Deliver(ctx context.Context, to webhook.Target, body []byte) error {
	return p.boxes[to.URL.Path].deliver(ctx, p.now(), body)
}

func (m *mailbox) deliver(ctx context.Context, at time.Time, body []byte) error {
	var events []struct{ Seq int64 }
	if err := json.Unmarshal(body, &events); err != nil {
		return fmt.Errorf("no JSON: %w", err)
	}
	call := posted{At: at, Size: len(body)}
	for _, e := range events {
		call.Seqs = append(call.Seqs, e.Seq)
	}
	m.mu.Lock()
	r := m.always
	if len(m.script) > 0 {
		r, m.script = m.script[0], m.script[1:]
	}
	call.Err = r.err
	m.calls = append(m.calls, call)
	m.mu.Unlock()
	if r.hold != nil {
		select {
		case <-r.hold:
		case <-ctx.Done():
			return &webhook.Error{Class: webhook.Unanswered}
		}
	}
	if r.err == nil || r.take {
		m.mu.Lock()
		m.taken = append(m.taken, call.Seqs...)
		m.mu.Unlock()
	}
	return r.err
}

func (m *mailbox) then(r ...reply) { m.mu.Lock(); m.script = append(m.script, r...); m.mu.Unlock() }
func (m *mailbox) from(r reply)    { m.mu.Lock(); m.always = r; m.mu.Unlock() }

func (m *mailbox) called() []posted {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.calls)
}

func (m *mailbox) has() []int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.taken)
}

// status is an answer of no success.
func status(code int) reply {
	return reply{err: &webhook.Error{Class: webhook.Failing, Status: code}}
}

// hooks is a scene with subscribers.
type hooks struct {
	*scene
	postbox *postbox
}

func newHooks(t *testing.T) *hooks {
	t.Helper()
	s := newScene(t)
	return &hooks{scene: s, postbox: &postbox{now: s.Now, boxes: map[string]*mailbox{}}}
}

// hook is a subscriber: of a school, or of all with "".
func (h *hooks) hook(t *testing.T, key, school string, after int64) tasks.Webhook {
	t.Helper()
	u, err := webhook.Rules{}.Parse("https://hooks.example.com/" + key)
	if err != nil {
		t.Fatal(err)
	}
	if h.postbox.boxes[u.Path] == nil {
		h.postbox.boxes[u.Path] = &mailbox{}
	}
	p := acts.Partner{Kind: internship.ByPlatform, Key: key}
	if school != "" {
		p.Kind, p.SchoolID = internship.BySchool, school
	}
	return tasks.Webhook{Partner: p, Target: webhook.Target{URL: u}, After: after}
}

func (h *hooks) box(key string) *mailbox { return h.postbox.boxes["/"+key] }

// starts runs a worker with subscribers, whose rows are there.
func (h *hooks) starts(t *testing.T, all ...tasks.Webhook) (*tasks.Tasks, func()) {
	t.Helper()
	h.Pass(3 * time.Second) // until another process numbers
	w, stop := h.start(t, h.with(all...))
	h.kick(t, w)
	h.kick(t, w) // those that begin at the start
	return w, stop
}

func (h *hooks) with(all ...tasks.Webhook) func(*tasks.Options) {
	return func(o *tasks.Options) {
		o.Webhooks, o.Poster = all, h.postbox
		o.EventJSON = func(r store.EventRow) []byte { return fmt.Appendf(nil, `{"seq":%d,"id":%q}`, r.Seq, r.RowID) }
	}
}

// happen lets n things happen that concern a school, numbered at the next kick.
func (h *hooks) happen(t *testing.T, n int, school string) {
	t.Helper()
	events := make([]internship.Event, n)
	for i := range events {
		events[i] = internship.Event{ID: fmt.Sprintf("plc_%s.%d.0", store.NewID(t.Context(), "x"), i), Kind: internship.PlacementApplied, At: h.Now(), Audience: []string{school}}
	}
	if err := h.DB.AddEvents(t.Context(), events); err != nil {
		t.Fatal(err)
	}
}

func (h *hooks) row(t *testing.T, key string) store.Subscriber {
	t.Helper()
	all, err := h.DB.Subscribers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.ID == key {
			return s
		}
	}
	t.Fatalf("no row of %s", key)
	return store.Subscriber{}
}

// until lets time go by in steps until a subscriber is at rest.
func (h *hooks) until(t *testing.T, w *tasks.Tasks, key string, step time.Duration, steps int) {
	t.Helper()
	for range steps {
		h.kick(t, w)
		if h.row(t, key).State == store.SubscriberLive {
			return
		}
		h.Pass(step)
	}
	t.Fatalf("%s is not at rest: %+v\n%s", key, h.row(t, key), h.log.String())
}

// seqs are the numbers of the events that concern a school, or all with "".
func (h *hooks) seqs(t *testing.T, school string) (all []int64) {
	t.Helper()
	for after := int64(0); ; {
		rows, err := h.DB.Events(t.Context(), school, after, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 0 {
			return all
		}
		for _, r := range rows {
			all, after = append(all, r.Seq), r.Seq
		}
	}
}

func sameSeqs(t *testing.T, what string, want, got []int64) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want, +got):\n%s", what, diff)
	}
}

// Each gets what it may read, in order, in batches; a school nothing of
// another's. At rest no row wakes anybody.
func TestSubscribersGetWhatTheyMayRead(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	w, _ := h.starts(t, h.hook(t, "a", "sch_a", -1), h.hook(t, "b", "sch_b", -1), h.hook(t, "all", "", -1))
	for range 3 {
		h.happen(t, 90, "sch_a")
		h.Pass(time.Millisecond) // numbers go by it
		h.happen(t, 5, "sch_b")
		h.happen(t, 5, "sch_c")
	}
	h.kick(t, w)
	for key, school := range map[string]string{"a": "sch_a", "b": "sch_b", "all": ""} {
		sameSeqs(t, key, h.seqs(t, school), h.box(key).has())
		for _, call := range h.box(key).called() {
			if len(call.Seqs) > 100 {
				t.Errorf("%s: a batch of %d", key, len(call.Seqs))
			}
		}
		if row := h.row(t, key); row.State != store.SubscriberLive || row.Cursor != 300 || row.DeliveredAt.IsZero() {
			t.Errorf("%s: %+v", key, row)
		}
	}
	if n := len(h.box("all").called()); n != 3 {
		t.Errorf("300 events in %d batches", n)
	}
	h.happen(t, 2, internship.AllSchools)
	h.Pass(3 * time.Second)
	h.kick(t, w)
	for key, school := range map[string]string{"a": "sch_a", "b": "sch_b", "all": ""} {
		sameSeqs(t, key+", with those for every school", h.seqs(t, school), h.box(key).has())
	}
	calls := len(h.box("a").called())
	h.happen(t, 1, "sch_b")
	h.Pass(time.Hour)
	h.kick(t, w)
	if n := len(h.box("a").called()); n != calls {
		t.Errorf("another school's event made %d calls", n-calls)
	}
}

// Whatever fails and whoever serves: what the receiver took is every event in
// the order of the numbers.
func TestOrderIsKeptUnderFailuresAndTwoWorkers(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	hook := h.hook(t, "a", "sch_a", -1)
	w, _ := h.starts(t, hook)
	other, _ := h.start(t, h.with(hook))
	h.box("a").then(status(500), status(302), reply{}, status(404), status(500), reply{}, reply{}, status(503), reply{}, status(429))
	for round := range 6 {
		h.happen(t, 230, "sch_a")
		h.Pass(time.Duration(round) * time.Second)
		var both sync.WaitGroup
		both.Go(func() { _ = w.Worker.Kick(t.Context()) })
		both.Go(func() { _ = other.Worker.Kick(t.Context()) })
		both.Wait()
		h.idle(t)
	}
	h.until(t, w, "a", 40*time.Second, 20)
	sameSeqs(t, "taken", h.seqs(t, "sch_a"), h.box("a").has())
	row := h.row(t, "a")
	if row.Failures != 0 || row.Error != "" || !row.FailingSince.IsZero() {
		t.Errorf("after a success: %+v", row)
	}
}

// The process dies between any two steps: what was lost is repeated, nothing is
// left out.
func TestADeathRepeatsAndSkipsNothing(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	hook := h.hook(t, "a", "sch_a", -1)
	_, stop := h.starts(t, hook)
	stop()
	for _, point := range tasks.FailPoints() {
		if !strings.HasPrefix(point, "webhook.") && !strings.HasPrefix(point, "events.") {
			continue
		}
		for times := 1; times <= 2; times++ {
			died := h.dieAt(point, times)
			before := len(h.box("a").has())
			h.happen(t, 3, "sch_a")
			h.Pass(3 * time.Second) // until another process numbers
			w, stop := h.start(t, h.with(hook))
			h.until(t, w, "a", 31*time.Second, 12)
			h.kick(t, w)
			h.until(t, w, "a", 31*time.Second, 12)
			stop()
			if died.Load() == 0 {
				t.Errorf("%s: nothing died", point)
			}
			got := h.box("a").has()[before:]
			wanted := h.seqs(t, "sch_a")
			wanted = wanted[len(wanted)-3:]
			if repeats := point == "webhook.posted"; !repeats {
				sameSeqs(t, point, wanted, got)
			} else if len(got) != 3*(times+1) || !slices.Equal(got[:3], wanted) || !slices.Equal(got[len(got)-3:], wanted) {
				t.Errorf("%s/%d: %v, want %v repeated", point, times, got, wanted)
			}
		}
	}
}

// The pause grows from five seconds to an hour; after three days the
// subscriber is dead, is not posted to, and a person is told. Put back, it goes
// on where it stopped.
func TestAFailingSubscriberDiesAndIsResumed(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	w, _ := h.starts(t, h.hook(t, "a", "sch_a", -1))
	h.happen(t, 1, "sch_a")
	h.kick(t, w)
	h.box("a").from(status(500))
	h.happen(t, 2, "sch_a")
	h.kick(t, w)
	for range 1000 {
		row := h.row(t, "a")
		if row.State != store.JobWaiting {
			break
		}
		h.Pass(row.Next.Sub(h.Now()) - time.Millisecond)
		if calls := len(h.box("a").called()); calls < 6 {
			h.happen(t, 1, "sch_a") // does not bring the next attempt forward
			h.kick(t, w)
			if n := len(h.box("a").called()); n != calls {
				t.Fatalf("%d attempts before their time", n-calls)
			}
		}
		h.Pass(time.Millisecond)
		h.kick(t, w)
	}
	calls := h.box("a").called()[1:]
	base := 5 * time.Second
	for i := 1; i < len(calls); i++ {
		pause := calls[i].At.Sub(calls[i-1].At)
		if pause < max(5*time.Second, base*3/4) || pause > base+time.Second {
			t.Errorf("pause %d is %s, want about %s", i, pause, base)
		}
		base = min(2*base, time.Hour)
		if !slices.Equal(calls[i].Seqs[:2], calls[0].Seqs) {
			t.Errorf("attempt %d begins with %v, want %v", i, calls[i].Seqs[:2], calls[0].Seqs)
		}
	}
	row := h.row(t, "a")
	if failed := h.Now().Sub(row.FailingSince); row.State != store.SubscriberDead || failed < 72*time.Hour || failed > 73*time.Hour || row.Error != "webhook: failing: status 500" {
		t.Fatalf("after %s: %+v", failed, row)
	}
	if n := strings.Count(h.log.String(), "a webhook is dead"); n != 1 {
		t.Errorf("rang %d times", n)
	}
	n := len(h.box("a").called())
	h.happen(t, 1, "sch_a")
	h.Pass(2 * time.Hour)
	h.kick(t, w)
	if more := len(h.box("a").called()); more != n || h.row(t, "a").State != store.SubscriberDead {
		t.Errorf("a dead subscriber was posted to %d times", more-n)
	}
	h.box("a").from(reply{})
	if ok, err := h.DB.ResumeSubscriber(t.Context(), "a", store.SubscriberDead); !ok || err != nil {
		t.Fatal(ok, err)
	}
	h.until(t, w, "a", time.Second, 3)
	sameSeqs(t, "in the end", h.seqs(t, "sch_a"), h.box("a").has())
}

// A worker that was down for days kills nobody by its first attempts.
func TestDaysWithoutAWorkerKillNobody(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	w, _ := h.starts(t, h.hook(t, "a", "sch_a", -1))
	h.box("a").then(status(500), status(500))
	h.happen(t, 1, "sch_a")
	h.kick(t, w)
	h.Pass(100 * time.Hour)
	h.kick(t, w)
	if row := h.row(t, "a"); row.State != store.JobWaiting || row.Failures != 2 {
		t.Errorf("%+v", row)
	}
	h.until(t, w, "a", 20*time.Second, 2)
}

func TestAReceiverMayAskForTime(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	w, _ := h.starts(t, h.hook(t, "a", "sch_a", -1))
	h.happen(t, 1, "sch_a")
	for asked, want := range map[time.Duration]time.Duration{10 * time.Minute: 10 * time.Minute, 240 * time.Hour: time.Hour} {
		h.box("a").then(reply{err: &webhook.Error{Class: webhook.Rejected, Status: 429, RetryAfter: asked}})
		h.kick(t, w)
		if row := h.row(t, "a"); row.Next.Sub(h.Now()) != want {
			t.Errorf("asked for %s, next in %s", asked, row.Next.Sub(h.Now()))
		}
		h.Pass(want)
	}
}

// One that does not answer keeps nobody else waiting.
func TestASlowSubscriberHoldsUpNobody(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	var all []tasks.Webhook
	release := make(chan struct{})
	for n := range 20 { // more than the scene's workers for messages
		all = append(all, h.hook(t, fmt.Sprint("slow", n), "", -1))
		h.box(fmt.Sprint("slow", n)).from(reply{hold: release})
	}
	w, _ := h.starts(t, append(all, h.hook(t, "quick", "", -1))...)
	_, position := h.employer(t, "A")
	h.apply(1, position)
	h.Pass(6 * time.Second)
	if err := w.Worker.Kick(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the quick one has its events", func() bool { return len(h.box("quick").has()) > 0 })
	eventually(t, "the message is on the phone", func() bool { return len(h.phone.screen()) == 1 })
	eventually(t, "the slow ones were asked", func() bool { return len(h.box("slow19").called()) == 1 })
	if n := len(h.box("slow0").has()); n != 0 {
		t.Errorf("a slow one has %d events", n)
	}
	close(release)
	h.idle(t)
}

// What is numbered while a delivery runs is delivered after it, although the
// telling found the row at work.
func TestEventsDuringADeliveryAreNotForgotten(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	w, _ := h.starts(t, h.hook(t, "a", "sch_a", -1))
	release := make(chan struct{})
	h.box("a").then(reply{hold: release})
	h.happen(t, 1, "sch_a")
	if err := w.Worker.Kick(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the delivery began", func() bool { return len(h.box("a").called()) == 1 })
	h.happen(t, 1, "sch_a")
	if err := w.Worker.Kick(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(release)
	eventually(t, "both are there", func() bool { return len(h.box("a").has()) == 2 })
	eventually(t, "and nothing waits", func() bool { return h.row(t, "a").State == store.SubscriberLive })
	if row := h.row(t, "a"); row.Cursor != 2 || row.Attempt != h.row(t, "a").Attempt {
		t.Errorf("%+v", row)
	}
}

// A worker that hangs longer than its claim comes back to a row that another
// has served: its late outcome does not count.
func TestALateDeliveryDoesNotMoveTheCursor(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	w, _ := h.starts(t, h.hook(t, "a", "sch_a", -1))
	release := make(chan struct{})
	h.box("a").then(reply{hold: release, err: status(500).err})
	h.happen(t, 2, "sch_a")
	if err := w.Worker.Kick(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the first call began", func() bool { return len(h.box("a").called()) == 1 })
	h.Pass(31 * time.Second)
	if err := w.Worker.Kick(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another delivered", func() bool { return h.row(t, "a").State == store.SubscriberLive })
	close(release)
	h.idle(t)
	if row := h.row(t, "a"); row.State != store.SubscriberLive || row.Failures != 0 || row.Cursor != 2 {
		t.Errorf("the late outcome counted: %+v", row)
	}
}

// A delivery is bounded in bytes too, but an event that is longer goes alone.
func TestBatchesAreBoundedInBytes(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	hook := h.hook(t, "a", "", -1)
	w, _ := h.start(t, func(o *tasks.Options) {
		h.with(hook)(o)
		o.EventJSON = func(r store.EventRow) []byte {
			size := 100 << 10
			if r.Seq == 6 {
				size = 300 << 10
			}
			return fmt.Appendf(nil, `{"seq":%d,"data":%q}`, r.Seq, bytes.Repeat([]byte("a"), size))
		}
	})
	h.kick(t, w)
	h.happen(t, 9, "sch_a")
	h.kick(t, w)
	var sizes []int
	for _, call := range h.box("a").called() {
		sizes = append(sizes, len(call.Seqs))
		if call.Size > 256<<10 && len(call.Seqs) > 1 {
			t.Errorf("a batch of %d events has %d bytes", len(call.Seqs), call.Size)
		}
	}
	if diff := cmp.Diff([]int{2, 2, 1, 1, 2, 1}, sizes); diff != "" {
		t.Errorf("batches (-want, +got):\n%s", diff)
	}
	sameSeqs(t, "taken", []int64{1, 2, 3, 4, 5, 6, 7, 8, 9}, h.box("a").has())
}

// New ones begin at the end, at the start or after a number; one whose address
// is gone from the file is paused and goes on when it is back.
func TestSubscribersComeAndGo(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	first := h.hook(t, "first", "sch_a", -1)
	w, stop := h.starts(t, first)
	h.happen(t, 4, "sch_a")
	h.kick(t, w)
	stop()
	w, stop = h.starts(t, h.hook(t, "start", "sch_a", 0), h.hook(t, "end", "sch_a", -1), h.hook(t, "third", "sch_a", 2), h.hook(t, "all", "", 0))
	h.happen(t, 2, "sch_a")
	h.kick(t, w)
	for key, want := range map[string][]int64{"first": {1, 2, 3, 4}, "start": {1, 2, 3, 4, 5, 6}, "end": {5, 6}, "third": {3, 4, 5, 6}, "all": {1, 2, 3, 4, 5, 6}} {
		sameSeqs(t, key, want, h.box(key).has())
	}
	if row := h.row(t, "first"); row.State != store.SubscriberPaused {
		t.Errorf("not in the file: %+v", row)
	}
	if n, err := h.DB.Behind(t.Context(), new(h.row(t, "first"))); n != 2 || err != nil {
		t.Errorf("behind by %d, %v", n, err)
	}
	stop()
	w, _ = h.starts(t, first)
	h.until(t, w, "first", time.Second, 2)
	sameSeqs(t, "first", []int64{1, 2, 3, 4, 5, 6}, h.box("first").has())
	if row := h.row(t, "end"); row.State != store.SubscriberPaused {
		t.Errorf("not in the file: %+v", row)
	}
}

// A key that becomes another school's gets that one's events from then on, and
// no more of the first's.
func TestAKeyThatChangesItsSchool(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	w, stop := h.starts(t, h.hook(t, "a", "sch_a", -1))
	h.happen(t, 2, "sch_a")
	h.kick(t, w)
	stop()
	w, _ = h.starts(t, h.hook(t, "a", "sch_b", -1))
	h.happen(t, 1, "sch_a")
	h.kick(t, w)
	h.happen(t, 1, "sch_b")
	h.kick(t, w)
	sameSeqs(t, "taken", []int64{1, 2, 4}, h.box("a").has())
}

// Redis loses everything: who waits is woken again.
func TestAFlushedRedisForgetsNoSubscriber(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	hook := h.hook(t, "a", "sch_a", -1)
	w, stop := h.starts(t, hook)
	stop()
	h.happen(t, 3, "sch_a")
	_ = w.Worker.Kick(t.Context()) // nobody takes the wake
	h.redis.Flush()
	w, _ = h.start(t, h.with(hook))
	h.kick(t, w) // no time has passed
	eventually(t, "all is delivered", func() bool { return len(h.box("a").has()) == 3 })
}

// Numbered by a process that serves requests, told and delivered without a
// sweep.
func TestADeliveryFollowsTheRelayByItself(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	hook := h.hook(t, "a", "", -1)
	w, _ := h.starts(t, hook)
	_, position := h.employer(t, "A")
	placement := h.apply(1, position)[0]
	ctx, cancel := contextOf(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Relay.Run(ctx)
	}()
	w.Relay.Saved("placements", placement.ID)
	eventually(t, "the events arrived, with no sweep", func() bool { return len(h.box("a").has()) > 0 })
	cancel()
	<-done
}

// A process whose file lacks a subscriber leaves it to the others.
func TestAnUnknownSubscriberIsLeft(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	a, b := h.hook(t, "a", "sch_a", -1), h.hook(t, "b", "sch_a", -1)
	w, stop := h.starts(t, a, b)
	stop()
	h.happen(t, 1, "sch_a")
	_ = w.Worker.Kick(t.Context())
	if ok, err := h.DB.Lease(t.Context(), "sweeper", "another", time.Hour); !ok || err != nil {
		t.Fatal(ok, err)
	}
	_, stop = h.start(t, h.with(a)) // does not sweep
	eventually(t, "a has it", func() bool { return len(h.box("a").has()) == 1 })
	h.idle(t)
	stop()
	if row := h.row(t, "b"); row.State != store.JobWaiting || row.Owner != "" || len(h.box("b").called()) != 0 {
		t.Errorf("%+v", row)
	}
}

func TestWebhooksNeedTheirParts(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	o := h.options(t)
	h.with(h.hook(t, "a", "", -1))(&o)
	o.Poster = nil
	if _, err := tasks.New(o); err == nil {
		t.Error("no poster: accepted")
	}
	h.with(h.hook(t, "a", "", -1))(&o)
	o.EventJSON = nil
	if _, err := tasks.New(o); err == nil {
		t.Error("no renderer: accepted")
	}
}

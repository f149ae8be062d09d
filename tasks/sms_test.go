package tasks_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"shixi/sms"
	"shixi/store"
	"shixi/tasks"
)

const texted = "13912340000"

// carrier is an SMS provider: it shows every message it takes, as often as it
// is sent.
type carrier struct {
	now func() time.Time

	mu       sync.Mutex
	script   []carried // the next calls; then always
	always   carried
	calls    []time.Time
	messages []sms.Message
}

// carried is what the provider does with one call; the zero value accepts.
type carried struct {
	err    error
	accept bool // shown all the same
	// hold is waited for first, but no longer than the call's context.
	hold <-chan struct{}
}

func (c *carrier) Send(ctx context.Context, m sms.Message) (sms.Receipt, error) {
	c.mu.Lock()
	a := c.always
	if len(c.script) > 0 {
		a, c.script = c.script[0], c.script[1:]
	}
	c.calls = append(c.calls, c.now())
	c.mu.Unlock()
	if a.hold != nil {
		select {
		case <-a.hold:
		case <-ctx.Done():
			return sms.Receipt{}, &sms.Error{Provider: "test", Class: sms.Uncertain}
		}
	}
	if a.err != nil && !a.accept {
		return sms.Receipt{}, a.err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages = append(c.messages, m)
	return sms.Receipt{ID: fmt.Sprint("r", len(c.messages))}, a.err
}

func (c *carrier) next(answers ...carried) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.script = append(c.script, answers...)
}

func (c *carrier) from(a carried) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.always = a
}

func (c *carrier) called() []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Time(nil), c.calls...)
}

// arrived counts the messages by the id of their row.
func (c *carrier) arrived() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := map[string]int{}
	for _, m := range c.messages {
		n[m.ID]++
	}
	return n
}

// failing is an answer of a class.
func failing(class sms.Class, code string, after time.Duration) carried {
	return carried{err: &sms.Error{Provider: "tencent", Class: class, Code: code, RetryAfter: after}}
}

// textScene is a scene with an SMS provider.
type textScene struct {
	*scene
	carrier *carrier
}

func newTextScene(t *testing.T) *textScene {
	t.Helper()
	s := &textScene{scene: newScene(t)}
	s.carrier = &carrier{now: s.Now}
	return s
}

func (s *textScene) work(t *testing.T, alter func(*tasks.Options)) (*tasks.Tasks, func()) {
	t.Helper()
	return s.start(t, func(o *tasks.Options) {
		o.SMS = s.carrier
		if alter != nil {
			alter(o)
		}
	})
}

// ask adds a message of a kind.
func (s *textScene) ask(t *testing.T, id, kind string) {
	t.Helper()
	params := map[string]string{"code": "482913", "minutes": "5"}
	if kind == "recovered" {
		params = map[string]string{"enterprise": "示例电子"}
	}
	if err := s.Acts.SendSMS(t.Context(), store.SMS{ID: id, Kind: kind, Mobile: texted, Params: params}); err != nil {
		t.Fatal(err)
	}
}

func (s *textScene) row(t *testing.T, id string) *store.SMS {
	t.Helper()
	row, err := s.DB.SMS(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// ends lets time go by until the row waits no more.
func (s *textScene) ends(t *testing.T, w *tasks.Tasks, id string, step time.Duration) *store.SMS {
	t.Helper()
	for range 400 {
		s.Pass(step)
		s.kick(t, w)
		if row := s.row(t, id); row.State != store.SMSWaiting {
			return row
		}
	}
	t.Fatalf("%s still waits: %+v\n%s", id, s.row(t, id), s.log.String())
	return nil
}

// expectDiscreet checks that the log tells nothing personal.
func (s *textScene) expectDiscreet(t *testing.T) {
	t.Helper()
	for _, secret := range []string{texted, "482913", "示例电子"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log shows %s:\n%s", secret, s.log.String())
		}
	}
}

func TestTwoWorkersSendEachTextOnce(t *testing.T) {
	t.Parallel()
	s := newTextScene(t)
	a, _ := s.work(t, nil)
	b, _ := s.work(t, nil)
	const texts = 40
	for n := range texts {
		for range 2 { // the same ID twice is one
			s.ask(t, fmt.Sprintf("sms_%02d", n), "code")
		}
	}
	for range 8 {
		s.Pass(11 * time.Second)
		_ = b.Worker.Kick(t.Context())
		s.kick(t, a)
	}
	eventually(t, "all are sent", func() bool {
		sent, err := s.DB.SMSesIn(t.Context(), store.SMSSent, 100)
		return err == nil && len(sent) == texts
	})
	for id, n := range s.carrier.arrived() {
		if n != 1 {
			t.Errorf("%s arrived %d times", id, n)
		}
	}
	row := s.row(t, "sms_00")
	if row.Receipt == "" || row.SentAt.IsZero() || row.Sealed["params"] != nil || row.Sealed["mobile"] == nil || len(row.Attempts) != 1 {
		t.Errorf("%+v", row)
	}
	s.expectDiscreet(t)
}

// A worker dies at each step: what was not begun is sent, what was begun is
// not sent again.
func TestATextWhoseWorkerDiesIsNeverSentTwice(t *testing.T) {
	t.Parallel()
	for point, want := range map[string]struct {
		state string
		shown int
	}{
		"sms.claimed": {store.SMSSent, 1}, "sms.started": {store.SMSUncertain, 0},
		"sms.sent": {store.SMSUncertain, 1}, "sms.saved": {store.SMSSent, 1},
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := newTextScene(t)
			died := s.dieAt(point, 2)
			w, _ := s.work(t, nil)
			s.ask(t, "sms_1", "code")
			row := s.ends(t, w, "sms_1", 31*time.Second)
			s.Pass(time.Minute)
			s.kick(t, w)
			if row.State != want.state || s.carrier.arrived()["sms_1"] != want.shown || died.Load() == 0 {
				t.Errorf("ended as %s (%s), shown %d times, died %d times", row.State, row.Reason, s.carrier.arrived()["sms_1"], died.Load())
			}
			s.expectDiscreet(t)
		})
	}
}

func TestATextWaitsForItsProvider(t *testing.T) {
	t.Parallel()
	s := newTextScene(t)
	w, _ := s.work(t, nil)
	s.carrier.from(failing(sms.NotSent, "", 0))
	s.ask(t, "sms_1", "recovered")
	began := s.Now()
	for s.Now().Sub(began) < 2*time.Hour {
		s.Pass(30 * time.Second)
		s.kick(t, w)
	}
	calls := s.carrier.called()
	if n := len(calls); n < 15 || n > 25 {
		t.Errorf("%d calls in two hours", n)
	}
	for i := 2; i < len(calls); i++ {
		if pause, before := calls[i].Sub(calls[i-1]), calls[i-1].Sub(calls[i-2]); pause+31*time.Second < before || pause > 11*time.Minute {
			t.Errorf("pause %d is %s, the one before %s", i, pause, before)
		}
	}
	row := s.row(t, "sms_1")
	if row.State != store.SMSWaiting || row.Reason != "未能连接短信服务商" || !row.Started.IsZero() || len(row.Attempts) == 0 {
		t.Errorf("%+v", row)
	}
	if !strings.Contains(s.log.String(), "text messages can't be sent") {
		t.Error("nobody was told")
	}
	s.carrier.from(carried{})
	if row := s.ends(t, w, "sms_1", time.Minute); row.State != store.SMSSent || s.carrier.arrived()["sms_1"] != 1 {
		t.Errorf("ended as %s", row.State)
	}
}

func TestACodeIsNeverSentLate(t *testing.T) {
	t.Parallel()
	s := newTextScene(t)
	s.ask(t, "sms_1", "code")
	s.Pass(5 * time.Minute)
	w, _ := s.work(t, nil)
	s.kick(t, w)
	row := s.ends(t, w, "sms_1", time.Second)
	if row.State != store.SMSExpired || row.Sealed["params"] != nil || len(s.carrier.called()) != 0 {
		t.Errorf("ended as %s after %d calls", row.State, len(s.carrier.called()))
	}
	// One that fails until its time is over says why it failed.
	s.carrier.from(failing(sms.NotSent, "", 0))
	s.ask(t, "sms_2", "code")
	if row = s.ends(t, w, "sms_2", 10*time.Second); row.State != store.SMSExpired && row.State != store.SMSFailed || row.Reason != "未能连接短信服务商" {
		t.Errorf("ended as %s: %s", row.State, row.Reason)
	}
	for _, at := range s.carrier.called() {
		if !at.Before(row.Expires) {
			t.Errorf("called at %s, too late", at)
		}
	}
	s.expectDiscreet(t)
}

func TestEachClassOfFailureHasItsEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer carried
		state  string
		reason string
		alarm  bool
	}{
		"number":     {failing(sms.Number, "InvalidParameterValue.IncorrectPhoneNumber", 0), store.SMSFailed, "手机号格式错误", false},
		"config":     {failing(sms.Config, "FailedOperation.TemplateIdNotExist", 0), store.SMSFailed, "短信模板不存在", true},
		"uncertain":  {failing(sms.Uncertain, "InternalError.Timeout", 0), store.SMSUncertain, "不知是否已发出", false},
		"lost":       {carried{accept: true, err: &sms.Error{Class: sms.Uncertain}}, store.SMSUncertain, "丢失或无法识别", false},
		"foreign":    {carried{err: errors.New("mobile " + texted)}, store.SMSUncertain, "丢失或无法识别", false},
		"long quota": {failing(sms.Quota, "LimitExceeded.PhoneNumberDailyLimit", 4*time.Hour), store.SMSFailed, "当日短信条数", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTextScene(t)
			w, _ := s.work(t, nil)
			s.carrier.next(c.answer)
			s.ask(t, "sms_1", "code")
			row := s.ends(t, w, "sms_1", 11*time.Second)
			s.Pass(time.Minute)
			s.kick(t, w)
			if row.State != c.state || !strings.Contains(row.Reason, c.reason) || len(s.carrier.called()) != 1 {
				t.Errorf("ended as %s (%s) after %d calls", row.State, row.Reason, len(s.carrier.called()))
			}
			if got := strings.Contains(s.log.String(), "text messages can't be sent"); got != c.alarm {
				t.Errorf("alarm %v:\n%s", got, s.log.String())
			}
			if !strings.Contains(s.log.String(), "to=139****0000") {
				t.Errorf("not told whose:\n%s", s.log.String())
			}
			s.expectDiscreet(t)
		})
	}
}

func TestAQuotaIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newTextScene(t)
	w, _ := s.work(t, nil)
	s.carrier.next(failing(sms.Quota, "LimitExceeded.PhoneNumberOneHourLimit", 20*time.Minute))
	s.ask(t, "sms_1", "recovered")
	row := s.ends(t, w, "sms_1", time.Minute)
	calls := s.carrier.called()
	if row.State != store.SMSSent || len(calls) != 2 || calls[1].Sub(calls[0]) < 20*time.Minute {
		t.Errorf("ended as %s, called at %v", row.State, calls)
	}
}

func TestABudgetEnds(t *testing.T) {
	t.Parallel()
	s := newTextScene(t)
	w, _ := s.work(t, nil)
	s.carrier.from(failing(sms.Quota, "RequestLimitExceeded", time.Second))
	err := s.DB.AddSMS(t.Context(), store.SMS{ID: "sms_1", Kind: "code", Mobile: texted, Expires: s.Now().Add(100 * time.Hour),
		Params: map[string]string{"code": "1", "minutes": "5"}})
	if err != nil {
		t.Fatal(err)
	}
	if row := s.ends(t, w, "sms_1", 11*time.Minute); row.State != store.SMSFailed || row.Attempt != 8 || !strings.Contains(row.Reason, "过于频繁") {
		t.Errorf("ended as %s after %d attempts: %s", row.State, row.Attempt, row.Reason)
	}
}

func TestAnOperatorMaySendAgain(t *testing.T) {
	t.Parallel()
	s := newTextScene(t)
	w, _ := s.work(t, nil)
	s.carrier.next(failing(sms.Config, "UnauthorizedOperation.ServiceSuspendDueToArrears", 0))
	s.ask(t, "sms_1", "recovered")
	if row := s.ends(t, w, "sms_1", 11*time.Second); row.State != store.SMSFailed {
		t.Fatalf("ended as %s", row.State)
	}
	if ok, err := s.DB.RetrySMS(t.Context(), "sms_1"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if row := s.ends(t, w, "sms_1", time.Second); row.State != store.SMSSent || len(row.Attempts) != 2 || s.carrier.arrived()["sms_1"] != 1 {
		t.Errorf("ended as %s: %+v", row.State, row.Attempts)
	}
}

func TestWithoutAProviderTextsWaitForOne(t *testing.T) {
	t.Parallel()
	s := newTextScene(t)
	w, stop := s.start(t, nil)
	s.ask(t, "sms_1", "recovered")
	for range 5 {
		s.Pass(time.Minute)
		s.kick(t, w)
	}
	if row := s.row(t, "sms_1"); row.State != store.SMSWaiting || row.Reason != "尚未配置短信服务商" {
		t.Errorf("%s: %s", row.State, row.Reason)
	}
	stop()
	w, _ = s.work(t, nil)
	if row := s.ends(t, w, "sms_1", time.Minute); row.State != store.SMSSent {
		t.Errorf("ended as %s: %s", row.State, row.Reason)
	}
}

func TestATextThatCantBeReadFails(t *testing.T) {
	t.Parallel()
	s := newTextScene(t)
	w, _ := s.work(t, nil)
	s.ask(t, "sms_1", "code")
	_, err := s.raw.Collection(store.SMSRows).UpdateOne(t.Context(), bson.D{{Key: "_id", Value: "sms_1"}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "sealed.params", Value: []byte("garbage")}}}})
	if err != nil {
		t.Fatal(err)
	}
	if row := s.ends(t, w, "sms_1", 11*time.Second); row.State != store.SMSFailed || len(s.carrier.called()) != 0 {
		t.Errorf("ended as %s after %d calls", row.State, len(s.carrier.called()))
	}
	s.expectDiscreet(t)
}

// The worker is told at once, without a sweep.
func TestATextIsSentAtOnce(t *testing.T) {
	t.Parallel()
	s := newTextScene(t)
	w, _ := s.work(t, nil)
	ctx, cancel := contextOf(t)
	var relay sync.WaitGroup
	relay.Go(func() { w.Relay.Run(ctx) })
	t.Cleanup(func() { cancel(); relay.Wait() })
	s.Acts.DB = s.Open(func(o *store.Options) { o.OnSaved = w.Relay.Saved })
	s.ask(t, "sms_1", "code")
	eventually(t, "it is sent", func() bool { return s.row(t, "sms_1").State == store.SMSSent })
}

// A provider that hangs holds up text messages, and nothing else.
func TestAHangingProviderHoldsUpNoPush(t *testing.T) {
	t.Parallel()
	s := newTextScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.work(t, nil)
	release := make(chan struct{})
	s.carrier.from(carried{hold: release})
	const texts = 12
	for n := range texts {
		s.ask(t, fmt.Sprintf("sms_%02d", n), "recovered")
	}
	s.Pass(11 * time.Second)
	if err := w.Worker.Kick(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "two calls hang", func() bool { return len(s.carrier.called()) == 2 })
	s.apply(1, position)
	s.Pass(6 * time.Second)
	if err := w.Worker.Kick(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the push is sent", func() bool { return len(s.phone.screen()) == 1 })
	if n := len(s.carrier.called()); n != 2 {
		t.Errorf("%d calls", n)
	}
	close(release)
	for n := range texts {
		s.ends(t, w, fmt.Sprintf("sms_%02d", n), time.Minute)
	}
	if n := len(s.carrier.arrived()); n != texts {
		t.Errorf("%d arrived", n)
	}
}

// Redis loses everything: the marker is missed, every row that waits is woken.
func TestAFlushedRedisForgetsNoText(t *testing.T) {
	t.Parallel()
	s := newTextScene(t)
	w, _ := s.work(t, nil)
	s.kick(t, w) // sets the marker
	for n := range 5 {
		s.ask(t, fmt.Sprintf("sms_%d", n), "code")
	}
	s.redis.Flush()
	s.kick(t, w) // no time has passed
	eventually(t, "all are sent", func() bool { return len(s.carrier.arrived()) == 5 })
}

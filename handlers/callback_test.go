package handlers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/acts"
	"shixi/internship"
	"shixi/wxmsg"
)

var bothModes = []wxmsg.Mode{wxmsg.Safe, wxmsg.Plain}

func TestCallbackAppliesEvents(t *testing.T) {
	t.Parallel()
	job := func(status string) string {
		return xmlEvent("o_1", "TEMPLATESENDJOBFINISH", sampleAt, "MsgID", "2764926013", "Status", status)
	}
	for _, c := range []struct {
		name, message string
		want          []string
	}{
		{"follow", xmlEvent("o_1", "subscribe", sampleAt, "EventKey", ""), []string{"followed o_1"}},
		{"follow by a scan", xmlEvent("o_1", "subscribe", sampleAt, "EventKey", "qrscene_bind_ABC", "Ticket", "t"), []string{"scanned o_1 bind_ABC"}},
		{"scan", xmlEvent("o_1", "SCAN", sampleAt, "EventKey", "bind_ABC", "Ticket", "t"), []string{"scanned o_1 bind_ABC"}},
		{"go", xmlEvent("o_1", "unsubscribe", sampleAt), []string{"unfollowed o_1"}},
		{"receipt", job("success"), []string{"receipt 2764926013 o_1 success"}},
		{"receipt of a refusal", job("failed:user block"), []string{"receipt 2764926013 o_1 failed:user block"}},
		{"receipt of a failure", job("failed: system failed"), []string{"receipt 2764926013 o_1 failed: system failed"}},
		{"json", `{"ToUserName":"gh_1","FromUserName":"o_2","CreateTime":1714112445,"MsgType":"event","Event":"subscribe","EventKey":"qrscene_bind_ABC"}`, []string{"scanned o_2 bind_ABC"}},
	} {
		for _, mode := range bothModes {
			w := newCallbackWorld(t, mode, sampleAt)
			got := w.event(t, wxmsg.XML, sampleAt, c.message)
			if got.status != 200 || got.body != "" {
				t.Errorf("%s, %s: got %+v", c.name, mode, got)
			}
			if diff := cmp.Diff(c.want, w.acts.done()); diff != "" {
				t.Errorf("%s, %s (-want, +got)\n%s", c.name, mode, diff)
			}
			if w.dedupe.commands != 2 {
				t.Errorf("%s, %s: %d Redis commands, want 2", c.name, mode, w.dedupe.commands)
			}
		}
	}
}

func TestCallbackThatChangesNothing(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]string{
		"text":          `{"ToUserName":"gh_1","FromUserName":"o_1","CreateTime":1,"MsgType":"text","Content":"你好","MsgId":23456}`,
		"menu":          xmlEvent("o_1", "CLICK", sampleAt, "EventKey", "help"),
		"unknown":       xmlEvent("o_1", "something_new", sampleAt),
		"nobody":        xmlEvent("", "subscribe", sampleAt),
		"no number":     xmlEvent("o_1", "TEMPLATESENDJOBFINISH", sampleAt, "Status", "success"),
		"huge number":   xmlEvent("o_1", "TEMPLATESENDJOBFINISH", sampleAt, "MsgID", "99999999999999999999", "Status", "success"),
		"media check":   xmlEvent("o_1", "wxa_media_check", sampleAt, "trace_id", "t1"),
		"subscriptions": xmlEvent("o_1", "subscribe_msg_popup_event", sampleAt),
	} {
		for _, mode := range bothModes {
			w := newCallbackWorld(t, mode, sampleAt)
			for range 2 {
				if got := w.event(t, wxmsg.XML, sampleAt, message); got.status != 200 || got.body != "" {
					t.Errorf("%s, %s: got %+v", name, mode, got)
				}
			}
			if len(w.acts.done()) != 0 || w.dedupe.commands != 0 {
				t.Errorf("%s, %s: reached acts %v, Redis %d times", name, mode, w.acts.done(), w.dedupe.commands)
			}
		}
	}
}

// TestMiniProgramEventsAreNotTheServiceAccounts: an openid of the one app
// means nobody in the other.
func TestMiniProgramEventsAreNotTheServiceAccounts(t *testing.T) {
	t.Parallel()
	w := newCallbackWorld(t, wxmsg.Safe, sampleAt)
	b := w.callback
	b.effect = miniProgramEvents
	b.mount(w.app, "/mp")
	query, body := platformPost(t, wxmsg.Safe, wxmsg.XML, xmlEvent("o_1", "subscribe", sampleAt), sampleAt)
	if got := straightThrough(w.app, "POST", "/mp?"+query, "", body); got.status != 200 || len(w.acts.done()) != 0 {
		t.Errorf("got %+v, %v", got, w.acts.done())
	}
}

// TestCallbackDedupes holds the five cases of the trap (peers.md §4 no. 5): a
// repetition comes with another nonce and, in safe mode, another envelope.
func TestCallbackDedupes(t *testing.T) {
	t.Parallel()
	job := func(openID, id string) string {
		return xmlEvent(openID, "TEMPLATESENDJOBFINISH", sampleAt, "MsgID", id, "Status", "success")
	}
	follow := func(openID string, at int64) string { return xmlEvent(openID, "subscribe", at, "EventKey", "") }
	for _, c := range []struct {
		name     string
		messages []string
		want     int
	}{
		{"the same job-finish twice", []string{job("o_1", "7"), job("o_1", "7")}, 1},
		{"two job-finishes of one user and second", []string{job("o_1", "7"), job("o_1", "8")}, 2},
		{"job-finish with a MsgId of 0 beside", []string{
			strings.Replace(job("o_1", "7"), "<MsgID>", "<MsgId>0</MsgId><MsgID>", 1), strings.Replace(job("o_1", "8"), "<MsgID>", "<MsgId>0</MsgId><MsgID>", 1)}, 2},
		{"the same follow twice", []string{follow("o_1", sampleAt), follow("o_1", sampleAt)}, 1},
		{"two users in one second", []string{follow("o_1", sampleAt), follow("o_2", sampleAt)}, 2},
		{"one user in two seconds", []string{follow("o_1", sampleAt), follow("o_1", sampleAt+1)}, 2},
		{"two events of one user and second", []string{follow("o_1", sampleAt), xmlEvent("o_1", "SCAN", sampleAt, "EventKey", "s1"), xmlEvent("o_1", "SCAN", sampleAt, "EventKey", "s2")}, 3},
		{"follow, go, follow", []string{follow("o_1", sampleAt), xmlEvent("o_1", "unsubscribe", sampleAt+1), follow("o_1", sampleAt+2)}, 3},
	} {
		for _, mode := range bothModes {
			w := newCallbackWorld(t, mode, sampleAt)
			for _, m := range c.messages {
				if got := w.event(t, wxmsg.XML, sampleAt, m); got.status != 200 || got.body != "" {
					t.Errorf("%s, %s: got %+v", c.name, mode, got)
				}
			}
			if n := len(w.acts.done()); n != c.want {
				t.Errorf("%s, %s: done %d times, want %d: %v", c.name, mode, n, c.want, w.acts.done())
			}
		}
	}
}

// TestDedupeKeysOfMessages: ids repeat across users and traces tell media
// checks apart. Neither reaches anything yet, so the keys themselves are held.
func TestDedupeKeysOfMessages(t *testing.T) {
	t.Parallel()
	key := func(message string) string {
		w := newCallbackWorld(t, wxmsg.Plain, sampleAt)
		query, body := platformPost(t, wxmsg.Plain, wxmsg.XML, message, sampleAt)
		q, err := wxmsg.ParseCallbackQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		in, err := w.receiver.Receive(q, "", body)
		if err != nil {
			t.Fatal(err)
		}
		return in.DedupeKey()
	}
	text := func(openID, id string) string {
		return `{"ToUserName":"gh_1","FromUserName":"` + openID + `","CreateTime":1,"MsgType":"text","Content":"x","MsgId":` + id + `}`
	}
	media := func(trace string) string {
		return `{"ToUserName":"gh_1","FromUserName":"o_1","CreateTime":1,"MsgType":"event","Event":"wxa_media_check","trace_id":"` + trace + `"}`
	}
	if key(text("o_1", "1")) == key(text("o_2", "1")) {
		t.Error("a message's key is its id and sender")
	}
	if key(media("a")) == key(media("b")) {
		t.Error("a media check's key is its trace")
	}
}

func TestCallbackReplies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		scan acts.Scan
		err  error
		want string
	}{
		{"bound", acts.Scan{Outcome: acts.ScanBound}, nil, boundText},
		{"another scene", acts.Scan{}, nil, ""},
		{"taken", acts.Scan{Outcome: acts.ScanTaken}, nil, internship.ErrWechatTaken.Detail},
		{"stale", acts.Scan{Outcome: acts.ScanStale}, nil, staleText},
		{"to be confirmed", acts.Scan{Outcome: acts.ScanConfirm, QR: "Q1"}, nil,
			`有人要用这个二维码登录您的企业账号。如是您本人，请<a href="https://shixi.test/wx/qr/Q1">点此确认登录</a>；如不是，请不要理会，或点开后选择「不是我」。`},
		{"to log in", acts.Scan{Outcome: acts.ScanLogIn, QR: "Q1"}, nil,
			`已扫码。该微信尚未绑定企业账号，请在显示二维码的页面上登录一次，登录后自动绑定。如不是您本人的操作，请<a href="https://shixi.test/wx/qr/Q1">点此拒绝</a>。`},
		{"account gone", acts.Scan{}, internship.ErrNotFound, notBoundText},
	} {
		w := newCallbackWorld(t, wxmsg.Plain, sampleAt)
		w.acts.scan, w.acts.err = c.scan, c.err
		for repeated, want := range []string{c.want, ""} { // the repetition has nothing to say
			got := w.event(t, wxmsg.XML, sampleAt, xmlEvent("o_1", "SCAN", sampleAt, "EventKey", "bind_ABC"))
			if got.status != 200 || want == "" && got.body != "" {
				t.Errorf("%s (%d): got %+v", c.name, repeated, got)
			}
			if want == "" {
				continue
			}
			var reply struct{ ToUserName, FromUserName, MsgType, Content string }
			readXML(t, got.body, &reply)
			if reply.Content != want || reply.ToUserName != "o_1" || reply.FromUserName != "gh_1" || reply.MsgType != "text" {
				t.Errorf("%s: replied %+v", c.name, reply)
			}
		}
		if len(w.acts.done()) != 1 {
			t.Errorf("%s: done %v", c.name, w.acts.done())
		}
	}
}

// TestCallbackIsRepeatedUntilStored: while the database is away WeChat gets a
// 500 and asks again; the event is not marked as done.
func TestCallbackIsRepeatedUntilStored(t *testing.T) {
	t.Parallel()
	for _, err := range []error{internship.ErrUnavailable, internship.ErrBusy, internship.ErrBacklog, internship.ErrInternal, errors.New("foreign")} {
		w := newCallbackWorld(t, wxmsg.Safe, sampleAt)
		w.acts.err = err
		follow := xmlEvent("o_secret", "subscribe", sampleAt, "EventKey", "")
		if got := w.event(t, wxmsg.XML, sampleAt, follow); got.status != 500 || got.body != "" {
			t.Errorf("%v: got %+v", err, got)
		}
		if strings.Contains(w.log.String(), "o_secret") {
			t.Errorf("the log tells the openid: %s", w.log)
		}
		w.acts.err = nil
		for range 2 {
			if got := w.event(t, wxmsg.XML, sampleAt, follow); got.status != 200 {
				t.Errorf("%v: got %+v", err, got)
			}
		}
		if n := len(w.acts.done()); n != 2 {
			t.Errorf("%v: done %d times, want once in vain and once more", err, n)
		}
	}
}

// TestCallbackAnswersInTime: however long the database takes, the answer
// leaves before WeChat hangs up.
func TestCallbackAnswersInTime(t *testing.T) {
	t.Parallel()
	w := newCallbackWorld(t, wxmsg.Safe, sampleAt)
	var left time.Duration
	w.acts.wait = func(ctx context.Context) error {
		deadline, ok := ctx.Deadline()
		if !ok {
			t.Error("the work has no deadline")
		}
		left = time.Until(deadline)
		return internship.ErrUnavailable.Because(context.DeadlineExceeded) // as the store at the deadline
	}
	if got := w.event(t, wxmsg.XML, sampleAt, xmlEvent("o_1", "subscribe", sampleAt)); got.status != 500 {
		t.Errorf("got %+v", got)
	}
	if left > callbackBudget || left < callbackBudget/2 || callbackBudget+2*redisPatience > 5*time.Second {
		t.Errorf("the work had %v", left)
	}
}

// TestCallbackWithoutRedis: events are done all the same, each time they come.
func TestCallbackWithoutRedis(t *testing.T) {
	t.Parallel()
	w := newCallbackWorld(t, wxmsg.Safe, sampleAt)
	w.dedupe.err = errors.New("connection refused")
	for n := 1; n <= 2; n++ {
		got := w.event(t, wxmsg.XML, sampleAt, xmlEvent("o_1", "subscribe", sampleAt))
		if got.status != 200 || len(w.acts.done()) != n || w.dedupe.commands != n {
			t.Errorf("%d: got %+v, done %v, %d commands", n, got, w.acts.done(), w.dedupe.commands)
		}
	}
}

// TestRefusalOfCraftedCiphers is the fourth negative case: padding and length
// of what comes out of a well-signed envelope are not believed.
func TestRefusalOfCraftedCiphers(t *testing.T) {
	t.Parallel()
	message := []byte(xmlEvent("o_1", "subscribe", sampleAt))
	for name, c := range map[string]struct {
		length  uint32
		padding int
		want    int
	}{
		"well formed":       {uint32(len(message)), -1, 200},
		"padding 0":         {uint32(len(message)), 0, 403},
		"padding 33":        {uint32(len(message)), 33, 403},
		"padding 255":       {uint32(len(message)), 255, 403},
		"length 0xFFFFFFFF": {0xFFFFFFFF, -1, 403},
		"length 0x80000000": {0x80000000, -1, 403},
		"length one more":   {uint32(len(message)) + 1, -1, 403},
		"length one less":   {uint32(len(message)) - 1, -1, 403},
		"length 0":          {0, -1, 403},
	} {
		w := newCallbackWorld(t, wxmsg.Safe, sampleAt)
		encrypted := craft(t, message, c.length, c.padding)
		query := fmt.Sprintf("timestamp=%d&nonce=1&msg_signature=%s", sampleAt, wxmsg.Signature(sampleToken, fmt.Sprint(sampleAt), "1", encrypted))
		if got := w.do("POST", query, "", []byte(`{"Encrypt":"`+encrypted+`"}`)); got.status != c.want || got.body != "" {
			t.Errorf("%s: got %+v, want %d", name, got, c.want)
		}
	}
}

package handlers

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/event"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/store"
	"shixi/wxmsg"
)

// storedCallback is the address over real acts, their database and Redis,
// whose commands are counted.
type storedCallback struct {
	*callbackWorld
	*actstest.World
	mongo, redis atomic.Int64
	wire         *wire
}

func newStoredCallback(t *testing.T) *storedCallback {
	t.Helper()
	s := &storedCallback{callbackWorld: newCallbackWorld(t, wxmsg.Safe, actstest.Start.Unix())}
	s.World = actstest.New(t, func(o *store.Options) {
		if os.Getenv("MONGODB_URI") == "" { // a replica set's driver would go round it
			s.wire = newWire(t, o.URI)
			o.URI = strings.Replace(o.URI, hostOf(o.URI), s.wire.listener.Addr().String(), 1)
		}
		o.Monitor = &event.CommandMonitor{Started: func(context.Context, *event.CommandStartedEvent) { s.mongo.Add(1) }}
	})
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), DisableIdentity: true})
	t.Cleanup(func() { _ = client.Close() })
	if err := client.Ping(t.Context()).Err(); err != nil { // connects, which is not counted
		t.Fatal(err)
	}
	client.AddHook(counting{&s.redis})
	s.callback.dedupe = redisDedupe{client, time.Minute}
	s.callback.effect = serviceAccountEvents(s.Acts, s.Now, testLink)
	return s
}

// post sends an event, counting the commands it costs.
func (s *storedCallback) post(t *testing.T, message string) (got callbackAnswer, mongo, redis int64) {
	t.Helper()
	s.mongo.Store(0)
	s.redis.Store(0)
	got = s.event(t, wxmsg.XML, actstest.Start.Unix(), message)
	return got, s.mongo.Load(), s.redis.Load()
}

func (s *storedCallback) account(t *testing.T, id string) *internship.Account {
	t.Helper()
	a, err := s.DB.Accounts.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestCallbackBindsAFollower goes from the QR code to the bound account, and
// on to its leaving and coming back.
func TestCallbackBindsAFollower(t *testing.T) {
	t.Parallel()
	s := newStoredCallback(t)
	at := actstest.Start.Unix()
	first, second := s.Enterprise("甲"), s.Enterprise("乙")
	scene := func(e *actstest.Enterprise, id string) string {
		if err := s.DB.AddScene(t.Context(), store.Scene{ID: "bind_" + id, AccountID: e.Staff.AccountID, Session: e.Staff.Session, Expires: s.Now().Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		return "bind_" + id
	}
	scan := xmlEvent("o_first", "subscribe", at, "EventKey", "qrscene_"+scene(first, "1"))
	got, _, _ := s.post(t, scan)
	if !strings.Contains(openReply(t, wxmsg.XML, got.body), boundText) {
		t.Errorf("reply %+v", got)
	}
	if f := s.account(t, first.Staff.AccountID).Follower; f == nil || f.OpenID != "o_first" || f.Gone {
		t.Errorf("follower = %+v", f)
	}
	if got, mongo, redis := s.post(t, scan); got.status != 200 || got.body != "" || mongo != 0 || redis > 2 {
		t.Errorf("repeated: %+v, %d MongoDB, %d Redis", got, mongo, redis)
	}

	got, _, _ = s.post(t, xmlEvent("o_first", "SCAN", at, "EventKey", scene(second, "2")))
	if !strings.Contains(openReply(t, wxmsg.XML, got.body), internship.ErrWechatTaken.Detail) {
		t.Errorf("taken: %+v", got)
	}
	if f := s.account(t, second.Staff.AccountID).Follower; f != nil {
		t.Errorf("the second account has %+v", f)
	}

	for _, c := range []struct {
		event string
		gone  bool
	}{{"unsubscribe", true}, {"subscribe", false}} {
		if got, _, _ := s.post(t, xmlEvent("o_first", c.event, at+1, "EventKey", "")); got.status != 200 || got.body != "" {
			t.Errorf("%s: %+v", c.event, got)
		}
		if f := s.account(t, first.Staff.AccountID).Follower; f.Gone != c.gone {
			t.Errorf("after %s: %+v", c.event, f)
		}
	}
}

// TestCallbackCosts: what changes nothing costs at most two Redis commands and
// no MongoDB; a follower who is bound to nobody costs one look, and when he comes
// the job that looks for him by unionid.
func TestCallbackCosts(t *testing.T) {
	t.Parallel()
	s := newStoredCallback(t)
	at := actstest.Start.Unix()
	for name, c := range map[string]struct {
		message string
		mongo   int64
	}{
		"text":               {`{"ToUserName":"gh_1","FromUserName":"o_1","CreateTime":1,"MsgType":"text","Content":"你好","MsgId":1}`, 0},
		"menu":               {xmlEvent("o_1", "CLICK", at, "EventKey", "help"), 0},
		"unknown event":      {xmlEvent("o_1", "something_new", at), 0},
		"a stranger follows": {xmlEvent("o_1", "subscribe", at, "EventKey", ""), 2},
		"a stranger goes":    {xmlEvent("o_1", "unsubscribe", at), 1},
	} {
		if got, mongo, redis := s.post(t, c.message); got.status != 200 || mongo > c.mongo || redis > 2 {
			t.Errorf("%s: %+v, %d MongoDB, %d Redis", name, got, mongo, redis)
		}
		if got, mongo, redis := s.post(t, c.message); got.status != 200 || mongo != 0 || redis > 2 {
			t.Errorf("%s again: %+v, %d MongoDB, %d Redis", name, got, mongo, redis)
		}
	}
}

func TestCallbackTakesReceipts(t *testing.T) {
	t.Parallel()
	s := newStoredCallback(t)
	at := actstest.Start.Unix()
	for id, c := range map[string]struct{ status, state string }{
		"9007199254740993": {"success", store.PushDelivered}, // more digits than a float holds
		"2":                {"failed:user block", store.PushRefused},
		"3":                {"failed: system failed", store.PushFailed},
	} {
		push := store.Push{ID: "psh_" + id, Kind: "applied", Work: store.Work{State: store.PushSent, CreatedAt: s.Now()}, AccountID: "acc_1", MsgID: id, SentAt: s.Now()}
		if err := s.DB.AddPushes(t.Context(), []store.Push{push}); err != nil {
			t.Fatal(err)
		}
		if got, _, _ := s.post(t, xmlEvent("o_1", "TEMPLATESENDJOBFINISH", at, "MsgID", id, "Status", c.status)); got.status != 200 || got.body != "" {
			t.Errorf("%s: %+v", id, got)
		}
		if p, err := s.DB.Push(t.Context(), push.ID); err != nil || p.State != c.state || p.Receipt != c.status {
			t.Errorf("%s: %+v, %v, want %s", id, p, err, c.state)
		}
	}
}

// qrMaker is a platform that makes codes and nothing else.
type qrMaker struct{ acts.WeChat }

func (qrMaker) SceneQR(_ context.Context, scene string, _ time.Duration) (string, error) {
	return "https://wechat.test/" + scene, nil
}

// TestCallbackOfAnExpiredBindingCode: after its ten minutes, by the clock alone, a code binds nobody, and the scanner is
// told to get another, which serves until its last second.
func TestCallbackOfAnExpiredBindingCode(t *testing.T) {
	t.Parallel()
	s := newStoredCallback(t)
	s.Acts.WeChat = qrMaker{}
	e := s.Enterprise("甲")
	for n, c := range []struct {
		after   time.Duration
		says    string
		follows string
	}{
		{11 * time.Minute, staleText, ""},
		{10 * time.Minute, staleText, ""},
		{10*time.Minute - time.Second, boundText, "o_3"},
	} {
		b, err := s.Acts.BindingQR(t.Context(), e.Staff)
		if err != nil {
			t.Fatal(err)
		}
		s.Pass(c.after)
		got, _, _ := s.post(t, xmlEvent(fmt.Sprint("o_", n+1), "SCAN", actstest.Start.Unix(), "EventKey", b.Scene))
		if said := openReply(t, wxmsg.XML, got.body); got.status != 200 || !strings.Contains(said, c.says) {
			t.Errorf("after %v: %d %q, want %q", c.after, got.status, said, c.says)
		}
		if f := s.account(t, e.Staff.AccountID).Follower; (f == nil) != (c.follows == "") || f != nil && f.OpenID != c.follows {
			t.Errorf("after %v: bound to %+v", c.after, f)
		}
	}
}

// TestCallbackWithHangingDatabase: the answer leaves in time, and the event is
// stored when WeChat repeats it.
func TestCallbackWithHangingDatabase(t *testing.T) {
	t.Parallel()
	s := newStoredCallback(t)
	if s.wire == nil {
		t.Skip("needs the embedded engine")
	}
	s.callback.budget = 50 * time.Millisecond
	e := s.Enterprise("甲")
	if err := s.DB.AddScene(t.Context(), store.Scene{ID: "bind_1", AccountID: e.Staff.AccountID, Session: e.Staff.Session, Expires: s.Now().Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	scan := xmlEvent("o_1", "SCAN", actstest.Start.Unix(), "EventKey", "bind_1")
	s.wire.hold(true)
	if got, _, _ := s.post(t, scan); got.status != 500 || got.body != "" {
		t.Errorf("got %+v", got)
	}
	s.wire.hold(false)
	s.callback.budget = time.Minute
	if got, _, _ := s.post(t, scan); !strings.Contains(openReply(t, wxmsg.XML, got.body), boundText) {
		t.Errorf("repeated: %+v", got)
	}
	if f := s.account(t, e.Staff.AccountID).Follower; f == nil || f.OpenID != "o_1" {
		t.Errorf("follower = %+v", f)
	}
}

// counting counts the commands of a Redis client.
type counting struct{ n *atomic.Int64 }

func (counting) DialHook(next redis.DialHook) redis.DialHook { return next }
func (c counting) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { c.n.Add(1); return next(ctx, cmd) }
}
func (c counting) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		c.n.Add(int64(len(cmds)))
		return next(ctx, cmds)
	}
}

// wire stands between the driver and the database and can hold what is sent.
type wire struct {
	listener net.Listener
	mu       sync.Mutex
	free     chan struct{} // closed while nothing is held
}

func newWire(t *testing.T, uri string) *wire {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: listener, free: make(chan struct{})}
	close(w.free)
	t.Cleanup(func() { w.hold(false); _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", hostOf(uri))
			if err != nil {
				_ = client.Close()
				continue
			}
			go w.carry(server, client)
			go w.carry(client, server)
		}
	}()
	return w
}

// carry copies one direction, waiting while it is held.
func (w *wire) carry(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		w.mu.Lock()
		free := w.free
		w.mu.Unlock()
		<-free
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (w *wire) hold(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch held := isOpen(w.free); {
	case on && !held:
		w.free = make(chan struct{})
	case !on && held:
		close(w.free)
	}
}

func isOpen(c chan struct{}) bool {
	select {
	case <-c:
		return false
	default:
		return true
	}
}

// hostOf is the host and port of a database's address.
func hostOf(uri string) string {
	_, rest, _ := strings.Cut(uri, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

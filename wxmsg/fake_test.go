package wxmsg

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

const testAppID = "wx0123456789abcdef"

// fakeAPI is the little of WeChat's API these tests need. Its fields are read
// and changed with mu held.
type fakeAPI struct {
	*httptest.Server

	mu      sync.Mutex
	fetches int // requests to the token endpoint
	forced  int // of them with force_refresh
	sends   int // requests to any other endpoint
	serial  int // of the current token
	life    int // seconds; of tokens given out
	refused map[string]int
	// rotates: a refused token has been replaced by the platform, so that the
	// normal way brings another one.
	rotates bool

	onToken func() (status int, body string)
	onCall  func(w http.ResponseWriter, r *http.Request, body []byte) // after the token was accepted
}

func newFakeAPI(tb testing.TB) *fakeAPI {
	tb.Helper()
	f := &fakeAPI{serial: 1, life: 7200, refused: map[string]int{}, rotates: true}
	f.Server = httptest.NewServer(f)
	tb.Cleanup(f.Close)
	return f
}

func (f *fakeAPI) token() string { return fmt.Sprintf("%s_%d", testToken, f.serial) }

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.URL.Path == "/cgi-bin/stable_token" {
		f.serveToken(w, body)
		return
	}
	f.mu.Lock()
	f.sends++
	given := r.URL.Query().Get("access_token")
	code := f.refused[given]
	call := f.onCall
	f.mu.Unlock()
	switch {
	case code != 0:
		fmt.Fprintf(w, `{"errcode":%d,"errmsg":"invalid credential, access_token is invalid or not latest rid: 65f0a1b2-1c2d3e4f"}`, code)
	case call != nil:
		call(w, r, body)
	default:
		fmt.Fprint(w, `{"errcode":0,"errmsg":"ok","msgid":3557254367693750277}`)
	}
}

func (f *fakeAPI) serveToken(w http.ResponseWriter, body []byte) {
	var asked struct {
		GrantType string `json:"grant_type"`
		AppID     string `json:"appid"`
		Secret    string `json:"secret"`
		Force     bool   `json:"force_refresh"`
	}
	_ = json.Unmarshal(body, &asked)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fetches++
	if f.onToken != nil {
		status, answer := f.onToken()
		w.WriteHeader(status)
		fmt.Fprint(w, answer)
		return
	}
	if asked.GrantType != "client_credential" || asked.AppID != testAppID || asked.Secret != testSecret {
		fmt.Fprint(w, `{"errcode":40125,"errmsg":"invalid appsecret"}`)
		return
	}
	if asked.Force {
		f.forced++
	}
	if asked.Force || f.rotates && f.refused[f.token()] != 0 {
		f.serial++
	}
	fmt.Fprintf(w, `{"access_token":%q,"expires_in":%d}`, f.token(), f.life)
}

// refuse makes the current token bad.
func (f *fakeAPI) refuse(code int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refused[f.token()] = code
}

// set changes a field with the lock held.
func (f *fakeAPI) set(change func(*fakeAPI)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

type counts struct{ fetches, forced, sends int }

func (f *fakeAPI) counts() counts {
	f.mu.Lock()
	defer f.mu.Unlock()
	return counts{f.fetches, f.forced, f.sends}
}

// clock is a settable time, safe for concurrent use.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 23, 10, 0, 0, 0, beijing)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// buffer collects logs from several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newRedis(tb testing.TB) (*miniredis.Miniredis, redis.UniversalClient) {
	tb.Helper()
	server := miniredis.RunT(tb)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1, DialerRetries: 1})
	tb.Cleanup(func() { client.Close() })
	return server, client
}

// newTestClient fills in what every test shares.
func newTestClient(tb testing.TB, f *fakeAPI, o Options) *Client {
	tb.Helper()
	if o.Base == "" {
		o.Base = f.URL
	}
	if o.AppID == "" {
		o.AppID = testAppID
	}
	if o.Secret == "" {
		o.Secret = testSecret
	}
	c, err := NewClient(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

func testLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func testMessage() TemplateMessage {
	return TemplateMessage{ToUser: testOpenID, TemplateID: "t1", Data: map[string]string{"thing1": "张三"}, ClientMsgID: "push-1"}
}

func send(c *Client) error {
	_, err := c.SendTemplate(context.Background(), testMessage())
	return err
}

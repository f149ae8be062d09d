package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
	"shixi/logs"
	"shixi/store"
)

// world is a domain world behind the web side. Every answer is checked against
// the served OpenAPI document, and the log against every secret of the world.
type world struct {
	*actstest.World
	app    *handlers.App
	wechat *wechat
	log    *logBook

	listener net.Listener
}

// newWorld makes a world; alter changes the store's options, e.g. to count.
func newWorld(tb testing.TB, alter ...func(*store.Options)) *world {
	tb.Helper()
	w := &world{log: &logBook{}, wechat: &wechat{pictures: "https://mp.weixin.qq.com"}}
	logger := logs.New(w.log, slog.LevelDebug)
	w.World = actstest.New(tb, func(o *store.Options) {
		o.Log = logger
		for _, f := range alter {
			f(o)
		}
	})
	w.Acts.WeChat, w.Acts.Log = w.wechat, logger
	w.Acts.Home = &url.URL{Scheme: "https", Host: "shixi.test"}
	w.app = handlers.New(handlers.Options{Acts: w.Acts, Log: logger, Budget: time.Minute}) // a busy machine is slow, not away
	tb.Cleanup(func() { w.log.mustBeClean(tb) })
	return w
}

// served is the OpenAPI document as an app serves it; it is the same in every
// world.
var served = sync.OnceValues(func() (*contract, error) {
	res, err := handlers.New(handlers.Options{Acts: &acts.Acts{}}).Fiber().Test(httptest.NewRequest(http.MethodGet, "/openapi.json", nil), -1)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	return readContract(body)
})

func (w *world) contract() *contract {
	w.TB.Helper()
	c, err := served()
	if err != nil {
		w.TB.Fatal(err)
	}
	return c
}

// wechat is the platform as far as the acts ask it: a code "for:<openid>" is
// that user's, once; others are wrong.
type wechat struct {
	mu   sync.Mutex
	used map[string]bool
	down bool
	// pictures is where codes are shown.
	pictures string
}

func (x *wechat) MiniProgramUser(_ context.Context, code string) (openID, unionID string, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	openID, ok := strings.CutPrefix(code, "for:")
	if x.down {
		return "", "", internship.ErrUnavailable
	}
	if !ok || x.used[code] {
		return "", "", internship.ErrBadWechat
	}
	return strings.TrimRight(openID, "."), "", nil
}

func (x *wechat) SceneQR(_ context.Context, scene string, _ time.Duration) (string, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.down {
		return "", internship.ErrUnavailable
	}
	return x.pictures + "/cgi-bin/showqrcode?ticket=" + scene, nil
}

// logBook keeps the log and the values that must not be in it.
type logBook struct {
	mu      sync.Mutex
	text    bytes.Buffer
	secrets []string
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) never(secrets ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range secrets {
		if s != "" {
			l.secrets = append(l.secrets, s)
		}
	}
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// privateShapes are mobile and ID numbers, tokens and openids.
var privateShapes = []*regexp.Regexp{
	regexp.MustCompile(`\b1[3-9]\d{9}\b`), regexp.MustCompile(`\b\d{17}[\dX]\b`),
	regexp.MustCompile(`\bs[xp]_[A-Z2-7]{20,}`), regexp.MustCompile(`\boTEST[0-9A-Za-z]{20,}`),
}

// sixDigits are a code, which stands in longer numbers and ids by chance.
var sixDigits = regexp.MustCompile(`^\d{6}$`)

func (l *logBook) mustBeClean(tb testing.TB) {
	tb.Helper()
	text := l.String()
	for _, s := range append(l.secrets, actstest.Password) {
		if strings.Contains(text, s) && (!sixDigits.MatchString(s) || regexp.MustCompile(`(^|[^0-9A-Za-z.])`+s+`($|[^0-9A-Za-z])`).MatchString(text)) {
			tb.Errorf("the log holds the secret %q", s)
		}
	}
	for _, shape := range privateShapes {
		if found := shape.FindString(text); found != "" {
			tb.Errorf("the log holds %q", found)
		}
	}
}

// enterprise is an activated enterprise whose secrets the log must not hold.
func (w *world) enterprise(name string) *actstest.Enterprise {
	w.TB.Helper()
	e := w.Enterprise(name)
	w.log.never(e.Token, e.Mobile)
	return e
}

// account is a further account of the enterprise with a session.
func (w *world) account(e *actstest.Enterprise, name string, role internship.Role) caller {
	w.TB.Helper()
	ctx := w.TB.Context()
	id := store.DeriveID("acc", e.ID, name)
	_, err := w.DB.Accounts.Put(ctx, &internship.Account{Root: internship.Root{ID: id}}, func(x *internship.Account) error {
		x.EnterpriseID, x.Name, x.Role, x.Mobile = e.ID, name, role, fmt.Sprintf("137%08d", len(id)*1000+len(name)*100+len(role))
		return x.Open(internship.Do{By: internship.Actor{Kind: internship.ByEnterprise, ID: id, Name: name}, At: w.Now()})
	})
	if err != nil {
		w.TB.Fatal(err)
	}
	token := "sx_" + strings.ToUpper(id)
	w.log.never(token)
	err = w.DB.AddSession(ctx, store.Session{ID: acts.TokenHash(token), AccountID: id, EnterpriseID: e.ID, Name: name, Role: role,
		Device: "测试", CreatedAt: w.Now(), Expires: w.Now().Add(time.Hour)})
	if err != nil {
		w.TB.Fatal(err)
	}
	return w.as(token)
}

// ticket solves a puzzle as a client does.
func (w *world) ticket() string {
	w.TB.Helper()
	p := read[handlers.Puzzle](w.anyone().post("/api/v1/captcha", nil).ok(http.StatusCreated))
	return read[handlers.Ticket](w.anyone().post("/api/v1/captcha/solve", handlers.Solution{Token: p.Token, X: actstest.Target})).Ticket
}

// login is the form of a log-in by password.
func (w *world) login(name, password string) handlers.Login {
	w.TB.Helper()
	return handlers.Login{Name: name, Password: password, Ticket: w.ticket()}
}

// bindingLogin is that of one in the mini-program.
func (w *world) bindingLogin(name, wechatCode string) handlers.Login {
	w.TB.Helper()
	form := w.login(name, actstest.Password)
	form.WechatCode = wechatCode
	return form
}

// smsCode has a code sent, as a client does, and reads it on the phone.
func (w *world) smsCode(purpose, mobile string) string {
	w.TB.Helper()
	w.log.never(mobile)
	w.anyone().post("/api/v1/sms-codes", internship.CodeRequestInput{Mobile: mobile, Purpose: purpose, Ticket: w.ticket()}).ok(http.StatusAccepted)
	code := w.ReadCode(mobile)
	w.log.never(code)
	return code
}

// pass is a pass for a mobile, as a client gets it.
func (w *world) pass(route, purpose, mobile string) string {
	w.TB.Helper()
	code := w.smsCode(purpose, mobile)
	p := read[handlers.Pass](w.anyone().post(route, internship.MobilePassInput{Mobile: mobile, SMSCode: code}).ok(http.StatusCreated))
	w.log.never(p.Pass)
	return p.Pass
}

// caller is someone who calls: with a token, with further headers.
type caller struct {
	w      *world
	header http.Header
}

func (w *world) anyone() caller { return caller{w, http.Header{}} }

func (w *world) as(token string) caller { return w.anyone().with("Authorization", "Bearer "+token) }

func (w *world) owner(e *actstest.Enterprise) caller { return w.as(e.Token) }

func (c caller) with(name, value string) caller {
	h := c.header.Clone()
	h.Set(name, value)
	return caller{c.w, h}
}

// once gives the next requests an Idempotency-Key.
func (c caller) once(key string) caller { return c.with("Idempotency-Key", key) }

func (c caller) get(path string) answer            { return c.do(http.MethodGet, path, nil) }
func (c caller) delete(path string) answer         { return c.do(http.MethodDelete, path, nil) }
func (c caller) post(path string, body any) answer { return c.do(http.MethodPost, path, body) }
func (c caller) put(path string, body any) answer  { return c.do(http.MethodPut, path, body) }

// do sends a request: a string or bytes as they are, anything else as JSON.
func (c caller) do(method, path string, body any) answer {
	c.w.TB.Helper()
	var raw []byte
	switch b := body.(type) {
	case nil:
	case string:
		raw = []byte(b)
	case []byte:
		raw = b
	default:
		var err error
		if raw, err = json.Marshal(body); err != nil {
			c.w.TB.Fatal(err)
		}
	}
	req := httptest.NewRequest(method, "http://shixi.test/", bytes.NewReader(raw))
	req.RequestURI = path // as it is, hostile paths too
	if len(raw) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, values := range c.header {
		req.Header[name] = values
	}
	return c.send(req, path)
}

func (c caller) send(req *http.Request, path string) answer {
	c.w.TB.Helper()
	res, err := c.w.app.Fiber().Test(req, -1)
	if err != nil {
		c.w.TB.Fatalf("%s %s: %v", req.Method, path, err)
	}
	defer res.Body.Close()
	a := answer{tb: c.w.TB, what: req.Method + " " + path, status: res.StatusCode, header: res.Header}
	if a.body, err = io.ReadAll(res.Body); err != nil {
		c.w.TB.Fatal(err)
	}
	for _, set := range a.header.Values("Set-Cookie") {
		if strings.Contains(set, ", shixi_") {
			c.w.TB.Errorf("%s sets cookies that a browser reads as one: %s", a.what, set)
		}
	}
	bare, _, _ := strings.Cut(path, "?")
	if strings.HasPrefix(bare, "/h5") || strings.HasPrefix(bare, "/docs") {
		return a // pages are no part of the API
	}
	if err := c.w.contract().check(req.Method, bare, a.status, a.header, a.body); err != nil {
		c.w.TB.Errorf("%s is not as documented: %v", a.what, err)
	}
	return a
}

// answer is what came back.
type answer struct {
	tb     testing.TB
	what   string
	status int
	header http.Header
	body   []byte
}

// ok demands a status.
func (a answer) ok(status int) answer {
	a.tb.Helper()
	if a.status != status {
		a.tb.Fatalf("%s: %d, want %d: %s", a.what, a.status, status, a.body)
	}
	return a
}

// refused demands an error of the catalogue.
func (a answer) refused(want *internship.Error) handlers.Problem {
	a.tb.Helper()
	var p handlers.Problem
	a.into(&p)
	if a.status != want.Status() || p.Code != want.Code || p.Status != want.Status() {
		a.tb.Fatalf("%s: %d %s, want %d %s: %s", a.what, a.status, p.Code, want.Status(), want.Code, a.body)
	}
	if p.RequestID == "" || p.RequestID != a.header.Get("X-Request-Id") && a.header.Get("Idempotency-Replayed") == "" {
		a.tb.Errorf("%s: request id %q in the problem, %q in the header", a.what, p.RequestID, a.header.Get("X-Request-Id"))
	}
	if !chinese(p.Detail) || !chinese(p.Title) {
		a.tb.Errorf("%s: not told in Chinese: %s", a.what, a.body)
	}
	for _, f := range p.Errors {
		if !chinese(f.Message) || f.Field == "" || f.Code == "" {
			a.tb.Errorf("%s: field not told in Chinese: %+v", a.what, f)
		}
	}
	return p
}

func chinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff })
}

// into decodes the body.
func (a answer) into(v any) {
	a.tb.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.tb.Fatalf("%s: %v: %s", a.what, err, a.body)
	}
}

// read decodes the body of a success.
func read[T any](a answer) T {
	a.tb.Helper()
	if a.status >= 300 {
		a.tb.Fatalf("%s: %d: %s", a.what, a.status, a.body)
	}
	var v T
	a.into(&v)
	return v
}

// fields are the wrong fields of a problem as field=code.
func fields(p handlers.Problem) []string {
	out := make([]string, len(p.Errors))
	for i, f := range p.Errors {
		out[i] = f.Field + "=" + f.Code
	}
	return out
}

func mustJSON(tb testing.TB, v any) []byte {
	tb.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

func mustDecode(tb testing.TB, from io.Reader, v any) {
	tb.Helper()
	if err := json.NewDecoder(from).Decode(v); err != nil {
		tb.Error(err)
	}
}

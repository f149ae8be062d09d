package handlers_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
	"shixi/logs"
	"shixi/store"
)

// platform is WeChat as the acts ask it. A page's code is "<openid>#<anything>",
// a phone code "<mobile>#<anything>"; each is good once.
type platform struct {
	*wechat
	mu        sync.Mutex
	used      map[string]bool
	exchanged int
	snapshots map[string]bool
	follower  map[string]acts.Follower
	// away are the questions that get no answer: "page", "phone", "follower", "sign".
	away map[string]bool
	// hold keeps an exchange waiting until it is closed; nil: not at all.
	hold chan struct{}
	// unions are those of mini-program users.
	unions map[string]string
	// open is where the page of consent is.
	open string
}

func (p *platform) MiniProgramUser(ctx context.Context, code string) (openID, unionID string, err error) {
	openID, _, err = p.wechat.MiniProgramUser(ctx, code)
	return openID, p.unions[openID], err
}

// redeem uses a code up.
func (p *platform) redeem(ctx context.Context, what, code string) (string, error) {
	p.mu.Lock()
	hold := p.hold
	p.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return "", internship.ErrUnavailable.Because(ctx.Err())
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away[what] {
		return "", internship.ErrUnavailable
	}
	p.exchanged++
	who, _, ok := strings.Cut(code, "#")
	if !ok || p.used[code] {
		return "", internship.ErrBadWechat
	}
	p.used[code] = true
	return who, nil
}

func (p *platform) Phone(ctx context.Context, code string) (string, error) {
	mobile, err := p.redeem(ctx, "phone", code)
	switch {
	case err != nil:
		return "", err
	case mobile == "quota":
		return "", internship.ErrPhoneQuota
	case mobile == "foreign":
		return "", internship.ErrForeignPhone
	}
	return mobile, nil
}

func (p *platform) AuthorizeURL(back, state string) (string, error) {
	return p.open + "/connect/oauth2/authorize?redirect_uri=" + url.QueryEscape(back) + "&state=" + state + "#wechat_redirect", nil
}

func (p *platform) Visitor(ctx context.Context, code string) (acts.Visitor, error) {
	openID, err := p.redeem(ctx, "page", code)
	p.mu.Lock()
	defer p.mu.Unlock()
	return acts.Visitor{OpenID: openID, Snapshot: p.snapshots[openID]}, err
}

func (p *platform) SignJS(_ context.Context, address string) (acts.JSSignature, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away["sign"] {
		return acts.JSSignature{}, internship.ErrUnavailable
	}
	return acts.JSSignature{AppID: "wx0000000000000001", Timestamp: 1, Nonce: "n", Signature: "signed " + address}, nil
}

func (p *platform) Followers(_ context.Context, openIDs []string) (map[string]acts.Follower, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away["follower"] {
		return nil, internship.ErrUnavailable
	}
	out := map[string]acts.Follower{}
	for _, id := range openIDs {
		if id == "oTESTnotofthisaccount0000001" {
			return nil, internship.ErrNotFound
		}
		out[id] = p.follower[id]
	}
	return out, nil
}

func (p *platform) set(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// wechatWorld is a world on the web: two replicas over one database, and
// WeChat.
type wechatWorld struct {
	*world
	platform *platform
	replicas []*handlers.App
}

func newWechatWorld(tb testing.TB, alter ...func(*handlers.Options)) *wechatWorld {
	tb.Helper()
	w := &wechatWorld{world: newWorld(tb)}
	w.platform = &platform{wechat: w.wechat, used: map[string]bool{}, snapshots: map[string]bool{}, follower: map[string]acts.Follower{},
		away: map[string]bool{}, unions: map[string]string{}, open: "https://open.weixin.qq.com"}
	logger := logs.New(w.log, slog.LevelDebug)
	public, err := url.Parse("https://shixi.test")
	if err != nil {
		tb.Fatal(err)
	}
	for i := range 2 {
		own := w.Acts
		if i > 0 {
			own = w.Process(w.Open(func(o *store.Options) { o.Log = logger }))
			own.Log = logger
		}
		own.WeChat, own.Phones, own.Pages, own.Followers = w.platform, w.platform, w.platform, w.platform
		o := handlers.Options{Acts: own, Log: logger, PublicURL: public, PageHosts: []string{"h5.shixi.test:8443"}}
		for _, f := range alter {
			f(&o)
		}
		w.replicas = append(w.replicas, handlers.New(o))
	}
	w.app = w.replicas[0]
	return w
}

// browser keeps cookies as browsers do, and follows nothing by itself.
type browser struct {
	w       *wechatWorld
	app     *handlers.App
	mu      sync.Mutex
	cookies map[string]*http.Cookie
	agent   string
}

func (w *wechatWorld) browser() *browser {
	return &browser{w: w, app: w.app, cookies: map[string]*http.Cookie{}, agent: "Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36"}
}

// phone is a browser inside WeChat.
func (w *wechatWorld) phone() *browser {
	b := w.browser()
	b.agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 MicroMessenger/8.0"
	return b
}

// on is the same browser, whose next requests meet the other replica.
func (b *browser) on(replica int) *browser {
	return &browser{w: b.w, app: b.w.replicas[replica], cookies: b.cookies, agent: b.agent}
}

func (b *browser) do(method, path string, body io.Reader, kind string) answer {
	b.w.TB.Helper()
	req := httptest.NewRequest(method, "https://shixi.test/", body)
	req.RequestURI = path
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("User-Agent", b.agent)
	req.Header.Set("X-Session", "cookie")
	req.Header.Set("X-Requested-With", "shixi")
	bare, _, _ := strings.Cut(path, "?")
	b.mu.Lock()
	for _, c := range b.cookies {
		if strings.HasPrefix(bare, c.Path) {
			req.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		}
	}
	b.mu.Unlock()
	res, err := b.app.Fiber().Test(req, -1)
	if err != nil {
		b.w.TB.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	a := answer{tb: b.w.TB, what: method + " " + path, status: res.StatusCode, header: res.Header}
	if a.body, err = io.ReadAll(res.Body); err != nil {
		b.w.TB.Fatal(err)
	}
	if strings.HasPrefix(path, "/api/") {
		if err := b.w.contract().check(method, bare, a.status, a.header, a.body); err != nil {
			b.w.TB.Errorf("%s is not as documented: %v", a.what, err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range res.Cookies() {
		b.w.log.never(c.Value)
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c
	}
	return a
}

func (b *browser) get(path string) answer {
	b.w.TB.Helper()
	return b.do(http.MethodGet, path, nil, "")
}

func (b *browser) post(path string, body any) answer {
	b.w.TB.Helper()
	return b.do(http.MethodPost, path, bytes.NewReader(mustJSON(b.w.TB, body)), "application/json")
}

func (b *browser) form(path string, values url.Values) answer {
	b.w.TB.Helper()
	return b.do(http.MethodPost, path, strings.NewReader(values.Encode()), "application/x-www-form-urlencoded")
}

// leave opens the way to WeChat and gives the state that comes back.
func (b *browser) leave(next string) (state string) {
	b.w.TB.Helper()
	return b.state(b.get("/wx/oauth/start?next=" + url.QueryEscape(next)))
}

// state reads it from the redirect to WeChat.
func (b *browser) state(a answer) string {
	b.w.TB.Helper()
	to, err := url.Parse(a.ok(http.StatusFound).header.Get("Location"))
	if err != nil || to.Host != "open.weixin.qq.com" || to.Query().Get("redirect_uri") != "https://shixi.test/wx/oauth/callback" {
		b.w.TB.Fatalf("%s leads to %s (%v)", a.what, a.header.Get("Location"), err)
	}
	return to.Query().Get("state")
}

// back comes from WeChat with a code.
func (b *browser) back(code, state string) answer {
	b.w.TB.Helper()
	b.w.log.never(code)
	return b.get("/wx/oauth/callback?" + url.Values{"code": {code}, "state": {state}}.Encode())
}

// whose is the account that the browser is logged in to; "" for none.
func (b *browser) whose() string {
	b.w.TB.Helper()
	if b.cookies["shixi_session"] == nil {
		return ""
	}
	a := b.get("/api/v1/me")
	if a.status != http.StatusOK {
		return ""
	}
	return read[handlers.Me](a).Account.ID
}

// logIn logs in by password.
func (b *browser) logIn(e *actstest.Enterprise) handlers.LoggedIn {
	b.w.TB.Helper()
	in := read[handlers.LoggedIn](b.post("/api/v1/login", handlers.Login{Name: e.Mobile, Password: actstest.Password, Ticket: b.w.Ticket()}).ok(http.StatusOK))
	return in
}

// told demands a page that tells an error in Chinese.
func (a answer) told(want *internship.Error) {
	a.tb.Helper()
	if a.status != want.Status() || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.Contains(string(a.body), want.Title) {
		a.tb.Errorf("%s: %d, want the page of %s:\n%s", a.what, a.status, want.Code, a.body)
	}
	if policy := a.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		a.tb.Errorf("%s: policy %q", a.what, policy)
	}
}

// leads demands a redirect.
func (a answer) leads(to string) {
	a.tb.Helper()
	if got := a.ok(http.StatusFound).header.Get("Location"); got != to {
		a.tb.Errorf("%s leads to %q, want %q", a.what, got, to)
	}
}

func (w *wechatWorld) account(id string) *internship.Account {
	w.TB.Helper()
	a, err := w.DB.Accounts.Get(w.TB.Context(), id)
	if err != nil {
		w.TB.Fatal(err)
	}
	return a
}

// follows binds a follower to the enterprise's owner.
func (w *wechatWorld) follows(e *actstest.Enterprise, openID string) {
	w.TB.Helper()
	w.log.never(openID)
	b, err := w.Acts.BindingQR(w.TB.Context(), e.Staff)
	if err != nil {
		w.TB.Fatal(err)
	}
	if scan, err := w.Acts.Scanned(w.TB.Context(), openID, b.Scene); err != nil || scan.Outcome != acts.ScanBound {
		w.TB.Fatalf("scan %v, %v", scan, err)
	}
}

// bound is the openid of the account's follower; "" for none.
func (w *wechatWorld) bound(e *actstest.Enterprise) string {
	w.TB.Helper()
	if f := w.account(e.Staff.AccountID).Follower; f != nil {
		return f.OpenID
	}
	return ""
}

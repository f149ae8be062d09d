package wxsim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"shixi/wxmsg"
	"shixi/wxmsg/wxsim"
)

const (
	oaID     = "wxba5fad812f8e6fb9"
	oaSecret = "0123456789abcdef0123456789abcdef"
	mpID     = "wx1111222233334444"
	mpSecret = "fedcba9876543210fedcba9876543210"
	cbToken  = "AAAAA"
	aesKey   = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	tmplID   = "signed-up"
)

// clock is a fake clock.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// fixture is a platform with a 服务号, a 小程序, a template and three people.
type fixture struct {
	*wxsim.Sim
	t     *testing.T
	clock *clock
	base  string
}

func newFixture(t *testing.T, change ...func(*wxsim.Options, *wxsim.App)) *fixture {
	t.Helper()
	f := &fixture{t: t, clock: newClock()}
	opts := wxsim.Options{Now: f.clock.Now, Seed: 7}
	oa := wxsim.App{
		Kind: wxsim.OA, Name: "实习备案", AppID: oaID, Secret: oaSecret, OriginalID: "gh_oa",
		Token: cbToken, AESKey: aesKey, Linked: []string{mpID}, OAuthDomain: "h5.example.com",
	}
	for _, c := range change {
		c(&opts, &oa)
	}
	f.Sim = wxsim.New(opts)
	t.Cleanup(f.Close)
	mp := wxsim.App{
		Kind: wxsim.MP, Name: "实习小程序", AppID: mpID, Secret: mpSecret, OriginalID: "gh_mp",
		Token: cbToken, AESKey: aesKey, Format: wxsim.FormatJSON, Pages: []string{"pages/index"},
	}
	keywords := []wxsim.Keyword{{Key: "thing1", Name: "学生"}, {Key: "time2", Name: "时间"}, {Key: "phrase3", Name: "状态", Allowed: []string{"待处理"}}}
	f.must(f.AddApp(oa))
	f.must(f.AddApp(mp))
	f.must(f.AddTemplate(oaID, wxsim.Template{ID: tmplID, Title: "学生报名提醒", Keywords: keywords}))
	f.must(f.AddTemplate(mpID, wxsim.Template{ID: tmplID, Title: "报名通知", Keywords: keywords}))
	f.must(f.AddUser(wxsim.User{AppID: oaID, OpenID: "o-li", UnionID: "u-li", Name: "李老师", Subscribed: true}))
	f.must(f.AddUser(wxsim.User{AppID: oaID, OpenID: "o-wang", Name: "王老师"}))
	f.must(f.AddUser(wxsim.User{AppID: mpID, OpenID: "m-li", UnionID: "u-li", Mobile: "13800000000"}))
	base, err := f.Start("127.0.0.1:0")
	f.must(err)
	f.base = base
	return f
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// answer is any JSON answer of the platform.
type answer struct {
	ErrCode     int             `json:"errcode"`
	ErrMsg      string          `json:"errmsg"`
	AccessToken string          `json:"access_token"`
	ExpiresIn   int             `json:"expires_in"`
	MsgID       int64           `json:"msgid"`
	Ticket      string          `json:"ticket"`
	URL         string          `json:"url"`
	OpenID      string          `json:"openid"`
	UnionID     string          `json:"unionid"`
	SessionKey  string          `json:"session_key"`
	Phone       json.RawMessage `json:"phone_info"`
	header      http.Header
	raw         string
}

// call makes an API call and fails the test when it is not answered in JSON.
func (f *fixture) call(method, path string, query url.Values, body any) answer {
	f.t.Helper()
	a, err := f.try(method, path, query, body)
	f.must(err)
	return a
}

func (f *fixture) try(method, path string, query url.Values, body any) (answer, error) {
	var payload io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		payload = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			return answer{}, err
		}
		payload = bytes.NewReader(data)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, f.base+path+"?"+query.Encode(), payload)
	if err != nil {
		return answer{}, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{header: res.Header, raw: string(raw)}
	return a, json.Unmarshal(raw, &a)
}

// token fetches a stable token in normal mode.
func (f *fixture) token(appID string) string {
	f.t.Helper()
	a := f.stable(appID, false)
	if a.AccessToken == "" {
		f.t.Fatalf("no token: %s", a.raw)
	}
	return a.AccessToken
}

func (f *fixture) stable(appID string, force bool) answer {
	f.t.Helper()
	secret := oaSecret
	if appID == mpID {
		secret = mpSecret
	}
	return f.call("POST", wxsim.PathStableToken, nil, map[string]any{
		"grant_type": "client_credential", "appid": appID, "secret": secret, "force_refresh": force,
	})
}

// withToken is the query of an authorised call.
func withToken(token string) url.Values { return url.Values{"access_token": {token}} }

// message is a valid template message, changed by the given fields; nil
// removes one.
func message(changes map[string]any) map[string]any {
	m := map[string]any{
		"touser": "o-li", "template_id": tmplID,
		"data": data("thing1", "张三", "time2", "2026-03-02 09:00", "phrase3", "待处理"),
	}
	for k, v := range changes {
		if v == nil {
			delete(m, k)
		} else {
			m[k] = v
		}
	}
	return m
}

func data(pairs ...string) map[string]any {
	d := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		d[pairs[i]] = map[string]string{"value": pairs[i+1]}
	}
	return d
}

// send sends a valid template message with changes.
func (f *fixture) send(changes map[string]any) answer {
	f.t.Helper()
	return f.call("POST", wxsim.PathTemplateSend, withToken(f.token(oaID)), message(changes))
}

// wantErr checks code and text of a refusal, rid included.
func (f *fixture) wantErr(a answer, code int, text string) {
	f.t.Helper()
	if a.ErrCode != code || !strings.HasPrefix(a.ErrMsg, text) || !strings.Contains(a.ErrMsg, "rid: ") {
		f.t.Fatalf("got %s, want errcode %d, errmsg %q with rid", a.raw, code, text)
	}
}

func (f *fixture) wantOK(a answer) {
	f.t.Helper()
	if a.ErrCode != 0 || a.ErrMsg != "ok" {
		f.t.Fatalf("got %s, want ok", a.raw)
	}
}

// callback is an account's callback server. It checks and decrypts what comes
// and hands it to the test.
type callback struct {
	*httptest.Server
	t      *testing.T
	cipher *wxmsg.Cipher
	got    chan pushed
	mu     sync.Mutex
	reply  func(pushed) (int, string)
}

// pushed is one callback request.
type pushed struct {
	query url.Values
	body  string // decrypted in safe mode
	event event
}

// event holds what the tests look at, of either format.
type event struct {
	ToUserName   string
	FromUserName string
	CreateTime   int64
	MsgType      string
	Event        string
	EventKey     string
	Ticket       string
	Content      string
	MsgID        int64
	MsgId        int64
	Status       string
}

// listen starts a callback server for an account of the fixture.
func (f *fixture) listen(appID string) *callback {
	f.t.Helper()
	cipher, err := wxmsg.NewCipher(cbToken, aesKey, appID)
	f.must(err)
	c := &callback{t: f.t, cipher: cipher, got: make(chan pushed, 1000)}
	c.Server = httptest.NewServer(c)
	f.t.Cleanup(c.Close)
	f.must(f.SetCallback(appID, c.URL))
	return c
}

func (c *callback) answer(reply func(pushed) (int, string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reply = reply
}

func (c *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	p := pushed{query: r.URL.Query(), body: string(raw)}
	q := p.query
	if q.Get("encrypt_type") == "aes" {
		var sealed struct{ ToUserName, Encrypt string }
		decode(string(raw), &sealed)
		if want := wxmsg.Signature(cbToken, q.Get("timestamp"), q.Get("nonce"), sealed.Encrypt); q.Get("msg_signature") != want {
			c.t.Errorf("msg_signature %q, want %q", q.Get("msg_signature"), want)
		}
		clear, err := c.cipher.Decrypt(sealed.Encrypt)
		if err != nil {
			c.t.Error(err)
		}
		p.body = string(clear)
	}
	if want := wxmsg.Signature(cbToken, q.Get("timestamp"), q.Get("nonce")); q.Get("signature") != want {
		c.t.Errorf("signature %q, want %q", q.Get("signature"), want)
	}
	decode(p.body, &p.event)
	c.mu.Lock()
	reply := c.reply
	c.mu.Unlock()
	status, text := 200, "success"
	if reply != nil {
		status, text = reply(p)
	}
	c.got <- p
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// decode reads XML or JSON; what it can't read stays empty.
func decode(text string, into any) {
	if strings.HasPrefix(text, "<") {
		_ = xml.Unmarshal([]byte(text), into)
		return
	}
	_ = json.Unmarshal([]byte(text), into)
}

// next waits for the next callback.
func (c *callback) next() pushed {
	c.t.Helper()
	select {
	case p := <-c.got:
		return p
	case <-time.After(10 * time.Second):
		c.t.Fatal("no callback came")
		return pushed{}
	}
}

// none checks that no callback has come.
func (c *callback) none() {
	c.t.Helper()
	select {
	case p := <-c.got:
		c.t.Fatalf("unexpected callback %s", p.body)
	default:
	}
}

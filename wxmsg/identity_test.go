package wxmsg

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hostile are answers of any call that tell nothing, and their classes.
var hostile = []struct {
	status int
	body   string
	class  Class
}{
	{200, `<html><body>502 Bad Gateway</body></html>`, Ambiguous},
	{200, `{"errcode":0,"errm`, Ambiguous},
	{200, `[]`, Ambiguous},
	{200, `{}`, Ambiguous},
	{200, ``, Ambiguous},
	{502, `{}`, Ambiguous},
	{302, ``, Ambiguous},
	{200, `{"errcode":-1,"errmsg":"system error"}`, Transient},
	{200, `{"errcode":48001,"errmsg":"api unauthorized"}`, Config},
	{200, `{"errcode":45009,"errmsg":"reach max api daily quota limit"}`, Quota},
	{200, `{"errcode":99999,"errmsg":"who knows"}`, Unknown},
}

// TestHostileAnswers asks every call about them: a class, and no secret in the text.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	calls := map[string]func(*Client) error{
		"UserPhone":    func(c *Client) error { _, err := c.UserPhone(ctx, "code-1"); return err },
		"ExchangeCode": func(c *Client) error { _, err := c.ExchangeCode(ctx, "code-1"); return err },
		"UserInfos":    func(c *Client) error { _, err := c.UserInfos(ctx, []string{"o1"}); return err },
		"Allowance":    func(c *Client) error { _, err := c.Allowance(ctx, PathTemplateSend); return err },
		"SignJS":       func(c *Client) error { _, err := c.SignJS(ctx, "https://a.example.com/"); return err },
	}
	for name, ask := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeAPI(t)
			for _, h := range hostile {
				f.set(func(f *fakeAPI) { f.onCall = answer(h.status, h.body) })
				err := ask(newTestClient(t, f, Options{}))
				if ClassOf(err) != h.class {
					t.Errorf("%d %s: %v", h.status, h.body, err)
				}
				if err != nil && (strings.Contains(err.Error(), testSecret) || strings.Contains(err.Error(), testToken) || strings.Contains(err.Error(), "code-1")) {
					t.Errorf("a secret in %v", err)
				}
			}
		})
	}
}

// TestTokenRecoveryOfEveryCall: a refused token is replaced and the call made
// once more.
func TestTokenRecoveryOfEveryCall(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	cases := map[string]struct {
		body string
		ask  func(*Client) error
	}{
		"UserPhone": {`{"errcode":0,"phone_info":{"purePhoneNumber":"13800000000","countryCode":"86","watermark":{"appid":"` + testAppID + `"}}}`,
			func(c *Client) error { _, err := c.UserPhone(ctx, "code-1"); return err }},
		"UserInfos":  {`{"user_info_list":[]}`, func(c *Client) error { _, err := c.UserInfos(ctx, []string{"o1"}); return err }},
		"Allowance":  {`{"quota":{"daily_limit":1}}`, func(c *Client) error { _, err := c.Allowance(ctx, PathTemplateSend); return err }},
		"ClearQuota": {`{"errcode":0}`, func(c *Client) error { return c.ClearQuota(ctx) }},
		"JSTicket":   {`{"ticket":"t","expires_in":7200}`, func(c *Client) error { _, err := c.JSTicket(ctx); return err }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeAPI(t)
			f.onCall = answer(200, tc.body)
			c := newTestClient(t, f, Options{})
			if err := c.Ping(context.Background()); err != nil {
				t.Fatal(err)
			}
			f.refuse(42001)
			if err := tc.ask(c); err != nil {
				t.Fatal(err)
			}
			if got := f.counts(); got.sends != 2 || got.fetches != 2 || got.forced != 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestUserPhone(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	var got, body string
	f.onCall = func(w http.ResponseWriter, r *http.Request, in []byte) {
		got = r.Method + " " + r.URL.Path + " " + string(in)
		fmt.Fprint(w, body)
	}
	c := newTestClient(t, f, Options{})
	info := func(pure, country, appID string) string {
		return fmt.Sprintf(`{"errcode":0,"errmsg":"ok","phone_info":{"phoneNumber":"x","purePhoneNumber":%q,"countryCode":%q,"watermark":{"timestamp":1,"appid":%q}}}`, pure, country, appID)
	}
	body = info("13800000000", "86", testAppID)
	number, err := c.UserPhone(context.Background(), "c<1>")
	if err != nil || number != "13800000000" || got != `POST /wxa/business/getuserphonenumber {"code":"c<1>"}` {
		t.Errorf("%q, %v: %s", number, err, got)
	}
	body = info("2025550123", "1", testAppID)
	if _, err := c.UserPhone(context.Background(), "c"); !errors.Is(err, ErrForeignPhone) {
		t.Errorf("a foreign number: %v", err)
	}
	for text, want := range map[string]struct {
		class Class
		bad   bool
	}{
		info("13800000000", "86", "wx9999999999999999"):           {Ambiguous, false},
		info("", "86", testAppID):                                 {Ambiguous, false},
		info("13800000000", "", testAppID):                        {Ambiguous, false},
		`{"errcode":40029,"errmsg":"invalid code"}`:               {Payload, true},
		`{"errcode":40163,"errmsg":"code been used"}`:             {Payload, true},
		`{"errcode":1400001,"errmsg":"quota used up"}`:            {Quota, false},
		`{"errcode":45011,"errmsg":"too often"}`:                  {Pace, false},
		`{"errcode":40013,"errmsg":"invalid appid"}`:              {Config, false},
		`{"errcode":0,"phone_info":{"purePhoneNumber":13800000}}`: {Ambiguous, false},
	} {
		body = text
		if number, err := c.UserPhone(context.Background(), "c"); ClassOf(err) != want.class || BadCode(err) != want.bad || number != "" {
			t.Errorf("%s: %q, %v", text, number, err)
		}
	}
	before := f.counts().sends
	for _, code := range []string{"", strings.Repeat("a", 129)} {
		if _, err := c.UserPhone(context.Background(), code); ClassOf(err) != Payload || f.counts().sends != before {
			t.Errorf("%d characters: %v", len(code), err)
		}
	}
}

func TestAuthorizeURL(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	c := newTestClient(t, f, Options{})
	got, err := c.AuthorizeURL("https://h5.example.com/wx/oauth/callback?a=1", ScopeInfo, "Ab1")
	want := "https://open.weixin.qq.com/connect/oauth2/authorize?appid=" + testAppID +
		"&redirect_uri=https%3A%2F%2Fh5.example.com%2Fwx%2Foauth%2Fcallback%3Fa%3D1&response_type=code&scope=snsapi_userinfo&state=Ab1#wechat_redirect"
	if err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
	other := newTestClient(t, f, Options{OpenBase: "http://127.0.0.1:1/open/"})
	if got, err := other.AuthorizeURL("http://127.0.0.1:2/", ScopeBase, "a"); err != nil || !strings.HasPrefix(got, "http://127.0.0.1:1/open/connect/oauth2/authorize?") {
		t.Errorf("%s, %v", got, err)
	}
	for _, bad := range []struct {
		to    string
		scope Scope
		state string
	}{
		{"/wx", ScopeBase, "a"}, {"javascript:alert(1)", ScopeBase, "a"}, {"https:", ScopeBase, "a"}, {"https://h/\x00", ScopeBase, "a"},
		{"https://h/", "snsapi_login", "a"}, {"https://h/", ScopeBase, ""}, {"https://h/", ScopeBase, "a-b"}, {"https://h/", ScopeBase, strings.Repeat("a", 129)},
	} {
		if link, err := c.AuthorizeURL(bad.to, bad.scope, bad.state); ClassOf(err) != Payload {
			t.Errorf("%+v: %s, %v", bad, link, err)
		}
	}
	for _, base := range []string{"open.weixin.qq.com", "ftp://h", "https://u@h", "https://h/?a=1"} {
		if _, err := NewClient(Options{AppID: testAppID, Secret: testSecret, OpenBase: base}); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestExchangeCode(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	var query, body string
	f.onCall = func(w http.ResponseWriter, r *http.Request, _ []byte) {
		q := r.URL.Query()
		query = fmt.Sprintf("%s%s%s%s%s%s", r.URL.Path, q["appid"], q["secret"], q["code"], q["grant_type"], q["access_token"])
		fmt.Fprint(w, body)
	}
	c := newTestClient(t, f, Options{})
	for text, want := range map[string]WebUser{
		`{"access_token":"a","openid":"o1","scope":"snsapi_base"}`:                           {OpenID: "o1", Scope: "snsapi_base"},
		`{"access_token":"a","openid":"o1","scope":"snsapi_userinfo","unionid":"u1"}`:        {OpenID: "o1", UnionID: "u1", Scope: "snsapi_userinfo"},
		`{"access_token":"a","openid":"o1","scope":"snsapi_base","is_snapshotuser":1}`:       {OpenID: "o1", Scope: "snsapi_base", Snapshot: true},
		`{"access_token":"a","openid":"o1","scope":"snsapi_base","is_snapshotuser":"1"}`:     {OpenID: "o1", Scope: "snsapi_base", Snapshot: true},
		`{"access_token":"a","openid":"o1","scope":"snsapi_base","is_snapshotuser":0}`:       {OpenID: "o1", Scope: "snsapi_base"},
		`{"access_token":"a","openid":"o1","scope":"snsapi_base,snsapi_userinfo","x":[1,2]}`: {OpenID: "o1", Scope: "snsapi_base,snsapi_userinfo"},
	} {
		body = text
		got, err := c.ExchangeCode(context.Background(), "c&appid=evil#")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", text, err, diff)
		}
		if want := "/sns/oauth2/access_token[" + testAppID + "][" + testSecret + "][c&appid=evil#][authorization_code][]"; query != want {
			t.Errorf("asked %s", query)
		}
	}
	for text, bad := range map[string]bool{
		`{"errcode":40029,"errmsg":"invalid code, rid: 65f0a1b2-1c2d"}`: true,
		`{"errcode":40163,"errmsg":"code been used"}`:                   true,
		`{"errcode":40125,"errmsg":"invalid appsecret"}`:                false,
		`{"errcode":40001,"errmsg":"invalid secret"}`:                   false,
	} {
		body = text
		_, err := c.ExchangeCode(context.Background(), "c")
		if err == nil || BadCode(err) != bad || !bad && ClassOf(err) != Config {
			t.Errorf("%s: %v", text, err)
		}
	}
	if f.counts().fetches != 0 {
		t.Error("an exchange needs no access token")
	}
	if _, err := c.ExchangeCode(context.Background(), ""); ClassOf(err) != Payload {
		t.Errorf("no code: %v", err)
	}
	slow := newTestClient(t, f, Options{Timeout: 50 * time.Millisecond})
	f.set(func(f *fakeAPI) {
		f.onCall = func(_ http.ResponseWriter, r *http.Request, _ []byte) { <-r.Context().Done() }
	})
	if _, err := slow.ExchangeCode(context.Background(), "c"); ClassOf(err) != Ambiguous || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("no answer: %v", err)
	}
}

func TestUserInfos(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	var got string
	f.onCall = func(w http.ResponseWriter, r *http.Request, in []byte) {
		got = r.URL.Path + " " + string(in)
		fmt.Fprint(w, `{"user_info_list":[{"subscribe":1,"openid":"o1","unionid":"u1"},{"subscribe":0,"openid":"o2"}]}`)
	}
	c := newTestClient(t, f, Options{})
	infos, err := c.UserInfos(context.Background(), []string{"o1", "o2", "o3"})
	want := map[string]UserInfo{"o1": {Subscribed: true, UnionID: "u1"}, "o2": {}}
	if diff := cmp.Diff(want, infos); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if want := `/cgi-bin/user/info/batchget {"user_list":[{"openid":"o1","lang":"zh_CN"},{"openid":"o2","lang":"zh_CN"},{"openid":"o3","lang":"zh_CN"}]}`; got != want {
		t.Errorf("asked %s", got)
	}
	for _, ids := range [][]string{nil, make([]string, 101), {"o1", ""}} {
		if _, err := c.UserInfos(context.Background(), ids); ClassOf(err) != Payload {
			t.Errorf("%d openids: %v", len(ids), err)
		}
	}
}

func TestQuotaCalls(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	var got, body string
	f.onCall = func(w http.ResponseWriter, r *http.Request, in []byte) {
		got = r.URL.Path + " " + string(in)
		fmt.Fprint(w, body)
	}
	c := newTestClient(t, f, Options{})
	body = `{"errcode":0,"errmsg":"ok","quota":{"daily_limit":100000,"used":2,"remain":99998}}`
	a, err := c.Allowance(context.Background(), PathTemplateSend)
	if want := (Allowance{100000, 2, 99998}); err != nil || a != want || got != `/cgi-bin/openapi/quota/get {"cgi_path":"/cgi-bin/message/template/send"}` {
		t.Errorf("%+v, %v: %s", a, err, got)
	}
	body = `{"errcode":0,"errmsg":"ok"}`
	if err := c.ClearQuota(context.Background()); err != nil || got != `/cgi-bin/clear_quota {"appid":"`+testAppID+`"}` {
		t.Errorf("%v: %s", err, got)
	}
	body = `{"errcode":48006,"errmsg":"forbid to clear quota because of reaching the limit"}`
	if err := c.ClearQuota(context.Background()); ClassOf(err) != Quota || codeOf(err) != 48006 {
		t.Errorf("got %v", err)
	}
}

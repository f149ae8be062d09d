package wxsim_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"shixi/wxmsg/wxsim"
)

func authorizeLink(changes ...string) string {
	q := url.Values{"appid": {oaID}, "redirect_uri": {"https://h5.example.com/wx/back?x=1"}, "response_type": {"code"}, "scope": {"snsapi_base"}, "state": {"abc123"}}
	for i := 0; i < len(changes); i += 2 {
		q.Set(changes[i], changes[i+1])
	}
	return "https://open.weixin.qq.com" + wxsim.PathAuthorize + "?" + q.Encode() + "#wechat_redirect"
}

// authorize opens a link as a person and returns the code sent back.
func (f *fixture) authorize(openID, link string) string {
	f.t.Helper()
	to, err := f.Authorize(openID, link)
	f.must(err)
	u, err := url.Parse(to)
	f.must(err)
	if u.Host != "h5.example.com" || u.Query().Get("state") != "abc123" || u.Query().Get("x") != "1" {
		f.t.Fatalf("sent to %s", to)
	}
	return u.Query().Get("code")
}

func (f *fixture) exchange(code string) answer {
	f.t.Helper()
	return f.call("GET", wxsim.PathOAuthToken, url.Values{
		"appid": {oaID}, "secret": {oaSecret}, "code": {code}, "grant_type": {"authorization_code"},
	}, nil)
}

func TestOAuth(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	code := f.authorize("o-li", authorizeLink())
	base := f.exchange(code)
	if base.OpenID != "o-li" || base.UnionID != "" || base.AccessToken == "" {
		t.Fatalf("snsapi_base: got %s", base.raw)
	}
	f.wantErr(f.exchange(code), 40163, "code been used, rid: ")
	user := func(token, openID string) answer {
		q := withTokenAnd(token, "openid", openID)
		return f.call("GET", wxsim.PathOAuthUser, q, nil)
	}
	f.wantErr(user(base.AccessToken, "o-li"), 48001, "api unauthorized, rid: ")
	full := f.exchange(f.authorize("o-li", authorizeLink("scope", "snsapi_userinfo")))
	if full.UnionID != "u-li" {
		t.Errorf("snsapi_userinfo: got %s", full.raw)
	}
	if a := user(full.AccessToken, "o-li"); a.UnionID != "u-li" || !strings.Contains(a.raw, "李老师") {
		t.Errorf("userinfo: got %s", a.raw)
	}
	f.wantErr(user(full.AccessToken, "o-wang"), 40003, "invalid openid")
	f.wantErr(user("nonsense", "o-li"), 40001, "invalid credential")
	f.must(f.AddUser(wxsim.User{AppID: oaID, OpenID: "o-snap", Snapshot: true}))
	if a := f.exchange(f.authorize("o-snap", authorizeLink())); !strings.Contains(a.raw, `"is_snapshotuser":1`) {
		t.Errorf("a snapshot user: got %s", a.raw)
	}
}

func TestAuthorizeRefuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, link := range map[string]string{
		"other host":    authorizeLink("redirect_uri", "https://evil.example.com/"),
		"sub-domain":    authorizeLink("redirect_uri", "https://a.h5.example.com/"),
		"no redirect":   authorizeLink("redirect_uri", ""),
		"scope":         authorizeLink("scope", "all"),
		"state":         authorizeLink("state", "a-b"),
		"long state":    authorizeLink("state", strings.Repeat("a", 129)),
		"response_type": authorizeLink("response_type", "token"),
		"appid":         authorizeLink("appid", mpID),
	} {
		if to, err := f.Authorize("o-li", link); err == nil {
			t.Errorf("%s: sent to %s", name, to)
		}
	}
}

func TestAuthorizePage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	_, query, _ := strings.Cut(authorizeLink(), "?")
	query, _, _ = strings.Cut(query, "#")
	get := func(query string) (*http.Response, string) {
		res, err := client.Get(f.base + wxsim.PathAuthorize + "?" + query)
		f.must(err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		f.must(err)
		return res, string(body)
	}
	if _, body := get(query); !strings.Contains(body, "李老师") || strings.Contains(body, "m-li") {
		t.Errorf("want the account's people to choose from, got %s", body)
	}
	res, _ := get(query + "&sim_openid=o-li")
	if to := res.Header.Get("Location"); res.StatusCode != 302 || !strings.HasPrefix(to, "https://h5.example.com/wx/back?") {
		t.Errorf("got %s to %q", res.Status, to)
	}
	if res, body := get("appid=wx0"); res.StatusCode != 400 || !strings.Contains(body, "10013") {
		t.Errorf("got %s: %s", res.Status, body)
	}
}

package wxsim_test

import (
	"net/url"
	"testing"
	"time"

	"shixi/wxmsg/wxsim"
)

func TestStableTokenIsStable(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first := f.stable(oaID, false)
	if first.ExpiresIn != 7200 || len(first.AccessToken) < 128 {
		t.Fatalf("got %s", first.raw)
	}
	f.clock.Add(7200*time.Second - 5*time.Minute - time.Second)
	if again := f.stable(oaID, false); again.AccessToken != first.AccessToken || again.ExpiresIn != 301 {
		t.Fatalf("got %s, want the same token for 301 s", again.raw)
	}
	f.clock.Add(time.Second)
	next := f.stable(oaID, false)
	if next.AccessToken == first.AccessToken || next.ExpiresIn != 7200 {
		t.Fatalf("got %s, want a new token five minutes before expiry", next.raw)
	}
	f.wantOK(f.call("POST", wxsim.PathTemplateSend, withToken(first.AccessToken), message(nil)))
	f.wantOK(f.call("POST", wxsim.PathTemplateSend, withToken(next.AccessToken), message(nil)))
	f.clock.Add(5 * time.Minute)
	f.wantErr(f.call("POST", wxsim.PathTemplateSend, withToken(first.AccessToken), message(nil)), 42001, "access_token expired rid: ")
	f.wantOK(f.call("POST", wxsim.PathTemplateSend, withToken(next.AccessToken), message(nil)))
	if n := f.TokenFetches(oaID); n != 3 {
		t.Errorf("counted %d fetches, want 3", n)
	}
}

func TestForceRefresh(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	old := f.token(oaID)
	forced := f.stable(oaID, true)
	if forced.AccessToken == old || forced.AccessToken == "" {
		t.Fatalf("got %s", forced.raw)
	}
	f.wantErr(f.call("GET", wxsim.PathTemplates, withToken(old), nil), 40001, "invalid credential, access_token is invalid or not latest")
	f.clock.Add(29 * time.Second)
	f.wantErr(f.stable(oaID, true), 45011, "api minute-quota")
	f.clock.Add(time.Second)
	for i := 2; i <= 20; i++ {
		if a := f.stable(oaID, true); a.AccessToken == "" {
			t.Fatalf("refresh %d: %s", i, a.raw)
		}
		f.clock.Add(30 * time.Second)
	}
	f.wantErr(f.stable(oaID, true), 45009, "reach max api daily quota limit")
	f.clock.Add(24 * time.Hour)
	if a := f.stable(oaID, true); a.AccessToken == "" {
		t.Fatalf("next day: %s", a.raw)
	}
}

func TestTokenEndpointsRefuse(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	body := func(changes ...string) map[string]string {
		m := map[string]string{"grant_type": "client_credential", "appid": oaID, "secret": oaSecret}
		for i := 0; i < len(changes); i += 2 {
			m[changes[i]] = changes[i+1]
		}
		return m
	}
	tests := []struct {
		name   string
		method string
		body   any
		code   int
		text   string
	}{
		{"GET", "GET", body(), 43002, "require POST method rid: "},
		{"no body", "POST", " ", 44002, "empty post data"},
		{"not JSON", "POST", "appid=1", 47001, "data format error"},
		{"no appid", "POST", body("appid", ""), 41002, "appid missing"},
		{"unknown appid", "POST", body("appid", "wx0"), 40013, "invalid appid"},
		{"grant type", "POST", body("grant_type", "authorization_code"), 40002, "invalid grant_type"},
		{"no secret", "POST", body("secret", ""), 41004, "appsecret missing"},
		{"wrong secret", "POST", body("secret", "wrong"), 40125, "invalid appsecret"},
	}
	for _, test := range tests {
		f.wantErr(f.call(test.method, wxsim.PathStableToken, nil, test.body), test.code, test.text)
		if test.method == "GET" || test.code == 44002 || test.code == 47001 {
			continue
		}
		query := url.Values{}
		for k, v := range test.body.(map[string]string) {
			query.Set(k, v)
		}
		f.wantErr(f.call("GET", wxsim.PathToken, query, nil), test.code, test.text)
	}
	f.wantErr(f.call("POST", wxsim.PathToken, nil, "{}"), 43001, "require GET method")
}

func TestClassicTokenIsApart(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	query := url.Values{"grant_type": {"client_credential"}, "appid": {oaID}, "secret": {oaSecret}}
	works := func(token string) int { return f.call("GET", wxsim.PathTemplates, withToken(token), nil).ErrCode }
	stable := f.token(oaID)
	first := f.call("GET", wxsim.PathToken, query, nil).AccessToken
	second := f.call("GET", wxsim.PathToken, query, nil).AccessToken
	if first == second || first == "" {
		t.Fatal("want a new token at each call")
	}
	f.clock.Add(5*time.Minute - time.Second)
	if code := works(first); code != 0 {
		t.Errorf("the former token answers %d within five minutes", code)
	}
	f.clock.Add(time.Second)
	if code := works(first); code != 42001 {
		t.Errorf("the former token answers %d after five minutes, want 42001", code)
	}
	f.stable(oaID, true)
	if works(second) != 0 || works(stable) != 40001 {
		t.Error("a forced stable token must not touch the classic one")
	}
}

func TestPlatformSideTokenTrouble(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	works := func(token string) int { return f.call("GET", wxsim.PathTemplates, withToken(token), nil).ErrCode }
	old := f.token(oaID)
	f.must(f.ExpireToken(oaID))
	if works(old) != 42001 || works(f.token(oaID)) != 0 {
		t.Error("ExpireToken: want 42001, then a working token")
	}
	old = f.token(oaID)
	f.must(f.KillTokens(oaID))
	if works(old) != 40001 || works(f.token(oaID)) != 0 {
		t.Error("KillTokens: want 40001, then a working token")
	}
	old = f.token(oaID)
	f.must(f.SpoilToken(oaID))
	if works(old) != 40001 || f.token(oaID) != old || works(f.stable(oaID, true).AccessToken) != 0 {
		t.Error("SpoilToken: want the same bad token until it is forced")
	}
	f.must(f.RefuseTokens(oaID, true))
	if works(f.token(oaID)) != 40001 {
		t.Error("RefuseTokens: want 40001 for every token")
	}
	f.must(f.RefuseTokens(oaID, false))
	if works(f.token(oaID)) != 0 {
		t.Error("RefuseTokens(false): want tokens to work")
	}
	if works("") != 41001 || works("nonsense") != 40001 || works(f.token(mpID)) != 48001 {
		t.Error("missing, unknown and foreign tokens: want 41001, 40001, 48001")
	}
}

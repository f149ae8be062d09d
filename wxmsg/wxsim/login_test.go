package wxsim_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"shixi/wxmsg/wxsim"
)

func loginQuery(code string) url.Values {
	return url.Values{"appid": {mpID}, "secret": {mpSecret}, "grant_type": {"authorization_code"}, "js_code": {code}}
}

func (f *fixture) login(code string) answer {
	f.t.Helper()
	return f.call("GET", wxsim.PathLogin, loginQuery(code), nil)
}

func TestLogin(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	code := f.Code(mpID, "m-li")
	a := f.login(code)
	if a.OpenID != "m-li" || a.UnionID != "u-li" || a.SessionKey == "" || strings.Contains(a.raw, "errcode") {
		t.Fatalf("got %s", a.raw)
	}
	if kind := a.header.Get("Content-Type"); kind != "text/plain" {
		t.Errorf("content type %q, want the platform's text/plain", kind)
	}
	f.wantErr(f.login(code), 40163, "code been used, rid: ")
	f.clock.Add(5 * time.Minute)
	f.wantErr(f.login(code), 40029, "invalid code, rid: ")
	if b := f.login(f.Code(mpID, "m-li")); b.SessionKey == a.SessionKey {
		t.Error("each login must have its own session key")
	}
	if c := f.login(f.Code(mpID, "m-new")); c.OpenID != "m-new" || c.UnionID != "" {
		t.Errorf("an unknown person: got %s", c.raw)
	}
}

func TestLoginRefuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.must(f.AddUser(wxsim.User{AppID: mpID, OpenID: "m-risky", Risky: true}))
	late := f.Code(mpID, "m-li")
	f.clock.Add(5 * time.Minute)
	f.wantErr(f.login(late), 40029, "invalid code")
	f.wantErr(f.login("nonsense"), 40029, "invalid code")
	f.wantErr(f.login(f.PhoneCode(mpID, "m-li")), 40029, "invalid code")
	f.wantErr(f.login(""), 41008, "missing code")
	f.wantErr(f.login(f.Code(mpID, "m-risky")), 40226, "code blocked")
	for key, want := range map[string]int{"appid": 40013, "secret": 40125, "grant_type": 40002} {
		q := loginQuery(f.Code(mpID, "m-li"))
		q.Set(key, "wrong")
		if a := f.call("GET", wxsim.PathLogin, q, nil); a.ErrCode != want {
			t.Errorf("wrong %s: got %s, want %d", key, a.raw, want)
		}
	}
	if f.Code(mpID, "o-li") != "" || f.Code("wx0", "m-li") != "" || f.Code(oaID, "o-li") != "" {
		t.Error("want no code for an openid of another account, an unknown appid or a 服务号")
	}
	for range 100 {
		f.login(f.Code(mpID, "m-busy"))
	}
	f.wantErr(f.login(f.Code(mpID, "m-busy")), 45011, "api minute-quota")
}

func TestPhoneNumber(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ask := func(code string) answer {
		return f.call("POST", wxsim.PathPhoneNumber, withToken(f.token(mpID)), map[string]string{"code": code})
	}
	code := f.PhoneCode(mpID, "m-li")
	a := ask(code)
	f.wantOK(a)
	var info struct {
		PhoneNumber, PurePhoneNumber, CountryCode string
		Watermark                                 struct{ AppID string }
	}
	f.must(json.Unmarshal(a.Phone, &info))
	if info.PurePhoneNumber != "13800000000" || info.CountryCode != "86" || info.Watermark.AppID != mpID {
		t.Errorf("got %s", a.raw)
	}
	f.wantErr(ask(code), 40163, "code been used")
	f.wantErr(ask(f.Code(mpID, "m-li")), 40029, "invalid code")
	f.wantErr(ask(f.PhoneCode(mpID, "m-none")), 40029, "invalid code")
}

func TestUserInfoAndTicket(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	info := func(openID string) answer {
		return f.call("GET", wxsim.PathUserInfo, withTokenAnd(f.token(oaID), "openid", openID), nil)
	}
	if a := info("o-li"); !strings.Contains(a.raw, `"subscribe":1`) || a.UnionID != "u-li" || strings.Contains(a.raw, "李老师") {
		t.Errorf("a follower: got %s", a.raw)
	}
	if a := info("o-wang"); a.raw != `{"openid":"o-wang","subscribe":0,"tagid_list":[]}` {
		t.Errorf("a stranger: got %s", a.raw)
	}
	f.wantErr(info("m-li"), 40003, "invalid openid")
	ticket := func(kind string) answer {
		return f.call("GET", wxsim.PathTicket, withTokenAnd(f.token(oaID), "type", kind), nil)
	}
	first := ticket("jsapi")
	f.wantOK(first)
	f.clock.Add(time.Hour)
	if again := ticket("jsapi"); again.Ticket != first.Ticket || again.ExpiresIn != 3600 {
		t.Errorf("got %s", again.raw)
	}
	f.clock.Add(time.Hour)
	if next := ticket("jsapi"); next.Ticket == first.Ticket {
		t.Error("want a new ticket after 7200 s")
	}
	f.wantErr(ticket("other"), 40097, "invalid args")
}

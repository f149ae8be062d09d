package wxsim_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"shixi/wxmsg/wxsim"
)

func TestClearQuota(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(_ *wxsim.Options, a *wxsim.App) { a.DailyQuota = 1 })
	quota := func(path string) answer {
		return f.call("POST", wxsim.PathQuota, withToken(f.token(oaID)), map[string]string{"cgi_path": path})
	}
	clearAll := func(appID string) answer {
		return f.call("POST", wxsim.PathClearQuota, withToken(f.token(oaID)), map[string]string{"appid": appID})
	}
	f.wantOK(f.send(nil))
	f.wantErr(f.send(nil), 45009, "reach max api daily quota limit")
	if a := quota(wxsim.PathTemplateSend); !strings.Contains(a.raw, `"daily_limit":1,"used":1,"remain":0`) {
		t.Errorf("got %s", a.raw)
	}
	f.wantErr(quota("/cgi-bin/nothing"), 76022, "could not use this cgi_path")
	f.wantErr(clearAll(mpID), 40013, "invalid appid")
	f.wantOK(clearAll(oaID))
	f.wantOK(f.send(nil))
	for range 9 {
		f.wantOK(clearAll(oaID))
	}
	f.wantErr(clearAll(oaID), 48006, "forbid to clear quota")
	f.clock.Add(31 * 24 * time.Hour)
	f.wantOK(clearAll(oaID))
}

func TestUserInfos(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ask := func(openIDs ...string) answer {
		list := []map[string]string{}
		for _, id := range openIDs {
			list = append(list, map[string]string{"openid": id, "lang": "zh_CN"})
		}
		return f.call("POST", wxsim.PathUserInfos, withToken(f.token(oaID)), map[string]any{"user_list": list})
	}
	a := ask("o-li", "o-wang")
	if !strings.Contains(a.raw, `"unionid":"u-li"`) || !strings.Contains(a.raw, `{"openid":"o-wang","subscribe":0`) {
		t.Errorf("got %s", a.raw)
	}
	f.wantErr(ask("o-li", "m-li"), 40003, "invalid openid")
	f.wantErr(ask(), 40097, "invalid args")
	var many []string
	for i := range 101 {
		many = append(many, fmt.Sprint("o", i))
	}
	f.wantErr(ask(many...), 40097, "invalid args")
}

func TestPhoneQuotaAndCountry(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const appID = "wx9999000099990000"
	f.must(f.AddApp(wxsim.App{Kind: wxsim.MP, AppID: appID, Secret: oaSecret, OriginalID: "gh_3", Mode: wxsim.ModePlain, PhoneQuota: 1}))
	f.must(f.AddUser(wxsim.User{AppID: appID, OpenID: "x-1", Mobile: "2025550123", Country: "1"}))
	ask := func() answer {
		return f.call("POST", wxsim.PathPhoneNumber, withToken(f.token(appID)), map[string]string{"code": f.PhoneCode(appID, "x-1")})
	}
	if a := ask(); !strings.Contains(a.raw, `"phoneNumber":"+12025550123","purePhoneNumber":"2025550123","countryCode":"1"`) {
		t.Errorf("got %s", a.raw)
	}
	f.wantErr(ask(), 1400001, "phone number verification quota")
}

func TestLinkInAReplyIsShownAsOne(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(_ *wxsim.Options, a *wxsim.App) { a.Mode = wxsim.ModePlain })
	c := f.listen(oaID)
	c.answer(func(pushed) (int, string) {
		return 200, `<xml><ToUserName><![CDATA[o-li]]></ToUserName><FromUserName><![CDATA[gh_oa]]></FromUserName><CreateTime>1</CreateTime>` +
			`<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[请<a href="https://h5.example.com/a?b=1&c=2">点此</a>确认]]></Content></xml>`
	})
	if _, err := f.Click(context.Background(), oaID, "o-li", "KEY"); err != nil {
		t.Fatal(err)
	}
	got := f.Replies("o-li")
	if len(got) != 1 || got[0].Text != "请点此确认" || got[0].URL != "https://h5.example.com/a?b=1&c=2" {
		t.Errorf("got %+v", got)
	}
}

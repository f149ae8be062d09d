package wxsim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/wxmsg/wxsim"
)

func TestSendShowsOnThePhone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a := f.send(map[string]any{
		"url": "https://example.com/x", "client_msg_id": "p1",
		"miniprogram": map[string]string{"appid": mpID, "pagepath": "pages/index?id=1"},
		"data": map[string]any{
			"first": map[string]string{"value": "旧字段"}, "thing1": map[string]string{"value": "张三", "color": "#f00"},
			"time2": map[string]string{"value": "09:00"}, "phrase3": map[string]string{"value": "待处理"},
		},
	})
	f.wantOK(a)
	if a.MsgID < 1e18 {
		t.Errorf("msgid %d, want 19 digits", a.MsgID)
	}
	want := []wxsim.Message{{
		AppID: oaID, AppName: "实习备案", TemplateID: tmplID, Title: "学生报名提醒",
		Values: []wxsim.Value{{"thing1", "学生", "张三"}, {"time2", "时间", "09:00"}, {"phrase3", "状态", "待处理"}},
		URL:    "https://example.com/x", MiniProgram: mpID, Page: "pages/index?id=1",
		MsgID: a.MsgID, ClientMsgID: "p1", At: f.clock.Now(),
	}}
	if diff := cmp.Diff(want, f.Phone("o-li")); diff != "" {
		t.Error(diff)
	}
}

func TestSendRefuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.must(f.AddUser(wxsim.User{AppID: oaID, OpenID: "o-off", Subscribed: true}))
	f.must(f.AddUser(wxsim.User{AppID: oaID, OpenID: "o-black", Subscribed: true}))
	f.must(f.Block(oaID, "o-off"))
	f.must(f.Blacklist(oaID, "o-black"))
	f.must(f.AddTemplate(oaID, wxsim.Template{ID: "banned", Keywords: []wxsim.Keyword{{Key: "thing1"}}}))
	f.must(f.BanTemplate(oaID, "banned"))
	other := func(thing string) map[string]any {
		return map[string]any{"data": data("thing1", thing, "time2", "09:00", "phrase3", "待处理")}
	}
	tests := []struct {
		name    string
		changes map[string]any
		code    int
		text    string
	}{
		{"unknown openid", map[string]any{"touser": "o-nobody"}, 40003, "invalid openid rid: "},
		{"another app's openid", map[string]any{"touser": "m-li"}, 40003, "invalid openid"},
		{"no openid", map[string]any{"touser": nil}, 40003, "invalid openid"},
		{"not following", map[string]any{"touser": "o-wang"}, 43004, "require subscribe"},
		{"switched off", map[string]any{"touser": "o-off"}, 43101, "user refuse to accept the msg"},
		{"blacklisted", map[string]any{"touser": "o-black"}, 43019, "require remove blacklist"},
		{"no template", map[string]any{"template_id": nil}, 40036, "invalid template_id size"},
		{"unknown template", map[string]any{"template_id": "x"}, 40037, "invalid template_id"},
		{"banned template", map[string]any{"template_id": "banned"}, 43116, "template_id banned"},
		{"long url", map[string]any{"url": "https://e.com/" + strings.Repeat("a", 1024)}, 40039, "invalid url size"},
		{"long page", map[string]any{"miniprogram": map[string]string{"appid": mpID, "pagepath": strings.Repeat("a", 1025)}}, 40039, "invalid url size"},
		{"foreign mini-program", map[string]any{"miniprogram": map[string]string{"appid": "wx9"}}, 40013, "invalid appid"},
		{"long thing", other(strings.Repeat("长", 21)), 47003, "argument invalid! data.thing1.value invalid rid: "},
		{"line break", other("a\nb"), 47003, "argument invalid! data.thing1.value invalid"},
		{"empty thing", other(""), 47003, "argument invalid! data.thing1.value is empty rid: "},
		{"no data", map[string]any{"data": nil}, 47003, "argument invalid! data.thing1.value is empty"},
		{"full-width range", map[string]any{"data": data("thing1", "a", "time2", "09:00～10:00", "phrase3", "待处理")}, 47003, "argument invalid! data.time2.value invalid"},
		{"not an allowed value", map[string]any{"data": data("thing1", "a", "time2", "09:00", "phrase3", "已通过")}, 47003, "argument invalid! data.phrase3.value invalid"},
		{"key of no template", map[string]any{"data": data("thing1", "a", "time2", "09:00", "phrase3", "待处理", "thing9", "b")}, 47003, "argument invalid! data.thing9.value invalid"},
		{"number as value", map[string]any{"data": map[string]any{"thing1": map[string]any{"value": 1}}}, 47001, "data format error"},
		{"data of the wrong shape", map[string]any{"data": []int{1}}, 47001, "data format error"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := *f
			g.t = t
			g.wantErr(g.send(test.changes), test.code, test.text)
		})
	}
	f.wantErr(f.call("POST", wxsim.PathTemplateSend, nil, message(nil)), 41001, "access_token missing")
	f.wantErr(f.call("GET", wxsim.PathTemplateSend, withToken(f.token(oaID)), nil), 43002, "require POST method")
	f.wantErr(f.call("POST", wxsim.PathTemplateSend, withToken(f.token(oaID)), ""), 44002, "empty post data")
	f.wantErr(f.call("POST", wxsim.PathTemplateSend, withToken(f.token(oaID)), strings.Repeat(" ", 1<<20+1)), 45002, "content size")
	f.wantOK(f.send(map[string]any{"miniprogram": map[string]string{"appid": "", "pagepath": ""}}))
	if n := len(f.Phone("o-li")); n != 1 {
		t.Errorf("the phone shows %d messages, want only the good one", n)
	}
	want := map[int]int{0: 1, 40003: 3, 43004: 1, 43101: 1, 43019: 1, 40036: 1, 40037: 1, 43116: 1, 40039: 2,
		40013: 1, 47003: 7, 47001: 2, 41001: 1, 43002: 1, 44002: 1, 45002: 1}
	if diff := cmp.Diff(want, f.Sends()); diff != "" {
		t.Error(diff)
	}
}

func TestClientMsgIDHoldsTenMinutes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	once := map[string]any{"client_msg_id": "p1"}
	first := f.send(once)
	f.clock.Add(10*time.Minute - time.Nanosecond)
	if again := f.send(once); again.ErrCode != 0 || again.MsgID != first.MsgID {
		t.Fatalf("got %s, want the same msgid", again.raw)
	}
	f.must(f.AddUser(wxsim.User{AppID: oaID, OpenID: "o-zhao", Subscribed: true}))
	if a := f.send(map[string]any{"client_msg_id": "p1", "touser": "o-zhao"}); a.MsgID == first.MsgID {
		t.Error("another openid with the same client_msg_id must get its own message")
	}
	if n := len(f.Phone("o-li")); n != 1 {
		t.Fatalf("the phone shows %d messages, want 1", n)
	}
	f.clock.Add(time.Nanosecond)
	if late := f.send(once); late.MsgID == first.MsgID {
		t.Error("after ten minutes the message must be new")
	}
	if n := len(f.Phone("o-li")); n != 2 {
		t.Errorf("the phone shows %d messages, want 2: the duplicate must be seen", n)
	}
	if got := f.Stats(); got.Accepted != 3 || got.Suppressed != 1 || got.Repeated != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestRefusedSendDoesNotUseTheClientMsgID(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	bad := map[string]any{"client_msg_id": "p1", "data": data("thing1", "")}
	f.wantErr(f.send(bad), 47003, "argument invalid!")
	f.wantOK(f.send(map[string]any{"client_msg_id": "p1"}))
	if n := len(f.Phone("o-li")); n != 1 {
		t.Errorf("the phone shows %d messages, want 1", n)
	}
}

func TestQuotas(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(_ *wxsim.Options, a *wxsim.App) { a.DailyQuota, a.MinuteQuota = 4, 3 })
	for range 3 {
		f.wantOK(f.send(nil))
	}
	f.wantErr(f.send(nil), 45011, "api minute-quota reach limit must slower retry next minute")
	f.clock.Add(time.Minute)
	f.wantOK(f.send(nil))
	f.wantErr(f.send(nil), 45009, "reach max api daily quota limit")
	f.clock.Add(14*time.Hour + 58*time.Minute) // 23:59 in China
	f.wantErr(f.send(nil), 45009, "reach max api daily quota limit")
	f.clock.Add(time.Minute)
	f.wantOK(f.send(nil))
}

func TestPhoneKeepsTheNewest(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *wxsim.Options, _ *wxsim.App) { o.PhoneLimit = 3 })
	for i := range 5 {
		f.wantOK(f.send(map[string]any{"client_msg_id": fmt.Sprint(i)}))
	}
	var ids []string
	for _, m := range f.Phone("o-li") {
		ids = append(ids, m.ClientMsgID)
	}
	if diff := cmp.Diff([]string{"2", "3", "4"}, ids); diff != "" {
		t.Error(diff)
	}
}

func TestTemplateLibrary(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a := f.call("GET", wxsim.PathTemplates, withToken(f.token(oaID)), nil)
	want := `{"template_list":[{"template_id":"signed-up","title":"学生报名提醒","primary_industry":"","deputy_industry":"",` +
		`"content":"学生:{{thing1.DATA}}\n时间:{{time2.DATA}}\n状态:{{phrase3.DATA}}\n","example":""}]}`
	if a.raw != want {
		t.Errorf("got %s\nwant %s", a.raw, want)
	}
	f.must(f.RemoveTemplate(oaID, tmplID))
	f.wantErr(f.send(nil), 40037, "invalid template_id")
	if ids := f.TemplateIDs(oaID); len(ids) != 0 {
		t.Errorf("got %v", ids)
	}
	for i := range 25 {
		f.must(f.AddTemplate(oaID, wxsim.Template{ID: fmt.Sprint(i), Keywords: []wxsim.Keyword{{Key: "thing1"}}}))
	}
	if err := f.AddTemplate(oaID, wxsim.Template{ID: "26th", Keywords: []wxsim.Keyword{{Key: "thing1"}}}); err == nil {
		t.Error("a library must hold 25 templates at most")
	}
}

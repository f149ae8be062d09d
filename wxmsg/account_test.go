package wxmsg

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/silenceper/wechat/v2/util"
)

func TestCreateQR(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	var got string
	f.onCall = func(w http.ResponseWriter, r *http.Request, body []byte) {
		got = r.Method + " " + r.URL.Path + " " + string(body)
		fmt.Fprint(w, `{"ticket":"gQH+8/w==","expire_seconds":600,"url":"http://weixin.qq.com/q/abc"}`)
	}
	now := newClock()
	c := newTestClient(t, f, Options{Now: now.now})
	qr, err := c.CreateQR(context.Background(), "bind:<42>", time.Hour)
	want := QR{Ticket: "gQH+8/w==", URL: "http://weixin.qq.com/q/abc", Expires: now.now().Add(10 * time.Minute)}
	if diff := cmp.Diff(want, qr); err != nil || diff != "" {
		t.Errorf("%v (-want, +got)\n%s", err, diff)
	}
	wantBody := `POST /cgi-bin/qrcode/create {"action_info":{"scene":{"scene_str":"bind:<42>"}},"action_name":"QR_STR_SCENE","expire_seconds":3600}`
	if got != wantBody {
		t.Errorf("got %s", got)
	}
	if image := qr.ImageURL(); image != "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQH%2B8%2Fw%3D%3D" {
		t.Errorf("image at %s", image)
	}
	for _, bad := range []struct {
		scene string
		ttl   time.Duration
	}{{"", time.Hour}, {strings.Repeat("字", 65), time.Hour}, {"\xff", time.Hour}, {"a", time.Millisecond}, {"a", 31 * 24 * time.Hour}} {
		if _, err := c.CreateQR(context.Background(), bad.scene, bad.ttl); ClassOf(err) != Payload {
			t.Errorf("%q, %v: %v", bad.scene, bad.ttl, err)
		}
	}
	if f.counts().sends != 1 {
		t.Errorf("%+v", f.counts())
	}
	f.set(func(f *fakeAPI) { f.onCall = answer(200, `{"expire_seconds":600}`) })
	if _, err := c.CreateQR(context.Background(), "a", time.Hour); ClassOf(err) != Ambiguous {
		t.Errorf("no ticket: %v", err)
	}
	f.set(func(f *fakeAPI) { f.onCall = answer(200, `{"errcode":40053,"errmsg":"invalid action_info"}`) })
	if _, err := c.CreateQR(context.Background(), "a", time.Hour); ClassOf(err) != Payload {
		t.Errorf("40053: %v", err)
	}
}

func TestUserInfo(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	var query string
	body := ""
	f.onCall = func(w http.ResponseWriter, r *http.Request, _ []byte) {
		query = r.Method + " " + r.URL.Path + " " + r.URL.Query().Get("openid")
		fmt.Fprint(w, body)
	}
	c := newTestClient(t, f, Options{})
	cases := []struct {
		body  string
		want  UserInfo
		class Class
	}{
		{`{"subscribe":1,"openid":"o&1","unionid":"u1","subscribe_time":1714112445}`, UserInfo{Subscribed: true, UnionID: "u1"}, ""},
		{`{"subscribe":0,"openid":"o&1"}`, UserInfo{}, ""},
		{`{"errcode":40003,"errmsg":"invalid openid"}`, UserInfo{}, Refused},
		{`{}`, UserInfo{}, Ambiguous},
	}
	for _, tc := range cases {
		body = tc.body
		got, err := c.UserInfo(context.Background(), "o&1")
		if got != tc.want || ClassOf(err) != tc.class || query != "GET /cgi-bin/user/info o&1" {
			t.Errorf("%s: got %+v, %v, %s", tc.body, got, err, query)
		}
	}
	if _, err := c.UserInfo(context.Background(), ""); ClassOf(err) != Payload {
		t.Errorf("no openid: %v", err)
	}
}

func TestTemplatesOfTheAccount(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	f.onCall = answer(200, `{"template_list":[{"template_id":"ngq","title":"报名通知","primary_industry":"","content":"学生:{{thing1.DATA}}","example":"学生:张三"}]}`)
	c := newTestClient(t, f, Options{})
	got, err := c.Templates(context.Background())
	want := []AccountTemplate{{ID: "ngq", Title: "报名通知", Content: "学生:{{thing1.DATA}}", Example: "学生:张三"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want, +got)\n%s", err, diff)
	}
	f.set(func(f *fakeAPI) { f.onCall = answer(200, `{"errcode":48001,"errmsg":"unauthorized"}`) })
	if _, err := c.Templates(context.Background()); ClassOf(err) != Config {
		t.Errorf("48001: %v", err)
	}
}

func TestCode2Session(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	status, body := 200, ""
	var query string
	f.onCall = func(w http.ResponseWriter, r *http.Request, _ []byte) {
		q := r.URL.Query()
		query = fmt.Sprintf("%s%s%s%s%s%s", r.URL.Path, q["appid"], q["secret"], q["js_code"], q["grant_type"], q["access_token"])
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
	c := newTestClient(t, f, Options{})
	cases := []struct {
		status int
		body   string
		want   MPSession
		class  Class
		code   int
	}{
		{200, `{"openid":"o1","session_key":"k","unionid":"u1"}`, MPSession{OpenID: "o1", UnionID: "u1"}, "", 0},
		{200, `{"openid":"o1","session_key":"k"}`, MPSession{OpenID: "o1"}, "", 0},
		{200, `{"errcode":40029,"errmsg":"invalid code rid: 65f0a1b2-1c2d"}`, MPSession{}, Payload, 40029},
		{200, `{"errcode":40163,"errmsg":"code been used"}`, MPSession{}, Payload, 40163},
		{200, `{"errcode":40226,"errmsg":"code blocked"}`, MPSession{}, Refused, 40226},
		{200, `{"errcode":45011,"errmsg":"too often"}`, MPSession{}, Pace, 45011},
		{200, `{"errcode":-1,"errmsg":"busy"}`, MPSession{}, Transient, -1},
		{200, `{"errcode":40001,"errmsg":"invalid secret"}`, MPSession{}, Config, 40001},
		{200, `{}`, MPSession{}, Ambiguous, 0},
		{200, `<html>`, MPSession{}, Ambiguous, 0},
		{200, `{"openid":"` + strings.Repeat("a", MaxBody) + `"}`, MPSession{}, Ambiguous, 0},
		{502, `{"openid":"o1"}`, MPSession{}, Ambiguous, 0},
		{302, ``, MPSession{}, Ambiguous, 0},
	}
	for _, tc := range cases {
		status, body = tc.status, tc.body
		got, err := c.Code2Session(context.Background(), "c&appid=evil#")
		if got != tc.want || ClassOf(err) != tc.class {
			t.Errorf("%.60s: got %+v, %v", tc.body, got, err)
		}
		var e *Error
		if errors.As(err, &e) && (e.Code != tc.code || !e.Started || e.HTTPStatus != tc.status) {
			t.Errorf("%.60s: got %+v", tc.body, e)
		}
		if want := "/sns/jscode2session[" + testAppID + "][" + testSecret + "][c&appid=evil#][authorization_code][]"; query != want {
			t.Errorf("asked %s", query)
		}
	}
	if got := f.counts(); got.sends != len(cases) || got.fetches != 0 {
		t.Errorf("%+v: a login needs no token and is not repeated", got)
	}
	for _, code := range []string{"", strings.Repeat("a", 129)} {
		if _, err := c.Code2Session(context.Background(), code); ClassOf(err) != Payload {
			t.Errorf("%d characters: %v", len(code), err)
		}
	}
}

func TestCode2SessionTimesOut(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	f.onCall = func(_ http.ResponseWriter, r *http.Request, _ []byte) { <-r.Context().Done() }
	c := newTestClient(t, f, Options{Timeout: 100 * time.Millisecond})
	_, err := c.Code2Session(context.Background(), "c")
	if ClassOf(err) != Ambiguous || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// TestSDKCallsOfOtherOriginsAreRefused: a call that forgets its context would
// go to the real platform with nobody's time-out.
func TestSDKCallsOfOtherOriginsAreRefused(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	c := newTestClient(t, f, Options{})
	if _, err := util.HTTPGet("https://api.weixin.qq.com/cgi-bin/x"); !errors.Is(err, errNoRoute) {
		t.Errorf("without a route: %v", err)
	}
	if _, err := util.PostJSON("https://api.weixin.qq.com/cgi-bin/x", 1); !errors.Is(err, errNoRoute) {
		t.Errorf("without a route: %v", err)
	}
	err := c.viaSDK(context.Background(), "op", func(ctx context.Context) (int64, string, error) {
		_, err := util.HTTPGetContext(ctx, "https://mp.weixin.qq.com/cgi-bin/x")
		return 0, "", err
	})
	if ClassOf(err) != NotSent || f.counts().sends != 0 {
		t.Errorf("another host: %v", err)
	}
}

// TestSDKRootIsNotLinked: the SDK's root package changes the process's logging
// when it is merely imported.
func TestSDKRootIsNotLinked(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Skip("no go command here:", err)
	}
	for _, pkg := range strings.Fields(string(out)) {
		if pkg == "github.com/silenceper/wechat/v2" || strings.HasPrefix(pkg, "github.com/sirupsen/logrus") {
			t.Errorf("imports %s", pkg)
		}
		if strings.HasPrefix(pkg, "shixi/") && pkg != "shixi/wxmsg" {
			t.Errorf("imports %s", pkg)
		}
	}
}

package wxsim_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"shixi/wxmsg"
	"shixi/wxmsg/wxsim"
)

// scene makes a temporary QR code of the 服务号 and returns its scene.
func (f *fixture) scene(scene string) string {
	f.t.Helper()
	f.qr(f.token(oaID), "QR_STR_SCENE", 600, map[string]any{"scene_str": scene})
	return scene
}

var notTime = cmpopts.IgnoreFields(event{}, "CreateTime")

func TestFollowUnfollow(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.listen(oaID)
	f.must(f.Follow(oaID, "o-wang", "u-wang"))
	want := event{ToUserName: "gh_oa", FromUserName: "o-wang", MsgType: "event", Event: "subscribe"}
	if diff := cmp.Diff(want, c.next().event, notTime); diff != "" {
		t.Error(diff)
	}
	f.wantOK(f.send(map[string]any{"touser": "o-wang"}))
	c.next() // the receipt
	f.must(f.Follow(oaID, "o-wang", "u-wang"))
	c.none()
	f.must(f.Unfollow(oaID, "o-wang"))
	want.Event = "unsubscribe"
	if diff := cmp.Diff(want, c.next().event, notTime); diff != "" {
		t.Error(diff)
	}
	f.wantErr(f.send(map[string]any{"touser": "o-wang"}), 43004, "require subscribe")
	f.must(f.Unfollow(oaID, "o-wang"))
	c.none()
}

func TestFollowingAnewSwitchesMessagesOn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.must(f.Block(oaID, "o-li"))
	f.must(f.Unfollow(oaID, "o-li"))
	f.must(f.Follow(oaID, "o-li", ""))
	f.wantOK(f.send(nil))
}

func TestControlErrors(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if err := f.Follow("wx0", "o-x", ""); !errors.Is(err, wxsim.ErrUnknownApp) {
		t.Errorf("got %v", err)
	}
	if err := f.Follow(mpID, "o-li", ""); !errors.Is(err, wxsim.ErrOpenIDTaken) {
		t.Errorf("got %v", err)
	}
	if err := f.Unfollow(oaID, "o-nobody"); !errors.Is(err, wxsim.ErrUnknownUser) {
		t.Errorf("got %v", err)
	}
	if err := f.Wait(context.Background(), "o-nobody", nil); !errors.Is(err, wxsim.ErrUnknownUser) {
		t.Errorf("got %v", err)
	}
	for _, app := range []wxsim.App{
		{AppID: oaID, Secret: "s"}, {AppID: "wx1"}, {AppID: "wx1", Secret: "s", Mode: "both"},
		{AppID: "wx1", Secret: "s", Format: "yaml"}, {AppID: "wx1", Secret: "s", AESKey: "short", Token: "t"},
		{AppID: "wx1", Secret: "s", Callback: "ftp://x/"}, {AppID: "wx1", Secret: "s", Callback: "http://x/"},
	} {
		if err := f.AddApp(app); !errors.Is(err, wxsim.ErrConfig) {
			t.Errorf("AddApp(%+v): got %v", app, err)
		}
	}
	if err := f.AddTemplate(oaID, wxsim.Template{ID: "x", Keywords: []wxsim.Keyword{{Key: "keyword1"}}}); !errors.Is(err, wxsim.ErrConfig) {
		t.Errorf("got %v, want a refusal of an untyped key", err)
	}
	if _, err := wxsim.New(wxsim.Options{}).Start("0.0.0.0:0"); !errors.Is(err, wxsim.ErrNotLoopback) {
		t.Errorf("got %v", err)
	}
}

func TestScan(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.listen(oaID)
	ctx := context.Background()
	f.scene("bind-1")
	if _, err := f.Scan(ctx, oaID, "o-wang", "bind-2"); !errors.Is(err, wxsim.ErrUnknownScene) {
		t.Errorf("got %v, want no scan of a code that was never made", err)
	}
	if _, err := f.Scan(ctx, oaID, "o-wang", "bind-1"); err != nil {
		t.Fatal(err)
	}
	got := c.next().event
	if got.Event != "subscribe" || got.EventKey != "qrscene_bind-1" || got.Ticket == "" {
		t.Errorf("a non-follower's scan: got %+v", got)
	}
	if _, err := f.Scan(ctx, oaID, "o-wang", "bind-1"); err != nil {
		t.Fatal(err)
	}
	got = c.next().event
	if got.Event != "SCAN" || got.EventKey != "bind-1" || got.Ticket == "" {
		t.Errorf("a follower's scan: got %+v", got)
	}
	info := f.call("GET", wxsim.PathUserInfo, withTokenAnd(f.token(oaID), "openid", "o-wang"), nil)
	if !strings.Contains(info.raw, `"subscribe":1`) || !strings.Contains(info.raw, `"qr_scene_str":"bind-1"`) {
		t.Errorf("user/info: got %s", info.raw)
	}
	f.clock.Add(10 * time.Minute)
	if _, err := f.Scan(ctx, oaID, "o-wang", "bind-1"); !errors.Is(err, wxsim.ErrUnknownScene) {
		t.Errorf("got %v, want no scan of an expired code", err)
	}
}

func TestEncryptedReplyIsOpenedAndShown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.listen(oaID)
	sealed := func(text, signature string) string {
		clear := `<xml><ToUserName><![CDATA[o-li]]></ToUserName><FromUserName><![CDATA[gh_oa]]></FromUserName>` +
			`<CreateTime>1</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[` + text + `]]></Content></xml>`
		encrypted, err := c.cipher.Encrypt([]byte(clear), [16]byte{1})
		f.must(err)
		if signature == "" {
			signature = wxmsg.Signature(cbToken, "12", "34", encrypted)
		}
		return fmt.Sprintf(`<xml><Encrypt>%s</Encrypt><MsgSignature>%s</MsgSignature><TimeStamp>12</TimeStamp><Nonce>34</Nonce></xml>`, encrypted, signature)
	}
	scene := f.scene("s")
	c.answer(func(pushed) (int, string) { return 200, sealed("绑定成功", "") })
	reply, err := f.Scan(context.Background(), oaID, "o-li", scene)
	if err != nil || reply.Status != 200 || reply.Attempts != 1 || !strings.Contains(string(reply.Message), "绑定成功") {
		t.Fatalf("got %+v, %v", reply, err)
	}
	if got := f.Replies("o-li"); len(got) != 1 || got[0].Text != "绑定成功" {
		t.Errorf("got %+v", got)
	}
	for name, text := range map[string]string{
		"plain": "<xml><MsgType>text</MsgType></xml>", "wrong signature": sealed("x", "00"), "empty text": sealed("", ""), "not XML": "{}",
	} {
		c.answer(func(pushed) (int, string) { return 200, text })
		if _, err := f.Click(context.Background(), oaID, "o-li", "KEY"); !errors.Is(err, wxsim.ErrCallback) {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
	}
}

func TestPushCanBeHostile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var query []string
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := make([]byte, 4096)
		n, _ := r.Body.Read(b)
		q := r.URL.Query()
		query, body = []string{q.Get("signature"), q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce"), q.Get("keep")}, string(b[:n])
	}))
	defer server.Close()
	f.must(f.SetCallback(oaID, server.URL+"/cb?keep=1"))
	cipher, err := wxmsg.NewCipher(cbToken, aesKey, oaID)
	f.must(err)
	push := func(options ...wxsim.PushOption) (signed, opened bool) {
		t.Helper()
		reply, err := f.Push(context.Background(), oaID, "<xml/>", append(options, wxsim.Nonce("n1"))...)
		if err != nil || reply.Attempts != 1 || query[3] != "n1" || query[4] != "1" {
			t.Fatalf("got %+v, %v, %v", reply, err, query)
		}
		var sealed struct{ Encrypt string }
		decode(body, &sealed)
		if query[0] != wxmsg.Signature(cbToken, query[2], "n1") {
			t.Error("the plain signature is wrong")
		}
		text, err := cipher.Decrypt(sealed.Encrypt)
		return query[1] == wxmsg.Signature(cbToken, query[2], "n1", sealed.Encrypt), err == nil && string(text) == "<xml/>"
	}
	tests := []struct {
		name           string
		option         wxsim.PushOption
		signed, opened bool
	}{
		{"honest", wxsim.FromOpenID("o-li"), true, true},
		{"signature", wxsim.BadSignature(), false, true},
		{"ciphertext", wxsim.BadCiphertext(), true, false},
		{"appid", wxsim.ForAppID("wxother"), true, false},
		{"plain", wxsim.Unencrypted(), false, false},
		{"old", wxsim.SignedAt(time.Unix(1, 0)), true, true},
	}
	for _, test := range tests {
		if signed, opened := push(test.option); signed != test.signed || opened != test.opened {
			t.Errorf("%s: signed %v, opened %v", test.name, signed, opened)
		}
	}
	if query[2] != "1" {
		t.Errorf("timestamp %s, want 1", query[2])
	}
	if push(wxsim.Unencrypted()); body != "<xml/>" {
		t.Errorf("got %q, want the plain body", body)
	}
}

func TestPushRendersFieldsInTheAccountsFormat(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	oa, mp := f.listen(oaID), f.listen(mpID)
	fields := wxsim.Fields{{Name: "A", Value: "x]]>y&"}, {Name: "N", Value: int64(7)}, {Name: "L", Value: []wxsim.Fields{{{Name: "B", Value: "1"}}, {{Name: "B", Value: "2"}}}}}
	_, err := f.Push(context.Background(), oaID, fields)
	f.must(err)
	_, err = f.Push(context.Background(), mpID, fields)
	f.must(err)
	if got, want := oa.next().body, "<xml><A><![CDATA[x]]]]><![CDATA[>y&]]></A><N>7</N><L><B><![CDATA[1]]></B></L><L><B><![CDATA[2]]></B></L></xml>"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := mp.next().body, `{"A":"x]]>y&","N":7,"L":[{"B":"1"},{"B":"2"}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	_, err = f.Push(context.Background(), mpID, map[string]int{"x": 1})
	f.must(err)
	if _, err := f.Push(context.Background(), oaID, map[string]int{}); !errors.Is(err, wxsim.ErrConfig) {
		t.Errorf("got %v", err)
	}
}

func TestTextAndVerify(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.listen(oaID)
	_, err := f.Text(context.Background(), oaID, "o-li", "你好")
	f.must(err)
	if got := c.next().event; got.Content != "你好" || got.MsgType != "text" || got.MsgId == 0 {
		t.Errorf("got %+v", got)
	}
	if err := f.Verify(context.Background(), oaID); !errors.Is(err, wxsim.ErrCallback) {
		t.Errorf("got %v, want a refusal of %q for the echostr", err, "success")
	}
	c.answer(func(p pushed) (int, string) { return 200, p.query.Get("echostr") })
	f.must(f.Verify(context.Background(), oaID))
}

func TestWait(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	result := make(chan error, 1)
	asked := make(chan int, 10)
	go func() {
		result <- f.Wait(context.Background(), "o-li", func(m []wxsim.Message) bool {
			asked <- len(m)
			return len(m) == 2
		})
	}()
	if <-asked != 0 {
		t.Error("want the first question at once")
	}
	f.send(nil)
	f.send(nil)
	if err := <-result; err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := f.Wait(ctx, "o-li", func([]wxsim.Message) bool { return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

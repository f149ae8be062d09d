package wxmsg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// answer makes every call to the API return a status and a body.
func answer(status int, body string) func(http.ResponseWriter, *http.Request, []byte) {
	return func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func TestSendTemplateWritesTheDocumentedBody(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	var got string
	f.onCall = func(w http.ResponseWriter, r *http.Request, body []byte) {
		got = r.Method + " " + r.URL.Path + " " + r.Header.Get("Content-Type") + " " + string(body)
		fmt.Fprint(w, `{"errcode":0,"errmsg":"ok","msgid":3557254367693750277}`)
	}
	c := newTestClient(t, f, Options{})
	head := "POST /cgi-bin/message/template/send application/json; charset=utf-8 "
	cases := []struct {
		m    TemplateMessage
		want string
	}{
		{TemplateMessage{ToUser: "o1", TemplateID: "t1", Data: map[string]string{"thing1": "<A&B>"}},
			`{"touser":"o1","template_id":"t1","data":{"thing1":{"value":"<A&B>"}}}`},
		{TemplateMessage{ToUser: "o1", TemplateID: "t1", URL: "https://example.com/?a=1&b=2", ClientMsgID: "p1",
			MiniProgram: &MiniProgram{AppID: "wx1", PagePath: "pages/p?id=1&x=2"}, Data: map[string]string{"time2": "10:00", "thing1": "张三"}},
			`{"touser":"o1","template_id":"t1","url":"https://example.com/?a=1&b=2","miniprogram":{"appid":"wx1","pagepath":"pages/p?id=1&x=2"},"data":{"thing1":{"value":"张三"},"time2":{"value":"10:00"}},"client_msg_id":"p1"}`},
		{TemplateMessage{ToUser: "o1", TemplateID: "t1", MiniProgram: &MiniProgram{AppID: "wx1"}, Data: map[string]string{"a": ""}},
			`{"touser":"o1","template_id":"t1","miniprogram":{"appid":"wx1"},"data":{"a":{"value":""}}}`},
	}
	for _, tc := range cases {
		sent, err := c.SendTemplate(context.Background(), tc.m)
		if err != nil || sent.MsgID != 3557254367693750277 {
			t.Errorf("got %+v, %v", sent, err)
		}
		if diff := cmp.Diff(head+tc.want, got); diff != "" {
			t.Errorf("(-want, +got)\n%s", diff)
		}
	}
}

func TestSendTemplateReadsAnswers(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, body string
		msgID      int64
		class      Class
	}{
		{"msgid as a string", `{"errcode":0,"errmsg":"ok","msgid":"3557254367693750277"}`, 3557254367693750277, ""},
		{"no errcode", `{"msgid":5}`, 5, ""},
		{"accepted without a msgid", `{"errcode":0,"errmsg":"ok"}`, 0, ""},
		{"says nothing", `{}`, 0, Ambiguous},
		{"errcode as a string", `{"errcode":"43004","errmsg":"require subscribe"}`, 0, Refused},
		{"msgid is no integer", `{"errcode":0,"msgid":3.5e18}`, 0, Ambiguous},
		{"an error has no msgid", `{"errcode":43101,"errmsg":"user refuse","msgid":7}`, 0, Refused},
	}
	for _, tc := range cases {
		f := newFakeAPI(t)
		f.onCall = answer(200, tc.body)
		sent, err := newTestClient(t, f, Options{}).SendTemplate(context.Background(), testMessage())
		if sent.MsgID != tc.msgID || ClassOf(err) != tc.class {
			t.Errorf("%s: got %+v, %v", tc.name, sent, err)
		}
	}
}

func TestEveryCodeComesBackTyped(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	c := newTestClient(t, f, Options{})
	for _, info := range append(Codes(), CodeInfo{Code: 987654, Class: Unknown}) {
		if info.Class == Token {
			continue // TestSecondRefusalIsFinal
		}
		f.set(func(f *fakeAPI) {
			f.onCall = answer(200, fmt.Sprintf(`{"errcode":%d,"errmsg":"said [%s] rid: 65f0a1b2-1c2d"}`, info.Code, testOpenID))
			f.sends = 0
		})
		err := send(c)
		var e *Error
		if !errors.As(err, &e) || e.Code != info.Code || e.Class != info.Class || e.RetryAfter != info.RetryAfter || !e.Started ||
			e.RID != "65f0a1b2-1c2d" || e.Op != opTemplateSend || e.HTTPStatus != 200 {
			t.Errorf("%d: got %+v", info.Code, err)
		}
		if strings.Contains(err.Error(), testOpenID) || !strings.Contains(err.Error(), info.Meaning) {
			t.Errorf("%d: text %q", info.Code, err)
		}
		if got := f.counts().sends; got != 1 {
			t.Errorf("%d: sent %d times", info.Code, got)
		}
	}
}

func TestAnswerLostAfterTheRequestLeft(t *testing.T) {
	t.Parallel()
	hijacked := func(write string) func(http.ResponseWriter, *http.Request, []byte) {
		return func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			conn, buf, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			fmt.Fprint(buf, write)
			buf.Flush()
			conn.Close()
		}
	}
	cases := map[string]func(http.ResponseWriter, *http.Request, []byte){
		"500":            answer(500, `{"errcode":0,"msgid":1}`),
		"404":            answer(404, ""),
		"redirect":       func(w http.ResponseWriter, r *http.Request, _ []byte) { http.Redirect(w, r, "/elsewhere", 307) },
		"HTML":           answer(200, "<html>busy</html>"),
		"empty":          answer(200, ""),
		"truncated JSON": answer(200, `{"errcode":0,"msg`),
		"too large":      answer(200, `{"errmsg":"`+strings.Repeat("a", MaxBody)+`","errcode":0}`),
		"closed":         hijacked(""),
		"closed midway":  hijacked("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"errcode\":0"),
		"not HTTP":       hijacked("hello access_token=" + testToken + "\r\n\r\n"),
		"time-out":       func(_ http.ResponseWriter, r *http.Request, _ []byte) { <-r.Context().Done() },
		"time-out midway": func(w http.ResponseWriter, r *http.Request, _ []byte) {
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	}
	for name, call := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeAPI(t)
			f.onCall = call
			c := newTestClient(t, f, Options{Timeout: 500 * time.Millisecond})
			if err := c.Ping(context.Background()); err != nil {
				t.Fatal(err)
			}
			err := send(c)
			var e *Error
			if !errors.As(err, &e) || e.Class != Ambiguous || !e.Started || e.Code != 0 {
				t.Fatalf("got %+v", err)
			}
			if f.counts().sends != 1 {
				t.Errorf("sent %d times", f.counts().sends)
			}
			if strings.HasPrefix(name, "time-out") && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("not recognised as a time-out: %v", err)
			}
			if strings.Contains(err.Error(), testToken) {
				t.Errorf("leaks: %v", err)
			}
		})
	}
}

func TestFailedBeforeTheRequestLeft(t *testing.T) {
	t.Parallel()
	want := func(t *testing.T, err error, cause error) {
		t.Helper()
		var e *Error
		if !errors.As(err, &e) || e.Class != NotSent || e.Started || cause != nil && !errors.Is(err, cause) {
			t.Errorf("got %+v", err)
		}
	}
	t.Run("context over", func(t *testing.T) {
		t.Parallel()
		f := newFakeAPI(t)
		c := newTestClient(t, f, Options{})
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := c.SendTemplate(ctx, testMessage())
		want(t, err, context.Canceled)
		if err := c.Ping(context.Background()); err != nil {
			t.Fatal(err)
		}
		_, err = c.SendTemplate(ctx, testMessage())
		want(t, err, context.Canceled)
		_, err = c.Code2Session(ctx, "code")
		want(t, err, context.Canceled)
		if f.counts().sends != 0 {
			t.Error("something was sent")
		}
	})
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		f := newFakeAPI(t)
		c := newTestClient(t, f, Options{})
		if err := c.Ping(context.Background()); err != nil {
			t.Fatal(err)
		}
		f.Close()
		c.transport.CloseIdleConnections() // writing into one that is just being closed is ambiguous, rightly
		want(t, send(c), nil)
		_, err := c.Code2Session(context.Background(), "code")
		want(t, err, nil)
	})
	t.Run("all connections busy", func(t *testing.T) {
		t.Parallel()
		f := newFakeAPI(t)
		release, busy := make(chan struct{}), make(chan struct{})
		var once sync.Once
		f.onCall = func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			once.Do(func() { close(busy) })
			<-release
			fmt.Fprint(w, `{"errcode":0,"msgid":1}`)
		}
		c := newTestClient(t, f, Options{MaxConns: 1})
		first := make(chan error, 1)
		go func() { first <- send(c) }()
		<-busy
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		_, err := c.SendTemplate(ctx, testMessage())
		want(t, err, context.DeadlineExceeded)
		close(release)
		if err := <-first; err != nil {
			t.Error(err)
		}
		if f.counts().sends != 1 {
			t.Errorf("sent %d times", f.counts().sends)
		}
	})
	t.Run("TLS fails", func(t *testing.T) {
		t.Parallel()
		f := newFakeAPI(t)
		c := newTestClient(t, f, Options{Base: strings.Replace(f.URL, "http:", "https:", 1)})
		want(t, send(c), nil)
	})
}

func TestCancelledWhileWaitingForTheAnswer(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	arrived := make(chan struct{})
	f.onCall = func(_ http.ResponseWriter, r *http.Request, _ []byte) { close(arrived); <-r.Context().Done() }
	c := newTestClient(t, f, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := c.SendTemplate(ctx, testMessage())
		done <- err
	}()
	<-arrived
	cancel()
	err := <-done
	if ClassOf(err) != Ambiguous || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestNothingSecretIsLoggedOrReturned(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	var logs buffer
	server, r := newRedis(t)
	now := newClock()
	c := newTestClient(t, f, Options{Redis: r, Log: testLog(&logs), Now: now.now})
	var texts []string
	note := func(err error) {
		if err == nil {
			t.Error("no error where one was wanted")
			return
		}
		texts = append(texts, fmt.Sprintf("%v %+v %#v", err, err, err))
	}
	ctx := context.Background()
	f.onCall = answer(500, "")
	note(send(c))
	_, err := c.Code2Session(ctx, "the-login-code-1234")
	note(err)
	_, err = c.UserInfo(ctx, testOpenID)
	note(err)
	f.set(func(f *fakeAPI) { f.onCall = answer(200, `{"errcode":40003,"errmsg":"invalid openid `+testOpenID+`"}`) })
	_, err = c.UserInfo(ctx, testOpenID)
	note(err)
	f.set(func(f *fakeAPI) { f.onCall = answer(200, `not JSON access_token=`+testToken) })
	note(send(c))
	_, err = c.Code2Session(ctx, "the-login-code-1234")
	note(err)
	f.set(func(f *fakeAPI) { f.rotates = false })
	f.refuse(40001)
	note(send(c)) // forces a new token
	server.Close()
	f.refuse(40001)
	note(send(c))
	f.set(func(f *fakeAPI) {
		f.onToken = func() (int, string) {
			return 200, `{"errcode":40125,"errmsg":"invalid appsecret ` + testSecret + `"}`
		}
	})
	now.forward(3 * time.Hour)
	note(send(c))
	f.Close()
	_, err = c.Code2Session(ctx, "the-login-code-1234")
	note(err)

	all := logs.String() + strings.Join(texts, "\n")
	for _, secret := range []string{testToken, testSecret, testOpenID, "the-login-code", "张三", "push-1"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q in\n%s", secret, all)
		}
	}
	if !strings.Contains(logs.String(), "forcing a new access token") || !strings.Contains(logs.String(), testAppID) {
		t.Errorf("logs say too little:\n%s", logs.String())
	}
}

func TestSendTemplateRefusesEmptyMessages(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	c := newTestClient(t, f, Options{})
	for _, change := range []func(*TemplateMessage){
		func(m *TemplateMessage) { m.ToUser = "" },
		func(m *TemplateMessage) { m.TemplateID = "" },
		func(m *TemplateMessage) { m.Data = nil },
	} {
		m := testMessage()
		change(&m)
		_, err := c.SendTemplate(context.Background(), m)
		var e *Error
		if !errors.As(err, &e) || e.Class != Payload || e.Started {
			t.Errorf("got %v", err)
		}
	}
	if got := f.counts(); got != (counts{}) {
		t.Errorf("%+v", got)
	}
}

func TestNewClientRefusesBadOptions(t *testing.T) {
	t.Parallel()
	good := Options{AppID: testAppID, Secret: testSecret}
	cases := map[string]func(*Options){
		"no app id":         func(o *Options) { o.AppID = "" },
		"no secret":         func(o *Options) { o.Secret = "" },
		"secret with break": func(o *Options) { o.Secret += "\n" },
		"base is no URL":    func(o *Options) { o.Base = "api.weixin.qq.com" },
		"base with query":   func(o *Options) { o.Base = "https://x/?a=1" },
		"base with user":    func(o *Options) { o.Base = "https://u:p@x/" },
		"other scheme":      func(o *Options) { o.Base = "ftp://x" },
		"negative conns":    func(o *Options) { o.MaxConns = -1 },
		"negative time-out": func(o *Options) { o.Timeout = -1 },
	}
	for name, change := range cases {
		o := good
		change(&o)
		_, err := NewClient(o)
		if !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), testSecret) {
			t.Errorf("%s: leaks: %v", name, err)
		}
	}
	c, err := NewClient(good)
	if err != nil || c.base.String() != "https://api.weixin.qq.com" || c.transport.MaxConnsPerHost != 100 || c.transport.MaxIdleConnsPerHost != 100 {
		t.Errorf("defaults: %+v, %v", c, err)
	}
}

func TestConnectionsAreBoundedAndKept(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	var mu sync.Mutex
	seen := map[string]bool{}
	f.onCall = func(w http.ResponseWriter, r *http.Request, _ []byte) {
		mu.Lock()
		seen[r.RemoteAddr] = true
		mu.Unlock()
		fmt.Fprint(w, `{"errcode":0,"msgid":1}`)
	}
	c := newTestClient(t, f, Options{MaxConns: 8})
	wantNoErrors(t, together(200, func(int) error { return send(c) }))
	mu.Lock()
	defer mu.Unlock()
	if len(seen) > 8 {
		t.Errorf("%d connections", len(seen))
	}
}

func TestBaseWithAPath(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	var paths []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		http.StripPrefix("/weixin", f).ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	f.onCall = func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		fmt.Fprint(w, `{"errcode":0,"msgid":1,"openid":"o1"}`)
	}
	c := newTestClient(t, f, Options{Base: proxy.URL + "/weixin/"})
	if err := send(c); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Code2Session(context.Background(), "c"); err != nil {
		t.Fatal(err)
	}
	want := []string{"/weixin/cgi-bin/stable_token", "/weixin/cgi-bin/message/template/send", "/weixin/sns/jscode2session"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("(-want, +got)\n%s", diff)
	}
}

func ExampleClient_SendTemplate() {
	// In place of https://api.weixin.qq.com:
	wechat := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cgi-bin/stable_token":
			fmt.Fprint(w, `{"access_token":"token","expires_in":7200}`)
		case "/cgi-bin/message/template/send":
			var m struct {
				ToUser string `json:"touser"`
			}
			_ = json.NewDecoder(r.Body).Decode(&m)
			if m.ToUser == "gone" {
				fmt.Fprint(w, `{"errcode":43004,"errmsg":"require subscribe rid: 65f0a1b2-1c2d"}`)
				return
			}
			fmt.Fprint(w, `{"errcode":0,"errmsg":"ok","msgid":3557254367693750277}`)
		}
	}))
	defer wechat.Close()
	client, err := NewClient(Options{Base: wechat.URL, AppID: "wx1", Secret: "secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	message := TemplateMessage{ToUser: "follower", TemplateID: "t1", Data: map[string]string{"thing1": "张三"}, ClientMsgID: "push-1"}
	sent, err := client.SendTemplate(context.Background(), message)
	fmt.Println(sent.MsgID, err)

	message.ToUser = "gone"
	_, err = client.SendTemplate(context.Background(), message)
	var e *Error
	if errors.As(err, &e) {
		fmt.Println(e.Class, e.Code, e.Started, e.RID)
	}
	// Output:
	// 3557254367693750277 <nil>
	// refused 43004 true 65f0a1b2-1c2d
}

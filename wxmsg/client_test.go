package wxmsg

import (
	"context"
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

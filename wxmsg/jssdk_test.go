package wxmsg

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// TestJSSignatureVectors are the published ones (wechat-vectors.md, set D).
func TestJSSignatureVectors(t *testing.T) {
	t.Parallel()
	const ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
	for address, want := range map[string]string{
		"http://mp.weixin.qq.com?params=value":      "0f9de62fce790f9a083d5c99e95740ceb90c27ed",
		"http://mp.weixin.qq.com?params=value#/a#b": "0f9de62fce790f9a083d5c99e95740ceb90c27ed",
		"http://mp.weixin.qq.com":                   "f4d90daf4b3bca3078ab155816175ba34c443a7b",
	} {
		if got := jsSignature(ticket, "Wm3WZYTPz0wzccnW", 1414587457, address); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
}

// ticketAPI gives tickets out and counts them.
func ticketAPI(t *testing.T) (*fakeAPI, *int) {
	t.Helper()
	f := newFakeAPI(t)
	n := new(int)
	f.onCall = func(w http.ResponseWriter, r *http.Request, _ []byte) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if r.URL.Path != "/cgi-bin/ticket/getticket" || r.URL.Query().Get("type") != "jsapi" {
			t.Errorf("asked %s", r.URL.Path)
		}
		*n++
		fmt.Fprintf(w, `{"errcode":0,"errmsg":"ok","ticket":"ticket-%d","expires_in":7200}`, *n)
	}
	return f, n
}

func TestSignJS(t *testing.T) {
	t.Parallel()
	f, _ := ticketAPI(t)
	now := newClock()
	c := newTestClient(t, f, Options{Now: now.now})
	s, err := c.SignJS(context.Background(), "https://h5.example.com/a?b=1#/route")
	if err != nil {
		t.Fatal(err)
	}
	if s.AppID != testAppID || s.Timestamp != now.now().Unix() || s.Nonce == "" ||
		s.Signature != jsSignature("ticket-1", s.Nonce, s.Timestamp, "https://h5.example.com/a?b=1") {
		t.Errorf("%+v", s)
	}
	if again, err := c.SignJS(context.Background(), "https://h5.example.com/"); err != nil || again.Nonce == s.Nonce {
		t.Errorf("%+v, %v", again, err)
	}
}

// TestOneTicketForAllReplicas: a hundred pages on two replicas cost one call.
func TestOneTicketForAllReplicas(t *testing.T) {
	t.Parallel()
	f, n := ticketAPI(t)
	_, r := newRedis(t)
	now := newClock()
	replicas := []*Client{newTestClient(t, f, Options{Redis: r, Now: now.now}), newTestClient(t, f, Options{Redis: r, Now: now.now})}
	ask := func() {
		t.Helper()
		wantNoErrors(t, together(100, func(i int) error { _, err := replicas[i%2].JSTicket(context.Background()); return err }))
	}
	ask()
	now.forward(time.Hour)
	ask()
	if *n != 1 {
		t.Errorf("%d tickets fetched", *n)
	}
	now.forward(time.Hour)
	ask()
	if *n != 2 {
		t.Errorf("%d tickets fetched after two hours", *n)
	}
	if a, _ := replicas[0].JSTicket(context.Background()); a != "ticket-2" {
		t.Errorf("got %s", a)
	}
}

// TestUsedUpTicketQuotaIsNotAskedAgainAtOnce: every page that opens would.
func TestUsedUpTicketQuotaIsNotAskedAgainAtOnce(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	f.onCall = answer(200, `{"errcode":45009,"errmsg":"reach max api daily quota limit"}`)
	now := newClock()
	c := newTestClient(t, f, Options{Now: now.now})
	for range 5 {
		if _, err := c.SignJS(context.Background(), "https://a.example.com/"); ClassOf(err) != Quota {
			t.Errorf("got %v", err)
		}
	}
	if got := f.counts().sends; got != 1 {
		t.Errorf("asked %d times", got)
	}
	now.forward(time.Minute)
	_, _ = c.SignJS(context.Background(), "https://a.example.com/")
	if got := f.counts().sends; got != 2 {
		t.Errorf("asked %d times after a minute", got)
	}
}

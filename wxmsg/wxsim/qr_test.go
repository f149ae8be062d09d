package wxsim_test

import (
	"image/png"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"shixi/wxmsg/wxsim"
)

func (f *fixture) qr(token, action string, seconds int, scene map[string]any) answer {
	f.t.Helper()
	body := map[string]any{"action_name": action, "action_info": map[string]any{"scene": scene}}
	if seconds != 0 {
		body["expire_seconds"] = seconds
	}
	return f.call("POST", wxsim.PathQRCreate, withToken(token), body)
}

func withTokenAnd(token, name, value string) url.Values {
	q := withToken(token)
	q.Set(name, value)
	return q
}

func TestQRCreateLimits(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.token(oaID)
	str, id := "scene_str", "scene_id"
	tests := []struct {
		action  string
		seconds int
		scene   map[string]any
		code    int
	}{
		{"QR_STR_SCENE", 2_592_000, map[string]any{str: strings.Repeat("a", 64)}, 0},
		{"QR_STR_SCENE", 0, map[string]any{str: "default"}, 0},
		{"QR_STR_SCENE", 2_592_001, map[string]any{str: "a"}, 40053},
		{"QR_STR_SCENE", -1, map[string]any{str: "a"}, 40053},
		{"QR_STR_SCENE", 60, map[string]any{str: strings.Repeat("a", 65)}, 40053},
		{"QR_STR_SCENE", 60, map[string]any{str: ""}, 40053},
		{"QR_STR_SCENE", 60, map[string]any{id: 1}, 40053},
		{"QR_SCENE", 60, map[string]any{id: 4294967295}, 0},
		{"QR_SCENE", 60, map[string]any{id: 0}, 40053},
		{"QR_SCENE", 60, map[string]any{id: 4294967296}, 40053},
		{"QR_LIMIT_SCENE", 0, map[string]any{id: 100000}, 0},
		{"QR_LIMIT_SCENE", 0, map[string]any{id: 100001}, 40053},
		{"QR_LIMIT_STR_SCENE", 0, map[string]any{str: "x"}, 0},
		{"QR_OTHER", 0, map[string]any{str: "x"}, 40052},
	}
	for _, test := range tests {
		if a := f.qr(token, test.action, test.seconds, test.scene); a.ErrCode != test.code || (a.Ticket == "") == (test.code == 0) {
			t.Errorf("%s %d %v: got %s, want %d", test.action, test.seconds, test.scene, a.raw, test.code)
		}
	}
	first := f.qr(token, "QR_LIMIT_STR_SCENE", 0, map[string]any{str: "x"})
	if again := f.qr(token, "QR_LIMIT_STR_SCENE", 0, map[string]any{str: "x"}); again.Ticket != first.Ticket {
		t.Error("a permanent scene must keep its ticket")
	}
	if a := f.qr(f.token(mpID), "QR_STR_SCENE", 60, map[string]any{str: "a"}); a.ErrCode != 48001 {
		t.Errorf("a mini-program got %s", a.raw)
	}
}

func TestShowQR(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a := f.qr(f.token(oaID), "QR_STR_SCENE", 60, map[string]any{"scene_str": "s"})
	show := func(ticket string) *http.Response {
		res, err := http.Get(f.base + wxsim.PathQRShow + "?ticket=" + url.QueryEscape(ticket))
		f.must(err)
		t.Cleanup(func() { res.Body.Close() })
		return res
	}
	res := show(a.Ticket)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "image/png" {
		t.Fatalf("got %s, %s", res.Status, res.Header.Get("Content-Type"))
	}
	if _, err := png.Decode(res.Body); err != nil {
		t.Error(err)
	}
	if res := show("nonsense"); res.StatusCode != 404 {
		t.Errorf("a bad ticket: got %s", res.Status)
	}
	f.clock.Add(time.Minute)
	if res := show(a.Ticket); res.StatusCode != 404 {
		t.Errorf("an expired ticket: got %s", res.Status)
	}
}

func TestUnknownPathIsAGatewaysPage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	res, err := http.Get(f.base + "/cgi-bin/no/such")
	f.must(err)
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != 404 || !strings.Contains(string(body), "<h1>Not Found</h1>") {
		t.Errorf("got %s: %s", res.Status, body)
	}
}

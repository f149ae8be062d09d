package wxsim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"shixi/wxmsg/wxsim"
)

// page asks /sim something; form nil is a GET.
func (f *fixture) page(path string, form url.Values, change func(*http.Request)) (*http.Response, string) {
	f.t.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	req, err := http.NewRequest(method, f.base+path, body)
	f.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if change != nil {
		change(req)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	f.must(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	f.must(err)
	return res, string(text)
}

func TestPageShowsCardsEscaped(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.wantOK(f.send(map[string]any{
		"miniprogram": map[string]string{"appid": mpID, "pagepath": `pages/index?"><img src=x>`},
		"data":        data("thing1", `<script>alert(1)`, "time2", "09:00", "phrase3", "待处理"),
	}))
	f.wantOK(f.send(map[string]any{"url": "javascript:alert(1)"}))
	f.wantOK(f.send(map[string]any{"url": "https://example.com/a?b=1&c=2"}))
	res, body := f.page("/sim", nil, nil)
	for _, want := range []string{
		"实习备案", "学生报名提醒", "学生：", "&lt;script&gt;alert(1)", "进入小程序查看", "待处理",
		`href="https://example.com/a?b=1&amp;c=2"`, "3月2日 09:00", "李老师", "王老师",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, bad := range []string{"<script>alert", "<img", "javascript:"} {
		if strings.Contains(body, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	if n := strings.Count(body, `class="phone"`); n != 2 {
		t.Errorf("%d phones, want 2: one unionid is one person", n)
	}
	policy := res.Header.Get("Content-Security-Policy")
	nonce := regexp.MustCompile(`script-src 'nonce-([\w-]+)'`).FindStringSubmatch(policy)
	if nonce == nil || !strings.HasPrefix(policy, "default-src 'none'") || strings.Count(body, `nonce="`+nonce[1]+`"`) != 2 {
		t.Errorf("policy %s does not fit the page", policy)
	}
	if _, again := f.page("/sim", nil, nil); strings.Contains(again, nonce[1]) {
		t.Error("the nonce must change")
	}
}

func TestPhonesJSON(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	sent := f.send(nil)
	read := func(after string) (generation uint64, phones string) {
		_, body := f.page("/sim/phones.json?after="+after, nil, nil)
		var news struct {
			Generation uint64
			Phones     json.RawMessage
		}
		f.must(json.Unmarshal([]byte(body), &news))
		return news.Generation, string(news.Phones)
	}
	generation, phones := read("")
	if !strings.Contains(phones, fmt.Sprintf(`"msgid":"%d"`, sent.MsgID)) {
		t.Errorf("got %s", phones)
	}
	if again, phones := read(fmt.Sprint(generation)); again != generation || phones != "" {
		t.Errorf("got %s though nothing changed", phones)
	}
	f.send(nil)
	if next, phones := read(fmt.Sprint(generation)); next == generation || phones == "" {
		t.Error("want news after a message")
	}
}

func TestPageButtons(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.listen(oaID)
	act := func(pairs ...string) string {
		form := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		res, body := f.page("/sim/act", form, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") })
		if res.StatusCode != 303 {
			t.Fatalf("%v: got %s: %s", pairs, res.Status, body)
		}
		return res.Header.Get("Location")
	}
	person := []string{"app", oaID, "openid", "o-wang", "phone", "p1", "do"}
	if to := act(append(person, "follow")...); to != "/sim#p1" || c.next().event.Event != "subscribe" {
		t.Errorf("follow: sent to %s", to)
	}
	act(append(person, "block")...)
	f.wantErr(f.send(map[string]any{"touser": "o-wang"}), 43101, "user refuse")
	act(append(person, "unblock")...)
	f.wantOK(f.send(map[string]any{"touser": "o-wang"}))
	c.next()
	if to := act(append(person, "scan", "scene", "none")...); to != "/sim?said=scene#p1" {
		t.Errorf("an unknown scene: sent to %s", to)
	}
	f.scene("s1")
	if _, body := f.page("/sim", nil, nil); !strings.Contains(body, `<option value="s1">`) {
		t.Error("the page does not offer the live scene")
	}
	act(append(person, "scan", "scene", "s1")...)
	if got := c.next().event; got.Event != "SCAN" || got.EventKey != "s1" {
		t.Errorf("scan: got %+v", got)
	}
	act(append(person, "unfollow")...)
	if got := c.next().event.Event; got != "unsubscribe" {
		t.Errorf("unfollow: got %s", got)
	}
	act("do", "accept", "app", mpID, "openid", "m-li")
	if f.Grants(mpID, "m-li", tmplID) != 1 {
		t.Error("accept: want a grant")
	}
	act("do", "person", "name", "新同事")
	if _, body := f.page("/sim", nil, nil); !strings.Contains(body, "新同事") {
		t.Error("person: want a new phone")
	}
	if to := act("do", "nonsense"); to != "/sim?said=failed" {
		t.Errorf("nonsense: sent to %s", to)
	}
}

func TestPageFaults(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	arm := func(fault, times string) {
		f.page("/sim/act", url.Values{"do": {"fault"}, "fault": {fault}, "times": {times}}, nil)
	}
	for _, preset := range []string{"quota", "minute", "token", "busy", "hang", "lost", "html", "cut", "fetch"} {
		arm(preset, "2")
	}
	if n := len(f.Faults()); n != 9 {
		t.Errorf("%d faults armed, want 9", n)
	}
	if _, body := f.page("/sim", nil, nil); !strings.Contains(body, wxsim.PathTemplateSend+"：errcode 45009，还有 2 次") {
		t.Error("the page does not list the armed fault")
	}
	f.page("/sim/act", url.Values{"do": {"clear"}}, nil)
	arm("quota", "1001")
	arm("quota", "x")
	arm("other", "1")
	if n := len(f.Faults()); n != 0 {
		t.Errorf("%d faults armed, want none", n)
	}
}

func TestPageIsGuarded(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *wxsim.Options, _ *wxsim.App) { o.Hosts = []string{"dev.example.com"} })
	form := url.Values{"do": {"unfollow"}, "app": {oaID}, "openid": {"o-li"}}
	tests := []struct {
		name   string
		path   string
		form   url.Values
		change func(*http.Request)
		status int
	}{
		{"another site's form", "/sim/act", form, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		{"another origin", "/sim/act", form, func(r *http.Request) { r.Header.Set("Origin", "https://evil.example.com") }, 403},
		{"a name pointed at this machine", "/sim/act", form, func(r *http.Request) { r.Host = "evil.example.com" }, 421},
		{"the same for reading", "/sim", nil, func(r *http.Request) { r.Host = "evil.example.com" }, 421},
		{"an act by GET", "/sim/act?do=unfollow&app=" + oaID + "&openid=o-li", nil, nil, 405},
		{"a form too large", "/sim/act", url.Values{"do": {strings.Repeat("a", 20_000)}}, nil, 400},
		{"an allowed host", "/sim", nil, func(r *http.Request) { r.Host = "dev.example.com:8080" }, 200},
		{"localhost", "/sim", nil, func(r *http.Request) { r.Host = "localhost:1" }, 200},
	}
	for _, test := range tests {
		if res, _ := f.page(test.path, test.form, test.change); res.StatusCode != test.status {
			t.Errorf("%s: got %s, want %d", test.name, res.Status, test.status)
		}
	}
	f.wantOK(f.send(nil))
}

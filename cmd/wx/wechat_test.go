package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"shixi/handlers"
	"shixi/internship"
	"shixi/wxmsg/wxsim"
)

// surfer is a browser that follows nothing by itself.
type surfer struct {
	*replicas
	cookies map[string]string
}

func (r *replicas) surfer() *surfer { return &surfer{r, map[string]string{}} }

// page is an answer as a browser got it.
type page struct {
	status int
	to     string
	body   string
}

func (s *surfer) ask(method, address string, form url.Values) page {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), method, address, strings.NewReader(form.Encode()))
	s.must(err)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("X-Session", "cookie")
	for name, value := range s.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	s.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	s.must(err)
	for _, c := range res.Cookies() {
		s.cookies[c.Name] = c.Value
	}
	return page{res.StatusCode, res.Header.Get("Location"), string(body)}
}

func (s *surfer) get(address string) page { s.Helper(); return s.ask(http.MethodGet, address, nil) }

// through goes as a person to WeChat's page and back.
func (s *surfer) through(openID string, p page) page {
	s.Helper()
	if p.status != http.StatusFound {
		s.Fatalf("%d instead of WeChat's page: %s", p.status, p.body)
	}
	back, err := s.d.sim.Authorize(openID, p.to)
	s.must(err)
	return s.get(back)
}

// me is the account the browser is logged in to, "" for none.
func (s *surfer) me(side int) string {
	s.Helper()
	p := s.get(s.bases[side] + "/api/v1/me")
	if p.status != http.StatusOK {
		return ""
	}
	name := regexp.MustCompile(`"name":"([^"]*)"`).FindStringSubmatch(p.body)
	return name[1]
}

// sessions counts the boss's log-ins.
func (r *replicas) sessions() int {
	r.Helper()
	var list handlers.SessionList
	r.must(r.boss.api.call(r.Context(), http.MethodGet, "/api/v1/sessions", nil, &list))
	return len(list.Items)
}

// TestPageThroughWechatInEveryMood: whatever WeChat answers, the person reads a Chinese sentence and nothing came of
// it; afterwards a refresh leads in, by one session.
func TestPageThroughWechatInEveryMood(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 2, testLog())
	_, err := r.d.bind(t.Context())
	r.must(err)
	for name, fault := range map[string]wxsim.Fault{
		"HTML": {HTML: true}, "half an answer": {Truncate: true}, "cut before": {ResetBefore: true}, "cut after": {ResetAfter: true}, "502": {Status: 502},
		"busy": {Errcode: -1}, "quota": {Errcode: 45009}, "secret": {Errcode: 40001}, "frozen": {Errcode: 50002}, "unheard of": {Errcode: 99999},
	} {
		before := r.sessions()
		s := r.surfer()
		out := s.get(r.bases[0] + "/wx/oauth/start?next=/h5/x")
		back, err := r.d.sim.Authorize(r.boss.OpenID, out.to)
		r.must(err)
		r.d.sim.Fault(wxsim.PathOAuthToken, fault)
		p := s.get(back)
		repeated := strings.HasPrefix(name, "cut") && p.status == http.StatusFound // by net/http, on another connection
		if !repeated {
			if p.status != http.StatusServiceUnavailable || !strings.Contains(p.body, "微信暂时没有回应") || s.cookies["shixi_session"] != "" {
				t.Errorf("%s: %d %s", name, p.status, p.body)
			}
			if n := r.sessions(); n != before {
				t.Errorf("%s: %d sessions, were %d", name, n, before)
			}
			p = s.get(back) // by a refresh
		}
		if strings.HasPrefix(p.to, r.d.sim1()) {
			p = s.through(r.boss.OpenID, p) // the code was used up by the lost answer
		}
		if p.to != "/h5/x" || s.me(0) != r.boss.Owner || s.me(1) != r.boss.Owner {
			t.Errorf("%s: not in afterwards: %+v", name, p)
		}
		if n := r.sessions(); n != before+1 {
			t.Errorf("%s: %d sessions, want %d", name, n, before+1)
		}
	}
}

// sim1 is the address of the simulated WeChat.
func (d *demo) sim1() string { return d.settings.WXOpenBase.String() }

// TestScanOnOneReplicaLogsInOnTheOther goes from the code on the page over the chat in WeChat to the session.
func TestScanOnOneReplicaLogsInOnTheOther(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 2, testLog())
	ctx := t.Context()
	_, err := r.d.bind(ctx)
	r.must(err)
	computer, phone := r.surfer(), r.surfer()
	var qr handlers.QRLogin
	p := computer.ask(http.MethodPost, r.bases[0]+"/api/v1/login/qr", nil)
	decode(t, p.body, &qr)
	if picture := computer.get(qr.ImageURL); picture.status != http.StatusOK {
		t.Errorf("the picture: %d", picture.status)
	}
	if _, err := r.d.sim.Scan(ctx, demoOAAppID, r.boss.OpenID, "login_"+qr.ID); err != nil {
		t.Fatal(err)
	}
	replies := r.d.sim.Replies(r.boss.OpenID)
	last := replies[len(replies)-1]
	if last.URL != r.bases[0]+"/wx/qr/"+qr.ID || !strings.Contains(last.Text, "点此确认登录") {
		t.Fatalf("the chat says %+v", last)
	}
	if computer.get(r.bases[1] + "/api/v1/login/qr/" + qr.ID); computer.me(1) != "" {
		t.Error("logged in by the scan alone")
	}
	if p := phone.through(r.boss.OpenID, phone.get(last.URL)); p.to != "/wx/qr/"+qr.ID {
		t.Errorf("%+v", p)
	}
	question := phone.get(last.URL)
	key := regexp.MustCompile(`name="key" value="([0-9a-f]+)"`).FindStringSubmatch(question.body)
	if len(key) != 2 {
		t.Fatalf("%d %s", question.status, question.body)
	}
	if p := phone.ask(http.MethodPost, last.URL, url.Values{"key": {key[1]}, "answer": {"yes"}}); p.status != http.StatusOK || !strings.Contains(p.body, "已确认登录") {
		t.Errorf("%d %s", p.status, p.body)
	}
	var progress handlers.QRProgress
	decode(t, computer.get(r.bases[1]+"/api/v1/login/qr/"+qr.ID).body, &progress)
	if progress.State != "confirmed" || computer.me(0) != r.boss.Owner {
		t.Errorf("%+v", progress)
	}
}

// TestPhoneButtonInEveryMood: the mini-program's log-in by phone, and what it says while WeChat gives no number.
func TestPhoneButtonInEveryMood(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 1, testLog())
	const user = "oDemoMiniProgramUserOfWang01"
	r.must(r.d.sim.AddUser(wxsim.User{AppID: demoMPAppID, OpenID: user, UnionID: "union-wang", Mobile: r.boss.Mobile}))
	log := func() (handlers.LoggedIn, error) {
		var in handlers.LoggedIn
		form := handlers.PhoneLogin{PhoneCode: r.d.sim.PhoneCode(demoMPAppID, user), WechatCode: r.d.sim.Code(demoMPAppID, user)}
		return in, r.at(0, "").call(t.Context(), http.MethodPost, "/api/v1/login/phone", form, &in)
	}
	bound := func() bool {
		var b handlers.Bindings
		r.must(r.boss.api.call(t.Context(), http.MethodGet, "/api/v1/bindings", nil, &b))
		return b.MiniProgram.Bound
	}
	for code, fault := range map[*internship.Error]wxsim.Fault{
		internship.ErrPhoneQuota: {Errcode: 1400001}, internship.ErrBadWechat: {Errcode: 40029}, internship.ErrUnavailable: {HTML: true},
	} {
		r.d.sim.Fault(wxsim.PathPhoneNumber, fault)
		if _, err := log(); !refusedAs(err, code) || bound() {
			t.Errorf("%s: %v, bound %v", code.Code, err, bound())
		}
	}
	for _, fault := range []wxsim.Fault{{Errcode: 45009}, {Errcode: 48001}, {Errcode: 45011}} {
		r.d.sim.Fault(wxsim.PathPhoneNumber, fault)
		if _, err := log(); !refusedAs(err, internship.ErrPhoneQuota) || bound() {
			t.Errorf("%+v: %v, bound %v", fault, err, bound())
		}
	}
	in, err := log()
	if err != nil || in.Me.Account.Name != r.boss.Owner || !bound() {
		t.Errorf("%+v, %v", in, err)
	}
	// The same person follows the 服务号, and is known by unionid.
	r.must(r.d.sim.Follow(demoOAAppID, r.boss.OpenID, "union-wang"))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		var b handlers.Bindings
		r.must(r.boss.api.call(ctx, http.MethodGet, "/api/v1/bindings", nil, &b))
		if b.Follower.Bound {
			break
		}
		r.must(pause(ctx, 10*time.Millisecond))
	}
	if err := r.d.sim.Wait(ctx, r.boss.OpenID, func(m []wxsim.Message) bool { return len(m) > 0 && m[0].Title == "账号绑定成功通知" }); err != nil {
		t.Error(err)
	}
}

func refusedAs(err error, want *internship.Error) bool {
	return err != nil && strings.Contains(err.Error(), want.Code)
}

// TestUnionidsOfEarlierFollowers: the operator binds both apps to one open-platform account, and asks.
func TestUnionidsOfEarlierFollowers(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 1, testLog())
	_, err := r.d.bind(t.Context())
	r.must(err)
	var out, errs bytes.Buffer
	fill := func() string {
		out.Reset()
		r.must(unionidsCmd{}.fill(t.Context(), r.sides[0], &console{&out, &errs}))
		return out.String()
	}
	if got := fill(); !strings.Contains(got, "2 accounts seen, 2 followers without unionid, 0 learnt\nWeChat told none") {
		t.Errorf("%s", got)
	}
	r.must(r.d.sim.AddUser(wxsim.User{AppID: demoOAAppID, OpenID: r.boss.OpenID, UnionID: "union-wang", Subscribed: true}))
	if got := fill(); got != "2 accounts seen, 2 followers without unionid, 1 learnt\n" {
		t.Errorf("%s", got)
	}
	r.d.sim.Fault(wxsim.PathUserInfos, wxsim.Fault{HTML: true})
	err = unionidsCmd{After: "a"}.fill(t.Context(), r.sides[0], &console{&out, &errs})
	if err == nil || !strings.Contains(err.Error(), "wx unionids --after=a") {
		t.Errorf("%v", err)
	}
}

// TestQuotaIsShownClearedAndClosed: messages that wait for midnight leave at once.
func TestQuotaIsShownClearedAndClosed(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 1, testLog())
	_, err := r.d.bind(t.Context())
	r.must(err)
	var out, errs bytes.Buffer
	tend := func(c quotaCmd) string {
		out.Reset()
		errs.Reset()
		r.must(c.tend(t.Context(), r.sides[0], &console{&out, &errs}))
		return out.String()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for _, s := range r.d.staff { // their bindings are told first
		r.must(r.d.sim.Wait(ctx, s.OpenID, func(m []wxsim.Message) bool { return len(m) > 0 }))
	}
	if got := tend(quotaCmd{}); !strings.Contains(got, "closed: messages leave") || !strings.Contains(got, "2 of 100000 sent today, 99998 left") {
		t.Errorf("%s", got)
	}
	r.d.sim.Fault(wxsim.PathTemplateSend, wxsim.Fault{Errcode: 45009})
	row := r.student(1, r.boss.positions[0])[0]
	for { // until the one that met the refusal waits for midnight
		told, err := r.database().Deliveries(ctx, row.ID)
		r.must(err)
		if len(told) == 1 && len(told[0].Attempts) == 1 {
			break
		}
		r.must(pause(ctx, 10*time.Millisecond))
	}
	if got := tend(quotaCmd{}); !strings.Contains(got, "open until ") {
		t.Errorf("%s", got)
	}
	got := tend(quotaCmd{Clear: true})
	if !strings.Contains(got, "1 messages that waited leave") || !strings.Contains(got, "0 of 100000 sent") || !strings.Contains(errs.String(), "10 times a month") {
		t.Errorf("%s%s", got, errs.String())
	}
	told, err := r.database().Deliveries(ctx, row.ID)
	r.must(err)
	if next := told[0].Next; len(told) != 1 || next.After(time.Now().Add(6*time.Minute)) {
		t.Errorf("%d messages, to leave at %s", len(told), next)
	}
	r.d.sim.Fault(wxsim.PathQuota, wxsim.Fault{Errcode: 48001})
	if got := tend(quotaCmd{Close: true}); !strings.Contains(got, "messages    not known") || !strings.Contains(got, "0 messages that waited") {
		t.Errorf("%s", got)
	}
}

// TestLibraryIsComparedAtTheStart: a missing template is told and stops nothing, nor does WeChat's silence.
func TestLibraryIsComparedAtTheStart(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 1, testLog())
	var log watched
	y := r.sides[0]
	y.log = slog.New(slog.NewTextHandler(&log, nil))
	y.checkLibrary(t.Context())
	if got := log.String(); got != "" {
		t.Errorf("all is well: %s", got)
	}
	r.must(r.d.sim.RemoveTemplate(demoOAAppID, "demo-bound-0000000000000000000000000000000"))
	y.checkLibrary(t.Context())
	if got := log.String(); strings.Count(got, "level=ERROR") != 1 || !strings.Contains(got, "模板 bound") {
		t.Errorf("%s", got)
	}
	r.d.sim.Fault(wxsim.PathTemplates, wxsim.Fault{HTML: true})
	y.checkLibrary(t.Context())
	if got := log.String(); !strings.Contains(got, "level=WARN") {
		t.Errorf("%s", got)
	}
	y.templates = nil
	y.checkLibrary(t.Context())
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

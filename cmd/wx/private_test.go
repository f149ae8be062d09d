package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/logs"
	"shixi/store/embedded"
	"shixi/wxmsg/wxsim"
)

// privateShapes are how mobile and ID numbers, tokens and openids look, whoever's they are.
var privateShapes = []*regexp.Regexp{
	regexp.MustCompile(`\b1[3-9]\d{9}\b`), regexp.MustCompile(`\b\d{17}[\dX]\b`), regexp.MustCompile(`\bsx_[A-Z2-7]{20,}`),
	regexp.MustCompile(`\boDemo[0-9A-Za-z_-]{20,}`), regexp.MustCompile(`\b92_[0-9A-Za-z_-]{20,}`),
}

// TestNothingPrivateIsLogged plays the whole story at debug level, and then everything that goes wrong: refused callers,
// hostile texts, WeChat in every bad mood, Redis and MongoDB gone. What was refused is told nowhere as an error, and no
// secret, token, openid, ID number or phone stands in the log, whose writer knows none of them.
func TestNothingPrivateIsLogged(t *testing.T) {
	t.Parallel()
	out := &watched{}
	r := newReplicas(t, 2, logs.New(out, slog.LevelDebug))
	p := &privacy{replicas: r}
	p.know(demoPassword, r.d.schoolSecret, r.d.studentsSecret, r.boss.api.token, r.d.staff[1].api.token)
	s := r.d.settings
	p.know(s.OA.Secret.Reveal(), s.OA.Token.Reveal(), s.OA.AESKey.Reveal(), s.MP.Secret.Reveal())
	p.know(keysIn(s.Keyset.Reveal())...)
	for _, x := range demoStudents(time.Now()) {
		p.know(x.IDNumber, x.Mobile)
	}
	for _, x := range r.d.staff {
		p.know(x.Mobile, x.OpenID)
	}
	for _, play := range []func(context.Context) (string, error){r.d.bind, r.d.apply, r.d.told, r.d.accept, r.d.lapsed, r.d.feed} {
		_, err := play(t.Context())
		r.must(err)
	}
	p.accessTokens()
	calm := len(out.String())
	p.activation()
	p.refusals()
	if refused := out.String()[calm:]; strings.Contains(refused, `"level":"ERROR"`) {
		t.Errorf("a refusal is logged as an error:\n%s", refused)
	}
	p.moods()
	p.enginesGone()
	_ = r.leave() // without its engines a stop may outlast its grace
	p.search(out.String())
}

// privacy collects what must not be logged.
type privacy struct {
	*replicas
	known []string
}

func (p *privacy) know(texts ...string) { p.known = append(p.known, texts...) }

// accessTokens are those the processes fetched from WeChat.
func (p *privacy) accessTokens() {
	p.Helper()
	for _, appID := range []string{demoOAAppID, demoMPAppID} {
		if value, err := p.y.redis.HGet(p.Context(), "wx:{"+appID+"}:token", "value").Result(); err == nil {
			p.know(value)
		}
	}
	if !slices.ContainsFunc(p.known, privateShapes[len(privateShapes)-1].MatchString) {
		p.Error("no access token was found: the test looks in the wrong place")
	}
}

// activation enters and activates an enterprise, at the second try, and logs in through the mini-program.
func (p *privacy) activation() {
	p.Helper()
	ctx := p.Context()
	in := internship.EntryInput{Name: "第三企业", Code: actstest.USCC(77), Contact: "赵经理", Phone: "13712345678"}
	var entry struct{ ActivationCode string }
	p.must(p.d.school.Post(ctx, "/partner/v1/enterprises", "private-1", in, &entry))
	form := internship.ActivationInput{Code: in.Code, ActivationCode: "WRONG" + entry.ActivationCode, Mobile: "13712345678", Name: "赵经理", Password: "Geheim-4711"}
	p.know(entry.ActivationCode, form.Mobile, form.Password)
	p.refused(p.at(0, "").call(ctx, http.MethodPost, "/api/v1/activation", form, nil))
	form.ActivationCode = entry.ActivationCode
	var opened struct{ Token string }
	p.must(p.at(1, "").call(ctx, http.MethodPost, "/api/v1/activation", form, &opened))
	p.know(opened.Token)
	openID := "oDemoMiniProgramUser00000001"
	p.must(p.d.sim.AddUser(wxsim.User{AppID: demoMPAppID, OpenID: openID}))
	code := p.d.sim.Code(demoMPAppID, openID)
	p.know(openID, code)
	p.refused(p.at(0, "").call(ctx, http.MethodPost, "/api/v1/login/wechat", map[string]string{"code": code}, nil)) // not bound
	p.refused(p.at(1, "").call(ctx, http.MethodPost, "/api/v1/login/wechat", map[string]string{"code": code}, nil)) // used
}

// ticket solves a puzzle.
func (p *privacy) ticket() string {
	p.Helper()
	ticket, err := p.d.eyes.ticket(p.Context(), p.at(0, ""))
	p.must(err)
	p.know(ticket)
	return ticket
}

func (p *privacy) refused(err error) {
	p.Helper()
	if err == nil {
		p.Error("a hostile request was served")
	}
}

// refusals are requests that carry private texts to places where none belong.
func (p *privacy) refusals() {
	p.Helper()
	id, mobile, openID, token := demoStudents(time.Now())["2024001"].IDNumber, p.boss.Mobile, p.boss.OpenID, p.boss.api.token
	p.refused(p.at(0, "").call(p.Context(), http.MethodPost, "/api/v1/login", map[string]string{"name": mobile, "password": "wrong-" + token, "ticket": p.ticket()}, nil))
	for _, secret := range []string{id, mobile, openID, token} {
		q := url.QueryEscape(secret)
		p.raw(http.MethodGet, "/api/v1/positions/"+q, "", "Authorization", "Bearer "+token)
		p.raw(http.MethodGet, "/api/v1/placements?name="+q+"&after="+q+"&state="+q, "", "Authorization", "Bearer "+token)
		p.raw(http.MethodGet, "/"+q+"/"+q, "", "X-Request-Id", q)
		p.raw(http.MethodGet, "/api/v1/me?token="+q, "", "Authorization", "Bearer "+secret+"x")
		p.raw(http.MethodGet, "/api/v1/me", "", "Cookie", "session="+q)
		p.raw(http.MethodPost, "/api/v1/positions", `{"name":"`+secret+`","salary":`+secret+`}`, "Authorization", "Bearer "+token)
		p.raw(http.MethodPost, "/api/v1/placements/accept", `{"ids":["`+secret+`"]}`, "Authorization", "Bearer "+token)
		p.raw(http.MethodPut, "/partner/v1/students/"+q, `{"idNumber":"`+secret+`"}`, "X-Partner-Key", secret)
		p.raw(http.MethodPost, "/wx/callback/oa?signature="+q+"&timestamp=1&nonce="+q+"&openid="+q, "<xml>"+secret+"</xml>", "Content-Type", "text/xml")
		p.raw(http.MethodGet, "/wx/callback/oa?echostr="+q+"&msg_signature="+q, "", "Accept", "*/*")
		_ = p.d.school.Post(p.Context(), "/partner/v1/enterprises", "private-"+secret, internship.EntryInput{Name: secret, Code: secret}, nil)
		_ = p.d.students.Get(p.Context(), "/partner/v1/students/"+q+"/applications", nil)
	}
	_, err := p.d.sim.Push(p.Context(), demoOAAppID, wxsim.Fields{{Name: "FromUserName", Value: openID}, {Name: "MsgType", Value: "text"}, {Name: "Content", Value: "我的身份证号是" + id + "，电话" + mobile}})
	p.must(err)
}

// raw sends a request as it is; whatever is answered will do.
func (p *privacy) raw(method, path, body, header, value string) {
	p.Helper()
	req, err := http.NewRequestWithContext(p.Context(), method, p.bases[0]+path, strings.NewReader(body))
	if err != nil {
		p.Error(err)
		return
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(header, value)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.Error(err)
		return
	}
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
}

// moods lets sign-ups happen while WeChat fails in every way, its texts repeating what it was sent.
func (p *privacy) moods() {
	p.Helper()
	for i, fault := range []wxsim.Fault{
		{Errcode: 40001, Errmsg: "invalid credential, access_token is invalid: " + p.boss.OpenID}, {Errcode: 40003, Errmsg: "invalid openid " + p.boss.OpenID},
		{Errcode: 47003, Errmsg: "argument invalid! phone 13912340000 of " + p.boss.OpenID}, {HTML: true}, {ResetBefore: true}, {Status: 500}, {Truncate: true}, {Errcode: -1},
	} {
		before := p.d.sim.Calls(wxsim.PathTemplateSend)
		p.d.sim.Fault(wxsim.PathTemplateSend, fault)
		p.student(int64(100+i), p.d.staff[i%2].positions[i/2%3])
		ctx, cancel := context.WithTimeout(p.Context(), 20*time.Second)
		for p.d.sim.Calls(wxsim.PathTemplateSend) == before {
			if err := pause(ctx, time.Millisecond); err != nil {
				p.Errorf("fault %d met no message", i)
				break
			}
		}
		cancel()
	}
	p.d.sim.Fault(wxsim.PathQRCreate, wxsim.Fault{HTML: true})
	p.refused(p.boss.api.call(p.Context(), http.MethodPost, "/api/v1/bindings/follower", nil, nil))
}

// enginesGone takes Redis away, then MongoDB.
func (p *privacy) enginesGone() {
	p.Helper()
	p.queue.Close()
	p.useAll()
	p.engine.Watch(func(embedded.Command) embedded.Fault { return embedded.Fault{CutBefore: true} })
	p.useAll()
}

// useAll does at once something of every kind.
func (p *privacy) useAll() {
	p.Helper()
	var group sync.WaitGroup
	for _, use := range []func(){
		func() { p.raw(http.MethodGet, "/readyz", "", "Accept", "*/*") },
		func() { p.raw(http.MethodGet, "/api/v1/placements", "", "Authorization", "Bearer "+p.boss.api.token) },
		func() {
			p.raw(http.MethodPost, "/api/v1/login", fmt.Sprintf(`{"name":%q,"password":%q}`, p.boss.Mobile, demoPassword), "Accept", "*/*")
		},
		func() { _ = p.d.school.Get(p.Context(), "/partner/v1/events", nil) },
		func() { _ = p.d.sim.Unfollow(demoOAAppID, p.boss.OpenID) },
	} {
		group.Go(use)
	}
	group.Wait()
}

// search looks for everything private in the log.
func (p *privacy) search(log string) {
	p.Helper()
	for _, text := range p.known {
		if at := strings.Index(log, text); text != "" && at >= 0 {
			p.Errorf("%q is logged: …%s…", text, log[max(0, at-200):min(len(log), at+100)])
		}
	}
	for _, shape := range privateShapes {
		if at := shape.FindStringIndex(log); at != nil {
			p.Errorf("what looks private is logged: …%s…", log[max(0, at[0]-200):min(len(log), at[1]+100)])
		}
	}
	for _, want := range []string{`"msg":"request"`, `"level":"DEBUG"`, `"level":"WARN"`, "not ready"} {
		if !strings.Contains(log, want) {
			p.Errorf("the log lacks %s: the test tests too little", want)
		}
	}
	if lines := strings.Count(log, "\n"); lines < 150 || len(p.known) < 20 {
		p.Errorf("%d lines, %d private texts: the test tests too little", lines, len(p.known))
	}
}

package sms_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/sms"
	"shixi/sms/smssim"
)

const (
	keyID     = "AKIDtestkeytestkeytest"
	keySecret = "secretsecretsecret1234"
	mobile    = "13812345678"
	codeValue = "482913"
	appID     = "1400006666"
)

const templateFile = `
sign: 实习备案平台
templates:
  code: {id: "1234567", params: [code, minutes]}
  invitation:
    id: SMS_1234568
    params: [student, link]
    most: {student: 3}
    without: {link: "https://shixi.example.cn/i/"}
`

// approved are the templates of the provider.
var approved = map[string]smssim.Template{
	"1234567":     {Params: []string{"code", "minutes"}, Text: "验证码{code}，{minutes}分钟内有效。"},
	"SMS_1234568": {Params: []string{"student", "link"}},
}

var message = sms.Message{ID: "sms_1", Mobile: mobile, Kind: "code", Params: map[string]string{"code": codeValue, "minutes": "5"}}

// provider is one of the two with its simulator.
type provider struct {
	name   string
	sim    *smssim.Sim
	server *httptest.Server
	conns  *atomic.Int64
	sender sms.Sender
}

func load(t testing.TB) *sms.Templates {
	t.Helper()
	templates, err := sms.LoadTemplates(strings.NewReader(templateFile))
	if err != nil {
		t.Fatal(err)
	}
	return templates
}

func newSender(t testing.TB, name string, a sms.Account) sms.Sender {
	t.Helper()
	var sender sms.Sender
	var err error
	if name == "tencent" {
		sender, err = sms.NewTencent(a)
	} else {
		sender, err = sms.NewAlibaba(a)
	}
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

// each runs a test against both providers.
func each(t *testing.T, alter func(*sms.Account, *smssim.Options), test func(t *testing.T, p *provider)) {
	t.Helper()
	for _, name := range []string{"tencent", "alibaba"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := smssim.Options{KeyID: keyID, KeySecret: keySecret, AppID: appID, Sign: "实习备案平台", Templates: approved}
			a := sms.Account{KeyID: keyID, KeySecret: keySecret, AppID: appID, Templates: load(t), Timeout: 2 * time.Second}
			if alter != nil {
				alter(&a, &o)
			}
			p := &provider{name: name, sim: smssim.New(o), conns: &atomic.Int64{}}
			p.server = httptest.NewUnstartedServer(p.sim)
			p.server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					p.conns.Add(1)
				}
			}
			p.server.Start()
			t.Cleanup(p.server.Close)
			var err error
			if a.Endpoint, err = url.Parse(p.server.URL); err != nil {
				t.Fatal(err)
			}
			p.sender = newSender(t, name, a)
			test(t, p)
		})
	}
}

// fails sends and expects a class, and that no text tells anything personal.
func (p *provider) fails(ctx context.Context, t *testing.T, want sms.Class) *sms.Error {
	t.Helper()
	receipt, err := p.sender.Send(ctx, message)
	var e *sms.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v %v, want an *sms.Error", receipt, err)
	}
	if e.Class != want || sms.ClassOf(err) != want {
		t.Errorf("class %s, want %s: %v", e.Class, want, err)
	}
	expectHarmless(t, err)
	return e
}

func expectHarmless(t *testing.T, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		text := fmt.Sprintf("%v %+v", err, err)
		for _, secret := range []string{mobile, codeValue, keySecret, keyID, "PhoneNumbers", "127.0.0.1"} {
			if strings.Contains(text, secret) {
				t.Errorf("the error shows %s: %s", secret, text)
			}
		}
	}
}

func TestAMessageArrives(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, p *provider) {
		receipt, err := p.sender.Send(t.Context(), message)
		if err != nil {
			t.Fatal(err)
		}
		want := smssim.Message{Provider: p.name, Mobile: mobile, Sign: "实习备案平台", Template: "1234567", ID: "sms_1", Receipt: receipt.ID,
			Text:   "【实习备案平台】验证码482913，5分钟内有效。",
			Params: map[string]string{"code": codeValue, "minutes": "5"}}
		if p.name == "tencent" {
			want.Params = map[string]string{"1": codeValue, "2": "5"}
		}
		got, err := p.sim.Wait(t.Context(), mobile, nil)
		got.At = time.Time{}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want, +got)\n%s", err, diff)
		}
		if receipt.ID == "" || receipt.Request == "" {
			t.Errorf("%+v", receipt)
		}
	})
}

func TestTheSimulatorShowsItsMessages(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, p *provider) {
		for _, want := range []string{"还没有短信", "验证码482913"} {
			r, err := http.Get(p.server.URL)
			if err != nil {
				t.Fatal(err)
			}
			page, err := io.ReadAll(r.Body)
			_ = r.Body.Close()
			if err != nil || !strings.Contains(string(page), want) {
				t.Errorf("%v %s", err, page)
			}
			if _, err := p.sender.Send(t.Context(), message); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestValuesAreCutAsTheFileSays(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, p *provider) {
		m := sms.Message{ID: "sms_2", Mobile: mobile, Kind: "invitation", Params: map[string]string{"student": "欧阳晓东东", "link": "https://shixi.example.cn/i/a1 b+*~"}}
		if _, err := p.sender.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		got := p.sim.Messages(mobile)[0].Params
		want := map[string]string{"student": "欧阳晓", "link": "a1 b+*~"}
		if p.name == "tencent" {
			want = map[string]string{"1": "欧阳晓", "2": "a1 b+*~"}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want, +got)\n%s", diff)
		}
	})
}

func TestAMessageThatDoesNotFitItsTemplateMakesNoCall(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, p *provider) {
		for name, m := range map[string]sms.Message{
			"kind":   {Mobile: mobile, Kind: "gossip"},
			"param":  {Mobile: mobile, Kind: "code", Params: map[string]string{"code": codeValue}},
			"prefix": {Mobile: mobile, Kind: "invitation", Params: map[string]string{"student": "卢", "link": "http://elsewhere/" + codeValue}},
			"empty":  {Mobile: mobile, Kind: "invitation", Params: map[string]string{"student": "卢", "link": "https://shixi.example.cn/i/"}},
		} {
			_, err := p.sender.Send(t.Context(), m)
			if sms.ClassOf(err) != sms.Config {
				t.Errorf("%s: %v", name, err)
			}
			expectHarmless(t, err)
		}
		if p.sim.Calls() != 0 {
			t.Errorf("%d calls", p.sim.Calls())
		}
	})
}

func TestEveryKnownCodeHasItsClass(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, p *provider) {
		classes := map[sms.Class]int{}
		for _, name := range sms.Codes(p.name) {
			code := strings.Replace(name, "*", ".Unheard", 1)
			p.sim.Fault(smssim.Fault{Code: code, Message: "mobile " + mobile + " and " + codeValue})
			_, err := p.sender.Send(t.Context(), message)
			var e *sms.Error
			if !errors.As(err, &e) || strings.Contains(e.Meaning(), "未收录") || e.Request == "" {
				t.Errorf("%s: %v", code, err)
				continue
			}
			if e.Class == sms.Quota && e.RetryAfter <= 0 || e.Class != sms.Quota && e.RetryAfter != 0 {
				t.Errorf("%s: %s, again after %s", code, e.Class, e.RetryAfter)
			}
			expectHarmless(t, err)
			classes[e.Class]++
		}
		for _, c := range []sms.Class{sms.Number, sms.Config, sms.Quota, sms.NotSent, sms.Uncertain} {
			if classes[c] == 0 {
				t.Errorf("no code of class %s", c)
			}
		}
		if n := len(p.sim.Messages("")); n != 0 {
			t.Errorf("%d messages", n)
		}
	})
}

func TestWhatTheCodesMean(t *testing.T) {
	t.Parallel()
	cases := map[string]map[string]sms.Class{
		"tencent": {
			"InvalidParameterValue.IncorrectPhoneNumber": sms.Number, "FailedOperation.PhoneNumberInBlacklist": sms.Number,
			"LimitExceeded.PhoneNumberDailyLimit": sms.Quota, "LimitExceeded.Unheard": sms.Quota, "RequestLimitExceeded": sms.Quota,
			"FailedOperation.InsufficientBalanceInSmsPackage": sms.Config, "InvalidParameterValue.Unheard": sms.Config, "AuthFailure.Unheard": sms.Config,
			"ServiceUnavailable": sms.NotSent, "InternalError": sms.Uncertain, "InternalError.Timeout": sms.Uncertain, "NeverHeardOf": sms.Uncertain,
		},
		"alibaba": {
			"isv.MOBILE_NUMBER_ILLEGAL": sms.Number, "isv.BUSINESS_LIMIT_CONTROL": sms.Quota, "Throttling.User": sms.Quota,
			"isp.RAM_PERMISSION_DENY": sms.Config, "isv.OUT_OF_SERVICE": sms.Config, "isv.NEW_RULE": sms.Config, "SignatureDoesNotMatch": sms.Config,
			"isp.SYSTEM_ERROR": sms.NotSent, "InternalError": sms.Uncertain, "isp.NEW_TROUBLE": sms.Uncertain, "NeverHeardOf": sms.Uncertain,
		},
	}
	each(t, nil, func(t *testing.T, p *provider) {
		for code, want := range cases[p.name] {
			for _, status := range []int{0, 400, 503} { // the code decides, whatever the status is
				if p.name == "tencent" && status != 0 {
					continue // always answers 200
				}
				p.sim.Fault(smssim.Fault{Code: code, Status: status})
				if e := p.fails(t.Context(), t, want); e.Code != code {
					t.Errorf("%s: code %q, status %d", code, e.Code, e.Status)
				}
			}
		}
	})
}

func TestTheWindowOfALimitIsRead(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, p *provider) {
		if p.name != "alibaba" {
			t.Skip("has a code for each window")
		}
		last := time.Duration(0)
		for _, text := range []string{"触发分钟级流控Permits:1", "触发小时级流控Permits:5", "触发天级流控Permits:10"} {
			p.sim.Fault(smssim.Fault{Code: "isv.BUSINESS_LIMIT_CONTROL", Message: text})
			e := p.fails(t.Context(), t, sms.Quota)
			if e.RetryAfter <= last {
				t.Errorf("%s: %s, no longer than %s", text, e.RetryAfter, last)
			}
			last = e.RetryAfter
		}
	})
}

func TestWrongKeysAndClocksAreConfiguration(t *testing.T) {
	t.Parallel()
	for name, alter := range map[string]func(*sms.Account, *smssim.Options){
		"secret":    func(_ *sms.Account, o *smssim.Options) { o.KeySecret = "another" },
		"key":       func(_ *sms.Account, o *smssim.Options) { o.KeyID = "another" },
		"clock":     func(_ *sms.Account, o *smssim.Options) { o.Now = func() time.Time { return time.Now().Add(time.Hour) } },
		"signature": func(_ *sms.Account, o *smssim.Options) { o.Sign = "别家" },
		"template":  func(_ *sms.Account, o *smssim.Options) { o.Templates = map[string]smssim.Template{"1": {}} },
		"number of": func(_ *sms.Account, o *smssim.Options) {
			o.Templates = map[string]smssim.Template{"1234567": {Params: []string{"a", "b", "c"}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, alter, func(t *testing.T, p *provider) {
				if e := p.fails(t.Context(), t, sms.Config); e.Code == "" {
					t.Error(e)
				}
			})
		})
	}
}

func TestAnAnswerThatIsLostOrCantBeReadIsUncertain(t *testing.T) {
	t.Parallel()
	bodies := []string{"", "{}", "null", "[]", `""`, "0", "{", "not JSON", `{"Response":{}}`, `{"Response":null}`, `{"Response":{"SendStatusSet":[]}}`,
		`{"Response":{"SendStatusSet":[null]}}`, `{"Response":{"SendStatusSet":[{}]}}`, `{"Response":{"SendStatusSet":[{"Code":"Ok"},{"Code":"Ok"}]}}`,
		`{"Response":{"SendStatusSet":"Ok"}}`, `{"Code":null}`, `{"Code":0}`, `{"Code":{"a":1}}`, `{"Code":["OK"]}`, `{"Message":"OK"}`,
		`{"Code":"` + mobile + `"}`, `{"Code":"` + strings.Repeat("x", 300) + `"}`, `{"Response":{"Error":{"Code":"请 ` + mobile + `","Message":"m"}}}`,
		"\x00\xff", strings.Repeat("[", 5000), `{"code":7,"message":"` + mobile + `","codeDesc":"x"}`}
	each(t, nil, func(t *testing.T, p *provider) {
		for i, body := range bodies {
			if body == "" {
				body = " "
			}
			p.sim.Fault(smssim.Fault{Body: body})
			if e := p.fails(t.Context(), t, sms.Uncertain); strings.Contains(e.Error(), "\n") {
				t.Errorf("%d: %q: %v", i, body, e)
			}
		}
		for name, f := range map[string]smssim.Fault{
			"reset before": {ResetBefore: true}, "reset after": {ResetAfter: true}, "half": {Truncate: true},
			"page": {HTML: true}, "page with 200": {HTML: true, Status: 200}, "page with 503": {HTML: true, Status: 503}, "page with 404": {HTML: true, Status: 404},
			"redirect": {Body: "{}", Status: 302},
		} {
			p.sim.Fault(f)
			if e := p.fails(t.Context(), t, sms.Uncertain); e.Code != "" {
				t.Errorf("%s: %v", name, e)
			}
		}
	})
}

func TestAnAnswerWithoutEndIsNotReadToIt(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, p *provider) {
		if p.name != "tencent" {
			t.Skip("the SDK of Alibaba has no bound but the time")
		}
		p.sim.Fault(smssim.Fault{Body: strings.Repeat(" ", 1<<20)})
		_ = p.fails(t.Context(), t, sms.Uncertain)
	})
}

func TestAProviderThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]smssim.Fault{"before": {Hang: true}, "after": {HangAfter: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(a *sms.Account, _ *smssim.Options) { a.Timeout = 200 * time.Millisecond }, func(t *testing.T, p *provider) {
				p.sim.Fault(f)
				if e := p.fails(t.Context(), t, sms.Uncertain); !errors.Is(e, context.DeadlineExceeded) {
					t.Error(e)
				}
				if n := len(p.sim.Messages(mobile)); (n == 1) != f.HangAfter {
					t.Errorf("%d messages", n)
				}
			})
		})
	}
}

func TestACallerMayGiveUp(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, p *provider) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if e := p.fails(ctx, t, sms.NotSent); !errors.Is(e, context.Canceled) || p.sim.Calls() != 0 {
			t.Error(e, p.sim.Calls())
		}
		ctx, cancel = context.WithCancel(t.Context())
		p.sim.Fault(smssim.Fault{HangAfter: true})
		go func() {
			_, _ = p.sim.Wait(ctx, mobile, nil)
			cancel()
		}()
		if e := p.fails(ctx, t, sms.Uncertain); !errors.Is(e, context.Canceled) {
			t.Error(e)
		}
	})
}

func TestAProviderThatCantBeReachedGotNothing(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	for name, endpoint := range map[string]string{
		"nobody listens": "http://" + free, "no such name": "http://no-such-host.invalid",
		"certificate": untrusted.URL, "no TLS": strings.Replace(startPlain(t), "http", "https", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, nil, func(t *testing.T, p *provider) {
				u, err := url.Parse(endpoint)
				if err != nil {
					t.Fatal(err)
				}
				p.sender = newSender(t, p.name, sms.Account{KeyID: keyID, KeySecret: keySecret, AppID: appID, Templates: load(t), Endpoint: u, Timeout: 5 * time.Second})
				_ = p.fails(t.Context(), t, sms.NotSent)
			})
		})
	}
}

func startPlain(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	return s.URL
}

func TestConnectionsAreReusedAndSendsMayCross(t *testing.T) {
	t.Parallel()
	each(t, func(a *sms.Account, _ *smssim.Options) { a.MaxConns = 8; a.Timeout = 20 * time.Second }, func(t *testing.T, p *provider) {
		const workers, rounds = 8, 25
		var all sync.WaitGroup
		for w := range workers {
			all.Go(func() {
				for r := range rounds {
					m := message
					m.ID = fmt.Sprintf("sms_%d_%d", w, r)
					if _, err := p.sender.Send(t.Context(), m); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		ids := map[string]bool{}
		for _, m := range p.sim.Messages(mobile) {
			ids[m.ID] = true
		}
		if len(ids) != workers*rounds || p.sim.Calls() != workers*rounds {
			t.Errorf("%d messages in %d calls, want %d", len(ids), p.sim.Calls(), workers*rounds)
		}
		if n := p.conns.Load(); n > 3*workers {
			t.Errorf("%d connections for %d workers", n, workers)
		}
	})
}

func TestAccountsAreChecked(t *testing.T) {
	t.Parallel()
	good := func() sms.Account {
		return sms.Account{KeyID: keyID, KeySecret: keySecret, AppID: appID, Templates: load(t)}
	}
	for name, spoil := range map[string]func(*sms.Account){
		"key":       func(a *sms.Account) { a.KeyID = "" },
		"secret":    func(a *sms.Account) { a.KeySecret = "" },
		"templates": func(a *sms.Account) { a.Templates = nil },
		"scheme":    func(a *sms.Account) { a.Endpoint = &url.URL{Scheme: "ftp", Host: "x"} },
		"host":      func(a *sms.Account) { a.Endpoint = &url.URL{Scheme: "https"} },
		"path":      func(a *sms.Account) { a.Endpoint = &url.URL{Scheme: "https", Host: "x", Path: "/y"} },
	} {
		a, b := good(), good()
		spoil(&a)
		spoil(&b)
		_, tencent := sms.NewTencent(a)
		_, alibaba := sms.NewAlibaba(b)
		if tencent == nil || alibaba == nil {
			t.Errorf("%s: %v %v", name, tencent, alibaba)
		}
	}
	a := good()
	a.AppID = ""
	if _, err := sms.NewTencent(a); err == nil {
		t.Error("Tencent without an app id")
	}
	tencent, err := sms.NewTencent(good())
	if err != nil {
		t.Fatal(err)
	}
	tencent.Close()
	if _, err := sms.NewAlibaba(good()); err != nil {
		t.Error(err)
	}
}

func TestDebuggingTheSDKIsRefused(t *testing.T) {
	t.Setenv("DEBUG", "x,tea")
	if _, err := sms.NewAlibaba(sms.Account{KeyID: keyID, KeySecret: keySecret, Templates: load(t)}); err == nil || !strings.Contains(err.Error(), "DEBUG") {
		t.Error(err)
	}
}

func TestAForeignErrorTellsNothing(t *testing.T) {
	t.Parallel()
	if c := sms.ClassOf(errors.New("strange")); c != sms.Uncertain {
		t.Error(c)
	}
	if c := sms.ClassOf(nil); c != "" {
		t.Error(c)
	}
}

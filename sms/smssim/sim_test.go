package smssim_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"shixi/sms"
	"shixi/sms/smssim"
)

// forger stands between a sender and the simulator and changes what passes.
type forger struct {
	sim    *smssim.Sim
	change func(*http.Request, *[]byte)
	twice  bool
}

func (f *forger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if f.change != nil {
		f.change(r, &body)
	}
	if f.twice {
		r.Body = io.NopCloser(bytes.NewReader(body))
		f.sim.ServeHTTP(httptest.NewRecorder(), r)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	f.sim.ServeHTTP(w, r)
}

// TestForgedRequestsAreRefused: what was signed is what counts.
func TestForgedRequestsAreRefused(t *testing.T) {
	t.Parallel()
	templates, err := sms.LoadTemplates(strings.NewReader(`{sign: 平台, templates: {code: {id: "1", params: [code]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	other := func(r *http.Request, body *[]byte) {
		*body = bytes.Replace(*body, []byte("13812345678"), []byte("13812345679"), 1)
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "13812345678", "13812345679", 1)
	}
	header := func(name, value string) func(*http.Request, *[]byte) {
		return func(r *http.Request, _ *[]byte) { r.Header.Set(name, value) }
	}
	for name, c := range map[string]struct {
		provider string
		forger   forger
		code     string
	}{
		"tencent, as sent":          {"tencent", forger{}, ""},
		"tencent, another mobile":   {"tencent", forger{change: other}, "AuthFailure.SignatureFailure"},
		"tencent, another time":     {"tencent", forger{change: header("X-TC-Timestamp", "1700000000")}, "AuthFailure.SignatureExpire"},
		"tencent, no authorization": {"tencent", forger{change: header("Authorization", "")}, "AuthFailure.InvalidAuthorization"},
		"tencent, another version":  {"tencent", forger{change: header("X-TC-Version", "2019-07-11")}, "InvalidParameter"},
		"tencent, another action":   {"tencent", forger{change: header("X-TC-Action", "DeleteSmsSign")}, "InvalidAction"},
		"alibaba, as sent":          {"alibaba", forger{}, ""},
		"alibaba, another mobile":   {"alibaba", forger{change: other}, "SignatureDoesNotMatch"},
		"alibaba, a body":           {"alibaba", forger{change: func(_ *http.Request, body *[]byte) { *body = []byte("x") }}, "SignatureDoesNotMatch"},
		"alibaba, another time":     {"alibaba", forger{change: header("X-Acs-Date", "2020-01-01T00:00:00Z")}, "InvalidTimeStamp.Expired"},
		"alibaba, unsigned header":  {"alibaba", forger{change: header("X-Acs-Extra", "x")}, "IncompleteSignature"},
		"alibaba, no authorization": {"alibaba", forger{change: header("Authorization", "")}, "IncompleteSignature"},
		"alibaba, another action":   {"alibaba", forger{change: header("X-Acs-Action", "DeleteSmsSign")}, "InvalidAction.NotFound"},
		"alibaba, sent twice":       {"alibaba", forger{twice: true}, "SignatureNonceUsed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := c.forger
			f.sim = smssim.New(smssim.Options{KeyID: "AKIDkeykeykey", KeySecret: "secretsecretsecret"})
			server := httptest.NewServer(&f)
			t.Cleanup(server.Close)
			endpoint, err := url.Parse(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			account := sms.Account{KeyID: "AKIDkeykeykey", KeySecret: "secretsecretsecret", AppID: "1400000000", Templates: templates, Endpoint: endpoint}
			var sender sms.Sender
			if c.provider == "tencent" {
				sender, err = sms.NewTencent(account)
			} else {
				sender, err = sms.NewAlibaba(account)
			}
			if err != nil {
				t.Fatal(err)
			}
			_, err = sender.Send(t.Context(), sms.Message{Mobile: "13812345678", Kind: "code", Params: map[string]string{"code": "1"}})
			var e *sms.Error
			switch {
			case c.code == "" && err != nil:
				t.Error(err)
			case c.code != "" && (!errors.As(err, &e) || e.Code != c.code || e.Class != sms.Config):
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

func TestStrangersGetNothing(t *testing.T) {
	t.Parallel()
	sim := smssim.New(smssim.Options{})
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}")),
		httptest.NewRequest(http.MethodPut, "/", strings.NewReader(strings.Repeat("x", 2<<20))),
	} {
		w := httptest.NewRecorder()
		if sim.ServeHTTP(w, r); w.Code != http.StatusNotFound {
			t.Errorf("status %d", w.Code)
		}
	}
	if n := len(sim.Messages("")); n != 0 {
		t.Errorf("%d messages", n)
	}
}

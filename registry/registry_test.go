package registry_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/registry"
	"shixi/registry/registrysim"
)

const token = "a-token-that-nobody-may-see"

var known = registry.Record{Code: "91410900MA4ABCD173", Name: "濮阳市华龙区示例电子有限公司", LegalPerson: "张明", Status: "存续", Address: "河南省濮阳市华龙区任丘路 260 号", Industry: "制造业"}

// clock is turned by hand.
type clock struct{ now atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Unix(0, c.now.Load()) }
func (c *clock) forward(d time.Duration) { c.now.Add(int64(d)) }

// client asks a simulated registry.
func client(t *testing.T, sim http.Handler, edit func(*registry.Options)) *registry.Client {
	t.Helper()
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL + "/lookup?key=also-secret")
	if err != nil {
		t.Fatal(err)
	}
	o := registry.Options{URL: address, Token: token}
	if edit != nil {
		edit(&o)
	}
	c, err := registry.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestLook(t *testing.T) {
	t.Parallel()
	sim := registrysim.New(token, known)
	c := client(t, sim, nil)
	for _, code := range []string{known.Code, "MA4ABCD17"} {
		got, err := c.Look(t.Context(), code)
		if diff := cmp.Diff(known, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", code, err, diff)
		}
	}
	if got, err := c.Look(t.Context(), "91410100123456788Y"); !errors.Is(err, registry.ErrNotFound) || got != (registry.Record{}) {
		t.Errorf("unknown code: %+v, %v", got, err)
	}
	if diff := cmp.Diff([]string{known.Code, "MA4ABCD17", "91410100123456788Y"}, sim.Asked()); diff != "" {
		t.Error(diff)
	}
}

func TestNewWantsAddressAndToken(t *testing.T) {
	t.Parallel()
	for _, o := range []registry.Options{{}, {URL: &url.URL{Scheme: "https", Host: "x"}}, {Token: token}, {URL: &url.URL{Path: "/x"}, Token: token}} {
		if _, err := registry.New(o); err == nil {
			t.Errorf("%+v makes a client", o)
		}
	}
}

// Every way not to answer has its reason, and no error shows token, address or code.
func TestSilence(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault registrysim.Fault
		token string
		want  registry.SilentError
	}{
		"dropped":         {fault: registrysim.Fault{Drop: true}, want: registry.SilentError{Reason: registry.Unreachable}},
		"late":            {fault: registrysim.Fault{Latency: time.Minute}, want: registry.SilentError{Reason: registry.Timeout}},
		"wrong token":     {token: "another-secret", want: registry.SilentError{Reason: registry.Denied, Status: 401}},
		"forbidden":       {fault: registrysim.Fault{Status: 403}, want: registry.SilentError{Reason: registry.Denied, Status: 403}},
		"quota":           {fault: registrysim.Fault{Status: 429, RetryAfter: 90}, want: registry.SilentError{Reason: registry.Quota, Status: 429, RetryAfter: 90 * time.Second}},
		"long quota":      {fault: registrysim.Fault{Status: 429, RetryAfter: 1 << 40}, want: registry.SilentError{Reason: registry.Quota, Status: 429, RetryAfter: time.Hour}},
		"broken":          {fault: registrysim.Fault{Status: 500}, want: registry.SilentError{Reason: registry.Failing, Status: 500}},
		"maintenance":     {fault: registrysim.Fault{Status: 503, RetryAfter: 5}, want: registry.SilentError{Reason: registry.Failing, Status: 503, RetryAfter: 5 * time.Second}},
		"not found":       {fault: registrysim.Fault{Status: 404}, want: registry.SilentError{Reason: registry.Failing, Status: 404}},
		"nothing":         {fault: registrysim.Fault{Status: 204}, want: registry.SilentError{Reason: registry.Failing, Status: 204}},
		"redirect":        {fault: registrysim.Fault{Status: 307, Location: "http://127.0.0.1:1/elsewhere"}, want: registry.SilentError{Reason: registry.Failing, Status: 307}},
		"page":            {fault: registrysim.Fault{Body: []byte("<html>" + known.Code), ContentType: "text/html"}, want: registry.SilentError{Reason: registry.Garbage, Status: 200}},
		"no JSON":         {fault: registrysim.Fault{Body: []byte(token)}, want: registry.SilentError{Reason: registry.Garbage, Status: 200}},
		"endless":         {fault: registrysim.Fault{Body: []byte(strings.Repeat(" ", 1<<20))}, want: registry.SilentError{Reason: registry.Garbage, Status: 200}},
		"another's code":  {fault: registrysim.Fault{Body: []byte(`{"found":true,"record":{"code":"91410100123456788Y","name":"甲","legalPerson":"乙","status":"存续"}}`)}, want: registry.SilentError{Reason: registry.Garbage, Status: 200}},
		"half understood": {fault: registrysim.Fault{Body: []byte(`{"found":true,"record":{"code":"91410900MA4ABCD173","name":"甲","legal_person":"乙","status":"存续"}}`)}, want: registry.SilentError{Reason: registry.Garbage, Status: 200}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := registrysim.New(token, known)
			tc.fault.Times = 1
			sim.Fault(tc.fault)
			c := client(t, sim, func(o *registry.Options) {
				if o.Timeout = 10 * time.Second; tc.want.Reason == registry.Timeout {
					o.Timeout = 50 * time.Millisecond
				}
				if tc.token != "" {
					o.Token = tc.token
				}
			})
			_, err := c.Look(t.Context(), known.Code)
			got, ok := errors.AsType[*registry.SilentError](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			if got.Reason != tc.want.Reason || got.Status != tc.want.Status || got.RetryAfter != tc.want.RetryAfter {
				t.Errorf("got %s %d %s, want %s %d %s", got.Reason, got.Status, got.RetryAfter, tc.want.Reason, tc.want.Status, tc.want.RetryAfter)
			}
			for _, secret := range []string{token, "another-secret", "also-secret", "127.0.0.1", known.Code} {
				if strings.Contains(fmt.Sprintf("%v %+v", err, got.Unwrap()), secret) {
					t.Errorf("the error shows %s: %v", secret, err)
				}
			}
		})
	}
}

// The caller's own end is no silence of the registry, however often.
func TestCallerGoesAway(t *testing.T) {
	t.Parallel()
	sim := registrysim.New(token, known)
	sim.Fault(registrysim.Fault{Times: 8, Latency: time.Minute})
	c := client(t, sim, nil)
	for n := range 8 {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for len(sim.Asked()) == n && ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			cancel()
		}()
		_, err := c.Look(ctx, known.Code)
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v", err)
		}
	}
	if _, err := c.Look(t.Context(), known.Code); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// After five silent calls nobody is asked for a while; then one call finds out, and the others wait for it.
func TestBreaker(t *testing.T) {
	t.Parallel()
	sim := registrysim.New(token, known)
	sim.Fault(registrysim.Fault{Times: 6, Status: 500})
	var now clock
	c := client(t, sim, func(o *registry.Options) { o.Now = now.Now })
	reason := func() registry.Reason {
		_, err := c.Look(t.Context(), known.Code)
		if silent, ok := errors.AsType[*registry.SilentError](err); ok {
			return silent.Reason
		}
		return ""
	}
	for range 5 {
		if got := reason(); got != registry.Failing {
			t.Fatalf("got %q", got)
		}
	}
	if got := reason(); got != registry.Paused || len(sim.Asked()) != 5 {
		t.Errorf("the sixth: %q after %d calls", got, len(sim.Asked()))
	}
	now.forward(31 * time.Second)
	if first, second := reason(), reason(); first != registry.Failing || second != registry.Paused {
		t.Errorf("after the pause: %q, then %q", first, second)
	}
	now.forward(31 * time.Second)
	for range 3 {
		if got := reason(); got != "" {
			t.Errorf("when it is back: %q", got)
		}
	}
}

// A registry that asks to be left alone is left alone at once; that it found nothing is an answer.
func TestBreakerHeedsRetryAfter(t *testing.T) {
	t.Parallel()
	sim := registrysim.New(token)
	var now clock
	c := client(t, sim, func(o *registry.Options) { o.Now = now.Now })
	for range 20 {
		if _, err := c.Look(t.Context(), known.Code); !errors.Is(err, registry.ErrNotFound) {
			t.Fatal(err)
		}
	}
	sim.Fault(registrysim.Fault{Times: 1, Status: 429, RetryAfter: 600})
	for _, want := range []registry.Reason{registry.Quota, registry.Paused} {
		_, err := c.Look(t.Context(), known.Code)
		if silent, ok := errors.AsType[*registry.SilentError](err); !ok || silent.Reason != want || silent.RetryAfter != 10*time.Minute {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	now.forward(10 * time.Minute)
	if _, err := c.Look(t.Context(), known.Code); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("afterwards: %v", err)
	}
}

// Of many who ask when the pause is over one call goes out.
func TestBreakerLetsOneTry(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	held, release := make(chan struct{}), make(chan struct{})
	var failing atomic.Bool
	failing.Store(true)
	var now clock
	c := client(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if failing.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		if calls.Add(1) == 1 {
			close(held)
		}
		<-release
		w.WriteHeader(http.StatusBadGateway)
	}), func(o *registry.Options) { o.Now = now.Now })
	for range 5 {
		_, _ = c.Look(t.Context(), known.Code)
	}
	failing.Store(false)
	now.forward(time.Minute)
	var group sync.WaitGroup
	group.Go(func() { _, _ = c.Look(t.Context(), known.Code) })
	<-held
	for range 20 {
		if _, err := c.Look(t.Context(), known.Code); err == nil {
			t.Error("an answer from nowhere")
		}
	}
	close(release)
	group.Wait()
	if calls.Load() != 1 {
		t.Errorf("%d calls went out", calls.Load())
	}
}

package webhook_test

import (
	"context"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"shixi/webhook"
)

// receiver is a server with TLS that counts its requests.
type receiver struct {
	*httptest.Server
	asked atomic.Int64
	// connections counts the connections.
	connections atomic.Int64
}

func newReceiver(t *testing.T, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.asked.Add(1)
		answer(w, req)
	}))
	r.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			r.connections.Add(1)
		}
	}
	r.Config.ErrorLog = log.New(io.Discard, "", 0)
	r.StartTLS()
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(r.Certificate())
	return pool
}

func newClient(t *testing.T, o webhook.Options) *webhook.Client {
	t.Helper()
	c := webhook.New(o)
	t.Cleanup(c.Close)
	return c
}

func (r *receiver) client(t *testing.T) *webhook.Client {
	t.Helper()
	return newClient(t, webhook.Options{Rules: webhook.Rules{AllowLoopback: true}, RootCAs: r.roots(), Timeout: time.Minute})
}

func target(t *testing.T, address string) webhook.Target {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return webhook.Target{URL: u, Sign: func(req *http.Request, body []byte) { req.Header.Set("X-Length", string(rune('0'+len(body)))) }}
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		if req.Method != http.MethodPost || req.RequestURI != "/hook?a=b" || string(body) != "[1]" ||
			req.Header.Get("Content-Type") != "application/json" || req.Header.Get("X-Length") != "3" {
			t.Errorf("%s %s %v %q", req.Method, req.RequestURI, req.Header, body)
		}
		_, _ = io.WriteString(w, "thanks")
	})
	c := r.client(t)
	for range 3 {
		if err := c.Deliver(t.Context(), target(t, r.URL+"/hook?a=b"), []byte("[1]")); err != nil {
			t.Fatal(err)
		}
	}
	if n := r.connections.Load(); n != 1 {
		t.Errorf("%d connections, want one for all", n)
	}
}

// Every status but 2xx is a failure, and a redirect is not followed.
func TestStatuses(t *testing.T) {
	t.Parallel()
	other := newReceiver(t, func(http.ResponseWriter, *http.Request) {})
	var status atomic.Int64
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", other.URL)
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(int(status.Load()))
		if status.Load() != http.StatusNoContent && status.Load() != http.StatusNotModified {
			_, _ = io.WriteString(w, "secret words of the receiver")
		}
	})
	c := r.client(t)
	for code, want := range map[int]webhook.Class{
		200: "", 201: "", 202: "", 204: "", 299: "",
		300: webhook.Redirect, 301: webhook.Redirect, 302: webhook.Redirect, 303: webhook.Redirect, 304: webhook.Redirect, 307: webhook.Redirect, 308: webhook.Redirect,
		400: webhook.Rejected, 401: webhook.Rejected, 404: webhook.Rejected, 410: webhook.Rejected, 429: webhook.Rejected,
		500: webhook.Failing, 502: webhook.Failing, 503: webhook.Failing, 600: webhook.Failing, 999: webhook.Failing,
	} {
		status.Store(int64(code))
		err := c.Deliver(t.Context(), target(t, r.URL+"/hook?token=abc"), []byte("[]"))
		if webhook.ClassOf(err) != want || (err == nil) != (want == "") {
			t.Errorf("%d: %v, want %q", code, err, want)
		}
		var e *webhook.Error
		if errors.As(err, &e) && (e.Status != code || e.RetryAfter != 2*time.Minute || strings.Contains(err.Error(), "token") || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%d: %+v: %v", code, e, err)
		}
	}
	if n := other.asked.Load(); n != 0 {
		t.Errorf("followed %d redirects", n)
	}
}

// A long answer, one without end and one that comes byte by byte cost neither
// memory nor time.
func TestHugeAndSlowAnswers(t *testing.T) {
	t.Parallel()
	flood := func(w http.ResponseWriter, pause time.Duration, chunk string) {
		for {
			if _, err := io.WriteString(w, chunk); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			time.Sleep(pause)
		}
	}
	ended := make(chan string, 4)
	r := newReceiver(t, func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/endless":
			flood(w, 0, strings.Repeat("a", 1<<16))
		case "/trickle":
			flood(w, 20*time.Millisecond, "a")
		case "/endless-failure":
			w.WriteHeader(http.StatusInternalServerError)
			flood(w, 0, strings.Repeat("a", 1<<16))
		case "/header":
			w.Header().Set("X-Long", strings.Repeat("a", 1<<20))
		}
		ended <- req.URL.Path
	})
	c := r.client(t)
	for path, want := range map[string]webhook.Class{"/endless": "", "/trickle": "", "/endless-failure": webhook.Failing, "/header": webhook.Unanswered} {
		began := time.Now()
		err := c.Deliver(t.Context(), target(t, r.URL+path), nil)
		if webhook.ClassOf(err) != want || (err == nil) != (want == "") {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s: took %s", path, took)
		}
		select {
		case <-ended: // the receiver noticed that we went away
		case <-time.After(20 * time.Second):
			t.Errorf("%s: still being read", path)
		}
	}
}

func TestAnAnswerThatDoesNotCome(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	r := newReceiver(t, func(http.ResponseWriter, *http.Request) {
		cancel()
		<-over
	})
	defer close(over)
	if err := r.client(t).Deliver(ctx, target(t, r.URL), nil); webhook.ClassOf(err) != webhook.Unanswered {
		t.Errorf("%v", err)
	}
	if err := r.client(t).Deliver(ctx, target(t, r.URL), nil); webhook.ClassOf(err) != webhook.NotSent {
		t.Errorf("%v", err)
	}
	impatient := newClient(t, webhook.Options{Rules: webhook.Rules{AllowLoopback: true}, RootCAs: r.roots(), Timeout: 50 * time.Millisecond})
	if err := impatient.Deliver(t.Context(), target(t, r.URL), nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// What the receiver sends instead of HTTP can't hurt whoever reads the error.
func TestNonsense(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = io.WriteString(conn, "\x1b[2J"+strings.Repeat("坏", 2000)+"\r\n\r\n")
			_ = conn.Close()
		}
	}()
	c := newClient(t, webhook.Options{Rules: webhook.Rules{AllowLoopback: true}})
	err = c.Deliver(t.Context(), target(t, "http://"+l.Addr().String()+"/hook?token=abc"), nil)
	if webhook.ClassOf(err) != webhook.Unanswered || strings.ContainsAny(err.Error(), "\x1b\r\n") || len([]rune(err.Error())) > 300 || strings.Contains(err.Error(), "token") {
		t.Errorf("%q", err)
	}
	_ = l.Close()
	if err := c.Deliver(t.Context(), target(t, "http://"+l.Addr().String()), nil); webhook.ClassOf(err) != webhook.NotSent {
		t.Errorf("%v", err)
	}
}

func TestTheCertificateIsVerified(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, func(http.ResponseWriter, *http.Request) {})
	strange := newClient(t, webhook.Options{Rules: webhook.Rules{AllowLoopback: true}})
	if err := strange.Deliver(t.Context(), target(t, r.URL), nil); webhook.ClassOf(err) != webhook.NotSent {
		t.Errorf("%v", err)
	}
	names := names(t, "127.0.0.1")
	port := netip.MustParseAddrPort(r.Listener.Addr().String()).Port()
	other := newClient(t, webhook.Options{Rules: webhook.Rules{AllowLoopback: true}, RootCAs: r.roots(), Resolver: names})
	if err := other.Deliver(t.Context(), target(t, "https://other.example.org:"+itoa(port)), nil); webhook.ClassOf(err) != webhook.NotSent {
		t.Errorf("another name: %v", err)
	}
	if r.asked.Load() != 0 {
		t.Error("a receiver without a good certificate was posted to")
	}
}

// A name that resolved to a good address when the settings were read, and to
// one inside when it is called, is refused before anything is sent.
func TestRebinding(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, func(http.ResponseWriter, *http.Request) {})
	port := netip.MustParseAddrPort(r.Listener.Addr().String()).Port()
	address := "https://hook.example.com:" + itoa(port) + "/hook"
	for _, inside := range []string{"10.0.0.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "192.168.0.1"} {
		c := newClient(t, webhook.Options{RootCAs: r.roots(), Resolver: names(t, inside)})
		err := c.Deliver(t.Context(), target(t, address), nil)
		var wrong *webhook.AddressError
		if webhook.ClassOf(err) != webhook.Address || !errors.As(err, &wrong) || wrong.Fault != webhook.FaultPrivate {
			t.Errorf("%s: %v", inside, err)
		}
	}
	trial := newClient(t, webhook.Options{Rules: webhook.Rules{AllowLoopback: true}, RootCAs: r.roots(), Resolver: names(t, "127.0.0.1", "10.0.0.1")})
	if err := trial.Deliver(t.Context(), target(t, address), nil); err != nil {
		t.Fatal(err)
	}
	trial.Close() // the connection: then the name is asked for again
	if err := trial.Deliver(t.Context(), target(t, address), nil); webhook.ClassOf(err) != webhook.Address {
		t.Errorf("rebound: %v", err)
	}
	if n := r.asked.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// A proxy of the environment would connect on our behalf, unchecked.
func TestNoProxyOfTheEnvironment(t *testing.T) {
	var asked atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer proxy.Close()
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	t.Setenv("NO_PROXY", "")
	c := newClient(t, webhook.Options{Rules: webhook.Rules{AllowLoopback: true}, Resolver: names(t, "10.0.0.1")})
	if err := c.Deliver(t.Context(), target(t, "https://hook.example.com/"), nil); webhook.ClassOf(err) != webhook.Address {
		t.Errorf("%v", err)
	}
	if asked.Load() != 0 {
		t.Error("the proxy was asked")
	}
}

func itoa(n uint16) string {
	return netip.AddrPortFrom(netip.IPv4Unspecified(), n).String()[len("0.0.0.0:"):]
}

// names is a resolver that answers any question for an IPv4 address with the
// next of the given ones, the last again and again.
func names(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		question := make([]byte, 512)
		for n := 0; ; {
			size, from, err := server.ReadFrom(question)
			if err != nil {
				return
			}
			answer, isA := reply(question[:size], netip.MustParseAddr(addresses[min(n, len(addresses)-1)]))
			if isA {
				n++
			}
			_, _ = server.WriteTo(answer, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// reply answers a question (RFC 1035 §4.1): one A record, or none to other
// questions.
func reply(question []byte, address netip.Addr) (answer []byte, isA bool) {
	end := 12
	for question[end] != 0 {
		end += int(question[end]) + 1
	}
	end += 5 // the root label, type and class
	isA = binary.BigEndian.Uint16(question[end-4:]) == 1
	answer = append([]byte{question[0], question[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question[12:end]...)
	if isA {
		answer[7] = 1
		answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		answer = append(answer, address.AsSlice()...)
	}
	return answer, isA
}

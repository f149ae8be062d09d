package handlers_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"

	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
)

func readAnswer(tb testing.TB, w *world, conn net.Conn) answer {
	tb.Helper()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		tb.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return answer{tb: tb, what: "raw request", status: res.StatusCode, header: res.Header, body: body}
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for sent, keep := range map[string]bool{"abcdef-0123.x_9": true, "": false, "short": false, "with space 123": false, "新的请求编号": false, strings.Repeat("a", 65): false} {
		got := w.anyone().with("X-Request-Id", sent).get("/livez").header.Get("X-Request-Id")
		if keep != (got == sent) || !regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`).MatchString(got) {
			t.Errorf("sent %q, got %q", sent, got)
		}
	}
	if !strings.Contains(w.log.String(), `"request_id":"abcdef-0123.x_9"`) {
		t.Error("the log does not carry the request id")
	}
}

func TestEveryAnswerIsGuardedAgainstBrowsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/livez", "/api/v1/me", "/nothing"} {
		h := w.anyone().get(path).header
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
			"Referrer-Policy": "no-referrer", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s = %q, want %q", path, name, got, want)
			}
		}
		if got := h.Get("Server"); got != "" {
			t.Errorf("%s: Server = %q", path, got)
		}
	}
}

func TestProbes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var failing error
	w.app = handlers.New(handlers.Options{Acts: w.Acts, Ready: map[string]func(context.Context) error{
		"mongodb": w.DB.Ping,
		"redis":   func(context.Context) error { return failing },
	}})
	w.anyone().get("/livez").ok(http.StatusOK)
	got := read[handlers.Health](w.anyone().get("/readyz").ok(http.StatusOK))
	if diff := cmp.Diff(handlers.Health{Status: "ok", Parts: map[string]string{"mongodb": "ok", "redis": "ok"}}, got); diff != "" {
		t.Errorf("ready (-want, +got):\n%s", diff)
	}
	failing = errors.New("dial tcp 10.0.0.7:6379: refused")
	a := w.anyone().get("/readyz").ok(http.StatusServiceUnavailable)
	var health handlers.Health
	a.into(&health)
	if health.Parts["redis"] != "failed" || health.Parts["mongodb"] != "ok" || strings.Contains(string(a.body), "10.0.0.7") {
		t.Errorf("not ready = %s", a.body)
	}
	failing = nil
	if err := w.app.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.anyone().get("/readyz").ok(http.StatusServiceUnavailable)
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.anyone().get("/api/v1/positions/pos_SECRET").refused(internship.ErrUnauthorized)
	res, err := w.app.Fiber().Test(mustRequest(t, "/metrics"), -1)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`shixi_http_request_seconds_count{method="GET",route="/api/v1/positions/:id",status="401"} 1`, `shixi_http_refusals_total{code="auth.required"} 1`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("metrics lack %s:\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "pos_SECRET") {
		t.Error("metrics hold an id")
	}
}

func mustRequest(tb testing.TB, path string) *http.Request {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, path, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return req
}

// TestFailuresTellNothing lets a route fail in ways no route should.
func TestFailuresTellNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.app.Fiber().Get("/boom/:how", func(c *fiber.Ctx) error {
		switch c.Params("how") {
		case "panic":
			_ = c.SendString("half an answer")
			panic("index out of range at 10.0.0.7")
		case "foreign":
			return errors.New("dial tcp 10.0.0.7:27017: refused")
		case "late":
			return fmt.Errorf("read: %w", context.DeadlineExceeded)
		}
		return internship.ErrUnavailable.Because(errors.New("10.0.0.7 is away"))
	})
	for how, want := range map[string]*internship.Error{"panic": internship.ErrInternal, "foreign": internship.ErrInternal,
		"late": internship.ErrUnavailable, "away": internship.ErrUnavailable} {
		a := w.anyone().get("/boom/" + how)
		a.refused(want)
		if strings.Contains(string(a.body), "10.0.0.7") || strings.Contains(string(a.body), "half an answer") {
			t.Errorf("%s: %s", how, a.body)
		}
	}
	if n := strings.Count(w.log.String(), `"level":"ERROR"`); n != 5 { // the panic is told with its stack, too
		t.Errorf("%d errors in the log, want 5:\n%s", n, w.log)
	}
	if !strings.Contains(w.log.String(), "10.0.0.7") {
		t.Error("the cause is not in the log")
	}
}

func TestRequestsHaveADeadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.app = handlers.New(handlers.Options{Acts: w.Acts})
	var left time.Duration
	w.app.Fiber().Get("/deadline", func(c *fiber.Ctx) error {
		if deadline, ok := c.UserContext().Deadline(); ok {
			left = time.Until(deadline)
		}
		return internship.ErrNotFound
	})
	w.anyone().get("/deadline").refused(internship.ErrNotFound)
	if left <= 0 || left > 10*time.Second {
		t.Errorf("%v left, want at most 10 s", left)
	}
}

func TestTheLogHoldsNoQuery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	w.owner(e).get("/api/v1/placements?name=%E5%8D%A2%E6%99%93%E4%B8%9C")
	var line struct {
		Method, Route, Path string
		Account             string `json:"account_id"`
	}
	for l := range strings.Lines(w.log.String()) {
		if strings.Contains(l, `"route":"/api/v1/placements"`) {
			if err := json.Unmarshal([]byte(l), &line); err != nil {
				t.Fatal(err)
			}
		}
	}
	if line.Route != "/api/v1/placements" || line.Path != "/api/v1/placements" || line.Method != "GET" || line.Account != e.Staff.AccountID {
		t.Errorf("line = %+v", line)
	}
	if strings.Contains(w.log.String(), "%E5%8D%A2") || strings.Contains(w.log.String(), "卢晓东") {
		t.Error("the log holds the query")
	}
}

// TestLimitsCountByCaller: behind a trusted proxy the caller's own address
// counts, and what the caller writes into the header does not.
func TestLimitsCountByCaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.app = handlers.New(handlers.Options{Acts: w.Acts, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/32"), netip.MustParsePrefix("10.0.0.0/8")}})
	try := func(forwarded string, n int) answer {
		form := w.login(fmt.Sprintf("133%08d", n), actstest.Password)
		return w.anyone().with("X-Forwarded-For", forwarded).post("/api/v1/login", form)
	}
	// Fiber's test connection comes from 0.0.0.0, the proxy here.
	for n := range 100 {
		if _, _, err := w.DB.Try(t.Context(), "address:203.0.113.9", 3600e9); err != nil {
			t.Fatal(n, err)
		}
	}
	try("203.0.113.9", 1).refused(internship.ErrTooManyTries)
	try("198.51.100.1, 203.0.113.9, 10.1.1.1", 2).refused(internship.ErrTooManyTries)
	try("203.0.113.9:41234", 10).refused(internship.ErrTooManyTries)
	try("198.51.100.1, 203.0.113.9:41234, 10.1.1.1:80", 11).refused(internship.ErrTooManyTries)
	try("203.0.113.9, 198.51.100.1", 3).refused(internship.ErrBadLogin)
	w.anyone().with("X-Forwarded-For", "198.51.100.7").with("x-forwarded-for", "203.0.113.9").
		post("/api/v1/login", w.login("13300000009", actstest.Password)).refused(internship.ErrTooManyTries)
	try("nonsense", 4).refused(internship.ErrBadLogin)

	for n := range 100 {
		if _, _, err := w.DB.Try(t.Context(), "address:2001:db8::/64", 3600e9); err != nil {
			t.Fatal(n, err)
		}
	}
	try("2001:db8::1", 5).refused(internship.ErrTooManyTries)
	try("2001:db8::ffff", 6).refused(internship.ErrTooManyTries)
	try("[2001:db8::ffff]:443", 12).refused(internship.ErrTooManyTries)

	w.app = handlers.New(handlers.Options{Acts: w.Acts})
	try("203.0.113.9", 7).refused(internship.ErrBadLogin)
}

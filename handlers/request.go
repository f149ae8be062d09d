package handlers

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"regexp"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"shixi/internship"
	"shixi/logs"
)

// request is what belongs to one request and travels in its context.
type request struct {
	app *App
	id  string
	// address is who called, for limits only.
	address string
	// account and enterprise are who acts, once known.
	account, enterprise string
	// passing: the answer may be another one in a moment, so it is not kept
	// for the repetition of the request.
	passing bool
	// body is the body once it has been read whole; drained says that an upload
	// has been read to its end.
	body    []byte
	drained bool
}

type requestKey struct{}

// requestOf is the request of a context; nil outside of one.
func requestOf(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}

// addressOf is who called, for limits.
func addressOf(ctx context.Context) string {
	if r := requestOf(ctx); r != nil {
		return r.address
	}
	return ""
}

// headerRequestID carries the request's id in both directions.
const headerRequestID = "X-Request-Id"

var saneRequestID = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// around is what happens with every request: it gets an id, a deadline, a line
// in the log and a place in the metrics; whatever fails inside, panics
// included, is answered by the one error writer.
func (a *App) around(c *fiber.Ctx) error {
	a.underWay.Add(1)
	defer a.underWay.Add(-1)
	started := time.Now()
	ctx, cancel := a.begin(c)
	defer cancel()
	if err := a.inside(c); err != nil {
		a.answerError(c, err)
	}
	finish(c)
	a.done(ctx, c, started)
	return nil
}

// begin gives the request its context, with everything that an answer carries.
func (a *App) begin(c *fiber.Ctx) (context.Context, context.CancelFunc) {
	r := &request{app: a, id: c.Get(headerRequestID), address: a.callerAddress(c)}
	if !saneRequestID.MatchString(r.id) {
		r.id = newRequestID()
	}
	ctx := context.WithValue(logs.WithRequestID(context.Background(), r.id), requestKey{}, r)
	ctx, cancel := context.WithTimeout(ctx, a.options.Budget)
	c.SetUserContext(ctx)
	c.Set(headerRequestID, r.id)
	a.secure(c)
	return ctx, cancel
}

func newRequestID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails, see crypto/rand
	return hex.EncodeToString(id[:])
}

// inside runs the route and turns a panic into an error.
func (a *App) inside(c *fiber.Ctx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			a.log.ErrorContext(c.UserContext(), "panic", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			err = internship.ErrInternal.Because(fmt.Errorf("panic: %v", p))
		}
	}()
	if err := plain(c); err != nil {
		return err
	}
	if err := a.announced(c); err != nil {
		return err
	}
	if c.Method() == fiber.MethodHead {
		c.Method(fiber.MethodGet) // the same answer; the server leaves its body out
	}
	return c.Next()
}

// methodOf is the method as it was sent.
func methodOf(c *fiber.Ctx) string { return string(c.Context().Method()) }

// plain refuses what no route of ours can read: an address that is not a URL,
// which Huma takes for granted, and a body that is packed, which Fiber would unpack without a limit.
func plain(c *fiber.Ctx) error {
	uri := c.OriginalURL()
	if _, err := url.Parse(uri); err != nil || !utf8.ValidString(uri) {
		return internship.ErrBadRequest.With("请求地址无法识别")
	}
	if e := c.Get(fiber.HeaderContentEncoding); e != "" && !strings.EqualFold(e, "identity") {
		return internship.ErrMediaType.With("请勿压缩提交的内容")
	}
	return nil
}

// secure sets the headers that keep browsers from doing more with an answer
// than read it. A route that answers with a page overrides them.
func (a *App) secure(c *fiber.Ctx) {
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderXFrameOptions, "DENY")
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'")
	c.Set(fiber.HeaderCacheControl, "no-store")
	if a.overTLS() {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
}

// overTLS says whether callers reach us by https.
func (a *App) overTLS() bool {
	return a.options.PublicURL != nil && a.options.PublicURL.Scheme == "https"
}

// done writes the request's line: who did what, and how it went. The query
// stays out of it: it may hold names and codes.
func (a *App) done(ctx context.Context, c *fiber.Ctx, started time.Time) {
	took := time.Since(started)
	route, status := c.Route().Path, c.Response().StatusCode()
	if route == "/" && c.Path() != "/" {
		route = "" // nothing but around matched
	}
	attrs := []slog.Attr{slog.String("method", methodOf(c)), slog.String("route", route), slog.String("path", c.Path()),
		slog.Int("status", status), slog.Float64("took_ms", float64(took.Microseconds())/1000)}
	if r := requestOf(ctx); r != nil && r.account != "" {
		attrs = append(attrs, slog.String("account_id", r.account), slog.String("enterprise_id", r.enterprise))
	}
	level := slog.LevelInfo
	if probes[route] {
		level = slog.LevelDebug
	}
	a.log.LogAttrs(ctx, level, "request", attrs...)
	a.meter.request(methodOf(c), route, status, took)
}

// probes are asked every few seconds by machines.
var probes = map[string]bool{"/livez": true, "/readyz": true, "/metrics": true}

// callerAddress is who called, for limits: the last address in
// X-Forwarded-For that no trusted proxy has, since everything before it is
// what the caller says of himself. Some proxies add to the header, some add
// another one, some with the port. An IPv6 caller counts by network, of which
// one household has many addresses.
func (a *App) callerAddress(c *fiber.Ctx) string {
	addr, ok := netip.AddrFromSlice(c.Context().RemoteIP())
	if !ok {
		return ""
	}
	hops := strings.Split(string(bytes.Join(c.Request().Header.PeekAll(fiber.HeaderXForwardedFor), []byte(","))), ",")
	for i := len(hops) - 1; i >= 0 && a.trusts(addr); i-- {
		hop := strings.TrimSpace(hops[i])
		next, err := netip.ParseAddr(strings.Trim(hop, "[]"))
		if with, portErr := netip.ParseAddrPort(hop); portErr == nil {
			next, err = with.Addr(), nil
		}
		if err != nil {
			break
		}
		addr = next
	}
	addr = addr.Unmap()
	if addr.Is6() {
		if network, err := addr.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return addr.String()
}

func (a *App) trusts(addr netip.Addr) bool {
	for _, p := range a.options.TrustedProxies {
		if p.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}

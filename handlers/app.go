// Package handlers is how people reach the system: the enterprise staff's API,
// the partners' API, WeChat's callbacks and the operator's probes, on Fiber
// with Huma (design.md §5, §6). A handler parses, authorises, calls one act and
// renders; error.go alone decides what a failure looks like.
package handlers

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"shixi/acts"
	"shixi/wxmsg"
)

// Limits of one request.
const (
	// bodyLimit is far above the longest form (some 30 KB) and small enough
	// that a thousand callers can't fill the memory. Files have limits of
	// their own, see upload.go.
	bodyLimit = 1 << 20
	// openLimit is far above the forms of those who have shown nothing yet, of
	// whom any number may come at once.
	openLimit = 32 << 10
	// headerLimit leaves room for a browser's cookies and WeChat's long
	// queries.
	headerLimit = 16 << 10
	// usualBudget is longer than the 3 s for which a change is tried, and shorter
	// than a phone's patience.
	usualBudget = 10 * time.Second
	// readTimeout bounds reading a request, writeTimeout writing its answer;
	// idleTimeout is how long a connection may wait for the next request.
	readTimeout  = 15 * time.Second
	writeTimeout = 15 * time.Second
	idleTimeout  = 75 * time.Second
)

// Options are what the web side is made of.
type Options struct {
	// Acts is what can be done; required.
	Acts *acts.Acts
	// Log is told what happens; nil: discarded.
	Log *slog.Logger
	// Ready are the parts that /readyz asks, by name, e.g. "mongodb".
	Ready map[string]func(context.Context) error
	// PublicURL is the address under which callers reach us; nil: unknown.
	PublicURL *url.URL
	// TrustedProxies are those whose X-Forwarded-For is believed; none:
	// nobody's is.
	TrustedProxies []netip.Prefix
	// Registerer takes our metrics and Gatherer gives what /metrics shows; nil
	// for both: a registry of our own.
	Registerer prometheus.Registerer
	Gatherer   prometheus.Gatherer
	// Version is shown in /openapi.json; empty: "dev".
	Version string
	// Budget is how long the work on a request may take; zero: 10 s.
	Budget time.Duration
	// PartnerKeys open the partner API; nil: it is closed to everybody.
	PartnerKeys *PartnerKeys
	// ServiceAccount and MiniProgram check what WeChat posts to the callback
	// of each account; nil: that address answers 404.
	ServiceAccount, MiniProgram *wxmsg.Receiver
	// PageHosts are further hosts, with their port if it is no usual one, of pages
	// that are ours, reached by https.
	PageHosts []string
	// Pictures is the origin from which pages show WeChat's pictures of QR
	// codes; empty: WeChat's own.
	Pictures string
	// Support says whom users ask, on every page and with the help texts; empty:
	// nobody is named.
	Support string
	// VerifyFiles are the files, name to content, by which WeChat makes sure that
	// the domain is ours; see [CheckVerifyFile].
	VerifyFiles map[string]string
	// Dedupe remembers which callbacks are done; nil: none is, and
	// repetitions are worked on again.
	Dedupe Dedupe
}

// App is the web side: one Fiber app with all routes.
type App struct {
	acts    *acts.Acts
	log     *slog.Logger
	options Options
	fiber   *fiber.App
	api     huma.API
	meter   *meter
	spec    document
	// open are the paths of forms that anybody may hand in.
	open  map[string]bool
	docs  map[string]doc
	pages *pages
	// draining is set while the server ends, so that /readyz sends callers
	// elsewhere.
	draining atomic.Bool
	// underWay counts the requests that are being worked on.
	underWay atomic.Int64
}

// New makes the app with all its routes; it listens nowhere yet. Serve
// answers requests.
func New(o Options) *App {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Version, o.Budget = cmp.Or(o.Version, "dev"), cmp.Or(o.Budget, usualBudget)
	a := &App{acts: o.Acts, log: o.Log, options: o, meter: newMeter(o.Registerer, o.Gatherer), docs: docs(), pages: newPages(o.Pictures, o.Support), open: map[string]bool{}}
	a.fiber = fiber.New(fiber.Config{
		// Strings that Fiber hands out live on in documents and logs, so they
		// must not be views of a buffer that the next request overwrites.
		Immutable:             true,
		CaseSensitive:         true,
		DisableStartupMessage: true,
		BodyLimit:             bodyLimit,
		ReadBufferSize:        headerLimit,
		ReadTimeout:           readTimeout,
		WriteTimeout:          writeTimeout,
		IdleTimeout:           idleTimeout,
		// A body is read when it is known who sends it, see body.go.
		StreamRequestBody: true,
		// A body of another type is refused, not parsed first.
		DisablePreParseMultipartForm: true,
		EnableTrustedProxyCheck:      true,
		TrustedProxies:               prefixes(o.TrustedProxies),
		ErrorHandler:                 a.onError,
	})
	a.fiber.Server().HeaderReceived = a.byHeader
	a.fiber.Use(a.around)
	a.api = newAPI(a.fiber, o.Version, o.PublicURL)
	a.routes()
	a.limitSchemas()
	return a
}

// Fiber is the app to serve, or to test.
func (a *App) Fiber() *fiber.App { return a.fiber }

// API is the documented part of the app.
func (a *App) API() huma.API { return a.api }

// Shutdown first tells /readyz, then stops accepting and waits for the
// requests under way until ctx is done. Connections that clients opened in
// advance and never used hold it up for a second only: the server itself would
// wait for their read time-out.
func (a *App) Shutdown(ctx context.Context) error {
	a.draining.Store(true)
	ended := make(chan error, 1)
	go func() { ended <- a.fiber.ShutdownWithContext(ctx) }()
	for quiet := 0; quiet < 10; quiet++ {
		select {
		case err := <-ended:
			if err != nil {
				return fmt.Errorf("handlers: shut down: %w", err)
			}
			return nil
		case <-time.After(100 * time.Millisecond):
			if a.underWay.Load() > 0 {
				quiet = -1
			}
		}
	}
	return nil
}

func prefixes(in []netip.Prefix) []string {
	out := make([]string, len(in))
	for i, p := range in {
		out[i] = p.String()
	}
	return out
}

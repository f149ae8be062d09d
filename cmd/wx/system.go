package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/event"

	"shixi/acts"
	"shixi/captcha"
	"shixi/handlers"
	"shixi/internship"
	"shixi/store"
	"shixi/store/embedded"
	"shixi/tasks"
	"shixi/webhook"
	"shixi/wxmsg"
)

// system is one process: its parts, opened in order and closed in reverse.
type system struct {
	settings *Settings
	log      *slog.Logger
	out      io.Writer
	// monitor and tune are nil but in tests.
	monitor *event.CommandMonitor
	tune    func(*tasks.Options)
	// puzzles are the demo's, who looks at what is drawn; nil: made when serving.
	puzzles acts.Puzzles

	// engine is the embedded one; nil with MONGODB_URI.
	engine  *embedded.Server
	db      *store.DB
	redis   redis.UniversalClient
	gateway gateway
	// templates are those of the official account; nil without one.
	templates *wxmsg.Templates
	acts      *acts.Acts
	partners  *handlers.PartnerKeys
	tasks     *tasks.Tasks
	metrics   *prometheus.Registry
	listener  net.Listener

	closers []func(context.Context) error
}

// open opens every part; what is open is closed again when one fails.
func open(ctx context.Context, s *Settings, log *slog.Logger, out io.Writer) (*system, error) {
	y := &system{settings: s, log: log, out: out}
	return y, y.open(ctx)
}

func (y *system) open(ctx context.Context) error {
	y.metrics = prometheus.NewRegistry()
	y.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, part := range []func() error{
		func() error { return y.openDocuments(ctx) }, y.openQueue, y.openWeChat, y.openPartners, y.openTasks,
	} {
		if err := part(); err != nil {
			return errors.Join(err, y.close(ctx))
		}
	}
	return nil
}

// openWeChat makes the clients of the accounts that are set.
func (y *system) openWeChat() error {
	var err error
	if y.gateway.official, err = y.client(&y.settings.OA); err != nil {
		return fmt.Errorf("official account: %w", err)
	}
	if y.gateway.miniProgram, err = y.client(&y.settings.MP); err != nil {
		return fmt.Errorf("mini-program: %w", err)
	}
	if base := y.settings.WXAPIBase; isLoopback(base.Hostname()) {
		y.gateway.pictures = base.String()
	}
	y.acts = acts.New(y.db, &y.gateway, acts.Apps{ServiceAccount: y.settings.OA.AppID, MiniProgram: y.settings.MP.AppID}, y.log)
	y.acts.Captcha, y.acts.Limits = y.puzzles, y.settings.Limits.acts()
	if y.acts.Registry, err = y.openRegistry(); err != nil {
		return err
	}
	y.acts.Phones, y.acts.Pages, y.acts.Followers = &y.gateway, &y.gateway, &y.gateway
	y.acts.FileLimits = internship.FileLimits{Certificate: int64(y.settings.CertificateMB) << 20, Document: int64(y.settings.DocumentMB) << 20}
	y.acts.InternShare = internship.SharePolicy(y.settings.InternShare)
	return nil
}

func (y *system) client(a *Account) (*wxmsg.Client, error) {
	if !a.IsSet() {
		return nil, nil //nolint:nilnil // an account that isn't set has no client
	}
	c, err := wxmsg.NewClient(wxmsg.Options{Base: y.settings.WXAPIBase.String(), OpenBase: y.settings.WXOpenBase.String(), AppID: a.AppID, Secret: a.Secret.Reveal(),
		Redis: y.redis, Log: y.log, MaxConns: y.settings.WorkerConcurrency + 20})
	if err != nil {
		return nil, err
	}
	y.onClose(func(context.Context) error { c.Close(); return nil })
	return c, nil
}

// openPartners reads the keys of the partners and their webhooks.
func (y *system) openPartners() error {
	var err error
	y.partners, err = partners(y.settings)
	return err
}

// openTasks makes the relay and the worker; neither runs yet.
func (y *system) openTasks() error {
	o := tasks.Options{DB: y.db, Acts: y.acts, Redis: y.redis, Sender: noAccount{}, Templates: noAccount{},
		MiniProgramAppID: y.settings.MP.AppID, Concurrency: y.settings.WorkerConcurrency, Log: y.log, Registerer: y.metrics,
		Quiet: tasks.Quiet{From: int(y.settings.QuietHours.From.Minutes()), To: int(y.settings.QuietHours.To.Minutes())}}
	if y.settings.OA.IsSet() {
		templates, err := loadTemplates(y.settings.Templates)
		if err != nil {
			return err
		}
		o.Sender, o.Templates, y.templates = y.gateway.official, templates, templates
	}
	var err error
	if o.SMS, err = y.openSMS(); err != nil {
		return fmt.Errorf("text messages: %w", err)
	}
	y.acts.NoSMS = o.SMS == nil
	y.webhooks(&o)
	if y.tune != nil {
		y.tune(&o)
	}
	y.tasks, err = tasks.New(o)
	return err
}

// webhooks gives the tasks the partners' webhooks and what posts to them.
func (y *system) webhooks(o *tasks.Options) {
	poster := webhook.New(webhook.Options{Rules: y.settings.webhookRules()})
	y.onClose(func(context.Context) error { poster.Close(); return nil })
	o.Poster, o.EventJSON = poster, handlers.EventJSON
	for _, hook := range y.partners.Webhooks(time.Now) {
		o.Webhooks = append(o.Webhooks, tasks.Webhook(hook))
	}
}

// webhookRules say where webhooks may be.
func (s *Settings) webhookRules() webhook.Rules {
	return webhook.Rules{AllowLoopback: s.WebhookAllowLoopback == "on"}
}

// acts are the limits as the acts count them.
func (l AddressLimits) acts() acts.Limits {
	return acts.Limits{AddressHour: l.LogInHourly, AddressDay: l.LogInDaily, SMSHour: l.SMSHourly, SMSDay: l.SMSDaily, PuzzlesHour: l.PuzzlesHourly, PuzzlesDay: l.PuzzlesDaily}
}

// loadTemplates reads the templates and holds them against the words each kind of message has.
func loadTemplates(path string) (*wxmsg.Templates, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open WX_TEMPLATES: %w", err)
	}
	defer file.Close()
	templates, err := wxmsg.Load(file)
	if err != nil {
		return nil, fmt.Errorf("read WX_TEMPLATES: %w", err)
	}
	if err := templates.Check(acts.Words()); err != nil {
		return nil, fmt.Errorf("check WX_TEMPLATES: %w", err)
	}
	return templates, nil
}

// saved hears of documents with events; before the relay exists the sweeper finds them.
func (y *system) saved(collection, id string) {
	if y.tasks != nil {
		y.tasks.Relay.Saved(collection, id)
	}
}

// web makes the HTTP service.
func (y *system) web() (*handlers.App, error) {
	y.acts.Home = y.address()
	o := handlers.Options{Acts: y.acts, PartnerKeys: y.partners, Log: y.log, PublicURL: y.address(), PageHosts: y.settings.PageHosts, Support: y.settings.Support,
		VerifyFiles: y.settings.VerifyFiles, TrustedProxies: y.settings.TrustedProxies,
		Registerer: y.metrics, Gatherer: y.metrics, Version: currentVersion(), Dedupe: handlers.NewRedisDedupe(y.redis),
		Pictures: y.gateway.pictures,
		Ready: map[string]func(context.Context) error{
			"mongodb": y.db.Ping, "redis": func(ctx context.Context) error { return y.redis.Ping(ctx).Err() }}}
	var err error
	if y.acts.Captcha == nil { // a worker alone draws none
		if y.acts.Captcha, err = captcha.New(captcha.Options{}); err != nil {
			return nil, err
		}
	}
	if o.ServiceAccount, err = receiver(&y.settings.OA); err != nil {
		return nil, fmt.Errorf("callback of the official account: %w", err)
	}
	if o.MiniProgram, err = receiver(&y.settings.MP); err != nil {
		return nil, fmt.Errorf("callback of the mini-program: %w", err)
	}
	return handlers.New(o), nil
}

// partners reads the keys; without a file the partner API admits nobody.
func partners(s *Settings) (*handlers.PartnerKeys, error) {
	if s.PartnerKeys == "" {
		return &handlers.PartnerKeys{}, nil
	}
	file, err := os.Open(s.PartnerKeys)
	if err != nil {
		return nil, fmt.Errorf("open PARTNER_KEYS: %w", err)
	}
	defer file.Close()
	keys, err := handlers.LoadPartnerKeys(file, s.webhookRules())
	if err != nil {
		return nil, fmt.Errorf("read PARTNER_KEYS: %w", err)
	}
	return keys, nil
}

func receiver(a *Account) (*wxmsg.Receiver, error) {
	if !a.IsSet() {
		return nil, nil //nolint:nilnil // an account that isn't set has no callback
	}
	return wxmsg.NewReceiver(wxmsg.CallbackConfig{AppID: a.AppID, Token: a.Token.Reveal(), AESKey: a.AESKey.Reveal(), Mode: wxmsg.Mode(a.Mode)})
}

func (y *system) onClose(f func(context.Context) error) { y.closers = append(y.closers, f) }

// close closes the parts in reverse, within ctx.
func (y *system) close(ctx context.Context) error {
	var errs []error
	for _, c := range slices.Backward(y.closers) {
		errs = append(errs, c(ctx))
	}
	y.closers = nil
	return errors.Join(errs...)
}

func (y *system) say(what, text string) {
	fmt.Fprintf(y.out, "%-20s %s\n", what, text)
}

// part is something that runs until ctx ends, and then has until grace ends to finish what is under way.
type part func(ctx, grace context.Context) error

// errStillBusy ends a stop that took too long. Nothing is lost by it: rows that were worked on are taken up again when
// their claims end.
var errStillBusy = errors.New("SHUTDOWN_GRACE is over and work was still under way")

// within does something that has no limit of its own, and leaves it alone when grace ends.
func within(grace context.Context, do func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- do() }()
	select {
	case err := <-ended:
		return err
	case <-grace.Done():
		return errStillBusy
	}
}

// together runs parts until ctx ends or one of them, which ends the others, and closes the system; SHUTDOWN_GRACE is for
// all of the stop. What a part still works with when it is over is left to the end of the process: asynq panics when its
// Redis client is closed under it.
func (y *system) together(ctx context.Context, parts ...part) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	grace, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(y.settings.ShutdownGrace, cancel)
		context.AfterFunc(grace, func() { timer.Stop() })
	})
	var wg sync.WaitGroup
	errs := make([]error, len(parts))
	for i, p := range parts {
		wg.Go(func() {
			defer stop()
			errs[i] = p(ctx, grace)
		})
	}
	wg.Wait()
	err := errors.Join(errs...)
	if errors.Is(err, errStillBusy) {
		return err
	}
	return errors.Join(err, y.close(grace))
}

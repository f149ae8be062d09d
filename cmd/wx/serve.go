package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"sync"

	"shixi/handlers"
	"shixi/store"
)

// serveCmd runs the HTTP service, and with --worker everything in one process.
type serveCmd struct {
	Worker bool `help:"Also serve the queue and the schedules in this process."`
}

// Run serves until ctx ends, then stops in order: no new requests, those under way, the relay, the worker, the stores.
func (c serveCmd) Run(ctx context.Context, s *Settings, log *slog.Logger, out *console) error {
	y, err := open(ctx, s, log, out.stdout)
	if err != nil {
		return err
	}
	return y.serve(ctx, c.Worker)
}

func (y *system) serve(ctx context.Context, worker bool) error {
	app, err := y.listen() //nolint:contextcheck // requests bring their own context
	if err != nil {
		return errors.Join(err, y.close(ctx))
	}
	y.say("listening", y.address().String())
	return y.together(ctx, y.parts(app, worker)...) //nolint:contextcheck // what follows a request outlives ctx
}

// listen takes the address and makes the service, so that a wrong setting is told before anything runs.
func (y *system) listen() (*handlers.App, error) {
	var err error
	if y.listener, err = net.Listen("tcp", y.settings.Listen.String()); err != nil {
		return nil, fmt.Errorf("listen: %w (LISTEN chooses another address and port; port 0 takes a free one)", err)
	}
	y.onClose(func(context.Context) error {
		if err := y.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return y.web()
}

// address is the address by which phones and browsers reach this process.
func (y *system) address() *url.URL {
	at, err := netip.ParseAddrPort(y.listener.Addr().String())
	if err != nil {
		at = y.settings.Listen
	}
	return y.settings.BaseURL(at)
}

// parts are those of one process. The relay and the worker outlive the web service by as long as the last requests take,
// so that what they caused is still relayed.
func (y *system) parts(app *handlers.App, worker bool) []part {
	later, stopLater := context.WithCancel(context.Background())
	web := func(ctx, grace context.Context) error {
		defer stopLater()
		return y.serveWeb(ctx, grace, app)
	}
	relay := func(_, grace context.Context) error { return y.relay(later, grace) }
	if !worker {
		return []part{web, relay}
	}
	return []part{web, relay, func(_, grace context.Context) error { return y.worker(later, grace) }}
}

// serveWeb serves until ctx ends, then lets the requests under way finish for half of the grace: the other half is the
// worker's, should one never end.
func (y *system) serveWeb(ctx, grace context.Context, app *handlers.App) error {
	ended := make(chan error, 1)
	go func() { ended <- app.Serve(y.listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(grace, y.settings.ShutdownGrace/2)
	defer cancel()
	err := app.Shutdown(grace)
	// The server closes its listener itself, unless it was stopped before it had taken it.
	_ = y.listener.Close()
	return errors.Join(err, <-ended)
}

func (y *system) relay(ctx, grace context.Context) error {
	return within(grace, func() error { y.tasks.Relay.Run(ctx); return nil })
}

func (y *system) worker(ctx, grace context.Context) error {
	var checking sync.WaitGroup
	defer checking.Wait()
	checking.Go(func() { y.checkLibrary(ctx) })
	return within(grace, func() error { return y.tasks.Worker.Run(ctx) })
}

// workerCmd serves the queue and the schedules.
type workerCmd struct{}

// Run works until ctx ends.
func (workerCmd) Run(ctx context.Context, s *Settings, log *slog.Logger, out *console) error {
	if s.EmbeddedMongoDB() || s.EmbeddedRedis() {
		return errors.New("a worker of its own needs MONGODB_URI and REDIS_URL: the embedded engines are not shared; use wx serve --worker")
	}
	y, err := open(ctx, s, log, out.stdout)
	if err != nil {
		return err
	}
	y.say("working", fmt.Sprintf("%d tasks at once", s.WorkerConcurrency))
	return y.together(ctx, y.relay, y.worker)
}

// migrateCmd applies the indexes.
type migrateCmd struct{}

// Run creates the indexes that are missing; it may run while the service does.
func (migrateCmd) Run(ctx context.Context, s *Settings, log *slog.Logger, out *console) error {
	if s.EmbeddedMongoDB() {
		return errors.New("MONGODB_URI is not set: the embedded documents get their indexes at each start")
	}
	db, err := store.Open(store.Options{URI: s.MongoDBURI.Reveal(), Keyset: s.Keyset.Reveal(), Log: log})
	if err != nil {
		return err
	}
	made, err := db.Migrate(ctx)
	for _, name := range made {
		fmt.Fprintln(out.stdout, "created", name)
	}
	if err == nil {
		fmt.Fprintln(out.stdout, "all indexes are there")
	}
	return errors.Join(err, db.Close(context.WithoutCancel(ctx)))
}

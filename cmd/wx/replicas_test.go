package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"shixi/store"
	"shixi/store/embedded"
	"shixi/tasks"
	"shixi/tasks/redistest"
)

// replicas are server processes on one database and one queue, as behind a load balancer. Partners and WeChat talk to the
// first one; bench is the harness of the costs over it, for its way to make students and staff.
type replicas struct {
	*bench
	engine *embedded.Server
	queue  *redistest.Server
	dir    string
	sides  []*system
	bases  []string
	// leave ends the replicas in order; it returns what they returned.
	leave func() error
}

// newReplicas starts n of them with their workers, and plays the story until positions are published.
func newReplicas(t testing.TB, n int, log *slog.Logger, alter ...func(*Settings)) *replicas {
	t.Helper()
	b := &bench{TB: t, odometer: &odometer{}}
	r := &replicas{bench: b, dir: t.TempDir()}
	b.d = &demo{settings: defaults(t), log: log, out: io.Discard, puzzles: flat{}, started: time.Now()}
	b.must(b.d.prepare(true))
	t.Cleanup(func() { _ = b.d.cleanUp() })
	r.startEngines()
	r.migrate()
	for _, f := range alter {
		f(&b.d.settings)
	}
	b.d.base = "http://127.0.0.1:1"
	b.must(b.d.addAccounts())
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, n)
	for range n {
		r.start(ctx, ended)
	}
	r.leave = func() error {
		stop()
		var errs []error
		for range r.sides {
			errs = append(errs, <-ended)
		}
		r.sides = nil
		return errors.Join(errs...)
	}
	t.Cleanup(func() { _ = r.leave() })
	b.y, b.d.base = r.sides[0], r.bases[0]
	b.must(b.d.sim.SetCallback(demoOAAppID, b.d.base+"/wx/callback/oa"))
	b.must(b.d.sim.SetCallback(demoMPAppID, b.d.base+"/wx/callback/mp"))
	b.d.connect()
	for _, play := range []func(context.Context) (string, error){b.d.registerSchool, b.d.activate, b.d.publish} {
		_, err := play(t.Context())
		b.must(err)
	}
	b.boss = b.d.staff[0]
	return r
}

func (r *replicas) startEngines() {
	r.Helper()
	var err error
	r.engine, err = embedded.Open(embedded.Options{Dir: r.dir})
	r.must(err)
	r.Cleanup(func() { _ = r.engine.Close() })
	r.queue = redistest.Start(r)
	s := &r.d.settings
	s.MongoDBURI, s.RedisURL, s.Keyset = NewSecret(r.engine.URI()), NewSecret(r.queue.URL()), NewSecret(keyset(r))
}

// database is the processes' database, as an operator reaches it.
func (r *replicas) database() *store.DB {
	r.Helper()
	db, err := store.Open(store.Options{URI: r.engine.URI(), Keyset: r.d.settings.Keyset.Reveal()})
	r.must(err)
	r.Cleanup(func() { _ = db.Close(context.Background()) })
	return db
}

func (r *replicas) migrate() {
	r.Helper()
	_, err := r.database().Migrate(r.Context())
	r.must(err)
}

// start opens one more process and serves until ctx ends.
func (r *replicas) start(ctx context.Context, ended chan<- error) {
	r.Helper()
	s := r.d.settings
	y := &system{settings: &s, log: r.d.log, out: io.Discard, puzzles: r.d.eyes, tune: func(o *tasks.Options) { o.Burst = -1 }} // each message at once
	r.must(y.open(r.Context()))
	app, err := y.listen()
	r.must(err)
	r.sides, r.bases = append(r.sides, y), append(r.bases, y.address().String())
	go func() { ended <- y.together(ctx, y.parts(app, true)...) }()
}

// at is the staff's client to one of the processes.
func (r *replicas) at(side int, token string) *demoClient {
	return &demoClient{base: r.bases[side%len(r.bases)], token: token}
}

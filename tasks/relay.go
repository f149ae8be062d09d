package tasks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
)

const (
	// relayLine is how many outboxes may wait; the sweeper takes the rest.
	relayLine = 4096
	// relayWorkers relay at once: each waits for MongoDB most of the time.
	relayWorkers = 8
	// relayTimeout bounds one relay, so that a hanging database frees the worker.
	relayTimeout = 30 * time.Second
)

// Relay passes events from the outboxes of documents on to the feed, to jobs
// and to pushes. It runs no reaction itself, so one that fails holds up nothing
// else. Every step is idempotent by id: a crash and two relays of one outbox
// change nothing.
type Relay struct {
	*common
	waiting  *waiting
	numberer *numberer
}

func newRelay(c *common) *Relay {
	return &Relay{common: c, waiting: newWaiting(relayLine), numberer: newNumberer(c)}
}

// Saved hears that a document was saved with events waiting, or that there is a
// new SMS row. It never blocks; what does not fit is left to the sweeper. It is meant for store.Options.OnSaved.
func (r *Relay) Saved(collection, id string) {
	if !r.waiting.put(outbox{collection, id}) {
		r.metrics.relayed.WithLabelValues("left").Inc()
	}
}

// Run relays what Saved heard of, and numbers the events, until ctx is done. It
// returns when what it had begun is finished; the sweeper finds what waited.
func (r *Relay) Run(ctx context.Context) {
	var running sync.WaitGroup
	for range relayWorkers {
		running.Go(func() { r.work(ctx) })
	}
	running.Go(func() { r.numberer.run(ctx) })
	running.Wait()
}

func (r *Relay) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-r.waiting.line:
			r.waiting.taken(o)
			if o.collection == store.SMSRows {
				r.wakeSMS(ctx, o.id)
				continue
			}
			r.try(ctx, o.collection, o.id)
		}
	}
}

// try relays one outbox, even if ctx ends meanwhile, and says in the log why
// it could not.
func (r *Relay) try(ctx context.Context, collection, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), relayTimeout)
	defer cancel()
	if err := r.One(ctx, collection, id); err != nil {
		r.metrics.relayed.WithLabelValues("failed").Inc()
		r.alarms.ring(ctx, slog.LevelWarn, "relay:"+collection, "events could not be passed on; the sweeper tries again",
			slog.String("collection", collection), slog.String("id", id), slog.Any("error", err))
		return
	}
	r.metrics.relayed.WithLabelValues("done").Inc()
}

// wakeSMS tells the queue of a new SMS row.
func (r *Relay) wakeSMS(ctx context.Context, id string) {
	if err := r.queue.wakeSMS(context.WithoutCancel(ctx), store.Wake{ID: id}); err != nil {
		r.queueDown(ctx, err)
	}
}

// supersede suppresses the messages whose news is over with these events, such
// as a sign-up that was withdrawn before anybody was told of it.
func (r *Relay) supersede(ctx context.Context, events []internship.Event) error {
	for _, e := range events {
		kinds := acts.Moot(e.Kind)
		if len(kinds) == 0 || e.Refs.PlacementID == "" {
			continue
		}
		if err := r.DB.Supersede(ctx, e.Refs.PlacementID, kinds); err != nil {
			return err
		}
	}
	return nil
}

// One relays the outbox of one document: rows first, then the wakes, and only
// then the events leave the outbox. A queue that can't be reached is no error:
// the sweeper wakes the rows later. It takes 8 commands of MongoDB at most for one
// event. Errors: internship.ErrUnavailable, internship.ErrBusy; then it is to
// be done again.
func (r *Relay) One(ctx context.Context, collection, id string) error {
	events, err := r.DB.Outbox(ctx, collection, id)
	if errors.Is(err, internship.ErrNotFound) || err == nil && len(events) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("tasks: relay: %w", err)
	}
	if err := r.reach(failRelayRead); err != nil {
		return err
	}
	jobs := r.jobs(events)
	pushes, err := r.pushes(ctx, events)
	if err != nil {
		return fmt.Errorf("tasks: relay: %w", err)
	}
	if err := r.write(ctx, events, jobs, pushes); err != nil {
		return err
	}
	r.wake(ctx, jobs, pushes)
	if err := r.reach(failRelayEnqueued); err != nil {
		return err
	}
	if err := r.DB.TakeOut(ctx, collection, id, events); err != nil {
		return fmt.Errorf("tasks: relay: %w", err)
	}
	r.numberer.poke()
	return r.reach(failRelayTaken)
}

// write keeps what follows from the events; rows that are there stay.
func (r *Relay) write(ctx context.Context, events []internship.Event, jobs []store.Job, pushes []store.Push) error {
	steps := []struct {
		point string
		do    func() error
	}{
		{failRelayEvents, func() error { return r.DB.AddEvents(ctx, told(events)) }},
		{failRelayJobs, func() error { return r.DB.AddJobs(ctx, jobs) }},
		{failRelayPushes, func() error { return r.DB.AddPushes(ctx, pushes) }},
		{failRelayMoot, func() error { return r.supersede(ctx, events) }},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			return fmt.Errorf("tasks: relay: %w", err)
		}
		if err := r.reach(s.point); err != nil {
			return err
		}
	}
	return nil
}

// told are the events that the partners' feed carries.
func told(events []internship.Event) []internship.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e internship.Event) bool { return e.Kind.Internal() })
}

// jobs are the reactions to events, by ids that a second relay makes again.
// Those of an event deeper than acts.MaxDepth are stuck from the start.
func (r *Relay) jobs(events []internship.Event) []store.Job {
	var jobs []store.Job
	for _, e := range events {
		for _, reaction := range acts.ReactionsTo(e.Kind) {
			job := store.Job{ID: e.ID + "/" + reaction.Name, Reaction: reaction.Name, Event: e, Work: r.servable()}
			if e.Depth > acts.MaxDepth {
				job.State = store.JobStuck
				job.Error = fmt.Sprintf("reactions caused reactions %d deep", e.Depth)
				r.Log.Error("a chain of reactions does not end: job stuck",
					slog.String("job", job.ID), slog.String("reaction", reaction.Name), slog.Int("depth", e.Depth))
			}
			jobs = append(jobs, job)
		}
	}
	return jobs
}

// pushes are the messages about events. Who the staff are is asked once per
// enterprise, and only for events that are told to anyone.
func (r *Relay) pushes(ctx context.Context, events []internship.Event) ([]store.Push, error) {
	staff := map[string][]*internship.Account{}
	var pushes []store.Push
	for _, e := range events {
		enterprise := e.Refs.EnterpriseID
		if enterprise == "" || !acts.Tells(e.Kind) {
			continue
		}
		if _, asked := staff[enterprise]; !asked {
			var err error
			if staff[enterprise], err = r.DB.Staff(ctx, enterprise); err != nil {
				return nil, err
			}
		}
		pushes = append(pushes, acts.PushesFor(e, staff[enterprise], func(string) store.Work { return r.servable() })...)
	}
	return pushes, nil
}

// servable is a row that may be served at once.
func (r *Relay) servable() store.Work {
	now := r.DB.Now()
	return store.NewWork(now, now, wakeGrace)
}

// wake tells the queue of new rows, until it does not answer.
func (r *Relay) wake(ctx context.Context, jobs []store.Job, pushes []store.Push) {
	err := func() error {
		for _, j := range jobs {
			if j.State != store.JobWaiting {
				continue
			}
			if err := r.queue.wakeJob(ctx, store.Wake{ID: j.ID}); err != nil {
				return err
			}
		}
		for _, p := range pushes {
			if err := r.queue.wakePush(ctx, store.Wake{ID: p.ID, Urgency: p.Urgency}); err != nil {
				return err
			}
		}
		return nil
	}()
	if err != nil {
		r.queueDown(ctx, err)
	}
}

// queueDown says that rows are left to the sweeper.
func (r *Relay) queueDown(ctx context.Context, err error) {
	r.alarms.ring(ctx, slog.LevelWarn, "queue", "the queue can't be reached; the sweeper wakes the workers later", slog.Any("error", err))
}

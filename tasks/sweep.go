package tasks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"shixi/acts"
	"shixi/store"
)

const (
	// leadFor is how long one process sweeps for all; another takes over within
	// it when the first one dies.
	leadFor = 10 * time.Second
	// sweepTimeout bounds one pass of one sweep.
	sweepTimeout = time.Minute
	// sweepBatch is how many rows or documents one look takes.
	sweepBatch = 500
	// sweepRelays relay at once.
	sweepRelays = 8
)

// sweeper finds what was left lying. One process at a time does it, by lease.
type sweeper struct {
	*common
	relay  *Relay
	sweeps []*sweep
	// leadsUntil is the end of the lease, in Unix nanoseconds of this process's
	// clock; 0 while another process leads.
	leadsUntil atomic.Int64
}

// sweep is one loop with one job.
type sweep struct {
	name  string
	every time.Duration
	pass  func(context.Context) error
}

func newSweeper(c *common, relay *Relay) *sweeper {
	s := &sweeper{common: c, relay: relay}
	receipts := &receiptSweep{common: c}
	s.sweeps = []*sweep{
		{"outboxes", c.Intervals.Sweep, s.outboxes},
		{"queue", c.Intervals.Sweep, s.emptied},
		{"jobs", c.Intervals.Sweep, s.dueJobs},
		{"pushes", c.Intervals.Sweep, s.duePushes},
		{"smses", c.Intervals.Sweep, s.dueSMS},
		{"receipts", c.Intervals.Sweep, receipts.pass},
		{"events", c.Intervals.Sweep, relay.numberer.number},
		{"webhooks", c.Intervals.Sweep, s.tell},
		{"subscribers", c.Intervals.Slow, s.subscribers},
		{"silent", c.Intervals.Slow, s.silent},
		{"files", c.Intervals.Slow, s.leftovers},
		{"recoveries", c.Intervals.Slow, s.overdue},
		{"registrations", c.Intervals.Slow, s.registrations},
		{"enrolments", c.Intervals.Slow, s.enrolments},
		{"troubles", c.Intervals.Slow, s.troubles},
	}
	return s
}

// run sweeps until ctx is done, while this process leads.
func (s *sweeper) run(ctx context.Context) {
	var loops sync.WaitGroup
	s.lead(ctx)
	loops.Go(func() { every(ctx, leadFor/3, s.lead) })
	for _, sw := range s.sweeps {
		loops.Go(func() {
			every(ctx, sw.every, func(ctx context.Context) {
				if time.Now().UnixNano() < s.leadsUntil.Load() {
					_ = s.once(ctx, sw)
				}
			})
		})
	}
	loops.Wait()
	s.leave(context.WithoutCancel(ctx))
}

// every calls do now and after each interval until ctx is done.
func every(ctx context.Context, interval time.Duration, do func(context.Context)) {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		do(ctx)
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// lead takes or renews the lease.
func (s *sweeper) lead(ctx context.Context) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, leadFor/2)
	defer cancel()
	mine, err := s.DB.Lease(ctx, "sweeper", s.Owner, leadFor)
	switch {
	case err != nil:
		return // the lease runs on until its end
	case mine:
		s.leadsUntil.Store(began.Add(leadFor).UnixNano())
	case s.leadsUntil.Swap(0) != 0: // the gauges are the new leader's to set
		s.metrics.stuck.Set(0)
		s.metrics.uncertain.Set(0)
		s.metrics.hooksFailing.Set(0)
		s.metrics.hooksDead.Set(0)
	}
}

// leave lets another process take over at once.
func (s *sweeper) leave(ctx context.Context) {
	if s.leadsUntil.Swap(0) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, _ = s.DB.Lease(ctx, "sweeper", s.Owner, 0) // else it runs out by itself
}

// kick runs every sweep once.
func (s *sweeper) kick(ctx context.Context) error {
	var all error
	for _, sw := range s.sweeps {
		all = errors.Join(all, s.once(ctx, sw))
	}
	return all
}

// once is one pass of a sweep; a pass that began is not cut short.
func (s *sweeper) once(ctx context.Context, sw *sweep) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sweepTimeout)
	defer cancel()
	err := sw.pass(ctx)
	result := "done"
	if err != nil {
		result = "failed"
		s.alarms.ring(ctx, slog.LevelWarn, "sweep:"+sw.name, "a sweep failed and is done again", slog.String("sweep", sw.name), slog.Any("error", err))
	}
	s.metrics.sweeps.WithLabelValues(sw.name, result).Inc()
	return err
}

// outboxes relays the events that nobody has passed on by now.
func (s *sweeper) outboxes(ctx context.Context) error {
	for _, collection := range store.Collections() {
		ids, err := s.DB.DueOutboxes(ctx, collection, sweepBatch)
		if err != nil {
			return fmt.Errorf("tasks: sweep outboxes: %w", err)
		}
		var relays errgroup.Group
		relays.SetLimit(sweepRelays)
		for _, id := range ids {
			relays.Go(func() error {
				s.relay.try(ctx, collection, id)
				return nil
			})
		}
		_ = relays.Wait() // each says in the log why it failed
	}
	return nil
}

// dueJobs wakes workers for jobs that are due.
func (s *sweeper) dueJobs(ctx context.Context) error { return s.due(ctx, "jobs") }

// duePushes wakes workers for pushes that are due.
func (s *sweeper) duePushes(ctx context.Context) error { return s.due(ctx, "pushes") }

// dueSMS wakes workers for text messages that are due.
func (s *sweeper) dueSMS(ctx context.Context) error { return s.due(ctx, store.SMSRows) }

// due asks first whether the queue answers: a row whose wake fails would wait
// twice as long for the next one.
func (c *common) due(ctx context.Context, collection string) error {
	if err := c.queue.ping(ctx); err != nil {
		return err
	}
	for {
		rows, err := c.DB.DueRows(ctx, collection, wakeGrace, sweepBatch)
		if err := c.wakeAll(ctx, collection, rows, err); err != nil || len(rows) < sweepBatch {
			return err
		}
	}
}

// wakeAll tells the queue of rows, unless they could not be listed.
func (c *common) wakeAll(ctx context.Context, collection string, rows []store.Wake, err error) error {
	wake := map[string]func(context.Context, store.Wake) error{"jobs": c.queue.wakeJob, "pushes": c.queue.wakePush,
		store.SMSRows: c.queue.wakeSMS, "subscribers": c.queue.wakeHook}[collection]
	for i := 0; err == nil && i < len(rows); i++ {
		err = wake(ctx, rows[i])
	}
	if err != nil {
		return fmt.Errorf("tasks: wake %s: %w", collection, err)
	}
	c.metrics.woken.WithLabelValues(collection).Add(float64(len(rows)))
	return nil
}

// silent ends messages that were accepted a day ago and never heard of again.
func (s *sweeper) silent(ctx context.Context) error {
	_, err := s.DB.AcceptSilent(ctx, s.DB.Now().Add(-silence))
	return err
}

// leftovers clears away what uploads left behind: files that no document came
// to name, and what a crash cut off.
func (s *sweeper) leftovers(ctx context.Context) error {
	_, err := s.DB.SweepFiles(ctx, sweepBatch)
	return err
}

// overdue ends recoveries of accounts that nobody decided in time; one that
// fails holds up no other and is looked at again in the next pass.
func (s *sweeper) overdue(ctx context.Context) error {
	ids, err := s.DB.OverdueRecoveries(ctx, s.DB.Now(), sweepBatch)
	failed := []error{err}
	for _, id := range ids {
		failed = append(failed, s.Acts.ExpireRecovery(ctx, id))
	}
	return errors.Join(failed...)
}

// registrations frees what those hold that broke off a day ago; one that fails
// holds up no other and is looked at again in the next pass.
func (s *sweeper) registrations(ctx context.Context) error {
	found, err := s.DB.OpeningAccounts(ctx, acts.BrokenOffBy(s.DB.Now()), sweepBatch)
	failed := []error{err}
	for _, account := range found {
		failed = append(failed, s.Acts.EndBrokenOff(ctx, account))
	}
	return errors.Join(failed...)
}

// enrolments ends recruiting where enrolment is over and every place is taken,
// page by page; one that fails is looked at again in the next pass.
func (s *sweeper) enrolments(ctx context.Context) error {
	for {
		found, err := s.DB.PositionsToLookAt(ctx, acts.LookDay(s.DB.Now()), sweepBatch)
		failed := []error{err}
		for _, p := range found {
			failed = append(failed, s.Acts.EndFilled(ctx, p))
		}
		if err := errors.Join(failed...); err != nil {
			return fmt.Errorf("tasks: end recruiting: %w", err)
		}
		if len(found) < sweepBatch {
			return nil
		}
	}
}

// silence is how long a receipt may take.
const silence = 24 * time.Hour

// troubles shows what needs a person.
func (s *sweeper) troubles(ctx context.Context) error {
	stuck, uncertain, err := s.DB.Troubles(ctx)
	if err != nil {
		return err
	}
	s.metrics.stuck.Set(float64(stuck))
	s.metrics.uncertain.Set(float64(uncertain))
	if stuck > 0 {
		s.alarms.ring(ctx, slog.LevelWarn, "stuck", "jobs are stuck and need a person", slog.Int("jobs", stuck))
	}
	return nil
}

package tasks

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"shixi/internship"
	"shixi/store"
	"shixi/webhook"
)

const (
	// hookConcurrency is how many subscribers one process serves at a time. Each
	// only waits for its receiver.
	hookConcurrency = 64
	// hookBatch and hookBytes bound one delivery; a single event may be longer.
	hookBatch = 100
	hookBytes = 256 << 10
	// hookBudget is how long a worker stays with one subscriber while more waits
	// for it; then others have their turn.
	hookBudget = 30 * time.Second
	// hookRetryLeast and hookRetryMost bound the pause after a failure, which
	// doubles with each.
	hookRetryLeast = 5 * time.Second
	hookRetryMost  = time.Hour
	// hookPatience is how long an address may fail until it is dead, in no fewer
	// than hookAttempts: a worker that was down itself kills nobody.
	hookPatience = 72 * time.Hour
	hookAttempts = 12
)

// deliver serves one subscriber: claim, batches in the order of their numbers,
// outcome. The cursor moves only after the receiver's success, so what may have
// been lost is posted again (at least once), and nothing is left out. An error
// says that no outcome could be written; the claim then runs out.
func (w *Worker) deliver(ctx context.Context, id string) error {
	hook, known := w.hooks[id]
	if !known {
		return nil // a process that has its address serves it, or the sweeper pauses it
	}
	row, err := w.DB.ClaimSubscriber(ctx, id, w.Owner, w.ClaimFor)
	if errors.Is(err, internship.ErrNotFound) {
		return nil // nothing waits, it is not due yet, or someone else's
	}
	if err != nil {
		return fmt.Errorf("tasks: webhook: %w", err)
	}
	w.metrics.observeWait(queueHooks, row.Next, w.DB.Now())
	if err := w.reach(failHookClaimed); err != nil {
		return err
	}
	p := &posting{Worker: w, hook: hook, row: row}
	err = p.run(ctx)
	if errors.Is(err, errLost) {
		w.metrics.lost.WithLabelValues("subscribers").Inc()
		return nil
	}
	return err
}

// posting is one claim of a subscriber.
type posting struct {
	*Worker
	hook Webhook
	row  *store.Subscriber
}

// run posts batch after batch until nothing waits, one fails, or others should
// have their turn.
func (p *posting) run(ctx context.Context) error {
	for began := time.Now(); ; {
		batch, err := p.post(ctx)
		if batch == nil {
			return err
		}
		if err != nil {
			p.failed(ctx, err)
			return p.save(ctx, p.DB.SaveSubscriber)
		}
		p.row.Cursor, p.row.Failures, p.row.FailingSince, p.row.Error = batch.last, 0, time.Time{}, ""
		if !batch.more {
			if err := p.save(ctx, p.DB.RestSubscriber); !errors.Is(err, errLost) {
				return err
			} // or more was numbered meanwhile
		}
		if p.stopping(ctx) || time.Since(began) > hookBudget {
			p.row.State, p.row.Next = store.JobWaiting, p.DB.Now()
			return p.save(ctx, p.DB.SaveSubscriber)
		}
		if err := p.save(ctx, p.note); err != nil {
			return err
		}
	}
}

// note keeps the cursor and claims the row for the next batch.
func (p *posting) note(ctx context.Context, row *store.Subscriber) (bool, error) {
	return p.DB.NoteSubscriber(ctx, row, p.ClaimFor)
}

// save writes how far the delivery has come; errLost when the row is not, or
// not as expected, this worker's any more.
func (p *posting) save(ctx context.Context, write func(context.Context, *store.Subscriber) (bool, error)) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
	defer cancel()
	mine, err := insist(ctx, func() (bool, error) { return write(ctx, p.row) })
	if err != nil {
		return fmt.Errorf("tasks: webhook: %w", err)
	}
	if err := p.reach(failHookSaved); err != nil {
		return err
	}
	if !mine {
		return errLost
	}
	return nil
}

// batch is what one delivery carries.
type batch struct {
	body   []byte
	events int
	// last is the number up to which everything is in it or concerns others;
	// more says that there may be more after it.
	last int64
	more bool
}

// post reads the next batch and posts it, unless there is none, in time for the
// outcome to be written while the row is still this worker's. Without a batch
// the error says that nothing was decided; else it is the receiver's.
func (p *posting) post(ctx context.Context) (*batch, error) {
	ctx, cancel := context.WithTimeout(ctx, p.row.ClaimedUntil.Add(-callReserve).Sub(p.DB.Now()))
	defer cancel()
	b, err := p.batch(ctx)
	if err != nil {
		return nil, fmt.Errorf("tasks: webhook: %w", err)
	}
	if err := p.reach(failHookRead); err != nil {
		return nil, err
	}
	if b.events == 0 {
		return b, nil
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("tasks: webhook: no time left to post: %w", ctx.Err())
	}
	began := time.Now()
	err = p.Poster.Deliver(ctx, p.hook.Target, b.body)
	result := "done"
	if err != nil {
		result = cmp.Or(string(webhook.ClassOf(err)), "failed")
	} else {
		p.row.DeliveredAt = p.DB.Now()
		p.metrics.posted.Add(float64(b.events))
	}
	p.metrics.hooks.WithLabelValues(result).Inc()
	p.metrics.posting.WithLabelValues(result).Observe(time.Since(began).Seconds())
	if err := p.reach(failHookPosted); err != nil {
		return nil, err
	}
	return b, err
}

// batch reads what comes after the cursor, as the partner may read it.
func (p *posting) batch(ctx context.Context) (*batch, error) {
	rows, err := p.Acts.Events(ctx, p.hook.Partner, p.row.Cursor, hookBatch)
	if err != nil {
		return nil, err
	}
	b := &batch{last: p.row.Cursor, more: len(rows) == hookBatch && rows[len(rows)-1].Seq < p.row.Wanted}
	body := bytes.NewBufferString("[")
	for _, row := range rows {
		event := p.EventJSON(row)
		if b.events > 0 && body.Len()+len(event)+len(",]") > hookBytes {
			b.more = true
			break
		}
		if b.events > 0 {
			body.WriteByte(',')
		}
		body.Write(event)
		b.last, b.events = row.Seq, b.events+1
	}
	body.WriteByte(']')
	b.body = body.Bytes()
	if !b.more { // what was wanted before the events were read is among them or concerns others
		b.last = max(b.last, p.row.Wanted)
	}
	return b, nil
}

// failed puts the subscriber off, longer each time, or ends it.
func (p *posting) failed(ctx context.Context, err error) {
	now, row := p.DB.Now(), p.row
	row.Failures++
	row.Error = err.Error()
	if row.Failures == 1 {
		row.FailingSince = now
	}
	if row.Failures >= hookAttempts && now.Sub(row.FailingSince) >= hookPatience {
		row.State, row.Next = store.SubscriberDead, now
		p.Log.ErrorContext(ctx, "a webhook is dead: it failed for days and gets nothing more until wx webhooks resume; the feed has everything",
			slog.String("key", row.ID), slog.Time("failing_since", row.FailingSince), slog.Int("attempts", row.Failures), slog.Any("error", err))
		return
	}
	pause := hookPause(row.Failures)
	if e, ok := errors.AsType[*webhook.Error](err); ok {
		pause = min(max(pause, e.RetryAfter), hookRetryMost)
	}
	row.State, row.Next = store.JobWaiting, now.Add(pause)
	p.alarms.ring(ctx, slog.LevelWarn, "webhook:"+row.ID, "a webhook failed and is tried again", slog.String("key", row.ID),
		slog.Int("attempts", row.Failures), slog.Time("next", row.Next), slog.Any("error", err))
}

// hookPause is the pause after the n-th failure in a row, from 1. It doubles,
// less up to a quarter of it, so that those whom one fault has hit don't come
// back together.
func hookPause(n int) time.Duration {
	pause := min(hookRetryLeast<<min(n-1, 20), hookRetryMost)
	return max(hookRetryLeast, pause-rand.N(pause/4))
}

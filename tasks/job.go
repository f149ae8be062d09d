package tasks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
)

const (
	// jobAttempts without progress make a job stuck: by then it has been tried
	// for half an hour.
	jobAttempts = 12
	// jobRetryMost bounds the pause between two attempts, which doubles from 1 s.
	jobRetryMost = 5 * time.Minute
	// jobBudget is how long a worker stays with one job; the rest of a reaction
	// over many documents is another claim's.
	jobBudget = 5 * time.Minute
)

// job serves one row: claim, pages of the reaction, outcome. An error says that
// no outcome could be written; the claim then runs out and the page is done
// again, which changes nothing where it was done before.
func (w *Worker) job(ctx context.Context, id string) error {
	job, err := w.DB.ClaimJob(ctx, id, w.Owner, w.ClaimFor)
	if errors.Is(err, internship.ErrNotFound) {
		return nil // done, not due yet, or someone else's
	}
	if err != nil {
		return fmt.Errorf("tasks: job: %w", err)
	}
	w.metrics.observeWait(queueJobs, job.Next, w.DB.Now())
	if err := w.reach(failJobClaimed); err != nil {
		return err
	}
	r := &reaction{Worker: w, job: job}
	switch err := r.run(ctx); {
	case errors.Is(err, errLost):
		w.metrics.lost.WithLabelValues("jobs").Inc()
		return nil
	case err != nil:
		return err
	}
	return r.save(context.WithoutCancel(ctx))
}

// reaction is one claim of a job.
type reaction struct {
	*Worker
	job     *store.Job
	outcome string
}

// run does page after page and leaves in the job's fields what comes next. An
// error means that nothing was decided.
func (r *reaction) run(ctx context.Context) error {
	act, known := acts.ReactionNamed(r.job.Reaction)
	if !known {
		r.stuck(ctx, errors.New("no reaction of this name"))
		return nil
	}
	if r.failures() > jobAttempts {
		r.stuck(ctx, errors.New("no attempt came to an end"))
		return nil
	}
	for began := time.Now(); ; {
		next, err := r.page(ctx, act)
		if err := r.reach(failJobPage); err != nil {
			return err
		}
		if err != nil {
			r.failed(ctx, err)
			return nil
		}
		r.job.Cursor, r.job.Error = next, ""
		if next == "" {
			r.job.State, r.outcome = store.JobDone, store.JobDone
			return nil
		}
		mine, err := r.DB.NoteJob(ctx, r.job, r.ClaimFor)
		if err != nil {
			return fmt.Errorf("tasks: job: %w", err)
		}
		if !mine {
			return errLost
		}
		if err := r.reach(failJobNoted); err != nil {
			return err
		}
		if r.stopping(ctx) || time.Since(began) > jobBudget {
			r.job.State, r.job.Next, r.outcome = store.JobWaiting, r.DB.Now(), "continues"
			return nil
		}
	}
}

// page runs one page of the act under an op of its own, so that the documents
// it has changed recognise it when it is done again. It must end before the
// claim does. A panic is an error like others.
func (r *reaction) page(ctx context.Context, act acts.Reaction) (next string, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.job.ClaimedUntil.Add(-callReserve).Sub(r.DB.Now()))
	defer cancel()
	defer func() {
		if x := recover(); x != nil {
			r.Log.Error("a reaction panicked", slog.String("job", r.job.ID), slog.Any("panic", x), slog.String("stack", string(debug.Stack())))
			err = fmt.Errorf("panic: %v", x)
		}
	}()
	return act.Run(r.Acts, store.WithOp(ctx, r.job.ID+"|"+r.job.Cursor), r.job.Event, r.job.Cursor)
}

// failures counts the attempts since the last page that was done, this one
// included.
func (r *reaction) failures() int { return r.job.Attempt - r.job.Progress }

// failed puts the job off, or ends it where waiting can't help.
func (r *reaction) failed(ctx context.Context, err error) {
	r.job.Error = err.Error()
	switch {
	case errors.Is(err, internship.ErrNotFound):
		r.Log.Warn("a reaction found its document gone: nothing left to do", slog.String("job", r.job.ID), slog.Any("error", err))
		r.job.State, r.outcome = store.JobDone, "gone"
	case hopeless(err) || r.failures() >= jobAttempts:
		r.stuck(ctx, err)
	default:
		pause := min(jobRetryMost, time.Second<<min(r.failures()-1, 10))
		r.job.State, r.job.Next, r.outcome = store.JobWaiting, r.DB.Now().Add(pause), "retry"
	}
}

// hopeless says whether the domain refused for good: the catalogue tells of
// errors that pass after how long to try again.
func hopeless(err error) bool {
	e, ok := errors.AsType[*internship.Error](err)
	return ok && e.Status() < 500 && e.RetryAfter == 0
}

// stuck hands the job to a person.
func (r *reaction) stuck(ctx context.Context, err error) {
	r.job.State, r.job.Error, r.outcome = store.JobStuck, err.Error(), store.JobStuck
	r.Log.ErrorContext(ctx, "a job is stuck and needs a person", slog.String("job", r.job.ID),
		slog.String("reaction", r.job.Reaction), slog.Int("attempts", r.job.Attempt), slog.Any("error", err))
}

// save writes the outcome, if the row is still this worker's.
func (r *reaction) save(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, saveTimeout)
	defer cancel()
	mine, err := insist(ctx, func() (bool, error) { return r.DB.SaveJob(ctx, r.job) })
	if err != nil {
		return fmt.Errorf("tasks: job: %w", err)
	}
	if err := r.reach(failJobSaved); err != nil {
		return err
	}
	if !mine {
		r.metrics.lost.WithLabelValues("jobs").Inc()
		return nil
	}
	r.metrics.jobs.WithLabelValues(r.job.Reaction, r.outcome).Inc()
	return nil
}

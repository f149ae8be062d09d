package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"shixi/internship"
)

// updateBudget is how long a change is tried before it is given up as busy:
// long enough for a fail-over's first retries, short enough for a phone.
const updateBudget = 3 * time.Second

// relayDelay is when the sweeper takes over a relay that did not happen at
// once: the immediate one usually takes milliseconds.
const relayDelay = 5 * time.Second

var errClash = errors.New("changed meanwhile")

// HeldError says that something a document wanted for itself alone is held by
// another one.
type HeldError struct {
	// Hold is e.g. "signed:<student>:<plan>"; personal values are hashed.
	Hold string
}

// Error implements error.
func (e *HeldError) Error() string { return "held: " + e.Kind() }

// Kind is the first word of the hold, e.g. "signed".
func (e *HeldError) Kind() string {
	kind, _, _ := strings.Cut(e.Hold, ":")
	return kind
}

// Held says whether err is a clash over a hold of one of the kinds.
func Held(err error, kind string) bool {
	h, ok := errors.AsType[*HeldError](err)
	return ok && h.Kind() == kind
}

// refusal marks an error that no repetition mends.
type refusal struct{ err error }

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

// passing says whether the database may answer differently next time.
func passing(err error) bool {
	if errors.Is(err, internship.ErrUnavailable) || mongo.IsNetworkError(err) || mongo.IsTimeout(err) {
		return true
	}
	var labelled mongo.LabeledError
	return errors.As(err, &labelled) && (labelled.HasErrorLabel("RetryableWriteError") || labelled.HasErrorLabel("TransientTransactionError"))
}

// readError turns a driver's error into ours: unavailable where waiting may
// help, internal elsewhere.
func readError(err error) error {
	if passing(err) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return internship.ErrUnavailable.Because(err)
	}
	return internship.ErrInternal.Because(err)
}

// exhausted is the error of a change whose time is over.
func exhausted(last error) error {
	if errors.Is(last, errClash) {
		return internship.ErrBusy
	}
	return internship.ErrUnavailable.Because(last)
}

// backoff sleeps with full jitter, at most 100 ms, or until ctx is done.
func backoff(ctx context.Context, n int) error {
	limit := min(100*time.Millisecond, 2*time.Millisecond<<min(n, 6))
	t := time.NewTimer(rand.N(limit) + time.Millisecond/4)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

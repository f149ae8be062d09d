package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
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

// moving are the codes of a server that changes its role, stops or can't be
// reached by its router: with a fail-over they pass. The driver repeats a
// command once only, which is over before a new primary is chosen.
var moving = []int{
	6, 7, 89, 9001, // HostUnreachable, HostNotFound, NetworkTimeout, SocketException
	91, 11600, 11602, // ShutdownInProgress, InterruptedAtShutdown, InterruptedDueToReplStateChange
	189, 10107, 13435, 13436, // PrimarySteppedDown, NotWritablePrimary, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary
	134, 262, // ReadConcernMajorityNotAvailableYet, ExceededTimeLimit
}

// passing says whether the database may answer differently next time.
func passing(err error) bool {
	if errors.Is(err, internship.ErrUnavailable) || mongo.IsNetworkError(err) || cutShort(err) {
		return true
	}
	if labelled, ok := errors.AsType[mongo.LabeledError](err); ok &&
		(labelled.HasErrorLabel("RetryableWriteError") || labelled.HasErrorLabel("TransientTransactionError")) {
		return true
	}
	if pool, ok := errors.AsType[interface {
		error
		Retryable() bool
	}](err); ok && pool.Retryable() { // the connections were dropped because another command failed
		return true
	}
	server, ok := errors.AsType[mongo.ServerError](err)
	return ok && slices.ContainsFunc(moving, server.HasErrorCode)
}

// readError turns a driver's error into ours: unavailable where waiting may
// help, internal elsewhere.
func readError(err error) error {
	if passing(err) {
		return internship.ErrUnavailable.Because(err)
	}
	return internship.ErrInternal.Because(err)
}

// cutShort says whether a try ended with its time and not by itself: then it
// doesn't tell what the time was spent on.
func cutShort(err error) bool { return mongo.IsTimeout(err) || errors.Is(err, context.Canceled) }

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

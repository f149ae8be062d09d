package store

import (
	"context"
	"hash/maphash"
)

// stripes bounds the number of locks; two ids on one stripe merely wait for
// each other. A change must not start another change inside itself.
const stripes = 512

// locks lets one process change a document once at a time, so that its own
// requests do not fight over the version.
type locks struct {
	seed   maphash.Seed
	tokens []chan struct{}
}

func newLocks() locks {
	l := locks{seed: maphash.MakeSeed(), tokens: make([]chan struct{}, stripes)}
	for i := range l.tokens {
		l.tokens[i] = make(chan struct{}, 1)
	}
	return l
}

// take waits for the id's turn, or for ctx; queued says that it had to wait.
func (l locks) take(ctx context.Context, id string) (release func(), queued bool, err error) {
	token := l.tokens[maphash.String(l.seed, id)%stripes]
	release = func() { <-token }
	select {
	case token <- struct{}{}:
		return release, false, nil
	default:
	}
	select {
	case token <- struct{}{}:
		return release, true, nil
	case <-ctx.Done():
		return nil, true, ctx.Err()
	}
}

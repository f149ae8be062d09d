package registry

import (
	"sync"
	"time"
)

const (
	// patience is how many silent calls in a row bring a pause.
	patience = 5
	// pause is how long nobody is asked then; a Retry-After may ask for more.
	pause = 30 * time.Second
)

// breaker keeps calls from a registry that doesn't answer: each would cost its
// caller the whole time-out. It counts for this process alone: others find out
// by themselves.
type breaker struct {
	now func() time.Time

	mu      sync.Mutex
	silents int       // in a row
	until   time.Time // no call before
	trying  bool      // one call finds out whether it is back
}

// enter asks for a call; it returns how long to wait, 0 for at once.
func (b *breaker) enter() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if wait := b.until.Sub(b.now()); wait > 0 {
		return wait
	}
	if b.silents >= patience {
		if b.trying {
			return time.Second
		}
		b.trying = true
	}
	return 0
}

// answered ends the trouble.
func (b *breaker) answered() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.silents, b.until, b.trying = 0, time.Time{}, false
}

// abandoned is a call whose caller went away.
func (b *breaker) abandoned() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
}

// silent notes a call without an answer, and how long the registry asks to be
// left alone.
func (b *breaker) silent(leave time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.silents++
	b.trying = false
	if b.silents >= patience {
		leave = max(leave, pause)
	}
	if until := b.now().Add(leave); leave > 0 && until.After(b.until) {
		b.until = until
	}
}

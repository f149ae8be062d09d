package tasks

import "sync"

// outbox names a document with events to pass on.
type outbox struct{ collection, id string }

// waiting is a bounded line of outboxes, each in it at most once. One that is
// put while it is being worked on waits again: it may hold new events.
type waiting struct {
	line chan outbox

	mu sync.Mutex
	in map[outbox]bool // guarded by mu
}

func newWaiting(limit int) *waiting {
	return &waiting{line: make(chan outbox, limit), in: make(map[outbox]bool, limit)}
}

// put never blocks; false when the line is full.
func (w *waiting) put(o outbox) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.in[o] {
		return true
	}
	select {
	case w.line <- o:
		w.in[o] = true
		return true
	default:
		return false
	}
}

// taken says that an outbox read from the line is being worked on.
func (w *waiting) taken(o outbox) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.in, o)
}

package embedded

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Bounds of cursors: how many may be open, how long one may lie idle, and how
// long one is kept whose connection is gone. A driver's pool may fetch the next
// batch over another connection, so it is not freed at once.
const (
	maxCursors     = 1000
	cursorIdle     = 10 * time.Minute
	cursorOrphaned = time.Minute
)

// cursor is a query of which more results wait.
type cursor struct {
	id   int64
	ns   string
	more batcher

	conn *conn     // that used it last; nil once that is gone
	ends time.Time // freed after that
	busy bool
}

// batcher appends the next batch of results to an answer; done tells that it
// was the last.
type batcher interface {
	batch(out []byte, size int) (filled []byte, done bool, err error)
}

// cursors holds the open cursors of all connections.
type cursors struct {
	mu   sync.Mutex
	now  func() time.Time
	byID map[int64]*cursor
}

func (s *cursors) init(now func() time.Time) {
	s.now, s.byID = now, map[int64]*cursor{}
}

func (s *cursors) open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.byID)
}

// add keeps a cursor and gives it an id.
func (s *cursors) add(ns string, more batcher, c *conn) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byID) >= maxCursors {
		s.reap()
	}
	if len(s.byID) >= maxCursors {
		return 0, errorf(codeMemoryLimit, "more than %d cursors are open", maxCursors)
	}
	cur := &cursor{ns: ns, more: more, conn: c, ends: s.now().Add(cursorIdle)}
	for cur.id == 0 || s.byID[cur.id] != nil {
		cur.id = rand.Int64()
	}
	s.byID[cur.id] = cur
	return cur.id, nil
}

// take lends a cursor to one getMore.
func (s *cursors) take(id int64, ns string, c *conn) (*cursor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	cur := s.byID[id]
	switch {
	case cur == nil || cur.ends.Before(s.now()):
		return nil, errorf(codeCursorNotFound, "cursor id %d not found", id)
	case cur.ns != ns:
		return nil, errorf(13, "Requested getMore on namespace '%s', but cursor belongs to a different namespace %s", ns, cur.ns)
	case cur.busy:
		return nil, errorf(12051, "cursor id %d is already in use", id)
	}
	cur.busy, cur.conn = true, c
	return cur, nil
}

// giveBack ends the loan; a cursor that is done is freed.
func (s *cursors) giveBack(cur *cursor, done bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	cur.busy = false
	cur.ends = s.now().Add(cursorIdle)
	if done {
		delete(s.byID, cur.id)
	}
}

// kill frees a cursor; false: there is none.
func (s *cursors) kill(id int64, ns string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	cur := s.byID[id]
	if cur == nil || cur.ns != ns {
		return false
	}
	delete(s.byID, id)
	return true
}

// disconnected shortens the life of a connection's cursors; with the last
// connection all go.
func (s *cursors) disconnected(c *conn, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last {
		clear(s.byID)
		return
	}
	ends := s.now().Add(cursorOrphaned)
	for _, cur := range s.byID {
		if cur.conn == c {
			cur.conn, cur.ends = nil, ends
		}
	}
}

// reap frees the cursors whose time has come. mu is held.
func (s *cursors) reap() {
	now := s.now()
	for id, cur := range s.byID {
		if cur.ends.Before(now) && !cur.busy {
			delete(s.byID, id)
		}
	}
}

func (s *cursors) sweep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reap()
}

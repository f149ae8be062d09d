package embedded

import (
	"math"
	"slices"
	"time"
)

// sweepEvery is the time between two passes over TTL indexes and cursors, as on
// a real server.
const sweepEvery = time.Minute

// sweepBatch is how many documents one pass deletes before it lets others at
// the collection.
const sweepBatch = 500

func (s *Server) sweepLoop() {
	defer s.running.Done()
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.closing:
			return
		case <-tick.C:
			s.cursors.sweep()
			if n, err := s.DeleteExpired(); err != nil {
				s.log.Error("embedded: deleting expired documents", "deleted", n, "err", err)
			}
		}
	}
}

// DeleteExpired deletes the documents whose TTL index says that their time has
// come by Options.Now, and tells how many. It runs by itself each minute; a
// test calls it to wait for nothing.
func (s *Server) DeleteExpired() (int, error) {
	deleted := 0
	for _, c := range s.catalog.list("") {
		for _, x := range c.ttlIndexes() {
			for {
				n, lsn, err := c.expire(x, s.now())
				deleted += n
				if err == nil && s.journal != nil && lsn > 0 {
					err = s.journal.commit(lsn, false)
				}
				if err != nil {
					return deleted, err
				}
				if n < sweepBatch {
					break
				}
			}
		}
	}
	return deleted, nil
}

func (c *collection) ttlIndexes() []*index {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []*index
	for _, x := range c.indexes {
		if x.spec.hasTTL {
			out = append(out, x)
		}
	}
	return out
}

// expire deletes one batch of what a TTL index says is over. Of an array of
// dates the earliest counts; what is no date never ends.
func (c *collection) expire(x *index, now time.Time) (n int, lsn int64, err error) {
	limit := now.UnixMilli() - x.spec.ttl*1000
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dropped || !slices.Contains(c.indexes, x) {
		return 0, 0, nil
	}
	dates := limits{isRange: true,
		lo: end{key: appendKey(nil, dateValue(math.MinInt64))},
		hi: end{key: appendKey(nil, dateValue(limit))}}
	from, to, endless := dates.span(nil, x.components[0].desc)
	p := &plan{parts: []part{{index: x, spans: []span{{from, to, endless, 0}}}}}
	var over []*record
	newScanner(p).run(func(rec *record) (bool, bool) {
		over = append(over, rec)
		return true, len(over) < sweepBatch
	})
	for _, rec := range over {
		if lsn, err = c.remove(rec); err != nil {
			return n, lsn, err
		}
		n++
	}
	return n, lsn, nil
}

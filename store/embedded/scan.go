package embedded

import "strings"

// scanner reads the documents of a plan in steps. Between steps it holds no
// lock: it remembers the last key it gave and goes on behind it, so a document
// that did not change is neither given twice nor left out.
type scanner struct {
	plan  *plan
	part  int
	heads []position // of the current part: one, or one per span when merging
	seen  map[uint64]struct{}
}

// position is where a scan stands within the spans it reads.
type position struct {
	span    int
	last    entry
	started bool
}

func newScanner(p *plan) *scanner {
	s := &scanner{plan: p}
	if len(p.parts) > 1 || len(p.parts) == 1 && p.parts[0].repeats() {
		s.seen = map[uint64]struct{}{}
	}
	return s
}

// repeats reports whether a document may stand in the spans more than once.
func (p *part) repeats() bool {
	if !p.index.isMultikey() {
		return false
	}
	return len(p.spans) != 1 || !p.fixes()
}

// fixes reports whether the part's only span fixes all components up to the
// last multikey one.
func (p *part) fixes() bool {
	last := 0
	for at, multi := range p.index.multikey {
		if multi {
			last = at
		}
	}
	return p.score.eq > last
}

// run gives documents until visit wants no more or none is left; more tells
// which. A document for which visit reports keep=false is given again by the
// next run. mu is held.
func (s *scanner) run(visit func(rec *record) (keep, more bool)) (more bool) {
	for s.part < len(s.plan.parts) {
		p := &s.plan.parts[s.part]
		deduped := func(rec *record) (bool, bool) {
			if s.seen == nil {
				return visit(rec)
			}
			if _, ok := s.seen[rec.rid]; ok {
				return true, true
			}
			keep, more := visit(rec)
			if keep {
				s.seen[rec.rid] = struct{}{}
			}
			return keep, more
		}
		if p.merge {
			more = s.runMerged(p, deduped)
		} else {
			more = s.runSequential(p, deduped)
		}
		if more {
			return true
		}
		s.part++
		s.heads = nil
	}
	return false
}

func (s *scanner) runSequential(p *part, visit func(*record) (bool, bool)) (more bool) {
	if s.heads == nil {
		s.heads = make([]position, 1)
	}
	at := &s.heads[0]
	for ; at.span < len(p.spans); at.span, at.started = at.span+1, false {
		which := at.span
		if p.reverse {
			which = len(p.spans) - 1 - at.span
		}
		stopped := false
		p.walk(p.spans[which], *at, func(e entry) bool {
			keep, more := visit(e.rec)
			if keep {
				at.last, at.started = e, true
			}
			stopped = !more
			return more
		})
		if stopped {
			return true
		}
	}
	return false
}

// walk visits the entries of a span behind a position.
func (p *part) walk(s span, from position, visit func(entry) bool) {
	if p.reverse {
		p.walkBack(s, from, visit)
		return
	}
	pivot := entry{key: s.lo}
	if from.started {
		pivot = entry{key: from.last.key, rid: from.last.rid + 1}
	}
	p.index.tree.Ascend(pivot, func(e entry) bool {
		if !s.endless && e.key >= s.hi {
			return false
		}
		return visit(e)
	})
}

func (p *part) walkBack(s span, from position, visit func(entry) bool) {
	within := func(e entry) bool { return e.key >= s.lo && visit(e) }
	switch {
	case from.started:
		p.index.tree.Descend(entry{key: from.last.key, rid: from.last.rid - 1}, within)
	case s.endless:
		p.index.tree.Reverse(within)
	default:
		p.index.tree.Descend(entry{key: s.hi}, within)
	}
}

// runMerged reads all spans side by side, always giving the entry whose key
// behind the fixed prefix comes first.
func (s *scanner) runMerged(p *part, visit func(*record) (bool, bool)) (more bool) {
	if s.heads == nil {
		s.heads = make([]position, len(p.spans))
	}
	next := make([]entry, len(p.spans))
	for i := range p.spans {
		next[i] = s.peek(p, i)
	}
	for {
		best := -1
		for i, e := range next {
			if e.rec != nil && (best < 0 || p.before(e, p.spans[i].prefix, next[best], p.spans[best].prefix)) {
				best = i
			}
		}
		if best < 0 {
			return false
		}
		keep, more := visit(next[best].rec)
		if keep {
			s.heads[best].last, s.heads[best].started = next[best], true
			next[best] = s.peek(p, best)
		}
		if !more {
			return true
		}
	}
}

// peek finds the next entry of one span.
func (s *scanner) peek(p *part, i int) (found entry) {
	p.walk(p.spans[i], s.heads[i], func(e entry) bool {
		found = e
		return false
	})
	return found
}

func (p *part) before(a entry, aPrefix int, b entry, bPrefix int) bool {
	c := strings.Compare(a.key[aPrefix:], b.key[bPrefix:])
	if p.reverse {
		return c > 0 || c == 0 && a.rid > b.rid
	}
	return c < 0 || c == 0 && a.rid < b.rid
}

// keys counts the keys in the part's spans, but not beyond most.
func (p *part) keys(most int) int {
	n := 0
	forward := part{index: p.index}
	for _, s := range p.spans {
		if n >= most {
			break
		}
		forward.walk(s, position{}, func(entry) bool {
			n++
			return n < most
		})
	}
	return n
}

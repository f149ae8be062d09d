package embedded

import (
	"bytes"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// reader gives the documents of a query in its order: matched, sorted, skipped
// and limited.
type reader struct {
	srv   *Server
	coll  *collection
	query *query
	plan  *plan
	scan  *scanner

	keysOnly bool // the index's keys answer the query: no document is examined
	sorted   []found
	filled   bool  // sorted holds all results, because no index gave their order
	skip     int64 // still to be skipped
	left     int64 // still to be given; -1: no limit
}

// found is a document as it was when it was found.
type found struct {
	rec *record
	raw bson.Raw
}

// newReader plans a query. The collection's lock is held.
func (s *Server) newReader(c *collection, q *query) (*reader, error) {
	p, err := c.choose(q)
	if err != nil {
		return nil, err
	}
	r := &reader{srv: s, coll: c, query: q, plan: p, scan: newScanner(p), skip: q.skip, left: -1}
	r.keysOnly = len(p.parts) == 1 && p.parts[0].score.covers
	if q.limit > 0 {
		r.left = q.limit
	}
	return r, nil
}

// each gives documents until visit wants no more or none is left; more tells
// which. A document for which visit says keep=false comes again with the next
// call. The collection's lock is held.
func (r *reader) each(visit func(f found) (keep, more bool)) (more bool, err error) {
	if r.left == 0 {
		return false, nil
	}
	limited := func(f found) (bool, bool) {
		if r.skip > 0 {
			r.skip--
			return true, true
		}
		keep, more := visit(f)
		if keep && r.left > 0 {
			r.left--
		}
		return keep, more && r.left != 0
	}
	if r.plan.sorted {
		more = r.matching(limited)
	} else {
		more, err = r.fromSorted(limited)
	}
	return more && r.left != 0, err
}

// matching gives the documents of the plan that pass the filter.
func (r *reader) matching(visit func(f found) (keep, more bool)) (more bool) {
	var examined int64
	more = r.scan.run(func(rec *record) (bool, bool) {
		if !r.keysOnly {
			examined++
		}
		if !r.plan.exact && !r.query.filter.match(rec.raw) {
			return true, true
		}
		return visit(found{rec, rec.raw})
	})
	if examined > 0 {
		r.srv.examined.Add(examined)
	}
	return more
}

// fromSorted sorts in memory first, and refuses to do so for many documents.
func (r *reader) fromSorted(visit func(f found) (keep, more bool)) (more bool, err error) {
	if !r.filled {
		if err := r.fill(); err != nil {
			return false, err
		}
	}
	for len(r.sorted) > 0 {
		keep, more := visit(r.sorted[0])
		if keep {
			r.sorted = r.sorted[1:]
		}
		if !more {
			return true, nil
		}
	}
	return false, nil
}

func (r *reader) fill() error {
	type keyed struct {
		key []byte
		found
	}
	var all []keyed
	tooMany := r.matching(func(f found) (bool, bool) {
		all = append(all, keyed{sortKey(f.raw, r.query.sort), f})
		return true, len(all) <= maxMemorySort
	})
	if tooMany {
		return r.coll.noPlan(r.query, "no index gives the sort's order, and more than 1000 documents would be sorted in memory")
	}
	slices.SortStableFunc(all, func(a, b keyed) int { return bytes.Compare(a.key, b.key) })
	r.sorted = make([]found, len(all))
	for i := range all {
		r.sorted[i] = all[i].found
	}
	r.filled = true
	return nil
}

// sortKey encodes what a document is sorted by: of an array the smallest item,
// descending the greatest.
func sortKey(doc []byte, by []sortField) []byte {
	var key []byte
	for _, f := range by {
		vals, _ := indexed(doc, f.path, nil)
		pick := slices.MinFunc[[]value]
		if f.desc {
			pick = slices.MaxFunc[[]value]
		}
		start := len(key)
		key = appendKey(key, pick(vals, compare))
		if f.desc {
			invert(key[start:])
		}
	}
	return key
}

// stale reports whether the reader's collection or an index it reads is gone.
func (r *reader) stale() bool {
	return r.coll.dropped || slices.ContainsFunc(r.plan.parts, func(p part) bool {
		return !slices.Contains(r.coll.indexes, p.index)
	})
}

package embedded

import "slices"

// reached is how far the tests of a conjunction reach into an index.
type reached struct {
	limits []limits // of the components reached
	spans  []span
	score  score
}

// reach builds the spans: equality on the first components, then one interval.
func (x *index) reach(conj []*node) reached {
	var r reached
	prefixes := [][]byte{nil}
	for at, c := range x.components {
		l := x.limitsOf(at, conj)
		if l.isPoints && len(prefixes)*len(l.points) <= maxSpans {
			r.limits = append(r.limits, l)
			r.score.eq++
			prefixes = extend(prefixes, l.points, c.desc)
			continue
		}
		if l.isRange {
			r.limits = append(r.limits, l)
			r.score.ranges = 1
			for _, prefix := range prefixes {
				lo, hi, endless := l.span(prefix, c.desc)
				r.spans = append(r.spans, span{lo, hi, endless, len(prefix)})
			}
			r.spans = normalise(r.spans)
			return r
		}
		break
	}
	for _, prefix := range prefixes {
		s := span{lo: string(prefix), prefix: len(prefix)}
		next, ok := successor(prefix)
		s.hi, s.endless = string(next), !ok
		r.spans = append(r.spans, s)
	}
	r.spans = normalise(r.spans)
	r.score.single = x.spec.unique && r.score.eq == len(x.components) && len(r.spans) <= 1
	return r
}

// extend puts every point behind every prefix.
func extend(prefixes, points [][]byte, desc bool) [][]byte {
	out := make([][]byte, 0, len(prefixes)*len(points))
	for _, prefix := range prefixes {
		for _, p := range points {
			key := append(slices.Clone(prefix), p...)
			if desc {
				invert(key[len(prefix):])
			}
			out = append(out, key)
		}
	}
	return out
}

// served reports whether the index narrows the search: by tests on its first
// component, or because it is partial and holds only what the filter wants. An
// empty filter is served too; the caller then asks for a sort.
func (r *reached) served(x *index, empty bool) bool {
	return len(r.limits) > 0 || x.partial != nil || empty
}

// exact reports whether the limits express every test in full.
func (r *reached) exact(conj []*node) bool {
	for _, n := range conj {
		if !slices.ContainsFunc(r.limits, func(l limits) bool { return slices.Contains(l.used, n) }) {
			return false
		}
	}
	return true
}

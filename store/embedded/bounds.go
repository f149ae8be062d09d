package embedded

import (
	"bytes"
	"math"
	"slices"
	"sort"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// maxSpans is how many separate stretches of an index one plan may read.
const maxSpans = 100_000

// span is a stretch of an index: the keys from lo up to, not including, hi.
type span struct {
	lo, hi  string
	endless bool // no upper end; hi is not looked at
	prefix  int  // length of the part fixed by equality
}

// end is one end of an interval of encoded values. The key stands for all keys
// that begin with it; open leaves them out.
type end struct {
	key  []byte
	open bool
}

// limits is what the tests on one component of an index allow it to be.
type limits struct {
	points [][]byte // sorted; only with isPoints
	lo, hi end      // only with isRange
	used   []*node  // the tests that the limits express in full

	isPoints, isRange bool
}

// limitsOf collects the tests of a conjunction on one component.
func (x *index) limitsOf(at int, conj []*node) limits {
	var all limits
	for _, n := range conj {
		if !testedPath(n).equal(x.components[at].path) {
			continue
		}
		one, ok := limitsOfTest(n)
		if !ok {
			continue
		}
		if x.multikey[at] && (n.op == opEq && n.v.isNull() || n.op == opIn && slices.ContainsFunc(n.list, value.isNull)) {
			one.used = nil
		}
		if !all.isPoints && !all.isRange {
			all = one
			continue
		}
		if x.multikey[at] {
			// Different items of an array may satisfy different tests, so
			// only one of them can limit the keys.
			if one.isPoints && (!all.isPoints || len(one.points) < len(all.points)) {
				all = one
			}
			continue
		}
		all = all.and(one)
	}
	return all
}

// testedPath gives the path of a single test, also inside a negation.
func testedPath(n *node) path {
	if n.op == opNot && len(n.kids) == 1 {
		return n.kids[0].path
	}
	return n.path
}

// limitsOfTest gives the keys that one test allows; ok is false where it says
// nothing about them.
func limitsOfTest(n *node) (l limits, ok bool) {
	switch n.op {
	case opEq:
		if n.v.isArray() {
			return l, false
		}
		return limits{isPoints: true, points: [][]byte{appendKey(nil, n.v)}, used: []*node{n}}, true
	case opIn:
		if slices.ContainsFunc(n.list, value.isArray) {
			return l, false
		}
		l = limits{isPoints: true, used: []*node{n}}
		for _, v := range n.list {
			l.points = append(l.points, appendKey(nil, v))
		}
		return l, true
	case opNever:
		return limits{isPoints: true, used: []*node{n}}, true
	case opGt, opGte, opLt, opLte:
		return limitsOfRange(n), true
	case opNot:
		if n.kids[0].op == opExists {
			return limits{isPoints: true, points: [][]byte{{rankNull}}}, true
		}
	case opElemValue:
		return limitsOfItems(n)
	}
	return l, false
}

// limitsOfRange gives the interval of a range operator within its type.
func limitsOfRange(n *node) limits {
	key := appendKey(nil, n.v)
	closed := n.op == opGte || n.op == opLte
	if n.v.t == bson.TypeNull || isNaN(n.v) {
		l := limits{isPoints: true}
		if closed {
			l.points = [][]byte{key}
		}
		return l
	}
	bracket := rank(n.v.t)
	l := limits{isRange: true, used: []*node{n}, lo: end{key: []byte{bracket}}, hi: end{key: []byte{bracket}}}
	if bracket == rankNumber {
		l.lo = end{key: appendNumberKey([]byte{bracket}, math.NaN(), 0), open: true}
	}
	if n.op == opGt || n.op == opGte {
		l.lo = end{key, !closed}
	} else {
		l.hi = end{key, !closed}
	}
	return l
}

// limitsOfItems joins the tests of an $elemMatch, which one item satisfies
// together.
func limitsOfItems(n *node) (all limits, ok bool) {
	for _, kid := range n.kids {
		one, found := limitsOfTest(kid)
		switch {
		case !found:
		case !ok:
			all, ok = one, true
		default:
			all = all.and(one)
		}
	}
	all.used = nil
	return all, ok
}

// and intersects.
func (l limits) and(o limits) limits {
	out := limits{used: append(slices.Clone(l.used), o.used...)}
	switch {
	case l.isPoints && o.isPoints:
		out.isPoints = true
		for _, p := range l.points {
			if _, found := slices.BinarySearchFunc(o.points, p, bytes.Compare); found {
				out.points = append(out.points, p)
			}
		}
	case l.isPoints || o.isPoints:
		points, within := l, o
		if o.isPoints {
			points, within = o, l
		}
		out.isPoints = true
		for _, p := range points.points {
			if within.contains(p) {
				out.points = append(out.points, p)
			}
		}
	default:
		out.isRange = true
		out.lo, out.hi = laterLo(l.lo, o.lo), earlierHi(l.hi, o.hi)
	}
	return out
}

func (l limits) contains(key []byte) bool {
	lo, hi, endless := l.span(nil, false)
	return string(key) >= lo && (endless || string(key) < hi)
}

func laterLo(a, b end) end {
	c := bytes.Compare(a.key, b.key)
	if c > 0 || c == 0 && a.open {
		return a
	}
	return b
}

// earlierHi picks the lower of two upper ends. A closed end that is a prefix of
// the other lies above it.
func earlierHi(a, b end) end {
	ahi, aEndless := a.upper()
	bhi, bEndless := b.upper()
	if bEndless || !aEndless && ahi <= bhi {
		return a
	}
	return b
}

// upper gives the first key above an upper end.
func (e end) upper() (key string, endless bool) {
	if e.open {
		return string(e.key), false
	}
	next, ok := successor(e.key)
	return string(next), !ok
}

// lower gives the first key at or above a lower end.
func (e end) lower() string {
	if !e.open {
		return string(e.key)
	}
	next, _ := successor(e.key)
	return string(next)
}

// span gives the interval's keys behind a prefix; a descending component holds
// inverted values, so its ends change places.
func (l limits) span(prefix []byte, desc bool) (lo, hi string, endless bool) {
	from, to := l.lo, l.hi
	if desc {
		from, to = inverted(l.hi), inverted(l.lo)
	}
	from.key = append(slices.Clone(prefix), from.key...)
	to.key = append(slices.Clone(prefix), to.key...)
	hi, endless = to.upper()
	return from.lower(), hi, endless
}

func inverted(e end) end {
	key := slices.Clone(e.key)
	invert(key)
	return end{key, e.open}
}

// normalise sorts spans and joins those that overlap.
func normalise(spans []span) []span {
	sort.Slice(spans, func(i, j int) bool { return spans[i].lo < spans[j].lo })
	out := spans[:0]
	for _, s := range spans {
		if !s.endless && s.lo >= s.hi {
			continue
		}
		if len(out) > 0 && (out[len(out)-1].endless || s.lo < out[len(out)-1].hi) {
			last := &out[len(out)-1]
			last.prefix = min(last.prefix, s.prefix)
			if s.endless || !last.endless && s.hi > last.hi {
				last.hi, last.endless = s.hi, s.endless
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

package embedded

import (
	"math"
	"slices"
)

// orPlan reads the spans of all branches of the i-th test, which is an $or.
func (x *index) orPlan(q *query, conj []*node, i int, outer reached) (plan, bool) {
	rest := slices.Delete(slices.Clone(conj), i, i+1)
	var spans []span
	worst := score{eq: math.MaxInt}
	for _, branch := range conj[i].kids {
		r := x.reach(append(slices.Clone(rest), conjuncts(branch)...))
		if !r.served(x, false) {
			return plan{}, false
		}
		if worst.better(r.score) > 0 {
			worst = r.score
		}
		if spans = append(spans, r.spans...); len(spans) > maxSpans {
			return plan{}, false
		}
	}
	worst.single = false
	p := plan{parts: []part{{index: x, spans: normalise(spans), score: worst}}}
	if !x.isMultikey() {
		x.orderSequential(&p, q.sort, outer)
	}
	p.sorted = p.sorted || len(q.sort) == 0
	p.parts[0].score.sorted = p.sorted
	return p, true
}

// conjuncts gives the tests of a filter that must all hold.
func conjuncts(n *node) []*node {
	if n.op == opAnd {
		return n.kids
	}
	return []*node{n}
}

// chooseUnion reads another index for each branch of an $or.
func chooseUnion(indexes []*index, q *query) *plan {
	for i, n := range q.filter.kids {
		if n.op != opOr {
			continue
		}
		rest := slices.Delete(slices.Clone(q.filter.kids), i, i+1)
		if p := unionOf(indexes, rest, n.kids); p != nil {
			p.sorted = len(q.sort) == 0
			return p
		}
	}
	return nil
}

func unionOf(indexes []*index, rest, branches []*node) *plan {
	union := &plan{}
	for _, branch := range branches {
		conj := append(slices.Clone(rest), conjuncts(branch)...)
		if len(conj) == 0 {
			return nil
		}
		p := chooseIndex(indexes, &query{filter: &node{op: opAnd, kids: conj}})
		if p == nil {
			return nil
		}
		union.parts = append(union.parts, p.parts...)
	}
	return union
}

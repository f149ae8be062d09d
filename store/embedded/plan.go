package embedded

import (
	"cmp"
	"math"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

var nan = math.NaN()

// maxMemorySort is how many documents a query may sort in memory when no index
// gives them in order.
const maxMemorySort = 1000

// sortField is one field of a sort.
type sortField struct {
	path path
	desc bool
}

// query is what a command asks of one collection.
type query struct {
	filter *node
	sort   []sortField
	hint   value // index name or key document; missing: none
	limit  int64 // 0: none
	skip   int64

	// reads lists the fields that the result is made of, if selective is set:
	// an index that has them all spares looking at the documents.
	reads     []path
	selective bool
}

// part is the reading of one index.
type part struct {
	index   *index
	spans   []span
	reverse bool
	merge   bool // several spans read side by side, to keep the sort's order
	score   score
}

// plan tells how to find a query's documents: one index, or several for the
// branches of an $or.
type plan struct {
	parts  []part
	sorted bool // documents come in the order asked for
	exact  bool // every document in the spans matches: keys alone decide
}

// score ranks the ways to read indexes; see better.
type score struct {
	single bool // at most one document: a unique index, all fields fixed
	eq     int  // components fixed by equality
	ranges int  // 1 if the next component is limited to an interval
	sorted bool
	covers bool // the keys hold all that the query reads
}

func (s score) better(o score) int {
	return cmp.Or(
		cmp.Compare(boolInt(s.single), boolInt(o.single)),
		cmp.Compare(s.eq+s.ranges, o.eq+o.ranges),
		cmp.Compare(boolInt(s.sorted), boolInt(o.sorted)),
		cmp.Compare(s.eq, o.eq),
		cmp.Compare(boolInt(s.covers), boolInt(o.covers)),
	)
}

// choose finds the plan for a query, or refuses it with code 291 when no index
// serves it. mu is held.
func (c *collection) choose(q *query) (*plan, error) {
	if slices.ContainsFunc(q.filter.kids, func(n *node) bool { return n.op == opNever }) {
		return &plan{sorted: true, exact: true}, nil
	}
	indexes, err := c.hinted(q.hint)
	if err != nil {
		return nil, err
	}
	if p := chooseIndex(indexes, q); p != nil {
		return p, nil
	}
	if len(q.filter.kids) == 0 && len(q.sort) == 0 && (q.limit == 1 || c.count() == 0) {
		return &plan{parts: []part{{index: c.indexes[0], spans: []span{{endless: true}}}}, sorted: true, exact: true}, nil
	}
	if p := chooseUnion(indexes, q); p != nil {
		return p, nil
	}
	return nil, c.noPlan(q, "no index serves it")
}

// chooseIndex finds the best plan over a single index; nil: there is none. A
// plan that leaves the sort to memory comes into question only if its spans
// are short enough for that, or if it is the only one.
func chooseIndex(indexes []*index, q *query) *plan {
	var candidates []plan
	for _, x := range indexes {
		candidates = append(candidates, x.plans(q)...)
	}
	if len(candidates) == 0 {
		return nil
	}
	slices.SortStableFunc(candidates, func(a, b plan) int { return b.parts[0].score.better(a.parts[0].score) })
	for i := range candidates {
		if candidates[i].sorted || len(candidates) == 1 || candidates[i].parts[0].fewerThan(maxMemorySort+1) {
			return &candidates[i]
		}
	}
	return &candidates[0]
}

func (c *collection) noPlan(q *query, why string) error {
	return errorf(codeNoQueryPlan, "error processing query: ns=%s filter: %s sort: %s: no query solution: %s (collection scans are not allowed)",
		c.ns, q.filter.shape(), sortShape(q.sort), why)
}

func sortShape(fields []sortField) string {
	s := "{"
	for i, f := range fields {
		if i > 0 {
			s += ", "
		}
		s += f.path.String() + map[bool]string{true: " -1", false: " 1"}[f.desc]
	}
	return s + "}"
}

// hinted gives the indexes the query may use.
func (c *collection) hinted(hint value) ([]*index, error) {
	switch {
	case hint.missing():
		return c.indexes, nil
	case hint.t == bson.TypeString:
		if x := c.indexNamed(hint.str()); x != nil {
			return []*index{x}, nil
		}
	case hint.isDocument():
		if isEmpty(hint.b) {
			return c.indexes, nil
		}
		var wanted indexSpec
		if err := wanted.setKey(hint); err == nil {
			for _, x := range c.indexes {
				if x.spec.sameKey(&wanted) {
					return []*index{x}, nil
				}
			}
		}
	}
	return nil, errorf(codeBadValue, "error processing query: ns=%s: planner returned error :: caused by :: hint provided does not correspond to an existing index", c.ns)
}

// plans gives the ways in which one index serves the query: by the tests that
// must all hold, and by the branches of each $or among them.
func (x *index) plans(q *query) []plan {
	conj := q.filter.kids
	if x.partial != nil && !impliesAll(conj, x.partial) {
		return nil
	}
	var out []plan
	plain := x.reach(conj)
	if plain.served(x, len(conj) == 0) {
		p := plan{exact: plain.exact(conj)}
		p.parts = []part{{index: x, spans: plain.spans, score: plain.score}}
		p.parts[0].score.covers = q.selective && p.exact && x.holds(q.reads)
		x.order(&p, q.sort, plain)
		if len(conj) > 0 || x.partial != nil || p.sorted && len(q.sort) > 0 {
			out = append(out, p)
		}
	}
	for i, n := range conj {
		if n.op == opOr {
			if p, ok := x.orPlan(q, conj, i, plain); ok {
				out = append(out, p)
			}
		}
	}
	return out
}

// holds reports whether the keys of the index hold all the fields, each as the
// document has it, which an array is not.
func (x *index) holds(paths []path) bool {
	if len(paths) > 0 && x.isMultikey() {
		return false
	}
	return !slices.ContainsFunc(paths, func(p path) bool {
		return !slices.ContainsFunc(x.components, func(c component) bool { return c.path.equal(p) })
	})
}

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

// order decides whether reading the index gives the sort's order.
func (x *index) order(p *plan, fields []sortField, r reached) {
	if len(fields) == 0 || r.score.single {
		p.sorted = true
	} else if !x.orderSequential(p, fields, r) {
		x.orderMerged(p, fields, r)
	}
	p.parts[0].score.sorted = p.sorted
}

// orderSequential tries the index's own order: components fixed to one value
// are constant, the others must be the sort's fields in turn, all in the
// index's direction or all against it.
func (x *index) orderSequential(p *plan, fields []sortField, r reached) bool {
	fixed := func(at int) bool {
		return at < len(r.limits) && r.limits[at].isPoints && len(r.limits[at].points) <= 1
	}
	return x.matchOrder(p, fields, r, fixed)
}

// orderMerged tries reading the spans of several points side by side.
func (x *index) orderMerged(p *plan, fields []sortField, r reached) {
	if len(p.parts[0].spans) > maxMerge {
		return
	}
	fixed := func(at int) bool { return at < r.score.eq }
	if x.matchOrder(p, fields, r, fixed) {
		p.parts[0].merge = true
	}
}

// maxMerge is how many spans are read side by side.
const maxMerge = 200

func (x *index) matchOrder(p *plan, fields []sortField, r reached, fixed func(int) bool) bool {
	at, set, reverse := 0, false, false
	for _, f := range fields {
		if x.constant(f.path, r) {
			continue
		}
		for at < len(x.components) && fixed(at) {
			at++
		}
		if at == len(x.components) || !x.components[at].path.equal(f.path) {
			return false
		}
		if x.multikey[at] && at < len(r.limits) {
			return false
		}
		against := x.components[at].desc != f.desc
		if set && against != reverse {
			return false
		}
		set, reverse = true, against
		at++
	}
	p.sorted = true
	p.parts[0].reverse = reverse
	return true
}

// constant reports whether the path has one value in all documents found.
func (x *index) constant(p path, r reached) bool {
	for at, l := range r.limits {
		if l.isPoints && len(l.points) <= 1 && !x.multikey[at] && x.components[at].path.equal(p) {
			return true
		}
	}
	return false
}

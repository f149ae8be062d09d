package embedded

import (
	"cmp"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

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
	if slices.ContainsFunc(q.filter.kids, fixesID) && indexes[0] == c.indexes[0] {
		indexes = indexes[:1] // nothing is better
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

// fixesID reports whether a test leaves only one _id.
func fixesID(n *node) bool {
	return n.op == opEq && len(n.path) == 1 && n.path[0] == "_id" && !n.v.isArray()
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
		if candidates[i].sorted || len(candidates) == 1 || candidates[i].parts[0].keys(maxMemorySort+1) <= maxMemorySort {
			return narrowest(candidates[i:])
		}
	}
	return &candidates[0]
}

// narrowest picks among the plans over the same index that rank like the first
// the one that reads the fewest keys.
func narrowest(candidates []plan) *plan {
	best, least := &candidates[0], -1
	for i := range candidates[1:] {
		other := &candidates[i+1]
		if other.parts[0].index != best.parts[0].index || other.parts[0].score != best.parts[0].score {
			break
		}
		if least < 0 {
			least = best.parts[0].keys(maxMemorySort)
		}
		if n := other.parts[0].keys(least); n < least {
			best, least = other, n
		}
	}
	return best
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
	for _, tests := range x.alternatives(conj) {
		r := x.reach(tests)
		if !r.served(x, len(conj) == 0) {
			continue
		}
		p := plan{exact: r.exact(conj)}
		p.parts = []part{{index: x, spans: r.spans, score: r.score}}
		p.parts[0].score.covers = q.selective && p.exact && x.holds(q.reads)
		x.order(&p, q.sort, r)
		if len(conj) > 0 || x.partial != nil || p.sorted && len(q.sort) > 0 {
			out = append(out, p)
		}
	}
	outer := x.reach(conj)
	for i, n := range conj {
		if n.op == opOr {
			if p, ok := x.orPlan(q, conj, i, outer); ok {
				out = append(out, p)
			}
		}
	}
	return out
}

// maxAlternatives is how many ways to read one index are weighed.
const maxAlternatives = 32

// alternatives gives the tests that may limit the index's keys together. Where
// several ask for different items of one array, only one of them can.
func (x *index) alternatives(conj []*node) [][]*node {
	for at, c := range x.components {
		if !x.multikey[at] {
			continue
		}
		var points []*node
		for _, n := range conj {
			if l, ok := limitsOfTest(n); ok && l.isPoints && testedPath(n).equal(c.path) {
				points = append(points, n)
			}
		}
		if len(points) < 2 || len(points) > maxAlternatives {
			continue
		}
		var out [][]*node
		for _, keep := range points {
			out = append(out, slices.DeleteFunc(slices.Clone(conj), func(n *node) bool {
				return n != keep && slices.Contains(points, n)
			}))
		}
		return out
	}
	return [][]*node{conj}
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

package embedded

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// world makes random documents, indexes and queries over few fields and few
// values, so that they meet.
type world struct{ *rand.Rand }

func (w world) pick(options ...any) any { return options[w.IntN(len(options))] }

func (w world) scalar() any {
	return w.pick(nil, int32(1), int64(2), 1.0, 2.5, "x", "y", true, bson.DateTime(5), int32(3))
}

func (w world) fieldValue() any {
	switch w.IntN(8) {
	case 0:
		list := bson.A{}
		for range w.IntN(4) {
			list = append(list, w.scalar())
		}
		return list
	case 1:
		return bson.D{{Key: "b", Value: w.scalar()}}
	case 2:
		list := bson.A{}
		for range w.IntN(3) {
			list = append(list, bson.D{{Key: "b", Value: w.scalar()}, {Key: "c", Value: w.scalar()}})
		}
		return list
	}
	return w.scalar()
}

func (w world) document(id int) bson.D {
	out := bson.D{{Key: "_id", Value: int32(id)}}
	for _, name := range []string{"a", "c", "d"} {
		if w.IntN(5) > 0 {
			v := w.fieldValue()
			if name == "d" {
				v = w.scalar() // never an array, so that some indexes are not multikey
			}
			out = append(out, bson.E{Key: name, Value: v})
		}
	}
	return out
}

func (w world) field() string {
	return w.pick("a", "c", "d", "a.b", "_id", "d").(string)
}

func (w world) index(n int) bson.D {
	keys := bson.D{}
	for range 1 + w.IntN(3) {
		name := w.field()
		if !slices.ContainsFunc(keys, func(e bson.E) bool { return e.Key == name }) {
			keys = append(keys, bson.E{Key: name, Value: w.pick(1, -1)})
		}
	}
	spec := bson.D{{Key: "key", Value: keys}, {Key: "name", Value: fmt.Sprint("i", n)}}
	if w.IntN(4) == 0 {
		spec = append(spec, bson.E{Key: "partialFilterExpression", Value: bson.D{{Key: w.field(), Value: w.pick(
			bson.D{{Key: "$exists", Value: true}}, bson.D{{Key: "$gte", Value: int32(1)}}, int32(1),
			bson.D{{Key: "$type", Value: "number"}}, bson.D{{Key: "$in", Value: bson.A{1, "x"}}},
		)}}})
	}
	return spec
}

func (w world) test() any {
	switch w.IntN(14) {
	case 0:
		return bson.D{{Key: "$gt", Value: w.scalar()}}
	case 1:
		return bson.D{{Key: "$gte", Value: w.scalar()}, {Key: "$lt", Value: w.scalar()}}
	case 2:
		return bson.D{{Key: "$lte", Value: w.scalar()}}
	case 3, 4:
		return bson.D{{Key: "$in", Value: bson.A{w.scalar(), w.scalar(), w.scalar()}[:w.IntN(4)]}}
	case 5:
		return bson.D{{Key: "$exists", Value: w.IntN(2) == 0}}
	case 6:
		return bson.D{{Key: "$ne", Value: w.scalar()}}
	case 7:
		return bson.D{{Key: "$all", Value: bson.A{w.scalar(), w.scalar()}}}
	case 8:
		return bson.D{{Key: "$elemMatch", Value: bson.D{{Key: "$gte", Value: 1}, {Key: "$lte", Value: 2}}}}
	case 9:
		return bson.D{{Key: "$nin", Value: bson.A{w.scalar()}}}
	}
	return w.scalar()
}

func (w world) filter(depth int) bson.D {
	out := bson.D{}
	for range 1 + w.IntN(3) {
		if depth > 0 && w.IntN(4) == 0 {
			branches := bson.A{}
			for range 1 + w.IntN(3) {
				branches = append(branches, w.filter(depth-1))
			}
			out = append(out, bson.E{Key: w.pick("$or", "$or", "$and", "$nor").(string), Value: branches})
			continue
		}
		out = append(out, bson.E{Key: w.field(), Value: w.test()})
	}
	return out
}

func (w world) sort() bson.D {
	out := bson.D{}
	for range w.IntN(3) {
		name := w.field()
		if !slices.ContainsFunc(out, func(e bson.E) bool { return e.Key == name }) {
			out = append(out, bson.E{Key: name, Value: w.pick(1, -1)})
		}
	}
	return out
}

// TestPlansAgreeWithScans checks over random documents, indexes and queries
// that whatever plan is chosen gives the documents that looking at each one
// gives, in an order that the sort allows.
func TestPlansAgreeWithScans(t *testing.T) {
	t.Parallel()
	served := 0
	for seed := range uint64(100) {
		w := world{rand.New(rand.NewPCG(seed, 1))}
		c := randomCollection(t, w)
		for range 40 {
			served += boolInt(checkQuery(t, w, c, seed))
		}
	}
	if served < 300 {
		t.Errorf("only %d queries were served by an index", served)
	}
}

func FuzzPlans(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		w := world{rand.New(rand.NewPCG(a, b))}
		c := randomCollection(t, w)
		for range 20 {
			checkQuery(t, w, c, a)
		}
	})
}

func randomCollection(t *testing.T, w world) *collection {
	c := newCollection(namespace{"db", "c"}, nil)
	addIndexes := func(from, n int) {
		for i := range n {
			spec, err := parseIndexSpec(doc(t, w.index(from+i)))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = c.addIndex(spec) // parallel arrays may refuse it
		}
	}
	addIndexes(0, 3)
	var recs []*record
	for id := range 30 {
		if rec, _, err := c.put(nil, doc(t, w.document(id))); err == nil {
			recs = append(recs, rec)
		}
	}
	addIndexes(10, 2)
	for _, rec := range recs {
		switch w.IntN(3) {
		case 0:
			id, _ := lookup(rec.raw, "_id")
			n, _ := id.integer()
			_, _, _ = c.put(rec, doc(t, w.document(int(n))))
		case 1:
			if _, err := c.remove(rec); err != nil {
				t.Fatal(err)
			}
		}
	}
	checkIndexes(t, c)
	return c
}

// checkQuery reports whether the query was served by an index.
func checkQuery(t *testing.T, w world, c *collection, seed uint64) bool {
	t.Helper()
	f, by := w.filter(2), w.sort()
	filter, err := parseFilter(doc(t, f))
	if err != nil {
		t.Fatal(err)
	}
	fields, err := parseSort(val(t, by))
	if err != nil {
		t.Fatal(err)
	}
	q := &query{filter: filter, sort: fields}
	srv := &Server{}
	r, err := srv.newReader(c, q)
	if err != nil {
		return false
	}
	var got []bson.Raw
	step := 1 + w.IntN(40)
	for more := true; more; {
		n := 0
		if more, err = r.each(func(f found) (bool, bool) {
			got = append(got, f.raw)
			n++
			return true, n < step
		}); err != nil {
			t.Fatal(err)
		}
	}
	want := scan(c, filter)
	if !slices.EqualFunc(byID(got), byID(want), func(a, b bson.Raw) bool { return bytes.Equal(a, b) }) {
		t.Fatalf("seed %d: %v sorted %v gives %d documents, a scan %d\n%v\nwant\n%v\nplan %+v",
			seed, f, by, len(got), len(want), got, want, describePlan(r.plan))
	}
	for i := 1; i < len(got); i++ {
		if bytes.Compare(sortKey(got[i-1], fields), sortKey(got[i], fields)) > 0 {
			t.Fatalf("seed %d: %v sorted %v gives %v before %v, plan %v", seed, f, by, got[i-1], got[i], describePlan(r.plan))
		}
	}
	return true
}

func scan(c *collection, filter *node) (out []bson.Raw) {
	c.indexes[0].tree.Scan(func(e entry) bool {
		if filter.match(e.rec.raw) {
			out = append(out, e.rec.raw)
		}
		return true
	})
	return out
}

func byID(docs []bson.Raw) []bson.Raw {
	docs = slices.Clone(docs)
	slices.SortFunc(docs, func(a, b bson.Raw) int {
		x, _ := lookup(a, "_id")
		y, _ := lookup(b, "_id")
		return compare(x, y)
	})
	return docs
}

func describePlan(p *plan) string {
	s := fmt.Sprintf("sorted=%v exact=%v", p.sorted, p.exact)
	for _, part := range p.parts {
		s += fmt.Sprintf(" [%s partial=%v reverse=%v merge=%v spans=%+v]",
			part.index.spec.key, part.index.spec.partialDoc, part.reverse, part.merge, part.spans)
	}
	return s
}

package embedded

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// count counts what a query finds. Without a filter it knows the number
// without looking.
func (cmd *command) count(out []byte) ([]byte, error) {
	ns, err := cmd.namespace()
	if err != nil {
		return nil, err
	}
	q := query{filter: &node{op: opAnd}}
	if err := cmd.options(func(name string, v value) (known bool, err error) {
		switch name {
		case "query":
			q.filter, err = filterOption(name, v)
		case "limit":
			var n int64
			n, ok := v.integer()
			if !ok {
				return true, errorf(codeTypeMismatch, "BSON field 'limit' must be a whole number")
			}
			q.limit = max(n, -n)
		case "skip":
			q.skip, err = nonNegative(name, v)
		case "hint":
			q.hint = v
		case "fields":
		default:
			return false, nil
		}
		return true, err
	}); err != nil {
		return nil, err
	}
	n := int64(0)
	if coll := cmd.srv.catalog.get(ns); coll != nil {
		coll.mu.RLock()
		n, err = cmd.srv.countMatching(coll, &q)
		coll.mu.RUnlock()
	}
	return bsoncore.AppendInt32Element(out, "n", int32(n)), err
}

func (s *Server) countMatching(c *collection, q *query) (int64, error) {
	if len(q.filter.kids) == 0 {
		n := max(0, int64(c.count())-q.skip)
		if q.limit > 0 {
			n = min(n, q.limit)
		}
		return n, nil
	}
	q.selective = true
	r, err := s.newReader(c, q)
	if err != nil {
		return 0, err
	}
	n := int64(0)
	_, err = r.each(func(found) (bool, bool) {
		n++
		return true, true
	})
	return n, err
}

// maxDistinct is how many distinct values one answer may hold.
const maxDistinct = 100_000

// distinct gives the values a field has in what a query finds; of an array each
// item.
func (cmd *command) distinct(out []byte) ([]byte, error) {
	ns, err := cmd.namespace()
	if err != nil {
		return nil, err
	}
	var key string
	q := query{filter: &node{op: opAnd}}
	if err := cmd.options(func(name string, v value) (known bool, err error) {
		switch name {
		case "key":
			key = v.str()
		case "query":
			if v.t != bson.TypeNull {
				q.filter, err = filterOption(name, v)
			}
		case "hint":
			q.hint = v
		default:
			return false, nil
		}
		return true, err
	}); err != nil {
		return nil, err
	}
	if key == "" {
		return nil, errorf(40414, "BSON field 'distinct.key' is missing but a required field")
	}
	var vals []value
	if coll := cmd.srv.catalog.get(ns); coll != nil {
		coll.mu.RLock()
		vals, err = cmd.srv.distinctValues(coll, &q, parsePath(key))
		coll.mu.RUnlock()
	}
	if err != nil {
		return nil, err
	}
	at, out := bsoncore.AppendArrayElementStart(out, "values")
	for i, v := range vals {
		out = append(appendItem(out, v.t, i), v.b...)
	}
	out, _ = bsoncore.AppendArrayEnd(out, at)
	return out, nil
}

func (s *Server) distinctValues(c *collection, q *query, key path) ([]value, error) {
	seen := map[string]value{}
	note := func(doc bson.Raw) {
		vals, _ := indexed(doc, key, nil)
		for _, v := range vals {
			if !v.missing() && v.t != bson.TypeUndefined {
				k := string(appendKey(nil, v))
				if _, ok := seen[k]; !ok {
					seen[k] = v
				}
			}
		}
	}
	var err error
	if x := c.indexOn(key); len(q.filter.kids) == 0 && q.hint.missing() && x != nil {
		x.eachDistinct(func(e entry) { note(e.rec.raw) })
	} else {
		err = s.eachMatch(c, q, key, note)
	}
	if err != nil {
		return nil, err
	}
	if len(seen) > maxDistinct {
		return nil, errorf(codeMemoryLimit, "distinct gives more than %d values", maxDistinct)
	}
	vals := make([]value, 0, len(seen))
	for _, v := range seen {
		vals = append(vals, v)
	}
	slices.SortFunc(vals, compare)
	return vals, nil
}

func (s *Server) eachMatch(c *collection, q *query, key path, visit func(bson.Raw)) error {
	q.reads, q.selective = []path{key}, true
	r, err := s.newReader(c, q)
	if err != nil {
		return err
	}
	_, err = r.each(func(f found) (bool, bool) {
		visit(f.raw)
		return true, true
	})
	return err
}

// indexOn finds an index of all documents that begins with the field.
func (c *collection) indexOn(p path) *index {
	for _, x := range c.indexes {
		if x.partial == nil && x.components[0].path.equal(p) {
			return x
		}
	}
	return nil
}

// eachDistinct gives one entry for each value of the first component, jumping
// over the others.
func (x *index) eachDistinct(visit func(entry)) {
	pivot := entry{}
	for {
		var hit *entry
		x.tree.Ascend(pivot, func(e entry) bool {
			hit = &e
			return false
		})
		if hit == nil {
			return
		}
		visit(*hit)
		next, ok := successor(x.firstComponent(*hit))
		if !ok {
			return
		}
		pivot = entry{key: string(next)}
	}
}

// firstComponent gives the bytes of an entry's key that belong to the index's
// first field.
func (x *index) firstComponent(e entry) []byte {
	vals, _ := indexed(e.rec.raw, x.components[0].path, nil)
	for _, v := range vals {
		if part := x.appendComponent(nil, 0, v); strings.HasPrefix(e.key, string(part)) {
			return part
		}
	}
	return []byte(e.key)
}

package embedded

import (
	"bytes"
	"slices"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// namespace names a collection.
type namespace struct{ db, coll string }

func (n namespace) String() string { return n.db + "." + n.coll }

// collection holds the documents of one namespace. A writer holds mu for one
// change, its index entries and its journal record; readers see either all of
// a change or nothing.
type collection struct {
	ns      namespace
	uuid    [16]byte
	journal *journal // nil: in memory

	mu      sync.RWMutex
	dropped bool     // set once; whoever finds it looks the collection up again
	indexes []*index // the first is that of _id
	lastRID uint64
}

func newCollection(ns namespace, j *journal) *collection {
	return &collection{ns: ns, journal: j, uuid: newUUID(), indexes: []*index{newIndex(idSpec())}}
}

func (c *collection) count() int { return c.indexes[0].tree.Len() }

// log appends a change to the journal; the result is what commit waits for.
func (c *collection) log(o recordOp, body []byte) int64 {
	if c.journal == nil {
		return 0
	}
	return c.journal.append(o, c.ns, body)
}

// indexChange is what a write does to one index.
type indexChange struct{ add, drop []string }

// put stores doc: as a new document, or in place of old. Either everything is
// done (all indexes, the journal) or nothing. mu is held; doc is not changed
// by the caller afterwards.
func (c *collection) put(old *record, doc bson.Raw) (*record, int64, error) {
	rid := c.lastRID + 1
	if old != nil {
		rid = old.rid
	}
	var room [8]indexChange
	changes := room[:0]
	for _, x := range c.indexes {
		change, err := c.prepare(x, old, doc, rid)
		if err != nil {
			return nil, 0, err
		}
		changes = append(changes, change)
	}
	rec := old
	if rec == nil {
		c.lastRID = rid
		rec = &record{rid: rid}
	}
	rec.raw = doc
	for i, x := range c.indexes {
		for _, key := range changes[i].drop {
			x.tree.Delete(entry{key: key, rid: rid})
		}
		for _, key := range changes[i].add {
			x.tree.Set(entry{key, rid, rec})
		}
	}
	return rec, c.log(recordPut, doc), nil
}

// prepare works out the keys to add and to drop, and refuses keys that a
// unique index already has.
func (c *collection) prepare(x *index, old *record, doc bson.Raw, rid uint64) (indexChange, error) {
	var change indexChange
	keys, err := x.keys(doc)
	if err != nil {
		return change, err
	}
	change.add = keys
	if old != nil {
		before, err := x.keys(old.raw)
		if err != nil {
			return change, err
		}
		if slices.Equal(before, keys) {
			return indexChange{}, nil
		}
		change.add = minus(keys, before)
		change.drop = minus(before, keys)
	}
	if x.spec.unique {
		for _, key := range change.add {
			if x.taken(key, rid) {
				return change, x.duplicate(c.ns.String(), doc, key)
			}
		}
	}
	return change, nil
}

// minus gives what is in a and not in b; both are sorted.
func minus(a, b []string) []string {
	var out []string
	for _, key := range a {
		if _, found := slices.BinarySearch(b, key); !found {
			out = append(out, key)
		}
	}
	return out
}

// remove deletes a document. mu is held.
func (c *collection) remove(rec *record) (int64, error) {
	for _, x := range c.indexes {
		keys, err := x.keys(rec.raw)
		if err != nil {
			return 0, err
		}
		for _, key := range keys {
			x.tree.Delete(entry{key: key, rid: rec.rid})
		}
	}
	id, _ := lookup(rec.raw, "_id")
	return c.log(recordDelete, idDocument(id)), nil
}

// byID finds a document by its _id.
func (c *collection) byID(id value) *record {
	var found *record
	key := string(appendKey(nil, id))
	c.indexes[0].tree.Ascend(entry{key: key}, func(e entry) bool {
		if e.key == key {
			found = e.rec
		}
		return false
	})
	return found
}

func idDocument(id value) []byte {
	at, doc := bsoncore.AppendDocumentStart(nil)
	doc = appendElement(doc, "_id", id)
	doc, _ = bsoncore.AppendDocumentEnd(doc, at)
	return doc
}

// withID gives a copy of doc that begins with its _id, a new one if it has
// none, and refuses documents that may not be stored.
func withID(doc []byte) (bson.Raw, error) {
	id, ok := lookup(doc, "_id")
	if ok {
		if err := checkID(id); err != nil {
			return nil, err
		}
		if firstKey(doc) == "_id" {
			return bytes.Clone(doc), nil
		}
	} else {
		oid := bson.NewObjectID()
		id = value{bson.TypeObjectID, oid[:]}
	}
	at, out := bsoncore.AppendDocumentStart(make([]byte, 0, len(doc)+len(id.b)+8))
	out = appendElement(out, "_id", id)
	it := fields(doc)
	for key, v, ok := it.next(); ok; key, v, ok = it.next() {
		if string(key) != "_id" {
			out = appendElement(out, string(key), v)
		}
	}
	out, _ = bsoncore.AppendDocumentEnd(out, at)
	return out, nil
}

func checkID(id value) error {
	switch id.t {
	case bson.TypeArray, bson.TypeRegex:
		return errorf(codeInvalidIDField, "The '_id' value cannot be of type %s", id.t)
	}
	return nil
}

func (c *collection) indexNamed(name string) *index {
	for _, x := range c.indexes {
		if x.spec.name == name {
			return x
		}
	}
	return nil
}

// addIndex builds a new index over the documents. mu is held.
func (c *collection) addIndex(spec indexSpec) (int64, error) {
	if len(c.indexes) >= maxIndexes {
		return 0, errorf(codeCannotCreateIndex, "add index fails, too many indexes for %s", c.ns)
	}
	x := newIndex(spec)
	if err := c.fill(x); err != nil {
		return 0, err
	}
	c.indexes = append(c.indexes, x)
	return c.log(recordCreateIndex, spec.document()), nil
}

// fill enters every document into a new index, sorted first, which loads the
// tree fastest.
func (c *collection) fill(x *index) error {
	var all []entry
	var failed error
	c.indexes[0].tree.Scan(func(e entry) bool {
		var keys []string
		if keys, failed = x.keys(e.rec.raw); failed != nil {
			return false
		}
		for _, key := range keys {
			all = append(all, entry{key, e.rid, e.rec})
		}
		return true
	})
	if failed != nil {
		return failed
	}
	slices.SortFunc(all, func(a, b entry) int {
		if entryLess(a, b) {
			return -1
		}
		return 1
	})
	for i, e := range all {
		if x.spec.unique && i > 0 && all[i-1].key == e.key {
			return x.duplicate(c.ns.String(), e.rec.raw, e.key)
		}
		x.tree.Load(e)
	}
	return nil
}

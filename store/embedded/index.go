package embedded

import (
	"slices"

	"github.com/tidwall/btree"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// record is one stored document. Its bytes are never changed, only replaced,
// so a reader may keep them after it has let go of the collection's lock.
type record struct {
	rid uint64 // place in the order of insertion; ties in an index go by it
	raw bson.Raw
}

// entry is one key of one document in an index.
type entry struct {
	key string
	rid uint64
	rec *record
}

func entryLess(a, b entry) bool {
	if a.key != b.key {
		return a.key < b.key
	}
	return a.rid < b.rid
}

// component is one field of an index.
type component struct {
	path path
	desc bool
}

// index is one declared index with its tree.
type index struct {
	spec       indexSpec
	components []component
	partial    *node // nil: every document
	tree       *btree.BTreeG[entry]

	// multikey tells for each component whether any document has had an array
	// on its path. It only ever goes from false to true.
	multikey []bool
}

func newIndex(spec indexSpec) *index {
	return &index{
		spec:       spec,
		components: spec.components,
		partial:    spec.partial,
		tree:       btree.NewBTreeGOptions(entryLess, btree.Options{NoLocks: true}),
		multikey:   make([]bool, len(spec.components)),
	}
}

func (x *index) isMultikey() bool { return slices.Contains(x.multikey, true) }

// keys gives the sorted keys under which doc stands in the index; none when the
// partial filter leaves it out.
func (x *index) keys(doc bson.Raw) ([]string, error) {
	if x.partial != nil && !x.partial.match(doc) {
		return nil, nil
	}
	var columns [4][]value
	vals := columns[:0]
	many := -1
	for i, c := range x.components {
		var room [1]value
		column, multi := indexed(doc, c.path, room[:0])
		if multi {
			if many >= 0 {
				return nil, errorf(codeParallelArrays, "cannot index parallel arrays [%s] [%s]",
					c.path, x.components[many].path)
			}
			many = i
			x.multikey[i] = true
		}
		vals = append(vals, column)
	}
	if many < 0 {
		return []string{x.encode(vals, 0, 0)}, nil
	}
	keys := make([]string, len(vals[many]))
	for i := range keys {
		keys[i] = x.encode(vals, many, i)
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

// encode joins one value of each component into a key, taking the i-th of the
// component that has several.
func (x *index) encode(vals [][]value, many, i int) string {
	key := make([]byte, 0, 64)
	for at, column := range vals {
		v := column[0]
		if at == many {
			v = column[i]
		}
		key = x.appendComponent(key, at, v)
	}
	return string(key)
}

func (x *index) appendComponent(key []byte, at int, v value) []byte {
	start := len(key)
	key = appendKey(key, v)
	if x.components[at].desc {
		invert(key[start:])
	}
	return key
}

// taken finds a document other than own that already stands under key.
func (x *index) taken(key string, own uint64) bool {
	found := false
	x.tree.Ascend(entry{key: key}, func(e entry) bool {
		if e.key != key {
			return false
		}
		found = e.rid != own
		return !found
	})
	return found
}

// duplicate describes the violation of a unique index by the key of doc: the
// fields of the index and the values that are taken, for an array only the
// item that is.
func (x *index) duplicate(ns string, doc bson.Raw, key string) *CommandError {
	vals := make([][]value, len(x.components))
	many := 0
	for i, c := range x.components {
		var multi bool
		if vals[i], multi = indexed(doc, c.path, nil); multi {
			many = i
		}
	}
	at := 0
	for i := range vals[many] {
		if x.encode(vals, many, i) == key {
			at = i
		}
	}
	start, keyValue := bsoncore.AppendDocumentStart(nil)
	for i, c := range x.components {
		v := vals[i][0]
		if i == many {
			v = vals[i][at]
		}
		if v.missing() {
			v.t = bson.TypeNull
		}
		keyValue = appendElement(keyValue, c.path.String(), v)
	}
	keyValue, _ = bsoncore.AppendDocumentEnd(keyValue, start)
	var detail []byte
	start, detail = bsoncore.AppendDocumentStart(detail)
	detail = bsoncore.AppendDocumentElement(detail, "keyPattern", x.spec.key)
	detail = bsoncore.AppendDocumentElement(detail, "keyValue", keyValue)
	detail, _ = bsoncore.AppendDocumentEnd(detail, start)
	err := errorf(codeDuplicateKey, "E11000 duplicate key error collection: %s index: %s dup key: %s",
		ns, x.spec.name, display(value{bson.TypeEmbeddedDocument, keyValue}))
	err.detail = detail
	return err
}

// appendElement appends a field that holds v.
func appendElement(dst []byte, name string, v value) []byte {
	dst = bsoncore.AppendHeader(dst, bsoncore.Type(v.t), name)
	return append(dst, v.b...)
}

package embedded

import (
	"bytes"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// indexSpec is an index as declared.
type indexSpec struct {
	name       string
	key        bson.Raw
	components []component
	unique     bool
	partial    *node
	partialDoc bson.Raw
	ttl        int64 // seconds after the date at which a document ends
	hasTTL     bool
}

// maxIndexes is how many indexes one collection may have, as on a real server.
const maxIndexes = 64

// idSpec is the index every collection has.
func idSpec() indexSpec {
	key := bsoncore.BuildDocument(nil, bsoncore.AppendInt32Element(nil, "_id", 1))
	return indexSpec{name: "_id_", key: key, components: []component{{path: path{"_id"}}}, unique: true}
}

// parseIndexSpec reads one element of createIndexes.indexes.
func parseIndexSpec(doc []byte) (indexSpec, error) {
	var spec indexSpec
	it := fields(bytes.Clone(doc))
	for key, v, ok := it.next(); ok; key, v, ok = it.next() {
		if err := spec.option(string(key), v); err != nil {
			return spec, err
		}
	}
	if spec.key == nil {
		return spec, errorf(codeFailedToParse, "The 'key' field is a required property of an index specification")
	}
	if spec.name == "" {
		return spec, errorf(codeFailedToParse, "The 'name' field is a required property of an index specification")
	}
	if spec.hasTTL && len(spec.components) > 1 {
		return spec, errorf(codeCannotCreateIndex, "TTL indexes are single-field indexes, compound indexes do not support TTL")
	}
	return spec, nil
}

func (s *indexSpec) option(name string, v value) error {
	switch name {
	case "key":
		return s.setKey(v)
	case "name":
		s.name = v.str()
	case "unique":
		s.unique = v.truthy()
	case "partialFilterExpression":
		return s.setPartial(v)
	case "expireAfterSeconds":
		n, ok := v.integer()
		if !ok || n < 0 || n > 1<<31-1 {
			return errorf(codeCannotCreateIndex, "expireAfterSeconds must be a number between 0 and 2147483647")
		}
		s.ttl, s.hasTTL = n, true
	case "v", "background", "ns":
	case "sparse", "hidden":
		if v.truthy() {
			return errorf(codeCannotCreateIndex, "index option %s is not supported by the embedded engine", name)
		}
	default:
		return errorf(codeCannotCreateIndex, "index option %s is not supported by the embedded engine", name)
	}
	return nil
}

func (s *indexSpec) setKey(v value) error {
	if !v.isDocument() || isEmpty(v.b) {
		return errorf(codeCannotCreateIndex, "Index keys cannot be an empty object")
	}
	s.key = v.raw()
	it := fields(v.b)
	for name, dir, ok := it.next(); ok; name, dir, ok = it.next() {
		f, isNumber := dir.float()
		if !isNumber || f == 0 || f != f {
			return errorf(codeCannotCreateIndex, "index key %s: only ascending and descending indexes are supported by the embedded engine", name)
		}
		p := parsePath(string(name))
		if strings.HasPrefix(string(name), "$") || strings.Contains(string(name), "$**") || p.numeric() {
			return errorf(codeCannotCreateIndex, "index key %s is not supported by the embedded engine", name)
		}
		for _, part := range p {
			if part == "" {
				return errorf(codeCannotCreateIndex, "Index keys cannot contain an empty field")
			}
		}
		s.components = append(s.components, component{p, f < 0})
	}
	return nil
}

func (s *indexSpec) setPartial(v value) error {
	if !v.isDocument() {
		return errorf(codeTypeMismatch, "partialFilterExpression must be a document")
	}
	parsed, err := parseFilter(v.b)
	if err != nil {
		return err
	}
	for _, kid := range parsed.kids {
		switch kid.op {
		case opEq, opGt, opGte, opLt, opLte, opIn, opExists, opType:
		default:
			return errorf(codeCannotCreateIndex, "unsupported expression in partial index: %s", kid.shape())
		}
	}
	s.partial, s.partialDoc = parsed, v.raw()
	return nil
}

// document gives the index as listIndexes shows it and createIndexes takes it.
func (s *indexSpec) document() bson.Raw {
	at, doc := bsoncore.AppendDocumentStart(nil)
	doc = bsoncore.AppendInt32Element(doc, "v", 2)
	doc = bsoncore.AppendDocumentElement(doc, "key", s.key)
	doc = bsoncore.AppendStringElement(doc, "name", s.name)
	if s.unique && s.name != "_id_" {
		doc = bsoncore.AppendBooleanElement(doc, "unique", true)
	}
	if s.partialDoc != nil {
		doc = bsoncore.AppendDocumentElement(doc, "partialFilterExpression", s.partialDoc)
	}
	if s.hasTTL {
		doc = bsoncore.AppendInt32Element(doc, "expireAfterSeconds", int32(s.ttl))
	}
	doc, _ = bsoncore.AppendDocumentEnd(doc, at)
	return doc
}

// sameKey reports whether two indexes have the same fields in the same order
// and directions.
func (s *indexSpec) sameKey(o *indexSpec) bool {
	if len(s.components) != len(o.components) {
		return false
	}
	for i, c := range s.components {
		if c.desc != o.components[i].desc || !c.path.equal(o.components[i].path) {
			return false
		}
	}
	return true
}

// identifies reports whether two specifications mean the same index, although
// its name or its life time may differ.
func (s *indexSpec) identifies(o *indexSpec) bool {
	return s.sameKey(o) && s.unique == o.unique && bytes.Equal(s.partialDoc, o.partialDoc)
}

// display renders a value the way a real server's messages do.
func display(v value) string {
	switch v.t {
	case bson.TypeString:
		return `"` + v.str() + `"`
	case bson.TypeInt32, bson.TypeInt64:
		n, _ := v.integer()
		return fmt.Sprint(n)
	case bson.TypeDouble:
		return displayDouble(v.double())
	case bson.TypeBoolean:
		return fmt.Sprint(v.boolean())
	case bson.TypeObjectID:
		return fmt.Sprintf("ObjectId('%x')", v.b)
	case bson.TypeDateTime:
		return fmt.Sprintf("new Date(%d)", v.int64())
	case bson.TypeBinary:
		return fmt.Sprintf("BinData(%d, %X)", v.b[4], v.b[5:])
	case bson.TypeTimestamp:
		return fmt.Sprintf("Timestamp(%d, %d)", v.uint64()>>32, uint32(v.uint64()))
	case bson.TypeMinKey:
		return "MinKey"
	case bson.TypeMaxKey:
		return "MaxKey"
	case bson.TypeUndefined:
		return "undefined"
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		return displayFields(v)
	case bson.TypeRegex:
		return "/" + string(bytes.ReplaceAll(v.b[:len(v.b)-1], []byte{0}, []byte{'/'}))
	}
	return "null"
}

// displayDouble shows a whole double with its point, as in 1.0.
func displayDouble(f float64) string {
	s := fmt.Sprintf("%g", f)
	if strings.ContainsAny(s, ".eIN") {
		return s
	}
	return s + ".0"
}

func displayFields(v value) string {
	open, shut := "{", "}"
	if v.isArray() {
		open, shut = "[", "]"
	}
	var parts []string
	it := fields(v.b)
	for key, item, ok := it.next(); ok; key, item, ok = it.next() {
		if v.isArray() {
			parts = append(parts, display(item))
		} else {
			parts = append(parts, string(key)+": "+display(item))
		}
	}
	if len(parts) == 0 {
		return open + shut
	}
	return open + " " + strings.Join(parts, ", ") + " " + shut
}

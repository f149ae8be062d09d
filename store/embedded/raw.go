package embedded

import (
	"bytes"
	"encoding/binary"
	"math"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// value is one BSON value that still lies in the bytes it arrived in. The zero
// value stands for a field that is missing.
type value struct {
	t bson.Type
	b []byte
}

// missing reports whether the value stands for an absent field.
func (v value) missing() bool { return v.t == 0 }

// isNull reports whether the value is null or missing, which the query
// language treats alike almost everywhere.
func (v value) isNull() bool { return v.t == 0 || v.t == bson.TypeNull }

func (v value) isNumber() bool {
	return v.t == bson.TypeInt32 || v.t == bson.TypeInt64 || v.t == bson.TypeDouble
}

func (v value) str() string {
	if len(v.b) < 5 {
		return ""
	}
	return string(v.b[4 : len(v.b)-1])
}

func (v value) strBytes() []byte {
	if len(v.b) < 5 {
		return nil
	}
	return v.b[4 : len(v.b)-1]
}

func (v value) int32() int32     { return int32(binary.LittleEndian.Uint32(v.b)) }
func (v value) int64() int64     { return int64(binary.LittleEndian.Uint64(v.b)) }
func (v value) uint64() uint64   { return binary.LittleEndian.Uint64(v.b) }
func (v value) double() float64  { return math.Float64frombits(binary.LittleEndian.Uint64(v.b)) }
func (v value) boolean() bool    { return v.b[0] != 0 }
func (v value) raw() bson.Raw    { return bson.Raw(v.b) }
func (v value) isDocument() bool { return v.t == bson.TypeEmbeddedDocument }
func (v value) isArray() bool    { return v.t == bson.TypeArray }

// truthy is how commands read their boolean options: true, or a number that is
// not zero.
func (v value) truthy() bool {
	switch v.t {
	case bson.TypeBoolean:
		return v.boolean()
	case bson.TypeNull, 0:
		return false
	}
	if f, ok := v.float(); ok {
		return f != 0
	}
	return true
}

// float gives any number as a double.
func (v value) float() (float64, bool) {
	switch v.t {
	case bson.TypeInt32:
		return float64(v.int32()), true
	case bson.TypeInt64:
		return float64(v.int64()), true
	case bson.TypeDouble:
		return v.double(), true
	}
	return 0, false
}

// integer gives a number that is whole and fits in 64 bits.
func (v value) integer() (int64, bool) {
	switch v.t {
	case bson.TypeInt32:
		return int64(v.int32()), true
	case bson.TypeInt64:
		return v.int64(), true
	case bson.TypeDouble:
		f := v.double()
		if f != math.Trunc(f) || f < -(1<<63) || f >= 1<<63 {
			return 0, false
		}
		return int64(f), true
	}
	return 0, false
}

// clone copies the value's bytes, for values that outlive their message.
func (v value) clone() value { return value{v.t, bytes.Clone(v.b)} }

// elements walks the fields of a document, or the items of an array. It stops
// at malformed bytes instead of failing: every message is validated on
// arrival, and every stored document was.
type elements struct{ rest []byte }

// fields starts a walk over doc.
func fields(doc []byte) elements {
	if len(doc) < 5 {
		return elements{}
	}
	return elements{doc[4 : len(doc)-1]}
}

// next gives the next field; the key aliases the document.
func (e *elements) next() (key []byte, v value, ok bool) {
	if len(e.rest) < 2 {
		return nil, value{}, false
	}
	t := bson.Type(e.rest[0])
	end := bytes.IndexByte(e.rest[1:], 0)
	if end < 0 {
		return nil, value{}, false
	}
	key = e.rest[1 : 1+end]
	body := e.rest[2+end:]
	size := valueSize(t, body)
	if size < 0 {
		e.rest = nil
		return nil, value{}, false
	}
	e.rest = body[size:]
	return key, value{t, body[:size:size]}, true
}

// lookup finds a top-level field.
func lookup(doc []byte, name string) (value, bool) {
	it := fields(doc)
	for key, v, ok := it.next(); ok; key, v, ok = it.next() {
		if string(key) == name {
			return v, true
		}
	}
	return value{}, false
}

// isEmpty reports whether a document or array has no fields.
func isEmpty(doc []byte) bool { return len(doc) <= 5 }

// items gives the elements of an array.
func items(array []byte) []value {
	var out []value
	it := fields(array)
	for _, v, ok := it.next(); ok; _, v, ok = it.next() {
		out = append(out, v)
	}
	return out
}

// valueSize tells how many bytes of b a value of type t takes, or -1 when b is
// too short or t is no BSON type.
func valueSize(t bson.Type, b []byte) int {
	size := -1
	switch t {
	case bson.TypeNull, bson.TypeMinKey, bson.TypeMaxKey, bson.TypeUndefined:
		size = 0
	case bson.TypeBoolean:
		size = 1
	case bson.TypeInt32:
		size = 4
	case bson.TypeDouble, bson.TypeInt64, bson.TypeDateTime, bson.TypeTimestamp:
		size = 8
	case bson.TypeObjectID:
		size = 12
	case bson.TypeDecimal128:
		size = 16
	case bson.TypeString, bson.TypeSymbol, bson.TypeJavaScript:
		size = prefixedSize(b, 4, 1)
	case bson.TypeBinary:
		size = prefixedSize(b, 5, 0)
	case bson.TypeEmbeddedDocument, bson.TypeArray, bson.TypeCodeWithScope:
		size = prefixedSize(b, 0, 5)
	case bson.TypeDBPointer:
		size = prefixedSize(b, 16, 1)
	case bson.TypeRegex:
		size = regexSize(b)
	}
	if size > len(b) {
		return -1
	}
	return size
}

// prefixedSize reads a length prefix and adds what the prefix does not count.
func prefixedSize(b []byte, extra, least int) int {
	if len(b) < 4 {
		return -1
	}
	n := int64(int32(binary.LittleEndian.Uint32(b)))
	if n < int64(least) || n > math.MaxInt32-16 {
		return -1
	}
	return int(n) + extra
}

func regexSize(b []byte) int {
	first := bytes.IndexByte(b, 0)
	if first < 0 {
		return -1
	}
	second := bytes.IndexByte(b[first+1:], 0)
	if second < 0 {
		return -1
	}
	return first + second + 2
}

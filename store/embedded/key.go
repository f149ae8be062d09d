package embedded

import (
	"encoding/binary"
	"math"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// The first byte of an encoded value: the place of its type in the order in
// which values of different types compare. An array without elements is
// indexed as rankUndefined, just below null.
const (
	rankEnd       = 0x00
	rankMinKey    = 0x08
	rankUndefined = 0x0c
	rankNull      = 0x10
	rankNumber    = 0x18
	rankString    = 0x20
	rankObject    = 0x28
	rankArray     = 0x30
	rankBinary    = 0x38
	rankObjectID  = 0x40
	rankBool      = 0x48
	rankDate      = 0x50
	rankTimestamp = 0x58
	rankRegex     = 0x60
	rankMaxKey    = 0xf0
)

// rank gives the type's place in the order across types. Values of different
// rank are never equal, and range operators never match across ranks.
func rank(t bson.Type) byte {
	switch t {
	case bson.TypeMinKey:
		return rankMinKey
	case bson.TypeUndefined:
		return rankUndefined
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble:
		return rankNumber
	case bson.TypeString:
		return rankString
	case bson.TypeEmbeddedDocument:
		return rankObject
	case bson.TypeArray:
		return rankArray
	case bson.TypeBinary:
		return rankBinary
	case bson.TypeObjectID:
		return rankObjectID
	case bson.TypeBoolean:
		return rankBool
	case bson.TypeDateTime:
		return rankDate
	case bson.TypeTimestamp:
		return rankTimestamp
	case bson.TypeRegex:
		return rankRegex
	case bson.TypeMaxKey:
		return rankMaxKey
	}
	return rankNull
}

// appendKey appends the order-preserving encoding of v: bytes.Compare of two
// encodings agrees with compare of the two values, and no encoding is a prefix
// of another, so encodings can be joined into compound keys and inverted for
// descending ones.
func appendKey(dst []byte, v value) []byte {
	return appendKeyBody(append(dst, rank(v.t)), v)
}

// appendKeyBody appends what follows the rank.
func appendKeyBody(dst []byte, v value) []byte {
	switch v.t {
	case bson.TypeInt32:
		return appendNumberKey(dst, float64(v.int32()), 0)
	case bson.TypeInt64:
		f, rest := splitInt64(v.int64())
		return appendNumberKey(dst, f, rest)
	case bson.TypeDouble:
		return appendNumberKey(dst, v.double(), 0)
	case bson.TypeString:
		return appendStringKey(dst, v.strBytes())
	case bson.TypeEmbeddedDocument:
		return appendObjectKey(dst, v.b)
	case bson.TypeArray:
		return appendArrayKey(dst, v.b)
	case bson.TypeBinary:
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(v.b)-5))
		return append(dst, v.b[4:]...)
	case bson.TypeObjectID, bson.TypeBoolean:
		return append(dst, v.b...)
	case bson.TypeDateTime:
		return binary.BigEndian.AppendUint64(dst, v.uint64()^(1<<63))
	case bson.TypeTimestamp:
		return binary.BigEndian.AppendUint64(dst, v.uint64())
	case bson.TypeRegex:
		return append(dst, v.b...)
	}
	return dst
}

// splitInt64 gives the greatest double not above n, and what is missing to n:
// less than 1024, the step of doubles below 2⁶³.
func splitInt64(n int64) (float64, uint16) {
	f := float64(n)
	if f >= 1<<63 || int64(f) > n {
		f = math.Nextafter(f, math.Inf(-1))
	}
	return f, uint16(n - int64(f))
}

// appendNumberKey encodes int32, int64 and double alike, so that equal numbers
// have equal keys. NaN sorts below all numbers; -0 equals 0.
func appendNumberKey(dst []byte, f float64, rest uint16) []byte {
	var u uint64
	switch {
	case f != f:
		u = 0
	case f == 0:
		u = 1 << 63
	default:
		u = math.Float64bits(f)
		if u&(1<<63) != 0 {
			u = ^u
		} else {
			u |= 1 << 63
		}
	}
	dst = binary.BigEndian.AppendUint64(dst, u)
	return binary.BigEndian.AppendUint16(dst, rest)
}

// appendStringKey ends the string with a zero byte, and escapes bytes 0 and 1
// within it.
func appendStringKey(dst, s []byte) []byte {
	for _, c := range s {
		if c <= 1 {
			dst = append(dst, 1)
			c++
		}
		dst = append(dst, c)
	}
	return append(dst, 0)
}

// appendObjectKey compares field by field: type, then name, then value.
func appendObjectKey(dst, doc []byte) []byte {
	it := fields(doc)
	for name, v, ok := it.next(); ok; name, v, ok = it.next() {
		dst = append(dst, rank(v.t))
		dst = append(dst, name...)
		dst = appendKeyBody(append(dst, 0), v)
	}
	return append(dst, rankEnd)
}

func appendArrayKey(dst, array []byte) []byte {
	it := fields(array)
	for _, v, ok := it.next(); ok; _, v, ok = it.next() {
		dst = appendKey(dst, v)
	}
	return append(dst, rankEnd)
}

// invert flips the bytes of a key component, so that it sorts descending.
func invert(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

// successor gives the least key above every key that begins with prefix; ok is
// false when there is none.
func successor(prefix []byte) (next []byte, ok bool) {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xff {
			next = append(next, prefix[:i+1]...)
			next[i]++
			return next, true
		}
	}
	return nil, false
}

package embedded

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// compare orders two values as a MongoDB sort does: by the rank of their types
// first, numbers of all types by value. A missing value compares as null.
func compare(a, b value) int {
	ra, rb := rank(a.t), rank(b.t)
	if ra != rb {
		return cmp.Compare(ra, rb)
	}
	switch ra {
	case rankNumber:
		return compareNumbers(a, b)
	case rankString:
		return bytes.Compare(a.strBytes(), b.strBytes())
	case rankObject:
		return compareFields(a.b, b.b, true)
	case rankArray:
		return compareFields(a.b, b.b, false)
	case rankBinary:
		if c := cmp.Compare(len(a.b), len(b.b)); c != 0 {
			return c
		}
		return bytes.Compare(a.b[4:], b.b[4:])
	case rankObjectID, rankBool, rankRegex:
		return bytes.Compare(a.b, b.b)
	case rankDate:
		return cmp.Compare(a.int64(), b.int64())
	case rankTimestamp:
		return cmp.Compare(a.uint64(), b.uint64())
	}
	return 0
}

// equal reports whether two values compare equal, which is not the same as
// having equal bytes: 1 and 1.0 are equal.
func equal(a, b value) bool { return compare(a, b) == 0 }

func compareNumbers(a, b value) int {
	if a.t != bson.TypeDouble && b.t != bson.TypeDouble {
		x, _ := a.integer()
		y, _ := b.integer()
		return cmp.Compare(x, y)
	}
	x, _ := a.float()
	y, _ := b.float()
	if a.t != bson.TypeInt64 && b.t != bson.TypeInt64 || math.IsNaN(x) || math.IsNaN(y) {
		return cmp.Compare(x, y)
	}
	if b.t == bson.TypeInt64 {
		return -compareInt64(b.int64(), x)
	}
	return compareInt64(a.int64(), y)
}

// compareInt64 compares exactly where a conversion would round.
func compareInt64(n int64, f float64) int {
	switch {
	case f >= 1<<63:
		return -1
	case f < -(1 << 63):
		return 1
	}
	whole := int64(f)
	if c := cmp.Compare(n, whole); c != 0 {
		return c
	}
	return cmp.Compare(float64(whole), f)
}

// compareFields compares documents field by field (type, name, value), and
// arrays item by item.
func compareFields(a, b []byte, named bool) int {
	x, y := fields(a), fields(b)
	for {
		xname, xv, xok := x.next()
		yname, yv, yok := y.next()
		if !xok || !yok {
			return cmp.Compare(boolInt(xok), boolInt(yok))
		}
		if c := cmp.Compare(rank(xv.t), rank(yv.t)); c != 0 {
			return c
		}
		if named {
			if c := bytes.Compare(xname, yname); c != 0 {
				return c
			}
		}
		if c := compare(xv, yv); c != 0 {
			return c
		}
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func int32Value(n int32) value {
	return value{bson.TypeInt32, binary.LittleEndian.AppendUint32(nil, uint32(n))}
}

func int64Value(n int64) value {
	return value{bson.TypeInt64, binary.LittleEndian.AppendUint64(nil, uint64(n))}
}

func doubleValue(f float64) value {
	return value{bson.TypeDouble, binary.LittleEndian.AppendUint64(nil, math.Float64bits(f))}
}

func dateValue(ms int64) value {
	return value{bson.TypeDateTime, binary.LittleEndian.AppendUint64(nil, uint64(ms))}
}

package embedded

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// val encodes one Go value as BSON.
func val(t testing.TB, v any) value {
	t.Helper()
	got, _ := lookup(doc(t, bson.D{{Key: "v", Value: v}}), "v")
	return got
}

// doc encodes a document.
func doc(t testing.TB, d any) bson.Raw {
	t.Helper()
	b, err := bson.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func TestOrderAcrossTypes(t *testing.T) {
	t.Parallel()
	oid := bson.NewObjectID()
	// Groups of equal values in ascending order.
	ordered := [][]any{
		{bson.MinKey{}},
		{nil},
		{math.NaN()},
		{math.Inf(-1)},
		{-1.5e300},
		{int64(math.MinInt64), -9223372036854775808.0},
		{int64(math.MinInt64 + 1)},
		{-2.5},
		{int32(-2), int64(-2), -2.0},
		{int32(0), int64(0), 0.0, math.Copysign(0, -1)},
		{5e-324},
		{int32(1), int64(1), 1.0},
		{int64(1<<53) - 1, float64(1<<53 - 1)},
		{int64(1 << 53), float64(1 << 53)},
		{int64(1<<53 + 1)},
		{int64(1<<53 + 2), float64(1<<53 + 2)},
		{int64(math.MaxInt64 - 1)},
		{int64(math.MaxInt64)},
		{float64(1 << 63)},
		{math.Inf(1)},
		{""},
		{"\x00"},
		{"\x00\x00"},
		{"\x00a"},
		{"\x01"},
		{"\x02"},
		{"a"},
		{"a\x00"},
		{"a\x01"},
		{"ab"},
		{"b"},
		{"\xff"},
		{bson.D{}},
		{bson.D{{Key: "a", Value: 1}}, bson.D{{Key: "a", Value: 1.0}}},
		{bson.D{{Key: "a", Value: 1}, {Key: "b", Value: 0}}},
		{bson.D{{Key: "a", Value: 2}}},
		{bson.D{{Key: "b", Value: 1}}},
		{bson.D{{Key: "a", Value: "x"}}},
		{bson.A{}},
		{bson.A{1}},
		{bson.A{1, 1}},
		{bson.A{2}},
		{bson.A{"a"}},
		{bson.Binary{Subtype: 0, Data: []byte{9}}},
		{bson.Binary{Subtype: 4, Data: []byte{1}}},
		{bson.Binary{Subtype: 0, Data: []byte{0, 0}}},
		{oid},
		{false},
		{true},
		{bson.DateTime(-1)},
		{bson.DateTime(0)},
		{bson.DateTime(1)},
		{bson.Timestamp{T: 1, I: 2}},
		{bson.Timestamp{T: 2, I: 1}},
		{bson.Regex{Pattern: "a"}},
		{bson.Regex{Pattern: "a", Options: "i"}},
		{bson.MaxKey{}},
	}
	for i, group := range ordered {
		for j, other := range ordered {
			for _, x := range group {
				for _, y := range other {
					a, b := val(t, x), val(t, y)
					want := sign(i - j)
					if got := compare(a, b); sign(got) != want {
						t.Errorf("compare(%v, %v) = %d, want %d", x, y, got, want)
					}
					if got := bytes.Compare(appendKey(nil, a), appendKey(nil, b)); got != want {
						t.Errorf("keys of %v and %v compare %d, want %d", x, y, got, want)
					}
				}
			}
		}
	}
}

// generator makes BSON values of every type from arbitrary bytes, close to each
// other so that comparisons reach their last branches.
type generator struct{ rest []byte }

func (g *generator) byte() byte {
	if len(g.rest) == 0 {
		return 0
	}
	b := g.rest[0]
	g.rest = g.rest[1:]
	return b
}

func (g *generator) bytes(n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = g.byte()
	}
	return out
}

func (g *generator) value(depth int) any {
	switch kind := g.byte() % 14; kind {
	case 0:
		return nil
	case 1:
		return int32(int8(g.byte()))
	case 2:
		return int64(binary.LittleEndian.Uint64(g.bytes(8)))
	case 3:
		return math.Float64frombits(binary.LittleEndian.Uint64(g.bytes(8)))
	case 4:
		return float64(int8(g.byte()))
	case 5:
		return string(g.bytes(int(g.byte() % 4)))
	case 6:
		return bson.Binary{Subtype: g.byte() % 2 * 4, Data: g.bytes(int(g.byte() % 3))}
	case 7:
		return g.byte()%2 == 0
	case 8:
		return bson.DateTime(int8(g.byte()))
	case 9:
		return bson.Timestamp{T: uint32(g.byte()), I: uint32(g.byte())}
	case 10:
		return [...]any{bson.MinKey{}, bson.MaxKey{}, bson.ObjectID{11: g.byte()}}[g.byte()%3]
	case 11, 12, 13:
		n := int(g.byte() % 4)
		if depth == 0 {
			n = 0
		}
		list, fields := bson.A{}, bson.D{}
		for range n {
			name := string('a' + rune(g.byte()%3))
			v := g.value(depth - 1)
			list, fields = append(list, v), append(fields, bson.E{Key: name, Value: v})
		}
		if kind == 11 {
			return list
		}
		return fields
	}
	return nil
}

func FuzzKeyOrder(f *testing.F) {
	f.Add([]byte{1, 5, 4, 5})
	f.Add([]byte{2, 0, 0, 0, 0, 0, 0, 32, 0, 3, 0, 0, 0, 0, 0, 0, 64, 67})
	f.Add([]byte{12, 2, 0, 1, 1, 1, 5, 1, 0, 12, 2, 0, 1, 1, 1, 5, 2, 0, 1})
	f.Add([]byte{11, 1, 0, 5, 2, 0, 1, 11, 2, 0, 5, 2, 0, 1, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		g := &generator{data}
		a, b := val(t, g.value(3)), val(t, g.value(3))
		ka, kb := appendKey(nil, a), appendKey(nil, b)
		want := sign(compare(a, b))
		if got := bytes.Compare(ka, kb); got != want {
			t.Fatalf("%s and %s compare %d, their keys %d", display(a), display(b), want, got)
		}
		if -sign(compare(b, a)) != want {
			t.Fatalf("%s and %s: compare is not symmetric", display(a), display(b))
		}
		if want != 0 && (bytes.HasPrefix(ka, kb) || bytes.HasPrefix(kb, ka)) {
			t.Fatalf("the key of %s or %s is a prefix of the other", display(a), display(b))
		}
		invert(ka)
		invert(kb)
		if got := bytes.Compare(ka, kb); got != -want {
			t.Fatalf("%s and %s: inverted keys compare %d, want %d", display(a), display(b), got, -want)
		}
	})
}

func TestSuccessor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		prefix, want string
		ok           bool
	}{
		{"", "", false},
		{"\xff\xff", "", false},
		{"a", "b", true},
		{"a\xff", "b", true},
		{"a\x00", "a\x01", true},
	} {
		got, ok := successor([]byte(c.prefix))
		if string(got) != c.want || ok != c.ok {
			t.Errorf("successor(%q) = %q, %v", c.prefix, got, ok)
		}
	}
}

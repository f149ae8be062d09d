package embedded

import (
	"math"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// match reports whether doc satisfies the filter.
func (n *node) match(doc []byte) bool {
	switch n.op {
	case opAnd:
		for _, kid := range n.kids {
			if !kid.match(doc) {
				return false
			}
		}
		return true
	case opOr:
		return slices.ContainsFunc(n.kids, func(kid *node) bool { return kid.match(doc) })
	case opNor:
		return !slices.ContainsFunc(n.kids, func(kid *node) bool { return kid.match(doc) })
	case opNot:
		return !n.kids[0].match(doc)
	case opNever:
		return false
	}
	return n.matchPath(doc, n.path)
}

// matchPath follows the path; below an array it tries each document in it, and
// the item a numeric part addresses.
func (n *node) matchPath(doc []byte, p path) bool {
	v, ok := lookup(doc, p[0])
	if !ok {
		return n.matchMissing()
	}
	return n.matchBelow(v, p[1:])
}

func (n *node) matchBelow(v value, rest path) bool {
	switch {
	case len(rest) == 0:
		return n.matchLeaf(v)
	case v.isDocument():
		return n.matchPath(v.b, rest)
	case !v.isArray():
		return n.matchMissing()
	}
	it := fields(v.b)
	for _, item, ok := it.next(); ok; _, item, ok = it.next() {
		if item.isDocument() && n.matchPath(item.b, rest) {
			return true
		}
	}
	if at, ok := arrayIndex(rest[0]); ok {
		if found, ok := item(v.b, at); ok {
			return n.matchBelow(found, rest[1:])
		}
	}
	return false
}

// matchLeaf tests the value at the end of the path: as a whole, and if it is
// an array each of its items.
func (n *node) matchLeaf(v value) bool {
	if n.matchValue(v) {
		return true
	}
	if !v.isArray() || n.op == opSize || n.op == opElemValue || n.op == opElemObject {
		return false
	}
	it := fields(v.b)
	for _, item, ok := it.next(); ok; _, item, ok = it.next() {
		if n.matchValue(item) {
			return true
		}
	}
	return false
}

// matchMissing tests a field that is not there.
func (n *node) matchMissing() bool {
	switch n.op {
	case opEq, opGte, opLte:
		return n.v.t == bson.TypeNull
	case opIn:
		return slices.ContainsFunc(n.list, value.isNull)
	}
	return false
}

// matchValue tests one value, without looking into arrays.
func (n *node) matchValue(v value) bool {
	switch n.op {
	case opAnd, opOr, opNor, opNot:
		return n.combineValue(v)
	case opEq:
		return rank(v.t) == rank(n.v.t) && compare(v, n.v) == 0
	case opGt, opGte, opLt, opLte:
		return n.inRange(v)
	case opIn:
		_, found := slices.BinarySearchFunc(n.list, v, compare)
		return found
	case opExists:
		return true
	case opType:
		return slices.Contains(n.types, v.t)
	case opSize:
		return v.isArray() && int64(len(items(v.b))) == n.n
	case opElemValue:
		return v.isArray() && slices.ContainsFunc(items(v.b), func(item value) bool {
			return !slices.ContainsFunc(n.kids, func(kid *node) bool { return !kid.matchValue(item) })
		})
	case opElemObject:
		return v.isArray() && slices.ContainsFunc(items(v.b), func(item value) bool {
			return item.isDocument() && n.kids[0].match(item.b)
		})
	}
	return false
}

// combineValue applies a combination inside $elemMatch to one item.
func (n *node) combineValue(v value) bool {
	matches := func(kid *node) bool { return kid.matchValue(v) }
	switch n.op {
	case opOr:
		return slices.ContainsFunc(n.kids, matches)
	case opNor, opNot:
		return !slices.ContainsFunc(n.kids, matches)
	}
	return !slices.ContainsFunc(n.kids, func(kid *node) bool { return !kid.matchValue(v) })
}

// inRange compares within one type's bracket; NaN is in no range but its own.
func (n *node) inRange(v value) bool {
	if rank(v.t) != rank(n.v.t) {
		return false
	}
	if isNaN(v) || isNaN(n.v) {
		return isNaN(v) && isNaN(n.v) && (n.op == opGte || n.op == opLte)
	}
	c := compare(v, n.v)
	switch n.op {
	case opGt:
		return c > 0
	case opGte:
		return c >= 0
	case opLt:
		return c < 0
	}
	return c <= 0
}

func isNaN(v value) bool { return v.t == bson.TypeDouble && math.IsNaN(v.double()) }

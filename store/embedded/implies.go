package embedded

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// impliesAll reports whether every document that passes the tests conj also
// passes the partial filter of an index, so that the index holds all of them.
func impliesAll(conj []*node, partial *node) bool {
	for _, want := range partial.kids {
		if !slices.ContainsFunc(conj, func(have *node) bool { return implies(have, want) }) {
			return false
		}
	}
	return true
}

// implies reports whether a document that passes have passes want. It may say
// no where the answer is yes, never the other way round.
func implies(have, want *node) bool {
	switch have.op {
	case opNever:
		return true
	case opOr:
		return !slices.ContainsFunc(have.kids, func(branch *node) bool {
			return !slices.ContainsFunc(conjuncts(branch), func(n *node) bool { return implies(n, want) })
		})
	}
	if !have.path.equal(want.path) {
		return false
	}
	switch want.op {
	case opExists:
		return impliesPresence(have)
	case opType:
		return impliesType(have, want)
	}
	switch have.op {
	case opEq:
		return !have.v.isArray() && want.matchValue(have.v)
	case opIn:
		return !slices.ContainsFunc(have.list, func(v value) bool { return v.isArray() || !want.matchValue(v) })
	case opGt, opGte, opLt, opLte:
		return impliesRange(have, want)
	}
	return false
}

// impliesPresence reports whether a test holds only for fields that exist.
func impliesPresence(n *node) bool {
	switch n.op {
	case opEq, opGte, opLte, opGt, opLt:
		return !n.v.isNull()
	case opIn:
		return !slices.ContainsFunc(n.list, value.isNull)
	case opExists, opType, opSize, opElemObject, opElemValue:
		return true
	}
	return false
}

func impliesType(have, want *node) bool {
	is := func(v value) bool { return slices.Contains(want.types, v.t) }
	switch have.op {
	case opType:
		return !slices.ContainsFunc(have.types, func(t bson.Type) bool { return !slices.Contains(want.types, t) })
	case opEq, opIn, opGt, opGte, opLt, opLte:
		list := have.list
		if have.op != opIn {
			list = []value{have.v}
		}
		return !slices.ContainsFunc(list, func(v value) bool {
			if v.isNumber() {
				// An equal number may be stored in another numeric type.
				return len(want.types) < 3 || !is(int32Value(0)) || !is(int64Value(0)) || !is(doubleValue(0))
			}
			return v.isNull() || v.isArray() || !is(v)
		})
	}
	return false
}

// impliesRange compares two ranges of one type.
func impliesRange(have, want *node) bool {
	if rank(have.v.t) != rank(want.v.t) || isNaN(have.v) || isNaN(want.v) || have.v.isNull() {
		return false
	}
	c := compare(have.v, want.v)
	switch want.op {
	case opGt:
		return have.op == opGt && c >= 0 || have.op == opGte && c > 0
	case opGte:
		return (have.op == opGt || have.op == opGte) && c >= 0
	case opLt:
		return have.op == opLt && c <= 0 || have.op == opLte && c < 0
	case opLte:
		return (have.op == opLt || have.op == opLte) && c <= 0
	}
	return false
}

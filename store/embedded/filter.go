package embedded

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// op is what a node of a compiled filter tests.
type op uint8

const (
	opAnd op = iota
	opOr
	opNor
	opNot
	opNever
	opEq
	opGt
	opGte
	opLt
	opLte
	opIn
	opExists
	opType
	opSize
	opElemValue  // $elemMatch over the items themselves
	opElemObject // $elemMatch over documents in the array
)

var opNames = [...]string{"$and", "$or", "$nor", "$not", "never", "$eq", "$gt", "$gte", "$lt", "$lte",
	"$in", "$exists", "$type", "$size", "$elemMatch", "$elemMatch"}

// node is one test of a compiled filter, or a combination of tests. Values
// alias the bytes the filter was compiled from.
type node struct {
	op    op
	path  path
	v     value       // comparisons
	list  []value     // opIn, sorted
	types []bson.Type // opType
	n     int64       // opSize
	kids  []*node     // combinations and opElem*
}

// parseFilter compiles a filter; unknown operators are refused by name.
func parseFilter(doc []byte) (*node, error) {
	all := &node{op: opAnd}
	it := fields(doc)
	for key, v, ok := it.next(); ok; key, v, ok = it.next() {
		if len(key) > 0 && key[0] == '$' {
			kid, err := parseLogical(string(key), v)
			if err != nil {
				return nil, err
			}
			all.add(kid)
			continue
		}
		if err := parseField(all, parsePath(string(key)), v); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// add appends a test to a conjunction, keeping it flat.
func (n *node) add(kid *node) {
	if kid.op == opAnd {
		n.kids = append(n.kids, kid.kids...)
		return
	}
	n.kids = append(n.kids, kid)
}

func parseLogical(name string, v value) (*node, error) {
	switch name {
	case "$comment":
		return &node{op: opAnd}, nil
	case "$and", "$or", "$nor":
	default:
		return nil, unsupported("top level operator", name)
	}
	if !v.isArray() || isEmpty(v.b) {
		return nil, errorf(codeBadValue, "%s must be a nonempty array", name)
	}
	out := &node{op: map[string]op{"$and": opAnd, "$or": opOr, "$nor": opNor}[name]}
	for _, branch := range items(v.b) {
		if !branch.isDocument() {
			return nil, errorf(codeBadValue, "%s entries need to be full objects", name)
		}
		kid, err := parseFilter(branch.b)
		if err != nil {
			return nil, err
		}
		if out.op == opAnd {
			out.add(kid)
		} else {
			out.kids = append(out.kids, kid)
		}
	}
	return out, nil
}

// parseField adds the tests of one field: a value to equal, or operators.
func parseField(all *node, p path, v value) error {
	if !v.isDocument() || !isOperators(v.b) {
		kid, err := comparison(opEq, p, v)
		if err != nil {
			return err
		}
		all.add(kid)
		return nil
	}
	it := fields(v.b)
	for key, operand, ok := it.next(); ok; key, operand, ok = it.next() {
		kid, err := parseOperator(p, string(key), operand)
		if err != nil {
			return err
		}
		all.add(kid)
	}
	return nil
}

// isOperators reports whether a document holds operators and not a value.
func isOperators(doc []byte) bool {
	it := fields(doc)
	key, _, ok := it.next()
	return ok && len(key) > 0 && key[0] == '$' && !slices.Contains([]string{"$ref", "$id", "$db"}, string(key))
}

func parseOperator(p path, name string, v value) (*node, error) {
	switch name {
	case "$eq":
		return comparison(opEq, p, v)
	case "$gt":
		return comparison(opGt, p, v)
	case "$gte":
		return comparison(opGte, p, v)
	case "$lt":
		return comparison(opLt, p, v)
	case "$lte":
		return comparison(opLte, p, v)
	case "$ne":
		return negated(comparison(opEq, p, v))
	case "$in":
		return membership(p, name, v)
	case "$nin":
		return negated(membership(p, name, v))
	case "$exists":
		if v.truthy() {
			return &node{op: opExists, path: p}, nil
		}
		return negated(&node{op: opExists, path: p}, nil)
	case "$not":
		return parseNot(p, v)
	case "$all":
		return parseAll(p, v)
	case "$elemMatch":
		return parseElemMatch(p, v)
	case "$size":
		return parseSize(p, v)
	case "$type":
		return parseType(p, v)
	}
	return nil, unsupported("operator", name)
}

func negated(kid *node, err error) (*node, error) {
	if err != nil {
		return nil, err
	}
	return &node{op: opNot, kids: []*node{kid}}, nil
}

// comparison refuses operands whose meaning differs from a plain comparison.
func comparison(o op, p path, v value) (*node, error) {
	if v.t == bson.TypeRegex {
		return nil, unsupported("operator", "$regex")
	}
	if o != opEq {
		switch v.t {
		case bson.TypeArray, bson.TypeMinKey, bson.TypeMaxKey:
			return nil, unsupported("range operator", opNames[o]+" with "+v.t.String())
		}
	}
	return &node{op: o, path: p, v: v}, nil
}

func membership(p path, name string, v value) (*node, error) {
	if !v.isArray() {
		return nil, errorf(codeBadValue, "%s needs an array", name)
	}
	list := items(v.b)
	for _, item := range list {
		if item.t == bson.TypeRegex {
			return nil, unsupported("operator", "$regex")
		}
		if item.isDocument() && isOperators(item.b) {
			return nil, errorf(codeBadValue, "cannot nest $ under %s", name)
		}
	}
	slices.SortStableFunc(list, compare)
	list = slices.CompactFunc(list, equal)
	switch len(list) {
	case 0:
		return &node{op: opNever, path: p}, nil
	case 1:
		return &node{op: opEq, path: p, v: list[0]}, nil
	}
	return &node{op: opIn, path: p, list: list}, nil
}

func parseNot(p path, v value) (*node, error) {
	if !v.isDocument() || !isOperators(v.b) {
		return nil, errorf(codeBadValue, "$not needs a document of operators")
	}
	all := &node{op: opAnd}
	if err := parseField(all, p, v); err != nil {
		return nil, err
	}
	return &node{op: opNot, kids: []*node{all}}, nil
}

func parseAll(p path, v value) (*node, error) {
	if !v.isArray() {
		return nil, errorf(codeBadValue, "$all needs an array")
	}
	if isEmpty(v.b) {
		return &node{op: opNever, path: p}, nil
	}
	all := &node{op: opAnd}
	for _, item := range items(v.b) {
		if item.isDocument() && isOperators(item.b) {
			return nil, unsupported("operator inside $all", firstKey(item.b))
		}
		kid, err := comparison(opEq, p, item)
		if err != nil {
			return nil, err
		}
		all.add(kid)
	}
	return all, nil
}

func firstKey(doc []byte) string {
	it := fields(doc)
	key, _, _ := it.next()
	return string(key)
}

func parseElemMatch(p path, v value) (*node, error) {
	if !v.isDocument() {
		return nil, errorf(codeBadValue, "$elemMatch needs an Object")
	}
	first := firstKey(v.b)
	if strings.HasPrefix(first, "$") && first != "$and" && first != "$or" && first != "$nor" {
		all := &node{op: opAnd}
		if err := parseField(all, nil, v); err != nil {
			return nil, err
		}
		return &node{op: opElemValue, path: p, kids: all.kids}, nil
	}
	kid, err := parseFilter(v.b)
	if err != nil {
		return nil, err
	}
	return &node{op: opElemObject, path: p, kids: []*node{kid}}, nil
}

func parseSize(p path, v value) (*node, error) {
	n, ok := v.integer()
	if !ok || n < 0 {
		return nil, errorf(codeBadValue, "$size needs a whole number that is not negative")
	}
	return &node{op: opSize, path: p, n: n}, nil
}

var typeNames = map[string][]bson.Type{
	"double": {bson.TypeDouble}, "string": {bson.TypeString}, "object": {bson.TypeEmbeddedDocument},
	"array": {bson.TypeArray}, "binData": {bson.TypeBinary}, "objectId": {bson.TypeObjectID},
	"bool": {bson.TypeBoolean}, "date": {bson.TypeDateTime}, "null": {bson.TypeNull},
	"regex": {bson.TypeRegex}, "int": {bson.TypeInt32}, "timestamp": {bson.TypeTimestamp},
	"long": {bson.TypeInt64}, "minKey": {bson.TypeMinKey}, "maxKey": {bson.TypeMaxKey},
	"number": {bson.TypeInt32, bson.TypeInt64, bson.TypeDouble},
}

func parseType(p path, v value) (*node, error) {
	list := []value{v}
	if v.isArray() {
		list = items(v.b)
	}
	out := &node{op: opType, path: p}
	for _, item := range list {
		if item.t == bson.TypeString {
			types, ok := typeNames[item.str()]
			if !ok {
				return nil, errorf(codeBadValue, "Unknown type name alias: %s", item.str())
			}
			out.types = append(out.types, types...)
			continue
		}
		n, ok := item.integer()
		if !ok || n < -1 || n > 127 {
			return nil, errorf(codeBadValue, "$type needs a type's name or number")
		}
		out.types = append(out.types, bson.Type(byte(n)))
	}
	if len(out.types) == 0 {
		return nil, errorf(codeFailedToParse, "$type must match at least one type")
	}
	return out, nil
}

// shape names the fields and operators of a filter, without its values, which
// may be personal data.
func (n *node) shape() string {
	if n.kids == nil && n.op != opAnd {
		return n.path.String() + " " + opNames[n.op]
	}
	parts := make([]string, len(n.kids))
	for i, kid := range n.kids {
		parts[i] = kid.shape()
	}
	inner := strings.Join(parts, ", ")
	switch {
	case n.op == opAnd:
		return "{" + inner + "}"
	case len(n.path) > 0:
		inner = n.path.String() + " " + opNames[n.op] + " [" + inner + "]"
	default:
		inner = opNames[n.op] + " [" + inner + "]"
	}
	return inner
}

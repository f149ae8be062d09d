package embedded

import (
	"math"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// pushOptions are the items of $push and $addToSet.
type pushOptions struct {
	items    []value
	slice    int64
	hasSlice bool
}

func parsePush(op string, v value) (*pushOptions, error) {
	if !v.isDocument() || !isOperators(v.b) {
		return &pushOptions{items: []value{v}}, nil
	}
	if _, ok := lookup(v.b, "$each"); !ok {
		return nil, errorf(codeFailedToParse, "%s modifier %s without $each is not supported by the embedded engine", op, firstKey(v.b))
	}
	out := &pushOptions{}
	it := fields(v.b)
	for key, opt, ok := it.next(); ok; key, opt, ok = it.next() {
		switch {
		case string(key) == "$each":
			if !opt.isArray() {
				return nil, errorf(codeTypeMismatch, "The argument to $each in %s must be an array", op)
			}
			out.items = items(opt.b)
		case string(key) == "$slice" && op == "$push":
			if out.slice, ok = opt.integer(); !ok {
				return nil, errorf(codeBadValue, "The value for $slice must be an integer value")
			}
			out.hasSlice = true
		default:
			return nil, errorf(codeFailedToParse, "%s modifier %s is not supported by the embedded engine", op, key)
		}
	}
	return out, nil
}

// parsePull compiles the condition of $pull: operators on the item, a filter
// over items that are documents, or a value to equal.
func (m *modification) parsePull() (err error) {
	if !m.operand.isDocument() {
		_, err = comparison(opEq, nil, m.operand)
		return err
	}
	if isOperators(m.operand.b) {
		m.pull = &node{op: opAnd}
		return parseField(m.pull, nil, m.operand)
	}
	m.pull, err = parseFilter(m.operand.b)
	m.ofDocs = true
	return err
}

func (m *modification) apply(root *mutable, insert bool) error {
	switch m.op {
	case "$unset":
		root.unset(m.path)
		return nil
	case "$pull":
		return m.applyPull(root)
	case "$setOnInsert":
		if !insert {
			return nil
		}
	}
	at, err := root.reach(m.path)
	if err != nil {
		return err
	}
	switch m.op {
	case "$set", "$setOnInsert":
		at.set(m.operand)
	case "$inc":
		return m.applyInc(at)
	case "$min", "$max":
		c := compare(m.operand, at.value())
		if at.v.missing() || m.op == "$min" && c < 0 || m.op == "$max" && c > 0 {
			at.set(m.operand)
		}
	case "$push", "$addToSet":
		return m.applyPush(at)
	}
	return nil
}

func (m *modification) applyInc(at *mutable) error {
	switch {
	case at.v.missing():
		at.set(m.operand)
		return nil
	case !at.v.isNumber():
		return errorf(codeTypeMismatch, "Cannot apply $inc to a value of non-numeric type. The field '%s' is of type %s", m.path, at.v.t)
	}
	sum, ok := addNumbers(at.v, m.operand)
	if !ok {
		return errorf(codeBadValue, "Failed to apply $inc operations to current value of '%s': the result overflows", m.path)
	}
	at.set(sum)
	return nil
}

// addNumbers adds: doubles win, int32 grows to int64 where it must; false when
// int64 overflows.
func addNumbers(a, b value) (value, bool) {
	if a.t == bson.TypeDouble || b.t == bson.TypeDouble {
		x, _ := a.float()
		y, _ := b.float()
		return doubleValue(x + y), true
	}
	x, _ := a.integer()
	y, _ := b.integer()
	sum := x + y
	if (sum > x) != (y > 0) && y != 0 {
		return value{}, false
	}
	if a.t == bson.TypeInt32 && b.t == bson.TypeInt32 && sum >= math.MinInt32 && sum <= math.MaxInt32 {
		return int32Value(int32(sum)), true
	}
	return int64Value(sum), true
}

func (m *modification) applyPush(at *mutable) error {
	var list []value
	switch {
	case at.v.missing():
	case at.isArray():
		list = items(at.value().b)
	default:
		return errorf(codeBadValue, "The field '%s' must be an array but is of type %s", m.path, at.v.t)
	}
	for _, v := range m.push.items {
		if m.op == "$push" || !slices.ContainsFunc(list, func(have value) bool { return equal(have, v) }) {
			list = append(list, v)
		}
	}
	if n := m.push.slice; m.push.hasSlice {
		switch {
		case n >= 0 && int64(len(list)) > n:
			list = list[:n]
		case n < 0 && int64(len(list)) > -n:
			list = list[int64(len(list))+n:]
		}
	}
	at.setItems(list)
	return nil
}

func (m *modification) applyPull(root *mutable) error {
	at := root.get(m.path)
	if at == nil {
		return nil
	}
	if !at.isArray() {
		return errorf(codeBadValue, "Cannot apply $pull to a non-array value")
	}
	list := items(at.value().b)
	kept := slices.DeleteFunc(slices.Clone(list), m.pulls)
	if len(kept) < len(list) {
		at.setItems(kept)
	}
	return nil
}

// pulls reports whether $pull removes the item.
func (m *modification) pulls(item value) bool {
	switch {
	case m.pull == nil:
		return equal(item, m.operand)
	case m.ofDocs:
		return item.isDocument() && m.pull.match(item.b)
	}
	return m.pull.matchValue(item)
}

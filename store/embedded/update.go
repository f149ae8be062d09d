package embedded

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// update is how a document is to be changed: by another in its place, or by
// operators.
type update struct {
	replacement []byte // nil: operators
	mods        []modification
}

// modification is one operator on one field.
type modification struct {
	op      string
	path    path
	operand value
	push    *pushOptions // $push, $addToSet
	pull    *node        // $pull with a condition
	ofDocs  bool         // the condition is a filter over documents
}

// parseUpdate reads an update; unknown operators are refused by name.
func parseUpdate(v value) (update, error) {
	if v.isArray() {
		return update{}, unsupported("update with", "an aggregation pipeline")
	}
	if !v.isDocument() {
		return update{}, errorf(codeFailedToParse, "Update argument must be either an object or an array")
	}
	if !strings.HasPrefix(firstKey(v.b), "$") {
		return parseReplacement(v.b)
	}
	var u update
	it := fields(v.b)
	for key, operand, ok := it.next(); ok; key, operand, ok = it.next() {
		if err := u.addOperator(string(key), operand); err != nil {
			return u, err
		}
	}
	// Operators work in the order of the fields' names, which decides the
	// place of new fields.
	slices.SortStableFunc(u.mods, func(a, b modification) int { return comparePaths(a.path, b.path) })
	for i := 1; i < len(u.mods); i++ {
		if a, b := u.mods[i-1].path, u.mods[i].path; len(a) <= len(b) && a.equal(b[:len(a)]) {
			return u, errorf(codeConflictingUpdate, "Updating the path '%s' would create a conflict at '%s'", b, a)
		}
	}
	return u, nil
}

func parseReplacement(doc []byte) (update, error) {
	it := fields(doc)
	for key, _, ok := it.next(); ok; key, _, ok = it.next() {
		if len(key) > 0 && key[0] == '$' {
			return update{}, errorf(codeDollarPrefixedField, "The dollar ($) prefixed field '%s' is not allowed in the context of an update's replacement document", key)
		}
	}
	return update{replacement: doc}, nil
}

// comparePaths sorts by name, numbers by value, a path before those below it.
func comparePaths(a, b path) int {
	for i := range min(len(a), len(b)) {
		x, xok := arrayIndex(a[i])
		y, yok := arrayIndex(b[i])
		c := strings.Compare(a[i], b[i])
		if xok && yok {
			c = cmp.Compare(x, y)
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

func (u *update) addOperator(name string, operand value) error {
	switch name {
	case "$set", "$unset", "$inc", "$min", "$max", "$setOnInsert", "$push", "$addToSet", "$pull":
	default:
		if !strings.HasPrefix(name, "$") {
			return errorf(codeFailedToParse, "Unknown modifier: %s. Expected a valid update modifier", name)
		}
		return errorf(codeFailedToParse, "update operator %s is not supported by the embedded engine", name)
	}
	if !operand.isDocument() {
		return errorf(codeFailedToParse, "Modifiers operate on fields but we found type %s instead (%s)", operand.t, name)
	}
	it := fields(operand.b)
	for key, v, ok := it.next(); ok; key, v, ok = it.next() {
		m := modification{op: name, path: parsePath(string(key)), operand: v}
		if err := m.check(); err != nil {
			return err
		}
		u.mods = append(u.mods, m)
	}
	return nil
}

func (m *modification) check() (err error) {
	for _, part := range m.path {
		if part == "" {
			return errorf(56, "The update path '%s' contains an empty field name, which is not allowed.", m.path)
		}
		if part[0] == '$' {
			return unsupported("update path", m.path.String())
		}
	}
	switch m.op {
	case "$inc":
		if !m.operand.isNumber() {
			return errorf(codeTypeMismatch, "Cannot increment with non-numeric argument: {%s: %s}", m.path, m.operand.t)
		}
	case "$push", "$addToSet":
		m.push, err = parsePush(m.op, m.operand)
	case "$pull":
		err = m.parsePull()
	}
	return err
}

// apply gives the changed document. insert is set for an upsert, where doc
// holds what the filter says of the new document.
func (u *update) apply(doc bson.Raw, insert bool) (bson.Raw, error) {
	var out []byte
	var err error
	if u.replacement != nil {
		out, err = u.replace(doc)
	} else {
		out, err = u.modify(doc, insert)
	}
	if err != nil {
		return nil, err
	}
	if len(out) > maxDocument {
		return nil, errorf(codeResultTooLarge, "Resulting document after update is larger than %d", maxDocument)
	}
	return out, nil
}

// replace keeps the _id of the document it takes the place of.
func (u *update) replace(doc bson.Raw) ([]byte, error) {
	id, had := lookup(doc, "_id")
	given, has := lookup(u.replacement, "_id")
	if had && has && !equal(id, given) {
		return nil, immutableID(given)
	}
	if has {
		return withID(u.replacement)
	}
	if !had {
		return bytes.Clone(u.replacement), nil
	}
	at, out := bsoncore.AppendDocumentStart(make([]byte, 0, len(u.replacement)+len(id.b)+8))
	out = appendElement(out, "_id", id)
	out = append(out, u.replacement[4:len(u.replacement)-1]...)
	out, _ = bsoncore.AppendDocumentEnd(out, at)
	return out, nil
}

func immutableID(id value) error {
	return errorf(codeImmutableField, "After applying the update, the (immutable) field '_id' was found to have been altered to _id: %s", display(id))
}

func (u *update) modify(doc bson.Raw, insert bool) ([]byte, error) {
	root := &mutable{v: value{bson.TypeEmbeddedDocument, doc}}
	for i := range u.mods {
		if err := u.mods[i].apply(root, insert); err != nil {
			return nil, err
		}
	}
	out := root.appendBody(make([]byte, 0, len(doc)+256))
	before, had := lookup(doc, "_id")
	after, has := lookup(out, "_id")
	if had && (!has || !equal(before, after)) {
		return nil, immutableID(after)
	}
	return out, validate(out)
}

// equalities gives the document that a filter's equalities describe, the base
// of an upsert.
func equalities(filter *node) (bson.Raw, error) {
	root := &mutable{v: value{t: bson.TypeEmbeddedDocument}, open: true}
	var taken []path
	for _, n := range filter.kids {
		if n.op != opEq {
			continue
		}
		for _, p := range taken {
			short := min(len(p), len(n.path))
			if p[:short].equal(n.path[:short]) {
				return nil, errorf(54, "cannot infer query fields to set, path '%s' is matched twice", n.path)
			}
		}
		taken = append(taken, n.path)
		at, err := root.reach(n.path)
		if err != nil {
			return nil, err
		}
		at.set(n.v)
	}
	return root.appendBody(nil), nil
}

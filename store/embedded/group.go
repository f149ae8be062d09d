package embedded

import (
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// maxGroups is how many groups one $group may hold.
const maxGroups = 100_000

// expression is what a group's _id or accumulator is computed from: a constant,
// a field, or for _id a document of them.
type expression struct {
	constant value
	field    path
	names    []string
	parts    []expression
}

func parseExpression(v value) (expression, error) {
	switch {
	case v.t == bson.TypeString && strings.HasPrefix(v.str(), "$$"):
		return expression{}, unsupported("variable", v.str())
	case v.t == bson.TypeString && strings.HasPrefix(v.str(), "$"):
		p := parsePath(v.str()[1:])
		for _, part := range p {
			if part == "" {
				return expression{}, errorf(40353, "FieldPath must not have an empty part: %s", v.str())
			}
		}
		return expression{field: p}, nil
	case v.isArray():
		return expression{}, unsupported("expression", "of an array")
	case !v.isDocument():
		return expression{constant: v}, nil
	}
	e := expression{parts: []expression{}}
	it := fields(v.b)
	for key, part, ok := it.next(); ok; key, part, ok = it.next() {
		if len(key) > 0 && key[0] == '$' {
			return e, unsupported("expression", string(key))
		}
		sub, err := parseExpression(part)
		if err != nil {
			return e, err
		}
		e.names, e.parts = append(e.names, string(key)), append(e.parts, sub)
	}
	return e, nil
}

// paths lists the fields the expression reads.
func (e *expression) paths(out []path) []path {
	if e.field != nil {
		out = append(out, e.field)
	}
	for i := range e.parts {
		out = e.parts[i].paths(out)
	}
	return out
}

func (e *expression) eval(doc bson.Raw) value {
	switch {
	case e.field != nil:
		return fieldValue(value{bson.TypeEmbeddedDocument, doc}, e.field)
	case e.parts == nil:
		return e.constant
	}
	at, out := bsoncore.AppendDocumentStart(nil)
	for i := range e.parts {
		if v := e.parts[i].eval(doc); !v.missing() {
			out = appendElement(out, e.names[i], v)
		}
	}
	out, _ = bsoncore.AppendDocumentEnd(out, at)
	return value{bson.TypeEmbeddedDocument, out}
}

// fieldValue follows a path the way expressions do: through an array it gives
// the array of what its documents have there.
func fieldValue(v value, p path) value {
	switch {
	case len(p) == 0:
		return v
	case v.isDocument():
		next, ok := lookup(v.b, p[0])
		if !ok {
			return value{}
		}
		return fieldValue(next, p[1:])
	case !v.isArray():
		return value{}
	}
	at, out := bsoncore.AppendArrayStart(nil)
	n := 0
	for _, item := range items(v.b) {
		if found := fieldValue(item, p); !found.missing() {
			out = append(appendItem(out, found.t, n), found.b...)
			n++
		}
	}
	out, _ = bsoncore.AppendArrayEnd(out, at)
	return value{bson.TypeArray, out}
}

// groupStage is $group.
type groupStage struct {
	id     expression
	accs   []accumulator
	groups map[string]*group
	order  []*group
}

// accumulator is one computed field of a group.
type accumulator struct {
	name, op string
	of       expression
}

type group struct {
	id   value
	vals []value
}

func parseGroup(arg value) (stage, error) {
	if !arg.isDocument() {
		return nil, errorf(15947, "a group's fields must be specified in an object")
	}
	g := &groupStage{groups: map[string]*group{}}
	hasID := false
	it := fields(arg.b)
	for key, v, ok := it.next(); ok; key, v, ok = it.next() {
		var err error
		if string(key) == "_id" {
			hasID = true
			g.id, err = parseExpression(v.clone())
		} else {
			err = g.addAccumulator(string(key), v)
		}
		if err != nil {
			return nil, err
		}
	}
	if !hasID {
		return nil, errorf(15955, "a group specification must include an _id")
	}
	return g, nil
}

func (g *groupStage) addAccumulator(name string, v value) error {
	if strings.ContainsAny(name, ".$") {
		return errorf(40235, "The field name '%s' cannot contain '.' or '$'", name)
	}
	if !v.isDocument() || isEmpty(v.b) {
		return errorf(40234, "The field '%s' must be an accumulator object", name)
	}
	it := fields(v.b)
	key, operand, _ := it.next()
	if _, _, second := it.next(); second {
		return errorf(40238, "The field '%s' must specify one accumulator", name)
	}
	acc := accumulator{name: name, op: string(key)}
	switch acc.op {
	case "$sum", "$min", "$max", "$first", "$last":
	case "$count":
		if !operand.isDocument() || !isEmpty(operand.b) {
			return errorf(codeFailedToParse, "$count takes no arguments, i.e. $count:{}")
		}
		acc.op, operand = "$sum", int32Value(1)
	default:
		return unsupported("accumulator", acc.op)
	}
	var err error
	acc.of, err = parseExpression(operand)
	g.accs = append(g.accs, acc)
	return err
}

func (g *groupStage) paths() []path {
	out := g.id.paths(nil)
	for i := range g.accs {
		out = g.accs[i].of.paths(out)
	}
	return out
}

func (g *groupStage) push(doc bson.Raw, _ func(bson.Raw) bool) (bool, error) {
	id := g.id.eval(doc)
	if id.missing() {
		id.t = bson.TypeNull
	}
	key := string(appendKey(nil, id))
	in := g.groups[key]
	if in == nil {
		if len(g.order) >= maxGroups {
			return false, errorf(codeMemoryLimit, "$group makes more than %d groups", maxGroups)
		}
		in = &group{id: id, vals: make([]value, len(g.accs))}
		g.groups[key] = in
		g.order = append(g.order, in)
		for i, acc := range g.accs {
			in.vals[i] = acc.start(acc.of.eval(doc))
		}
		return true, nil
	}
	for i, acc := range g.accs {
		in.vals[i] = acc.next(in.vals[i], acc.of.eval(doc))
	}
	return true, nil
}

// start gives the accumulator's value after the first document.
func (a *accumulator) start(v value) value {
	if a.op == "$sum" && !v.isNumber() {
		return int32Value(0)
	}
	return v
}

func (a *accumulator) next(have, v value) value {
	switch a.op {
	case "$sum":
		if !v.isNumber() {
			return have
		}
		if sum, ok := addNumbers(have, v); ok {
			return sum
		}
		x, _ := have.float()
		y, _ := v.float()
		return doubleValue(x + y)
	case "$min":
		if !v.isNull() && (have.isNull() || compare(v, have) < 0) {
			return v
		}
	case "$max":
		if !v.isNull() && (have.isNull() || compare(v, have) > 0) {
			return v
		}
	case "$last":
		return v
	}
	return have
}

func (g *groupStage) end(pass func(bson.Raw) bool) error {
	for _, in := range g.order {
		at, doc := bsoncore.AppendDocumentStart(nil)
		doc = appendElement(doc, "_id", in.id)
		for i, acc := range g.accs {
			v := in.vals[i]
			if v.missing() {
				v.t = bson.TypeNull
			}
			doc = appendElement(doc, acc.name, v)
		}
		doc, _ = bsoncore.AppendDocumentEnd(doc, at)
		if !pass(doc) {
			break
		}
	}
	return nil
}

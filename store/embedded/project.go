package embedded

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// projection picks the fields of a result: those named, or all but those named.
// A nil projection is the whole document.
type projection struct {
	include bool
	id      bool // whether _id is given
	root    *projected
}

// projected is a field named by a projection, or one on the way to it.
type projected struct {
	kids map[string]*projected // nil: the field itself is named
}

// parseProjection reads a projection of fields to include or to exclude;
// expressions and operators are refused by name.
func parseProjection(v value) (*projection, error) {
	if !v.isDocument() {
		return nil, errorf(codeTypeMismatch, "BSON field 'projection' must be a document")
	}
	p := &projection{id: true, root: &projected{kids: map[string]*projected{}}}
	decided, idNamed := false, false
	it := fields(v.b)
	for key, how, ok := it.next(); ok; key, how, ok = it.next() {
		name := string(key)
		if _, isNumber := how.float(); !isNumber && how.t != bson.TypeBoolean {
			return nil, unsupported("projection of", name+" by an expression")
		}
		if name == "_id" {
			p.id, idNamed = how.truthy(), true
			continue
		}
		if decided && p.include != how.truthy() {
			return nil, errorf(31254, "Cannot do exclusion on field %s in inclusion projection or the reverse", name)
		}
		decided, p.include = true, how.truthy()
		if err := p.root.name(parsePath(name)); err != nil {
			return nil, err
		}
	}
	if !decided && idNamed {
		p.include = p.id // {_id: 1} includes nothing else, {_id: 0} all else
	}
	return p, nil
}

func (f *projected) name(p path) error {
	for i, part := range p {
		if part == "" || part[0] == '$' {
			return unsupported("projection of", p.String())
		}
		next, ok := f.kids[part]
		last := i == len(p)-1
		if ok && (last || next.kids == nil) {
			return errorf(31249, "Path collision at %s", p)
		}
		if !ok {
			next = &projected{}
			if !last {
				next.kids = map[string]*projected{}
			}
			f.kids[part] = next
		}
		f = next
	}
	return nil
}

// paths lists the fields an inclusion gives, for the question whether an index
// covers them.
func (p *projection) paths() []path {
	var out []path
	if p.id {
		out = append(out, path{"_id"})
	}
	return p.root.collect(nil, out)
}

func (f *projected) collect(at path, out []path) []path {
	for name, kid := range f.kids {
		below := append(slices.Clone(at), name)
		if kid.kids == nil {
			out = append(out, below)
		} else {
			out = kid.collect(below, out)
		}
	}
	return out
}

// append appends what the projection leaves of doc.
func (p *projection) append(dst, doc []byte) []byte {
	if p == nil {
		return append(dst, doc...)
	}
	at, dst := bsoncore.AppendDocumentStart(dst)
	it := fields(doc)
	for key, v, ok := it.next(); ok; key, v, ok = it.next() {
		if string(key) == "_id" {
			if p.id {
				dst = appendField(dst, key, v)
			}
			continue
		}
		dst = p.appendNamed(dst, p.root, key, v)
	}
	dst, _ = bsoncore.AppendDocumentEnd(dst, at)
	return dst
}

func (p *projection) appendNamed(dst []byte, f *projected, key []byte, v value) []byte {
	kid, named := f.kids[string(key)]
	switch {
	case !named:
		if !p.include {
			dst = appendField(dst, key, v)
		}
	case kid.kids == nil:
		if p.include {
			dst = appendField(dst, key, v)
		}
	case v.isDocument() || v.isArray():
		dst = append(dst, byte(v.t))
		dst = append(dst, key...)
		dst = p.appendBelow(append(dst, 0), kid, v)
	case !p.include:
		dst = appendField(dst, key, v)
	}
	return dst
}

// appendBelow projects a document, or each document of an array.
func (p *projection) appendBelow(dst []byte, f *projected, v value) []byte {
	at, dst := bsoncore.AppendDocumentStart(dst)
	it := fields(v.b)
	n := 0
	for key, item, ok := it.next(); ok; key, item, ok = it.next() {
		switch {
		case v.isDocument():
			dst = p.appendNamed(dst, f, key, item)
		case item.isDocument() || item.isArray():
			dst = p.appendBelow(appendItem(dst, item.t, n), f, item)
			n++
		case !p.include:
			dst = append(appendItem(dst, item.t, n), item.b...)
			n++
		}
	}
	dst, _ = bsoncore.AppendDocumentEnd(dst, at)
	return dst
}

func appendField(dst, key []byte, v value) []byte {
	dst = append(dst, byte(v.t))
	dst = append(dst, key...)
	dst = append(dst, 0)
	return append(dst, v.b...)
}

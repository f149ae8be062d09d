package embedded

import (
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// mutable is a value being changed by update operators. What no operator
// touches stays the bytes it was.
type mutable struct {
	v    value
	open bool // kids stand for v, which is a document or an array
	kids []mutableField
}

type mutableField struct {
	name string // empty in arrays
	node *mutable
}

// expand opens a document or array.
func (m *mutable) expand() {
	if m.open {
		return
	}
	m.open = true
	it := fields(m.v.b)
	for key, v, ok := it.next(); ok; key, v, ok = it.next() {
		m.kids = append(m.kids, mutableField{string(key), &mutable{v: v}})
	}
}

func (m *mutable) isDocument() bool { return m.v.isDocument() }
func (m *mutable) isArray() bool    { return m.v.isArray() }

// get finds what lies at the path; nil: nothing.
func (m *mutable) get(p path) *mutable {
	for _, part := range p {
		at := m.find(part)
		if at < 0 {
			return nil
		}
		m = m.kids[at].node
	}
	return m
}

// find gives the position of a field or an item; -1: there is none.
func (m *mutable) find(part string) int {
	switch {
	case m.isDocument():
		m.expand()
		for i, kid := range m.kids {
			if kid.name == part {
				return i
			}
		}
	case m.isArray():
		m.expand()
		if at, ok := arrayIndex(part); ok && at < len(m.kids) {
			return at
		}
	}
	return -1
}

// maxPadding is how many nulls an update may put before a new item.
const maxPadding = 100_000

// reach gives the node at the path, making what is missing on the way.
func (m *mutable) reach(p path) (*mutable, error) {
	for i, part := range p {
		if at := m.find(part); at >= 0 {
			m = m.kids[at].node
			continue
		}
		next := &mutable{}
		if i < len(p)-1 {
			next.v, next.open = value{t: bson.TypeEmbeddedDocument}, true
		}
		switch {
		case m.isDocument():
			m.kids = append(m.kids, mutableField{part, next})
		case m.isArray():
			at, ok := arrayIndex(part)
			if !ok || at-len(m.kids) > maxPadding {
				return nil, errorf(codePathNotViable, "Cannot create field '%s' in an array (path %s)", part, p)
			}
			for len(m.kids) < at {
				m.kids = append(m.kids, mutableField{"", &mutable{v: value{t: bson.TypeNull}}})
			}
			m.kids = append(m.kids, mutableField{"", next})
		default:
			return nil, errorf(codePathNotViable, "Cannot create field '%s' in element of type %s (path %s)", part, m.v.t, p)
		}
		m = next
	}
	return m, nil
}

// unset removes a field; an item of an array becomes null.
func (m *mutable) unset(p path) {
	parent := m.get(p[:len(p)-1])
	if parent == nil {
		return
	}
	at := parent.find(p[len(p)-1])
	switch {
	case at < 0:
	case parent.isArray():
		parent.kids[at].node = &mutable{v: value{t: bson.TypeNull}}
	default:
		parent.kids = append(parent.kids[:at], parent.kids[at+1:]...)
	}
}

// set puts a plain value in place of the node's.
func (m *mutable) set(v value) { *m = mutable{v: v} }

// setItems makes the node an array of the items.
func (m *mutable) setItems(items []value) {
	*m = mutable{v: value{t: bson.TypeArray}, open: true}
	for _, v := range items {
		m.kids = append(m.kids, mutableField{"", &mutable{v: v}})
	}
}

// value gives the node's present value.
func (m *mutable) value() value {
	if !m.open {
		return m.v
	}
	return value{m.v.t, m.appendBody(nil)}
}

func (m *mutable) appendBody(dst []byte) []byte {
	if !m.open {
		return append(dst, m.v.b...)
	}
	at, dst := bsoncore.AppendDocumentStart(dst)
	for i, kid := range m.kids {
		if m.isArray() {
			dst = appendItem(dst, kid.node.v.t, i)
		} else {
			dst = bsoncore.AppendHeader(dst, bsoncore.Type(kid.node.v.t), kid.name)
		}
		dst = kid.node.appendBody(dst)
	}
	dst, _ = bsoncore.AppendDocumentEnd(dst, at)
	return dst
}

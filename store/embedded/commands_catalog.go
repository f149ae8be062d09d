package embedded

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// create makes a plain collection.
func (cmd *command) create(out []byte) ([]byte, error) {
	ns, err := cmd.namespace()
	if err != nil {
		return nil, err
	}
	if err := cmd.options(func(name string, v value) (bool, error) {
		if name == "capped" && !v.truthy() {
			return true, nil
		}
		return true, unsupported("collection option", name)
	}); err != nil {
		return nil, err
	}
	_, lsn, created := cmd.srv.catalog.ensure(ns)
	if !created {
		return nil, errorf(codeNamespaceExists, "Collection %s already exists.", ns)
	}
	cmd.wrote(lsn)
	return out, nil
}

func (cmd *command) drop(out []byte) ([]byte, error) {
	ns, err := cmd.namespace()
	if err != nil {
		return nil, err
	}
	if err := cmd.options(noOptions); err != nil {
		return nil, err
	}
	coll := cmd.srv.catalog.get(ns)
	if coll == nil {
		return out, nil
	}
	coll.mu.RLock()
	indexes := len(coll.indexes)
	coll.mu.RUnlock()
	lsn, _ := cmd.srv.catalog.drop(ns)
	cmd.wrote(lsn)
	out = bsoncore.AppendInt32Element(out, "nIndexesWas", int32(indexes))
	return bsoncore.AppendStringElement(out, "ns", ns.String()), nil
}

func noOptions(string, value) (bool, error) { return false, nil }

func (cmd *command) dropDatabase(out []byte) ([]byte, error) {
	if err := cmd.options(noOptions); err != nil {
		return nil, err
	}
	for _, coll := range cmd.srv.catalog.list(cmd.db) {
		lsn, _ := cmd.srv.catalog.drop(coll.ns)
		cmd.wrote(lsn)
	}
	return bsoncore.AppendStringElement(out, "dropped", cmd.db), nil
}

func (cmd *command) listCollections(out []byte) ([]byte, error) {
	filter, nameOnly, size := &node{op: opAnd}, false, 1<<30
	cursor := cursorOption(&size)
	if err := cmd.options(func(name string, v value) (known bool, err error) {
		switch name {
		case "filter":
			filter, err = filterOption(name, v)
		case "nameOnly":
			nameOnly = v.truthy()
		case "authorizedCollections":
		default:
			return cursor(name, v)
		}
		return true, err
	}); err != nil {
		return nil, err
	}
	list := &fixedBatch{}
	for _, coll := range cmd.srv.catalog.list(cmd.db) {
		if doc := coll.describe(nameOnly); filter.match(doc) {
			list.docs = append(list.docs, doc)
		}
	}
	return cmd.answerCursor(out, cmd.db+".$cmd.listCollections", list, size, false)
}

func (c *collection) describe(nameOnly bool) bson.Raw {
	at, doc := bsoncore.AppendDocumentStart(nil)
	doc = bsoncore.AppendStringElement(doc, "name", c.ns.coll)
	doc = bsoncore.AppendStringElement(doc, "type", "collection")
	if !nameOnly {
		doc = bsoncore.AppendDocumentElement(doc, "options", emptyDocument)
		info, inner := bsoncore.AppendDocumentElementStart(doc, "info")
		inner = bsoncore.AppendBooleanElement(inner, "readOnly", false)
		inner = bsoncore.AppendBinaryElement(inner, "uuid", 4, c.uuid[:])
		doc, _ = bsoncore.AppendDocumentEnd(inner, info)
		id := idSpec()
		doc = bsoncore.AppendDocumentElement(doc, "idIndex", id.document())
	}
	doc, _ = bsoncore.AppendDocumentEnd(doc, at)
	return doc
}

func (cmd *command) listDatabases(out []byte) ([]byte, error) {
	filter, nameOnly := &node{op: opAnd}, false
	if err := cmd.options(func(name string, v value) (known bool, err error) {
		switch name {
		case "filter":
			filter, err = filterOption(name, v)
		case "nameOnly":
			nameOnly = v.truthy()
		case "authorizedDatabases":
		default:
			return false, nil
		}
		return true, err
	}); err != nil {
		return nil, err
	}
	var names []string
	for _, coll := range cmd.srv.catalog.list("") {
		names = append(names, coll.ns.db)
	}
	slices.Sort(names)
	at, out := bsoncore.AppendArrayElementStart(out, "databases")
	n := 0
	for _, name := range slices.Compact(names) {
		doc := bsoncore.BuildDocument(nil, bsoncore.AppendStringElement(nil, "name", name))
		if !nameOnly {
			doc = bsoncore.BuildDocument(nil,
				bsoncore.AppendStringElement(nil, "name", name),
				bsoncore.AppendInt64Element(nil, "sizeOnDisk", 0),
				bsoncore.AppendBooleanElement(nil, "empty", false))
		}
		if filter.match(doc) {
			out = append(appendItem(out, bson.TypeEmbeddedDocument, n), doc...)
			n++
		}
	}
	out, _ = bsoncore.AppendArrayEnd(out, at)
	if !nameOnly {
		out = bsoncore.AppendInt64Element(out, "totalSize", 0)
	}
	return out, nil
}

package embedded

import (
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// maxWriteBatch is how many statements one write command may hold.
const maxWriteBatch = 100_000

// writeErrors collects the failures of single statements.
type writeErrors struct {
	errs    []*CommandError
	indexes []int
}

func (w *writeErrors) add(i int, err error) {
	w.errs = append(w.errs, asCommandError(err))
	w.indexes = append(w.indexes, i)
}

func (w *writeErrors) append(out []byte) []byte {
	if len(w.errs) == 0 {
		return out
	}
	at, out := bsoncore.AppendArrayElementStart(out, "writeErrors")
	for i, e := range w.errs {
		var doc int32
		out = appendItem(out, bson.TypeEmbeddedDocument, i)
		doc, out = bsoncore.AppendDocumentStart(out)
		out = bsoncore.AppendInt32Element(out, "index", int32(w.indexes[i]))
		out = bsoncore.AppendInt32Element(out, "code", e.Code)
		out = bsoncore.AppendStringElement(out, "errmsg", e.Message)
		if len(e.detail) > 0 {
			out = append(out, e.detail[4:len(e.detail)-1]...)
		}
		out, _ = bsoncore.AppendDocumentEnd(out, doc)
	}
	out, _ = bsoncore.AppendArrayEnd(out, at)
	return out
}

// statements reads the common part of the write commands: the collection, the
// statements and whether the first failure ends the command.
func (cmd *command) statements(name string) (ns namespace, docs []bson.Raw, ordered bool, err error) {
	if ns, err = cmd.namespace(); err != nil {
		return
	}
	if err = cmd.knownSequences(name); err != nil {
		return
	}
	ordered = true
	if err = cmd.options(func(key string, v value) (bool, error) {
		if key == "ordered" {
			ordered = v.truthy()
		}
		return key == "ordered" || key == name, nil
	}); err != nil {
		return
	}
	if docs, err = cmd.documents(name); err != nil {
		return
	}
	if len(docs) == 0 || len(docs) > maxWriteBatch {
		err = errorf(16, "Write batch sizes must be between 1 and %d. Got %d operations.", maxWriteBatch, len(docs))
	}
	return
}

// insert stores each document by itself: one that fails leaves nothing behind.
func (cmd *command) insert(out []byte) ([]byte, error) {
	ns, docs, ordered, err := cmd.statements("documents")
	if err != nil {
		return nil, err
	}
	var failed writeErrors
	n := 0
	for i, doc := range docs {
		err := cmd.insertOne(ns, doc)
		if err == nil {
			n++
			continue
		}
		failed.add(i, err)
		if ordered {
			break
		}
	}
	out = bsoncore.AppendInt32Element(out, "n", int32(n))
	return failed.append(out), nil
}

func (cmd *command) insertOne(ns namespace, doc bson.Raw) error {
	if len(doc) > maxDocument {
		return errorf(codeBadValue, "object to insert too large. size in bytes: %d, max size: %d", len(doc), maxDocument)
	}
	stored, err := withID(doc)
	if err != nil {
		return err
	}
	coll, lsn := cmd.srv.catalog.forWriting(ns)
	defer coll.mu.Unlock()
	cmd.wrote(lsn)
	_, lsn, err = coll.put(nil, stored)
	cmd.wrote(lsn)
	return err
}

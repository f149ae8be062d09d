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

// updateStatement is one element of update.updates.
type updateStatement struct {
	query
	change update
	multi  bool
	upsert bool
}

func parseUpdateStatement(doc bson.Raw) (st updateStatement, err error) {
	var change value
	it := fields(doc)
	for key, v, ok := it.next(); ok && err == nil; key, v, ok = it.next() {
		switch string(key) {
		case "q":
			st.filter, err = filterOption("q", v)
		case "u":
			change = v
		case "multi":
			st.multi = v.truthy()
		case "upsert":
			st.upsert = v.truthy()
		case "hint":
			st.hint = v
		case "collation", "arrayFilters", "c", "sort":
			if !v.isDocument() && !v.isArray() || !isEmpty(v.b) {
				err = unsupported("update option", string(key))
			}
		default:
			err = errorf(codeFailedToParse, "BSON field 'update.updates.%s' is not supported by the embedded engine", key)
		}
	}
	if err != nil {
		return st, err
	}
	if st.filter == nil {
		return st, errorf(40414, "BSON field 'update.updates.q' is missing but a required field")
	}
	if st.change, err = parseUpdate(change); err != nil {
		return st, err
	}
	if st.multi && st.change.replacement != nil {
		return st, errorf(codeFailedToParse, "multi update is not supported for replacement-style update")
	}
	if !st.multi {
		st.limit = 1
	}
	return st, nil
}

func (cmd *command) update(out []byte) ([]byte, error) {
	ns, docs, ordered, err := cmd.statements("updates")
	if err != nil {
		return nil, err
	}
	var failed writeErrors
	var matched, modified int
	var upserted []byte
	upserts := 0
	for i, doc := range docs {
		res, err := cmd.updateOne(ns, doc)
		matched += res.matched
		modified += res.modified
		if !res.upserted.missing() {
			upserted = appendItem(upserted, bson.TypeEmbeddedDocument, upserts)
			upserted = bsoncore.BuildDocument(upserted,
				bsoncore.AppendInt32Element(nil, "index", int32(i)), appendElement(nil, "_id", res.upserted))
			upserts++
		}
		if err != nil {
			failed.add(i, err)
			if ordered {
				break
			}
		}
	}
	out = bsoncore.AppendInt32Element(out, "n", int32(matched+upserts))
	out = bsoncore.AppendInt32Element(out, "nModified", int32(modified))
	if upserts > 0 {
		at, dst := bsoncore.AppendArrayElementStart(out, "upserted")
		out, _ = bsoncore.AppendArrayEnd(append(dst, upserted...), at)
	}
	return failed.append(out), nil
}

// updateResult is what one statement did.
type updateResult struct {
	matched, modified int
	upserted          value
}

func (cmd *command) updateOne(ns namespace, doc bson.Raw) (res updateResult, err error) {
	st, err := parseUpdateStatement(doc)
	if err != nil {
		return res, err
	}
	coll := cmd.lockForUpdate(ns, st.upsert)
	if coll == nil {
		return res, nil
	}
	defer coll.mu.Unlock()
	hits, err := cmd.hits(coll, &st.query)
	if err != nil {
		return res, err
	}
	for _, f := range hits {
		after, err := st.change.apply(f.raw, false)
		if err != nil {
			return res, err
		}
		changed, err := cmd.replace(coll, f, after)
		if err != nil {
			return res, err
		}
		res.matched++
		res.modified += boolInt(changed)
	}
	if len(hits) > 0 || !st.upsert {
		return res, nil
	}
	created, err := cmd.upsert(coll, st.filter, &st.change)
	if err != nil {
		return res, err
	}
	res.upserted, _ = lookup(created, "_id")
	return res, nil
}

// lockForUpdate locks the collection for a change; nil: there is none, and it
// is not to be made.
func (cmd *command) lockForUpdate(ns namespace, make bool) *collection {
	if !make && cmd.srv.catalog.get(ns) == nil {
		return nil
	}
	coll, lsn := cmd.srv.catalog.forWriting(ns)
	cmd.wrote(lsn)
	return coll
}

// hits finds all documents of a query before any of them is changed.
func (cmd *command) hits(coll *collection, q *query) ([]found, error) {
	r, err := cmd.srv.newReader(coll, q)
	if err != nil {
		return nil, err
	}
	var out []found
	_, err = r.each(func(f found) (bool, bool) {
		out = append(out, f)
		return true, true
	})
	return out, err
}

// replace stores the changed document; false: nothing has changed.
func (cmd *command) replace(coll *collection, f found, after bson.Raw) (bool, error) {
	if string(after) == string(f.raw) {
		return false, nil
	}
	_, lsn, err := coll.put(f.rec, after)
	cmd.wrote(lsn)
	return err == nil, err
}

// upsert stores the document that a filter and a change describe.
func (cmd *command) upsert(coll *collection, filter *node, change *update) (bson.Raw, error) {
	base, err := equalities(filter)
	if err != nil {
		return nil, err
	}
	doc, err := change.apply(base, true)
	if err != nil {
		return nil, err
	}
	if doc, err = withID(doc); err != nil {
		return nil, err
	}
	_, lsn, err := coll.put(nil, doc)
	cmd.wrote(lsn)
	return doc, err
}

func (cmd *command) delete(out []byte) ([]byte, error) {
	ns, docs, ordered, err := cmd.statements("deletes")
	if err != nil {
		return nil, err
	}
	var failed writeErrors
	n := 0
	for i, doc := range docs {
		deleted, err := cmd.deleteOne(ns, doc)
		n += deleted
		if err != nil {
			failed.add(i, err)
			if ordered {
				break
			}
		}
	}
	out = bsoncore.AppendInt32Element(out, "n", int32(n))
	return failed.append(out), nil
}

func (cmd *command) deleteOne(ns namespace, doc bson.Raw) (n int, err error) {
	var q query
	it := fields(doc)
	for key, v, ok := it.next(); ok && err == nil; key, v, ok = it.next() {
		switch string(key) {
		case "q":
			q.filter, err = filterOption("q", v)
		case "limit":
			if q.limit, err = nonNegative("limit", v); err == nil && q.limit > 1 {
				err = errorf(codeFailedToParse, "The limit field in delete objects must be 0 or 1. Got %d", q.limit)
			}
		case "hint":
			q.hint = v
		case "collation":
			if !v.isDocument() || !isEmpty(v.b) {
				err = unsupported("delete option", "collation")
			}
		default:
			err = errorf(codeFailedToParse, "BSON field 'delete.deletes.%s' is not supported by the embedded engine", key)
		}
	}
	if err == nil && q.filter == nil {
		err = errorf(40414, "BSON field 'delete.deletes.q' is missing but a required field")
	}
	if err != nil {
		return 0, err
	}
	coll := cmd.lockForUpdate(ns, false)
	if coll == nil {
		return 0, nil
	}
	defer coll.mu.Unlock()
	hits, err := cmd.hits(coll, &q)
	if err != nil {
		return 0, err
	}
	for _, f := range hits {
		lsn, err := coll.remove(f.rec)
		cmd.wrote(lsn)
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

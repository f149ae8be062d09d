package embedded

import (
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

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

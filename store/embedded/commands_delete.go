package embedded

import (
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

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

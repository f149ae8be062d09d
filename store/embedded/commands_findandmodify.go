package embedded

import (
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// modifyOptions are the fields of findAndModify.
type modifyOptions struct {
	query
	change     value
	remove     bool
	after      bool // answer with the document as it is afterwards
	upsert     bool
	projection *projection
}

// findAndModify changes or removes one document and gives it back, under one
// lock: of any number of racers for a document exactly one wins.
func (cmd *command) findAndModify(out []byte) ([]byte, error) {
	ns, err := cmd.namespace()
	if err != nil {
		return nil, err
	}
	var opts modifyOptions
	opts.filter, opts.limit = &node{op: opAnd}, 1
	if err := cmd.options(opts.set); err != nil {
		return nil, err
	}
	change, err := opts.check()
	if err != nil {
		return nil, err
	}
	coll := cmd.lockForUpdate(ns, opts.upsert)
	if coll == nil {
		return appendModified(out, modified{}, nil), nil
	}
	defer coll.mu.Unlock()
	hits, err := cmd.hits(coll, &opts.query)
	if err != nil {
		return nil, err
	}
	res, err := cmd.modify(coll, &opts, change, hits)
	if err != nil {
		return nil, err
	}
	return appendModified(out, res, opts.projection), nil
}

func (o *modifyOptions) set(name string, v value) (known bool, err error) {
	switch name {
	case "query":
		o.filter, err = filterOption(name, v)
	case "sort":
		o.sort, err = parseSort(v)
	case "update":
		o.change = v
	case "remove":
		o.remove = v.truthy()
	case "new":
		o.after = v.truthy()
	case "upsert":
		o.upsert = v.truthy()
	case "fields":
		o.projection, err = parseProjection(v)
	case "hint":
		o.hint = v
	case "arrayFilters":
		if !v.isArray() || !isEmpty(v.b) {
			err = unsupported("option", name)
		}
	default:
		return false, nil
	}
	return true, err
}

func (o *modifyOptions) check() (*update, error) {
	if o.remove {
		if !o.change.missing() {
			return nil, errorf(codeFailedToParse, "Cannot specify both an update and remove=true")
		}
		if o.upsert || o.after {
			return nil, errorf(codeFailedToParse, "Cannot specify remove=true with upsert or new")
		}
		return &update{}, nil
	}
	if o.change.missing() {
		return nil, errorf(codeFailedToParse, "Either an update or remove=true must be specified")
	}
	change, err := parseUpdate(o.change)
	return &change, err
}

// modified is what findAndModify did.
type modified struct {
	value    bson.Raw // to give back; nil: null
	n        int
	removed  bool
	existing bool
	upserted value
}

func (cmd *command) modify(coll *collection, o *modifyOptions, change *update, hits []found) (res modified, err error) {
	switch {
	case len(hits) == 0 && !o.upsert:
		return modified{removed: o.remove}, nil
	case len(hits) == 0:
		created, err := cmd.upsert(coll, o.filter, change)
		if err != nil {
			return res, err
		}
		res.n = 1
		res.upserted, _ = lookup(created, "_id")
		if o.after {
			res.value = created
		}
		return res, nil
	case o.remove:
		lsn, err := coll.remove(hits[0].rec)
		cmd.wrote(lsn)
		return modified{value: hits[0].raw, n: 1, removed: true}, err
	}
	after, err := change.apply(hits[0].raw, false)
	if err != nil {
		return res, err
	}
	if _, err := cmd.replace(coll, hits[0], after); err != nil {
		return res, err
	}
	res = modified{value: hits[0].raw, n: 1, existing: true}
	if o.after {
		res.value = after
	}
	return res, nil
}

func appendModified(out []byte, m modified, p *projection) []byte {
	at, out := bsoncore.AppendDocumentElementStart(out, "lastErrorObject")
	out = bsoncore.AppendInt32Element(out, "n", int32(m.n))
	if !m.removed {
		out = bsoncore.AppendBooleanElement(out, "updatedExisting", m.existing)
	}
	if !m.upserted.missing() {
		out = appendElement(out, "upserted", m.upserted)
	}
	out, _ = bsoncore.AppendDocumentEnd(out, at)
	if m.value == nil {
		return bsoncore.AppendNullElement(out, "value")
	}
	out = bsoncore.AppendHeader(out, bsoncore.TypeEmbeddedDocument, "value")
	return p.append(out, m.value)
}

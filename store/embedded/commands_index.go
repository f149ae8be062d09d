package embedded

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// createIndexes builds the missing indexes; those that are there already in
// the same form are left alone.
func (cmd *command) createIndexes(out []byte) ([]byte, error) {
	ns, err := cmd.namespace()
	if err != nil {
		return nil, err
	}
	if err := cmd.options(func(name string, _ value) (bool, error) {
		return name == "indexes" || name == "commitQuorum", nil
	}); err != nil {
		return nil, err
	}
	docs, err := cmd.documents("indexes")
	if err != nil {
		return nil, err
	}
	if len(docs) == 0 {
		return nil, errorf(codeBadValue, "Must specify at least one index to create")
	}
	var specs []indexSpec
	for _, doc := range docs {
		spec, err := parseIndexSpec(doc)
		if err != nil {
			return nil, err
		}
		specs = append(specs, spec)
	}
	existed := cmd.srv.catalog.get(ns) != nil
	coll, lsn := cmd.srv.catalog.forWriting(ns)
	defer coll.mu.Unlock()
	cmd.wrote(lsn)
	before := len(coll.indexes)
	for _, spec := range specs {
		if err := cmd.createIndex(coll, spec); err != nil {
			return nil, err
		}
	}
	out = bsoncore.AppendInt32Element(out, "numIndexesBefore", int32(before))
	out = bsoncore.AppendInt32Element(out, "numIndexesAfter", int32(len(coll.indexes)))
	return bsoncore.AppendBooleanElement(out, "createdCollectionAutomatically", !existed), nil
}

func (cmd *command) createIndex(coll *collection, spec indexSpec) error {
	if len(spec.components) == 1 && spec.components[0].path.equal(path{"_id"}) && !spec.hasTTL && spec.partial == nil {
		return nil
	}
	for _, x := range coll.indexes {
		have := &x.spec
		switch {
		case have.identifies(&spec) && have.name != spec.name:
			return errorf(codeIndexOptionsConflict, "Index already exists with a different name: %s", have.name)
		case have.identifies(&spec) && (have.hasTTL != spec.hasTTL || have.ttl != spec.ttl):
			return errorf(codeIndexOptionsConflict, "An equivalent index already exists with the same name but different options. Requested index: %s", spec.name)
		case have.identifies(&spec):
			return nil
		case have.name == spec.name:
			return errorf(codeIndexSpecsConflict, "An existing index has the same name as the requested index. Requested index: %s", spec.name)
		}
	}
	lsn, err := coll.addIndex(spec)
	cmd.wrote(lsn)
	return err
}

func (cmd *command) listIndexes(out []byte) ([]byte, error) {
	ns, err := cmd.namespace()
	if err != nil {
		return nil, err
	}
	size := 1 << 30
	if err := cmd.options(cursorOption(&size)); err != nil {
		return nil, err
	}
	coll := cmd.srv.catalog.get(ns)
	if coll == nil {
		return nil, errorf(codeNamespaceNotFound, "ns does not exist: %s", ns)
	}
	list := &fixedBatch{}
	coll.mu.RLock()
	for _, x := range coll.indexes {
		list.docs = append(list.docs, x.spec.document())
	}
	coll.mu.RUnlock()
	return cmd.answerCursor(out, ns.String(), list, size, false)
}

// cursorOption reads the option cursor: {batchSize}.
func cursorOption(size *int) func(name string, v value) (bool, error) {
	return func(name string, v value) (bool, error) {
		if name != "cursor" || !v.isDocument() {
			return false, nil
		}
		if n, ok := lookup(v.b, "batchSize"); ok {
			batch, err := nonNegative("batchSize", n)
			*size = clampBatch(batch)
			return true, err
		}
		return true, nil
	}
}

// dropIndexes takes a name, a list of names, a key or "*" for all but _id.
func (cmd *command) dropIndexes(out []byte) ([]byte, error) {
	ns, err := cmd.namespace()
	if err != nil {
		return nil, err
	}
	if err := cmd.options(func(name string, _ value) (bool, error) { return name == "index", nil }); err != nil {
		return nil, err
	}
	which, _ := lookup(cmd.body, "index")
	coll := cmd.lockForUpdate(ns, false)
	if coll == nil {
		return nil, errorf(codeNamespaceNotFound, "ns not found %s", ns)
	}
	defer coll.mu.Unlock()
	doomed, err := coll.indexesToDrop(which)
	if err != nil {
		return nil, err
	}
	before := len(coll.indexes)
	for _, x := range doomed {
		coll.indexes = slices.DeleteFunc(coll.indexes, func(have *index) bool { return have == x })
		cmd.wrote(coll.log(recordDropIndex, bsoncore.BuildDocument(nil, bsoncore.AppendStringElement(nil, "name", x.spec.name))))
	}
	return bsoncore.AppendInt32Element(out, "nIndexesWas", int32(before)), nil
}

func (c *collection) indexesToDrop(which value) ([]*index, error) {
	var names []value
	switch {
	case which.t == bson.TypeString && which.str() == "*":
		return slices.Clone(c.indexes[1:]), nil
	case which.t == bson.TypeString:
		names = []value{which}
	case which.isArray():
		names = items(which.b)
	case which.isDocument():
		found, err := c.hinted(which)
		if err != nil || isEmpty(which.b) {
			return nil, errorf(codeIndexNotFound, "can't find index with key: %s", display(which))
		}
		names = []value{{bson.TypeString, bsoncore.AppendString(nil, found[0].spec.name)}}
	default:
		return nil, errorf(codeTypeMismatch, "dropIndexes needs the field 'index'")
	}
	var out []*index
	for _, name := range names {
		x := c.indexNamed(name.str())
		if x == nil {
			return nil, errorf(codeIndexNotFound, "index not found with name [%s]", name.str())
		}
		if x == c.indexes[0] {
			return nil, errorf(codeInvalidOptions, "cannot drop _id index")
		}
		out = append(out, x)
	}
	return out, nil
}

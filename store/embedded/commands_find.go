package embedded

import (
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// defaultBatch is how many documents the first batch holds when the client
// does not say.
const defaultBatch = 101

// maxBatchBytes is where a batch ends whatever its count.
const maxBatchBytes = maxDocument

// findOptions are the fields of find that are not part of the query itself.
type findOptions struct {
	query
	projection *projection
	batchSize  int64 // -1: not given
	single     bool
}

func (cmd *command) find(out []byte) ([]byte, error) {
	ns, err := cmd.namespace()
	if err != nil {
		return nil, err
	}
	opts := findOptions{batchSize: -1}
	opts.filter = &node{op: opAnd}
	if err := cmd.options(opts.set); err != nil {
		return nil, err
	}
	size := defaultBatch
	if opts.batchSize >= 0 {
		size = clampBatch(opts.batchSize)
	}
	if opts.projection != nil && opts.projection.include {
		opts.reads, opts.selective = opts.projection.paths(), true
	}
	coll := cmd.srv.catalog.get(ns)
	if coll == nil {
		return cmd.answerCursor(out, ns.String(), &fixedBatch{}, size, true)
	}
	coll.mu.RLock()
	r, err := cmd.srv.newReader(coll, &opts.query)
	coll.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	return cmd.answerCursor(out, ns.String(), &findBatch{r, opts.projection}, size, opts.single)
}

func (o *findOptions) set(name string, v value) (known bool, err error) {
	switch name {
	case "filter":
		o.filter, err = filterOption(name, v)
	case "sort":
		o.sort, err = parseSort(v)
	case "projection":
		o.projection, err = parseProjection(v)
	case "hint":
		o.hint = v
	case "skip":
		o.skip, err = nonNegative(name, v)
	case "limit":
		o.limit, err = nonNegative(name, v)
	case "batchSize":
		o.batchSize, err = nonNegative(name, v)
	case "singleBatch":
		o.single = v.truthy()
	case "noCursorTimeout", "allowPartialResults", "oplogReplay":
	case "tailable", "awaitData", "returnKey", "showRecordId":
		if v.truthy() {
			return true, unsupported("option", name)
		}
	case "min", "max":
		if !v.isDocument() || !isEmpty(v.b) {
			return true, unsupported("option", name)
		}
	default:
		return false, nil
	}
	return true, err
}

func filterOption(name string, v value) (*node, error) {
	if !v.isDocument() {
		return nil, errorf(codeTypeMismatch, "BSON field '%s' must be a document", name)
	}
	return parseFilter(v.b)
}

func nonNegative(name string, v value) (int64, error) {
	n, ok := v.integer()
	if !ok {
		return 0, errorf(codeTypeMismatch, "BSON field '%s' must be a whole number", name)
	}
	if n < 0 {
		return 0, errorf(51024, "BSON field '%s' value must be >= 0, actual value '%d'", name, n)
	}
	return n, nil
}

func clampBatch(n int64) int { return int(min(n, 1<<30)) }

func parseSort(v value) ([]sortField, error) {
	if !v.isDocument() {
		return nil, errorf(codeTypeMismatch, "BSON field 'sort' must be a document")
	}
	var out []sortField
	it := fields(v.b)
	for name, dir, ok := it.next(); ok; name, dir, ok = it.next() {
		n, whole := dir.integer()
		if !whole || n != 1 && n != -1 {
			return nil, errorf(15975, "$sort key ordering must be 1 (for ascending) or -1 (for descending)")
		}
		if len(name) == 0 || name[0] == '$' {
			return nil, unsupported("sort", string(name))
		}
		out = append(out, sortField{parsePath(string(name)), n < 0})
	}
	return out, nil
}

// findBatch gives the documents of a query.
type findBatch struct {
	reader     *reader
	projection *projection
}

func (b *findBatch) batch(out []byte, size int) (filled []byte, done bool, err error) {
	b.reader.coll.mu.RLock()
	defer b.reader.coll.mu.RUnlock()
	if b.reader.stale() {
		return out, true, errorf(175, "collection or index dropped between getMore calls")
	}
	if size == 0 {
		return out, false, nil
	}
	start, n := len(out), 0
	more, err := b.reader.each(func(f found) (keep, more bool) {
		if n > 0 && len(out)-start+len(f.raw) > maxBatchBytes {
			return false, false
		}
		out = appendItem(out, bson.TypeEmbeddedDocument, n)
		out = b.projection.append(out, f.raw)
		n++
		return true, n < size
	})
	return out, !more, err
}

// appendItem begins the n-th element of an array.
func appendItem(dst []byte, t bson.Type, n int) []byte {
	dst = append(dst, byte(t))
	dst = strconv.AppendInt(dst, int64(n), 10)
	return append(dst, 0)
}

// fixedBatch gives documents that are there already.
type fixedBatch struct{ docs []bson.Raw }

func (b *fixedBatch) batch(out []byte, size int) (filled []byte, done bool, err error) {
	start, n := len(out), 0
	for len(b.docs) > 0 && n < size && (n == 0 || len(out)-start+len(b.docs[0]) <= maxBatchBytes) {
		out = appendItem(out, bson.TypeEmbeddedDocument, n)
		out = append(out, b.docs[0]...)
		b.docs = b.docs[1:]
		n++
	}
	return out, len(b.docs) == 0, nil
}

// answerCursor appends the first batch, and keeps the cursor when more follows.
func (cmd *command) answerCursor(out []byte, ns string, b batcher, size int, single bool) ([]byte, error) {
	var doc, array int32
	doc, out = bsoncore.AppendDocumentElementStart(out, "cursor")
	array, out = bsoncore.AppendArrayElementStart(out, "firstBatch")
	out, done, err := b.batch(out, size)
	if err != nil {
		return nil, err
	}
	out, _ = bsoncore.AppendArrayEnd(out, array)
	var id int64
	if !done && !single {
		if id, err = cmd.srv.cursors.add(ns, b, cmd.conn); err != nil {
			return nil, err
		}
	}
	out = bsoncore.AppendInt64Element(out, "id", id)
	out = bsoncore.AppendStringElement(out, "ns", ns)
	out, _ = bsoncore.AppendDocumentEnd(out, doc)
	return out, nil
}

func (cmd *command) getMore(out []byte) ([]byte, error) {
	size, ns := 1<<30, namespace{db: cmd.db}
	err := cmd.options(func(name string, v value) (bool, error) {
		switch name {
		case "collection":
			ns.coll = v.str()
		case "batchSize":
			n, err := nonNegative(name, v)
			if n > 0 {
				size = clampBatch(n)
			}
			return true, err
		default:
			return false, nil
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	id, ok := cmd.arg.integer()
	if !ok {
		return nil, errorf(codeTypeMismatch, "getMore needs a cursor id")
	}
	cur, err := cmd.srv.cursors.take(id, ns.String(), cmd.conn)
	if err != nil {
		return nil, err
	}
	done := true
	defer func() { cmd.srv.cursors.giveBack(cur, done) }()
	var doc, array int32
	doc, out = bsoncore.AppendDocumentElementStart(out, "cursor")
	array, out = bsoncore.AppendArrayElementStart(out, "nextBatch")
	if out, done, err = cur.more.batch(out, size); err != nil {
		done = true
		return nil, err
	}
	out, _ = bsoncore.AppendArrayEnd(out, array)
	if done {
		id = 0
	}
	out = bsoncore.AppendInt64Element(out, "id", id)
	out = bsoncore.AppendStringElement(out, "ns", ns.String())
	out, _ = bsoncore.AppendDocumentEnd(out, doc)
	return out, nil
}

func (cmd *command) killCursors(out []byte) ([]byte, error) {
	ns, err := cmd.namespace()
	if err != nil {
		return nil, err
	}
	var ids []value
	if err := cmd.options(func(name string, v value) (bool, error) {
		if name == "cursors" && v.isArray() {
			ids = items(v.b)
			return true, nil
		}
		return false, nil
	}); err != nil {
		return nil, err
	}
	var killed, missing []bsoncore.Value
	for _, v := range ids {
		id, _ := v.integer()
		one := bsoncore.Value{Type: bsoncore.TypeInt64, Data: bsoncore.AppendInt64(nil, id)}
		if cmd.srv.cursors.kill(id, ns.String()) {
			killed = append(killed, one)
		} else {
			missing = append(missing, one)
		}
	}
	out = bsoncore.AppendArrayElement(out, "cursorsKilled", bsoncore.BuildArray(nil, killed...))
	out = bsoncore.AppendArrayElement(out, "cursorsNotFound", bsoncore.BuildArray(nil, missing...))
	out = bsoncore.AppendArrayElement(out, "cursorsAlive", bsoncore.BuildArray(nil))
	return bsoncore.AppendArrayElement(out, "cursorsUnknown", bsoncore.BuildArray(nil)), nil
}

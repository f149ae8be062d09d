package embedded

import (
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// command is one request being executed.
type command struct {
	srv  *Server
	conn *conn
	name string
	db   string
	arg  value // of the first field: mostly the collection
	body bson.Raw
	seqs []sequence

	durable bool  // answer only after an fsync
	lsn     int64 // what to wait for in the journal
}

// handler executes a command and appends the fields of its answer, but for ok.
type handler func(cmd *command, out []byte) ([]byte, error)

// handlerOf finds a command by its name.
func handlerOf(name string) handler {
	switch name {
	case "hello", "isMaster", "ismaster":
		return (*command).hello
	case "find":
		return (*command).find
	case "getMore":
		return (*command).getMore
	case "killCursors":
		return (*command).killCursors
	case "insert":
		return (*command).insert
	case "update":
		return (*command).update
	case "delete":
		return (*command).delete
	case "findAndModify", "findandmodify":
		return (*command).findAndModify
	case "aggregate":
		return (*command).aggregate
	case "count":
		return (*command).count
	case "distinct":
		return (*command).distinct
	case "createIndexes":
		return (*command).createIndexes
	case "listIndexes":
		return (*command).listIndexes
	case "dropIndexes":
		return (*command).dropIndexes
	case "create":
		return (*command).create
	case "drop":
		return (*command).drop
	case "dropDatabase":
		return (*command).dropDatabase
	case "listCollections":
		return (*command).listCollections
	case "listDatabases":
		return (*command).listDatabases
	}
	return adminHandler(name)
}

// parseCommand checks a request and finds its handler.
func (c *conn) parseCommand(body bson.Raw, seqs []sequence) (*command, error) {
	if len(body) > maxDocument+16<<10 {
		return nil, errorf(10334, "BSONObj size: %d is invalid. Size must be between 0 and %d", len(body), maxDocument+16<<10)
	}
	if err := validate(body); err != nil {
		return nil, err
	}
	for _, seq := range seqs {
		for _, doc := range seq.docs {
			if err := validate(doc); err != nil {
				return nil, err
			}
		}
		if _, twice := lookup(body, seq.name); twice {
			return nil, errorf(40415, "document sequence %q is also a field of the body", seq.name)
		}
	}
	it := fields(body)
	name, arg, ok := it.next()
	if !ok {
		return nil, errorf(codeCommandNotFound, "no such command: ''")
	}
	db, ok := lookup(body, "$db")
	if !ok || db.t != bson.TypeString {
		return nil, errorf(40571, "OP_MSG requests require a $db argument")
	}
	return &command{srv: c.srv, conn: c, name: string(name), db: db.str(), arg: arg, body: body, seqs: seqs}, nil
}

func (cmd *command) handle(out []byte) ([]byte, error) {
	run := handlerOf(cmd.name)
	if run == nil {
		return nil, errorf(codeCommandNotFound, "no such command: '%s'", cmd.name)
	}
	return run(cmd, out)
}

// commit waits until the journal holds what the command wrote.
func (cmd *command) commit() error {
	if cmd.lsn == 0 || cmd.srv.journal == nil {
		return nil
	}
	return cmd.srv.journal.commit(cmd.lsn, cmd.durable)
}

// wrote notes an offset of the journal to wait for.
func (cmd *command) wrote(lsn int64) { cmd.lsn = max(cmd.lsn, lsn) }

// namespace gives the collection that the command names.
func (cmd *command) namespace() (namespace, error) {
	if cmd.arg.t != bson.TypeString {
		return namespace{}, errorf(codeInvalidNamespace, "collection name has invalid type %s", cmd.arg.t)
	}
	ns := namespace{cmd.db, cmd.arg.str()}
	return ns, ns.check()
}

// target is the collection's name for a hook.
func (cmd *command) target() string {
	if cmd.name == "getMore" {
		coll, _ := lookup(cmd.body, "collection")
		return coll.str()
	}
	if cmd.arg.t == bson.TypeString {
		return cmd.arg.str()
	}
	return ""
}

// whole gives the body with the document sequences as arrays.
func (cmd *command) whole() bson.Raw {
	if len(cmd.seqs) == 0 {
		return cmd.body
	}
	at, doc := bsoncore.AppendDocumentStart(nil)
	doc = append(doc, cmd.body[4:len(cmd.body)-1]...)
	for _, seq := range cmd.seqs {
		var start int32
		start, doc = bsoncore.AppendArrayElementStart(doc, seq.name)
		for i, d := range seq.docs {
			doc = bsoncore.AppendDocumentElement(doc, fmt.Sprint(i), d)
		}
		doc, _ = bsoncore.AppendArrayEnd(doc, start)
	}
	doc, _ = bsoncore.AppendDocumentEnd(doc, at)
	return doc
}

// options walks the fields behind the first. Those that every command takes are
// read here or mean nothing on a single server; known tells whether it knows
// another one. What nobody knows is refused by name.
func (cmd *command) options(known func(name string, v value) (bool, error)) error {
	it := fields(cmd.body)
	it.next()
	for key, v, ok := it.next(); ok; key, v, ok = it.next() {
		handled, err := cmd.common(string(key), v)
		if !handled && err == nil {
			handled, err = known(string(key), v)
		}
		if err != nil {
			return err
		}
		if !handled {
			return errorf(codeFailedToParse, "BSON field '%s.%s' is not supported by the embedded engine", cmd.name, key)
		}
	}
	return nil
}

func (cmd *command) common(name string, v value) (bool, error) {
	switch name {
	case "$db", "lsid", "readConcern", "$readPreference", "maxTimeMS", "comment", "$clusterTime",
		"apiVersion", "apiStrict", "apiDeprecationErrors", "txnNumber", "bypassDocumentValidation",
		"allowDiskUse", "maxTimeMSOpOnly", "mayBypassWriteBlocking":
		return true, nil
	case "startTransaction", "autocommit":
		return true, errorf(codeIllegalOperation, "Transaction numbers are only allowed on a replica set member or mongos")
	case "collation":
		if v.isDocument() {
			if locale, _ := lookup(v.b, "locale"); isEmpty(v.b) || locale.str() == "simple" {
				return true, nil
			}
		}
		return true, unsupported("option", name)
	case "let":
		if !v.isDocument() || !isEmpty(v.b) {
			return true, unsupported("option", name)
		}
		return true, nil
	case "writeConcern":
		return true, cmd.writeConcern(v)
	}
	return false, nil
}

// writeConcern decides whether the answer waits for an fsync: with j, and with
// a majority, which on a single server is itself.
func (cmd *command) writeConcern(v value) error {
	if !v.isDocument() {
		return errorf(codeTypeMismatch, "writeConcern must be a document")
	}
	it := fields(v.b)
	for key, opt, ok := it.next(); ok; key, opt, ok = it.next() {
		switch string(key) {
		case "w":
			if n, ok := opt.integer(); ok {
				if n < 0 || n > 1 {
					return errorf(codeBadValue, "cannot use 'w' > 1 when a host is not replicated")
				}
			} else if opt.str() == "majority" {
				cmd.durable = true
			} else {
				return errorf(codeUnknownReplWrite, "No write concern mode named '%s' found", opt.str())
			}
		case "j", "fsync":
			cmd.durable = cmd.durable || opt.truthy()
		case "wtimeout", "provenance":
		default:
			return unsupported("write concern field", string(key))
		}
	}
	return nil
}

// documents gives the elements of an array that may come as a sequence.
func (cmd *command) documents(name string) ([]bson.Raw, error) {
	for _, seq := range cmd.seqs {
		if seq.name == name {
			return seq.docs, nil
		}
	}
	v, ok := lookup(cmd.body, name)
	if !ok || !v.isArray() {
		return nil, errorf(40414, "BSON field '%s.%s' is missing but a required field", cmd.name, name)
	}
	var docs []bson.Raw
	for _, item := range items(v.b) {
		if !item.isDocument() {
			return nil, errorf(codeTypeMismatch, "BSON field '%s.%s' must hold documents", cmd.name, name)
		}
		docs = append(docs, item.raw())
	}
	return docs, nil
}

// knownSequences refuses document sequences that the command has no use for.
func (cmd *command) knownSequences(names ...string) error {
	for _, seq := range cmd.seqs {
		if !slices.Contains(names, seq.name) {
			return errorf(codeFailedToParse, "document sequence '%s.%s' is not supported by the embedded engine", cmd.name, seq.name)
		}
	}
	return nil
}

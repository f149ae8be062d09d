package embedded

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// conn is one client connection, served by one goroutine.
type conn struct {
	srv *Server
	net net.Conn
	id  int32
	out []byte // the answer being built, reused
}

// keptAnswer is how large an answer's buffer may be to be kept for the next.
const keptAnswer = 1 << 20

// serve answers requests until the client goes, breaks the protocol or the
// server closes.
func (c *conn) serve() {
	in := bufio.NewReaderSize(c.net, 16<<10)
	for {
		m, err := readMessage(in)
		if err == nil {
			err = c.answer(m)
		}
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, errCut) {
				c.srv.log.Debug("embedded: connection closed", "conn", c.id, "err", err)
			}
			return
		}
		if cap(c.out) > keptAnswer {
			c.out = nil
		}
	}
}

// errCut ends a connection because a fault hook asked for it.
var errCut = errors.New("connection cut by a fault hook")

func (c *conn) answer(m message) error {
	switch m.opCode {
	case opMsg:
		return c.answerMsg(m)
	case opQuery:
		return c.answerQuery(m)
	}
	c.out = startMsg(c.out, m.id)
	c.finishError(errorf(codeIllegalOperation, "operation code %d is not supported by the embedded engine", m.opCode))
	if err := c.send(); err != nil {
		return err
	}
	return errProtocol
}

func (c *conn) answerMsg(m message) error {
	flags, body, seqs, err := parseMsg(m.body)
	if err != nil {
		return err
	}
	c.out = startMsg(c.out, m.id)
	if err := c.run(body, seqs); err != nil {
		return err
	}
	if flags&flagMoreToCome != 0 {
		return nil
	}
	return c.send()
}

// answerQuery answers the handshake in its old form; everything else must come
// as OP_MSG.
func (c *conn) answerQuery(m message) error {
	ns, query, err := parseQuery(m.body)
	if err != nil {
		return err
	}
	c.out = startReply(c.out, m.id)
	if inner, ok := lookup(query, "$query"); ok && inner.isDocument() {
		query = inner.raw()
	}
	if db, isCommand := strings.CutSuffix(ns, ".$cmd"); !isCommand || !handshake(firstKey(query)) {
		c.finishError(errorf(codeUnsupportedOpQuery, "Unsupported OP_QUERY command: %s", firstKey(query)))
	} else if err := c.run(withDatabase(query, db), nil); err != nil {
		return err
	}
	return c.send()
}

func handshake(name string) bool {
	return name == "hello" || name == "isMaster" || name == "ismaster"
}

// withDatabase adds the $db field that OP_QUERY puts into the namespace.
func withDatabase(query bson.Raw, db string) bson.Raw {
	if validate(query) != nil {
		return query // run refuses it
	}
	at, doc := bsoncore.AppendDocumentStart(nil)
	doc = append(doc, query[4:len(query)-1]...)
	doc = bsoncore.AppendStringElement(doc, "$db", db)
	doc, _ = bsoncore.AppendDocumentEnd(doc, at)
	return doc
}

func (c *conn) send() error {
	_, err := c.net.Write(finish(c.out))
	return err
}

// finishError appends an answer that holds only an error.
func (c *conn) finishError(err *CommandError) {
	var at int32
	at, c.out = bsoncore.AppendDocumentStart(c.out)
	c.out = err.appendFields(c.out)
	c.out, _ = bsoncore.AppendDocumentEnd(c.out, at)
}

// run executes a command and appends its answer to c.out.
func (c *conn) run(body bson.Raw, seqs []sequence) error {
	cmd, err := c.parseCommand(body, seqs)
	if err != nil {
		c.finishError(asCommandError(err))
		return nil
	}
	fault := c.srv.fault(cmd)
	if err := c.delay(fault.Delay); err != nil {
		return err
	}
	switch {
	case fault.CutBefore:
		return errCut
	case fault.Err != nil:
		c.finishError(fault.Err)
	default:
		c.execute(cmd)
	}
	if fault.CutAfter {
		return errCut
	}
	return nil
}

func (c *conn) delay(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-c.srv.closing:
		return net.ErrClosed
	}
}

// execute runs the handler and, before anything is answered, waits until the
// journal holds what the handler wrote.
func (c *conn) execute(cmd *command) {
	start := len(c.out)
	var at int32
	at, c.out = bsoncore.AppendDocumentStart(c.out)
	out, err := cmd.handle(c.out)
	if failed := cmd.commit(); failed != nil {
		c.srv.log.Error("embedded: a write is not in the journal", "command", cmd.name, "err", failed)
		err = failed
	}
	if err != nil {
		c.out = c.out[:start]
		c.finishError(asCommandError(err))
		return
	}
	out = bsoncore.AppendDoubleElement(out, "ok", 1)
	c.out, _ = bsoncore.AppendDocumentEnd(out, at)
}

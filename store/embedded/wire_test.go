package embedded

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// msg frames an OP_MSG of a body and raw sections.
func msg(flags uint32, sections ...[]byte) []byte {
	out := appendHeader(nil, 0, opMsg)
	binary.LittleEndian.PutUint32(out[4:], 42)
	out = binary.LittleEndian.AppendUint32(out, flags)
	for _, s := range sections {
		out = append(out, s...)
	}
	return finish(out)
}

func bodySection(doc []byte) []byte { return append([]byte{0}, doc...) }

func sequenceSection(name string, docs ...bson.Raw) []byte {
	payload := append([]byte(name), 0)
	for _, d := range docs {
		payload = append(payload, d...)
	}
	out := binary.LittleEndian.AppendUint32([]byte{1}, uint32(4+len(payload)))
	return append(out, payload...)
}

// dialer speaks the wire protocol by hand.
type dialer struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

func dial(t testing.TB, s *Server) *dialer {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &dialer{t, conn, bufio.NewReader(conn)}
}

func (d *dialer) send(b []byte) {
	d.t.Helper()
	if _, err := d.conn.Write(b); err != nil {
		d.t.Fatal(err)
	}
}

// answer reads one answer and gives its document.
func (d *dialer) answer() bson.M {
	d.t.Helper()
	m, err := readMessage(d.in)
	if err != nil {
		d.t.Fatal(err)
	}
	at := 5
	if m.opCode == opReply {
		at = 20
	}
	var out bson.M
	if err := bson.Unmarshal(m.body[at:], &out); err != nil {
		d.t.Fatal(err)
	}
	return out
}

func (d *dialer) closed() bool {
	d.t.Helper()
	_, err := readMessage(d.in)
	return err != nil
}

func TestOldHandshake(t *testing.T) {
	t.Parallel()
	s, _ := open(t, Options{})
	c := dial(t, s)
	query := func(ns string, q bson.D) []byte {
		out := appendHeader(nil, 0, opQuery)
		out = binary.LittleEndian.AppendUint32(out, 0)
		out = append(append(out, ns...), 0)
		out = binary.LittleEndian.AppendUint64(out, 1<<32)
		return finish(append(out, doc(t, q)...))
	}
	c.send(query("admin.$cmd", d("isMaster", 1, "helloOk", true)))
	if got := c.answer(); got["ismaster"] != true || got["maxWireVersion"] != int32(21) || got["setName"] != nil || got["logicalSessionTimeoutMinutes"] != nil {
		t.Errorf("isMaster: %v", got)
	}
	c.send(query("admin.$cmd", d("$query", d("hello", 1))))
	if got := c.answer(); got["isWritablePrimary"] != true {
		t.Errorf("hello: %v", got)
	}
	c.send(query("test.c", d("x", 1)))
	if got := c.answer(); got["code"] != int32(352) {
		t.Errorf("legacy find: %v", got)
	}
	c.send(query("test.$cmd", d("drop", "c")))
	if got := c.answer(); got["code"] != int32(352) {
		t.Errorf("legacy command: %v", got)
	}
}

func TestMessageSections(t *testing.T) {
	t.Parallel()
	s, db := open(t, Options{})
	c := dial(t, s)
	insert := doc(t, d("insert", "c", "$db", "test"))
	rows := sequenceSection("documents", doc(t, d("_id", 1)), doc(t, d("_id", 2)))
	c.send(msg(0, bodySection(insert), rows))
	if got := c.answer(); got["n"] != int32(2) {
		t.Errorf("sequence: %v", got)
	}
	c.send(msg(0, sequenceSection("documents", doc(t, d("_id", 3))), bodySection(insert)))
	if got := c.answer(); got["n"] != int32(1) {
		t.Errorf("sequence before the body: %v", got)
	}
	c.send(msg(flagChecksum, bodySection(doc(t, d("ping", 1, "$db", "admin"))), []byte{1, 2, 3, 4}))
	if got := c.answer(); got["ok"] != 1.0 {
		t.Errorf("checksum: %v", got)
	}
	// Nothing is answered to what asks for no answer; exhaust is not offered.
	c.send(msg(flagMoreToCome, bodySection(insert), sequenceSection("documents", doc(t, d("_id", 4)))))
	c.send(msg(1<<16, bodySection(doc(t, d("find", "c", "filter", d("_id", 4), "$db", "test")))))
	if got := c.answer()["cursor"].(bson.D); len(got[0].Value.(bson.A)) != 1 {
		t.Errorf("after an unacknowledged insert: %v", got)
	}
	for name, bad := range map[string][]byte{
		"sequence and field": msg(0, bodySection(doc(t, d("insert", "c", "documents", bson.A{}, "$db", "test"))), rows),
		"useless sequence":   msg(0, bodySection(insert), sequenceSection("frobs", doc(t, d("_id", 5)))),
		"no database":        msg(0, bodySection(doc(t, d("ping", 1)))),
		"empty command":      msg(0, bodySection(doc(t, d()))),
	} {
		c.send(bad)
		if got := c.answer(); got["ok"] != 0.0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	if n, err := db.Collection("c").EstimatedDocumentCount(t.Context()); err != nil || n != 4 {
		t.Errorf("documents: %d, %v", n, err)
	}
}

func TestHostileMessages(t *testing.T) {
	t.Parallel()
	s, _ := open(t, Options{})
	header := func(length int32, op int32, rest ...byte) []byte {
		out := appendHeader(nil, 0, op)
		binary.LittleEndian.PutUint32(out, uint32(length))
		return append(out, rest...)
	}
	ping := doc(t, d("ping", 1, "$db", "admin"))
	for name, bad := range map[string][]byte{
		"negative length":      header(-5, opMsg),
		"length of nothing":    header(3, opMsg),
		"too long":             header(maxMessage+1, opMsg),
		"longest":              header(math.MaxInt32, opMsg),
		"compressed":           finish(header(0, opCompressed, 1, 2, 3, 4)),
		"unknown operation":    finish(header(0, 2002, 0, 0, 0, 0)),
		"no body":              msg(0),
		"unknown section":      msg(0, []byte{7, 5, 0, 0, 0, 0}),
		"two bodies":           msg(0, bodySection(ping), bodySection(ping)),
		"section too long":     msg(0, []byte{0, 0xff, 0xff, 0, 0, 0}),
		"section negative":     msg(0, []byte{0, 0xff, 0xff, 0xff, 0xff, 0}),
		"required flag":        msg(1<<5, bodySection(ping)),
		"sequence without end": msg(0, bodySection(ping), []byte{1, 5, 0, 0, 0, 'x'}),
		"short query":          finish(header(0, opQuery, 1, 2)),
	} {
		c := dial(t, s)
		c.send(bad)
		if strings.Contains(name, "compressed") || strings.Contains(name, "operation") {
			if got := c.answer(); got["ok"] != 0.0 {
				t.Errorf("%s: %v", name, got)
			}
		}
		if !c.closed() {
			t.Errorf("%s: the connection stays open", name)
		}
	}
	nested := d("x", 1)
	for range 120 {
		nested = d("x", nested)
	}
	for name, c := range map[string]struct {
		body bson.D
		code int32
	}{
		"nested too deep":    {d("find", "c", "filter", nested, "$db", "test"), codeOverflow},
		"name of a number":   {d("find", 5, "$db", "test"), codeInvalidNamespace},
		"filter of a number": {d("find", "c", "filter", 5, "$db", "test"), codeTypeMismatch},
		"negative limit":     {d("find", "c", "limit", -5, "$db", "test"), 51024},
		"count of a name":    {d("aggregate", "c", "pipeline", bson.A{d("$match", d("_id", 1)), d("$count", "a\x00b")}, "cursor", d(), "$db", "test"), 40156},
	} {
		conn := dial(t, s)
		conn.send(msg(0, bodySection(doc(t, c.body))))
		if got := conn.answer(); got["code"] != c.code {
			t.Errorf("%s: %v, want %d", name, got, c.code)
		}
	}
	broken := doc(t, d("ping", "text", "$db", "admin"))
	copy(broken[bytes.Index(broken, []byte("text"))-4:], []byte{0xff, 0xff, 0xff, 0x7f})
	conn := dial(t, s)
	conn.send(msg(0, bodySection(broken)))
	if got := conn.answer(); got["code"] != int32(codeInvalidBSON) {
		t.Errorf("a string longer than its document: %v", got)
	}
}

// greedy notes how much room it is ever offered.
type greedy struct {
	io.Reader
	most int
}

func (g *greedy) Read(p []byte) (int, error) {
	g.most = max(g.most, len(p))
	return g.Reader.Read(p)
}

// TestLengthFieldAllocatesNothing announces a large message and sends little.
func TestLengthFieldAllocatesNothing(t *testing.T) {
	t.Parallel()
	claim := make([]byte, headerSize+100)
	binary.LittleEndian.PutUint32(claim, maxMessage)
	in := &greedy{Reader: bytes.NewReader(claim)}
	if _, err := readMessage(in); err == nil {
		t.Fatal("a message that was cut short was read")
	}
	if in.most > 4*trustedBody {
		t.Errorf("%d bytes were made ready for a message that never came", in.most)
	}
}

// text makes a document of about n bytes without marshalling them.
func text(id int32, field string, n int) bson.Raw {
	return bsoncore.BuildDocument(nil,
		bsoncore.AppendInt32Element(nil, "_id", id), bsoncore.AppendStringElement(nil, field, strings.Repeat("x", n)))
}

func TestDocumentsTooLarge(t *testing.T) {
	t.Parallel()
	s, _ := open(t, Options{})
	c := dial(t, s)
	run := func(command bson.D, name string, section bson.Raw) bson.M {
		c.send(msg(0, bodySection(doc(t, command)), sequenceSection(name, section)))
		return c.answer()
	}
	failed := func(answer bson.M) int32 {
		errs, _ := answer["writeErrors"].(bson.A)
		if len(errs) != 1 {
			return 0
		}
		return asMap(errs[0].(bson.D))["code"].(int32)
	}
	insert := d("insert", "c", "$db", "test")
	if got := run(insert, "documents", text(1, "s", maxDocument-100)); got["n"] != int32(1) {
		t.Errorf("document of just 16 MB: %v", got)
	}
	if got := run(insert, "documents", text(2, "s", maxDocument)); failed(got) != codeBadValue {
		t.Errorf("document of more than 16 MB: %v", got)
	}
	grow := doc(t, d("q", d("_id", 1), "u", d("$set", d("t", strings.Repeat("y", 200)))))
	if got := run(d("update", "c", "$db", "test"), "updates", grow); failed(got) != codeResultTooLarge {
		t.Errorf("grown document: %v", got)
	}
	c.send(msg(0, bodySection(append(text(1, "s", maxDocument+20_000), 0))))
	if !c.closed() {
		t.Error("a section longer than its document passed")
	}
}

func asMap(doc bson.D) bson.M {
	out := bson.M{}
	for _, e := range doc {
		out[e.Key] = e.Value
	}
	return out
}

func FuzzMessage(f *testing.F) {
	f.Add(msg(0, bodySection(doc(f, d("ping", 1, "$db", "x")))))
	f.Add(msg(1, bodySection(doc(f, d("ping", 1))), sequenceSection("documents", doc(f, d("_id", 1))), []byte{0, 0, 0, 0}))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := readMessage(bytes.NewReader(b))
		if err != nil {
			return
		}
		_, body, seqs, err := parseMsg(m.body)
		if err != nil {
			return
		}
		for _, seq := range seqs {
			for _, d := range seq.docs {
				checkValid(t, d)
			}
		}
		checkValid(t, body)
		_, _, _ = parseQuery(m.body)
	})
}

// checkValid holds validate to the driver's reader, and walks what is valid.
func checkValid(t *testing.T, b []byte) {
	if validate(b) != nil {
		return
	}
	if err := bson.Raw(b).Validate(); err != nil {
		t.Fatalf("valid for the engine, not for the driver: %v", err)
	}
	v := value{bson.TypeEmbeddedDocument, b}
	if compare(v, v) != 0 {
		t.Fatal("a document differs from itself")
	}
	_ = display(v)
	_ = appendKey(nil, v)
}

// FuzzConversation sends arbitrary messages over one connection, framed so that
// they reach the commands. It must be answered or cut off, and the engine must
// serve the next client.
func FuzzConversation(f *testing.F) {
	s, err := Open(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	for _, command := range []bson.D{
		d("insert", "c", "documents", bson.A{d("_id", 1, "a", bson.A{1, d("b", 2)})}, "$db", "t"),
		d("createIndexes", "c", "indexes", bson.A{d("key", d("a.b", 1), "name", "i", "unique", true, "partialFilterExpression", d("a", d("$exists", true)))}, "$db", "t"),
		d("find", "c", "filter", d("a.b", d("$in", bson.A{2, nil}), "$or", bson.A{d("_id", 1)}), "sort", d("a", -1), "projection", d("a.b", 0), "batchSize", 1, "$db", "t"),
		d("getMore", int64(1), "collection", "c", "$db", "t"),
		d("update", "c", "updates", bson.A{d("q", d("_id", 1), "u", d("$push", d("a", d("$each", bson.A{1}, "$slice", -2)), "$inc", d("n", 1)), "upsert", true)}, "$db", "t"),
		d("update", "c", "updates", bson.A{d("q", d("_id", 1), "u", d("$pull", d("a", d("$gt", 1)), "$unset", d("x.y", 1), "$set", d("z.2", 1)))}, "$db", "t"),
		d("findAndModify", "c", "query", d("_id", d("$gte", 0)), "sort", d("_id", -1), "remove", true, "$db", "t"),
		d("aggregate", "c", "pipeline", bson.A{d("$match", d("_id", 1)), d("$group", d("_id", "$a.b", "n", d("$sum", "$n"))), d("$sort", d("n", 1))}, "cursor", d(), "$db", "t"),
		d("count", "c", "query", d("a", d("$elemMatch", d("$gt", 1))), "$db", "t"),
		d("distinct", "c", "key", "a.b", "query", d("_id", 1), "$db", "t"),
		d("delete", "c", "deletes", bson.A{d("q", d("_id", d("$not", d("$size", 1))), "limit", 0)}, "$db", "t"),
		d("listCollections", 1, "filter", d("name", "c"), "$db", "t"),
		d("listIndexes", "c", "$db", "t"), d("dropIndexes", "c", "index", "*", "$db", "t"), d("drop", "c", "$db", "t"),
		d("hello", 1, "$db", "admin"), d("serverStatus", 1, "$db", "admin"),
	} {
		f.Add(uint32(0), []byte(doc(f, command)))
	}
	f.Fuzz(func(t *testing.T, flags uint32, body []byte) {
		client, server := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			c := &conn{srv: s, net: server}
			c.serve()
			server.Close()
		}()
		go func() { _, _ = io.Copy(io.Discard, client) }()
		_, _ = client.Write(msg(flags&^flagChecksum, bodySection(body)))
		_, _ = client.Write(msg(0, bodySection(doc(t, d("ping", 1, "$db", "x")))))
		client.Close()
		<-done
	})
}

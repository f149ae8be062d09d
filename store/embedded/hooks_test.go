package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

func TestOnlyLoopback(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.com:0", "nonsense"} {
		if s, err := Open(Options{Listen: addr}); err == nil {
			s.Close()
			t.Errorf("listens on %s", addr)
		}
	}
	s, err := Open(Options{Listen: "localhost:0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", s.Addr()); err == nil {
		conn.Close()
		t.Error("a closed engine still listens")
	}
}

func TestWatchSeesEveryCommand(t *testing.T) {
	t.Parallel()
	s, db := open(t, Options{})
	var mu sync.Mutex
	seen := map[string]string{}
	s.Watch(func(c Command) Fault {
		mu.Lock()
		defer mu.Unlock()
		if c.Name != "hello" {
			seen[c.Name] = fmt.Sprint(c.Database, " ", c.Collection, " ", c.Body.Lookup("documents", "0", "_id"))
		}
		return Fault{}
	})
	if _, err := db.Collection("c").InsertMany(t.Context(), []any{d("_id", 7), d("_id", 8), d("_id", 9)}); err != nil {
		t.Fatal(err)
	}
	cur, err := db.Collection("c").Find(t.Context(), d("_id", d("$gt", 0)))
	if err != nil {
		t.Fatal(err)
	}
	cur.SetBatchSize(1)
	cur.Close(t.Context())
	s.Watch(nil)
	if err := db.Client().Ping(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if seen["insert"] != `test c {"$numberInt":"7"}` || seen["find"] == "" || seen["ping"] != "" {
		t.Errorf("seen: %q", seen)
	}
}

// faulty is an engine whose next command of a name meets a fault.
func faulty(t *testing.T, name string, f Fault) *mongo.Collection {
	t.Helper()
	s, db := open(t, Options{})
	coll := db.Collection("c")
	if _, err := coll.InsertOne(t.Context(), d("_id", 0)); err != nil {
		t.Fatal(err)
	}
	var once atomic.Bool
	s.Watch(func(c Command) Fault {
		if c.Name == name && once.CompareAndSwap(false, true) {
			return f
		}
		return Fault{}
	})
	return coll
}

func TestFaults(t *testing.T) {
	t.Parallel()
	stored := func(coll *mongo.Collection) bool {
		t.Helper()
		err := coll.FindOne(t.Context(), d("_id", 1)).Err()
		if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
			t.Error(err)
		}
		return err == nil
	}
	coll := faulty(t, "insert", Fault{CutBefore: true})
	if _, err := coll.InsertOne(t.Context(), d("_id", 1)); !mongo.IsNetworkError(err) || stored(coll) {
		t.Errorf("cut before: %v, stored %v", err, stored(coll))
	}
	coll = faulty(t, "insert", Fault{CutAfter: true})
	if _, err := coll.InsertOne(t.Context(), d("_id", 1)); !mongo.IsNetworkError(err) || !stored(coll) {
		t.Errorf("cut after: %v, stored %v", err, stored(coll))
	}
	coll = faulty(t, "insert", Fault{Err: &CommandError{Code: 91, Name: "ShutdownInProgress", Message: "going down", Labels: []string{"Bad"}}})
	_, err := coll.InsertOne(t.Context(), d("_id", 1))
	var ce mongo.ServerError
	if !errors.As(err, &ce) || !ce.HasErrorCode(91) || !ce.HasErrorLabel("Bad") || !ce.HasErrorMessage("going down") {
		t.Errorf("error: %v", err)
	}
	coll = faulty(t, "insert", Fault{Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := coll.InsertOne(ctx, d("_id", 1)); !mongo.IsTimeout(err) {
		t.Errorf("delayed: %v", err)
	}
	// Close does not wait for what is delayed.
}

func TestCursorsAreFreed(t *testing.T) {
	t.Parallel()
	var clock atomic.Int64
	s, db := open(t, Options{Now: func() time.Time { return time.Unix(clock.Load(), 0) }})
	var docs []bson.D
	for i := range 30 {
		docs = append(docs, d("_id", i))
	}
	if _, err := db.Collection("c").InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	find := doc(t, d("find", "c", "filter", d("_id", d("$gte", 0)), "batchSize", 10, "$db", "test"))
	start := func(c *dialer) int64 {
		c.send(msg(0, bodySection(find)))
		return c.answer()["cursor"].(bson.D)[1].Value.(int64)
	}
	next := func(c *dialer, id int64) bson.M {
		c.send(msg(0, bodySection(doc(t, d("getMore", id, "collection", "c", "batchSize", 10, "$db", "test")))))
		return c.answer()
	}
	first, second := dial(t, s), dial(t, s)
	id := start(first)
	if got := next(second, id); got["ok"] != 1.0 {
		t.Errorf("over another connection: %v", got)
	}
	if got := next(second, id); got["ok"] != 1.0 || s.cursors.open() != 1 {
		t.Errorf("last full batch: %v, %d open", got, s.cursors.open())
	}
	if got := next(second, id); got["ok"] != 1.0 || s.cursors.open() != 0 {
		t.Errorf("end: %v, %d open", got, s.cursors.open())
	}

	// With its connection a cursor loses its long life, with the last
	// connection its life.
	id = start(first)
	first.conn.Close()
	waitFor(t, "the connection to be gone", func() bool {
		s.cursors.mu.Lock()
		defer s.cursors.mu.Unlock()
		return s.cursors.byID[id].conn == nil
	})
	clock.Add(61)
	s.cursors.sweep()
	if n := s.cursors.open(); n != 0 {
		t.Errorf("%d cursors outlive their connection", n)
	}
	id = start(second)
	clock.Add(601)
	if got := next(second, id); got["code"] != int32(codeCursorNotFound) {
		t.Errorf("idle cursor: %v", got)
	}
	start(second)
	if err := db.Client().Disconnect(t.Context()); err != nil {
		t.Fatal(err)
	}
	second.conn.Close()
	waitFor(t, "all cursors to be freed", func() bool { return s.cursors.open() == 0 })
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestCursorsAreBounded(t *testing.T) {
	t.Parallel()
	s, db := open(t, Options{})
	if _, err := db.Collection("c").InsertMany(t.Context(), []any{d("_id", 1), d("_id", 2)}); err != nil {
		t.Fatal(err)
	}
	c := dial(t, s)
	find := doc(t, d("find", "c", "filter", d("_id", d("$gte", 0)), "batchSize", 1, "$db", "test"))
	for range maxCursors {
		c.send(msg(0, bodySection(find)))
		if got := c.answer(); got["ok"] != 1.0 {
			t.Fatal(got)
		}
	}
	c.send(msg(0, bodySection(find)))
	if got := c.answer(); got["code"] != int32(codeMemoryLimit) {
		t.Errorf("one cursor too many: %v", got)
	}
	c.send(msg(0, bodySection(doc(t, d("drop", "c", "$db", "test")))))
	c.answer()
	s.cursors.mu.Lock()
	var id int64
	for id = range s.cursors.byID {
		break
	}
	s.cursors.mu.Unlock()
	c.send(msg(0, bodySection(doc(t, d("getMore", id, "collection", "c", "$db", "test")))))
	if got := c.answer(); got["code"] != int32(175) {
		t.Errorf("getMore of a dropped collection: %v", got)
	}
}

func TestExpiredDocumentsAreDeleted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := time.Unix(1_700_000_000, 0)
	var passed atomic.Int64
	s, db := open(t, Options{Dir: dir, Now: func() time.Time { return now.Add(time.Duration(passed.Load())) }})
	coll := db.Collection("c")
	if err := db.RunCommand(t.Context(), d("createIndexes", "c", "indexes", bson.A{
		d("key", d("at", 1), "name", "at", "expireAfterSeconds", 60),
		d("key", d("end", -1), "name", "end", "expireAfterSeconds", 0, "partialFilterExpression", d("temporary", true)),
	})).Err(); err != nil {
		t.Fatal(err)
	}
	old, young := bson.NewDateTimeFromTime(now.Add(-time.Minute)), bson.NewDateTimeFromTime(now.Add(-time.Minute+time.Millisecond))
	past := bson.NewDateTimeFromTime(now.Add(-time.Hour))
	var docs []bson.D
	for i := range 1100 {
		docs = append(docs, d("_id", 100+i, "at", past))
	}
	docs = append(docs,
		d("_id", 1, "at", old), d("_id", 2, "at", young), d("_id", 3), d("_id", 4, "at", "no date"), d("_id", 5, "at", int64(5)),
		d("_id", 6, "at", bson.A{young, old}), d("_id", 7, "at", bson.A{young}),
		d("_id", 8, "end", past), d("_id", 9, "end", past, "temporary", true), d("_id", 10, "at", nil),
	)
	if _, err := coll.InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	if n, err := s.DeleteExpired(); err != nil || n != 1103 {
		t.Errorf("deleted %d, %v", n, err)
	}
	var left []int32
	if err := coll.Distinct(t.Context(), "_id", d()).Decode(&left); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(left); got != "[2 3 4 5 7 8 10]" {
		t.Errorf("left: %s", got)
	}
	passed.Store(int64(time.Second))
	if n, err := s.DeleteExpired(); err != nil || n != 2 {
		t.Errorf("a second later: deleted %d, %v", n, err)
	}
}

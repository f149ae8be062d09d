// Package conformance checks that a server behaves as MongoDB 6 and 7 do where
// the product relies on it. The same checks run against the embedded engine and
// against a real server.
package conformance

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Run checks the server behind uri. It works in databases of its own, which it
// drops.
func Run(t *testing.T, uri string) {
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetTimeout(30 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	s := &suite{client: client, stamp: time.Now().UnixNano()}
	for name, check := range map[string]func(*testing.T, *mongo.Database){
		"Filters":       filters,
		"Arrays":        arrays,
		"Sort":          sorts,
		"Pages":         pages,
		"Projections":   projections,
		"Inserts":       inserts,
		"Updates":       updates,
		"Operators":     operators,
		"FindAndModify": findAndModify,
		"DuplicateKeys": duplicateKeys,
		"PartialUnique": partialUnique,
		"Indexes":       indexes,
		"Counts":        counts,
		"Aggregations":  aggregations,
		"Cursors":       cursors,
		"Collections":   collections,
		"GridFS":        gridFS,
		"BadUpdates":    badUpdates,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, s.database(t))
		})
	}
}

type suite struct {
	client *mongo.Client
	stamp  int64
	n      atomic.Int64
}

// database gives a check a database of its own.
func (s *suite) database(t *testing.T) *mongo.Database {
	db := s.client.Database(fmt.Sprintf("conformance_%d_%d", s.stamp, s.n.Add(1)))
	t.Cleanup(func() {
		if err := db.Drop(context.Background()); err != nil {
			t.Errorf("dropping %s: %v", db.Name(), err)
		}
	})
	return db
}

// index declares an index.
func index(t *testing.T, coll *mongo.Collection, keys bson.D, opts ...*options.IndexOptionsBuilder) {
	t.Helper()
	model := mongo.IndexModel{Keys: keys}
	if len(opts) > 0 {
		model.Options = opts[0]
	}
	if _, err := coll.Indexes().CreateOne(t.Context(), model); err != nil {
		t.Fatalf("creating index %v: %v", keys, err)
	}
}

// d makes a document of names and values in turn.
func d(pairs ...any) bson.D {
	out := bson.D{}
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, bson.E{Key: pairs[i].(string), Value: pairs[i+1]})
	}
	return out
}

// a makes an array.
func a(items ...any) bson.A { return append(bson.A{}, items...) }

// list makes the list of _id values a test expects.
func list(ids ...any) []any { return append([]any{}, ids...) }

// same compares what was got with what was wanted.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// code gives the number of a command's or a write's error; 0: there is none.
func code(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	var server mongo.ServerError
	if !errors.As(err, &server) {
		t.Errorf("not an error of the server: %v", err)
		return -1
	}
	return server.ErrorCodes()[0]
}

func insert(t *testing.T, coll *mongo.Collection, docs ...bson.D) {
	t.Helper()
	if _, err := coll.InsertMany(t.Context(), docs); err != nil {
		t.Fatalf("inserting: %v", err)
	}
}

// ids gives the _id of each document a find gives, in its order.
func ids(t *testing.T, coll *mongo.Collection, filter any, opts ...options.Lister[options.FindOptions]) []any {
	t.Helper()
	cur, err := coll.Find(t.Context(), filter, opts...)
	if err != nil {
		t.Fatalf("find %v: %v", filter, err)
	}
	out := []any{}
	for cur.Next(t.Context()) {
		var doc struct {
			ID any `bson:"_id"`
		}
		if err := cur.Decode(&doc); err != nil {
			t.Fatal(err)
		}
		out = append(out, doc.ID)
	}
	if err := cur.Err(); err != nil {
		t.Fatalf("find %v: %v", filter, err)
	}
	return out
}

// one gives the document with an _id.
func one(t *testing.T, coll *mongo.Collection, id any) bson.D {
	t.Helper()
	var doc bson.D
	if err := coll.FindOne(t.Context(), bson.D{{Key: "_id", Value: id}}).Decode(&doc); err != nil {
		t.Fatalf("document %v: %v", id, err)
	}
	return doc
}

// Package storetest opens databases for tests: the embedded engine, or with
// MONGODB_URI set a fresh database of that server.
package storetest

import (
	"context"
	"crypto/rand"
	"os"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/store"
	"shixi/store/embedded"
)

// Server is a running database for one test.
type Server struct {
	URI string
	// Engine is the embedded engine; nil when the tests run against a real
	// server.
	Engine *embedded.Server
	// Database is this test's own.
	Database string
	keyset   string
}

// Start runs the embedded engine, or takes the server of MONGODB_URI.
func Start(tb testing.TB) *Server {
	tb.Helper()
	return StartAt(tb, nil)
}

// StartAt is Start for a test with a clock of its own, by which the embedded
// engine deletes what is over, too: a real one would find all of it long over.
func StartAt(tb testing.TB, now func() time.Time) *Server {
	tb.Helper()
	keyset, err := store.NewKeyset()
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{URI: os.Getenv("MONGODB_URI"), Database: "test_" + rand.Text()[:12], keyset: keyset}
	if s.URI != "" {
		tb.Cleanup(func() { s.drop(tb) })
		return s
	}
	if s.Engine, err = embedded.Open(embedded.Options{Now: now}); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Engine.Close(); err != nil {
			tb.Errorf("close engine: %v", err)
		}
	})
	s.URI = s.Engine.URI()
	return s
}

// Open opens the test's database, with its indexes; alter changes the options.
// Opening it again is a second process on the same database.
func (s *Server) Open(tb testing.TB, alter func(*store.Options)) *store.DB {
	tb.Helper()
	o := store.Options{URI: s.URI, Database: s.Database, Keyset: s.keyset}
	if alter != nil {
		alter(&o)
	}
	db, err := store.Open(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = db.Close(ctx)
	})
	if _, err := db.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return db
}

// Raw is the test's database without the store: for reading what is really
// kept, and for planting what the store would not write.
func (s *Server) Raw(tb testing.TB) *mongo.Database {
	tb.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(s.URI))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = client.Disconnect(ctx)
	})
	return client.Database(s.Database)
}

// Open is Start and Open for tests that need one database only.
func Open(tb testing.TB) *store.DB {
	tb.Helper()
	return Start(tb).Open(tb, nil)
}

func (s *Server) drop(tb testing.TB) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI(s.URI))
	if err != nil {
		tb.Errorf("drop %s: %v", s.Database, err)
		return
	}
	defer func() { _ = client.Disconnect(ctx) }()
	if err := client.Database(s.Database).RunCommand(ctx, bson.D{{Key: "dropDatabase", Value: 1}}).Err(); err != nil {
		tb.Errorf("drop %s: %v", s.Database, err)
	}
}

// Package store keeps the documents: aggregates that change through their own
// methods only, rows that are machinery, declared queries beside their
// indexes, and files (design.md §3).
package store

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"shixi/internship"
)

// Options say where the documents are kept.
type Options struct {
	// URI of the database server; required.
	URI string
	// Database is the name of the database; empty: the one that the URI names,
	// else "shixi".
	Database string
	// Keyset seals personal data, as NewKeyset makes it; required.
	Keyset string
	// OnSaved is told of each saved document that has events waiting, and of
	// each new SMS row (collection SMSRows); it must not block. nil: only the
	// sweeper finds them.
	OnSaved func(collection, id string)
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Log is told what no caller can be; nil: discarded.
	Log *slog.Logger
	// Monitor sees every command, for counting; may be nil.
	Monitor *event.CommandMonitor
}

// DB is the open database with its collections.
type DB struct {
	Enterprises *Collection[internship.Enterprise, *internship.Enterprise]
	Accounts    *Collection[internship.Account, *internship.Account]
	Positions   *Collection[internship.Position, *internship.Position]
	Placements  *Collection[internship.Placement, *internship.Placement]
	Plans       *Collection[internship.Plan, *internship.Plan]
	Students    *Collection[internship.Student, *internship.Student]
	Schools     *Collection[internship.School, *internship.School]
	Recoveries  *Collection[internship.Recovery, *internship.Recovery]

	client   *mongo.Client
	database *mongo.Database
	box      *box
	onSaved  func(collection, id string)
	now      func() time.Time
	log      *slog.Logger
}

// Open connects; it does not wait for the server to answer (see Ping) and
// does not touch indexes (see Migrate and Missing).
func Open(o Options) (*DB, error) {
	b, err := openBox(o.Keyset)
	if err != nil {
		return nil, err
	}
	client, err := mongo.Connect(clientOptions(o))
	if err != nil {
		return nil, fmt.Errorf("store: connect: %w", err)
	}
	if o.Database == "" {
		o.Database = databaseOf(o.URI)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	db := &DB{client: client, database: client.Database(o.Database), box: b, onSaved: o.OnSaved, now: o.Now, log: o.Log}
	db.Enterprises = newCollection[internship.Enterprise](db, "enterprises")
	db.Accounts = newCollection[internship.Account](db, "accounts")
	db.Positions = newCollection[internship.Position](db, "positions")
	db.Placements = newCollection[internship.Placement](db, "placements")
	db.Plans = newCollection[internship.Plan](db, "plans")
	db.Students = newCollection[internship.Student](db, "students")
	db.Schools = newCollection[internship.School](db, "schools")
	db.Recoveries = newCollection[internship.Recovery](db, "recoveries")
	return db, nil
}

// databaseOf is the database that a connection string names, else "shixi".
func databaseOf(uri string) string {
	_, rest, _ := strings.Cut(uri, "://")
	_, rest, _ = strings.Cut(rest, "/")
	name, _, _ := strings.Cut(rest, "?")
	if name == "" {
		return "shixi"
	}
	return name
}

// clientOptions fix what must not depend on a connection string: writes are
// acknowledged by the majority's journals, reads ask the primary.
func clientOptions(o Options) *options.ClientOptions {
	yes := true
	co := options.Client().ApplyURI(o.URI).
		SetWriteConcern(&writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &yes}).
		SetReadPreference(readpref.Primary()).
		SetConnectTimeout(3 * time.Second).
		SetServerSelectionTimeout(3 * time.Second).
		SetMaxPoolSize(200)
	if o.Monitor != nil {
		co.SetMonitor(o.Monitor)
	}
	return co
}

// Ping says whether the primary answers; internship.ErrUnavailable if not.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.client.Ping(ctx, readpref.Primary()); err != nil {
		return fmt.Errorf("store: ping: %w", readError(err))
	}
	return nil
}

// Close ends the connections, waiting for those in use until ctx is done.
func (db *DB) Close(ctx context.Context) error {
	if err := db.client.Disconnect(ctx); err != nil {
		return fmt.Errorf("store: close: %w", err)
	}
	return nil
}

// Now is the store's clock.
func (db *DB) Now() time.Time { return db.now() }

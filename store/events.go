package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

var (
	eventsBySeq      = &Index{Collection: "events", Name: "seq", Keys: []string{"seq"}, Unique: true, Exists: []string{"seq"}}
	eventsUnnumbered = &Index{Collection: "events", Name: "unnumbered", Keys: []string{"unnumbered"}, Exists: []string{"unnumbered"}}
	eventsByAudience = &Index{Collection: "events", Name: "audience", Keys: []string{"audience", "seq"}, Exists: []string{"seq"}}
)

// numberBatch is how many events are numbered at a time.
const numberBatch = 200

// EventRow is an event in the partners' feed. It is inserted unnumbered; the
// numberer gives Seq, contiguous from 1, so a reader with a cursor can't miss
// one (design.md §4).
type EventRow struct {
	internship.Event `bson:",inline"`
	RowID            string `bson:"_id"`
	Seq              int64  `bson:"seq,omitempty"`
	// Unnumbered is when it was inserted, while it has no Seq.
	Unnumbered *time.Time `bson:"unnumbered,omitempty"`
}

// AddEvents inserts events that are not there yet, in one command.
func (db *DB) AddEvents(ctx context.Context, events []internship.Event) error {
	rows, now := make([]any, len(events)), db.now()
	for i, e := range events {
		rows[i] = EventRow{Event: e, RowID: e.ID, Unnumbered: &now}
	}
	return db.addRows(ctx, "events", rows)
}

// addRows inserts rows with deterministic ids; those already there are left.
func (db *DB) addRows(ctx context.Context, collection string, rows []any) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := db.database.Collection(collection).InsertMany(ctx, rows, options.InsertMany().SetOrdered(false))
	if onlyDuplicates(err) {
		return nil
	}
	return machineryError("add "+collection, err)
}

func onlyDuplicates(err error) bool {
	var bulk mongo.BulkWriteException
	if !errors.As(err, &bulk) || bulk.WriteConcernError != nil {
		return false
	}
	for _, w := range bulk.WriteErrors {
		if !w.HasErrorCode(11000) {
			return false
		}
	}
	return true
}

// NumberEvents gives the next numbers to waiting events, oldest first, and
// returns how many it numbered. The unique index is the fence: of two
// numberers, one stops at the first number the other took.
func (db *DB) NumberEvents(ctx context.Context) (int, error) {
	coll := db.database.Collection("events")
	cur, err := coll.Find(ctx, bson.D{{Key: "unnumbered", Value: bson.D{{Key: "$exists", Value: true}}}},
		options.Find().SetSort(bson.D{{Key: "unnumbered", Value: 1}}).SetLimit(numberBatch).SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return 0, machineryError("number events", err)
	}
	var waiting []struct {
		ID string `bson:"_id"`
	}
	if err := cur.All(ctx, &waiting); err != nil || len(waiting) == 0 {
		return 0, machineryError("number events", err)
	}
	last, err := db.LastSeq(ctx)
	if err != nil {
		return 0, err
	}
	for n, w := range waiting {
		res, err := coll.UpdateOne(ctx, bson.D{{Key: "_id", Value: w.ID}, {Key: "unnumbered", Value: bson.D{{Key: "$exists", Value: true}}}},
			bson.D{{Key: "$set", Value: bson.D{{Key: "seq", Value: last + 1}}}, {Key: "$unset", Value: bson.D{{Key: "unnumbered", Value: ""}}}})
		if mongo.IsDuplicateKeyError(err) {
			return n, nil
		}
		if err != nil {
			return n, machineryError("number events", err)
		}
		if res.ModifiedCount == 0 {
			return n, nil // another numberer is at work: leave the rest to it
		}
		last++
	}
	return len(waiting), nil
}

// LastSeq is the highest number given; 0 before the first.
func (db *DB) LastSeq(ctx context.Context) (int64, error) {
	var top struct{ Seq int64 }
	err := db.database.Collection("events").FindOne(ctx, bson.D{{Key: "seq", Value: bson.D{{Key: "$exists", Value: true}, {Key: "$gt", Value: 0}}}},
		options.FindOne().SetSort(bson.D{{Key: "seq", Value: -1}})).Decode(&top)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return 0, machineryError("last seq", err)
	}
	return top.Seq, nil
}

// Events reads numbered events after a cursor, oldest first: those of an
// audience and those of every school (internship.AllSchools); audience "" reads
// those of everybody.
//
// The two are read one after the other, so both only up to the highest number
// given before: what is numbered meanwhile might show in one and not yet in the
// other, and a cursor beyond it would miss it.
func (db *DB) Events(ctx context.Context, audience string, after int64, limit int) ([]EventRow, error) {
	limit = clampLimit(limit)
	if audience == "" {
		return db.events(ctx, bson.D{}, bson.D{{Key: "$exists", Value: true}, {Key: "$gt", Value: after}}, limit)
	}
	last, err := db.LastSeq(ctx)
	if err != nil || last <= after {
		return nil, err
	}
	var rows []EventRow
	for _, of := range []string{audience, internship.AllSchools} {
		some, err := db.events(ctx, bson.D{{Key: "audience", Value: of}},
			bson.D{{Key: "$exists", Value: true}, {Key: "$gt", Value: after}, {Key: "$lte", Value: last}}, limit)
		if err != nil {
			return nil, err
		}
		rows = append(rows, some...)
	}
	slices.SortFunc(rows, func(x, y EventRow) int { return cmp.Compare(x.Seq, y.Seq) })
	rows = slices.CompactFunc(rows, func(x, y EventRow) bool { return x.Seq == y.Seq }) // told to both
	return rows[:min(len(rows), limit)], nil
}

func (db *DB) events(ctx context.Context, filter, seq bson.D, limit int) ([]EventRow, error) {
	cur, err := db.database.Collection("events").Find(ctx, append(filter, bson.E{Key: "seq", Value: seq}),
		options.Find().SetSort(bson.D{{Key: "seq", Value: 1}}).SetLimit(int64(limit)))
	if err != nil {
		return nil, machineryError("events", err)
	}
	var rows []EventRow
	if err := cur.All(ctx, &rows); err != nil {
		return nil, machineryError("events", err)
	}
	return rows, nil
}

// DueOutboxes lists the ids of documents whose events should have been
// relayed by now, of one collection.
func (db *DB) DueOutboxes(ctx context.Context, collection string, limit int) ([]string, error) {
	cur, err := db.database.Collection(collection).Find(ctx,
		bson.D{{Key: "relayAt", Value: bson.D{{Key: "$exists", Value: true}, {Key: "$lte", Value: db.now()}}}},
		options.Find().SetSort(bson.D{{Key: "relayAt", Value: 1}}).SetLimit(int64(limit)).SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return nil, machineryError("due outboxes", err)
	}
	var rows []struct {
		ID string `bson:"_id"`
	}
	if err := cur.All(ctx, &rows); err != nil {
		return nil, machineryError("due outboxes", err)
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids, nil
}

// Collections names the collections whose documents have an outbox.
func Collections() []string { return aggregates }

// Outbox reads the events that wait in a document.
func (db *DB) Outbox(ctx context.Context, collection, id string) ([]internship.Event, error) {
	o, ok := db.outboxes()[collection]
	if !ok {
		return nil, fmt.Errorf("store: no collection %q", collection)
	}
	return o.outbox(ctx, id)
}

// TakeOut removes events from a document's outbox once they are passed on.
func (db *DB) TakeOut(ctx context.Context, collection, id string, events []internship.Event) error {
	o, ok := db.outboxes()[collection]
	if !ok {
		return fmt.Errorf("store: no collection %q", collection)
	}
	return o.takeOut(ctx, id, events)
}

type outboxed interface {
	outbox(ctx context.Context, id string) ([]internship.Event, error)
	takeOut(ctx context.Context, id string, events []internship.Event) error
}

func (db *DB) outboxes() map[string]outboxed {
	return map[string]outboxed{
		"enterprises": db.Enterprises, "accounts": db.Accounts, "positions": db.Positions,
		"placements": db.Placements, "plans": db.Plans, "students": db.Students, "schools": db.Schools, "recoveries": db.Recoveries,
	}
}

func (c *Collection[T, P]) outbox(ctx context.Context, id string) ([]internship.Event, error) {
	doc, err := c.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return doc.Self().Outbox, nil
}

func (c *Collection[T, P]) takeOut(ctx context.Context, id string, events []internship.Event) error {
	ids := map[string]bool{}
	for _, e := range events {
		ids[e.ID] = true
	}
	ctx = WithOp(ctx, rand.Text()) // a relay inside the request that made the events is a change of its own
	_, err := c.Update(ctx, id, func(doc P) error {
		root := doc.Self()
		before := len(root.Outbox)
		root.Relayed(ids)
		if len(root.Outbox) == before {
			return Unchanged
		}
		return nil
	})
	return err
}

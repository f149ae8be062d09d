package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

// Limits of idempotency keys (design.md §6).
const (
	// keepAnswers is how long an answer can be asked for again.
	keepAnswers = 24 * time.Hour
	// abandoned is when a request in flight is taken to be dead, so that the
	// same one may run again under the same op id.
	abandoned = 30 * time.Second
)

// Answer is what a request was answered with.
type Answer struct {
	Status int    `bson:"status"`
	Body   []byte `bson:"body"`
}

type idempotencyRow struct {
	ID       string    `bson:"_id"`
	BodyHash string    `bson:"bodyHash"`
	Started  time.Time `bson:"started"`
	Expires  time.Time `bson:"expires"`
	// Answer's body is sealed: it may hold personal data or a code that is
	// shown once.
	Answer *Answer `bson:"answer,omitempty"`
}

// BeginOnce starts a request under its idempotency key. It returns the answer
// of an earlier, finished one, or nil when the act is to run. Errors:
// internship.ErrInFlight while another runs, internship.ErrKeyReused when the
// key came with another body.
func (db *DB) BeginOnce(ctx context.Context, id, bodyHash string) (*Answer, error) {
	coll, now := db.database.Collection("idempotency"), db.now()
	row := idempotencyRow{ID: id, BodyHash: bodyHash, Started: now, Expires: now.Add(keepAnswers)}
	for range 3 {
		_, err := coll.InsertOne(ctx, row)
		if !mongo.IsDuplicateKeyError(err) {
			return nil, machineryError("begin once", err) // inserted: no earlier answer, the act is to run
		}
		var old idempotencyRow
		err = coll.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&old)
		switch {
		case err == nil:
			return db.resume(ctx, old, bodyHash, now)
		case !errors.Is(err, mongo.ErrNoDocuments):
			return nil, machineryError("begin once", err)
		} // forgotten in between: begin anew
	}
	return nil, internship.ErrInFlight
}

// resume says what an earlier request under the same key means for this one.
func (db *DB) resume(ctx context.Context, old idempotencyRow, bodyHash string, now time.Time) (*Answer, error) {
	switch {
	case old.BodyHash != bodyHash:
		return nil, internship.ErrKeyReused
	case old.Answer != nil:
		return db.openAnswer(old.ID, old.Answer)
	case now.Sub(old.Started) < abandoned:
		return nil, internship.ErrInFlight
	}
	res := db.database.Collection("idempotency").FindOneAndUpdate(ctx,
		append(unanswered(old.ID), bson.E{Key: "started", Value: old.Started}),
		bson.D{{Key: "$set", Value: bson.D{{Key: "started", Value: now}}}},
		options.FindOneAndUpdate().SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if errors.Is(res.Err(), mongo.ErrNoDocuments) {
		return nil, internship.ErrInFlight
	}
	return nil, machineryError("begin once", res.Err())
}

// unanswered finds a request that is not finished. A run taken for dead may
// come back after the one that replaced it: what that answered stays.
func unanswered(id string) bson.D {
	return bson.D{{Key: "_id", Value: id}, {Key: "answer", Value: bson.D{{Key: "$exists", Value: false}}}}
}

// EndOnce keeps the answer of a finished request; the first answer stays.
func (db *DB) EndOnce(ctx context.Context, id string, a Answer) error {
	var err error
	if a.Body, err = db.box.aead.Encrypt(a.Body, associated("idempotency", "answer", id)); err != nil {
		return fmt.Errorf("store: end once: %w", err)
	}
	_, err = db.database.Collection("idempotency").UpdateOne(ctx, unanswered(id),
		bson.D{{Key: "$set", Value: bson.D{{Key: "answer", Value: a}}}})
	return machineryError("end once", err)
}

// openAnswer unseals a kept answer.
func (db *DB) openAnswer(id string, a *Answer) (*Answer, error) {
	body, err := db.box.aead.Decrypt(a.Body, associated("idempotency", "answer", id))
	if err != nil {
		return nil, fmt.Errorf("store: open answer: %w", internship.ErrInternal.Because(err))
	}
	return &Answer{Status: a.Status, Body: body}, nil
}

// DropOnce forgets a request that changed nothing and may be made again, such
// as one refused because the database was away.
func (db *DB) DropOnce(ctx context.Context, id string) error {
	_, err := db.database.Collection("idempotency").DeleteOne(ctx, unanswered(id))
	return machineryError("drop once", err)
}

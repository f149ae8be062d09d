package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

// States of a subscriber, beside JobWaiting: live, and events wait for it.
const (
	// SubscriberLive: nothing waits.
	SubscriberLive = "live"
	// SubscriberPaused: the operator's file has no address for it any more.
	SubscriberPaused = "paused"
	// SubscriberDead: its address has failed for too long; a person puts it back.
	SubscriberDead = "dead"
)

var (
	subscribersDue        = &Index{Collection: "subscribers", Name: "due", Keys: []string{"sweepAt"}, Where: bson.D{{Key: "state", Value: JobWaiting}}}
	subscribersByAudience = &Index{Collection: "subscribers", Name: "audience", Keys: []string{"audience"}}
)

const (
	// maxSubscribers bounds a listing: one per key of the operator's file.
	maxSubscribers = 10_000
	// tellBatch is how many events are told at a time.
	tellBatch = 500
	// toldID is the row of "cursors" that says up to which event subscribers
	// were told.
	toldID = "webhooks"
)

// Subscriber is a partner that events are posted to, and how far it has come.
// The row alone decides whether something is to be delivered (design.md §4).
type Subscriber struct {
	// ID is that of the partner's key.
	ID   string `bson:"_id"`
	Work `bson:",inline"`
	// Audience is the school whose events concern it; empty: all do.
	Audience string `bson:"audience"`
	// Cursor: all events that concern it up to this number are delivered.
	Cursor int64 `bson:"cursor"`
	// Wanted: no event above this number is known to concern it. At rest it is
	// no greater than Cursor.
	Wanted int64 `bson:"wanted"`
	// Failures counts the attempts that failed since the last success;
	// FailingSince is when the first of them ended. Error is why the last failed.
	Failures     int       `bson:"failures,omitempty"`
	FailingSince time.Time `bson:"failingSince,omitempty"`
	Error        string    `bson:"error,omitempty"`
	// DeliveredAt is the last success.
	DeliveredAt time.Time `bson:"deliveredAt,omitempty"`
}

// Subscribers lists all of them by id.
func (db *DB) Subscribers(ctx context.Context) ([]Subscriber, error) {
	cur, err := db.database.Collection("subscribers").Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: ""}}}},
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(maxSubscribers))
	if err != nil {
		return nil, machineryError("subscribers", err)
	}
	var all []Subscriber
	if err := cur.All(ctx, &all); err != nil {
		return nil, machineryError("subscribers", err)
	}
	return all, nil
}

// AddSubscriber adds one whose events begin after a number, a negative one
// meaning the last there is. One that is there stays as it is, but goes on if
// it was paused.
func (db *DB) AddSubscriber(ctx context.Context, id, audience string, after int64) error {
	last, err := db.LastSeq(ctx)
	if err != nil {
		return err
	}
	// What is numbered from now on must be told, so the telling begins before
	// the row is there.
	_, err = db.database.Collection("cursors").InsertOne(ctx, bson.D{{Key: "_id", Value: toldID}, {Key: "seq", Value: last}})
	if err != nil && !mongo.IsDuplicateKeyError(err) {
		return machineryError("add subscriber", err)
	}
	if after < 0 {
		after = last
	}
	s := Subscriber{ID: id, Work: Work{State: SubscriberPaused, CreatedAt: db.now()}, Audience: audience, Cursor: after}
	_, err = db.database.Collection("subscribers").InsertOne(ctx, s)
	if err != nil && !mongo.IsDuplicateKeyError(err) {
		return machineryError("add subscriber", err)
	}
	_, err = db.ResumeSubscriber(ctx, id, SubscriberPaused)
	return err
}

// DirectSubscriber makes another school's events concern it, empty for all:
// those after its cursor.
func (db *DB) DirectSubscriber(ctx context.Context, id, audience string) error {
	if _, err := db.turnSubscriber(ctx, "direct subscriber", bson.D{{Key: "_id", Value: id}}, bson.D{{Key: "audience", Value: audience}}, nil); err != nil {
		return err
	}
	wanted, err := db.everything(ctx)
	if err != nil {
		return err
	}
	_, err = db.turnSubscriber(ctx, "direct subscriber", bson.D{{Key: "_id", Value: id}}, nil, wanted)
	return err
}

// everything makes a subscriber want all events there are. It is to be asked
// for when the row stands as it should: what is numbered later is told.
func (db *DB) everything(ctx context.Context) (bson.D, error) {
	last, err := db.LastSeq(ctx)
	return bson.D{{Key: "wanted", Value: last}}, err
}

// PauseSubscriber stops deliveries to one that is not dead; false when it is
// in no state to be paused. A delivery under way does not count any more.
func (db *DB) PauseSubscriber(ctx context.Context, id string) (bool, error) {
	return db.turnSubscriber(ctx, "pause subscriber", bson.D{{Key: "_id", Value: id}, {Key: "state", Value: anyOf(SubscriberLive, JobWaiting)}},
		bson.D{{Key: "state", Value: SubscriberPaused}, {Key: "owner", Value: ""}}, nil)
}

// ResumeSubscriber lets deliveries to one in any of the given states start
// anew, now and where they stopped, its failures forgotten; false when it is in
// none of them, or being served.
func (db *DB) ResumeSubscriber(ctx context.Context, id string, states ...string) (bool, error) {
	wanted, err := db.everything(ctx)
	if err != nil {
		return false, err
	}
	now := db.now()
	return db.turnSubscriber(ctx, "resume subscriber",
		bson.D{{Key: "_id", Value: id}, {Key: "state", Value: anyOf(states...)}, {Key: "owner", Value: bson.D{{Key: "$in", Value: bson.A{nil, ""}}}}},
		bson.D{{Key: "state", Value: JobWaiting}, {Key: "next", Value: now}, {Key: "sweepAt", Value: now}, {Key: "generation", Value: 0},
			{Key: "failures", Value: 0}, {Key: "failingSince", Value: time.Time{}}, {Key: "error", Value: ""}}, wanted)
}

func anyOf(states ...string) bson.D {
	return bson.D{{Key: "$in", Value: states}}
}

// turnSubscriber changes fields of one row, and raises others; false when the
// filter does not find it.
func (db *DB) turnSubscriber(ctx context.Context, what string, filter, set, raise bson.D) (bool, error) {
	change := bson.D{}
	if len(set) > 0 {
		change = append(change, bson.E{Key: "$set", Value: set})
	}
	if len(raise) > 0 {
		change = append(change, bson.E{Key: "$max", Value: raise})
	}
	res, err := db.database.Collection("subscribers").UpdateOne(ctx, filter, change)
	if err != nil {
		return false, machineryError(what, err)
	}
	return res.MatchedCount > 0, nil
}

// TellSubscribers notes in the rows of those whom the next numbered events
// concern that something waits for them, and returns how many events it told
// of. What it had told is kept last, so a crash makes it tell again, which
// changes nothing.
func (db *DB) TellSubscribers(ctx context.Context) (int, error) {
	var told struct{ Seq int64 }
	cursors := db.database.Collection("cursors")
	err := cursors.FindOne(ctx, bson.D{{Key: "_id", Value: toldID}}).Decode(&told)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return 0, nil // there never was a subscriber
	}
	if err != nil {
		return 0, machineryError("tell subscribers", err)
	}
	events, err := db.audiences(ctx, told.Seq)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	last := events[len(events)-1].Seq
	audiences := []string{""}
	for _, e := range events {
		audiences = append(audiences, e.Audience...)
	}
	slices.Sort(audiences)
	if err := db.want(ctx, slices.Compact(audiences), last); err != nil {
		return 0, err
	}
	_, err = cursors.UpdateOne(ctx, bson.D{{Key: "_id", Value: toldID}, {Key: "seq", Value: bson.D{{Key: "$lt", Value: last}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "seq", Value: last}}}})
	return len(events), machineryError("tell subscribers", err)
}

// toldEvent is what matters of an event to who is told of it.
type toldEvent struct {
	Seq      int64    `bson:"seq"`
	Audience []string `bson:"audience"`
}

func (db *DB) audiences(ctx context.Context, after int64) ([]toldEvent, error) {
	cur, err := db.database.Collection("events").Find(ctx, bson.D{{Key: "seq", Value: bson.D{{Key: "$exists", Value: true}, {Key: "$gt", Value: after}}}},
		options.Find().SetSort(bson.D{{Key: "seq", Value: 1}}).SetLimit(tellBatch).SetBatchSize(tellBatch+1).
			SetProjection(bson.D{{Key: "seq", Value: 1}, {Key: "audience", Value: 1}}))
	if err != nil {
		return nil, machineryError("tell subscribers", err)
	}
	var events []toldEvent
	if err := cur.All(ctx, &events); err != nil {
		return nil, machineryError("tell subscribers", err)
	}
	return events, nil
}

// want raises what the subscribers of some schools want, and then puts those at
// rest to work. One that comes to rest in between does so by what it wanted
// before, which no longer holds: see RestSubscriber. A failing one keeps its
// time.
func (db *DB) want(ctx context.Context, audiences []string, last int64) error {
	subscribers, now := db.database.Collection("subscribers"), db.now()
	concerned := bson.E{Key: "audience", Value: anyOf(audiences...)}
	if slices.Contains(audiences, internship.AllSchools) {
		concerned = bson.E{Key: "_id", Value: bson.D{{Key: "$gt", Value: ""}}}
	}
	_, err := subscribers.UpdateMany(ctx, bson.D{concerned, {Key: "wanted", Value: bson.D{{Key: "$lt", Value: last}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "wanted", Value: last}}}})
	if err != nil {
		return machineryError("tell subscribers", err)
	}
	_, err = subscribers.UpdateMany(ctx, bson.D{concerned, {Key: "state", Value: SubscriberLive}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "state", Value: JobWaiting}, {Key: "next", Value: now}, {Key: "sweepAt", Value: now}, {Key: "generation", Value: 0}}}})
	return machineryError("tell subscribers", err)
}

// ClaimSubscriber takes a due, unclaimed subscriber for a time. Errors:
// internship.ErrNotFound when there is nothing to do.
func (db *DB) ClaimSubscriber(ctx context.Context, id, owner string, hold time.Duration) (*Subscriber, error) {
	var s Subscriber
	c := newClaim(db.now(), owner, hold)
	if err := db.take(ctx, "subscribers", id, c, nil, &s); err != nil {
		return nil, machineryError("claim subscriber", err)
	}
	c.apply(&s.Work)
	return &s, nil
}

// NoteSubscriber keeps how far a claimed subscriber has come and claims it for
// another while, for what is wanted next. False when the claim was lost.
func (db *DB) NoteSubscriber(ctx context.Context, s *Subscriber, hold time.Duration) (bool, error) {
	c := newClaim(db.now(), s.Owner, hold)
	var now Subscriber
	err := db.database.Collection("subscribers").FindOneAndUpdate(ctx, owned(s.ID, s.Work),
		bson.D{{Key: "$set", Value: append(s.progress(), bson.E{Key: "claimedUntil", Value: c.until}, bson.E{Key: "sweepAt", Value: c.until})}},
		options.FindOneAndUpdate().SetReturnDocument(options.After)).Decode(&now)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return false, nil
	}
	if err != nil {
		return false, machineryError("note subscriber", err)
	}
	s.ClaimedUntil, s.SweepAt, s.Wanted = c.until, c.until, now.Wanted
	return true, nil
}

// RestSubscriber ends an attempt after which nothing waits. False when the
// claim was lost, or when more is wanted than Wanted by now.
func (db *DB) RestSubscriber(ctx context.Context, s *Subscriber) (bool, error) {
	return db.turnSubscriber(ctx, "rest subscriber", append(owned(s.ID, s.Work), bson.E{Key: "wanted", Value: s.Wanted}),
		append(s.progress(), bson.E{Key: "state", Value: SubscriberLive}, bson.E{Key: "owner", Value: ""}), nil)
}

// SaveSubscriber ends an attempt: dead, or waiting until Next. It counts only
// while the claim is still the caller's; false otherwise.
func (db *DB) SaveSubscriber(ctx context.Context, s *Subscriber) (bool, error) {
	return db.turnSubscriber(ctx, "save subscriber", owned(s.ID, s.Work),
		append(s.progress(), bson.E{Key: "state", Value: s.State}, bson.E{Key: "next", Value: s.Next}, bson.E{Key: "sweepAt", Value: s.Next}, bson.E{Key: "owner", Value: ""}), nil)
}

// progress is what an attempt changes in the row.
func (s *Subscriber) progress() bson.D {
	return bson.D{{Key: "cursor", Value: s.Cursor}, {Key: "failures", Value: s.Failures}, {Key: "failingSince", Value: s.FailingSince},
		{Key: "error", Value: s.Error}, {Key: "deliveredAt", Value: s.DeliveredAt}}
}

// Behind counts the events that wait for a subscriber, at most MaxCount.
func (db *DB) Behind(ctx context.Context, s *Subscriber) (int, error) {
	filter := bson.D{{Key: "seq", Value: bson.D{{Key: "$exists", Value: true}, {Key: "$gt", Value: s.Cursor}}}}
	if s.Audience != "" {
		filter = append(bson.D{{Key: "audience", Value: anyOf(s.Audience, internship.AllSchools)}}, filter...)
	}
	n, err := db.database.Collection("events").CountDocuments(ctx, filter, options.Count().SetLimit(MaxCount))
	return int(n), machineryError("count waiting events", err)
}

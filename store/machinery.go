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

// machineryIndexes serve the rows that are machinery, not aggregates.
var machineryIndexes = []*Index{
	sessionsByAccount, expiring("sessions"),
	expiring("idempotency"), expiring("nonces"), expiring("tries"), expiring("scenes"), expiring("receipts"),
	expiring("codes"), expiring("passes"),
	expiring("qrlogins"), expiring("visits"),
	receiptsParked,
	eventsBySeq, eventsUnnumbered, eventsByAudience,
	jobsDue, jobsStuck,
	subscribersDue, subscribersByAudience,
	smsesDue, smsesByState, smsesTo, smsesForget,
	pushesDue, pushesByMsgID, pushesByRecipient, pushesUnread, pushesByPlacement, pushesWaiting, pushesByOpenID, pushesMerged, pushesBySent,
}

// expiring is the TTL index of a machinery collection. Expiry is also checked
// in code: the server's pass comes late.
func expiring(collection string) *Index {
	return &Index{Collection: collection, Name: "expires", Keys: []string{"expires"}, Expire: true}
}

// Session is a logged-in browser or mini-program: its id is the hash of the
// token, so a stolen database logs nobody in.
type Session struct {
	ID           string          `bson:"_id"`
	AccountID    string          `bson:"accountId"`
	EnterpriseID string          `bson:"enterpriseId"`
	Name         string          `bson:"name"`
	Role         internship.Role `bson:"role"`
	// Epoch is the account's at the log-in: its next one voids the session.
	Epoch int `bson:"epoch"`
	// Device is how the person will recognise it, e.g. "小程序".
	Device    string    `bson:"device"`
	CreatedAt time.Time `bson:"createdAt"`
	Expires   time.Time `bson:"expires"`
}

var sessionsByAccount = &Index{Collection: "sessions", Name: "account", Keys: []string{"accountId", "-createdAt"}}

// AddSession keeps a new session; the same one again changes nothing.
func (db *DB) AddSession(ctx context.Context, s Session) error {
	_, err := db.database.Collection("sessions").InsertOne(ctx, s)
	if mongo.IsDuplicateKeyError(err) {
		return nil
	}
	return machineryError("add session", err)
}

// Session reads an unexpired session by the hash of its token. Errors:
// internship.ErrUnauthorized, internship.ErrUnavailable.
func (db *DB) Session(ctx context.Context, id string) (Session, error) {
	var s Session
	err := db.database.Collection("sessions").FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&s)
	if errors.Is(err, mongo.ErrNoDocuments) || err == nil && !db.now().Before(s.Expires) {
		return Session{}, internship.ErrUnauthorized
	}
	return s, machineryError("session", err)
}

// Sessions lists the unexpired sessions of an account, newest first, at most 50.
func (db *DB) Sessions(ctx context.Context, accountID string) ([]Session, error) {
	cur, err := db.database.Collection("sessions").Find(ctx, bson.D{{Key: "accountId", Value: accountID}},
		options.Find().SetSort(bson.D{{Key: "createdAt", Value: -1}}).SetLimit(50))
	if err != nil {
		return nil, machineryError("sessions", err)
	}
	var all []Session
	if err := cur.All(ctx, &all); err != nil {
		return nil, machineryError("sessions", err)
	}
	live := all[:0]
	for _, s := range all {
		if db.now().Before(s.Expires) {
			live = append(live, s)
		}
	}
	return live, nil
}

// EndSession logs one session of an account out; it says whether it existed.
func (db *DB) EndSession(ctx context.Context, accountID, id string) (bool, error) {
	res, err := db.database.Collection("sessions").DeleteOne(ctx,
		bson.D{{Key: "_id", Value: id}, {Key: "accountId", Value: accountID}})
	if err != nil {
		return false, machineryError("end session", err)
	}
	return res.DeletedCount > 0, nil
}

// EndSessions logs an account out wherever it logged in before an epoch, but in
// the session keep, which may be empty; it says how many sessions that were.
func (db *DB) EndSessions(ctx context.Context, accountID string, epoch int, keep string) (int, error) {
	res, err := db.database.Collection("sessions").DeleteMany(ctx, bson.D{{Key: "accountId", Value: accountID},
		{Key: "epoch", Value: bson.D{{Key: "$not", Value: bson.D{{Key: "$gte", Value: epoch}}}}}, {Key: "_id", Value: bson.D{{Key: "$ne", Value: keep}}}})
	if err != nil {
		return 0, machineryError("end sessions", err)
	}
	return int(res.DeletedCount), nil
}

// RenameSessions gives an account's sessions another name: histories name by it
// who acts.
func (db *DB) RenameSessions(ctx context.Context, accountID, name string) error {
	_, err := db.database.Collection("sessions").UpdateMany(ctx, bson.D{{Key: "accountId", Value: accountID}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "name", Value: name}}}})
	return machineryError("rename sessions", err)
}

// UseNonce takes a partner's nonce; false when it was used before.
func (db *DB) UseNonce(ctx context.Context, keyID, nonce string, keep time.Duration) (bool, error) {
	_, err := db.database.Collection("nonces").InsertOne(ctx,
		bson.D{{Key: "_id", Value: keyID + ":" + nonce}, {Key: "expires", Value: db.now().Add(keep)}})
	if mongo.IsDuplicateKeyError(err) {
		return false, nil
	}
	return err == nil, machineryError("use nonce", err)
}

// Try counts an attempt under a key within a window. It returns how many there
// have been, this one included, and when the window, which begins with the
// first attempt, ends.
func (db *DB) Try(ctx context.Context, key string, window time.Duration) (int, time.Time, error) {
	coll, now := db.database.Collection("tries"), db.now()
	for range 3 {
		var row struct {
			N       int
			Expires time.Time
		}
		err := coll.FindOneAndUpdate(ctx, bson.D{{Key: "_id", Value: key}, {Key: "expires", Value: bson.D{{Key: "$gt", Value: now}}}},
			bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}, {Key: "$setOnInsert", Value: bson.D{{Key: "expires", Value: now.Add(window)}}}},
			options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)).Decode(&row)
		if !mongo.IsDuplicateKeyError(err) {
			return row.N, row.Expires, machineryError("count try", err)
		}
		// An earlier window's row is there still, or another has just begun this one.
		if _, err = coll.DeleteOne(ctx, bson.D{{Key: "_id", Value: key}, {Key: "expires", Value: bson.D{{Key: "$lte", Value: now}}}}); err != nil {
			return 0, now, machineryError("count try", err)
		}
	}
	return 0, now, internship.ErrBusy
}

// Forgive forgets the attempts under a key, after a success.
func (db *DB) Forgive(ctx context.Context, key string) error {
	_, err := db.database.Collection("tries").DeleteOne(ctx, bson.D{{Key: "_id", Value: key}})
	return machineryError("forgive tries", err)
}

// Untry takes an attempt under each key back that was none, such as one that
// succeeded.
func (db *DB) Untry(ctx context.Context, keys ...string) error {
	_, err := db.database.Collection("tries").UpdateMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: keys}}}, {Key: "n", Value: bson.D{{Key: "$gt", Value: 0}}}},
		bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: -1}}}})
	return machineryError("untry", err)
}

// Lease gives a task to one process at a time: true when owner has it until
// the given time from now.
func (db *DB) Lease(ctx context.Context, name, owner string, hold time.Duration) (bool, error) {
	coll, now := db.database.Collection("leases"), db.now()
	set := bson.D{{Key: "$set", Value: bson.D{{Key: "owner", Value: owner}, {Key: "until", Value: now.Add(hold)}}}}
	res, err := coll.UpdateOne(ctx, bson.D{{Key: "_id", Value: name}, {Key: "$or", Value: bson.A{
		bson.D{{Key: "owner", Value: owner}}, bson.D{{Key: "until", Value: bson.D{{Key: "$lte", Value: now}}}}}}}, set)
	if err != nil {
		return false, machineryError("lease", err)
	}
	if res.MatchedCount > 0 {
		return true, nil
	}
	_, err = coll.InsertOne(ctx, bson.D{{Key: "_id", Value: name}, {Key: "owner", Value: owner}, {Key: "until", Value: now.Add(hold)}})
	if mongo.IsDuplicateKeyError(err) {
		return false, nil
	}
	return err == nil, machineryError("lease", err)
}

func machineryError(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, mongo.ErrNoDocuments):
		return fmt.Errorf("store: %s: %w", what, internship.ErrNotFound)
	}
	return fmt.Errorf("store: %s: %w", what, readError(err))
}

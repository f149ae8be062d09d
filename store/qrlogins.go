package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"shixi/internship"
)

// States of a QR code on a log-in page.
const (
	QRWaiting   = "waiting"   // nobody has scanned it
	QRScanned   = "scanned"   // by a follower, who has not confirmed yet or is bound to no account
	QRConfirmed = "confirmed" // its browser may have its session
	QRUsed      = "used"      // its browser has got it, or has logged in otherwise and bound the scanner
	QRDenied    = "denied"    // whoever scanned it does not want it
)

// QRLogin is a QR code on a log-in page, and the browser that shows it.
type QRLogin struct {
	// ID is in the code's scene, so anybody may know it.
	ID string `bson:"_id"`
	// Browser is the hash of the secret that only that browser has.
	Browser string `bson:"browser"`
	// Device and Place are shown to whoever scans the code; Place is only rough.
	Device string `bson:"device"`
	Place  string `bson:"place,omitempty"`
	State  string `bson:"state"`
	// OpenID is the follower who scanned it.
	OpenID string `bson:"openId,omitempty"`
	// Bound: that follower was bound to an account then.
	Bound bool `bson:"bound,omitempty"`
	// AccountID is whose session the browser gets, once confirmed.
	AccountID string    `bson:"accountId,omitempty"`
	CreatedAt time.Time `bson:"createdAt"`
	Expires   time.Time `bson:"expires"`
}

// AddQRLogin keeps a code until it expires.
func (db *DB) AddQRLogin(ctx context.Context, q QRLogin) error {
	_, err := db.database.Collection("qrlogins").InsertOne(ctx, q)
	return machineryError("add qr login", err)
}

// QRLogin reads a code, also one that has expired. Errors:
// internship.ErrNotFound.
func (db *DB) QRLogin(ctx context.Context, id string) (QRLogin, error) {
	var q QRLogin
	err := db.database.Collection("qrlogins").FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&q)
	return q, machineryError("qr login", err)
}

// MoveQRLogin takes a code that has not expired from one of some states to that
// of next, with next's scanner, account and expiry. It says whether it was the
// one to do so.
func (db *DB) MoveQRLogin(ctx context.Context, next QRLogin, from ...string) (bool, error) {
	res, err := db.database.Collection("qrlogins").UpdateOne(ctx,
		bson.D{{Key: "_id", Value: next.ID}, {Key: "state", Value: bson.D{{Key: "$in", Value: from}}}, {Key: "expires", Value: bson.D{{Key: "$gt", Value: db.now()}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "state", Value: next.State}, {Key: "openId", Value: next.OpenID}, {Key: "bound", Value: next.Bound},
			{Key: "accountId", Value: next.AccountID}, {Key: "expires", Value: next.Expires}}}})
	if err != nil {
		return false, machineryError("move qr login", err)
	}
	return res.MatchedCount > 0, nil
}

// Visit is one code of WeChat's authorize page, as it came back to a browser:
// it can be exchanged once only, but browsers call the address twice.
type Visit struct {
	// ID is the hash of the code.
	ID string `bson:"_id"`
	// Browser is the hash of the state that was given to the browser.
	Browser string `bson:"browser"`
	// ClaimedUntil is how long whoever came first has to exchange the code.
	ClaimedUntil time.Time `bson:"claimedUntil"`
	// Outcome is what came of it; empty until then.
	Outcome string `bson:"outcome,omitempty"`
	OpenID  string `bson:"openId,omitempty"`
	UnionID string `bson:"unionId,omitempty"`
	// AccountID is whose session was opened; Session is its id.
	AccountID string    `bson:"accountId,omitempty"`
	Session   string    `bson:"session,omitempty"`
	Expires   time.Time `bson:"expires"`
}

// ClaimVisit keeps a visit that is new, or takes over one whose first caller
// never said what came of it: then mine is true. Else it gives the visit as it
// is.
func (db *DB) ClaimVisit(ctx context.Context, v Visit) (now Visit, mine bool, err error) {
	coll := db.database.Collection("visits")
	_, err = coll.InsertOne(ctx, v)
	if err == nil {
		return v, true, nil
	}
	if !mongo.IsDuplicateKeyError(err) {
		return v, false, machineryError("claim visit", err)
	}
	var old Visit
	if err := coll.FindOne(ctx, bson.D{{Key: "_id", Value: v.ID}}).Decode(&old); err != nil {
		return v, false, machineryError("claim visit", err)
	}
	if old.Outcome != "" || old.Browser != v.Browser || db.now().Before(old.ClaimedUntil) {
		return old, false, nil
	}
	res, err := coll.UpdateOne(ctx, bson.D{{Key: "_id", Value: v.ID}, {Key: "claimedUntil", Value: old.ClaimedUntil}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "claimedUntil", Value: v.ClaimedUntil}}}})
	if err != nil {
		return v, false, machineryError("claim visit", err)
	}
	return v, res.MatchedCount > 0, nil
}

// EndVisit keeps what came of a visit.
func (db *DB) EndVisit(ctx context.Context, v Visit) error {
	res, err := db.database.Collection("visits").ReplaceOne(ctx, bson.D{{Key: "_id", Value: v.ID}, {Key: "claimedUntil", Value: v.ClaimedUntil}}, v)
	if err == nil && res.MatchedCount == 0 {
		return internship.ErrBusy
	}
	return machineryError("end visit", err)
}

// DropVisit forgets a visit whose code was not exchanged: it may be tried again.
func (db *DB) DropVisit(ctx context.Context, v Visit) error {
	_, err := db.database.Collection("visits").DeleteOne(ctx, bson.D{{Key: "_id", Value: v.ID}, {Key: "claimedUntil", Value: v.ClaimedUntil}})
	return machineryError("drop visit", err)
}

package store

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"shixi/internship"
)

// Scene is a parametric QR code that is out: whoever scans it first is meant to
// be bound to the account (wechat.md §7.2). It stays until it expires, so that
// a repeated event is known from a second scan.
type Scene struct {
	ID        string `bson:"_id"`
	AccountID string `bson:"accountId"`
	// Session is the one that asked for it: a code outlives no log-in.
	Session string    `bson:"session"`
	Expires time.Time `bson:"expires"`
	// OpenID is who scanned it; empty: nobody yet.
	OpenID string `bson:"openId,omitempty"`
	// Done: the binding is recorded, and the scene binds no more.
	Done bool `bson:"done,omitempty"`
}

// AddScene keeps a scene until it expires.
func (db *DB) AddScene(ctx context.Context, s Scene) error {
	_, err := db.database.Collection("scenes").InsertOne(ctx, s)
	return machineryError("add scene", err)
}

// Scene reads a scene that has not expired. Errors: internship.ErrNotFound.
func (db *DB) Scene(ctx context.Context, id string) (Scene, error) {
	var s Scene
	err := db.database.Collection("scenes").FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&s)
	if err == nil && !db.now().Before(s.Expires) {
		return Scene{}, fmt.Errorf("store: scene: %w", internship.ErrNotFound)
	}
	return s, machineryError("scene", err)
}

// TakeScene makes an openid the one that scanned a scene first; it says
// whether it is.
func (db *DB) TakeScene(ctx context.Context, id, openID string) (bool, error) {
	res, err := db.database.Collection("scenes").UpdateOne(ctx,
		bson.D{{Key: "_id", Value: id}, {Key: "openId", Value: bson.D{{Key: "$exists", Value: false}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "openId", Value: openID}}}})
	if err != nil {
		return false, machineryError("take scene", err)
	}
	return res.MatchedCount > 0, nil
}

// EndScene uses a scene up once what its scan meant is recorded.
func (db *DB) EndScene(ctx context.Context, id string) error {
	_, err := db.database.Collection("scenes").UpdateOne(ctx, bson.D{{Key: "_id", Value: id}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "done", Value: true}}}})
	return machineryError("end scene", err)
}

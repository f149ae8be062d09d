package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"shixi/internship"
)

// Pass is a mobile that somebody has just shown to be theirs, for one purpose:
// what is submitted with it needs no code again. Its id is the hash of the
// token that the person holds.
type Pass struct {
	ID      string `bson:"_id"`
	Purpose string `bson:"purpose"`
	// Mobile is sealed at rest.
	Mobile  string    `bson:"-"`
	Sealed  []byte    `bson:"sealed"`
	Expires time.Time `bson:"expires"`
	// Uploads counts the files that were uploaded with it.
	Uploads int `bson:"uploads"`
	// Used is the op that used it up, "" while it may be used.
	Used string `bson:"used,omitempty"`
}

// AddPass keeps a new pass until it expires.
func (db *DB) AddPass(ctx context.Context, p Pass) error {
	var err error
	if p.Sealed, err = db.box.aead.Encrypt([]byte(p.Mobile), associated("passes", "mobile", p.ID)); err != nil {
		return fmt.Errorf("store: add pass: %w", err)
	}
	_, err = db.database.Collection("passes").InsertOne(ctx, p)
	return machineryError("add pass", err)
}

// Pass reads a pass that has not expired, used or not. Errors:
// internship.ErrNotFound.
func (db *DB) Pass(ctx context.Context, id string) (Pass, error) {
	var p Pass
	err := db.database.Collection("passes").FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&p)
	if err == nil && !db.now().Before(p.Expires) {
		err = mongo.ErrNoDocuments
	}
	if err != nil {
		return Pass{}, machineryError("pass", err)
	}
	mobile, err := db.box.aead.Decrypt(p.Sealed, associated("passes", "mobile", p.ID))
	if err != nil {
		return Pass{}, fmt.Errorf("store: pass: %w", internship.ErrInternal.Because(err))
	}
	p.Mobile = string(mobile)
	return p, nil
}

// UsePass uses a pass up; false when another op did before.
func (db *DB) UsePass(ctx context.Context, id string) (bool, error) {
	op := OpOf(ctx)
	var before Pass
	err := db.database.Collection("passes").FindOneAndUpdate(ctx,
		bson.D{{Key: "_id", Value: id}, {Key: "$or", Value: bson.A{
			bson.D{{Key: "used", Value: bson.D{{Key: "$exists", Value: false}}}}, bson.D{{Key: "used", Value: op}}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "used", Value: op}}}}).Decode(&before)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return false, nil
	}
	return err == nil, machineryError("use pass", err)
}

// CountUpload counts a file that is uploaded with a pass; false when most have
// been before, or the pass is used.
func (db *DB) CountUpload(ctx context.Context, id string, most int) (bool, error) {
	res, err := db.database.Collection("passes").UpdateOne(ctx,
		bson.D{{Key: "_id", Value: id}, {Key: "uploads", Value: bson.D{{Key: "$lt", Value: most}}}, {Key: "used", Value: bson.D{{Key: "$exists", Value: false}}}},
		bson.D{{Key: "$inc", Value: bson.D{{Key: "uploads", Value: 1}}}})
	if err != nil {
		return false, machineryError("count upload", err)
	}
	return res.MatchedCount > 0, nil
}

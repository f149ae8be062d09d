package store

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// codeRow is the code that is out for a purpose and a mobile. Neither stands in
// it: its id and its hash are keyed.
type codeRow struct {
	ID   string `bson:"_id"`
	Hash string `bson:"hash"`
	// From is the keyed hash of the address that asked for it. Tries from there
	// count apart from those of others, who could use up what the person has.
	From    string    `bson:"from"`
	Own     int       `bson:"own"`
	Others  int       `bson:"others"`
	Expires time.Time `bson:"expires"`
	// Used is the op that used the code up.
	Used string `bson:"used,omitempty"`
}

func (db *DB) codeID(purpose, mobile string) string {
	return purpose + ":" + db.Blind("code for "+mobile)
}

func (db *DB) codeHash(id, code string) string    { return db.Blind(id + " is " + code) }
func (db *DB) codeFrom(id, address string) string { return db.Blind(id + " from " + address) }

// AddCode keeps the keyed hash of a code for a purpose and a mobile, which
// somebody at an address asked for. It voids an earlier one.
func (db *DB) AddCode(ctx context.Context, purpose, mobile, code, address string, life time.Duration) error {
	id := db.codeID(purpose, mobile)
	row := codeRow{ID: id, Hash: db.codeHash(id, code), From: db.codeFrom(id, address), Expires: db.now().Add(life)}
	_, err := db.database.Collection("codes").ReplaceOne(ctx, bson.D{{Key: "_id", Value: id}}, row, options.Replace().SetUpsert(true))
	return machineryError("add code", err)
}

// TryCode counts a try at the code of a purpose and a mobile from an address and
// says whether it fits: not when it was used by another op, has expired, or was
// tried most times before from the address that asked for it, or from all others
// together. It asks as much where there is no code.
func (db *DB) TryCode(ctx context.Context, purpose, mobile, code, address string, most int) (bool, error) {
	id := db.codeID(purpose, mobile)
	codes := db.database.Collection("codes")
	var row codeRow
	if err := codes.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&row); err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return false, machineryError("try code", err)
	}
	tries := "others"
	if row.From == db.codeFrom(id, address) {
		tries = "own"
	}
	err := codes.FindOneAndUpdate(ctx,
		bson.D{{Key: "_id", Value: id}, {Key: "hash", Value: row.Hash}, {Key: tries, Value: bson.D{{Key: "$lt", Value: most}}}, {Key: "expires", Value: bson.D{{Key: "$gt", Value: db.now()}}}},
		bson.D{{Key: "$inc", Value: bson.D{{Key: tries, Value: 1}}}}).Decode(&row)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return false, nil
	}
	if err != nil {
		return false, machineryError("try code", err)
	}
	fits := subtle.ConstantTimeCompare([]byte(row.Hash), []byte(db.codeHash(id, code))) == 1
	return fits && (row.Used == "" || row.Used == OpOf(ctx)), nil
}

// UseCode uses up a code that fitted; not ours when another op did before, or a
// new code took its place. The same op may do it again, which is not fresh.
func (db *DB) UseCode(ctx context.Context, purpose, mobile, code string) (ours, fresh bool, err error) {
	id, op := db.codeID(purpose, mobile), OpOf(ctx)
	res, err := db.database.Collection("codes").UpdateOne(ctx,
		bson.D{{Key: "_id", Value: id}, {Key: "hash", Value: db.codeHash(id, code)}, {Key: "$or", Value: bson.A{
			bson.D{{Key: "used", Value: bson.D{{Key: "$exists", Value: false}}}}, bson.D{{Key: "used", Value: op}}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "used", Value: op}}}})
	if err != nil {
		return false, false, machineryError("use code", err)
	}
	return res.MatchedCount > 0, res.ModifiedCount > 0, nil
}

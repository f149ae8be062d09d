package store

import (
	"context"
	"errors"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

var receiptsParked = &Index{Collection: "receipts", Name: "parked", Keys: []string{"at"}}

// Receipt is TEMPLATESENDJOBFINISH: what became of an accepted message.
type Receipt struct {
	MsgID  string    `bson:"_id"`
	OpenID string    `bson:"openId"`
	Status string    `bson:"status"`
	At     time.Time `bson:"at"`
	// State is the final state that the status means.
	State   string    `bson:"state"`
	Reason  string    `bson:"reason,omitempty"`
	Expires time.Time `bson:"expires"`
}

// keepParked is how long a receipt waits for its push.
const keepParked = 24 * time.Hour

// TakeReceipt applies a receipt to the push with its MsgID. It may overtake
// the send's answer: then it is parked, and looked for once more because the
// answer may have been written meanwhile.
func (db *DB) TakeReceipt(ctx context.Context, r Receipt) error {
	for parked := false; ; parked = true {
		if done, err := db.applyReceipt(ctx, r); done || err != nil || parked {
			return err
		}
		r.Expires = r.At.Add(keepParked)
		_, err := db.database.Collection("receipts").InsertOne(ctx, r)
		if err != nil && !mongo.IsDuplicateKeyError(err) {
			return machineryError("park receipt", err)
		}
	}
}

func (db *DB) applyReceipt(ctx context.Context, r Receipt) (bool, error) {
	res, err := db.database.Collection("pushes").UpdateOne(ctx,
		bson.D{{Key: "msgId", Value: r.MsgID}, {Key: "state", Value: bson.D{{Key: "$in", Value: bson.A{PushSent, PushAccepted}}}}}, received(r))
	if err != nil {
		return false, machineryError("apply receipt", err)
	}
	if res.MatchedCount > 0 {
		return true, nil
	}
	n, err := db.database.Collection("pushes").CountDocuments(ctx, bson.D{{Key: "msgId", Value: r.MsgID}}, options.Count().SetLimit(1))
	return n > 0, machineryError("apply receipt", err) // a second receipt of the same message changes nothing
}

func received(r Receipt) bson.D {
	return bson.D{{Key: "$set", Value: bson.D{{Key: "state", Value: r.State}, {Key: "reason", Value: r.Reason}, {Key: "msgId", Value: r.MsgID},
		{Key: "receipt", Value: r.Status}, {Key: "receiptAt", Value: r.At}}}}
}

// FetchReceipt applies the receipt that overtook a send's answer, if any.
func (db *DB) FetchReceipt(ctx context.Context, msgID string) error {
	var r Receipt
	err := db.database.Collection("receipts").FindOne(ctx, bson.D{{Key: "_id", Value: msgID}}).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil
	}
	if err != nil {
		return machineryError("fetch receipt", err)
	}
	_, err = db.applyReceipt(ctx, r)
	return err
}

// ParkedReceipts lists receipts that no push has taken, from after one time to
// another, oldest first.
func (db *DB) ParkedReceipts(ctx context.Context, after, until time.Time, limit int) ([]Receipt, error) {
	cur, err := db.database.Collection("receipts").Find(ctx, bson.D{{Key: "at", Value: bson.D{{Key: "$gt", Value: after}, {Key: "$lte", Value: until}}}},
		options.Find().SetSort(bson.D{{Key: "at", Value: 1}}).SetLimit(int64(limit)))
	if err != nil {
		return nil, machineryError("parked receipts", err)
	}
	var rs []Receipt
	if err := cur.All(ctx, &rs); err != nil {
		return nil, machineryError("parked receipts", err)
	}
	return rs, nil
}

// DropReceipt forgets a parked receipt.
func (db *DB) DropReceipt(ctx context.Context, msgID string) error {
	_, err := db.database.Collection("receipts").DeleteOne(ctx, bson.D{{Key: "_id", Value: msgID}})
	return machineryError("drop receipt", err)
}

// receiptSkew is how much earlier than the call its receipt may seem to come:
// WeChat's times are whole seconds of another clock.
const receiptSkew = 5 * time.Second

// MatchUncertain gives a parked receipt to the single uncertain push of its
// openid begun at most 10 minutes before it, unless one of that openid is in
// flight. It says whether it did.
func (db *DB) MatchUncertain(ctx context.Context, r Receipt) (bool, error) {
	if applied, err := db.applyReceipt(ctx, r); applied || err != nil {
		return applied, err
	}
	coll := db.database.Collection("pushes")
	cur, err := coll.Find(ctx, bson.D{{Key: "openId", Value: r.OpenID}, {Key: "state", Value: PushUncertain}}, options.Find().SetLimit(20))
	if err != nil {
		return false, machineryError("match uncertain", err)
	}
	var rows []Push
	if err := cur.All(ctx, &rows); err != nil {
		return false, machineryError("match uncertain", err)
	}
	var fits []Push
	for _, p := range rows {
		if age := r.At.Sub(p.FirstAt); age >= -receiptSkew && age <= 10*time.Minute {
			fits = append(fits, p)
		}
	}
	if len(fits) != 1 {
		return false, nil
	}
	busy, err := db.inFlight(ctx, fits[0])
	if busy || err != nil {
		return false, err
	}
	res, err := coll.UpdateOne(ctx, bson.D{{Key: "_id", Value: fits[0].ID}, {Key: "state", Value: PushUncertain}}, received(r))
	if err != nil {
		return false, machineryError("match uncertain", err)
	}
	return res.MatchedCount > 0, nil
}

// inFlight says whether a push of the same recipient is being sent: its
// receipt might be the one at hand.
func (db *DB) inFlight(ctx context.Context, p Push) (bool, error) {
	page, err := db.pushPage(ctx, bson.D{{Key: "accountId", Value: p.AccountID}}, "", MaxLimit)
	if err != nil {
		return false, err
	}
	for _, o := range page.Items {
		if o.State == PushWaiting && (o.Owner != "" || o.Doubt) || o.State == PushSent && o.Receipt == "" {
			return true, nil
		}
	}
	return false, nil
}

// MsgIDText is WeChat's message number as rows keep it.
func MsgIDText(id int64) string { return strconv.FormatInt(id, 10) }

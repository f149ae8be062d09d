package store

import (
	"context"
	"errors"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

// States of a push row. It ends in exactly one of the last six
// (design.md §4).
const (
	PushWaiting    = JobWaiting
	PushSent       = "sent"       // errcode 0, the receipt is awaited
	PushDelivered  = "delivered"  // the receipt says success
	PushRefused    = "refused"    // the user does not want it
	PushFailed     = "failed"     // for a reason
	PushSuppressed = "suppressed" // preference, merged, superseded, not bound
	PushAccepted   = "accepted"   // errcode 0, no receipt in 24 h
	PushUncertain  = "uncertain"  // no answer came, until a receipt or a person tells
)

var (
	pushesDue         = &Index{Collection: "pushes", Name: "due", Keys: []string{"sweepAt"}, Where: bson.D{{Key: "state", Value: PushWaiting}}}
	pushesByMsgID     = &Index{Collection: "pushes", Name: "msgid", Keys: []string{"msgId"}, Exists: []string{"msgId"}}
	pushesByRecipient = &Index{Collection: "pushes", Name: "recipient", Keys: []string{"accountId", "-order"}}
	pushesUnread      = &Index{Collection: "pushes", Name: "unread", Keys: []string{"accountId", "unread"}, Where: bson.D{{Key: "unread", Value: true}}}
	pushesByPlacement = &Index{Collection: "pushes", Name: "placement", Keys: []string{"placementId", "-order"}}
	pushesWaiting     = &Index{Collection: "pushes", Name: "burst", Keys: []string{"accountId", "kind", "-order"}, Where: bson.D{{Key: "state", Value: PushWaiting}}}
	pushesByOpenID    = &Index{Collection: "pushes", Name: "uncertain", Keys: []string{"openId"}, Where: bson.D{{Key: "state", Value: PushUncertain}}}
	pushesMerged      = &Index{Collection: "pushes", Name: "merged", Keys: []string{"mergedInto"}, Exists: []string{"mergedInto"}}
	pushesBySent      = &Index{Collection: "pushes", Name: "sent", Keys: []string{"sentAt"}, Where: bson.D{{Key: "state", Value: PushSent}}}
	receiptsParked    = &Index{Collection: "receipts", Name: "parked", Keys: []string{"at"}}
)

// Push is one intended message: one event, one kind, one recipient. It is at
// once the in-app notice, the record of every attempt, and what decides alone
// whether something is still to be done.
type Push struct {
	// ID is also the client_msg_id.
	ID   string `bson:"_id"`
	Kind string `bson:"kind"`
	Work `bson:",inline"`
	// Urgency is the queue it waits in.
	Urgency      string `bson:"urgency"`
	AccountID    string `bson:"accountId"`
	EnterpriseID string `bson:"enterpriseId"`
	PlacementID  string `bson:"placementId,omitempty"`
	PositionID   string `bson:"positionId,omitempty"`
	EventID      string `bson:"eventId"`
	// Data are the words of the message.
	Data map[string]string `bson:"data,omitempty"`
	// Order is its place in lists.
	Order string `bson:"order"`
	// Unread and ReadAt are the in-app notice's.
	Unread bool      `bson:"unread"`
	ReadAt time.Time `bson:"readAt,omitempty"`

	// OpenID is the follower it went (or would go) to.
	OpenID string `bson:"openId,omitempty"`
	// Held: it waited for the end of a burst or of the quiet hours, so others
	// may be merged into it.
	Held bool `bson:"held,omitempty"`
	// Count is how many events the message stands for; 0 and 1 mean one.
	Count int `bson:"count,omitempty"`
	// MergedInto is the push that tells of this one's event too.
	MergedInto string `bson:"mergedInto,omitempty"`
	// FirstAt is when the first attempt that may have reached WeChat started;
	// none starts later than 9 minutes after it. A claim sets it, for a call
	// may follow at once; an outcome that knows of no such call clears it.
	FirstAt time.Time `bson:"firstAt,omitempty"`
	// Doubt: an attempt's answer was lost.
	Doubt bool `bson:"doubt,omitempty"`
	// Reason says why it ended as it did.
	Reason string `bson:"reason,omitempty"`
	// MsgID is WeChat's number of the accepted message, decimal.
	MsgID  string    `bson:"msgId,omitempty"`
	SentAt time.Time `bson:"sentAt,omitempty"`
	// Attempts records every call, the last 20.
	Attempts []Attempt `bson:"attempts,omitempty"`
	// Receipt is TEMPLATESENDJOBFINISH's status, as it came.
	Receipt   string    `bson:"receipt,omitempty"`
	ReceiptAt time.Time `bson:"receiptAt,omitempty"`
}

// Attempt is one call to WeChat.
type Attempt struct {
	At    time.Time `bson:"at"`
	Code  int       `bson:"code"`
	Class string    `bson:"class,omitempty"`
	RID   string    `bson:"rid,omitempty"`
}

// PushPage is a page of pushes.
type PushPage = Page[*Push]

// AddPushes inserts push rows that are not there yet, in one command.
func (db *DB) AddPushes(ctx context.Context, pushes []Push) error {
	rows := make([]any, len(pushes))
	for i, p := range pushes {
		p.Order, p.Unread = orderKey(p.CreatedAt, p.ID), true
		rows[i] = p
	}
	return db.addRows(ctx, "pushes", rows)
}

// ClaimPush takes a due, unclaimed push for a time. The claim also notes that
// a call to WeChat may start from now on (FirstAt), so a crash leaves behind
// that and when one may have been made; Lost says that it happened before.
// Fresh says that no attempt before this one can have reached WeChat. Errors:
// internship.ErrNotFound when there is nothing to do.
func (db *DB) ClaimPush(ctx context.Context, id, owner string, hold time.Duration) (p *Push, fresh bool, err error) {
	p = &Push{}
	c := newClaim(db.now(), owner, hold)
	starts := bson.D{{Key: "$min", Value: bson.D{{Key: "firstAt", Value: c.now}}}}
	if err := db.take(ctx, "pushes", id, c, starts, p); err != nil {
		return nil, false, machineryError("claim push", err)
	}
	c.apply(&p.Work)
	fresh = p.FirstAt.IsZero()
	if fresh {
		p.FirstAt = c.now
	}
	p.Doubt = p.Doubt || p.Lost
	return p, fresh, nil
}

// SavePush ends an attempt: a final state, sent, or waiting until Next. It
// counts only while the claim is still the caller's; false otherwise.
func (db *DB) SavePush(ctx context.Context, p *Push) (bool, error) {
	set := bson.D{{Key: "state", Value: p.State}, {Key: "owner", Value: ""}, {Key: "next", Value: p.Next}, {Key: "sweepAt", Value: p.Next},
		{Key: "openId", Value: p.OpenID}, {Key: "held", Value: p.Held}, {Key: "count", Value: p.Count},
		{Key: "doubt", Value: p.Doubt}, {Key: "reason", Value: p.Reason}, {Key: "attempts", Value: p.Attempts}}
	if p.MsgID != "" {
		set = append(set, bson.E{Key: "msgId", Value: p.MsgID})
	}
	if !p.SentAt.IsZero() {
		set = append(set, bson.E{Key: "sentAt", Value: p.SentAt})
	}
	change := bson.D{{Key: "$set", Value: set}}
	if p.FirstAt.IsZero() {
		change = append(change, bson.E{Key: "$unset", Value: bson.D{{Key: "firstAt", Value: ""}}})
	}
	res, err := db.database.Collection("pushes").UpdateOne(ctx, owned(p.ID, p.Work), change)
	if err != nil {
		return false, machineryError("save push", err)
	}
	return res.MatchedCount > 0, nil
}

// NotePush records in a claimed row, before a call, to whom and for how many
// events it goes, so that a crash leaves the truth behind.
func (db *DB) NotePush(ctx context.Context, p *Push) (bool, error) {
	res, err := db.database.Collection("pushes").UpdateOne(ctx, owned(p.ID, p.Work), bson.D{{Key: "$set", Value: bson.D{
		{Key: "openId", Value: p.OpenID}, {Key: "count", Value: p.Count}}}})
	if err != nil {
		return false, machineryError("note push", err)
	}
	return res.MatchedCount > 0, nil
}

// Absorb merges the other pushes of the same recipient and kind that wait
// untouched (no claim, no attempt) into one claimed row that no attempt can
// have sent yet, and returns how many events it now stands for.
func (db *DB) Absorb(ctx context.Context, p *Push) (int, error) {
	_, err := db.database.Collection("pushes").UpdateMany(ctx, bson.D{{Key: "accountId", Value: p.AccountID}, {Key: "kind", Value: p.Kind}, {Key: "state", Value: PushWaiting},
		{Key: "firstAt", Value: bson.D{{Key: "$exists", Value: false}}},
		{Key: "count", Value: bson.D{{Key: "$in", Value: bson.A{nil, 0, 1}}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "state", Value: PushSuppressed}, {Key: "reason", Value: ReasonMerged}, {Key: "mergedInto", Value: p.ID}}}})
	if err != nil {
		return 0, machineryError("absorb", err)
	}
	return db.Merged(ctx, p)
}

// Merged counts the events a push stands for: its own and those of the pushes
// merged into it, as a repetition must say again.
func (db *DB) Merged(ctx context.Context, p *Push) (int, error) {
	n, err := db.database.Collection("pushes").CountDocuments(ctx, bson.D{{Key: "mergedInto", Value: p.ID}}, options.Count().SetLimit(MaxCount))
	return int(n) + 1, machineryError("count merged", err)
}

// Supersede suppresses the messages of some kinds about a placement that have
// not left yet: what they tell is over. A message that may have been sent
// already goes its way.
func (db *DB) Supersede(ctx context.Context, placementID string, kinds []string) error {
	_, err := db.database.Collection("pushes").UpdateMany(ctx, bson.D{{Key: "placementId", Value: placementID},
		{Key: "kind", Value: bson.D{{Key: "$in", Value: kinds}}}, {Key: "state", Value: PushWaiting},
		{Key: "firstAt", Value: bson.D{{Key: "$exists", Value: false}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "state", Value: PushSuppressed}, {Key: "reason", Value: ReasonSuperseded}}}})
	return machineryError("supersede", err)
}

// ReasonSuperseded is the reason of a push whose news was over before it left.
const ReasonSuperseded = "情况已变化，无需再通知"

// ReasonMerged is the reason of a push that another one tells of.
const ReasonMerged = "已合并到另一条消息"

// Push reads one row.
func (db *DB) Push(ctx context.Context, id string) (*Push, error) {
	var p Push
	err := db.database.Collection("pushes").FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&p)
	return &p, machineryError("push", err)
}

// Notices lists what one account was told, newest first.
func (db *DB) Notices(ctx context.Context, accountID, after string, limit int) (PushPage, error) {
	return db.pushPage(ctx, bson.D{{Key: "accountId", Value: accountID}}, after, clampLimit(limit))
}

// Deliveries lists the pushes about a placement, newest first: its trail.
func (db *DB) Deliveries(ctx context.Context, placementID string) ([]*Push, error) {
	page, err := db.pushPage(ctx, bson.D{{Key: "placementId", Value: placementID}}, "", MaxLimit)
	return page.Items, err
}

func (db *DB) pushPage(ctx context.Context, filter bson.D, after string, limit int) (PushPage, error) {
	page := PushPage{Total: -1}
	if after != "" {
		if !cursorForm.MatchString(after) {
			return page, internship.ErrBadCursor
		}
		filter = append(filter, bson.E{Key: "order", Value: bson.D{{Key: "$lt", Value: after}}})
	}
	cur, err := db.database.Collection("pushes").Find(ctx, filter,
		options.Find().SetSort(bson.D{{Key: "order", Value: -1}}).SetLimit(int64(limit)+1).SetBatchSize(int32(limit)+2))
	if err != nil {
		return page, machineryError("pushes", err)
	}
	if err := cur.All(ctx, &page.Items); err != nil {
		return page, machineryError("pushes", err)
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		page.Next = page.Items[limit-1].Order
	}
	return page, nil
}

// Unread counts an account's unread notices, up to 100.
func (db *DB) Unread(ctx context.Context, accountID string) (int, error) {
	n, err := db.database.Collection("pushes").CountDocuments(ctx,
		bson.D{{Key: "accountId", Value: accountID}, {Key: "unread", Value: true}}, options.Count().SetLimit(100))
	return int(n), machineryError("unread", err)
}

// MarkRead marks notices of an account as read; ids of others are ignored.
func (db *DB) MarkRead(ctx context.Context, accountID string, ids []string) (int, error) {
	res, err := db.database.Collection("pushes").UpdateMany(ctx,
		bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}, {Key: "accountId", Value: accountID}, {Key: "unread", Value: true}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "unread", Value: false}, {Key: "readAt", Value: db.now()}}}})
	if err != nil {
		return 0, machineryError("mark read", err)
	}
	return int(res.ModifiedCount), nil
}

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

// AcceptSilent ends the pushes that were sent before a time and never heard
// of again; it returns how many.
func (db *DB) AcceptSilent(ctx context.Context, before time.Time) (int, error) {
	res, err := db.database.Collection("pushes").UpdateMany(ctx,
		bson.D{{Key: "state", Value: PushSent}, {Key: "sentAt", Value: bson.D{{Key: "$lte", Value: before}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "state", Value: PushAccepted}}}})
	if err != nil {
		return 0, machineryError("accept silent", err)
	}
	return int(res.ModifiedCount), nil
}

// MsgIDText is WeChat's message number as rows keep it.
func MsgIDText(id int64) string { return strconv.FormatInt(id, 10) }

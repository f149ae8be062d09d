package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
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

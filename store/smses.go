package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

// SMSRows is the collection of SMS rows; [Options.OnSaved] hears of a new one
// under this name.
const SMSRows = "smses"

// States of an SMS row. It ends in exactly one of the last four.
const (
	SMSWaiting   = JobWaiting
	SMSSent      = "sent"      // the provider took it
	SMSExpired   = "expired"   // its time was over before it could leave
	SMSFailed    = "failed"    // for a reason that no repetition mends
	SMSUncertain = "uncertain" // the provider's answer was lost; not sent again by itself
)

const (
	// textsKept is how long a row is kept: long enough for the question whether a
	// message left, and no longer, for it holds a mobile (domain.md §3.2).
	textsKept = 90 * 24 * time.Hour
	// smsGrace is how long the first wake may take before the sweeper's.
	smsGrace = 10 * time.Second
)

var (
	smsesDue     = &Index{Collection: SMSRows, Name: "due", Keys: []string{"sweepAt"}, Where: bson.D{{Key: "state", Value: SMSWaiting}}}
	smsesByState = &Index{Collection: SMSRows, Name: "state", Keys: []string{"state", "-createdAt"}}
	smsesTo      = &Index{Collection: SMSRows, Name: "to", Keys: []string{"to", "-createdAt"}}
	smsesForget  = &Index{Collection: SMSRows, Name: "forget", Keys: []string{"forgetAt"}, Expire: true}
)

// SMS is one text message to one mobile, to be sent at most once. The row
// alone decides whether something is still to be done (design.md §4).
type SMS struct {
	// ID follows from what caused the message, so that it is added once.
	ID   string `bson:"_id"`
	Kind string `bson:"kind"`
	Work `bson:",inline"`
	// Mobile is the number of 11 digits, Params what the text says. Both are
	// sealed at rest, Params is forgotten once nothing can be sent any more;
	// see [DB.OpenSMS].
	Mobile string            `bson:"-"`
	Params map[string]string `bson:"-"`
	// EnterpriseID and AccountID say whom it concerns; both may be empty.
	EnterpriseID string `bson:"enterpriseId,omitempty"`
	AccountID    string `bson:"accountId,omitempty"`
	// Expires is when it is no longer worth sending: it never leaves later.
	Expires time.Time `bson:"expires"`

	// Started is when a call began whose outcome is not known, or that got
	// through: written before the call, taken back by an answer that says that
	// nothing was sent.
	Started time.Time `bson:"started,omitempty"`
	// Retried is the attempt after which an operator put the row back to work:
	// the budget counts from it.
	Retried int `bson:"retried,omitempty"`
	// Reason says in Chinese why it ended as it did, or waits.
	Reason string `bson:"reason,omitempty"`
	// Receipt is the provider's id of the message.
	Receipt string    `bson:"receipt,omitempty"`
	SentAt  time.Time `bson:"sentAt,omitempty"`
	// Attempts records every call, the last 20.
	Attempts []SMSAttempt `bson:"attempts,omitempty"`

	// Sealed holds Mobile and Params, To is the keyed hash of Mobile.
	Sealed map[string][]byte `bson:"sealed,omitempty"`
	To     string            `bson:"to"`
	// ForgetAt is when the row is deleted.
	ForgetAt time.Time `bson:"forgetAt"`
}

// SMSAttempt is one call to a provider.
type SMSAttempt struct {
	At time.Time `bson:"at"`
	// Code is the provider's, Class what it means to us; both are empty for a
	// success.
	Code  string `bson:"code,omitempty"`
	Class string `bson:"class,omitempty"`
	// Request is the provider's id of the call.
	Request string `bson:"request,omitempty"`
}

// AddSMS keeps a message to be sent at once and wakes a worker. It is
// idempotent: the same ID again changes nothing, whatever else it says. ID,
// Kind, Mobile and Expires are required; the store sets the rest. Errors:
// internship.ErrUnavailable.
func (db *DB) AddSMS(ctx context.Context, s SMS) error {
	if s.ID == "" || s.Kind == "" || s.Mobile == "" || s.Expires.IsZero() {
		return fmt.Errorf("store: add sms: %w", internship.ErrInternal.Because(fmt.Errorf("id, kind, mobile and expiry are required of %q", s.ID)))
	}
	now := db.now()
	s.Work = NewWork(now, now, smsGrace)
	s.ForgetAt, s.To = now.Add(textsKept), db.box.lookup(s.Mobile)
	if err := db.sealSMS(&s); err != nil {
		return fmt.Errorf("store: add sms: %w", err)
	}
	_, err := db.database.Collection(SMSRows).InsertOne(ctx, s)
	if err != nil && !mongo.IsDuplicateKeyError(err) {
		return machineryError("add sms", err)
	}
	if db.onSaved != nil {
		db.onSaved(SMSRows, s.ID)
	}
	return nil
}

func (db *DB) sealSMS(s *SMS) error {
	params, err := json.Marshal(s.Params)
	if err != nil {
		return fmt.Errorf("params: %w", err)
	}
	s.Sealed = map[string][]byte{}
	for field, plain := range map[string][]byte{"mobile": []byte(s.Mobile), "params": params} {
		if s.Sealed[field], err = db.box.aead.Encrypt(plain, associated(SMSRows, field, s.ID)); err != nil {
			return fmt.Errorf("seal %s: %w", field, err)
		}
	}
	return nil
}

// OpenSMS unseals Mobile, and Params where they are still kept. Errors:
// internship.ErrInternal when the keyset is not the one they were sealed with.
func (db *DB) OpenSMS(s *SMS) error {
	for _, field := range []string{"mobile", "params"} {
		sealed, kept := s.Sealed[field]
		if !kept {
			continue
		}
		plain, err := db.box.aead.Decrypt(sealed, associated(SMSRows, field, s.ID))
		if err == nil && field == "params" {
			err = json.Unmarshal(plain, &s.Params)
		}
		if err != nil {
			return fmt.Errorf("store: open sms: %w", internship.ErrInternal.Because(fmt.Errorf("%s: %w", field, err)))
		}
		if field == "mobile" {
			s.Mobile = string(plain)
		}
	}
	return nil
}

// ClaimSMS takes a due, unclaimed row for a time; Mobile and Params are still
// sealed. Lost with Started set says that a worker died in a call. Errors:
// internship.ErrNotFound when there is nothing to do.
func (db *DB) ClaimSMS(ctx context.Context, id, owner string, hold time.Duration) (*SMS, error) {
	var s SMS
	c := newClaim(db.now(), owner, hold)
	if err := db.take(ctx, SMSRows, id, c, nil, &s); err != nil {
		return nil, machineryError("claim sms", err)
	}
	c.apply(&s.Work)
	return &s, nil
}

// StartSMS notes in a claimed row that a call begins now. False when the claim
// was lost: then no call may be made.
func (db *DB) StartSMS(ctx context.Context, s *SMS) (bool, error) {
	s.Started = db.now().Truncate(time.Millisecond)
	res, err := db.database.Collection(SMSRows).UpdateOne(ctx, owned(s.ID, s.Work),
		bson.D{{Key: "$set", Value: bson.D{{Key: "started", Value: s.Started}}}})
	if err != nil {
		return false, machineryError("start sms", err)
	}
	return res.MatchedCount > 0, nil
}

// SaveSMS ends an attempt: a final state, or waiting until Next. It counts only
// while the claim is still the caller's; false otherwise. Params of a message
// that has left, or never will, are forgotten; those of a failed or uncertain
// one are kept for an operator's retry.
func (db *DB) SaveSMS(ctx context.Context, s *SMS) (bool, error) {
	set := bson.D{{Key: "state", Value: s.State}, {Key: "owner", Value: ""}, {Key: "next", Value: s.Next}, {Key: "sweepAt", Value: s.Next},
		{Key: "reason", Value: s.Reason}, {Key: "receipt", Value: s.Receipt}, {Key: "attempts", Value: s.Attempts}}
	if !s.SentAt.IsZero() {
		set = append(set, bson.E{Key: "sentAt", Value: s.SentAt})
	}
	unset := bson.D{}
	if s.Started.IsZero() {
		unset = append(unset, bson.E{Key: "started", Value: ""})
	}
	if s.State == SMSSent || s.State == SMSExpired {
		unset = append(unset, bson.E{Key: "sealed.params", Value: ""})
	}
	change := bson.D{{Key: "$set", Value: set}}
	if len(unset) > 0 {
		change = append(change, bson.E{Key: "$unset", Value: unset})
	}
	res, err := db.database.Collection(SMSRows).UpdateOne(ctx, owned(s.ID, s.Work), change)
	if err != nil {
		return false, machineryError("save sms", err)
	}
	return res.MatchedCount > 0, nil
}

// SMS reads one row; Mobile and Params are still sealed. Errors:
// internship.ErrNotFound.
func (db *DB) SMS(ctx context.Context, id string) (*SMS, error) {
	var s SMS
	err := db.database.Collection(SMSRows).FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&s)
	return &s, machineryError("sms", err)
}

// SMSesIn lists the rows in a state, newest first.
func (db *DB) SMSesIn(ctx context.Context, state string, limit int) ([]*SMS, error) {
	return db.listSMS(ctx, bson.D{{Key: "state", Value: state}}, limit)
}

// SMSesTo lists the rows of a mobile, newest first.
func (db *DB) SMSesTo(ctx context.Context, mobile string, limit int) ([]*SMS, error) {
	return db.listSMS(ctx, bson.D{{Key: "to", Value: db.box.lookup(mobile)}}, limit)
}

func (db *DB) listSMS(ctx context.Context, filter bson.D, limit int) ([]*SMS, error) {
	limit = clampLimit(limit)
	cur, err := db.database.Collection(SMSRows).Find(ctx, filter,
		options.Find().SetSort(bson.D{{Key: "createdAt", Value: -1}}).SetLimit(int64(limit)).SetBatchSize(int32(limit)+1))
	if err != nil {
		return nil, machineryError("list sms", err)
	}
	var rows []*SMS
	if err := cur.All(ctx, &rows); err != nil {
		return nil, machineryError("list sms", err)
	}
	return rows, nil
}

// RetrySMS puts a failed or uncertain row back to work, by an operator's
// decision: an uncertain one may then arrive twice. False when it is neither,
// or its time is over.
func (db *DB) RetrySMS(ctx context.Context, id string) (bool, error) {
	s, err := db.SMS(ctx, id)
	if err != nil {
		return false, err
	}
	now := db.now()
	if s.State != SMSFailed && s.State != SMSUncertain || !now.Before(s.Expires) {
		return false, nil
	}
	res, err := db.database.Collection(SMSRows).UpdateOne(ctx,
		bson.D{{Key: "_id", Value: id}, {Key: "state", Value: s.State}, {Key: "attempt", Value: s.Attempt}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "state", Value: SMSWaiting}, {Key: "next", Value: now}, {Key: "sweepAt", Value: now},
			{Key: "owner", Value: ""}, {Key: "reason", Value: ""}, {Key: "retried", Value: s.Attempt}}},
			{Key: "$unset", Value: bson.D{{Key: "started", Value: ""}}}})
	if err != nil {
		return false, machineryError("retry sms", err)
	}
	return res.MatchedCount > 0, nil
}

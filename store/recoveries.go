package store

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

var (
	recoveriesByState = &Index{Collection: "recoveries", Name: "state", Keys: []string{"state", "-order"}}
	recoveriesOverdue = &Index{Collection: "recoveries", Name: "overdue", Keys: []string{"state", "expires"}}
)

var recoveryIndexes = []*Index{recoveriesByState, recoveriesOverdue}

// RecoveryPage is a page of recoveries.
type RecoveryPage = Page[*internship.Recovery]

// RecoveriesIn lists the recoveries in a state, newest first. Errors:
// internship.ErrBadCursor, internship.ErrUnavailable.
func (db *DB) RecoveriesIn(ctx context.Context, state, after string, limit int) (RecoveryPage, error) {
	return list(ctx, db.Recoveries, Query[*internship.Recovery]{
		Index: recoveriesByState, Equal: []any{state}, After: after, Limit: limit, Count: true})
}

// OverdueRecoveries are the ids of those that wait although their time is over.
func (db *DB) OverdueRecoveries(ctx context.Context, now time.Time, limit int) ([]string, error) {
	cur, err := db.Recoveries.coll.Find(ctx,
		bson.D{{Key: "state", Value: internship.RecoveryPending}, {Key: "expires", Value: bson.D{{Key: "$lte", Value: now}}}},
		options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit)))
	if err != nil {
		return nil, fmt.Errorf("store: overdue recoveries: %w", readError(err))
	}
	var rows []struct {
		ID string `bson:"_id"`
	}
	if err := cur.All(ctx, &rows); err != nil {
		return nil, fmt.Errorf("store: overdue recoveries: %w", readError(err))
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids, nil
}

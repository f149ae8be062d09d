package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Advance moves waiting pushes, nobody's at the moment, that are to be looked
// at in [from, to) to an earlier time. It returns how many it looked at, at
// most limit; call it again until there are fewer.
func (db *DB) Advance(ctx context.Context, from, to time.Time, by time.Duration, limit int) (int, error) {
	coll := db.database.Collection("pushes")
	// The sweeper looks after a grace of its own.
	cur, err := coll.Find(ctx, bson.D{{Key: "state", Value: PushWaiting},
		{Key: "sweepAt", Value: bson.D{{Key: "$gte", Value: from}, {Key: "$lt", Value: to}}}},
		options.Find().SetSort(bson.D{{Key: "sweepAt", Value: 1}}).SetLimit(int64(limit)).
			SetProjection(bson.D{{Key: "next", Value: 1}, {Key: "sweepAt", Value: 1}, {Key: "attempt", Value: 1}}))
	if err != nil {
		return 0, machineryError("advance", err)
	}
	var rows []struct {
		ID      string `bson:"_id"`
		Next    time.Time
		SweepAt time.Time `bson:"sweepAt"`
		Attempt int
	}
	if err := cur.All(ctx, &rows); err != nil {
		return 0, machineryError("advance", err)
	}
	for _, r := range rows {
		_, err := coll.UpdateOne(ctx, bson.D{{Key: "_id", Value: r.ID}, {Key: "state", Value: PushWaiting}, {Key: "attempt", Value: r.Attempt}, {Key: "sweepAt", Value: r.SweepAt}},
			bson.D{{Key: "$set", Value: bson.D{{Key: "next", Value: r.Next.Add(-by)}, {Key: "sweepAt", Value: r.SweepAt.Add(-by)}}}})
		if err != nil {
			return 0, machineryError("advance", err)
		}
	}
	return len(rows), nil
}

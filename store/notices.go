package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

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

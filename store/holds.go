package store

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// heldByOthers says which of the wanted holds another document has: the first
// in the order of wanted, "" when none.
func (c *Collection[T, P]) heldByOthers(ctx context.Context, id string, wanted []string) (string, error) {
	cur, err := c.coll.Find(ctx, bson.D{{Key: "holds", Value: bson.D{{Key: "$in", Value: wanted}}}},
		options.Find().SetProjection(bson.D{{Key: "holds", Value: 1}}).SetLimit(int64(len(wanted))+1))
	if err != nil {
		return "", err
	}
	var others []struct {
		ID    string   `bson:"_id"`
		Holds []string `bson:"holds"`
	}
	if err := cur.All(ctx, &others); err != nil {
		return "", err
	}
	for _, w := range wanted {
		for _, o := range others {
			if o.ID != id && slices.Contains(o.Holds, w) {
				return w, nil
			}
		}
	}
	return "", nil
}

// byHolds reads the documents that hold any of the wanted names.
func (c *Collection[T, P]) byHolds(ctx context.Context, wanted bson.A) ([]P, error) {
	cur, err := c.coll.Find(ctx, bson.D{{Key: "holds", Value: bson.D{{Key: "$in", Value: wanted}}}},
		options.Find().SetLimit(int64(len(wanted))))
	if err != nil {
		return nil, readError(err)
	}
	return c.openAll(ctx, cur)
}

package embedded

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func TestDriverSpeaksToTheEngine(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{"memory": "", "journal": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, db := open(t, Options{Dir: dir})
			ctx := t.Context()
			coll := db.Collection("things")
			if _, err := coll.Indexes().CreateOne(ctx, mongo.IndexModel{
				Keys: bson.D{{Key: "holds", Value: 1}},
				Options: options.Index().SetUnique(true).
					SetPartialFilterExpression(bson.D{{Key: "holds", Value: bson.D{{Key: "$exists", Value: true}}}}),
			}); err != nil {
				t.Fatal(err)
			}
			for i, holds := range []bson.A{{"a", "b"}, {"c"}} {
				if _, err := coll.InsertOne(ctx, bson.D{{Key: "_id", Value: i}, {Key: "holds", Value: holds}}); err != nil {
					t.Fatal(err)
				}
			}
			_, err := coll.InsertOne(ctx, bson.D{{Key: "_id", Value: 2}, {Key: "holds", Value: bson.A{"x", "b"}}})
			if !mongo.IsDuplicateKeyError(err) {
				t.Fatalf("second holder of b: %v", err)
			}
			res, err := coll.ReplaceOne(ctx, bson.D{{Key: "_id", Value: 0}}, bson.D{{Key: "holds", Value: bson.A{"b"}}})
			if err != nil || res.ModifiedCount != 1 {
				t.Fatalf("replace: %+v, %v", res, err)
			}
			n, err := coll.CountDocuments(ctx, bson.D{{Key: "holds", Value: "b"}})
			if err != nil || n != 1 {
				t.Fatalf("count: %d, %v", n, err)
			}
			var after bson.M
			err = coll.FindOneAndUpdate(ctx, bson.D{{Key: "holds", Value: "c"}}, bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}},
				options.FindOneAndUpdate().SetReturnDocument(options.After)).Decode(&after)
			if err != nil || after["n"] != int32(1) {
				t.Fatalf("findAndModify: %v, %v", after, err)
			}
			var ce mongo.CommandError
			_, err = coll.Find(ctx, bson.D{{Key: "n", Value: 1}})
			if !errors.As(err, &ce) || ce.Code != 291 {
				t.Fatalf("find without index: %v", err)
			}
			bucket := db.GridFSBucket()
			content := bytes.Repeat([]byte("0123456789"), 60_000)
			id, err := bucket.UploadFromStream(ctx, "f", bytes.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			down, err := bucket.OpenDownloadStream(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(down)
			if err != nil || !bytes.Equal(got, content) {
				t.Fatalf("download: %d bytes, %v", len(got), err)
			}
			if err := bucket.Delete(ctx, id); err != nil {
				t.Fatal(err)
			}
		})
	}
}

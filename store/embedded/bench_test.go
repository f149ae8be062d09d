package embedded

import (
	"fmt"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// filled gives a collection of n documents of about 500 bytes with the indexes
// of a typical aggregate: by owner and time, and the names it holds alone.
func filled(b testing.TB, o Options, n int) (*Server, *mongo.Collection) {
	b.Helper()
	s, db := open(b, o)
	coll := db.Collection("bench")
	_, err := coll.Indexes().CreateMany(b.Context(), []mongo.IndexModel{
		{Keys: bson.D{{Key: "owner", Value: 1}, {Key: "at", Value: -1}, {Key: "_id", Value: -1}}},
		{Keys: bson.D{{Key: "holds", Value: 1}}, Options: options.Index().SetUnique(true).
			SetPartialFilterExpression(bson.D{{Key: "holds", Value: bson.D{{Key: "$exists", Value: true}}}})},
	})
	if err != nil {
		b.Fatal(err)
	}
	for from := 0; from < n; from += 5000 {
		var docs []bson.D
		for i := from; i < min(n, from+5000); i++ {
			docs = append(docs, benchDocument(i))
		}
		if _, err := coll.InsertMany(b.Context(), docs); err != nil {
			b.Fatal(err)
		}
	}
	return s, coll
}

const owners = 20

func benchDocument(i int) bson.D {
	return bson.D{
		{Key: "_id", Value: fmt.Sprintf("id%07d", i)},
		{Key: "version", Value: int64(1)},
		{Key: "owner", Value: fmt.Sprintf("owner%d", i%owners)},
		{Key: "at", Value: bson.DateTime(i)},
		{Key: "holds", Value: bson.A{fmt.Sprintf("signed:%d", i), fmt.Sprintf("place:%d", i)}},
		{Key: "text", Value: fmt.Sprintf("%0400d", i)},
	}
}

func eachSize(b *testing.B, run func(b *testing.B, coll *mongo.Collection, n int)) {
	for _, kind := range []string{"memory", "journal"} {
		for _, n := range []int{1_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) {
				o := Options{}
				if kind == "journal" {
					o.Dir = b.TempDir()
				}
				_, coll := filled(b, o, n)
				b.ResetTimer()
				b.ReportAllocs()
				run(b, coll, n)
			})
		}
	}
}

func BenchmarkInsert(b *testing.B) {
	eachSize(b, func(b *testing.B, coll *mongo.Collection, n int) {
		for i := 0; b.Loop(); i++ {
			if _, err := coll.InsertOne(b.Context(), benchDocument(n+i)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkFindByID(b *testing.B) {
	eachSize(b, func(b *testing.B, coll *mongo.Collection, n int) {
		for i := 0; b.Loop(); i++ {
			id := fmt.Sprintf("id%07d", i*7919%n)
			if err := coll.FindOne(b.Context(), bson.D{{Key: "_id", Value: id}}).Err(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkReplace(b *testing.B) {
	eachSize(b, func(b *testing.B, coll *mongo.Collection, n int) {
		for i := 0; b.Loop(); i++ {
			d := benchDocument(i * 7919 % n)
			d[1].Value = int64(i + 2)
			res, err := coll.ReplaceOne(b.Context(), bson.D{d[0]}, d)
			if err != nil || res.MatchedCount != 1 {
				b.Fatal(res, err)
			}
		}
	})
}

func BenchmarkPageOf20(b *testing.B) {
	eachSize(b, func(b *testing.B, coll *mongo.Collection, n int) {
		for i := 0; b.Loop(); i++ {
			docs, err := page(b, coll, fmt.Sprintf("owner%d", i%owners))
			if err != nil || len(docs) != 20 {
				b.Fatal(len(docs), err)
			}
		}
	})
}

func page(b testing.TB, coll *mongo.Collection, owner string) ([]bson.Raw, error) {
	cur, err := coll.Find(b.Context(), bson.D{{Key: "owner", Value: owner}},
		options.Find().SetSort(bson.D{{Key: "at", Value: -1}, {Key: "_id", Value: -1}}).SetLimit(20))
	if err != nil {
		return nil, err
	}
	var docs []bson.Raw
	return docs, cur.All(b.Context(), &docs)
}

// BenchmarkReplaceParallel has many writers wait for the same fsyncs.
func BenchmarkReplaceParallel(b *testing.B) {
	for _, kind := range []string{"memory", "journal"} {
		b.Run(kind, func(b *testing.B) {
			o := Options{}
			if kind == "journal" {
				o.Dir = b.TempDir()
			}
			_, coll := filled(b, o, 10_000)
			var n atomic.Int64
			b.SetParallelism(32)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := int(n.Add(1))
					d := benchDocument(i % 10_000)
					d[1].Value = int64(i)
					if _, err := coll.ReplaceOne(b.Context(), bson.D{d[0]}, d); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

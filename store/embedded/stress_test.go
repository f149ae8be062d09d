package embedded

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// checkIndexes compares every index with the keys its documents should have.
func checkIndexes(t *testing.T, c *collection) {
	t.Helper()
	c.mu.RLock()
	defer c.mu.RUnlock()
	docs := c.all()
	for _, x := range c.indexes {
		var want, got []entry
		for _, f := range docs {
			keys, err := x.keys(f.raw)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range keys {
				want = append(want, entry{key, f.rec.rid, f.rec})
			}
		}
		slices.SortFunc(want, func(a, b entry) int {
			if entryLess(a, b) {
				return -1
			}
			return 1
		})
		x.tree.Scan(func(e entry) bool {
			got = append(got, e)
			return true
		})
		if !slices.Equal(got, want) {
			t.Errorf("index %s of %s has %d entries, its documents %d", x.spec.name, c.ns, len(got), len(want))
		}
		if !x.spec.unique {
			continue
		}
		for i := 1; i < len(got); i++ {
			if got[i].key == got[i-1].key {
				t.Errorf("unique index %s has a key twice", x.spec.name)
			}
		}
	}
}

// TestManyClients has clients insert, change, claim, delete and list the same
// documents, and holds every answer and the indexes at the end to the rules.
func TestManyClients(t *testing.T) {
	t.Parallel()
	s, db := open(t, Options{Dir: t.TempDir()})
	coll := db.Collection("c")
	if _, err := coll.Indexes().CreateMany(t.Context(), []mongo.IndexModel{
		{Keys: d("owner", 1, "at", -1, "_id", -1)},
		{Keys: d("holds", 1), Options: options.Index().SetUnique(true).SetPartialFilterExpression(d("holds", d("$exists", true)))},
		{Keys: d("due", 1), Options: options.Index().SetPartialFilterExpression(d("due", d("$exists", true)))},
	}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 7))
			for range 80 {
				if err := act(t, coll, r); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	checkIndexes(t, s.catalog.get(namespace{"test", "c"}))
}

// act does one random thing. Documents always have x equal to y.
func act(t *testing.T, coll *mongo.Collection, r *rand.Rand) error {
	ctx, id, n := t.Context(), r.IntN(40), r.IntN(1000)
	owner := fmt.Sprint("o", r.IntN(3))
	body := d("owner", owner, "at", n, "x", n, "y", n)
	if r.IntN(2) == 0 {
		body = append(body, bson.E{Key: "holds", Value: bson.A{fmt.Sprint("h", r.IntN(60)), fmt.Sprint("h", r.IntN(60))}})
	}
	if r.IntN(3) == 0 {
		body = append(body, bson.E{Key: "due", Value: n})
	}
	var err error
	switch r.IntN(7) {
	case 0:
		_, err = coll.InsertOne(ctx, append(d("_id", id), body...))
	case 1, 2:
		_, err = coll.ReplaceOne(ctx, d("_id", id), body, options.Replace().SetUpsert(r.IntN(2) == 0))
	case 3:
		err = coll.FindOneAndUpdate(ctx, d("due", d("$lte", n)), d("$unset", d("due", ""), "$set", d("x", n, "y", n)),
			options.FindOneAndUpdate().SetSort(d("due", 1))).Err()
	case 4:
		_, err = coll.DeleteOne(ctx, d("_id", id))
	default:
		return list(t, coll, owner)
	}
	if mongo.IsDuplicateKeyError(err) || errors.Is(err, mongo.ErrNoDocuments) {
		return nil
	}
	return err
}

func list(t *testing.T, coll *mongo.Collection, owner string) error {
	cur, err := coll.Find(t.Context(), d("owner", owner), options.Find().SetSort(d("at", -1, "_id", -1)).SetBatchSize(3))
	if err != nil {
		return err
	}
	var docs []struct {
		ID    int `bson:"_id"`
		Owner string
		X, Y  int
	}
	if err := cur.All(t.Context(), &docs); err != nil {
		return err
	}
	for _, doc := range docs {
		if doc.X != doc.Y || doc.Owner != owner {
			return fmt.Errorf("half a write is seen: %+v", doc)
		}
	}
	return nil
}

// TestUpsertRace has clients upsert the same documents: each is made once.
func TestUpsertRace(t *testing.T) {
	t.Parallel()
	_, db := open(t, Options{})
	coll := db.Collection("c")
	if _, err := coll.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: d("name", 1), Options: options.Index().SetUnique(true)}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for i := range 10 {
				if _, err := coll.UpdateOne(t.Context(), d("name", i), d("$inc", d("n", 1)), options.UpdateOne().SetUpsert(true)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for i := range 10 {
		var got struct{ N int }
		if err := coll.FindOne(t.Context(), d("name", i)).Decode(&got); err != nil || got.N != 20 {
			t.Errorf("%d: %+v, %v", i, got, err)
		}
	}
}

// TestCollectionsComeAndGo drops collections and indexes under their writers
// and readers.
func TestCollectionsComeAndGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	reopen(t, dir, func(s *Server, db *mongo.Database) {
		coll := db.Collection("c")
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for i := range 60 {
					if _, err := coll.InsertOne(t.Context(), d("n", i)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Go(func() {
			for range 20 {
				_, err := coll.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: d("n", 1)})
				if err := errors.Join(err, coll.Drop(t.Context())); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 60 {
				// 291 without the index, 175 when it goes while it is read.
				if n := codeOf(coll.FindOne(t.Context(), d("n", 1)).Err()); n != 0 && n != 291 && n != 175 && n != -1 {
					t.Errorf("code %d", n)
				}
			}
		})
		wg.Wait()
		if c := s.catalog.get(namespace{"test", "c"}); c != nil {
			checkIndexes(t, c)
		}
	})
	reopen(t, dir, func(*Server, *mongo.Database) {})
}

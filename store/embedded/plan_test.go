package embedded

import (
	"errors"
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// d makes a document of names and values in turn.
func d(pairs ...any) bson.D {
	out := bson.D{}
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, bson.E{Key: pairs[i].(string), Value: pairs[i+1]})
	}
	return out
}

func codeOf(err error) int {
	var server mongo.ServerError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &server):
		return server.ErrorCodes()[0]
	}
	return -1
}

// placements is a collection with indexes like the product's.
func placements(t *testing.T, n int) (*Server, *mongo.Collection) {
	t.Helper()
	s, db := open(t, Options{})
	coll := db.Collection("placements")
	exists := d("$exists", true)
	_, err := coll.Indexes().CreateMany(t.Context(), []mongo.IndexModel{
		{Keys: d("owner", 1, "at", -1, "_id", -1)},
		{Keys: d("owner", 1, "state", 1, "at", -1, "_id", -1)},
		{Keys: d("relayAt", 1), Options: options.Index().SetPartialFilterExpression(d("relayAt", exists))},
		{Keys: d("holds", 1), Options: options.Index().SetUnique(true).SetPartialFilterExpression(d("holds", exists))},
		{Keys: d("search", 1, "at", -1)},
		{Keys: d("group", 1)},
		{Keys: d("open.at", 1), Options: options.Index().SetPartialFilterExpression(d("state", "open"))},
	})
	if err != nil {
		t.Fatal(err)
	}
	var docs []bson.D
	for i := range n {
		doc := d("_id", fmt.Sprintf("p%06d", i), "owner", fmt.Sprint("o", i%10), "at", bson.DateTime(i/3), "state",
			[]string{"open", "signed", "ended"}[i/10%3], "holds", bson.A{fmt.Sprint("h", i)}, "search", bson.A{"ab", fmt.Sprint(i % 7), "z"},
			"group", i%2, "open", d("at", i))
		if i%100 == 0 {
			doc = append(doc, bson.E{Key: "relayAt", Value: bson.DateTime(i)})
		}
		docs = append(docs, doc)
	}
	if _, err := coll.InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	return s, coll
}

func TestDocumentsExamined(t *testing.T) {
	t.Parallel()
	s, coll := placements(t, 3000)
	recent := d("at", -1, "_id", -1)
	find := func(filter bson.D, o *options.FindOptionsBuilder) (int, error) {
		cur, err := coll.Find(t.Context(), filter, o)
		if err != nil {
			return 0, err
		}
		var docs []bson.Raw
		err = cur.All(t.Context(), &docs)
		return len(docs), err
	}
	count := func(filter bson.D) func() (int, error) {
		return func() (int, error) {
			n, err := coll.CountDocuments(t.Context(), filter, options.Count().SetLimit(10_000))
			return int(n), err
		}
	}
	for name, c := range map[string]struct {
		run            func() (int, error)
		docs, examined int
	}{
		"by _id": {func() (int, error) { return find(d("_id", "p000001"), options.Find()) }, 1, 1},
		"by several _ids": {func() (int, error) {
			return find(d("_id", d("$in", bson.A{"p000001", "p000007", "none"})), options.Find())
		}, 2, 2},
		"page": {func() (int, error) { return find(d("owner", "o3"), options.Find().SetSort(recent).SetLimit(20)) }, 20, 20},
		"page behind a cursor": {func() (int, error) {
			after := bson.A{d("at", d("$lt", bson.DateTime(500))), d("at", bson.DateTime(500), "_id", d("$lt", "p001501"))}
			return find(d("owner", "o1", "$or", after), options.Find().SetSort(recent).SetLimit(20))
		}, 20, 20},
		"page by state": {func() (int, error) {
			return find(d("owner", "o3", "state", "open"), options.Find().SetSort(recent).SetLimit(20))
		}, 20, 20},
		"page by two states": {func() (int, error) {
			return find(d("owner", "o3", "state", d("$in", bson.A{"open", "ended"})), options.Find().SetSort(recent).SetLimit(20))
		}, 20, 20},
		"page upwards": {func() (int, error) {
			return find(d("owner", "o3"), options.Find().SetSort(d("at", 1, "_id", 1)).SetLimit(20))
		}, 20, 20},
		"all by _id": {func() (int, error) { return find(d(), options.Find().SetSort(d("_id", -1)).SetLimit(20)) }, 20, 20},
		"search":     {func() (int, error) { return find(d("search", "3"), options.Find().SetSort(d("at", -1)).SetLimit(20)) }, 20, 20},
		"search for all": {func() (int, error) {
			return find(d("search", d("$all", bson.A{"z", "ab", "3"})), options.Find().SetSort(d("at", -1)).SetLimit(20))
		}, 20, 20},
		"due": {func() (int, error) { return find(d("relayAt", d("$lte", bson.DateTime(1000))), options.Find()) }, 11, 11},
		"all of a partial index": {func() (int, error) {
			return find(d("relayAt", d("$exists", true)), options.Find().SetSort(d("relayAt", 1)).SetLimit(5))
		}, 5, 5},
		"partial by another field": {func() (int, error) {
			return find(d("state", "open"), options.Find().SetSort(d("open.at", -1)).SetLimit(5))
		}, 5, 5},
		"first of all":     {func() (int, error) { return find(d(), options.Find().SetLimit(1)) }, 1, 1},
		"count":            {count(d("owner", "o3")), 300, 0},
		"count of a range": {count(d("owner", "o3", "at", d("$gte", bson.DateTime(500)))), 150, 0},
		"count by holds":   {count(d("holds", "h77")), 1, 0},
		"count, remainder": {count(d("owner", "o3", "group", 1)), 300, 300},
		"counts by state": {func() (int, error) {
			cur, err := coll.Aggregate(t.Context(), []bson.D{d("$match", d("owner", "o3")), d("$group", d("_id", "$state", "n", d("$sum", 1)))})
			if err != nil {
				return 0, err
			}
			var docs []bson.Raw
			err = cur.All(t.Context(), &docs)
			return len(docs), err
		}, 3, 0},
		"covered": {func() (int, error) {
			return find(d("owner", "o3", "state", "open"), options.Find().SetProjection(d("_id", 1, "at", 1)).SetLimit(50))
		}, 50, 0},
		"not covered": {func() (int, error) {
			return find(d("owner", "o3", "state", "open"), options.Find().SetProjection(d("_id", 1, "group", 1)).SetLimit(50))
		}, 50, 50},
		"nothing": {func() (int, error) { return find(d("_id", d("$in", bson.A{})), options.Find()) }, 0, 0},
	} {
		before := s.Examined()
		n, err := c.run()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if examined := s.Examined() - before; n != c.docs || int(examined) != c.examined {
			t.Errorf("%s: %d documents, %d examined; want %d, %d", name, n, examined, c.docs, c.examined)
		}
	}
}

func TestQueriesWithoutIndexAreRefused(t *testing.T) {
	t.Parallel()
	_, coll := placements(t, 2100)
	ctx := t.Context()
	set := d("$set", d("x", 1))
	for name, run := range map[string]func() error{
		"find":             func() error { _, err := coll.Find(ctx, d("at", 1)); return err },
		"find one":         func() error { return coll.FindOne(ctx, d("at", 1)).Err() },
		"find all":         func() error { _, err := coll.Find(ctx, d()); return err },
		"second component": func() error { _, err := coll.Find(ctx, d("state", "signed")); return err },
		"negation":         func() error { _, err := coll.Find(ctx, d("owner", d("$ne", "o1"))); return err },
		"half an $or": func() error {
			_, err := coll.Find(ctx, d("$or", bson.A{d("owner", "o1"), d("at", 1)}))
			return err
		},
		"sort only of a filter": func() error {
			_, err := coll.Find(ctx, d("at", 1), options.Find().SetSort(d("_id", 1)).SetLimit(1))
			return err
		},
		"partial index not implied": func() error { _, err := coll.Find(ctx, d("open.at", 5)); return err },
		"partial, null":             func() error { _, err := coll.Find(ctx, d("relayAt", nil)); return err },
		"sort without index":        func() error { _, err := coll.Find(ctx, d(), options.Find().SetSort(d("at", 1))); return err },
		"sort of many": func() error {
			_, err := coll.Find(ctx, d("group", 1), options.Find().SetSort(d("at", 1)))
			return err
		},
		"count":     func() error { _, err := coll.CountDocuments(ctx, d("at", 1)); return err },
		"count all": func() error { _, err := coll.CountDocuments(ctx, d()); return err },
		"count command": func() error {
			return coll.Database().RunCommand(ctx, d("count", coll.Name(), "query", d("at", 1))).Err()
		},
		"distinct": func() error { return coll.Distinct(ctx, "owner", d("at", 1)).Err() },
		"aggregate": func() error {
			_, err := coll.Aggregate(ctx, []bson.D{d("$group", d("_id", "$owner"))})
			return err
		},
		"update one":  func() error { _, err := coll.UpdateOne(ctx, d("at", 1), set); return err },
		"update many": func() error { _, err := coll.UpdateMany(ctx, d(), set); return err },
		"replace":     func() error { _, err := coll.ReplaceOne(ctx, d("at", 1), d("x", 1)); return err },
		"delete one":  func() error { _, err := coll.DeleteOne(ctx, d("at", 1)); return err },
		"delete many": func() error { _, err := coll.DeleteMany(ctx, d()); return err },
		"findAndModify": func() error {
			return coll.FindOneAndUpdate(ctx, d("at", 1), set).Err()
		},
		"findAndModify, upsert": func() error {
			return coll.FindOneAndUpdate(ctx, d("at", 1), set, options.FindOneAndUpdate().SetUpsert(true)).Err()
		},
	} {
		if got := codeOf(run()); got != 291 {
			t.Errorf("%s: code %d, want 291", name, got)
		}
	}
	// What is small enough may be sorted in memory.
	cur, err := coll.Find(ctx, d("owner", "o1"), options.Find().SetSort(d("group", 1, "search", 1)))
	if err != nil {
		t.Fatal(err)
	}
	var docs []bson.Raw
	if err := cur.All(ctx, &docs); err != nil || len(docs) != 210 {
		t.Errorf("sorted in memory: %d, %v", len(docs), err)
	}
}

func TestHints(t *testing.T) {
	t.Parallel()
	s, coll := placements(t, 100)
	find := func(hint any) error {
		cur, err := coll.Find(t.Context(), d("owner", "o1", "group", 1), options.Find().SetHint(hint))
		if err == nil {
			err = cur.Close(t.Context())
		}
		return err
	}
	before := s.Examined()
	if err := find("group_1"); err != nil {
		t.Error(err)
	}
	if n := s.Examined() - before; n != 50 {
		t.Errorf("by the hinted index %d documents are examined, want 50", n)
	}
	if err := find(d("owner", 1, "at", -1, "_id", -1)); err != nil {
		t.Error(err)
	}
	if got := codeOf(find("nothing")); got != 2 {
		t.Errorf("unknown hint: code %d", got)
	}
	if got := codeOf(find("search_1_at_-1")); got != 291 {
		t.Errorf("hinted index that does not serve: code %d", got)
	}
}

func TestUnsupportedIsRefusedByName(t *testing.T) {
	t.Parallel()
	_, coll := placements(t, 1)
	db := coll.Database()
	find := func(pairs ...any) bson.D { return append(d("find", "placements"), d(pairs...)...) }
	update := func(u any, pairs ...any) bson.D {
		return d("update", "placements", "updates", bson.A{append(d("q", d("_id", 1), "u", u), d(pairs...)...)})
	}
	for name, command := range map[string]bson.D{
		"$regex":             find("filter", d("_id", d("$regex", "x"))),
		"a regular value":    find("filter", d("_id", bson.Regex{Pattern: "x"})),
		"$expr":              find("filter", d("$expr", true)),
		"$where":             find("filter", d("$where", "1")),
		"$text":              find("filter", d("$text", d("$search", "x"))),
		"$mod":               find("filter", d("_id", d("$mod", bson.A{2, 1}))),
		"$geoWithin":         find("filter", d("_id", d("$geoWithin", d()))),
		"range of arrays":    find("filter", d("_id", d("$gt", bson.A{1}))),
		"range of MinKey":    find("filter", d("_id", d("$gt", bson.MinKey{}))),
		"collation":          find("filter", d("_id", 1), "collation", d("locale", "zh")),
		"tailable":           find("filter", d("_id", 1), "tailable", true),
		"let":                find("filter", d("_id", 1), "let", d("x", 1)),
		"min":                find("filter", d("_id", 1), "min", d("_id", 1)),
		"unknown option":     find("filter", d("_id", 1), "frobnicate", true),
		"$natural":           find("sort", d("$natural", 1)),
		"$meta":              find("filter", d("_id", 1), "projection", d("score", d("$meta", "textScore"))),
		"$slice":             find("filter", d("_id", 1), "projection", d("x", d("$slice", 1))),
		"positional":         find("filter", d("_id", 1), "projection", d("x.$", 1)),
		"computed":           find("filter", d("_id", 1), "projection", d("x", "$y")),
		"pipeline update":    update(bson.A{d("$set", d("x", 1))}),
		"arrayFilters":       update(d("$set", d("x.$[e]", 1)), "arrayFilters", bson.A{d("e", 1)}),
		"update by position": update(d("$set", d("x.$", 1))),
		"$rename":            update(d("$rename", d("x", "y"))),
		"$mul":               update(d("$mul", d("x", 2))),
		"$push $sort":        update(d("$push", d("x", d("$each", bson.A{1}, "$sort", 1)))),
		"$lookup":            d("aggregate", "placements", "pipeline", bson.A{d("$lookup", d())}, "cursor", d()),
		"$unwind":            d("aggregate", "placements", "pipeline", bson.A{d("$unwind", "$x")}, "cursor", d()),
		"$avg":               d("aggregate", "placements", "pipeline", bson.A{d("$group", d("_id", 1, "x", d("$avg", "$x")))}, "cursor", d()),
		"write concern":      d("delete", "placements", "deletes", bson.A{d("q", d("_id", 1), "limit", 1)}, "writeConcern", d("w", 2)),
		"capped":             d("create", "x", "capped", true, "size", 100),
		"view":               d("create", "x", "viewOn", "y"),
		"decimal":            find("filter", d("_id", bson.NewDecimal128(1, 2))),
		"javascript":         find("filter", d("_id", bson.JavaScript("1"))),
	} {
		if got := codeOf(db.RunCommand(t.Context(), command).Err()); got != 2 && got != 9 {
			t.Errorf("%s: code %d, want 2 or 9", name, got)
		}
	}
	for name, index := range map[string]bson.D{
		"sparse":    d("key", d("s", 1), "name", "s", "sparse", true),
		"text":      d("key", d("s", "text"), "name", "s"),
		"hashed":    d("key", d("s", "hashed"), "name", "s"),
		"wildcard":  d("key", d("$**", 1), "name", "s"),
		"collation": d("key", d("s", 1), "name", "s", "collation", d("locale", "zh")),
		"partial":   d("key", d("s", 1), "name", "s", "partialFilterExpression", d("x", d("$ne", 1))),
		"ttl":       d("key", d("s", 1, "t", 1), "name", "s", "expireAfterSeconds", 5),
	} {
		err := db.RunCommand(t.Context(), d("createIndexes", "placements", "indexes", bson.A{index})).Err()
		if got := codeOf(err); got != 67 {
			t.Errorf("index with %s: code %d, want 67", name, got)
		}
	}
	if got := codeOf(db.RunCommand(t.Context(), d("mapReduce", "placements")).Err()); got != 59 {
		t.Errorf("unknown command: code %d, want 59", got)
	}
	err := db.RunCommand(t.Context(), d("find", "placements", "filter", d("_id", 1), "txnNumber", int64(1), "startTransaction", true, "autocommit", false)).Err()
	if got := codeOf(err); got != 20 {
		t.Errorf("transaction: code %d, want 20", got)
	}
}

// TestCostDoesNotGrow counts the documents examined by the acts of a list page
// and a change: the same over 500 and over 3 000 documents.
func TestCostDoesNotGrow(t *testing.T) {
	t.Parallel()
	var costs [2]int64
	for i, n := range []int{500, 3_000} {
		s, coll := filled(t, Options{}, n)
		before := s.Examined()
		if docs, err := page(t, coll, "owner3"); err != nil || len(docs) != 20 {
			t.Fatal(len(docs), err)
		}
		if err := coll.FindOne(t.Context(), d("_id", "id0000007")).Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := coll.ReplaceOne(t.Context(), d("_id", "id0000007", "version", 1), d("version", 2, "owner", "owner7")); err != nil {
			t.Fatal(err)
		}
		if _, err := coll.InsertOne(t.Context(), benchDocument(n)); err != nil {
			t.Fatal(err)
		}
		if err := coll.FindOneAndUpdate(t.Context(), d("holds", "place:9"), d("$set", d("x", 1))).Err(); err != nil {
			t.Fatal(err)
		}
		costs[i] = s.Examined() - before
	}
	if costs[0] != 23 || costs[1] != 23 {
		t.Errorf("documents examined: %v, want 23 both times", costs)
	}
}

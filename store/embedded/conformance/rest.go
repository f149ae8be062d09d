package conformance

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func indexes(t *testing.T, db *mongo.Database) {
	coll := db.Collection("c")
	create := func(keys bson.D, o *options.IndexOptionsBuilder) error {
		_, err := coll.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: keys, Options: o})
		return err
	}
	index(t, coll, d("x", 1, "y", -1))
	index(t, coll, d("p", 1), options.Index().SetUnique(true).SetPartialFilterExpression(d("p", d("$gt", 0))))
	index(t, coll, d("at", 1), options.Index().SetExpireAfterSeconds(60))
	same(t, "again", code(t, create(d("x", 1, "y", -1), options.Index())), 0)
	same(t, "another name", code(t, create(d("x", 1, "y", -1), options.Index().SetName("z"))), 85)
	same(t, "same name", code(t, create(d("x", 1), options.Index().SetName("x_1_y_-1"))), 86)
	same(t, "another life time", code(t, create(d("at", 1), options.Index().SetExpireAfterSeconds(61))), 85)
	specs, err := coll.Indexes().ListSpecifications(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	type shown struct {
		Name   string
		Unique bool
		Expire int32
	}
	var got []shown
	for _, s := range specs {
		one := shown{Name: s.Name, Unique: s.Unique != nil && *s.Unique}
		if s.ExpireAfterSeconds != nil {
			one.Expire = *s.ExpireAfterSeconds
		}
		got = append(got, one)
	}
	same(t, "indexes", got, []shown{{Name: "_id_"}, {Name: "x_1_y_-1"}, {Name: "p_1", Unique: true}, {Name: "at_1", Expire: 60}})
	same(t, "drop of _id", code(t, coll.Indexes().DropOne(t.Context(), "_id_")), 72)
	same(t, "drop of nothing", code(t, coll.Indexes().DropOne(t.Context(), "nothing")), 27)
	if err := coll.Indexes().DropOne(t.Context(), "p_1"); err != nil {
		t.Error(err)
	}
	if err := coll.Indexes().DropAll(t.Context()); err != nil {
		t.Error(err)
	}
	if specs, err = coll.Indexes().ListSpecifications(t.Context()); err != nil || len(specs) != 1 {
		t.Errorf("after dropping all: %v, %v", specs, err)
	}
	specs, err = db.Collection("nothing").Indexes().ListSpecifications(t.Context())
	if err != nil || len(specs) != 0 {
		t.Errorf("indexes of no collection: %v, %v", specs, err)
	}
	index(t, coll, d("l", 1, "m", 1))
	_, err = coll.InsertOne(t.Context(), d("l", a(1, 2), "m", a(3, 4)))
	same(t, "two arrays in one index", code(t, err), 171)
}

func counts(t *testing.T, db *mongo.Database) {
	coll := db.Collection("c")
	index(t, coll, d("g", 1))
	index(t, coll, d("tags", 1))
	for i := range int32(20) {
		insert(t, coll, d("_id", i, "g", i%2, "tags", a(i%3, i%4), "v", i))
	}
	check := func(what string, filter bson.D, want int64, o ...options.Lister[options.CountOptions]) {
		t.Helper()
		n, err := coll.CountDocuments(t.Context(), filter, o...)
		if err != nil || n != want {
			t.Errorf("%s: %d, %v, want %d", what, n, err, want)
		}
	}
	check("by index", d("g", 1), 10)
	check("with a remainder", d("g", 1, "v", d("$lt", 6)), 3)
	check("by an item", d("tags", 1), 10)
	check("by some items, each document once", d("tags", d("$gte", 1)), 18)
	check("limit", d("g", 1), 4, options.Count().SetLimit(4))
	check("skip", d("g", 1), 7, options.Count().SetSkip(3))
	check("nothing", d("g", 7), 0)
	if n, err := db.Collection("nothing").CountDocuments(t.Context(), d("g", 1)); err != nil || n != 0 {
		t.Errorf("of no collection: %d, %v", n, err)
	}
	if n, err := coll.EstimatedDocumentCount(t.Context()); err != nil || n != 20 {
		t.Errorf("estimated: %d, %v", n, err)
	}
	raw := d("count", "c", "query", d("g", 0), "skip", 2, "limit", 5)
	var out struct{ N int }
	if err := db.RunCommand(t.Context(), raw).Decode(&out); err != nil || out.N != 5 {
		t.Errorf("count command: %+v, %v", out, err)
	}
	var values []int32
	if err := coll.Distinct(t.Context(), "tags", d("g", 1)).Decode(&values); err != nil {
		t.Error(err)
	}
	slices.Sort(values)
	same(t, "distinct", values, []int32{0, 1, 2, 3})
	if err := coll.Distinct(t.Context(), "g", d()).Decode(&values); err != nil {
		t.Error(err)
	}
	slices.Sort(values)
	same(t, "distinct of all", values, []int32{0, 1})
}

func aggregations(t *testing.T, db *mongo.Database) {
	coll := db.Collection("c")
	index(t, coll, d("owner", 1, "state", 1))
	for i := range int32(12) {
		insert(t, coll, d("_id", i, "owner", "o", "state", []string{"a", "b", "c"}[i%3], "v", i, "o", d("k", i%2)))
	}
	run := func(what string, want []bson.D, stages ...bson.D) {
		t.Helper()
		cur, err := coll.Aggregate(t.Context(), stages)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		got := []bson.D{}
		if err := cur.All(t.Context(), &got); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		same(t, what, got, want)
	}
	match := d("$match", d("owner", "o"))
	byID := d("$sort", d("_id", 1))
	run("counts by a field", []bson.D{d("_id", "a", "n", int32(4)), d("_id", "b", "n", int32(4)), d("_id", "c", "n", int32(4))},
		match, d("$group", d("_id", "$state", "n", d("$sum", 1))), byID)
	run("sums", []bson.D{d("_id", "a", "v", int32(18)), d("_id", "b", "v", int32(22)), d("_id", "c", "v", int32(26))},
		match, d("$group", d("_id", "$state", "v", d("$sum", "$v"))), byID)
	run("one group", []bson.D{d("_id", nil, "least", int32(0), "most", int32(11), "n", int32(12))},
		match, d("$group", d("_id", nil, "least", d("$min", "$v"), "most", d("$max", "$v"), "n", d("$sum", 1))))
	run("by a path", []bson.D{d("_id", int32(0), "n", int32(6)), d("_id", int32(1), "n", int32(6))},
		match, d("$group", d("_id", "$o.k", "n", d("$sum", 1))), byID)
	run("by two fields", []bson.D{
		d("_id", d("s", "a", "k", int32(0)), "n", int32(2)), d("_id", d("s", "a", "k", int32(1)), "n", int32(2)),
	}, d("$match", d("owner", "o", "state", "a")), d("$group", d("_id", d("s", "$state", "k", "$o.k"), "n", d("$sum", 1))), byID)
	run("by what is missing", []bson.D{d("_id", nil, "n", int32(12))}, match, d("$group", d("_id", "$nothing", "n", d("$sum", 1))))
	run("sort, skip, limit", []bson.D{d("_id", int32(9), "v", int32(9)), d("_id", int32(8), "v", int32(8))},
		match, d("$sort", d("v", -1)), d("$skip", 2), d("$limit", 2), d("$project", d("v", 1)))
	run("limit before skip", []bson.D{d("_id", int32(2))}, d("$match", d("_id", d("$gte", 0))), byID, d("$limit", 3), d("$skip", 2), d("$project", d("_id", 1)))
	run("match after group", []bson.D{d("_id", "c", "v", int32(26))},
		match, d("$group", d("_id", "$state", "v", d("$sum", "$v"))), d("$match", d("v", d("$gt", 22))))
	run("$count", []bson.D{d("n", int32(4))}, d("$match", d("owner", "o", "state", "b")), d("$count", "n"))
	run("nothing", []bson.D{}, d("$match", d("owner", "x")), d("$group", d("_id", nil, "n", d("$sum", 1))))
	cur, err := db.Collection("nothing").Aggregate(t.Context(), []bson.D{match})
	if err != nil || cur.Next(t.Context()) {
		t.Errorf("of no collection: %v", err)
	}
	_, err = coll.Aggregate(t.Context(), []bson.D{match, d("$frobnicate", d())})
	if err == nil {
		t.Error("an unknown stage passed")
	}
}

func cursors(t *testing.T, db *mongo.Database) {
	coll := db.Collection("c")
	var docs []bson.D
	var want []any
	for i := range int32(250) {
		docs, want = append(docs, d("_id", i)), append(want, i)
	}
	insert(t, coll, docs...)
	all, byID := d("_id", d("$gte", 0)), d("_id", 1)
	same(t, "default batches", ids(t, coll, all, options.Find().SetSort(byID)), want)
	same(t, "batches of 7", ids(t, coll, all, options.Find().SetSort(byID).SetBatchSize(7)), want)
	same(t, "limit over batches", ids(t, coll, all, options.Find().SetSort(byID).SetBatchSize(7).SetLimit(20)), want[:20])
	same(t, "a collection that is not there", ids(t, db.Collection("nothing"), d()), list())

	// What changes between batches neither hides nor repeats what does not.
	cur, err := coll.Find(t.Context(), all, options.Find().SetSort(byID).SetBatchSize(10))
	if err != nil {
		t.Fatal(err)
	}
	var got []any
	for i := 0; cur.Next(t.Context()); i++ {
		id := cur.Current.Lookup("_id").Int32()
		got = append(got, id)
		if i%10 == 5 {
			if _, err := coll.DeleteOne(t.Context(), d("_id", id-1)); err != nil {
				t.Fatal(err)
			}
			if _, err := coll.ReplaceOne(t.Context(), d("_id", id+20), d("changed", true)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cur.Err(); err != nil {
		t.Fatal(err)
	}
	same(t, "while changing", got, want)

	if cur, err = coll.Find(t.Context(), all, options.Find().SetBatchSize(2)); err != nil {
		t.Fatal(err)
	}
	id := cur.ID()
	if id == 0 {
		t.Fatal("no cursor is left open")
	}
	if err := cur.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = db.RunCommand(t.Context(), d("getMore", id, "collection", "c")).Err()
	same(t, "getMore of a killed cursor", code(t, err), 43)
}

func collections(t *testing.T, db *mongo.Database) {
	insert(t, db.Collection("b"), d("_id", 1))
	index(t, db.Collection("a"), d("x", 1))
	if err := db.CreateCollection(t.Context(), "z"); err != nil {
		t.Error(err)
	}
	names, err := db.ListCollectionNames(t.Context(), d())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "collections", toSet(names), map[string]bool{"a": true, "b": true, "z": true})
	names, err = db.ListCollectionNames(t.Context(), d("name", "b"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "by name", names, []string{"b"})
	if err := db.Collection("b").Drop(t.Context()); err != nil {
		t.Error(err)
	}
	same(t, "dropped", ids(t, db.Collection("b"), d("_id", 1)), list())
	if err := db.Collection("nothing").Drop(t.Context()); err != nil {
		t.Errorf("dropping nothing: %v", err)
	}
	dbs, err := db.Client().ListDatabaseNames(t.Context(), d("name", db.Name()))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "databases", dbs, []string{db.Name()})
	if err := db.Client().Ping(t.Context(), nil); err != nil {
		t.Error(err)
	}
	same(t, "unknown command", code(t, db.RunCommand(t.Context(), d("frobnicate", 1)).Err()), 59)
	_, err = db.Collection("$bad").InsertOne(t.Context(), d("x", 1))
	same(t, "bad name", code(t, err), 73)
}

func toSet(names []string) map[string]bool {
	out := map[string]bool{}
	for _, name := range names {
		out[name] = true
	}
	return out
}

func gridFS(t *testing.T, db *mongo.Database) {
	bucket := db.GridFSBucket(options.GridFSBucket().SetChunkSizeBytes(1 << 16))
	content := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	id, err := bucket.UploadFromStream(t.Context(), "policy.pdf", bytes.NewReader(content),
		options.GridFSUpload().SetMetadata(d("owner", "e1")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.UploadFromStream(t.Context(), "empty", bytes.NewReader(nil)); err != nil {
		t.Fatal(err)
	}
	down, err := bucket.OpenDownloadStream(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(down)
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("download: %d bytes, %v", len(got), err)
	}
	var out bytes.Buffer
	if n, err := bucket.DownloadToStreamByName(t.Context(), "policy.pdf", &out); err != nil || n != int64(len(content)) {
		t.Errorf("by name: %d bytes, %v", n, err)
	}
	cur, err := bucket.Find(t.Context(), d("filename", "policy.pdf"), options.GridFSFind().SetSort(d("uploadDate", -1)).SetLimit(1))
	if err != nil {
		t.Fatal(err)
	}
	var files []struct {
		Length   int64 `bson:"length"`
		Metadata bson.D
	}
	if err := cur.All(t.Context(), &files); err != nil || len(files) != 1 {
		t.Fatalf("find: %v, %v", files, err)
	}
	same(t, "length", files[0].Length, int64(len(content)))
	same(t, "metadata", files[0].Metadata, d("owner", "e1"))
	if err := bucket.Rename(t.Context(), id, "new.pdf"); err != nil {
		t.Error(err)
	}
	if err := bucket.Delete(t.Context(), id); err != nil {
		t.Error(err)
	}
	if _, err := bucket.OpenDownloadStream(t.Context(), id); !errors.Is(err, mongo.ErrFileNotFound) {
		t.Errorf("deleted file: %v", err)
	}
	if n, err := bucket.GetChunksCollection().CountDocuments(t.Context(), d("files_id", id)); err != nil || n != 0 {
		t.Errorf("chunks left: %d, %v", n, err)
	}
}

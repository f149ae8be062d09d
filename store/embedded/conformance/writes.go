package conformance

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

func inserts(t *testing.T, db *mongo.Database) {
	coll := db.Collection("c", options.Collection().SetWriteConcern(&writeconcern.WriteConcern{W: "majority", Journal: new(bool)}))
	res, err := coll.InsertMany(t.Context(), []any{d("_id", "x", "n", 1), d("n", 2)})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := res.InsertedIDs[1].(bson.ObjectID); !ok || res.InsertedIDs[0] != "x" {
		t.Errorf("ids: %v", res.InsertedIDs)
	}
	// The _id comes first, wherever it was.
	insert(t, coll, d("n", 3, "_id", "y"))
	same(t, "_id first", one(t, coll, "y"), d("_id", "y", "n", int32(3)))
	// A raw command without _id gets one from the server.
	raw := bson.D{{Key: "insert", Value: "c"}, {Key: "documents", Value: a(d("n", 4))}}
	var out bson.M
	if err := db.RunCommand(t.Context(), raw).Decode(&out); err != nil || out["n"] != int32(1) {
		t.Errorf("raw insert: %v, %v", out, err)
	}
	n, err := coll.EstimatedDocumentCount(t.Context())
	if err != nil || n != 4 {
		t.Errorf("documents: %d, %v", n, err)
	}

	many := []any{d("_id", 1), d("_id", 2), d("_id", 1), d("_id", 3), d("_id", 2), d("_id", 4)}
	for name, c := range map[string]struct {
		ordered bool
		failed  []int
		stored  []any
	}{
		"ordered":   {true, []int{2}, list(int32(1), int32(2))},
		"unordered": {false, []int{2, 4}, list(int32(1), int32(2), int32(3), int32(4))},
	} {
		coll := db.Collection(name)
		_, err := coll.InsertMany(t.Context(), many, options.InsertMany().SetOrdered(c.ordered))
		var bulk mongo.BulkWriteException
		if !errors.As(err, &bulk) {
			t.Fatalf("%s: %v", name, err)
		}
		var failed []int
		for _, e := range bulk.WriteErrors {
			failed = append(failed, e.Index)
			same(t, name+" code", e.Code, 11000)
		}
		same(t, name+" failed", failed, c.failed)
		same(t, name+" stored", ids(t, coll, d("_id", d("$gte", 0)), options.Find().SetSort(d("_id", 1))), c.stored)
	}
}

func updates(t *testing.T, db *mongo.Database) {
	coll := db.Collection("c")
	index(t, coll, d("g", 1))
	insert(t, coll, d("_id", 1, "g", 1, "v", 1), d("_id", 2, "g", 1, "v", 2), d("_id", 3, "g", 2, "v", 3))
	check := func(what string, res *mongo.UpdateResult, err error, matched, modified, upserted int64) {
		t.Helper()
		if err != nil || res.MatchedCount != matched || res.ModifiedCount != modified || res.UpsertedCount != upserted {
			t.Errorf("%s: %+v, %v", what, res, err)
		}
	}
	res, err := coll.ReplaceOne(t.Context(), d("_id", 1, "v", 1), d("v", 10, "g", 1))
	check("replace", res, err, 1, 1, 0)
	same(t, "replaced", one(t, coll, 1), d("_id", int32(1), "v", int32(10), "g", int32(1)))
	res, err = coll.ReplaceOne(t.Context(), d("_id", 1, "v", 1), d("v", 11))
	check("replace of an old version", res, err, 0, 0, 0)
	res, err = coll.ReplaceOne(t.Context(), d("_id", 1), d("_id", 1, "v", 10, "g", 1))
	check("replace by the same", res, err, 1, 0, 0)
	res, err = coll.UpdateMany(t.Context(), d("g", 1), d("$inc", d("v", 1)))
	check("update many", res, err, 2, 2, 0)
	res, err = coll.UpdateMany(t.Context(), d("g", d("$in", a(1, 2))), d("$max", d("v", 5)))
	check("update some of many", res, err, 3, 2, 0)
	res, err = coll.UpdateOne(t.Context(), d("_id", 9), d("$set", d("v", 1)))
	check("update of nothing", res, err, 0, 0, 0)
	res, err = coll.UpdateOne(t.Context(), d("_id", 9, "g", d("$eq", 4), "w", d("$gt", 3)), d("$set", d("v", 1), "$setOnInsert", d("at", 2)),
		options.UpdateOne().SetUpsert(true))
	check("upsert", res, err, 0, 0, 1)
	same(t, "upserted id", res.UpsertedID, any(int32(9)))
	same(t, "upserted", asMap(one(t, coll, 9)), bson.M{"_id": int32(9), "g": int32(4), "v": int32(1), "at": int32(2)})
	res, err = coll.UpdateOne(t.Context(), d("_id", 9), d("$set", d("v", 1), "$setOnInsert", d("at", 3)), options.UpdateOne().SetUpsert(true))
	check("upsert of what is there", res, err, 1, 0, 0)
	res, err = coll.ReplaceOne(t.Context(), d("_id", 10), d("v", 1), options.Replace().SetUpsert(true))
	check("replace with upsert", res, err, 0, 0, 1)
	same(t, "replaced with upsert", one(t, coll, 10), d("_id", int32(10), "v", int32(1)))
	res, err = coll.UpdateOne(t.Context(), d("g", 77), d("$set", d("v", 1)), options.UpdateOne().SetUpsert(true))
	check("upsert without _id", res, err, 0, 0, 1)
	if _, ok := res.UpsertedID.(bson.ObjectID); !ok {
		t.Errorf("upsert without _id: got %v", res.UpsertedID)
	}

	del, err := coll.DeleteOne(t.Context(), d("g", 1))
	if err != nil || del.DeletedCount != 1 {
		t.Errorf("delete one: %+v, %v", del, err)
	}
	del, err = coll.DeleteMany(t.Context(), d("g", d("$gte", 1)))
	if err != nil || del.DeletedCount != 4 {
		t.Errorf("delete many: %+v, %v", del, err)
	}

	bulk, err := coll.BulkWrite(t.Context(), []mongo.WriteModel{
		mongo.NewInsertOneModel().SetDocument(d("_id", 20, "v", 1)),
		mongo.NewUpdateOneModel().SetFilter(d("_id", 20)).SetUpdate(d("$inc", d("v", 1))),
		mongo.NewReplaceOneModel().SetFilter(d("_id", 21)).SetReplacement(d("v", 9)).SetUpsert(true),
		mongo.NewDeleteOneModel().SetFilter(d("_id", 10)),
	})
	if err != nil || bulk.InsertedCount != 1 || bulk.ModifiedCount != 1 || bulk.UpsertedCount != 1 || bulk.DeletedCount != 1 {
		t.Errorf("bulk: %+v, %v", bulk, err)
	}
}

func asMap(doc bson.D) bson.M {
	out := bson.M{}
	for _, e := range doc {
		out[e.Key] = e.Value
	}
	return out
}

func operators(t *testing.T, db *mongo.Database) {
	coll := db.Collection("c")
	n := 0
	for name, c := range map[string]struct{ before, update, after bson.D }{
		"$set":                       {d("a", 1, "b", 2), d("$set", d("a", "x")), d("a", "x", "b", int32(2))},
		"$set below":                 {d("a", d("x", 1)), d("$set", d("a.y", 2)), d("a", d("x", int32(1), "y", int32(2)))},
		"$set makes the way":         {d(), d("$set", d("a.b.c", 1)), d("a", d("b", d("c", int32(1))))},
		"$set new fields by name":    {d("z", 1), d("$set", d("b", 1, "a", 1)), d("z", int32(1), "a", int32(1), "b", int32(1))},
		"$set an item":               {d("a", a(1, 2)), d("$set", d("a.1", 9)), d("a", a(int32(1), int32(9)))},
		"$set beyond the items":      {d("a", a(1)), d("$set", d("a.3", 9)), d("a", a(int32(1), nil, nil, int32(9)))},
		"$set in a row":              {d("a", a(d("x", 1))), d("$set", d("a.0.y", 2)), d("a", a(d("x", int32(1), "y", int32(2))))},
		"$unset":                     {d("a", 1, "b", 2), d("$unset", d("a", "")), d("b", int32(2))},
		"$unset below":               {d("a", d("x", 1, "y", 2)), d("$unset", d("a.x", 1)), d("a", d("y", int32(2)))},
		"$unset an item":             {d("a", a(1, 2)), d("$unset", d("a.0", 1)), d("a", a(nil, int32(2)))},
		"$unset of nothing":          {d("b", 1), d("$unset", d("a.x", 1)), d("b", int32(1))},
		"$inc":                       {d("a", 1), d("$inc", d("a", 2)), d("a", int32(3))},
		"$inc makes":                 {d(), d("$inc", d("a", 2)), d("a", int32(2))},
		"$inc by long":               {d("a", 1), d("$inc", d("a", int64(2))), d("a", int64(3))},
		"$inc by double":             {d("a", 1), d("$inc", d("a", 0.5)), d("a", 1.5)},
		"$inc grows":                 {d("a", int32(2147483647)), d("$inc", d("a", 1)), d("a", int64(2147483648))},
		"$min":                       {d("a", 5, "b", 5), d("$min", d("a", 3, "b", 9, "c", 1)), d("a", int32(3), "b", int32(5), "c", int32(1))},
		"$max":                       {d("a", 5, "b", 5), d("$max", d("a", 3, "b", 9)), d("a", int32(5), "b", int32(9))},
		"$push":                      {d("a", a(1)), d("$push", d("a", 2)), d("a", a(int32(1), int32(2)))},
		"$push makes":                {d(), d("$push", d("a", 2)), d("a", a(int32(2)))},
		"$push an array as one item": {d("a", a(1)), d("$push", d("a", a(2, 3))), d("a", a(int32(1), a(int32(2), int32(3))))},
		"$push $each":                {d("a", a(1)), d("$push", d("a", d("$each", a(2, 3)))), d("a", a(int32(1), int32(2), int32(3)))},
		"$push $slice last":          {d("a", a(1, 2)), d("$push", d("a", d("$each", a(3, 4), "$slice", -3))), d("a", a(int32(2), int32(3), int32(4)))},
		"$push $slice first":         {d("a", a(1, 2)), d("$push", d("a", d("$slice", 2, "$each", a(3)))), d("a", a(int32(1), int32(2)))},
		"$push $slice none":          {d("a", a(1, 2)), d("$push", d("a", d("$each", a(3), "$slice", 0))), d("a", a())},
		"$addToSet":                  {d("a", a(1)), d("$addToSet", d("a", 1.0)), d("a", a(int32(1)))},
		"$addToSet $each":            {d("a", a(1)), d("$addToSet", d("a", d("$each", a(2, 1, 2)))), d("a", a(int32(1), int32(2)))},
		"$pull":                      {d("a", a(1, 2, 1)), d("$pull", d("a", 1)), d("a", a(int32(2)))},
		"$pull by operators":         {d("a", a(1, 2, 3)), d("$pull", d("a", d("$gte", 2))), d("a", a(int32(1)))},
		"$pull rows":                 {d("a", a(d("x", 1, "y", 1), d("x", 2))), d("$pull", d("a", d("x", 1))), d("a", a(d("x", int32(2))))},
		"$pull of nothing":           {d("b", 1), d("$pull", d("a", 1)), d("b", int32(1))},
		"$setOnInsert does nothing":  {d("a", 1), d("$setOnInsert", d("a", 2, "b", 3)), d("a", int32(1))},
		"several": {d("a", 1, "b", a(1), "c", 1), d("$set", d("a", 2), "$push", d("b", 2), "$unset", d("c", "")),
			d("a", int32(2), "b", a(int32(1), int32(2)))},
		"$set _id to itself": {d("a", 1), d("$set", d("a", 2)), d("a", int32(2))},
	} {
		n++
		insert(t, coll, append(d("_id", n), c.before...))
		if _, err := coll.UpdateOne(t.Context(), d("_id", n), c.update); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		same(t, name, one(t, coll, n)[1:], c.after)
	}
}

func badUpdates(t *testing.T, db *mongo.Database) {
	coll := db.Collection("c")
	before := d("_id", int32(1), "s", "text", "n", int64(9223372036854775807), "a", a(int32(1)))
	insert(t, coll, before)
	for name, c := range map[string]struct {
		update bson.D
		code   int
	}{
		"change of _id":         {d("$set", d("_id", 2)), 66},
		"removal of _id":        {d("$unset", d("_id", 1)), 66},
		"$inc of a string":      {d("$inc", d("s", 1)), 14},
		"$inc by a string":      {d("$inc", d("k", "x")), 14},
		"$inc beyond 64 bits":   {d("$inc", d("n", 1)), 2},
		"way through a string":  {d("$set", d("s.x", 1)), 28},
		"field of an array":     {d("$set", d("a.x", 1)), 28},
		"$push onto a string":   {d("$push", d("s", 1)), 2},
		"$pull from a string":   {d("$pull", d("s", 1)), 2},
		"one path twice":        {d("$set", d("k", 1), "$inc", d("k", 1)), 40},
		"a path and below it":   {d("$set", d("k", 1, "k.x", 2)), 40},
		"an operator not known": {d("$frobnicate", d("k", 1)), 9},
	} {
		_, err := coll.UpdateOne(t.Context(), d("_id", 1), c.update)
		same(t, name, code(t, err), c.code)
	}
	_, err := coll.ReplaceOne(t.Context(), d("_id", 1), d("_id", 2))
	same(t, "replacement with another _id", code(t, err), 66)
	same(t, "nothing changed", one(t, coll, 1), before)
}

func findAndModify(t *testing.T, db *mongo.Database) {
	coll := db.Collection("c")
	index(t, coll, d("state", 1, "due", 1))
	insert(t, coll, d("_id", 1, "state", "new", "due", 5), d("_id", 2, "state", "new", "due", 3))
	var got bson.D
	err := coll.FindOneAndUpdate(t.Context(), d("state", "new", "due", d("$lte", 9)), d("$set", d("state", "taken")),
		options.FindOneAndUpdate().SetSort(d("due", 1)).SetReturnDocument(options.After)).Decode(&got)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the first by the sort, afterwards", got, d("_id", int32(2), "state", "taken", "due", int32(3)))
	err = coll.FindOneAndUpdate(t.Context(), d("_id", 1), d("$inc", d("due", 1)),
		options.FindOneAndUpdate().SetProjection(d("due", 1, "_id", 0))).Decode(&got)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "before, projected", got, d("due", int32(5)))
	err = coll.FindOneAndUpdate(t.Context(), d("_id", 3), d("$set", d("state", "x"))).Err()
	if !errors.Is(err, mongo.ErrNoDocuments) {
		t.Errorf("nothing found: %v", err)
	}
	err = coll.FindOneAndUpdate(t.Context(), d("_id", 3), d("$set", d("state", "x")), options.FindOneAndUpdate().SetUpsert(true)).Err()
	if !errors.Is(err, mongo.ErrNoDocuments) {
		t.Errorf("upsert, before: %v", err)
	}
	same(t, "upserted", one(t, coll, 3), d("_id", int32(3), "state", "x"))
	err = coll.FindOneAndReplace(t.Context(), d("_id", 4), d("state", "y"),
		options.FindOneAndReplace().SetUpsert(true).SetReturnDocument(options.After)).Decode(&got)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "upserted, afterwards", got, d("_id", int32(4), "state", "y"))
	if err := coll.FindOneAndDelete(t.Context(), d("_id", 4)).Decode(&got); err != nil {
		t.Fatal(err)
	}
	same(t, "deleted", got, d("_id", int32(4), "state", "y"))
	if err := coll.FindOneAndDelete(t.Context(), d("_id", 4)).Err(); !errors.Is(err, mongo.ErrNoDocuments) {
		t.Errorf("deleted twice: %v", err)
	}

	var out struct {
		Last struct {
			N        int  `bson:"n"`
			Existing bool `bson:"updatedExisting"`
			Upserted any  `bson:"upserted"`
		} `bson:"lastErrorObject"`
	}
	raw := d("findAndModify", "c", "query", d("_id", 5), "update", d("$set", d("state", "z")), "upsert", true)
	if err := db.RunCommand(t.Context(), raw).Decode(&out); err != nil {
		t.Fatal(err)
	}
	if out.Last.N != 1 || out.Last.Existing || out.Last.Upserted != int32(5) {
		t.Errorf("lastErrorObject of an upsert: %+v", out.Last)
	}
	race(t, coll)
}

// race has many callers take one document: exactly one gets it.
func race(t *testing.T, coll *mongo.Collection) {
	insert(t, coll, d("_id", "prize", "state", "free"))
	var wg sync.WaitGroup
	won := make([]bool, 50)
	for i := range won {
		wg.Go(func() {
			err := coll.FindOneAndUpdate(t.Context(), d("_id", "prize", "state", "free"), d("$set", d("state", "taken", "by", i))).Err()
			if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
				t.Errorf("racer %d: %v", i, err)
			}
			won[i] = err == nil
		})
	}
	wg.Wait()
	winner := -1
	for i, ok := range won {
		if ok {
			if winner >= 0 {
				t.Errorf("both %d and %d won", winner, i)
			}
			winner = i
		}
	}
	same(t, "the winner", asMap(one(t, coll, "prize"))["by"], any(int32(winner)))
}

// duplicate is what the answer to a violation of a unique index says.
type duplicate struct {
	message  string
	pattern  bson.D
	keyValue bson.D
}

func violated(t *testing.T, err error) (out duplicate) {
	t.Helper()
	var raw bson.Raw
	var write mongo.WriteException
	var command mongo.CommandError
	switch {
	case errors.As(err, &write) && len(write.WriteErrors) == 1:
		raw, out.message = write.WriteErrors[0].Raw, write.WriteErrors[0].Message
	case errors.As(err, &command):
		raw, out.message = command.Raw, command.Message
	default:
		t.Errorf("no duplicate key: %v", err)
		return out
	}
	var detail struct {
		Pattern bson.D `bson:"keyPattern"`
		Value   bson.D `bson:"keyValue"`
	}
	if err := bson.Unmarshal(raw, &detail); err != nil {
		t.Error(err)
	}
	same(t, "code", code(t, err), 11000)
	out.pattern, out.keyValue = detail.Pattern, detail.Value
	return out
}

func duplicateKeys(t *testing.T, db *mongo.Database) {
	coll := db.Collection("c")
	unique := func() *options.IndexOptionsBuilder { return options.Index().SetUnique(true) }
	index(t, coll, d("name", 1), unique().SetName("by_name"), unique())
	index(t, coll, d("x", 1, "y", -1), unique())
	insert(t, coll, d("_id", 1, "name", "ann", "x", 1, "y", "a"), d("_id", 2, "name", "bob", "x", 1, "y", "b"))
	check := func(what string, err error, want duplicate) {
		t.Helper()
		got := violated(t, err)
		same(t, what+" keyPattern", got.pattern, want.pattern)
		same(t, what+" keyValue", got.keyValue, want.keyValue)
		if !strings.Contains(got.message, want.message) {
			t.Errorf("%s: message %q does not contain %q", what, got.message, want.message)
		}
	}
	ns := db.Name() + ".c"
	_, err := coll.InsertOne(t.Context(), d("_id", 1, "name", "cid"))
	check("_id", err, duplicate{"E11000 duplicate key error collection: " + ns + " index: _id_ dup key: { _id: 1 }", d("_id", int32(1)), d("_id", int32(1))})
	_, err = coll.InsertOne(t.Context(), d("_id", 3, "name", "ann"))
	check("insert", err, duplicate{"E11000 duplicate key error collection: " + ns + ` index: by_name dup key: { name: "ann" }`, d("name", int32(1)), d("name", "ann")})
	_, err = coll.UpdateOne(t.Context(), d("_id", 2), d("$set", d("name", "ann")))
	check("update", err, duplicate{`index: by_name dup key: { name: "ann" }`, d("name", int32(1)), d("name", "ann")})
	_, err = coll.ReplaceOne(t.Context(), d("_id", 2), d("name", "bob", "x", 1, "y", "a"))
	check("compound", err, duplicate{`index: x_1_y_-1 dup key: { x: 1, y: "a" }`, d("x", int32(1), "y", int32(-1)), d("x", int32(1), "y", "a")})
	err = coll.FindOneAndUpdate(t.Context(), d("_id", 2), d("$set", d("name", "ann"))).Err()
	check("findAndModify", err, duplicate{`index: by_name dup key: { name: "ann" }`, d("name", int32(1)), d("name", "ann")})
	_, err = coll.UpdateOne(t.Context(), d("_id", 9), d("$set", d("name", "bob")), options.UpdateOne().SetUpsert(true))
	check("upsert", err, duplicate{`index: by_name dup key: { name: "bob" }`, d("name", int32(1)), d("name", "bob")})

	// Nothing of what failed is there, neither the document nor its keys.
	same(t, "unchanged", one(t, coll, 2), d("_id", int32(2), "name", "bob", "x", int32(1), "y", "b"))
	same(t, "stored", ids(t, coll, d("_id", d("$gte", 0)), options.Find().SetSort(d("_id", 1))), list(int32(1), int32(2)))

	// A missing field is null, and null is a key like another.
	insert(t, coll, d("_id", 4, "x", 5))
	_, err = coll.InsertOne(t.Context(), d("_id", 5, "name", nil, "x", 6))
	check("null and missing", err, duplicate{"index: by_name dup key: { name: null }", d("name", int32(1)), d("name", nil)})
	// Numbers of different types are one key.
	_, err = coll.InsertOne(t.Context(), d("_id", 4.0, "name", "dan", "x", 7))
	same(t, "4 and 4.0", code(t, err), 11000)
	// What a document gives up is free at once.
	if _, err := coll.UpdateOne(t.Context(), d("_id", 1), d("$set", d("name", "eve"))); err != nil {
		t.Error(err)
	}
	if _, err := coll.UpdateOne(t.Context(), d("_id", 2), d("$set", d("name", "ann"))); err != nil {
		t.Errorf("name given up: %v", err)
	}
	_, err = coll.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: d("x", 1), Options: unique()})
	same(t, "unique index over duplicates", code(t, err), 11000)
}

// partialUnique is how the product keeps what a document holds alone.
func partialUnique(t *testing.T, db *mongo.Database) {
	coll := db.Collection("c")
	index(t, coll, d("holds", 1), options.Index().SetName("holds").SetUnique(true).SetPartialFilterExpression(d("holds", d("$exists", true))))
	insert(t, coll,
		d("_id", 1, "holds", a("x", "y", "x")),
		d("_id", 2, "holds", a("z")),
		d("_id", 3), d("_id", 4),
	)
	_, err := coll.InsertOne(t.Context(), d("_id", 5, "holds", a("w", "y")))
	got := violated(t, err)
	same(t, "keyPattern", got.pattern, d("holds", int32(1)))
	same(t, "keyValue is the item", got.keyValue, d("holds", "y"))
	if want := `index: holds dup key: { holds: "y" }`; !strings.Contains(got.message, want) {
		t.Errorf("message %q does not contain %q", got.message, want)
	}
	insert(t, coll, d("_id", 5, "holds", a("w")))
	if _, err := coll.ReplaceOne(t.Context(), d("_id", 1), d("holds", a("y"))); err != nil {
		t.Errorf("giving up an item: %v", err)
	}
	if _, err := coll.ReplaceOne(t.Context(), d("_id", 2), d("holds", a("x", "z"))); err != nil {
		t.Errorf("taking what was given up: %v", err)
	}
	if _, err := coll.ReplaceOne(t.Context(), d("_id", 1), d("n", 1)); err != nil {
		t.Errorf("giving up all: %v", err)
	}
	if _, err := coll.ReplaceOne(t.Context(), d("_id", 3), d("holds", a("y"))); err != nil {
		t.Errorf("taking from nobody: %v", err)
	}
	same(t, "who holds", ids(t, coll, d("holds", d("$in", a("y", "x")))), list(int32(2), int32(3)))
	n, err := coll.CountDocuments(t.Context(), d("holds", "z"))
	if err != nil || n != 1 {
		t.Errorf("count: %d, %v", n, err)
	}

	coll = db.Collection("states")
	index(t, coll, d("mobile", 1), options.Index().SetUnique(true).SetPartialFilterExpression(d("state", "open")))
	insert(t, coll, d("_id", 1, "mobile", "1", "state", "open"), d("_id", 2, "mobile", "1", "state", "closed"), d("_id", 3, "mobile", "1"))
	_, err = coll.UpdateOne(t.Context(), d("_id", 2), d("$set", d("state", "open")))
	same(t, "second open", code(t, err), 11000)
	if _, err := coll.UpdateOne(t.Context(), d("_id", 1), d("$set", d("state", "closed"))); err != nil {
		t.Error(err)
	}
	if _, err := coll.UpdateOne(t.Context(), d("_id", 2), d("$set", d("state", "open"))); err != nil {
		t.Errorf("the only open: %v", err)
	}
	same(t, "the open", ids(t, coll, d("mobile", "1", "state", "open")), list(int32(2)))
}

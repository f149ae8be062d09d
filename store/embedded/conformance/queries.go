package conformance

import (
	"math"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// found checks which documents filters find, sorted by _id. Each filter is
// asked twice: over an index on the field, and as a remainder behind a range of
// _id.
func found(t *testing.T, coll *mongo.Collection, cases map[string]struct {
	filter bson.D
	want   []any
}) {
	t.Helper()
	for name, c := range cases {
		byID := options.Find().SetSort(d("_id", 1))
		if name[0] != '~' { // no index serves it
			same(t, name+" by index", ids(t, coll, c.filter, byID), c.want)
		}
		behind := append(d("_id", d("$gte", int32(0))), c.filter...)
		same(t, name+" behind a range", ids(t, coll, behind, byID), c.want)
	}
}

type cases = map[string]struct {
	filter bson.D
	want   []any
}

func filters(t *testing.T, db *mongo.Database) {
	coll := db.Collection("c")
	index(t, coll, d("v", 1))
	index(t, coll, d("o.x", 1))
	when := bson.DateTime(1_700_000_000_000)
	insert(t, coll,
		d("_id", 1, "v", int32(5)),
		d("_id", 2, "v", int64(5)),
		d("_id", 3, "v", 5.0),
		d("_id", 4, "v", 5.5),
		d("_id", 5, "v", "5"),
		d("_id", 6, "v", nil),
		d("_id", 7),
		d("_id", 8, "v", true),
		d("_id", 9, "v", when),
		d("_id", 10, "v", d("x", 1, "y", 2)),
		d("_id", 11, "v", d("y", 2, "x", 1)),
		d("_id", 12, "v", "a"),
		d("_id", 13, "v", "ab"),
		d("_id", 14, "v", int32(-3)),
		d("_id", 15, "v", math.NaN()),
		d("_id", 16, "o", d("x", 7)),
		d("_id", 17, "v", bson.Binary{Data: []byte{1, 2}}),
	)
	without := list(int32(6), int32(7), int32(16))
	found(t, coll, cases{
		"a number of any type":     {d("v", 5), list(int32(1), int32(2), int32(3))},
		"$eq":                      {d("v", d("$eq", 5.0)), list(int32(1), int32(2), int32(3))},
		"null is missing too":      {d("v", nil), without},
		"$in with null":            {d("v", d("$in", a(nil, "a"))), append(list(), int32(6), int32(7), int32(12), int32(16))},
		"$exists false":            {d("v", d("$exists", false)), list(int32(7), int32(16))},
		"~$exists true":            {d("v", d("$exists", true), "_id", d("$gt", 14)), list(int32(15), int32(17))},
		"range within numbers":     {d("v", d("$gt", 0)), list(int32(1), int32(2), int32(3), int32(4))},
		"$lt leaves NaN out":       {d("v", d("$lt", 5)), list(int32(14))},
		"NaN equals NaN":           {d("v", math.NaN()), list(int32(15))},
		"$gte and $lte":            {d("v", d("$gte", 5.0, "$lte", int64(5))), list(int32(1), int32(2), int32(3))},
		"range within strings":     {d("v", d("$gte", "a")), list(int32(12), int32(13))},
		"range of strings":         {d("v", d("$gt", "5", "$lt", "ab")), list(int32(12))},
		"range of dates":           {d("v", d("$lte", when)), list(int32(9))},
		"booleans":                 {d("v", true), list(int32(8))},
		"binary":                   {d("v", bson.Binary{Data: []byte{1, 2}}), list(int32(17))},
		"a document as a whole":    {d("v", d("x", 1, "y", 2)), list(int32(10))},
		"order of fields matters":  {d("v", d("y", 2.0, "x", int64(1))), list(int32(11))},
		"dotted path":              {d("o.x", 7), list(int32(16))},
		"$or over one index":       {d("$or", a(d("v", "a"), d("v", 5.5))), list(int32(4), int32(12))},
		"$or over two indexes":     {d("$or", a(d("v", "a"), d("o.x", 7))), list(int32(12), int32(16))},
		"$and":                     {d("$and", a(d("v", d("$gt", 5)), d("v", d("$lt", 6)))), list(int32(4))},
		"$in of nothing":           {d("v", d("$in", a())), list()},
		"~$ne":                     {d("v", d("$ne", 5), "_id", d("$lt", 6)), list(int32(4), int32(5))},
		"~$nin with null":          {d("v", d("$nin", a(nil, 5)), "_id", d("$lt", 8)), list(int32(4), int32(5))},
		"~$ne null":                {d("v", d("$ne", nil), "_id", d("$in", a(5, 6, 7))), list(int32(5))},
		"~$not":                    {d("v", d("$not", d("$gte", 5)), "_id", d("$lt", 8)), list(int32(5), int32(6), int32(7))},
		"~$nor":                    {d("$nor", a(d("v", 5), d("v", "5")), "_id", d("$lt", 6)), list(int32(4))},
		"$gte null is null":        {d("v", d("$gte", nil)), without},
		"_id by another number":    {d("_id", 3.0), list(int32(3))},
		"~several _ids":            {d("_id", d("$in", a(3, 1, 99, int64(3)))), list(int32(1), int32(3))},
		"~two tests of one field":  {d("v", d("$gt", 5, "$ne", 5.5), "_id", d("$lt", 6)), list()},
		"~a comment means nothing": {d("v", "a", "$comment", "why"), list(int32(12))},
	})
}

func arrays(t *testing.T, db *mongo.Database) {
	coll := db.Collection("c")
	index(t, coll, d("tags", 1))
	index(t, coll, d("rows.n", 1))
	insert(t, coll,
		d("_id", 1, "tags", a("red", "blue")),
		d("_id", 2, "tags", a("blue")),
		d("_id", 3, "tags", "blue"),
		d("_id", 4, "tags", a()),
		d("_id", 5, "tags", a(1, 10)),
		d("_id", 6, "tags", a(5)),
		d("_id", 7, "tags", a(a("red", "blue"))),
		d("_id", 8, "rows", a(d("n", 1, "k", "x"), d("n", 2, "k", "y"))),
		d("_id", 9, "rows", a(d("n", 2, "k", "x"), d("k", "z"))),
		d("_id", 10, "rows", d("n", 2, "k", "x")),
		d("_id", 11, "tags", a("red", nil)),
	)
	in := func(m bson.D, ids ...any) bson.D { return append(m, d("_id", d("$in", a(ids...)))...) }
	found(t, coll, cases{
		"an item":                     {d("tags", "blue"), list(int32(1), int32(2), int32(3))},
		"null among the items":        {in(d("tags", nil), 1, 4, 11), list(int32(11))},
		"~the whole array":            {in(d("tags", a("red", "blue")), 1, 2, 3, 4, 5, 6, 7), list(int32(1), int32(7))},
		"~the empty array":            {in(d("tags", a()), 1, 4, 7), list(int32(4))},
		"$in of items":                {d("tags", d("$in", a("red", 5))), list(int32(1), int32(6), int32(11))},
		"$all":                        {d("tags", d("$all", a("blue", "red"))), list(int32(1))},
		"~$ne is no item":             {in(d("tags", d("$ne", "blue")), 1, 2, 3, 4, 11), list(int32(4), int32(11))},
		"~$nin is no item":            {in(d("tags", d("$nin", a("red"))), 1, 2, 4), list(int32(2), int32(4))},
		"~$size":                      {in(d("tags", d("$size", 1)), 1, 2, 3, 4, 6, 7), list(int32(2), int32(6), int32(7))},
		"each end by another item":    {d("tags", d("$gt", 4, "$lt", 6)), list(int32(5), int32(6))},
		"$elemMatch by one item":      {d("tags", d("$elemMatch", d("$gt", 4, "$lt", 6))), list(int32(6))},
		"path through documents":      {d("rows.n", 2), list(int32(8), int32(9), int32(10))},
		"range through documents":     {d("rows.n", d("$lt", 2)), list(int32(8))},
		"tests by different rows":     {d("rows.n", 2, "rows.k", "x"), list(int32(8), int32(9), int32(10))},
		"~$elemMatch by one row":      {in(d("rows", d("$elemMatch", d("n", 2, "k", "x"))), 8, 9, 10), list(int32(9))},
		"~a row without the field":    {in(d("rows.n", nil), 8, 9, 10), list(int32(9))},
		"~$exists through documents":  {in(d("rows.n", d("$exists", true)), 1, 8, 9, 10), list(int32(8), int32(9), int32(10))},
		"~position":                   {in(d("tags.1", "blue"), 1, 2, 3), list(int32(1))},
		"~position in rows":           {in(d("rows.0.n", 2), 8, 9), list(int32(9))},
		"~$type of an item":           {in(d("tags", d("$type", "string")), 1, 4, 5), list(int32(1))},
		"~$type array":                {in(d("tags", d("$type", "array")), 1, 3, 4), list(int32(1), int32(4))},
		"~$not $elemMatch":            {in(d("tags", d("$not", d("$elemMatch", d("$gt", 4)))), 5, 6, 2), list(int32(2))},
		"~$all of one inside nothing": {in(d("tags", d("$all", a())), 1, 4), list()},
	})
	// A document that stands under several keys of an index comes once.
	same(t, "a range over many keys", ids(t, coll, d("tags", d("$gte", "a")), options.Find().SetSort(d("tags", 1, "_id", 1))),
		list(int32(11), int32(1), int32(2), int32(3))) // 11 holds null as well
}

func sorts(t *testing.T, db *mongo.Database) {
	coll := db.Collection("c")
	index(t, coll, d("g", 1, "v", 1, "_id", 1))
	index(t, coll, d("w", 1, "_id", 1))
	oid := bson.ObjectID{1}
	ordered := []any{
		bson.MinKey{}, a(), nil, int32(-1), 0.5, int64(1), 1.5, "A", "a", "é", d("a", 1), d("a", 2),
		bson.Binary{Data: []byte{1}}, oid, false, true, bson.DateTime(1), bson.DateTime(2),
		bson.Timestamp{T: 1}, bson.Regex{Pattern: "x"}, bson.MaxKey{},
	}
	var up, down []any
	for i := range ordered {
		// Stored in another order than sorted.
		at := (i*8 + 3) % len(ordered)
		insert(t, coll, d("_id", int32(at), "g", 1, "v", ordered[at], "w", ordered[at]))
		up = append(up, int32(i))
		down = append(down, int32(len(ordered)-1-i))
	}
	both := d("_id", d("$gte", 0))
	for _, field := range []string{"v", "w"} {
		filter := d("g", 1)
		if field == "w" {
			filter = both
		}
		same(t, field+" ascending", ids(t, coll, filter, options.Find().SetSort(d(field, 1, "_id", 1))), up)
		same(t, field+" descending", ids(t, coll, filter, options.Find().SetSort(d(field, -1, "_id", -1))), down)
	}

	coll = db.Collection("arrays")
	index(t, coll, d("g", 1))
	insert(t, coll,
		d("_id", 1, "g", 1, "v", a(5, 9)),
		d("_id", 2, "g", 1, "v", a(1, 7)),
		d("_id", 3, "g", 1, "v", 6),
		d("_id", 4, "g", 1),
		d("_id", 5, "g", 1, "v", 0),
	)
	same(t, "arrays by their least item", ids(t, coll, d("g", 1), options.Find().SetSort(d("v", 1))),
		list(int32(4), int32(5), int32(2), int32(1), int32(3)))
	same(t, "arrays by their greatest item", ids(t, coll, d("g", 1), options.Find().SetSort(d("v", -1))),
		list(int32(1), int32(2), int32(3), int32(5), int32(4)))
}

// pages reads by keyset, the way the product's lists do.
func pages(t *testing.T, db *mongo.Database) {
	coll := db.Collection("c")
	index(t, coll, d("owner", 1, "at", -1, "_id", -1))
	var docs []bson.D
	for i := range int32(50) {
		docs = append(docs, d("_id", i, "owner", i%2, "at", i/7, "state", i%3))
	}
	insert(t, coll, docs...)
	want := []any{}
	for i := int32(49); i >= 0; i-- {
		if i%2 == 1 {
			want = append(want, i)
		}
	}
	order := d("at", -1, "_id", -1)
	for name, after := range map[string]func(at, id any) bson.D{
		"$or": func(at, id any) bson.D {
			return d("$or", a(d("at", d("$lt", at)), d("at", at, "_id", d("$lt", id))))
		},
		"$or behind a bound": func(at, id any) bson.D {
			return d("at", d("$lte", at), "$or", a(d("at", d("$lt", at)), d("_id", d("$lt", id))))
		},
	} {
		var got []any
		filter := d("owner", 1)
		for range 20 {
			page := ids(t, coll, filter, options.Find().SetSort(order).SetLimit(4))
			got = append(got, page...)
			if len(page) < 4 {
				break
			}
			last := one(t, coll, page[3])
			filter = append(d("owner", 1), after(last[2].Value, last[0].Value)...)
		}
		same(t, "pages by "+name, got, want)
	}
	same(t, "skip and limit", ids(t, coll, d("owner", 1), options.Find().SetSort(order).SetSkip(3).SetLimit(2)), want[3:5])
	same(t, "backwards", ids(t, coll, d("owner", 1), options.Find().SetSort(d("at", 1, "_id", 1)).SetLimit(2)), list(int32(1), int32(3)))
	// Several values of the second field, merged into the sort's order.
	index(t, coll, d("state", 1, "at", -1, "_id", -1))
	same(t, "$in before a sort", ids(t, coll, d("state", d("$in", a(2, 0))), options.Find().SetSort(order).SetLimit(4)),
		list(int32(48), int32(47), int32(45), int32(44)))
}

func projections(t *testing.T, db *mongo.Database) {
	coll := db.Collection("c")
	insert(t, coll, d("_id", 1, "a", 1, "b", d("x", 1, "y", 2), "c", a(d("x", 1, "y", 2), 5, d("y", 3)), "e", "s"))
	for name, c := range map[string]struct{ projection, want bson.D }{
		"include":             {d("a", 1), d("_id", int32(1), "a", int32(1))},
		"include without _id": {d("a", true, "_id", 0), d("a", int32(1))},
		"exclude":             {d("b", 0, "c", false), d("_id", int32(1), "a", int32(1), "e", "s")},
		"exclude _id":         {d("_id", 0, "b", 0, "c", 0), d("a", int32(1), "e", "s")},
		"only _id":            {d("_id", 1), d("_id", int32(1))},
		"below":               {d("b.y", 1), d("_id", int32(1), "b", d("y", int32(2)))},
		"below, excluded":     {d("b.y", 0, "c", 0), d("_id", int32(1), "a", int32(1), "b", d("x", int32(1)), "e", "s")},
		"in arrays":           {d("c.x", 1), d("_id", int32(1), "c", a(d("x", int32(1)), d()))},
		"in arrays, excluded": {d("c.x", 0, "b", 0), d("_id", int32(1), "a", int32(1), "c", a(d("y", int32(2)), int32(5), d("y", int32(3))), "e", "s")},
		"order of the stored": {d("e", 1, "a", 1), d("_id", int32(1), "a", int32(1), "e", "s")},
		"what is not there":   {d("nothing", 1), d("_id", int32(1))},
		"not a document":      {d("a.b", 1, "e", 1), d("_id", int32(1), "e", "s")},
	} {
		var got bson.D
		if err := coll.FindOne(t.Context(), d("_id", 1), options.FindOne().SetProjection(c.projection)).Decode(&got); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		same(t, name, got, c.want)
	}
	err := coll.FindOne(t.Context(), d("_id", 1), options.FindOne().SetProjection(d("a", 1, "b", 0))).Err()
	same(t, "both at once", code(t, err), 31254)
}

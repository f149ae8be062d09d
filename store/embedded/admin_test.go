package embedded

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// TestShellCommands sends what shells and monitors send on connecting.
func TestShellCommands(t *testing.T) {
	t.Parallel()
	s, db := open(t, Options{})
	admin := db.Client().Database("admin")
	for command, field := range map[string]string{
		"buildInfo": "versionArray", "connectionStatus": "authInfo", "getLog": "log", "getCmdLineOpts": "argv",
		"getParameter": "featureCompatibilityVersion", "hostInfo": "os", "whatsmyuri": "you", "serverStatus": "connections",
		"hello": "isWritablePrimary", "isMaster": "ismaster", "ping": "ok", "endSessions": "ok",
	} {
		var out bson.M
		if err := admin.RunCommand(t.Context(), d(command, 1)).Decode(&out); err != nil || out[field] == nil {
			t.Errorf("%s: %v, %v", command, out, err)
		}
	}
	if s.Addr() == "" || s.URI() == "" {
		t.Error("no address")
	}
}

func TestDisplayedValues(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]any{
		`"x"`: "x", "5": int64(5), "5.0": 5.0, "0.5": 0.5, "inf.0": nil, "true": true, "null": nil,
		"ObjectId('010000000000000000000000')": bson.ObjectID{1}, "new Date(7)": bson.DateTime(7),
		"BinData(4, 0AFF)": bson.Binary{Subtype: 4, Data: []byte{10, 255}}, "Timestamp(1, 2)": bson.Timestamp{T: 1, I: 2},
		"MinKey": bson.MinKey{}, "MaxKey": bson.MaxKey{}, "/a/i": bson.Regex{Pattern: "a", Options: "i"},
		`{ a: 1, b: [ 2, "y" ] }`: d("a", 1, "b", bson.A{2, "y"}), "{}": d(), "[]": bson.A{}, "+Inf": math.Inf(1),
	} {
		if want == "inf.0" {
			continue
		}
		if got := display(val(t, v)); got != want {
			t.Errorf("display(%v) = %s, want %s", v, got, want)
		}
	}
}

func TestIndexesAreDroppedByNameKeyOrAll(t *testing.T) {
	t.Parallel()
	_, db := open(t, Options{})
	create := func() {
		t.Helper()
		if err := db.RunCommand(t.Context(), d("createIndexes", "c", "indexes", bson.A{
			d("key", d("a", 1), "name", "a"), d("key", d("b", -1), "name", "b"), d("key", d("c", 1), "name", "c"),
		})).Err(); err != nil {
			t.Fatal(err)
		}
	}
	left := func() (names []string) {
		t.Helper()
		specs, err := db.Collection("c").Indexes().ListSpecifications(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range specs[1:] {
			names = append(names, s.Name)
		}
		return names
	}
	for _, c := range []struct {
		which any
		code  int
		left  []string
	}{
		{"b", 0, []string{"a", "c"}},
		{bson.A{"a", "c"}, 0, []string{"b"}},
		{d("b", -1), 0, []string{"a", "c"}},
		{"*", 0, nil},
		{d("b", 1), codeIndexNotFound, []string{"a", "b", "c"}},
		{bson.A{"a", "x"}, codeIndexNotFound, []string{"a", "b", "c"}},
		{bson.A{"a", "_id_"}, codeInvalidOptions, []string{"a", "b", "c"}},
		{5, codeTypeMismatch, []string{"a", "b", "c"}},
	} {
		create()
		if got := codeOf(db.RunCommand(t.Context(), d("dropIndexes", "c", "index", c.which)).Err()); got != c.code {
			t.Errorf("%v: code %d, want %d", c.which, got, c.code)
		}
		if diff := cmp.Diff(c.left, left()); diff != "" {
			t.Errorf("%v: %s", c.which, diff)
		}
	}
	if got := codeOf(db.RunCommand(t.Context(), d("dropIndexes", "none", "index", "*")).Err()); got != codeNamespaceNotFound {
		t.Errorf("no collection: code %d", got)
	}
}

// run matches a filter against one document in memory.
func matches(t *testing.T, filter, document bson.D) bool {
	t.Helper()
	f, err := parseFilter(doc(t, filter))
	if err != nil {
		t.Fatal(err)
	}
	return f.match(doc(t, document))
}

func TestItemsTestedTogether(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		filter, document bson.D
		want             bool
	}{
		"$not inside":       {d("a", d("$elemMatch", d("$gt", 1, "$not", d("$gt", 3)))), d("a", bson.A{0, 5, 2}), true},
		"$not, no item":     {d("a", d("$elemMatch", d("$gt", 1, "$not", d("$gt", 3)))), d("a", bson.A{0, 5}), false},
		"$ne inside":        {d("a", d("$elemMatch", d("$ne", 1))), d("a", bson.A{1, 1}), false},
		"$in inside":        {d("a", d("$elemMatch", d("$in", bson.A{1, 2}, "$gte", 2))), d("a", bson.A{1, 2}), true},
		"$or of documents":  {d("a", d("$elemMatch", d("$or", bson.A{d("x", 1), d("y", 2)}))), d("a", bson.A{d("y", 2)}), true},
		"$nor":              {d("$nor", bson.A{d("a", 1), d("b", 1)}), d("a", 2, "b", 1), false},
		"$type by number":   {d("a", d("$type", bson.A{2, 16})), d("a", int32(1)), true},
		"$type of nothing":  {d("a", d("$type", "null")), d(), false},
		"$size of no array": {d("a", d("$size", 1)), d("a", 1), false},
		"NaN in no range":   {d("a", d("$lt", math.NaN())), d("a", 1), false},
		"NaN and $gte":      {d("a", d("$gte", math.NaN())), d("a", math.NaN()), true},
		"$gt null":          {d("a", d("$gt", nil)), d("a", nil), false},
	} {
		if got := matches(t, c.filter, c.document); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for name, bad := range map[string]bson.D{
		"$size of a fraction": d("a", d("$size", 1.5)),
		"$type unknown":       d("a", d("$type", "frob")),
		"$type of nothing":    d("a", d("$type", bson.A{})),
		"$not of a value":     d("a", d("$not", 1)),
		"$in without array":   d("a", d("$in", 1)),
		"$in of operators":    d("a", d("$in", bson.A{d("$gt", 1)})),
		"$all of operators":   d("a", d("$all", bson.A{d("$elemMatch", d())})),
		"$and of nothing":     d("$and", bson.A{}),
		"$or of a value":      d("$or", bson.A{1}),
		"operator and value":  d("a", d("$gt", 1, "x", 2)),
	} {
		if _, err := parseFilter(doc(t, bad)); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func TestGroupsInDetail(t *testing.T) {
	t.Parallel()
	_, db := open(t, Options{})
	coll := db.Collection("c")
	if _, err := coll.InsertMany(t.Context(), []bson.D{
		d("_id", 1, "n", int64(1), "rows", bson.A{d("k", "x"), d("k", "y"), 5}, "big", int64(math.MaxInt64)),
		d("_id", 2, "n", 2.5, "rows", bson.A{d("k", "x"), d("k", "y")}, "big", int64(1)),
		d("_id", 3, "n", "no number", "rows", d("k", "z")),
	}); err != nil {
		t.Fatal(err)
	}
	all := d("$match", d("_id", d("$gt", 0)))
	for name, c := range map[string]struct {
		stages []bson.D
		want   []bson.D
	}{
		"sum of mixed numbers":   {[]bson.D{d("$group", d("_id", 1, "s", d("$sum", "$n")))}, []bson.D{d("_id", int32(1), "s", 3.5)}},
		"sum beyond 64 bits":     {[]bson.D{d("$group", d("_id", 1, "s", d("$sum", "$big")))}, []bson.D{d("_id", int32(1), "s", float64(1<<63))}},
		"first and last":         {[]bson.D{d("$sort", d("_id", 1)), d("$group", d("_id", nil, "f", d("$first", "$n"), "l", d("$last", "$_id")))}, []bson.D{d("_id", nil, "f", int64(1), "l", int32(3))}},
		"by an array's fields":   {[]bson.D{d("$group", d("_id", "$rows.k", "n", d("$count", d()))), d("$sort", d("n", -1))}, []bson.D{d("_id", bson.A{"x", "y"}, "n", int32(2)), d("_id", "z", "n", int32(1))}},
		"skip, limit after":      {[]bson.D{d("$group", d("_id", "$_id")), d("$sort", d("_id", -1)), d("$skip", 1), d("$limit", 1)}, []bson.D{d("_id", int32(2))}},
		"a limit that is enough": {[]bson.D{d("$project", d("_id", 1)), d("$limit", 1), d("$count", "n")}, []bson.D{d("n", int32(1))}},
	} {
		cur, err := coll.Aggregate(t.Context(), append([]bson.D{all}, c.stages...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []bson.D
		if err := cur.All(t.Context(), &got); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for name, stage := range map[string]bson.D{
		"no _id": d("$group", d("n", d("$sum", 1))), "two accumulators": d("$group", d("_id", 1, "n", d("$sum", 1, "$min", 1))),
		"no accumulator": d("$group", d("_id", 1, "n", 5)), "expression": d("$group", d("_id", d("$add", bson.A{1, 2}))),
		"variable": d("$group", d("_id", "$$ROOT")), "array": d("$group", d("_id", bson.A{"$x"})), "empty part": d("$group", d("_id", "$a..b")),
		"limit 0": d("$limit", 0), "skip of text": d("$skip", "x"), "count of nothing": d("$count", ""), "two stages": d("$skip", 1, "$limit", 1),
	} {
		if _, err := coll.Aggregate(t.Context(), []bson.D{all, stage}); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func TestBadCommands(t *testing.T) {
	t.Parallel()
	_, db := open(t, Options{})
	if _, err := db.Collection("c").InsertOne(t.Context(), d("_id", 1)); err != nil {
		t.Fatal(err)
	}
	for name, command := range map[string]bson.D{
		"update and remove":    d("findAndModify", "c", "query", d("_id", 1), "update", d("x", 1), "remove", true),
		"neither":              d("findAndModify", "c", "query", d("_id", 1)),
		"remove with new":      d("findAndModify", "c", "query", d("_id", 1), "remove", true, "new", true),
		"limit of a fraction":  d("find", "c", "limit", 1.5),
		"sort by 2":            d("find", "c", "sort", d("_id", 2)),
		"_id of an array":      d("insert", "c", "documents", bson.A{d("_id", bson.A{1})}),
		"no statements":        d("delete", "c", "deletes", bson.A{}),
		"no filter":            d("update", "c", "updates", bson.A{d("u", d())}),
		"two replaced":         d("update", "c", "updates", bson.A{d("q", d("_id", 1), "u", d("x", 1), "multi", true)}),
		"delete of 2":          d("delete", "c", "deletes", bson.A{d("q", d("_id", 1), "limit", 2)}),
		"system collection":    d("insert", "system.users", "documents", bson.A{d("_id", 1)}),
		"exists already":       d("create", "c"),
		"index without key":    d("createIndexes", "c", "indexes", bson.A{d("name", "x")}),
		"index without name":   d("createIndexes", "c", "indexes", bson.A{d("key", d("x", 1))}),
		"distinct without key": d("distinct", "c", "query", d("_id", 1)),
	} {
		var out struct {
			Ok     float64
			Errors []bson.D `bson:"writeErrors"`
		}
		err := db.RunCommand(t.Context(), command).Decode(&out)
		if err == nil && len(out.Errors) == 0 {
			t.Errorf("%s passes", name)
		}
	}
}

package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/store"
	"shixi/store/storetest"
)

func TestMigrateMakesEveryDeclaredIndex(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	db := s.Open(t, nil) // migrates
	for range 2 {
		if made, err := db.Migrate(t.Context()); err != nil || len(made) != 0 {
			t.Errorf("again: %v %v", made, err)
		}
	}
	if gaps, err := db.Missing(t.Context()); err != nil || len(gaps) != 0 {
		t.Errorf("missing %v %v", gaps, err)
	}
	have := map[string]map[string]bson.M{}
	for _, i := range store.Indexes() {
		if have[i.Collection] == nil {
			have[i.Collection] = listIndexes(t, s, i.Collection)
		}
		got, ok := have[i.Collection][i.Name]
		if !ok {
			t.Errorf("%s.%s is not there", i.Collection, i.Name)
			continue
		}
		delete(have[i.Collection], i.Name)
		expectIndex(t, i, got)
	}
	for collection, left := range have {
		delete(left, "_id_")
		if len(left) > 0 {
			t.Errorf("%s has what is not declared, or a name twice: %v", collection, left)
		}
	}
}

func listIndexes(t *testing.T, s *storetest.Server, collection string) map[string]bson.M {
	t.Helper()
	cur, err := s.Raw(t).Collection(collection).Indexes().List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []bson.M
	if err := cur.All(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	byName := map[string]bson.M{}
	for _, i := range all {
		byName[i["name"].(string)] = i
	}
	return byName
}

func expectIndex(t *testing.T, i *store.Index, got bson.M) {
	t.Helper()
	var keys []string
	for _, e := range got["key"].(bson.D) {
		keys = append(keys, strings.TrimPrefix(fmt.Sprint(e.Value, e.Key), "1"))
	}
	for n, k := range keys {
		keys[n] = strings.Replace(k, "-1", "-", 1)
	}
	if diff := cmp.Diff(i.Keys, keys); diff != "" {
		t.Errorf("%s.%s keys (-want, +got)\n%s", i.Collection, i.Name, diff)
	}
	if unique, _ := got["unique"].(bool); unique != i.Unique {
		t.Errorf("%s.%s unique: %v", i.Collection, i.Name, unique)
	}
	if after, expires := got["expireAfterSeconds"]; expires != i.Expire || expires && fmt.Sprint(after) != "0" {
		t.Errorf("%s.%s expires after %v", i.Collection, i.Name, after)
	}
	want := slices.Clone(i.Where)
	for _, f := range i.Exists {
		want = append(want, bson.E{Key: f, Value: bson.D{{Key: "$exists", Value: true}}})
	}
	filter, _ := got["partialFilterExpression"].(bson.D)
	if diff := cmp.Diff(want, filter); diff != "" && len(want)+len(filter) > 0 {
		t.Errorf("%s.%s filter (-want, +got)\n%s", i.Collection, i.Name, diff)
	}
}

func TestReplicasMayMigrateAtOnce(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	var sides []*store.DB
	for range 4 {
		db, err := store.Open(store.Options{URI: s.URI, Database: s.Database, Keyset: keyset(t)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close(t.Context()) })
		sides = append(sides, db)
	}
	if gaps, err := sides[0].Missing(t.Context()); err != nil || len(gaps) != len(store.Indexes()) {
		t.Errorf("of an empty database %d are missing (%v)", len(gaps), err)
	}
	won, _ := race(t, 4, func(i int) error { return second(sides[i].Migrate(t.Context())) }, is(nil))
	if gaps, err := sides[0].Missing(t.Context()); err != nil || len(gaps) != 0 || won != 4 {
		t.Errorf("%d migrated, missing %v (%v)", won, gaps, err)
	}
}

func keyset(t *testing.T) string {
	t.Helper()
	k, err := store.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestIndexesOfAnotherFormAreReported replaces declared indexes by others of
// the same name: each is told, none is touched, and what is missing is made.
func TestIndexesOfAnotherFormAreReported(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	db := s.Open(t, nil)
	one := func(key string) bson.D { return bson.D{{Key: key, Value: 1}} }
	exists := func(key string) bson.D { return bson.D{{Key: key, Value: bson.D{{Key: "$exists", Value: true}}}} }
	cases := []struct {
		collection, name string
		keys             bson.D
		options          *options.IndexOptionsBuilder
		found            string
	}{
		{"placements", "holds", one("holds"), options.Index().SetPartialFilterExpression(exists("holds")), `{holds:1} where {"holds":{"$exists":true}}`},
		{"accounts", "holds", one("holds"), options.Index().SetUnique(true).SetPartialFilterExpression(exists("mobile")), `{holds:1} unique where {"mobile":{"$exists":true}}`},
		{"positions", "relay", one("relayAt"), options.Index(), `{relayAt:1}`},
		{"placements", "enterprise", bson.D{{Key: "enterpriseId", Value: 1}, {Key: "order", Value: 1}}, options.Index(), `{enterpriseId:1 order:1}`},
		{"placements", "school", bson.D{{Key: "order", Value: -1}, {Key: "schoolId", Value: 1}}, options.Index(), `{order:-1 schoolId:1}`},
		{"sessions", "expires", one("expires"), options.Index(), `{expires:1}`},
		{"nonces", "expires", one("expires"), options.Index().SetExpireAfterSeconds(3600), `{expires:1} expires after 3600 s`},
		{"pushes", "due", one("sweepAt"), options.Index().SetPartialFilterExpression(bson.D{{Key: "state", Value: "sent"}}), `{sweepAt:1} where {"state":"sent"}`},
	}
	want := map[string]string{"schools.holds": "", "jobs.due": ""}
	for name := range want {
		collection, index, _ := strings.Cut(name, ".")
		drop(t, s, collection, index)
	}
	for _, c := range cases {
		drop(t, s, c.collection, c.name)
		if _, err := s.Raw(t).Collection(c.collection).Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: c.keys, Options: c.options.SetName(c.name)}); err != nil {
			t.Fatal(err)
		}
		want[c.collection+"."+c.name] = c.found
	}
	expectGaps(t, db, want)
	made, err := db.Migrate(t.Context())
	if len(made) != 2 || err == nil {
		t.Fatalf("made %v %v", made, err)
	}
	for _, c := range cases {
		if !strings.Contains(err.Error(), c.collection+"."+c.name+" is "+c.found+", not {") {
			t.Errorf("%s.%s is not told: %v", c.collection, c.name, err)
		}
		drop(t, s, c.collection, c.name)
	}
	if made, err := db.Migrate(t.Context()); err != nil || len(made) != len(cases) {
		t.Errorf("after the wrong ones are dropped: %v %v", made, err)
	}
	expectGaps(t, db, map[string]string{})
}

func drop(t *testing.T, s *storetest.Server, collection, index string) {
	t.Helper()
	if err := s.Raw(t).Collection(collection).Indexes().DropOne(t.Context(), index); err != nil {
		t.Fatal(err)
	}
}

func expectGaps(t *testing.T, db *store.DB, want map[string]string) {
	t.Helper()
	gaps, err := db.Missing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, g := range gaps {
		got[g.Collection+"."+g.Name] = g.Found
		if g.Found == "" && g.String() != g.Collection+"."+g.Name+" is missing" {
			t.Errorf("told as %q", g)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want, +got)\n%s", diff)
	}
}

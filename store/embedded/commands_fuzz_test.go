package embedded

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

var (
	fieldWords    = []string{"_id", "a", "b", "a.b", "a.0", "a.1.b", "", ".", "a..b", "$x", "a.$"}
	filterWords   = []string{"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$and", "$or", "$nor", "$not", "$all", "$elemMatch", "$size", "$type", "$comment"}
	updateWords   = []string{"$set", "$unset", "$inc", "$min", "$max", "$setOnInsert", "$push", "$addToSet", "$pull", "$each", "$slice"}
	pipelineWords = []string{"$match", "$sort", "$skip", "$limit", "$project", "$count", "$group", "$sum", "$first", "$last", "$a", "$a.b"}
	indexWords    = []string{"key", "name", "unique", "partialFilterExpression", "expireAfterSeconds"}
	optionWords   = []string{"filter", "sort", "projection", "hint", "skip", "limit", "batchSize", "query", "update", "remove", "new", "upsert", "fields", "pipeline", "cursor", "key", "index", "ordered", "writeConcern", "q", "u", "multi", "documents", "updates", "deletes", "indexes", "collection", "cursors", "collation", "nameOnly"}
	commandWords  = []string{"find", "insert", "update", "delete", "findAndModify", "aggregate", "count", "distinct", "createIndexes", "listIndexes", "dropIndexes", "create", "drop", "listCollections", "listDatabases", "getMore", "killCursors", "dropDatabase", "hello", "ping"}
)

func (g *generator) word(lists ...[]string) string {
	list := lists[int(g.byte())%len(lists)]
	return list[int(g.byte())%len(list)]
}

// nested makes documents out of the engine's own words, so that they get past
// the first checks.
func (g *generator) nested(depth int, words ...[]string) any {
	kind := g.byte() % 6
	if depth == 0 || kind == 0 {
		if g.byte()%4 == 0 {
			return g.word(append(words, pipelineWords)...)
		}
		return g.value(1)
	}
	list, fields := bson.A{}, bson.D{}
	for range g.byte() % 4 {
		v := g.nested(depth-1, words...)
		list, fields = append(list, v), append(fields, bson.E{Key: g.word(words...), Value: v})
	}
	if kind == 1 {
		return list
	}
	return fields
}

func (g *generator) command() bson.D {
	name := commandWords[int(g.byte())%len(commandWords)]
	out := bson.D{{Key: name, Value: "c"}}
	list := func(v any) bson.A { return bson.A{v} }
	filter := func() any { return g.nested(4, fieldWords, filterWords) }
	switch name {
	case "find":
		out = append(out, d("filter", filter(), "sort", g.nested(1, fieldWords), "projection", g.nested(2, fieldWords), "batchSize", int(g.byte()%4))...)
	case "insert":
		out = append(out, d("documents", list(g.nested(3, fieldWords)))...)
	case "update":
		u := g.nested(3, updateWords, fieldWords, filterWords)
		out = append(out, d("updates", list(d("q", filter(), "u", u, "multi", g.byte()%2 == 0, "upsert", g.byte()%2 == 0)))...)
	case "delete":
		out = append(out, d("deletes", list(d("q", filter(), "limit", int(g.byte()%2))))...)
	case "findAndModify":
		out = append(out, d("query", filter(), "update", g.nested(3, updateWords, fieldWords), "upsert", g.byte()%2 == 0)...)
	case "aggregate":
		out = append(out, d("pipeline", bson.A{d("$match", filter()), g.nested(3, pipelineWords, fieldWords)}, "cursor", d())...)
	case "count":
		out = append(out, d("query", filter())...)
	case "createIndexes":
		key := g.nested(1, fieldWords)
		out = append(out, d("indexes", list(d("key", key, "name", g.word(fieldWords, indexWords), "unique", g.byte()%4 == 0)))...)
		if g.byte()%2 == 0 {
			spec := out[1].Value.(bson.A)
			spec[0] = append(spec[0].(bson.D), bson.E{Key: "partialFilterExpression", Value: filter()})
		}
	}
	for range g.byte() % 3 {
		out = append(out, bson.E{Key: g.word(optionWords), Value: g.nested(3, fieldWords, filterWords, updateWords)})
	}
	return append(out, bson.E{Key: "$db", Value: "t"})
}

// FuzzCommands runs commands made of the engine's own words against one small
// database: each is answered with a valid document.
func FuzzCommands(f *testing.F) {
	for i := range byte(len(commandWords)) {
		f.Add([]byte{i, 3, 2, 1, 0, 4, 2, 3, 1, 1, 2, 3, 5, 8, 13, 21, i, 2, 2, 0, 1})
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &Server{closing: make(chan struct{}), now: nowZero}
		s.catalog.init(nil)
		s.cursors.init(nowZero)
		c := &conn{srv: s}
		run := func(command bson.D) {
			body, err := bson.Marshal(command)
			if err != nil {
				return // a name with a zero byte
			}
			c.out = c.out[:0]
			if err := c.run(body, nil); err != nil {
				t.Fatal(err)
			}
			if err := bsoncore.Document(c.out).Validate(); err != nil {
				t.Fatalf("%v is answered with %x: %v", command, c.out, err)
			}
		}
		run(d("createIndexes", "c", "indexes", bson.A{d("key", d("a", 1, "b", -1), "name", "ab"), d("key", d("a.b", 1), "name", "deep")}, "$db", "t"))
		run(d("insert", "c", "documents", bson.A{d("_id", 1, "a", bson.A{1, 2}, "b", "x"), d("_id", 2, "a", d("b", 2)), d("_id", 3, "b", 1)}, "$db", "t"))
		g := &generator{data}
		for len(g.rest) > 0 {
			run(g.command())
		}
	})
}

func nowZero() time.Time { return time.Time{} }

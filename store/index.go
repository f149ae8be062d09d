package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Index is a declared index. Queries name the one they use, so that each
// stands beside what serves it.
type Index struct {
	Collection string
	// Name is unique in its collection. An index that changes gets a new one,
	// so that Migrate can make it beside the old while the service runs.
	Name string
	// Keys are field names in order; a leading "-" is descending.
	Keys   []string
	Unique bool
	// Exists makes the index partial: only documents that have these fields.
	Exists []string
	// Where makes the index partial by equality.
	Where bson.D
	// Expire deletes documents at the time in the (single) key; zero seconds
	// after it.
	Expire bool
}

// Indexes lists every index of the system.
func Indexes() []*Index {
	var all []*Index
	for _, name := range aggregates {
		all = append(all,
			&Index{Collection: name, Name: "holds", Keys: []string{"holds"}, Unique: true, Exists: []string{"holds"}},
			&Index{Collection: name, Name: "relay", Keys: []string{"relayAt"}, Exists: []string{"relayAt"}})
	}
	for _, name := range filing {
		all = append(all, filesNamed(name))
	}
	return slices.Concat(all, enterpriseIndexes, placementIndexes, positionIndexes, accountIndexes, recoveryIndexes, schoolSideIndexes, fileIndexes, machineryIndexes)
}

// aggregates are the collections whose documents have holds and an outbox.
var aggregates = []string{"enterprises", "accounts", "positions", "placements", "plans", "students", "schools", "recoveries"}

func (i *Index) model() mongo.IndexModel {
	o := options.Index().SetName(i.Name)
	if i.Unique {
		o.SetUnique(true)
	}
	if i.Expire {
		o.SetExpireAfterSeconds(0)
	}
	if filter := i.filter(); len(filter) > 0 {
		o.SetPartialFilterExpression(filter)
	}
	return mongo.IndexModel{Keys: i.keys(), Options: o}
}

func (i *Index) keys() bson.D {
	keys := bson.D{}
	for _, k := range i.Keys {
		if k[0] == '-' {
			keys = append(keys, bson.E{Key: k[1:], Value: int32(-1)})
		} else {
			keys = append(keys, bson.E{Key: k, Value: int32(1)})
		}
	}
	return keys
}

func (i *Index) filter() bson.D {
	filter := slices.Clone(i.Where)
	for _, f := range i.Exists {
		filter = append(filter, bson.E{Key: f, Value: bson.D{{Key: "$exists", Value: true}}})
	}
	return filter
}

// Gap is a declared index that the database lacks, or has in another form.
type Gap struct {
	*Index
	// Found is the index of that name as the database has it; "" when it has
	// none.
	Found string
}

// String says for an operator what is wrong with which index.
func (g Gap) String() string {
	if g.Found == "" {
		return g.Collection + "." + g.Name + " is missing"
	}
	return g.Collection + "." + g.Name + " is " + g.Found + ", not " + g.form().String()
}

// Migrate creates the indexes that are missing and returns their names. It is
// safe to run again and while the service runs. An index of another form is
// left and is an error: dropping it would leave the fence it may be open, so
// that is an operator's decision.
func (db *DB) Migrate(ctx context.Context) ([]string, error) {
	gaps, err := db.Missing(ctx)
	if err != nil {
		return nil, err
	}
	var made []string
	var wrong []error
	for _, g := range gaps {
		if g.Found != "" {
			wrong = append(wrong, fmt.Errorf("store: index %s: drop it and migrate again", g))
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
		_, err := db.database.Collection(g.Collection).Indexes().CreateOne(ctx, g.model())
		cancel()
		if err != nil {
			return made, fmt.Errorf("store: create index %s.%s: %w", g.Collection, g.Name, readError(err))
		}
		made = append(made, g.Collection+"."+g.Name)
	}
	return made, errors.Join(wrong...)
}

// Missing lists the declared indexes that the database does not have as they
// are declared: by name, keys in order, uniqueness, filter and expiry.
func (db *DB) Missing(ctx context.Context) ([]Gap, error) {
	have := map[string]map[string]string{}
	var gaps []Gap
	for _, i := range Indexes() {
		if have[i.Collection] == nil {
			found, err := db.indexForms(ctx, i.Collection)
			if err != nil {
				return nil, fmt.Errorf("store: list indexes of %s: %w", i.Collection, readError(err))
			}
			have[i.Collection] = found
		}
		if found := have[i.Collection][i.Name]; found != i.form().String() {
			gaps = append(gaps, Gap{Index: i, Found: found})
		}
	}
	return gaps, nil
}

// indexForms reads the indexes of a collection as the database has them.
func (db *DB) indexForms(ctx context.Context, collection string) (map[string]string, error) {
	forms := map[string]string{}
	cur, err := db.database.Collection(collection).Indexes().List(ctx)
	if ce, ok := errors.AsType[mongo.CommandError](err); ok && ce.Code == 26 { // NamespaceNotFound: no collection yet
		return forms, nil
	}
	if err != nil {
		return nil, err
	}
	var all []indexForm
	if err := cur.All(ctx, &all); err != nil {
		return nil, err
	}
	for _, f := range all {
		forms[f.Name] = f.String()
	}
	return forms, nil
}

// indexForm is what matters of an index, as listIndexes tells it.
type indexForm struct {
	Name   string   `bson:"name"`
	Key    bson.D   `bson:"key"`
	Unique bool     `bson:"unique"`
	Filter bson.D   `bson:"partialFilterExpression"`
	Expire *float64 `bson:"expireAfterSeconds"`
	// What is never declared.
	Sparse    bool   `bson:"sparse"`
	Hidden    bool   `bson:"hidden"`
	Collation bson.D `bson:"collation"`
}

// form is the declared form of the index.
func (i *Index) form() indexForm {
	f := indexForm{Name: i.Name, Key: i.keys(), Unique: i.Unique, Filter: i.filter()}
	if i.Expire {
		f.Expire = new(float64)
	}
	return f
}

// String writes the form so that equal indexes have equal texts: numbers are
// of one type, whichever the server answers with.
func (f indexForm) String() string {
	var keys []string
	for _, e := range f.Key {
		keys = append(keys, fmt.Sprint(e.Key, ":", e.Value))
	}
	text := "{" + strings.Join(keys, " ") + "}"
	if f.Unique {
		text += " unique"
	}
	if len(f.Filter) > 0 {
		text += " where " + f.Filter.String()
	}
	if f.Expire != nil {
		text += fmt.Sprint(" expires after ", *f.Expire, " s")
	}
	if f.Sparse {
		text += " sparse"
	}
	if f.Hidden {
		text += " hidden"
	}
	if len(f.Collation) > 0 {
		text += " collation " + f.Collation.String()
	}
	return text
}

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Index is a declared index. Queries name the one they use, so that each
// stands beside what serves it.
type Index struct {
	Collection string
	Name       string
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
	return slices.Concat(all, placementIndexes, positionIndexes, accountIndexes, schoolSideIndexes, machineryIndexes)
}

// aggregates are the collections whose documents have holds and an outbox.
var aggregates = []string{"enterprises", "accounts", "positions", "placements", "plans", "students", "schools"}

func (i *Index) model() mongo.IndexModel {
	keys := bson.D{}
	for _, k := range i.Keys {
		if k[0] == '-' {
			keys = append(keys, bson.E{Key: k[1:], Value: int32(-1)})
		} else {
			keys = append(keys, bson.E{Key: k, Value: int32(1)})
		}
	}
	o := options.Index().SetName(i.Name)
	if i.Unique {
		o.SetUnique(true)
	}
	if i.Expire {
		o.SetExpireAfterSeconds(0)
	}
	filter := slices.Clone(i.Where)
	for _, f := range i.Exists {
		filter = append(filter, bson.E{Key: f, Value: bson.D{{Key: "$exists", Value: true}}})
	}
	if len(filter) > 0 {
		o.SetPartialFilterExpression(filter)
	}
	return mongo.IndexModel{Keys: keys, Options: o}
}

// Migrate creates the indexes that are missing and returns their names. It is
// safe to run again and while the service runs.
func (db *DB) Migrate(ctx context.Context) ([]string, error) {
	missing, err := db.Missing(ctx)
	if err != nil {
		return nil, err
	}
	var made []string
	for _, i := range missing {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
		_, err := db.database.Collection(i.Collection).Indexes().CreateOne(ctx, i.model())
		cancel()
		if err != nil {
			return made, fmt.Errorf("store: create index %s.%s: %w", i.Collection, i.Name, readError(err))
		}
		made = append(made, i.Collection+"."+i.Name)
	}
	return made, nil
}

// Missing lists the declared indexes that the database does not have.
func (db *DB) Missing(ctx context.Context) ([]*Index, error) {
	have := map[string][]string{}
	var missing []*Index
	for _, i := range Indexes() {
		names, ok := have[i.Collection]
		if !ok {
			var err error
			if names, err = db.indexNames(ctx, i.Collection); err != nil {
				return nil, fmt.Errorf("store: list indexes of %s: %w", i.Collection, readError(err))
			}
			have[i.Collection] = names
		}
		if !slices.Contains(names, i.Name) {
			missing = append(missing, i)
		}
	}
	return missing, nil
}

func (db *DB) indexNames(ctx context.Context, collection string) ([]string, error) {
	specs, err := db.database.Collection(collection).Indexes().ListSpecifications(ctx)
	var ce mongo.CommandError
	if errors.As(err, &ce) && ce.Code == 26 { // NamespaceNotFound: no collection yet
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	names := make([]string, len(specs))
	for n, s := range specs {
		names[n] = s.Name
	}
	return names, nil
}

package store

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

// A unionid is looked up, not held: it is learnt late, and one person may well
// have an account in two enterprises, one by each of WeChat's apps.
var (
	accountsByFollowerUnion = &Index{Collection: "accounts", Name: "follower_union", Keys: []string{"follower.unionId"}, Exists: []string{"follower.unionId"}}
	accountsByMPUnion       = &Index{Collection: "accounts", Name: "mini_program_union", Keys: []string{"miniProgram.unionId"}, Exists: []string{"miniProgram.unionId"}}
)

// maxNamesakes is how many accounts of one unionid are looked at: more than
// one can't be told apart, so a second is all that matters.
const maxNamesakes = 10

// AccountsByUnion lists the accounts, whatever their state, one of whose
// identities of the channel has the unionid; at most 10.
func (db *DB) AccountsByUnion(ctx context.Context, c internship.Channel, unionID string) ([]*internship.Account, error) {
	field := "follower.unionId"
	if c == internship.MiniProgram {
		field = "miniProgram.unionId"
	}
	return db.accounts(ctx, bson.D{{Key: field, Value: unionID}}, options.Find().SetLimit(maxNamesakes))
}

// AccountsAfter pages through all accounts by their ids, for an operator's
// commands; no request does that.
func (db *DB) AccountsAfter(ctx context.Context, id string, limit int) ([]*internship.Account, error) {
	return db.accounts(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: id}}}},
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit)))
}

func (db *DB) accounts(ctx context.Context, filter bson.D, o *options.FindOptionsBuilder) ([]*internship.Account, error) {
	cur, err := db.Accounts.coll.Find(ctx, filter, o)
	if err != nil {
		return nil, fmt.Errorf("store: accounts: %w", readError(err))
	}
	var envs []envelope[internship.Account]
	if err := cur.All(ctx, &envs); err != nil {
		return nil, fmt.Errorf("store: accounts: %w", readError(err))
	}
	all := make([]*internship.Account, len(envs))
	for i := range envs {
		if all[i], err = db.Accounts.open(&envs[i]); err != nil {
			return nil, fmt.Errorf("store: accounts: %w", err)
		}
	}
	return all, nil
}

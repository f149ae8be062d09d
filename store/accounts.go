package store

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

var accountsByEnterprise = &Index{Collection: "accounts", Name: "enterprise", Keys: []string{"enterpriseId", "createdAt"}}

var accountIndexes = []*Index{accountsByEnterprise, accountsByFollowerUnion, accountsByMPUnion}

// maxStaff bounds the accounts of one enterprise.
const maxStaff = 200

// Staff lists the active accounts of an enterprise, oldest first, at most 200.
func (db *DB) Staff(ctx context.Context, enterpriseID string) ([]*internship.Account, error) {
	cur, err := db.Accounts.coll.Find(ctx, bson.D{{Key: "enterpriseId", Value: enterpriseID}},
		options.Find().SetSort(bson.D{{Key: "createdAt", Value: 1}}).SetLimit(maxStaff).SetBatchSize(maxStaff+1))
	if err != nil {
		return nil, fmt.Errorf("store: staff: %w", readError(err))
	}
	var envs []envelope[internship.Account]
	if err := cur.All(ctx, &envs); err != nil {
		return nil, fmt.Errorf("store: staff: %w", readError(err))
	}
	staff := make([]*internship.Account, 0, len(envs))
	for i := range envs {
		a, err := db.Accounts.open(&envs[i])
		if err != nil {
			return nil, fmt.Errorf("store: staff: %w", err)
		}
		if a.State == internship.AccountActive {
			staff = append(staff, a)
		}
	}
	return staff, nil
}

// AccountByLogin finds whoever logs in with a mobile, or the owner who logs in
// with the enterprise's code. Errors: internship.ErrNotFound,
// internship.ErrUnavailable.
func (db *DB) AccountByLogin(ctx context.Context, mobile, code string) (*internship.Account, error) {
	if mobile != "" {
		return db.Accounts.ByPrivateHold(ctx, "mobile", mobile)
	}
	return db.Accounts.ByHold(ctx, "code", code)
}

// AccountByOpenID finds the account bound to a WeChat identity. Errors as
// AccountByLogin.
func (db *DB) AccountByOpenID(ctx context.Context, appID, openID string) (*internship.Account, error) {
	return db.Accounts.ByHold(ctx, "openid", appID+":"+openID)
}

// Absent says whether a read failed because there is no such document.
func Absent(err error) bool { return errors.Is(err, internship.ErrNotFound) }

package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

// staffByEnterprise leaves out who was removed: over the years that may be more
// people than are there.
var staffByEnterprise = &Index{Collection: "accounts", Name: "staff", Keys: []string{"enterpriseId", "state", "createdAt"}}

// accountsOpening holds the few whose registration is under way or broke off.
var accountsOpening = &Index{Collection: "accounts", Name: "opening", Keys: []string{"createdAt"}, Where: bson.D{{Key: "state", Value: internship.AccountOpening}}}

var accountIndexes = []*Index{staffByEnterprise, accountsOpening, accountsByFollowerUnion, accountsByMPUnion}

// Staff lists the active accounts of an enterprise, oldest first, at most 200.
func (db *DB) Staff(ctx context.Context, enterpriseID string) ([]*internship.Account, error) {
	cur, err := db.Accounts.coll.Find(ctx, bson.D{{Key: "enterpriseId", Value: enterpriseID}, {Key: "state", Value: internship.AccountActive}},
		options.Find().SetSort(bson.D{{Key: "createdAt", Value: 1}}).SetLimit(internship.MaxAccounts).SetBatchSize(internship.MaxAccounts+1))
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
		staff = append(staff, a)
	}
	return staff, nil
}

// OpeningAccounts lists the accounts in 登记中 that began by a time, the oldest
// first.
func (db *DB) OpeningAccounts(ctx context.Context, by time.Time, limit int) ([]*internship.Account, error) {
	return db.accounts(ctx, bson.D{{Key: "state", Value: internship.AccountOpening}, {Key: "createdAt", Value: bson.D{{Key: "$lte", Value: by}}}},
		options.Find().SetSort(bson.D{{Key: "createdAt", Value: 1}}).SetLimit(int64(limit)).SetBatchSize(int32(limit)+1))
}

// AccountByLogin finds whoever logs in with a mobile, or the owner who logs in
// with the enterprise's code. Errors: internship.ErrNotFound,
// internship.ErrUnavailable.
func (db *DB) AccountByLogin(ctx context.Context, mobile, code string) (*internship.Account, error) {
	if mobile != "" {
		return db.Accounts.ByPrivateHold(ctx, "mobile", mobile)
	}
	return db.Accounts.ByHold(ctx, "code", internship.LoginCode(code))
}

// Owner finds the owner's account of an enterprise. Errors as AccountByLogin.
func (db *DB) Owner(ctx context.Context, enterpriseID string) (*internship.Account, error) {
	return db.Accounts.ByHold(ctx, "owner", enterpriseID)
}

// AccountByOpenID finds the account bound to a WeChat identity. Errors as
// AccountByLogin.
func (db *DB) AccountByOpenID(ctx context.Context, appID, openID string) (*internship.Account, error) {
	return db.Accounts.ByHold(ctx, "openid", appID+":"+openID)
}

// Absent says whether a read failed because there is no such document.
func Absent(err error) bool { return errors.Is(err, internship.ErrNotFound) }

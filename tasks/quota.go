package tasks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"shixi/store"
)

// releaseBatch is how many held messages are let go at a time.
const releaseBatch = 500

// QuotaBreaker tells until when messages are held because WeChat's daily quota
// is used up; the zero time when they are not.
func QuotaBreaker(ctx context.Context, r redis.UniversalClient, now time.Time) (time.Time, error) {
	millis, err := r.Get(ctx, quotaKey).Int64()
	if errors.Is(err, redis.Nil) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("tasks: quota breaker: %w", err)
	}
	until := time.UnixMilli(millis)
	if !until.After(now) {
		return time.Time{}, nil
	}
	return until, nil
}

// CloseQuotaBreaker lets messages leave again before the reset, for an operator
// who has raised or cleared the quota. Those that waited for the reset leave
// now, as spread out as they would have then. It returns how many.
func CloseQuotaBreaker(ctx context.Context, db *store.DB, r redis.UniversalClient) (released int, err error) {
	if err := r.Del(ctx, quotaKey).Err(); err != nil {
		return 0, fmt.Errorf("tasks: close the quota breaker: %w", err)
	}
	reset := quotaReset(db.Now())
	for {
		n, err := db.Advance(ctx, reset, reset.Add(quotaSpread+2*heldBehind), reset.Sub(db.Now()), releaseBatch)
		if err != nil {
			return released, fmt.Errorf("tasks: close the quota breaker: %w", err)
		}
		released += n
		if n < releaseBatch {
			return released, nil
		}
	}
}

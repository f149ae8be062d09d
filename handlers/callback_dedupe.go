package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisPatience is how long a callback waits for one Redis command. The
// client's own limits are longer than WeChat's patience, and doing an event
// twice is better than answering too late.
const redisPatience = 500 * time.Millisecond

// forgetful is the Dedupe of an installation without Redis: nothing was seen.
type forgetful struct{}

func (forgetful) Seen(context.Context, string) (bool, error)        { return false, nil }
func (forgetful) Mark(context.Context, string, time.Duration) error { return nil }

// redisDedupe keeps the keys of finished callbacks in Redis, which replicas
// share: one command to ask, one to mark.
type redisDedupe struct {
	client   redis.UniversalClient
	patience time.Duration
}

// NewRedisDedupe remembers finished callbacks in Redis.
func NewRedisDedupe(client redis.UniversalClient) Dedupe {
	return redisDedupe{client, redisPatience}
}

// Seen implements Dedupe.
func (d redisDedupe) Seen(ctx context.Context, key string) (bool, error) {
	n, err := patiently(ctx, d.patience, func(ctx context.Context) (int64, error) { return d.client.Exists(ctx, dedupeKey(key)).Result() })
	if err != nil {
		return false, fmt.Errorf("dedupe: ask Redis: %w", err)
	}
	return n > 0, nil
}

// Mark implements Dedupe.
func (d redisDedupe) Mark(ctx context.Context, key string, ttl time.Duration) error {
	_, err := patiently(ctx, d.patience, func(ctx context.Context) (string, error) { return d.client.Set(ctx, dedupeKey(key), 1, ttl).Result() })
	if err != nil {
		return fmt.Errorf("dedupe: tell Redis: %w", err)
	}
	return nil
}

// dedupeKey hashes: keys are shown by monitoring tools and must not carry
// anything of the event.
func dedupeKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "shixi:callback:" + hex.EncodeToString(sum[:])
}

// patiently waits for a command no longer than its patience, even where the
// client heeds no context while a connection hangs.
func patiently[T any](ctx context.Context, patience time.Duration, command func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := command(ctx)
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

package wxmsg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisTimeout of one command. It ends the wait for a connection; how long a
// silent server is waited for is set by the Redis client's own options.
const redisTimeout = time.Second

// tokenStore keeps the token of one account, or its ticket, in Redis for all
// replicas. The app id stands in braces so that a cluster keeps an account's keys in one place.
//
//	wx:{appid}:token              hash: value, renew and expires in Unix ms; ends with the token
//	wx:{appid}:token:lock         owner of the right to fetch
//	wx:{appid}:token:forced       exists for 30 s after a forced refresh
//	wx:{appid}:token:forced:<day> forced refreshes of a day, kept two days
//	wx:{appid}:jsticket           as token, and jsticket:lock as token:lock
type tokenStore struct {
	redis redis.UniversalClient
	key   string
	owner string
}

func newTokenStore(r redis.UniversalClient, appID, what string) *tokenStore {
	return &tokenStore{redis: r, key: "wx:{" + appID + "}:" + what, owner: rand.Text()}
}

// saveScript stores a token as one step.
// KEYS: token. ARGV: value, renew, expires, life in ms. Returns 1.
var saveScript = redis.NewScript(`
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'value', ARGV[1], 'renew', ARGV[2], 'expires', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1`)

// expireScript deletes the token if it is still the given one.
// KEYS: token. ARGV: value. Returns 1 when deleted, 0 when another one is stored.
var expireScript = redis.NewScript(`
if redis.call('HGET', KEYS[1], 'value') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

// unlockScript releases the lock if it is still ours.
// KEYS: lock. ARGV: owner. Returns 1 when released, 0 when it is another's.
var unlockScript = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

// forceScript takes one forced refresh.
// KEYS: pause, day. ARGV: pause in ms, refreshes a day, life of the day's count in ms.
// Returns 1 when taken, 0 when too soon or used up.
var forceScript = redis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
if tonumber(redis.call('GET', KEYS[2]) or '0') >= tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1`)

// load returns the stored token, the zero token when there is none.
func (s *tokenStore) load(ctx context.Context) (accessToken, error) {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	fields, err := s.redis.HGetAll(ctx, s.key).Result()
	if err != nil {
		return accessToken{}, fmt.Errorf("reading the token: %w", err)
	}
	renew, renewErr := strconv.ParseInt(fields["renew"], 10, 64)
	expires, expiresErr := strconv.ParseInt(fields["expires"], 10, 64)
	if renewErr != nil || expiresErr != nil {
		return accessToken{}, nil // none, or not ours to understand: a new one will replace it
	}
	return accessToken{value: fields["value"], renew: time.UnixMilli(renew), expires: time.UnixMilli(expires)}, nil
}

func (s *tokenStore) save(ctx context.Context, t accessToken, life time.Duration) error {
	_, err := s.run(ctx, saveScript, []string{s.key}, t.value, t.renew.UnixMilli(), t.expires.UnixMilli(), life.Milliseconds())
	return err
}

func (s *tokenStore) expire(ctx context.Context, used string) error {
	_, err := s.run(ctx, expireScript, []string{s.key}, used)
	return err
}

// lock reports whether this replica may fetch now.
func (s *tokenStore) lock(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	err := s.redis.SetArgs(ctx, s.key+":lock", s.owner, redis.SetArgs{Mode: "NX", TTL: lockTime}).Err()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("locking the token: %w", err)
	}
	return true, nil
}

func (s *tokenStore) unlock(ctx context.Context) error {
	_, err := s.run(ctx, unlockScript, []string{s.key + ":lock"}, s.owner)
	return err
}

func (s *tokenStore) takeForce(ctx context.Context, day string) (bool, error) {
	taken, err := s.run(ctx, forceScript, []string{s.key + ":forced", s.key + ":forced:" + day},
		forceEvery.Milliseconds(), forcePerDay, (48 * time.Hour).Milliseconds())
	return taken == 1, err
}

func (s *tokenStore) run(ctx context.Context, script *redis.Script, keys []string, args ...any) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	n, err := script.Run(ctx, s.redis, keys, args...).Int64()
	if err != nil {
		return 0, fmt.Errorf("token script: %w", err)
	}
	return n, nil
}

package wxmsg

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
)

func TestTokenWithoutRedis(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	server, r := newRedis(t)
	server.Close()
	clients := map[string]*Client{"none": newTestClient(t, f, Options{}), "gone": newTestClient(t, f, Options{Redis: r})}
	for name, c := range clients {
		before := f.counts().fetches
		wantNoErrors(t, together(50, func(int) error { return send(c) }))
		if got := f.counts(); got.fetches != before+1 {
			t.Errorf("Redis %s: %+v", name, got)
		}
	}
	f.set(func(f *fakeAPI) { f.rotates = false })
	f.refuse(40001)
	if err := send(clients["gone"]); err != nil || f.counts().forced != 1 {
		t.Errorf("no recovery without Redis: %v, %+v", err, f.counts())
	}
}

func TestDeadLockHolderIsOutlived(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	server, r := newRedis(t)
	c := newTestClient(t, f, Options{Redis: r})
	if err := server.Set("wx:{"+testAppID+"}:token:lock", "a replica that died"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- send(c) }()
	waitFor(t, func() bool { return server.CommandCount() > 5 }) // it waits, looking
	server.Del("wx:{" + testAppID + "}:token:lock")              // as its end of life does
	if err := <-done; err != nil || f.counts().fetches != 1 {
		t.Errorf("%v, %+v", err, f.counts())
	}
	if server.Exists("wx:{" + testAppID + "}:token:lock") {
		t.Error("the lock was not released")
	}
}

// TestRedisLeavesMidway: Redis fails between the lock and the end of a fetch.
func TestRedisLeavesMidway(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	server, r := newRedis(t)
	var logs buffer
	c := newTestClient(t, f, Options{Redis: r, Log: testLog(&logs)})
	f.onToken = func() (int, string) {
		server.SetError("LOADING Redis is loading the dataset in memory")
		return 200, `{"access_token":"` + testToken + `_1","expires_in":7200}`
	}
	wantNoErrors(t, together(20, func(int) error { return send(c) }))
	if got := f.counts(); got.fetches != 1 {
		t.Errorf("%+v", got)
	}
	for _, want := range []string{"not shared with other replicas", "stays until it expires"} {
		if !strings.Contains(logs.String(), want) {
			t.Errorf("no %q in\n%s", want, logs.String())
		}
	}
}

// TestSlowReplicaIsNotWaitedForForever: a replica holds the lock and nothing
// comes of it.
func TestSlowReplicaIsNotWaitedForForever(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	server, r := newRedis(t)
	c := newTestClient(t, f, Options{Redis: r})
	c.tokens.patience = 2 * waitStep
	if err := server.Set("wx:{"+testAppID+"}:token:lock", "a slow replica"); err != nil {
		t.Fatal(err)
	}
	wantNoErrors(t, together(20, func(int) error { return send(c) }))
	if got := f.counts(); got.fetches != 1 || !server.Exists("wx:{"+testAppID+"}:token:lock") {
		t.Errorf("%+v", got)
	}
}

func TestUnlockLeavesAnothersLock(t *testing.T) {
	t.Parallel()
	server, r := newRedis(t)
	s := newTokenStore(r, testAppID, "token")
	if ok, err := s.lock(context.Background()); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if ok, err := newTokenStore(r, testAppID, "token").lock(context.Background()); ok || err != nil {
		t.Errorf("two owners: %v, %v", ok, err)
	}
	if err := server.Set(s.key+":lock", "another"); err != nil {
		t.Fatal(err)
	}
	if err := s.unlock(context.Background()); err != nil || !server.Exists(s.key+":lock") {
		t.Errorf("released another's lock: %v", err)
	}
}

func TestStoredTokenEndsWithTheToken(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	f.life = 600
	server, r := newRedis(t)
	now := newClock()
	c := newTestClient(t, f, Options{Redis: r, Now: now.now})
	if err := send(c); err != nil {
		t.Fatal(err)
	}
	key := "wx:{" + testAppID + "}:token"
	if ttl := server.TTL(key); ttl != 10*time.Minute {
		t.Errorf("lives for %v", ttl)
	}
	want := accessToken{value: f.token(), renew: c.tokens.current.renew, expires: now.now().Add(10 * time.Minute)}
	got, err := c.tokens.shared.load(context.Background())
	same := cmp.Comparer(func(a, b accessToken) bool {
		return a.value == b.value && a.renew.UnixMilli() == b.renew.UnixMilli() && a.expires.Equal(b.expires)
	})
	if err != nil || !cmp.Equal(want, got, same) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if left := want.expires.Sub(want.renew); left < 2*time.Minute || left > 4*time.Minute {
		t.Errorf("renewed %v before the end", left)
	}
}

// TestForeignValueInRedis: whatever lies under the key, sending goes on.
func TestForeignValueInRedis(t *testing.T) {
	t.Parallel()
	for name, put := range map[string]func(context.Context, redis.UniversalClient, string) error{
		"another type": func(ctx context.Context, r redis.UniversalClient, key string) error {
			return r.Set(ctx, key, "x", 0).Err()
		},
		"other fields": func(ctx context.Context, r redis.UniversalClient, key string) error {
			return r.HSet(ctx, key, "value", "old", "renew", "soon").Err()
		},
		"a token past its end": func(ctx context.Context, r redis.UniversalClient, key string) error {
			return r.HSet(ctx, key, "value", "old", "renew", "1", "expires", "2").Err()
		},
	} {
		f := newFakeAPI(t)
		_, r := newRedis(t)
		var logs buffer
		c := newTestClient(t, f, Options{Redis: r, Log: testLog(&logs)})
		if err := put(context.Background(), r, "wx:{"+testAppID+"}:token"); err != nil {
			t.Fatal(err)
		}
		if err := send(c); err != nil || f.counts().fetches != 1 {
			t.Errorf("%s: %v, %+v", name, err, f.counts())
		}
		if strings.Contains(logs.String(), testToken) {
			t.Errorf("%s: logged a token", name)
		}
	}
}

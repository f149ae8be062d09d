package wxmsg

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
)

// together runs n functions at once and returns their errors.
func together(n int, f func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

func wantNoErrors(tb testing.TB, errs []error) {
	tb.Helper()
	if err := errors.Join(errs...); err != nil {
		tb.Error(err)
	}
}

func TestOneFetchForAllGoroutinesAndReplicas(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	_, r := newRedis(t)
	now := newClock()
	replicas := []*Client{newTestClient(t, f, Options{Redis: r, Now: now.now}), newTestClient(t, f, Options{Redis: r, Now: now.now})}
	for round := 1; round <= 3; round++ {
		wantNoErrors(t, together(200, func(i int) error { return send(replicas[i%2]) }))
		if got := f.counts(); got.fetches != round || got.forced != 0 || got.sends != 200*round {
			t.Fatalf("round %d: %+v", round, got)
		}
		f.set(func(f *fakeAPI) { f.serial++ })
		now.forward(2 * time.Hour)
	}
}

func TestTokenInHandCostsNothing(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	server, r := newRedis(t)
	c := newTestClient(t, f, Options{Redis: r, Now: newClock().now})
	if err := send(c); err != nil {
		t.Fatal(err)
	}
	before := server.CommandCount()
	for range 10 {
		if err := send(c); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.counts(); got.fetches != 1 || server.CommandCount() != before {
		t.Errorf("%+v, %d Redis commands", got, server.CommandCount()-before)
	}
}

func TestTokenIsRenewedBeforeItsEndWithoutWaiting(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	_, r := newRedis(t)
	now := newClock()
	c := newTestClient(t, f, Options{Redis: r, Now: now.now})
	if err := c.Ping(context.Background()); err != nil {
		t.Fatal(err)
	}
	now.forward(2*time.Hour - 5*time.Minute)
	if err := send(c); err != nil || f.counts().fetches != 1 {
		t.Fatalf("renewed while the platform would give the same token: %v, %+v", err, f.counts())
	}
	// Two minutes before the end every choice of the jitter is due. The token
	// endpoint hangs; senders go on with the old token.
	release, asked := make(chan struct{}), make(chan struct{})
	f.set(func(f *fakeAPI) {
		f.serial++
		f.onToken = func() (int, string) {
			f.onToken = nil
			close(asked)
			f.mu.Unlock()
			<-release
			f.mu.Lock()
			return 200, `{"access_token":"` + f.token() + `","expires_in":7200}`
		}
	})
	now.forward(3*time.Minute + time.Second)
	wantNoErrors(t, together(50, func(int) error { return send(c) }))
	<-asked
	if got := f.counts(); got.fetches != 2 || got.sends != 51 {
		t.Errorf("%+v", got)
	}
	close(release)
	waitFor(t, func() bool { token, _ := c.tokens.get(context.Background()); return token == f.token() })
	if got := f.counts(); got.fetches != 2 {
		t.Errorf("%+v", got)
	}
}

func waitFor(tb testing.TB, done func() bool) {
	tb.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			tb.Fatal("waited 10 s in vain")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	for _, code := range []int{40001, 40014, 42001} {
		f := newFakeAPI(t)
		_, r := newRedis(t)
		c := newTestClient(t, f, Options{Redis: r, Now: newClock().now})
		if err := send(c); err != nil {
			t.Fatal(err)
		}
		f.refuse(code)
		wantNoErrors(t, together(50, func(int) error { return send(c) }))
		got := f.counts()
		if got.fetches != 2 || got.forced != 0 || got.sends > 1+2*50 {
			t.Errorf("%d: %+v", code, got)
		}
	}
}

func TestRefusedTokenIsTakenFromAnotherReplica(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	_, r := newRedis(t)
	now := newClock()
	a, b := newTestClient(t, f, Options{Redis: r, Now: now.now}), newTestClient(t, f, Options{Redis: r, Now: now.now})
	wantNoErrors(t, []error{send(a), send(b)})
	f.refuse(40001)
	wantNoErrors(t, []error{send(a), send(b), send(a)})
	if got := (counts{fetches: 2, forced: 0, sends: 7}); f.counts() != got {
		t.Errorf("got %+v, want %+v", f.counts(), got)
	}
}

func TestExpireComparesFirst(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	_, r := newRedis(t)
	c := newTestClient(t, f, Options{Redis: r, Now: newClock().now})
	if err := send(c); err != nil {
		t.Fatal(err)
	}
	c.tokens.expire(context.Background(), "an older token")
	if err := send(c); err != nil || f.counts().fetches != 1 {
		t.Errorf("a late refusal threw away the good token: %v, %+v", err, f.counts())
	}
	// Another replica has stored a newer token: it survives too.
	newer := accessToken{value: "newer", renew: c.now().Add(time.Hour), expires: c.now().Add(2 * time.Hour)}
	if err := c.tokens.shared.save(context.Background(), newer, time.Hour); err != nil {
		t.Fatal(err)
	}
	got, err := c.tokens.replace(context.Background(), f.token())
	if err != nil || got != "newer" || f.counts().fetches != 1 {
		t.Errorf("got %q, %v, %+v", got, err, f.counts())
	}
}

func TestForcedRefreshOnlyForTheSameBadToken(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	f.rotates = false
	_, r := newRedis(t)
	c := newTestClient(t, f, Options{Redis: r, Now: newClock().now})
	if err := send(c); err != nil {
		t.Fatal(err)
	}
	f.refuse(40001)
	wantNoErrors(t, together(50, func(int) error { return send(c) }))
	if got := f.counts(); got.fetches != 3 || got.forced != 1 {
		t.Errorf("%+v", got)
	}
}

// TestPermanentRefusalEnds: the platform gives tokens and refuses each of them.
func TestPermanentRefusalEnds(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	f.rotates = false
	server, r := newRedis(t)
	now := newClock()
	c := newTestClient(t, f, Options{Redis: r, Now: now.now})
	all := func() {
		f.set(func(f *fakeAPI) {
			for range 100 {
				f.refused[f.token()] = 40001
				f.serial++
			}
			f.serial -= 100
		})
	}
	all()
	errs := together(100, func(int) error { return send(c) })
	for _, err := range errs {
		if ClassOf(err) != Token {
			t.Fatalf("got %v", err)
		}
	}
	got := f.counts()
	if got.fetches > 5 || got.forced != 1 || got.sends > 200 {
		t.Errorf("%+v", got)
	}
	// It goes on a whole day: at most one forced refresh in 30 s and 20 in all.
	for range 30 {
		now.forward(31 * time.Second)
		server.FastForward(31 * time.Second)
		if err := send(c); ClassOf(err) != Token {
			t.Fatalf("got %v", err)
		}
	}
	if got := f.counts(); got.forced != 20 {
		t.Errorf("%+v", got)
	}
	// The next day another twenty; and when the platform recovers, so do we.
	now.forward(24 * time.Hour)
	server.FastForward(24 * time.Hour)
	f.set(func(f *fakeAPI) { f.refused = map[string]int{} })
	if err := send(c); err != nil {
		t.Error(err)
	}
}

func TestSecondRefusalIsFinal(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	c := newTestClient(t, f, Options{Now: newClock().now})
	if err := send(c); err != nil {
		t.Fatal(err)
	}
	f.set(func(f *fakeAPI) {
		f.refused[testToken+"_1"], f.refused[testToken+"_2"] = 40001, 42001
	})
	err := send(c)
	var e *Error
	if !errors.As(err, &e) || e.Class != Token || e.Code != 42001 || e.RID != "65f0a1b2-1c2d3e4f" {
		t.Errorf("got %v", err)
	}
	if got := f.counts(); got.sends != 3 || got.fetches != 2 {
		t.Errorf("%+v", got)
	}
}

func TestForceLimitWithoutRedis(t *testing.T) {
	t.Parallel()
	at := newClock().now()
	var l forceLimit
	if !l.take(at) || l.take(at.Add(29*time.Second)) || !l.take(at.Add(30*time.Second)) {
		t.Error("not one per 30 s")
	}
	taken := 2
	for i := range 100 {
		if l.take(at.Add(time.Minute * time.Duration(i+1))) {
			taken++
		}
	}
	if taken != forcePerDay {
		t.Errorf("%d a day", taken)
	}
	if !l.take(at.Add(24 * time.Hour)) {
		t.Error("none the next day")
	}
}

func TestTokenEndpointErrorsAreRemembered(t *testing.T) {
	t.Parallel()
	cases := []struct {
		answer     string
		status     int
		class      Class
		pause      time.Duration
		retryAfter time.Duration
	}{
		{`{"errcode":40001,"errmsg":"invalid credential"}`, 200, Config, configPause, 0},
		{`{"errcode":40125,"errmsg":"invalid appsecret"}`, 200, Config, configPause, 0},
		{`{"errcode":40164,"errmsg":"invalid ip 203.0.113.7, not in whitelist"}`, 200, Config, configPause, 0},
		{`{"errcode":40243,"errmsg":"frozen"}`, 200, Config, configPause, 0},
		{`{"errcode":45009,"errmsg":"quota"}`, 200, Pace, perMinutePause, perMinutePause},
		{`{"errcode":45011,"errmsg":"minute"}`, 200, Pace, perMinutePause, perMinutePause},
		{`{"errcode":-1,"errmsg":"busy"}`, 200, Transient, failurePause, 0},
		{`{"access_token":"","expires_in":7200}`, 200, NotSent, failurePause, 0},
		{`{"access_token":"x","expires_in":0}`, 200, NotSent, failurePause, 0},
		{`{"access_token":"x","expires_in":99999999999}`, 200, NotSent, failurePause, 0},
		{`<html>`, 502, NotSent, failurePause, 0},
	}
	for _, c := range cases {
		f := newFakeAPI(t)
		f.onToken = func() (int, string) { return c.status, c.answer }
		_, r := newRedis(t)
		now := newClock()
		client := newTestClient(t, f, Options{Redis: r, Now: now.now})
		for _, err := range together(100, func(int) error { return send(client) }) {
			var e *Error
			if !errors.As(err, &e) || e.Class != c.class || e.Started || e.Op != opToken || e.RetryAfter != c.retryAfter {
				t.Fatalf("%s: got %+v", c.answer, err)
			}
		}
		if got := f.counts(); got.fetches != 1 || got.sends != 0 {
			t.Errorf("%s: %+v", c.answer, got)
		}
		now.forward(c.pause - time.Millisecond)
		_ = send(client)
		if got := f.counts(); got.fetches != 1 {
			t.Errorf("%s: asked again too soon", c.answer)
		}
		f.set(func(f *fakeAPI) { f.onToken = nil })
		now.forward(time.Millisecond)
		if err := send(client); err != nil || f.counts().fetches != 2 {
			t.Errorf("%s: not recovered: %v, %+v", c.answer, err, f.counts())
		}
	}
}

func TestFailedRenewalKeepsTheOldToken(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	now := newClock()
	c := newTestClient(t, f, Options{Now: now.now})
	if err := send(c); err != nil {
		t.Fatal(err)
	}
	f.set(func(f *fakeAPI) { f.onToken = func() (int, string) { return 200, `{"errcode":40164,"errmsg":"ip"}` } })
	now.forward(2*time.Hour - time.Minute)
	wantNoErrors(t, together(50, func(int) error { return send(c) }))
	waitFor(t, func() bool { return f.counts().fetches == 2 })
	now.forward(time.Minute)
	if err := send(c); ClassOf(err) != Config {
		t.Errorf("got %v", err)
	}
}

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

func TestUnlockLeavesAnothersLock(t *testing.T) {
	t.Parallel()
	server, r := newRedis(t)
	s := newTokenStore(r, testAppID)
	if ok, err := s.lock(context.Background()); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if ok, err := newTokenStore(r, testAppID).lock(context.Background()); ok || err != nil {
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

func TestWaitingForATokenHonoursTheContext(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	release, asked := make(chan struct{}), make(chan struct{})
	f.onToken = func() (int, string) {
		f.onToken = nil
		close(asked)
		f.mu.Unlock()
		<-release
		f.mu.Lock()
		return 200, `{"access_token":"` + f.token() + `","expires_in":7200}`
	}
	c := newTestClient(t, f, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := c.SendTemplate(ctx, testMessage())
		done <- err
	}()
	<-asked
	cancel()
	err := <-done
	var e *Error
	if !errors.As(err, &e) || e.Class != NotSent || e.Started || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(release) // the one who gave up did not end it for the others
	if err := send(c); err != nil || f.counts().fetches != 1 {
		t.Errorf("%v, %+v", err, f.counts())
	}
}

func TestClosedClient(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	c := newTestClient(t, f, Options{})
	c.Close()
	if err := send(c); ClassOf(err) != NotSent || f.counts().fetches != 0 {
		t.Errorf("got %v, %+v", err, f.counts())
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

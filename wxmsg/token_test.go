package wxmsg

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
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

func TestTokenEndpointErrorsAreRemembered(t *testing.T) {
	t.Parallel()
	cases := []struct {
		answer     string
		status     int
		class      Class
		pause      time.Duration
		retryAfter time.Duration
	}{
		{`{"errcode":40001,"errmsg":"invalid credential"}`, 200, Config, configPause, configPause},
		{`{"errcode":40125,"errmsg":"invalid appsecret"}`, 200, Config, configPause, configPause},
		{`{"errcode":40164,"errmsg":"invalid ip 203.0.113.7, not in whitelist"}`, 200, Config, configPause, configPause},
		{`{"errcode":40243,"errmsg":"frozen"}`, 200, Config, configPause, configPause},
		{`{"errcode":123456,"errmsg":"new"}`, 200, Unknown, configPause, configPause},
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

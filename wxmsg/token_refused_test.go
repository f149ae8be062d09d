package wxmsg

import (
	"context"
	"errors"
	"testing"
	"time"
)

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
	c.tokens.expire("an older token")
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

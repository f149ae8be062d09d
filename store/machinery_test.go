package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/internship"
	"shixi/store"
)

func TestSessionsEndInTimeAndOnDemand(t *testing.T) {
	t.Parallel()
	_, db, clock := openAt(t)
	for n := range 3 {
		s := store.Session{ID: fmt.Sprint("ses_", n), AccountID: "acc_1", EnterpriseID: "ent_1", Name: "王经理", Role: internship.Owner, Device: "小程序",
			CreatedAt: noon.Add(time.Duration(n) * time.Minute), Expires: noon.Add(time.Duration(n+1) * time.Hour)}
		if err := db.AddSession(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	s, err := db.Session(t.Context(), "ses_0")
	if err != nil || s.Role != internship.Owner || s.EnterpriseID != "ent_1" || !s.Expires.Equal(noon.Add(time.Hour)) {
		t.Errorf("%+v %v", s, err)
	}
	if _, err := db.Session(t.Context(), "ses_none"); !errors.Is(err, internship.ErrUnauthorized) {
		t.Errorf("unknown: %v", err)
	}
	expectSessions := func(want ...string) {
		t.Helper()
		all, err := db.Sessions(t.Context(), "acc_1")
		var got []string
		for _, s := range all {
			got = append(got, s.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want, +got)\n%s", err, diff)
		}
	}
	expectSessions("ses_2", "ses_1", "ses_0")
	clock.Pass(time.Hour - time.Millisecond)
	if _, err := db.Session(t.Context(), "ses_0"); err != nil {
		t.Errorf("just before its end: %v", err)
	}
	clock.Pass(time.Millisecond)
	if _, err := db.Session(t.Context(), "ses_0"); !errors.Is(err, internship.ErrUnauthorized) {
		t.Errorf("at its end, the row still there: %v", err)
	}
	expectSessions("ses_2", "ses_1")
	if ended, err := db.EndSession(t.Context(), "acc_2", "ses_1"); ended || err != nil {
		t.Errorf("another account's: %v %v", ended, err)
	}
	for _, want := range []bool{true, false} {
		if ended, err := db.EndSession(t.Context(), "acc_1", "ses_1"); ended != want || err != nil {
			t.Errorf("ended %v %v, want %v", ended, err, want)
		}
	}
	if _, err := db.Session(t.Context(), "ses_1"); !errors.Is(err, internship.ErrUnauthorized) {
		t.Errorf("ended: %v", err)
	}
	expectSessions("ses_2")
}

func TestNonceIsUsedOnce(t *testing.T) {
	t.Parallel()
	s, db, _ := openAt(t)
	sides := []*store.DB{db, s.Open(t, nil)}
	var mu sync.Mutex
	fresh := 0
	race(t, 20, func(i int) error {
		ok, err := sides[i%2].UseNonce(t.Context(), "key-1", "n", time.Hour)
		if ok {
			mu.Lock()
			fresh++
			mu.Unlock()
		}
		return err
	}, is(nil))
	if fresh != 1 {
		t.Errorf("fresh %d times", fresh)
	}
	if ok, err := db.UseNonce(t.Context(), "key-2", "n", time.Hour); !ok || err != nil {
		t.Errorf("another key's: %v %v", ok, err)
	}
}

func TestTriesAreCountedExactly(t *testing.T) {
	t.Parallel()
	s, db, clock := openAt(t)
	sides := []*store.DB{db, s.Open(t, func(o *store.Options) { o.Now = clock.Now })}
	const n = 30
	for window := range 3 {
		counts := make([]int, n)
		race(t, n, func(i int) (err error) {
			counts[i], _, err = sides[i%2].Try(t.Context(), "login:138", time.Minute)
			return err
		}, is(nil))
		slices.Sort(counts)
		for i, c := range counts {
			if c != i+1 {
				t.Fatalf("window %d: %v", window, counts)
			}
		}
		clock.Pass(time.Minute - time.Millisecond)
		if c, _, err := db.Try(t.Context(), "login:138", time.Minute); c != n+1 || err != nil {
			t.Errorf("just before the end of the window: %d %v", c, err)
		}
		clock.Pass(time.Millisecond)
	}
	if c, _, err := db.Try(t.Context(), "login:139", time.Minute); c != 1 || err != nil {
		t.Errorf("another key: %d %v", c, err)
	}
	if _, _, err := db.Try(t.Context(), "login:138", time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := db.Forgive(t.Context(), "login:138"); err != nil {
		t.Fatal(err)
	}
	if c, _, err := db.Try(t.Context(), "login:138", time.Minute); c != 1 || err != nil {
		t.Errorf("forgiven: %d %v", c, err)
	}
}

func TestLeaseHasOneOwner(t *testing.T) {
	t.Parallel()
	s, db, clock := openAt(t)
	sides := []*store.DB{db, s.Open(t, func(o *store.Options) { o.Now = clock.Now })}
	last := ""
	for round := range 3 {
		var mu sync.Mutex
		var owners []string
		race(t, 20, func(i int) error {
			owner := fmt.Sprintf("w%d", (round*20)+i)
			ok, err := sides[i%2].Lease(t.Context(), "relay", owner, time.Minute)
			if ok {
				mu.Lock()
				owners = append(owners, owner)
				mu.Unlock()
			}
			return err
		}, is(nil))
		if len(owners) != 1 {
			t.Fatalf("round %d: owners %v", round, owners)
		}
		if ok, err := db.Lease(t.Context(), "relay", last, time.Minute); last != "" && (ok || err != nil) {
			t.Errorf("the owner of before has it again: %v %v", ok, err)
		}
		last = owners[0]
		clock.Pass(40 * time.Second)
		if ok, err := db.Lease(t.Context(), "relay", last, time.Minute); !ok || err != nil {
			t.Errorf("renewal: %v %v", ok, err)
		}
		clock.Pass(40 * time.Second) // the first minute is over, the renewed one isn't
		if ok, err := db.Lease(t.Context(), "relay", "late", time.Minute); ok || err != nil {
			t.Errorf("taken from its owner: %v %v", ok, err)
		}
		if ok, err := db.Lease(t.Context(), fmt.Sprint("other-", round), "late", time.Minute); !ok || err != nil {
			t.Errorf("another lease: %v %v", ok, err)
		}
		clock.Pass(20 * time.Second)
	}
}

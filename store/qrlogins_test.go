package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"shixi/internship"
	"shixi/store"
)

func TestSceneIsItsFirstScannersUntilItExpires(t *testing.T) {
	t.Parallel()
	s, db, clock := openAt(t)
	sides := []*store.DB{db, s.Open(t, func(o *store.Options) { o.Now = clock.Now })}
	if err := db.AddScene(t.Context(), store.Scene{ID: "scn_1", AccountID: "acc_1", Expires: noon.Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	won, _ := race(t, 20, func(i int) error {
		mine, err := sides[i%2].TakeScene(t.Context(), "scn_1", fmt.Sprint("o", i))
		if err == nil && !mine {
			return internship.ErrNotFound
		}
		return err
	}, is(internship.ErrNotFound))
	if won != 1 {
		t.Errorf("%d took the scene", won)
	}
	if err := db.EndScene(t.Context(), "scn_1"); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Scene(t.Context(), "scn_1"); err != nil || !got.Done || got.OpenID == "" || got.AccountID != "acc_1" {
		t.Errorf("%+v %v", got, err)
	}
	clock.Pass(time.Minute)
	if got, err := db.Scene(t.Context(), "scn_1"); !errors.Is(err, internship.ErrNotFound) || got.AccountID != "" {
		t.Errorf("expired: %+v %v", got, err)
	}
}

func TestQRLoginMovesOnceAndNotAfterItsTime(t *testing.T) {
	t.Parallel()
	_, db, clock := openAt(t)
	q := store.QRLogin{ID: "qr_1", State: store.QRWaiting, CreatedAt: noon, Expires: noon.Add(time.Minute)}
	if err := db.AddQRLogin(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	q.State, q.OpenID = store.QRScanned, "o1"
	won, _ := race(t, 20, func(int) error {
		moved, err := db.MoveQRLogin(t.Context(), q, store.QRWaiting)
		if err == nil && !moved {
			return internship.ErrNotFound
		}
		return err
	}, is(internship.ErrNotFound))
	if got, err := db.QRLogin(t.Context(), "qr_1"); won != 1 || err != nil || got.OpenID != "o1" || got.State != store.QRScanned {
		t.Errorf("%d won: %+v %v", won, got, err)
	}
	clock.Pass(time.Minute)
	q.State = store.QRConfirmed
	if moved, err := db.MoveQRLogin(t.Context(), q, store.QRScanned); moved || err != nil {
		t.Errorf("after its time: %v %v", moved, err)
	}
}

func TestVisitIsExchangedByOneAtATime(t *testing.T) {
	t.Parallel()
	s, db, clock := openAt(t)
	sides := []*store.DB{db, s.Open(t, func(o *store.Options) { o.Now = clock.Now })}
	visit := func() store.Visit {
		return store.Visit{ID: "vis_1", Browser: "b", ClaimedUntil: clock.Now().Add(15 * time.Second), Expires: clock.Now().Add(time.Minute)}
	}
	claim := func(v store.Visit) int {
		t.Helper()
		won, _ := race(t, 20, func(i int) error {
			_, mine, err := sides[i%2].ClaimVisit(t.Context(), v)
			if err == nil && !mine {
				return internship.ErrNotFound
			}
			return err
		}, is(internship.ErrNotFound))
		return won
	}
	first := visit()
	if won := claim(first); won != 1 {
		t.Errorf("%d claimed it", won)
	}
	clock.Pass(15 * time.Second) // whoever had it died
	other := visit()
	other.Browser = "another"
	if won := claim(other); won != 0 {
		t.Errorf("%d of another browser took it over", won)
	}
	second := visit()
	if won := claim(second); won != 1 {
		t.Errorf("%d took it over", won)
	}
	first.Outcome = "late"
	if err := db.EndVisit(t.Context(), first); !errors.Is(err, internship.ErrBusy) {
		t.Errorf("the dead one's outcome: %v", err)
	}
	second.Outcome, second.OpenID = "unbound", "o1"
	if err := db.EndVisit(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	clock.Pass(30 * time.Second)
	if got, mine, err := db.ClaimVisit(t.Context(), visit()); mine || err != nil || got.Outcome != "unbound" || got.OpenID != "o1" {
		t.Errorf("a finished one: %+v %v %v", got, mine, err)
	}
}

func TestSecretsAreKeyedAndStay(t *testing.T) {
	t.Parallel()
	_, db, _ := openAt(t)
	a, err := db.Secret("session a")
	again, _ := db.Secret("session a")
	b, _ := db.Secret("session b")
	if err != nil || a != again || a == b || len(a) != 52 {
		t.Errorf("%q %q %q %v", a, again, b, err)
	}
	_, other, _ := openAt(t)
	if c, _ := other.Secret("session a"); c == a {
		t.Error("another keyset gives the same secret")
	}
}

func TestAccountsAreFoundByUnionID(t *testing.T) {
	t.Parallel()
	_, db, _ := openAt(t)
	for i, union := range []string{"u1", "u1", "u2", ""} {
		a := account(fmt.Sprint("acc_", i), fmt.Sprintf("1380000000%d", i))
		a.Follower = &internship.Identity{AppID: "wx1", OpenID: fmt.Sprint("o", i), UnionID: union}
		create(t, db.Accounts, a)
	}
	if got, err := db.AccountsByUnion(t.Context(), internship.ServiceAccount, "u1"); err != nil || len(got) != 2 || got[0].Mobile == "" {
		t.Errorf("%v %v", got, err)
	}
	if got, err := db.AccountsByUnion(t.Context(), internship.MiniProgram, "u1"); err != nil || len(got) != 0 {
		t.Errorf("%v %v", got, err)
	}
	page, err := db.AccountsAfter(t.Context(), "acc_1", 2)
	if err != nil || len(page) != 2 || page[0].ID != "acc_2" || page[1].ID != "acc_3" {
		t.Errorf("%v %v", page, err)
	}
}

package store_test

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"shixi/internship"
	"shixi/store"
	"shixi/store/embedded"
	"shixi/store/storetest"
)

// begins expects that the act is to run.
func begins(t *testing.T, db *store.DB, id string) {
	t.Helper()
	if answer, err := db.BeginOnce(t.Context(), id, "hash"); err != nil || answer != nil {
		t.Fatalf("to run: %v %v", answer, err)
	}
}

func TestRequestIsAnsweredOnceAndAgain(t *testing.T) {
	t.Parallel()
	_, db, clock := openAt(t)
	begins(t, db, "key")
	if _, err := db.BeginOnce(t.Context(), "key", "hash"); !errors.Is(err, internship.ErrInFlight) {
		t.Errorf("in flight: %v", err)
	}
	if _, err := db.BeginOnce(t.Context(), "key", "other"); !errors.Is(err, internship.ErrKeyReused) {
		t.Errorf("another body in flight: %v", err)
	}
	want := store.Answer{Status: 201, Body: []byte(`{"id":"plc_1"}`)}
	if err := db.EndOnce(t.Context(), "key", want); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		clock.Pass(time.Hour)
		got, err := db.BeginOnce(t.Context(), "key", "hash")
		if err != nil || cmp.Diff(&want, got) != "" {
			t.Errorf("again: %+v %v", got, err)
		}
	}
	if _, err := db.BeginOnce(t.Context(), "key", "other"); !errors.Is(err, internship.ErrKeyReused) {
		t.Errorf("another body: %v", err)
	}
	begins(t, db, "another key")
}

func TestForgottenRequestRunsAgain(t *testing.T) {
	t.Parallel()
	_, db, _ := openAt(t)
	begins(t, db, "key")
	if err := db.DropOnce(t.Context(), "key"); err != nil {
		t.Fatal(err)
	}
	begins(t, db, "key")
}

func TestAbandonedRequestRunsAgainAfterHalfAMinute(t *testing.T) {
	t.Parallel()
	s, db, clock := openAt(t)
	other := s.Open(t, func(o *store.Options) { o.Now = clock.Now })
	begins(t, db, "key")
	clock.Pass(30*time.Second - time.Millisecond)
	if _, err := db.BeginOnce(t.Context(), "key", "hash"); !errors.Is(err, internship.ErrInFlight) {
		t.Errorf("before: %v", err)
	}
	for round := range 3 {
		clock.Pass(30 * time.Second)
		won, lost := race(t, 20, func(i int) error {
			return second([]*store.DB{db, other}[i%2].BeginOnce(t.Context(), "key", "hash"))
		}, is(internship.ErrInFlight))
		if won != 1 || lost != 19 {
			t.Errorf("round %d: %d run, %d wait", round, won, lost)
		}
	}
}

func TestRacersForANewKey(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	sides := []*store.DB{s.Open(t, nil), s.Open(t, nil)}
	won, lost := race(t, 20, func(i int) error { return second(sides[i%2].BeginOnce(t.Context(), "key", "hash")) }, is(internship.ErrInFlight))
	if won != 1 || lost != 19 {
		t.Errorf("%d run, %d wait", won, lost)
	}
}

func TestAnswersAreSealedAndBoundToTheirKey(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	db := s.Open(t, nil)
	for _, key := range []string{"one", "two"} {
		begins(t, db, key)
		if err := db.EndOnce(t.Context(), key, store.Answer{Status: 200, Body: []byte("激活码 " + mobile + key)}); err != nil {
			t.Fatal(err)
		}
		if doc := raw(t, s, "idempotency", key); bytes.Contains(doc, []byte(mobile)) {
			t.Errorf("readable: %s", doc)
		}
	}
	_, err := s.Raw(t).Collection("idempotency").UpdateOne(t.Context(), bson.D{{Key: "_id", Value: "two"}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "answer", Value: raw(t, s, "idempotency", "one").Lookup("answer")}}}})
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := db.BeginOnce(t.Context(), "two", "hash"); !errors.Is(err, internship.ErrInternal) || answer != nil {
		t.Errorf("another key's answer: %v %v", answer, err)
	}
}

// TestSlowRequestDoesNotUndoTheOneThatReplacedIt: the first run, taken for
// dead, comes back after the second has answered.
func TestSlowRequestDoesNotUndoTheOneThatReplacedIt(t *testing.T) {
	t.Parallel()
	_, db, clock := openAt(t)
	begins(t, db, "key")
	clock.Pass(time.Minute)
	begins(t, db, "key")
	if err := db.EndOnce(t.Context(), "key", store.Answer{Status: 200, Body: []byte("second")}); err != nil {
		t.Fatal(err)
	}
	ends := map[string]error{
		"drop": db.DropOnce(t.Context(), "key"),
		"end":  db.EndOnce(t.Context(), "key", store.Answer{Status: 500, Body: []byte("first")}),
	}
	for what, err := range ends {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	got, err := db.BeginOnce(t.Context(), "key", "hash")
	if err != nil || got == nil || string(got.Body) != "second" {
		t.Errorf("%+v %v", got, err)
	}
}

// TestRequestForgottenWhileItIsLookedAt drops the row between the refused
// insertion and the reading.
func TestRequestForgottenWhileItIsLookedAt(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	engine(t, s)
	db, other := s.Open(t, nil), s.Open(t, nil)
	begins(t, db, "key")
	var dropped atomic.Bool
	s.Engine.Watch(func(c embedded.Command) embedded.Fault {
		if c.Collection == "idempotency" && c.Name == "find" && !dropped.Swap(true) {
			if err := other.DropOnce(context.WithoutCancel(t.Context()), "key"); err != nil {
				t.Error(err)
			}
		}
		return embedded.Fault{}
	})
	begins(t, db, "key")
}

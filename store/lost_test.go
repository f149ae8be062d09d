package store_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"shixi/internship"
	"shixi/store"
	"shixi/store/embedded"
	"shixi/store/storetest"
)

// cut makes a hook that breaks the connections of n commands on a collection,
// from the one at the given position on. It counts the commands.
func cut(collection string, from, n int64, fault embedded.Fault) (hook func(embedded.Command) embedded.Fault, seen *atomic.Int64) {
	seen = new(atomic.Int64)
	return func(c embedded.Command) embedded.Fault {
		if c.Collection != collection {
			return embedded.Fault{}
		}
		if at := seen.Add(1) - 1; from <= at && at < from+n {
			return fault
		}
		return embedded.Fault{}
	}, seen
}

// TestLostAnswerChangesOnce cuts the connection at every command of every way
// to change a document, before and after the server executed it: the change
// happens exactly once and success is reported (design.md §3).
func TestLostAnswerChangesOnce(t *testing.T) {
	t.Parallel()
	engine(t, storetest.Start(t))
	do := internship.Do{By: internship.Actor{Kind: internship.ByEnterprise}, At: noon}
	accept := func(p *internship.Placement) error { return p.Accept(1, do) }
	ways := map[string]struct {
		old    int64 // the version of the document before; 0: none
		change func(context.Context, *store.DB, *internship.Placement) error
	}{
		"Create": {0, func(ctx context.Context, db *store.DB, p *internship.Placement) error {
			return second(db.Placements.Create(ctx, p))
		}},
		"Put new": {0, func(ctx context.Context, db *store.DB, p *internship.Placement) error {
			return second(db.Placements.Put(ctx, p, func(p *internship.Placement) error { return nil }))
		}},
		"Update": {1, func(ctx context.Context, db *store.DB, p *internship.Placement) error {
			return second(db.Placements.Update(ctx, p.ID, accept))
		}},
		"Put": {1, func(ctx context.Context, db *store.DB, p *internship.Placement) error {
			return second(db.Placements.Put(ctx, p, accept))
		}},
		"Change": {1, func(ctx context.Context, db *store.DB, p *internship.Placement) error {
			return second(db.Placements.Change(ctx, p, accept))
		}},
		"TakeOut": {1, func(ctx context.Context, db *store.DB, p *internship.Placement) error {
			return db.TakeOut(ctx, "placements", p.ID, p.Outbox)
		}},
	}
	faults := map[string]struct {
		fault embedded.Fault
		times int64
	}{
		"before":      {embedded.Fault{CutBefore: true}, 1},
		"after":       {embedded.Fault{CutAfter: true}, 1},
		"after twice": {embedded.Fault{CutAfter: true}, 2},
	}
	var wg sync.WaitGroup
	for way, w := range ways {
		for when, f := range faults {
			s := storetest.Start(t)
			db := s.Open(t, nil)
			wg.Go(func() {
				for at := int64(0); ; at++ {
					p := begun(t, "ent_1", int(at))
					if w.old > 0 {
						if _, err := db.Placements.Create(t.Context(), p); err != nil {
							t.Errorf("%s: %v", way, err)
							return
						}
					}
					hook, seen := cut("placements", at, f.times, f.fault)
					s.Engine.Watch(hook)
					err := w.change(t.Context(), db, p)
					s.Engine.Watch(nil)
					p, readErr := db.Placements.Get(t.Context(), p.ID)
					if err != nil || readErr != nil {
						t.Errorf("%s, cut %s command %d: %v %v", way, when, at, err, readErr)
						return
					}
					expectOnce(t, fmt.Sprintf("%s, cut %s command %d", way, when, at), way, p, w.old+1)
					if seen.Load() <= at {
						return // past the last command
					}
				}
			})
		}
	}
	wg.Wait()
}

func expectOnce(t *testing.T, where, way string, p *internship.Placement, version int64) {
	history, outbox := int(version), int(version)
	if way == "TakeOut" {
		history, outbox = 1, 0
	}
	if p.Version != version || len(p.Ops) != int(version) || len(p.History) != history || len(p.Outbox) != outbox {
		t.Errorf("%s: version %d, ops %v, history %d, outbox %d", where, p.Version, p.Ops, len(p.History), len(p.Outbox))
	}
}

// TestLostAnswerIsRecognisedAfterOthersChanged loses the answer of a write and
// lets another process change the document eight times less one before it is
// read again: our op id is still among the last eight.
func TestLostAnswerIsRecognisedAfterOthersChanged(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	engine(t, s)
	db, other := s.Open(t, nil), s.Open(t, nil)
	create(t, db.Schools, school("sch_1"))
	var written, done atomic.Bool
	s.Engine.Watch(func(c embedded.Command) embedded.Fault {
		switch {
		case c.Collection != "schools":
		case c.Name == "update" && !written.Swap(true):
			return embedded.Fault{CutAfter: true}
		case c.Name == "find" && written.Load() && !done.Swap(true):
			for i := range 7 {
				if _, err := other.Schools.Update(t.Context(), "sch_1", rename(fmt.Sprint(i))); err != nil {
					t.Error(err)
				}
			}
		}
		return embedded.Fault{}
	})
	got, err := db.Schools.Update(t.Context(), "sch_1", rename("改名"))
	if err != nil || got.Version != 9 || len(got.History) != 8 || got.Name != "6" {
		t.Errorf("%+v %v", got, err)
	}
}

// TestLostAnswerOfAHeldWrite loses the answer of the write that takes a hold:
// the repetition meets its own hold and knows it.
func TestLostAnswerOfAHeldWrite(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	engine(t, s)
	db := s.Open(t, nil)
	hook, _ := cut("accounts", 0, 1, embedded.Fault{CutAfter: true})
	s.Engine.Watch(hook)
	a, err := db.Accounts.Create(t.Context(), account("acc_1", "13800000001"))
	if err != nil || a.Version != 1 || a.Mobile != "13800000001" {
		t.Fatalf("%+v %v", a, err)
	}
	if _, err := db.Accounts.Create(t.Context(), account("acc_2", "13800000001")); !store.Held(err, "mobile") {
		t.Errorf("another account with the mobile: %v", err)
	}
}

package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/internship"
	"shixi/store"
	"shixi/store/storetest"
)

func due(t *testing.T, db *store.DB, limit int) []string {
	t.Helper()
	ids, err := db.DueOutboxes(t.Context(), "placements", limit)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestOutboxIsDueWhenNobodyRelayedAtOnce(t *testing.T) {
	t.Parallel()
	_, db, clock := openAt(t)
	var want []string
	for n := range 3 {
		p := create(t, db.Placements, begun(t, "ent_1", n))
		want = append(want, p.ID)
		clock.Pass(time.Second)
	}
	create(t, db.Placements, placement("ent_1", 9)) // has nothing to tell
	if ids := due(t, db, 10); len(ids) != 0 {
		t.Errorf("at once: %v", ids)
	}
	clock.Pass(time.Minute)
	if diff := cmp.Diff(want, due(t, db, 10)); diff != "" {
		t.Errorf("oldest first (-want, +got)\n%s", diff)
	}
	if diff := cmp.Diff(want[:2], due(t, db, 2)); diff != "" {
		t.Errorf("limited (-want, +got)\n%s", diff)
	}
	takeOutAll(t, db, want[0])
	if diff := cmp.Diff(want[1:], due(t, db, 10)); diff != "" {
		t.Errorf("after one was relayed (-want, +got)\n%s", diff)
	}
	other, err := db.DueOutboxes(t.Context(), "positions", 10)
	if err != nil || len(other) != 0 {
		t.Errorf("another collection: %v %v", other, err)
	}
}

func takeOutAll(t *testing.T, db *store.DB, id string) {
	t.Helper()
	events, err := db.Outbox(t.Context(), "placements", id)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.TakeOut(t.Context(), "placements", id, events); err != nil {
		t.Fatal(err)
	}
}

func TestTakeOutTakesEachEventOnce(t *testing.T) {
	t.Parallel()
	s, db, clock := openAt(t)
	other := s.Open(t, func(o *store.Options) { o.Now = clock.Now })
	ctx := store.WithOp(t.Context(), "request")
	p, err := db.Placements.Create(ctx, begun(t, "ent_1", 1))
	if err != nil {
		t.Fatal(err)
	}
	relayed := p.Outbox
	do := internship.Do{By: internship.Actor{Kind: internship.ByEnterprise}, At: noon}
	if _, err := db.Placements.Update(t.Context(), p.ID, func(p *internship.Placement) error { return p.Refuse(do) }); err != nil {
		t.Fatal(err)
	}
	won, _ := race(t, 10, func(i int) error {
		if i%2 == 0 {
			return db.TakeOut(t.Context(), "placements", p.ID, relayed)
		}
		return other.TakeOut(t.Context(), "placements", p.ID, relayed)
	}, is(nil))
	left, err := db.Outbox(t.Context(), "placements", p.ID)
	if err != nil || won != 10 || len(left) != 1 || left[0].Kind != internship.PlacementRefused {
		t.Fatalf("%d took, left: %+v %v", won, left, err)
	}
	p, err = db.Placements.Get(t.Context(), p.ID)
	if err != nil || p.Version != 3 {
		t.Errorf("version %d: taking out what is out writes nothing (%v)", p.Version, err)
	}
	clock.Pass(time.Minute)
	if ids := due(t, db, 10); len(ids) != 1 {
		t.Errorf("the event left is due: %v", ids)
	}
	// The relay may run inside the request that made the event.
	if err := db.TakeOut(ctx, "placements", p.ID, left); err != nil {
		t.Fatal(err)
	}
	if left, err := db.Outbox(t.Context(), "placements", p.ID); err != nil || len(left) != 0 {
		t.Errorf("under the op of the request it stays: %+v %v", left, err)
	}
	if err := db.TakeOut(t.Context(), "nothing", p.ID, relayed); err == nil {
		t.Error("a collection that is none")
	}
}

// TestEventsHaveIdsOfTheirOwn changes and relays in turns: no id comes twice.
func TestEventsHaveIdsOfTheirOwn(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	p := create(t, db.Placements, begun(t, "ent_1", 1))
	seen := map[string]bool{}
	do := internship.Do{By: internship.System(), At: noon}
	for n := range 6 {
		if n%2 == 1 {
			takeOutAll(t, db, p.ID)
		}
		for _, e := range p.Outbox {
			if seen[e.ID] && n%2 == 0 || e.ID == "" {
				t.Errorf("event %q again", e.ID)
			}
			seen[e.ID] = true
		}
		var err error
		p, err = db.Placements.Update(t.Context(), p.ID, func(p *internship.Placement) error {
			p.State = internship.Applied
			p.Outbox = nil
			if err := p.AskAgain(do); err != nil {
				return err
			}
			p.State = internship.Applied
			return p.Lapse(fmt.Sprint(n), do)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 11 {
		t.Errorf("%d ids, want 11", len(seen))
	}
}

package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"shixi/internship"
	"shixi/store"
	"shixi/store/embedded"
	"shixi/store/storetest"
)

// signed is a signed placement of a student at a place of a position.
func signed(n int, student, plan, position string, place int) *internship.Placement {
	p := placement("ent_1", n)
	p.State, p.StudentID, p.PlanID, p.PositionID, p.Place = internship.Signed, student, plan, position, place
	return p
}

func TestClashIsToldInTheOrderOfRank(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	create(t, db.Placements, signed(1, "stu_1", "pln_1", "pos_1", 1))
	open := placement("ent_1", 2)
	open.StudentID, open.PositionID = "stu_2", "pos_2"
	create(t, db.Placements, open)
	again := *open
	again.Root, again.State = internship.Root{ID: "plc_again"}, internship.Applied
	cases := map[string]struct {
		doc  *internship.Placement
		want string
	}{
		"signed, place and chosen": {signed(11, "stu_1", "pln_1", "pos_1", 1), "signed:stu_1:pln_1"},
		"place and chosen":         {signed(12, "stu_1", "pln_2", "pos_1", 1), "place:pos_1:1"},
		"place":                    {signed(13, "stu_9", "pln_1", "pos_1", 1), "place:pos_1:1"},
		"signed":                   {signed(14, "stu_1", "pln_1", "pos_9", 1), "signed:stu_1:pln_1"},
		"chosen":                   {signed(15, "stu_1", "pln_2", "pos_1", 2), "chosen:stu_1:pos_1"},
		"chosen and open":          {&again, "chosen:stu_2:pos_2"},
	}
	for name, c := range cases {
		expectHeld(t, name+", create", c.want, second(db.Placements.Create(t.Context(), c.doc)))
		wanted := *c.doc
		free := *c.doc
		free.Root, free.State = internship.Root{ID: "plc_u_" + c.doc.ID}, internship.Withdrawn
		create(t, db.Placements, &free)
		expectHeld(t, name+", update", c.want, second(db.Placements.Update(t.Context(), free.ID, func(p *internship.Placement) error {
			p.State, p.Place = wanted.State, wanted.Place
			return nil
		})))
		if got, err := db.Placements.Get(t.Context(), free.ID); err != nil || got.Version != 1 || got.State != internship.Withdrawn {
			t.Errorf("%s: the loser was written: %+v %v", name, got, err)
		}
	}
}

// TestClashIsNotOverOnesOwn changes a document that goes on holding what ranks
// before the thing that another has.
func TestClashIsNotOverOnesOwn(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	bind := func(openID string) func(*internship.Account) error {
		return func(a *internship.Account) error {
			return a.BindFollower(internship.Identity{AppID: "wx1", OpenID: openID}, internship.Do{By: internship.Actor{Kind: internship.ByEnterprise}, At: noon})
		}
	}
	for n := range 2 {
		a := create(t, db.Accounts, account(fmt.Sprint("acc_", n), fmt.Sprint("1380000000", n)))
		if _, err := db.Accounts.Update(t.Context(), a.ID, bind(fmt.Sprint("o", n))); err != nil {
			t.Fatal(err)
		}
	}
	expectHeld(t, "bind", "openid:wx1:o0", second(db.Accounts.Update(t.Context(), "acc_1", bind("o0"))))
}

func expectHeld(t *testing.T, name, want string, err error) {
	t.Helper()
	var held *store.HeldError
	if !errors.As(err, &held) || held.Hold != want || held.Kind() != strings.Split(want, ":")[0] {
		t.Errorf("%s: %v (%+v), want %s", name, err, held, want)
	}
}

func TestHoldIsFreedByTheWriteThatEndsIt(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	first := create(t, db.Placements, signed(1, "stu_1", "pln_1", "pos_1", 1))
	second := placement("ent_2", 2)
	second.PositionID = "pos_1"
	create(t, db.Placements, second)
	do := internship.Do{By: internship.Actor{Kind: internship.BySchool}, At: noon, Note: "退回"}
	accept := func(p *internship.Placement) error {
		do := do
		do.By.Kind = internship.ByEnterprise
		return p.Accept(1, do)
	}
	if _, err := db.Placements.Update(t.Context(), second.ID, accept); !store.Held(err, "place") {
		t.Fatalf("the place is taken: %v", err)
	}
	if _, err := db.Placements.Update(t.Context(), first.ID, func(p *internship.Placement) error { return p.Object(do) }); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Placements.Update(t.Context(), second.ID, accept); err != nil {
		t.Errorf("the place is free: %v", err)
	}
	taken, err := db.TakenPlaces(t.Context(), "pos_1")
	if err != nil || len(taken) != 1 {
		t.Errorf("taken %v %v", taken, err)
	}
	holder, err := db.Placements.ByHold(t.Context(), "place", "pos_1:1")
	if err != nil || holder.ID != second.ID {
		t.Errorf("held by %v %v", holder, err)
	}
}

// TestHoldFreedBetweenTheClashAndTheQuestion frees what was wanted just before
// the loser asks who has it: nobody has, so it tries again and wins.
func TestHoldFreedBetweenTheClashAndTheQuestion(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	engine(t, s)
	db, other := s.Open(t, nil), s.Open(t, nil)
	holder := create(t, db.Placements, signed(1, "stu_1", "pln_1", "pos_1", 1))
	var refused, freed atomic.Bool
	s.Engine.Watch(func(c embedded.Command) embedded.Fault {
		switch {
		case c.Collection != "placements" || freed.Load():
		case c.Name == "insert":
			refused.Store(true)
		case c.Name == "find" && refused.Load() && !freed.Swap(true):
			if _, err := other.Placements.Update(t.Context(), holder.ID, func(p *internship.Placement) error {
				p.State = internship.Withdrawn
				return nil
			}); err != nil {
				t.Error(err)
			}
		}
		return embedded.Fault{}
	})
	p, err := db.Placements.Create(t.Context(), signed(2, "stu_1", "pln_1", "pos_2", 1))
	if err != nil || p.Version != 1 || !freed.Load() {
		t.Errorf("%+v %v", p, err)
	}
}

func TestFiftyRaceForOneHold(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	sides := []*store.DB{s.Open(t, nil), s.Open(t, nil)}
	for i := range 50 {
		create(t, sides[0].Placements, placement("ent_1", i))
	}
	won, lost := race(t, 50, func(i int) error {
		return second(sides[i%2].Placements.Update(t.Context(), placement("ent_1", i).ID, func(p *internship.Placement) error {
			p.State, p.PositionID, p.Place = internship.Signed, "pos_1", 1
			return nil
		}))
	}, held("place"))
	if won != 1 || lost != 49 {
		t.Errorf("updates: %d won, %d lost", won, lost)
	}
	won, lost = race(t, 50, func(i int) error {
		return second(sides[i%2].Accounts.Create(t.Context(), account(fmt.Sprintf("acc_%d", i), "13800000001")))
	}, held("mobile"))
	if won != 1 || lost != 49 {
		t.Errorf("creations: %d won, %d lost", won, lost)
	}
}

func TestSlotsSiblingsAndSigned(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	for slot := 1; slot <= 4; slot++ {
		p := placement("ent_1", slot)
		p.StudentID, p.Slot = "stu_1", slot
		create(t, db.Placements, p)
	}
	create(t, db.Placements, signed(9, "stu_1", "pln_2", "pos_9", 1))
	slots, err := db.OpenSlots(t.Context(), "stu_1", "pln_1")
	if err != nil || len(slots) != 4 {
		t.Errorf("slots %v %v", slots, err)
	}
	siblings, err := db.Siblings(t.Context(), "stu_1", "pln_1", placement("ent_1", 2).ID)
	if err != nil || len(siblings) != 3 {
		t.Errorf("siblings %v %v", siblings, err)
	}
	if p, err := db.SignedIn(t.Context(), "stu_1", "pln_1"); err != nil || p != nil {
		t.Errorf("signed in the first plan: %v %v", p, err)
	}
	if p, err := db.SignedIn(t.Context(), "stu_1", "pln_2"); err != nil || p == nil || p.PositionID != "pos_9" {
		t.Errorf("signed in the second plan: %v %v", p, err)
	}
}

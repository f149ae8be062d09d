package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"shixi/internship"
	"shixi/store"
	"shixi/store/storetest"
)

func TestChangeCountsVersionAndNotesItsOp(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ctx := store.WithOp(t.Context(), "op-0")
	s, err := db.Schools.Create(ctx, school("sch_1"))
	if err != nil || s.Version != 1 {
		t.Fatalf("created: %+v %v", s, err)
	}
	for n := 1; n <= 10; n++ {
		ctx := store.WithOp(t.Context(), fmt.Sprintf("op-%d", n))
		if s, err = db.Schools.Update(ctx, "sch_1", rename(fmt.Sprintf("第 %d 名", n))); err != nil {
			t.Fatal(err)
		}
	}
	s, err = db.Schools.Change(store.WithOp(t.Context(), "op-11"), s, rename("十一"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := db.Schools.Get(t.Context(), "sch_1")
	if err != nil {
		t.Fatal(err)
	}
	if got.Version != 12 || got.Name != "十一" || s.Version != 12 {
		t.Errorf("version %d, name %s, returned %d", got.Version, got.Name, s.Version)
	}
	if len(got.Ops) != 8 || got.Ops[0] != "op-4" || got.Ops[7] != "op-11" {
		t.Errorf("the last 8 ops: %v", got.Ops)
	}
	if len(got.History) != 11 || got.History[10].Op != "op-11" || got.History[0].Op != "op-1" {
		t.Errorf("history %+v", got.History)
	}
}

func TestGetSaysNotFound(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	if _, err := db.Schools.Get(t.Context(), "sch_none"); !errors.Is(err, internship.ErrNotFound) || !store.Absent(err) {
		t.Errorf("get: %v", err)
	}
	if _, err := db.Schools.Update(t.Context(), "sch_none", rename("x")); !errors.Is(err, internship.ErrNotFound) {
		t.Errorf("update: %v", err)
	}
	if _, err := db.Schools.ByHold(t.Context(), "school", "none"); !errors.Is(err, internship.ErrNotFound) {
		t.Errorf("by hold: %v", err)
	}
}

// TestClashRunsTheChangeAgain lets another process change the document between
// the read and the write.
func TestClashRunsTheChangeAgain(t *testing.T) {
	t.Parallel()
	server := storetest.Start(t)
	db, other := server.Open(t, nil), server.Open(t, nil)
	create(t, db.Schools, school("sch_1"))
	runs := 0
	s, err := db.Schools.Update(t.Context(), "sch_1", func(s *internship.School) error {
		if runs++; runs == 1 {
			if _, err := other.Schools.Update(t.Context(), "sch_1", rename("先到")); err != nil {
				t.Error(err)
			}
		}
		return rename(s.Name + "后到")(s)
	})
	if err != nil || runs != 2 || s.Name != "先到后到" || s.Version != 3 || len(s.History) != 2 {
		t.Errorf("%d runs: %+v %v", runs, s, err)
	}
}

func TestStaleChangeReadsAgain(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	old := create(t, db.Schools, school("sch_1"))
	if _, err := db.Schools.Update(t.Context(), "sch_1", rename("先到")); err != nil {
		t.Fatal(err)
	}
	s, err := db.Schools.Change(t.Context(), old, func(s *internship.School) error { return rename(s.Name + "后到")(s) })
	if err != nil || s.Name != "先到后到" || s.Version != 3 {
		t.Errorf("%+v %v", s, err)
	}
}

func TestManyChangesOfOneDocumentAllHappen(t *testing.T) {
	t.Parallel()
	server := storetest.Start(t)
	sides := []*store.DB{server.Open(t, nil), server.Open(t, nil)}
	create(t, sides[0].Schools, school("sch_1"))
	const changes = 40
	won, _ := race(t, changes, func(i int) error {
		_, err := sides[i%2].Schools.Update(t.Context(), "sch_1", rename(fmt.Sprint(i)))
		return err
	}, is(nil))
	s, err := sides[0].Schools.Get(t.Context(), "sch_1")
	if err != nil || won != changes || s.Version != changes+1 || len(s.History) != changes {
		t.Errorf("%d succeeded: version %d, history of %d, %v", won, s.Version, len(s.History), err)
	}
}

// TestOneProcessDoesNotClashWithItself counts the tries: changes of one
// document take turns inside a process.
func TestOneProcessDoesNotClashWithItself(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	create(t, db.Schools, school("sch_1"))
	var tries atomic.Int64
	race(t, 30, func(i int) error {
		return second(db.Schools.Update(t.Context(), "sch_1", func(s *internship.School) error {
			tries.Add(1)
			return rename(fmt.Sprint(i))(s)
		}))
	}, is(nil))
	if tries.Load() != 30 {
		t.Errorf("%d tries for 30 changes", tries.Load())
	}
}

// always is a change that another process always overtakes.
func always(t *testing.T, other *store.DB, runs *atomic.Int64, then func()) func(*internship.School) error {
	return func(s *internship.School) error {
		runs.Add(1)
		if _, err := other.Schools.Update(context.WithoutCancel(t.Context()), s.ID, rename("先到")); err != nil {
			t.Error(err)
		}
		then()
		return rename("后到")(s)
	}
}

func TestEndlessClashIsBusy(t *testing.T) {
	t.Parallel()
	server := storetest.Start(t)
	db, other := server.Open(t, nil), server.Open(t, nil)
	create(t, db.Schools, school("sch_1"))
	var runs atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := db.Schools.Update(ctx, "sch_1", always(t, other, &runs, func() {
		if runs.Load() == 5 {
			cancel()
		}
	}))
	if !errors.Is(err, internship.ErrBusy) || runs.Load() != 5 {
		t.Errorf("after %d clashes: %v", runs.Load(), err)
	}
}

// TestUpdateGivesUpAfterItsBudget also holds those who wait for their turn in
// the process to the same 3 s.
func TestUpdateGivesUpAfterItsBudget(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes 3 s")
	}
	server := storetest.Start(t)
	db, other := server.Open(t, nil), server.Open(t, nil)
	create(t, db.Schools, school("sch_1"))
	var runs atomic.Int64
	first := make(chan struct{})
	won, lost := race(t, 4, func(i int) error {
		if i > 0 {
			<-first
		}
		began := time.Now()
		_, err := db.Schools.Update(t.Context(), "sch_1", always(t, other, &runs, func() {
			if runs.Load() == 1 {
				close(first)
			}
			time.Sleep(20 * time.Millisecond) // leaves the processor to the other tests
		}))
		if took := time.Since(began); took < 2500*time.Millisecond || took > 5*time.Second {
			t.Errorf("update %d took %s", i, took)
		}
		return err
	}, is(internship.ErrBusy))
	if won != 0 || lost != 4 {
		t.Errorf("%d won, %d busy", won, lost)
	}
}

func TestUnchangedWritesNothing(t *testing.T) {
	t.Parallel()
	server := storetest.Start(t)
	db := server.Open(t, nil)
	create(t, db.Schools, school("sch_1"))
	before := raw(t, server, "schools", "sch_1")
	s, err := db.Schools.Update(t.Context(), "sch_1", func(*internship.School) error {
		return fmt.Errorf("nothing to do: %w", store.Unchanged)
	})
	if err != nil || s.Version != 1 {
		t.Errorf("%+v %v", s, err)
	}
	if after := raw(t, server, "schools", "sch_1"); string(after) != string(before) {
		t.Errorf("written: %s", after)
	}
}

func raw(t *testing.T, s *storetest.Server, collection, id string) bson.Raw {
	t.Helper()
	doc, err := s.Raw(t).Collection(collection).FindOne(t.Context(), bson.D{{Key: "_id", Value: id}}).Raw()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestErrorOfTheChangeComesBackAsItIs(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	create(t, db.Schools, school("sch_1"))
	mine := internship.ErrFrozen.With("因为")
	runs := 0
	_, err := db.Schools.Update(t.Context(), "sch_1", func(s *internship.School) error {
		runs++
		s.Name = "改了一半"
		return mine
	})
	var got *internship.Error
	if !errors.As(err, &got) || got != mine || runs != 1 {
		t.Errorf("%d runs: %v", runs, err)
	}
	// Not even an error that looks like the database's is tried again.
	_, err = db.Schools.Update(t.Context(), "sch_1", func(*internship.School) error {
		runs++
		return fmt.Errorf("insurer: %w", internship.ErrUnavailable)
	})
	if !errors.Is(err, internship.ErrUnavailable) || runs != 2 {
		t.Errorf("%d runs: %v", runs, err)
	}
	if s, err := db.Schools.Get(t.Context(), "sch_1"); err != nil || s.Name != "一校" || s.Version != 1 {
		t.Errorf("%+v %v", s, err)
	}
}

func TestRepeatedOpChangesOnce(t *testing.T) {
	t.Parallel()
	server := storetest.Start(t)
	db, other := server.Open(t, nil), server.Open(t, nil)
	ctx := store.WithOp(t.Context(), "request-1")
	id := store.NewID(ctx, "sch")
	for _, db := range []*store.DB{db, other} {
		if again := store.NewID(ctx, "sch"); again != id {
			t.Errorf("id %s, again %s", id, again)
		}
		s, err := db.Schools.Create(ctx, school(id))
		if err != nil || s.Version != 1 {
			t.Fatalf("create: %+v %v", s, err)
		}
	}
	ctx = store.WithOp(t.Context(), "request-2")
	for _, db := range []*store.DB{db, other, db} {
		if _, err := db.Schools.Update(ctx, id, rename("改名")); err != nil {
			t.Fatal(err)
		}
	}
	s, err := db.Schools.Change(ctx, school(id), rename("改名")) // a copy that lags behind
	if err != nil || s.Version != 2 || len(s.History) != 1 {
		t.Errorf("%+v %v", s, err)
	}
	if _, err := db.Schools.Create(store.WithOp(t.Context(), "request-3"), school(id)); !store.Held(err, "_id") {
		t.Errorf("another request's create of the same id: %v", err)
	}
}

// TestRepeatedOpIsRecognisedLater repeats requests after more changes than a
// document remembers ops of.
func TestRepeatedOpIsRecognisedLater(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	first, second := store.WithOp(t.Context(), "request-1"), store.WithOp(t.Context(), "request-2")
	id := store.NewID(first, "sch")
	for range 2 {
		s, err := db.Schools.Create(first, school(id))
		if err != nil {
			t.Fatal(err)
		}
		before := s.Version
		if s, err = db.Schools.Update(second, id, rename("改名")); err != nil || before > 1 && s.Version != before {
			t.Fatalf("%+v %v", s, err)
		}
		for n := range 10 {
			if s, err = db.Schools.Update(t.Context(), id, rename(fmt.Sprint(n))); err != nil {
				t.Fatal(err)
			}
		}
		if s.Did("request-1") || s.Did("request-2") {
			t.Errorf("still among the last ops: %v", s.Ops)
		}
	}
	s, err := db.Schools.Get(t.Context(), id)
	if err != nil || s.Version != 22 || len(s.History) != 21 {
		t.Errorf("version %d, history of %d, %v", s.Version, len(s.History), err)
	}
}

func TestSubOpsDiffer(t *testing.T) {
	t.Parallel()
	ctx := store.WithOp(t.Context(), "request")
	a, b := store.OpOf(store.SubOp(ctx, "a")), store.OpOf(store.SubOp(ctx, "b"))
	if a == b || a != store.OpOf(store.SubOp(ctx, "a")) || a == store.OpOf(ctx) {
		t.Errorf("%s %s", a, b)
	}
	if bare := store.SubOp(t.Context(), "a"); store.OpOf(bare) == store.OpOf(t.Context()) || bare != t.Context() {
		t.Error("without an op each change is its own")
	}
	if store.DeriveID("x", "ab", "c") == store.DeriveID("x", "a", "bc") {
		t.Error("parts run together")
	}
}

func TestPanicLeavesTheDocumentFree(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	create(t, db.Schools, school("sch_1"))
	func() {
		defer func() {
			if recover() == nil {
				t.Error("panic swallowed")
			}
		}()
		_, _ = db.Schools.Update(t.Context(), "sch_1", func(*internship.School) error { panic("change") })
	}()
	if s, err := db.Schools.Update(t.Context(), "sch_1", rename("改名")); err != nil || s.Version != 2 {
		t.Errorf("%+v %v", s, err)
	}
}

// TestSavedIsToldOutsideTheLock lets the listener change the document it is
// told of, as a relay that runs at once does.
func TestSavedIsToldOutsideTheLock(t *testing.T) {
	t.Parallel()
	server := storetest.Start(t)
	var db *store.DB
	told := 0
	db = server.Open(t, func(o *store.Options) {
		o.OnSaved = func(collection, id string) {
			told++
			events, err := db.Outbox(t.Context(), collection, id)
			if err == nil {
				err = db.TakeOut(t.Context(), collection, id, events)
			}
			if err != nil {
				t.Errorf("relay: %v", err)
			}
		}
	})
	p := create(t, db.Placements, begun(t, "ent_1", 1))
	do := internship.Do{By: internship.Actor{Kind: internship.ByEnterprise}, At: noon}
	if _, err := db.Placements.Update(t.Context(), p.ID, func(p *internship.Placement) error { return p.Refuse(do) }); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Schools.Create(t.Context(), school("sch_1")); err != nil {
		t.Fatal(err)
	}
	if told != 2 {
		t.Errorf("told %d times, want once for each change with events", told)
	}
	if events, err := db.Outbox(t.Context(), "placements", p.ID); err != nil || len(events) != 0 {
		t.Errorf("still waiting: %v %v", events, err)
	}
}

func TestFullOutboxRefusesFurtherChanges(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	p := begun(t, "ent_1", 1)
	for range internship.MaxOutbox {
		p.Outbox = append(p.Outbox, p.Outbox[0])
	}
	if _, err := db.Placements.Create(t.Context(), p); !errors.Is(err, internship.ErrBacklog) {
		t.Errorf("create: %v", err)
	}
	p.Outbox = p.Outbox[:internship.MaxOutbox]
	p.Root.Version = 0
	create(t, db.Placements, p)
	do := internship.Do{By: internship.Actor{Kind: internship.ByEnterprise}, At: noon}
	refuse := func(p *internship.Placement) error { return p.Refuse(do) }
	if _, err := db.Placements.Update(t.Context(), p.ID, refuse); !errors.Is(err, internship.ErrBacklog) {
		t.Errorf("update: %v", err)
	}
	events, err := db.Outbox(t.Context(), "placements", p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.TakeOut(t.Context(), "placements", p.ID, events); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Placements.Update(t.Context(), p.ID, refuse); err != nil {
		t.Errorf("after the relay: %v", err)
	}
}

func TestPutCreatesThenChanges(t *testing.T) {
	t.Parallel()
	server := storetest.Start(t)
	sides := []*store.DB{server.Open(t, nil), server.Open(t, nil)}
	won, _ := race(t, 10, func(i int) error {
		_, err := sides[i%2].Schools.Put(t.Context(), school("sch_1"), rename(fmt.Sprint(i)))
		return err
	}, is(nil))
	s, err := sides[0].Schools.Get(t.Context(), "sch_1")
	if err != nil || won != 10 || s.Version != 10 || len(s.History) != 10 {
		t.Errorf("%d kept: %+v %v", won, s, err)
	}
	mine := errors.New("no")
	if _, err := sides[0].Schools.Put(t.Context(), school("sch_2"), func(*internship.School) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("refused: %v", err)
	}
}

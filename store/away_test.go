package store_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shixi/internship"
	"shixi/store"
	"shixi/store/embedded"
	"shixi/store/storetest"
)

// TestGoneDatabaseIsUnavailable stops the engine: every call must say so
// within its caller's deadline.
func TestGoneDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	s, db, _ := openAt(t)
	engine(t, s)
	create(t, db.Schools, school("sch_1"))
	if err := s.Engine.Close(); err != nil {
		t.Fatal(err)
	}
	expectUnavailable(t, db, 25*time.Millisecond)
}

// TestSilentDatabaseIsUnavailable lets the engine take commands and not answer.
func TestSilentDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	s, db, _ := openAt(t)
	engine(t, s)
	create(t, db.Schools, school("sch_1"))
	s.Engine.Watch(func(c embedded.Command) embedded.Fault {
		if c.Name == "hello" || c.Name == "isMaster" {
			return embedded.Fault{}
		}
		return embedded.Fault{Delay: time.Hour}
	})
	expectUnavailable(t, db, 25*time.Millisecond)
}

// expectUnavailable makes every call, eight at a time; those that change one
// document stay in one row, for waiting on each other is another error.
func expectUnavailable(t *testing.T, db *store.DB, wait time.Duration) {
	t.Helper()
	all := calls()
	row := len(all)/8 + 1
	var wg sync.WaitGroup
	for some := range slices.Chunk(all, row) {
		wg.Go(func() {
			for _, c := range some {
				ctx, cancel := context.WithTimeout(t.Context(), wait)
				began := time.Now()
				err := c.do(ctx, db)
				cancel()
				if took := time.Since(began); took > wait+2*time.Second {
					t.Errorf("%s took %s", c.name, took)
				}
				if !errors.Is(err, internship.ErrUnavailable) {
					t.Errorf("%s: %v", c.name, err)
				}
			}
		})
	}
	wg.Wait()
}

// TestGoneDatabaseWithoutDeadline holds a call without a deadline to the time
// in which a server must be found.
func TestGoneDatabaseWithoutDeadline(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes 3 s")
	}
	s, db, _ := openAt(t)
	engine(t, s)
	if err := s.Engine.Close(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, lost := race(t, 3, func(i int) error {
		var err error
		switch i {
		case 0:
			_, err = db.Schools.Get(t.Context(), "sch_1")
		case 1:
			_, err = db.Schools.Update(t.Context(), "sch_1", rename("x"))
		default:
			_, err = db.Lease(t.Context(), "relay", "me", time.Minute)
		}
		return err
	}, is(internship.ErrUnavailable))
	if took := time.Since(began); lost != 3 || took > 8*time.Second {
		t.Errorf("%d unavailable after %s", lost, took)
	}
}

func TestCallersWhoLeaveAreNotOurFault(t *testing.T) {
	t.Parallel()
	s, db, _ := openAt(t)
	engine(t, s)
	create(t, db.Schools, school("sch_1"))
	for _, name := range []string{"find", "update"} {
		ctx, cancel := context.WithCancel(t.Context())
		s.Engine.Watch(func(c embedded.Command) embedded.Fault {
			if c.Name != name {
				return embedded.Fault{}
			}
			cancel()
			return embedded.Fault{Delay: time.Hour}
		})
		if _, err := db.Schools.Update(ctx, "sch_1", rename("x")); !errors.Is(err, internship.ErrUnavailable) {
			t.Errorf("left during %s: %v", name, err)
		}
	}
}

// TestFailOverPasses answers as a server does that is no longer primary or
// shuts down; the change is tried again without a word to the caller.
func TestFailOverPasses(t *testing.T) {
	t.Parallel()
	engine(t, storetest.Start(t))
	var wg sync.WaitGroup
	for _, code := range []int32{91, 189, 10107, 11600, 11602, 13435, 13436} {
		for name, do := range map[string]func(*store.DB) error{
			"find":   func(db *store.DB) error { return second(db.Schools.Update(t.Context(), "sch_1", rename("改名"))) },
			"update": func(db *store.DB) error { return second(db.Schools.Update(t.Context(), "sch_1", rename("改名"))) },
			"insert": func(db *store.DB) error { return second(db.Schools.Create(t.Context(), school("sch_2"))) },
		} {
			s := storetest.Start(t)
			db := s.Open(t, nil)
			create(t, db.Schools, school("sch_1"))
			var left atomic.Int64
			left.Store(2) // once more than the driver repeats a read by itself
			s.Engine.Watch(func(c embedded.Command) embedded.Fault {
				if c.Name == name && c.Collection == "schools" && left.Add(-1) >= 0 {
					return embedded.Fault{Err: &embedded.CommandError{Code: code, Message: "not primary"}}
				}
				return embedded.Fault{}
			})
			wg.Go(func() {
				if err := do(db); err != nil || left.Load() >= 0 {
					t.Errorf("%s answered with %d: %v", name, code, err)
				}
			})
		}
	}
	wg.Wait()
}

func TestUnknownFailureIsInternalAndNotRepeated(t *testing.T) {
	t.Parallel()
	s, db, _ := openAt(t)
	engine(t, s)
	create(t, db.Schools, school("sch_1"))
	var updates atomic.Int64
	s.Engine.Watch(func(c embedded.Command) embedded.Fault {
		if c.Name != "update" {
			return embedded.Fault{}
		}
		updates.Add(1)
		return embedded.Fault{Err: &embedded.CommandError{Code: 121, Message: "Document failed validation"}}
	})
	if _, err := db.Schools.Update(t.Context(), "sch_1", rename("x")); !errors.Is(err, internship.ErrInternal) || updates.Load() != 1 {
		t.Errorf("%d tries: %v", updates.Load(), err)
	}
}

package store_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shixi/internship"
	"shixi/store"
	"shixi/store/embedded"
	"shixi/store/storetest"
)

// event is the n-th event: for one or two of three schools, for every school, or
// for one and every school.
func event(n int) internship.Event {
	e := internship.Event{ID: fmt.Sprintf("plc_%06d.1.0", n), Kind: internship.PlacementApplied, At: noon, Audience: []string{fmt.Sprint("sch_", n%3)}}
	switch {
	case n%4 == 0:
		e.Audience = append(e.Audience, "sch_all")
	case n%5 == 0:
		e.Audience = []string{internship.AllSchools}
	case n%7 == 0:
		e.Audience = append(e.Audience, internship.AllSchools)
	}
	return e
}

func events(from, n int) []internship.Event {
	es := make([]internship.Event, n)
	for i := range es {
		es[i] = event(from + i)
	}
	return es
}

// follow reads a feed from a cursor to its present end.
func follow(t *testing.T, db *store.DB, audience string, after int64) []store.EventRow {
	var all []store.EventRow
	for {
		rows, err := db.Events(t.Context(), audience, after, 7)
		if err != nil {
			t.Errorf("feed: %v", err)
			return all
		}
		if len(rows) == 0 {
			return all
		}
		all = append(all, rows...)
		after = rows[len(rows)-1].Seq
	}
}

// TestFeedNeverMissesAnEvent numbers with four at once on two connections
// while events come in and readers follow: the numbers are contiguous, and no
// reader finds later what was not there when it passed.
func TestFeedNeverMissesAnEvent(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	sides := []*store.DB{s.Open(t, nil), s.Open(t, nil)}
	const total, batch = 240, 20
	var added atomic.Bool
	var adding, working sync.WaitGroup
	for w := range 2 {
		adding.Go(func() {
			for from := w * batch; from < total; from += 2 * batch {
				if err := sides[w].AddEvents(t.Context(), events(from, batch)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for w := range 4 {
		working.Go(func() {
			for {
				last := added.Load()
				n, err := sides[w%2].NumberEvents(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if seq, err := sides[w%2].LastSeq(t.Context()); last && n == 0 && (seq == total || err != nil) {
					return
				}
			}
		})
	}
	feeds := make([][]store.EventRow, 3)
	audiences := []string{"", "sch_1", "sch_all"}
	for r, audience := range audiences {
		working.Go(func() {
			after := int64(0)
			for {
				seq, err := sides[r%2].LastSeq(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				rows := follow(t, sides[r%2], audience, after)
				if len(rows) > 0 {
					after = rows[len(rows)-1].Seq
				}
				feeds[r] = append(feeds[r], rows...)
				if seq == total {
					return
				}
			}
		})
	}
	adding.Wait()
	added.Store(true)
	working.Wait()
	for i, row := range feeds[0] {
		if row.Seq != int64(i+1) || row.Unnumbered != nil {
			t.Fatalf("row %d has number %d, unnumbered %v", i, row.Seq, row.Unnumbered)
		}
	}
	for r, audience := range audiences {
		var want, got []string
		for n := range total {
			if e := event(n); audience == "" || slices.Contains(e.Audience, audience) || slices.Contains(e.Audience, internship.AllSchools) {
				want = append(want, e.ID)
			}
		}
		for _, row := range feeds[r] {
			got = append(got, row.ID)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("feed of %q (-want, +got)\n%s", audience, diff)
		}
	}
}

func TestEventsAreAddedOnce(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	if seq, err := db.LastSeq(t.Context()); err != nil || seq != 0 {
		t.Errorf("before the first: %d %v", seq, err)
	}
	add := func(es []internship.Event) {
		t.Helper()
		if err := db.AddEvents(t.Context(), es); err != nil {
			t.Fatal(err)
		}
	}
	add(nil)
	add(events(0, 5))
	if n, err := db.NumberEvents(t.Context()); err != nil || n != 5 {
		t.Errorf("numbered %d %v", n, err)
	}
	add(events(3, 5)) // two of them are there and have numbers
	if n, err := db.NumberEvents(t.Context()); err != nil || n != 3 {
		t.Errorf("numbered %d more %v", n, err)
	}
	rows := follow(t, db, "", 0)
	if len(rows) != 8 || rows[7].Seq != 8 {
		t.Errorf("%d rows, the last with %d", len(rows), rows[len(rows)-1].Seq)
	}
	if rows[0].Kind != internship.PlacementApplied || !rows[0].At.Equal(noon) || rows[0].RowID != rows[0].ID {
		t.Errorf("row %+v", rows[0])
	}
}

// TestNumberingSurvivesCuts breaks the numberer's connection at each of its
// commands in turn, before and after.
func TestNumberingSurvivesCuts(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	engine(t, s)
	var wg sync.WaitGroup
	for _, fault := range []embedded.Fault{{CutBefore: true}, {CutAfter: true}} {
		s := storetest.Start(t)
		db := s.Open(t, nil)
		if err := db.AddEvents(t.Context(), events(0, 6)); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for at := int64(0); at < 6; at++ {
				hook, _ := cut("events", at, 1, fault)
				s.Engine.Watch(hook)
				_, _ = db.NumberEvents(t.Context()) // fails, or the driver repeated a read
				s.Engine.Watch(nil)
			}
			if _, err := db.NumberEvents(t.Context()); err != nil {
				t.Error(err)
			}
			for i, row := range follow(t, db, "", 0) {
				if row.Seq != int64(i+1) || row.Seq > 6 {
					t.Errorf("row %d has number %d", i, row.Seq)
				}
			}
			if seq, err := db.LastSeq(t.Context()); err != nil || seq != 6 {
				t.Errorf("last %d %v", seq, err)
			}
		})
	}
	wg.Wait()
}

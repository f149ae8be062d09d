package store_test

import (
	"fmt"
	"testing"
	"time"

	"shixi/internship"
	"shixi/store"
	"shixi/store/storetest"
)

// orchard is an enterprise with n rows, all alike but for state, school and
// position: each value is on every third, fifth and seventh row.
func orchard(tb testing.TB, s *storetest.Server, db *store.DB, enterprise string, n int) {
	tb.Helper()
	first := placement(enterprise, 0)
	first.Student.Name = "卢晓东"
	create(tb, db.Placements, first)
	sow(tb, s, "placements", first.ID, n-1, func(i int) map[string]any {
		i++
		p := placement(enterprise, i)
		return map[string]any{"_id": p.ID, "order": fmt.Sprintf("%012x-%s", p.AppliedAt.UnixMilli(), p.ID), "studentId": p.StudentID,
			"state": []string{internship.Applied, internship.Refused, internship.Lapsed}[i%3], "schoolId": fmt.Sprint("sch_", i%5), "positionId": fmt.Sprint("pos_", i%7)}
	})
}

// TestPagesCostTheSameHoweverLongTheList counts what the engine looks at.
func TestPagesCostTheSameHoweverLongTheList(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	db := s.Open(t, nil)
	sizes := map[string]int{"ent_short": 1000, "ent_long": long}
	for enterprise, n := range sizes {
		orchard(t, s, db, enterprise, n)
	}
	middle := noon.Add(500 * time.Minute)
	filters := map[string]struct {
		filter store.PlacementFilter
		every  int
	}{
		"all":      {store.PlacementFilter{}, 1},
		"state":    {store.PlacementFilter{State: internship.Refused}, 3},
		"school":   {store.PlacementFilter{SchoolID: "sch_2"}, 5},
		"position": {store.PlacementFilter{PositionID: "pos_2"}, 7},
	}
	for enterprise, n := range sizes {
		for name, f := range filters {
			total := min((n+f.every-1)/f.every, store.MaxCount+1)
			page := costs(t, s, fmt.Sprintf("%s of %d", name, n), 21, func() (store.PlacementPage, error) {
				return db.EnterprisePlacements(t.Context(), enterprise, f.filter)
			})
			if len(page.Items) != 20 || page.Next == "" || page.Total > total || page.Total < total-1 {
				t.Errorf("%s of %d: %d items, next %q, total %d, want %d", name, n, len(page.Items), page.Next, page.Total, total)
			}
			f.filter.After = page.Next
			costs(t, s, fmt.Sprintf("second page of %s of %d", name, n), 21, func() (store.PlacementPage, error) {
				return db.EnterprisePlacements(t.Context(), enterprise, f.filter)
			})
			f.filter.From, f.filter.To = middle.Add(-300*time.Minute), middle
			costs(t, s, fmt.Sprintf("period of %s of %d", name, n), 21, func() (store.PlacementPage, error) {
				return db.EnterprisePlacements(t.Context(), enterprise, f.filter)
			})
		}
	}
	candidates(t, s, db)
	if cost := costs(t, s, "school", 21, func() (store.PlacementPage, error) { return db.SchoolPlacements(t.Context(), "sch_2", "", 0) }); len(cost.Items) != 20 {
		t.Errorf("school: %d items", len(cost.Items))
	}
}

// costs holds a page to a number of documents looked at.
func costs(t *testing.T, s *storetest.Server, name string, most int64, page func() (store.PlacementPage, error)) store.PlacementPage {
	t.Helper()
	var before int64
	if s.Engine != nil {
		before = s.Engine.Examined()
	}
	p, err := page()
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if s.Engine != nil && s.Engine.Examined()-before > most {
		t.Errorf("%s: looks at %d documents, not %d", name, s.Engine.Examined()-before, most)
	}
	return p
}

// candidates looks for rows that are rare among those the index gives: a page
// looks at 1 000, has no total, and its cursor goes on from there.
func candidates(t *testing.T, s *storetest.Server, db *store.DB) {
	t.Helper()
	f := store.PlacementFilter{State: internship.Refused, SchoolID: "sch_1", PositionID: "pos_1", Limit: 20}
	page := costs(t, s, "dense", 20*3*5*2, func() (store.PlacementPage, error) { return db.EnterprisePlacements(t.Context(), "ent_long", f) })
	if len(page.Items) != 20 || page.Total != -1 {
		t.Errorf("dense: %d items, total %d", len(page.Items), page.Total)
	}
	rare := store.PlacementFilter{Name: "东", State: internship.Signed}
	for range 3 {
		page := costs(t, s, "rare", 1000, func() (store.PlacementPage, error) { return db.EnterprisePlacements(t.Context(), "ent_long", rare) })
		if len(page.Items) != 0 || page.Next == "" || page.Total != -1 || page.Next >= rare.After && rare.After != "" {
			t.Fatalf("rare: %d items, next %q, total %d", len(page.Items), page.Next, page.Total)
		}
		rare.After = page.Next
	}
	page = costs(t, s, "unknown characters", 0, func() (store.PlacementPage, error) {
		return db.EnterprisePlacements(t.Context(), "ent_long", store.PlacementFilter{Name: "龘"})
	})
	if len(page.Items) != 0 || page.Next != "" {
		t.Errorf("unknown characters: %d items, next %q", len(page.Items), page.Next)
	}
}

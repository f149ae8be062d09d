package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/internship"
	"shixi/store"
	"shixi/store/storetest"
)

// pages follows the cursors of a list to its end and returns the ids in order.
// between runs after each page.
func pages[T any](t *testing.T, id func(T) string, page func(after string) (store.Page[T], error), between func()) []string {
	t.Helper()
	var ids []string
	for after, n := "", 0; ; n++ {
		p, err := page(after)
		if err != nil || n > 1000 {
			t.Fatalf("page %d after %q: %v", n, after, err)
		}
		for _, item := range p.Items {
			ids = append(ids, id(item))
		}
		if p.Next == "" {
			return ids
		}
		if p.Next >= after && after != "" {
			t.Fatalf("cursor %q after %q", p.Next, after)
		}
		after = p.Next
		if between != nil {
			between()
		}
	}
}

func placementID(p *internship.Placement) string { return p.ID }

// listed follows the enterprise's list with a filter.
func listed(t *testing.T, db *store.DB, f store.PlacementFilter, between func()) []string {
	t.Helper()
	return pages(t, placementID, func(after string) (store.PlacementPage, error) {
		f.After = after
		return db.EnterprisePlacements(t.Context(), "ent_1", f)
	}, between)
}

// TestPagingIsCompleteWhileOthersInsert pages while newer and older rows come
// in: every row that was there at the start comes once, in order.
func TestPagingIsCompleteWhileOthersInsert(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	db, other := s.Open(t, nil), s.Open(t, nil)
	const old = 60
	var want []string
	for n := range old {
		p := placement("ent_1", 10_000+n/3) // three at a time have the same instant
		p.ID, p.StudentID, p.PositionID = fmt.Sprintf("plc_old_%02d", n), fmt.Sprint("stu_old_", n), fmt.Sprint("pos_old_", n)
		create(t, db.Placements, p)
		want = append(want, p.ID)
	}
	slices.Reverse(want)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for _, first := range []int{0, 20_000} {
		wg.Go(func() {
			for n := first; n < first+5000; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := other.Placements.Create(t.Context(), placement("ent_1", n)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	inserted := 0
	got := listed(t, db, store.PlacementFilter{Limit: 7}, func() {
		for range 2 {
			create(t, db.Placements, placement("ent_1", 30_000+inserted))
			inserted++
		}
	})
	close(stop)
	wg.Wait()
	if dup := len(got) - len(slices.Compact(slices.Sorted(slices.Values(got)))); dup != 0 {
		t.Errorf("%d rows came twice", dup)
	}
	got = slices.DeleteFunc(got, func(id string) bool { return !strings.HasPrefix(id, "plc_old_") })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want, +got)\n%s", diff)
	}
}

func TestPeriodHasItsStartAndNotItsEnd(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	for n := range 6 {
		create(t, db.Placements, placement("ent_1", n))
	}
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	cases := map[string]struct {
		from, to time.Time
		want     []int
	}{
		"both":      {minute(1), minute(4), []int{3, 2, 1}},
		"from":      {minute(4), time.Time{}, []int{5, 4}},
		"to":        {time.Time{}, minute(2), []int{1, 0}},
		"empty":     {minute(3), minute(3), nil},
		"backwards": {minute(4), minute(1), nil},
		"far":       {time.Date(-9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(30_000, 1, 1, 0, 0, 0, 0, time.UTC), []int{5, 4, 3, 2, 1, 0}},
	}
	for name, c := range cases {
		var want []string
		for _, n := range c.want {
			want = append(want, placement("ent_1", n).ID)
		}
		got := listed(t, db, store.PlacementFilter{From: c.from, To: c.to, Limit: 2}, nil)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want, +got)\n%s", name, diff)
		}
		page, err := db.EnterprisePlacements(t.Context(), "ent_1", store.PlacementFilter{From: c.from, To: c.to, Limit: 2})
		if err != nil || page.Total != len(want) {
			t.Errorf("%s: total %d, want %d (%v)", name, page.Total, len(want), err)
		}
	}
}

// TestFiltersCombine compares every combination of filters with a search of
// all rows by hand.
func TestFiltersCombine(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	r := rand.New(rand.NewPCG(1, 2))
	states := []string{internship.Applied, internship.Refused, internship.Withdrawn}
	names := []string{"卢晓东", "卢东", "马晓丽", "Anna Lu"}
	var rows []*internship.Placement
	for n := range 80 {
		p := placement("ent_1", n)
		p.State, p.SchoolID, p.PositionID = states[r.IntN(3)], fmt.Sprint("sch_", r.IntN(3)), fmt.Sprint("pos_", r.IntN(3))
		p.Student.Name = names[r.IntN(4)]
		rows = append(rows, create(t, db.Placements, p))
		foreign := *placement("ent_2", n)
		create(t, db.Placements, &foreign)
	}
	slices.Reverse(rows)
	for bits := range 32 {
		f := store.PlacementFilter{Limit: 5 + r.IntN(30)}
		set := func(bit int, field *string, value string) {
			if bits>>bit&1 == 1 {
				*field = value
			}
		}
		set(0, &f.State, internship.Applied)
		set(1, &f.SchoolID, "sch_1")
		set(2, &f.PositionID, "pos_2")
		set(3, &f.Name, "晓")
		if bits>>4 == 1 {
			f.From, f.To = noon.Add(20*time.Minute), noon.Add(65*time.Minute)
		}
		var want []string
		for _, p := range rows {
			if (f.State == "" || p.State == f.State) && (f.SchoolID == "" || p.SchoolID == f.SchoolID) && (f.PositionID == "" || p.PositionID == f.PositionID) &&
				strings.Contains(p.Student.Name, f.Name) && (f.From.IsZero() || !p.AppliedAt.Before(f.From) && p.AppliedAt.Before(f.To)) {
				want = append(want, p.ID)
			}
		}
		if diff := cmp.Diff(want, listed(t, db, f, nil)); diff != "" {
			t.Errorf("%+v (-want, +got)\n%s", f, diff)
		}
		page, err := db.EnterprisePlacements(t.Context(), "ent_1", f)
		total := len(want)
		if f.Name != "" || (bits&1)+(bits>>1&1)+(bits>>2&1) > 1 {
			total = -1
		}
		if err != nil || page.Total != total {
			t.Errorf("%+v: total %d, want %d (%v)", f, page.Total, total, err)
		}
	}
}

func TestOtherListsPageToo(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	var want []string
	for n := range 9 {
		p := placement("ent_1", n)
		p.StudentID, p.PositionID, p.State = "stu_1", "pos_1", internship.Withdrawn
		want = append(want, create(t, db.Placements, p).ID)
	}
	slices.Reverse(want)
	lists := map[string]func(after string) (store.PlacementPage, error){
		"school": func(after string) (store.PlacementPage, error) {
			return db.SchoolPlacements(t.Context(), "sch_1", after, 4)
		},
		"student": func(after string) (store.PlacementPage, error) {
			return db.StudentPlacements(t.Context(), "stu_1", after, 4)
		},
		"position": func(after string) (store.PlacementPage, error) {
			return db.PositionPlacements(t.Context(), "pos_1", internship.Withdrawn, after, 4)
		},
	}
	for name, list := range lists {
		if diff := cmp.Diff(want, pages(t, placementID, list, nil)); diff != "" {
			t.Errorf("%s (-want, +got)\n%s", name, diff)
		}
		if _, err := list("nonsense"); !errors.Is(err, internship.ErrBadCursor) {
			t.Errorf("%s: bad cursor: %v", name, err)
		}
	}
	for _, c := range []struct {
		position string
		want     bool
	}{{"pos_1", true}, {"pos_2", false}} {
		if any, err := db.AnyPlacement(t.Context(), "ent_1", c.position); err != nil || any != c.want {
			t.Errorf("any of %s: %v %v", c.position, any, err)
		}
	}
}

func TestSchoolsEnterprisesPage(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	var want []string
	for n := range 6 {
		e := &internship.Enterprise{Root: internship.Root{ID: fmt.Sprint("ent_", n)}, Name: "示例电子", Code: fmt.Sprintf("MA4ABC%03d", n),
			CodeKind: internship.OrganisationCode, CreatedAt: noon.Add(time.Duration(n) * time.Minute), Recommenders: []internship.Recommender{{SchoolID: "sch_2"}}}
		if n%2 == 0 {
			e.Recommenders = append(e.Recommenders, internship.Recommender{SchoolID: "sch_1"})
			want = append(want, e.ID)
		}
		create(t, db.Enterprises, e)
	}
	slices.Reverse(want)
	got := pages(t, func(e *internship.Enterprise) string { return e.ID }, func(after string) (store.EnterprisePage, error) {
		return db.RecommendedEnterprises(t.Context(), "sch_1", after, 2)
	}, nil)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want, +got)\n%s", diff)
	}
}

func TestLimitsOfAPage(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	for n := range 120 {
		create(t, db.Placements, placement("ent_1", n))
	}
	for limit, want := range map[int]int{-5: 20, 0: 20, 1: 1, 100: 100, 101: 100, 1 << 40: 100} {
		page, err := db.EnterprisePlacements(t.Context(), "ent_1", store.PlacementFilter{Limit: limit})
		if err != nil || len(page.Items) != want || page.Next == "" || page.Total != 120 {
			t.Errorf("limit %d: %d items, next %q, total %d, %v", limit, len(page.Items), page.Next, page.Total, err)
		}
	}
	first, err := db.EnterprisePlacements(t.Context(), "ent_1", store.PlacementFilter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	last, err := db.EnterprisePlacements(t.Context(), "ent_1", store.PlacementFilter{After: first.Next})
	if err != nil || len(last.Items) != 20 || last.Next != "" || last.Total != 120 {
		t.Errorf("the last page: %d items, next %q, total %d, %v", len(last.Items), last.Next, last.Total, err)
	}
	page, err := db.EnterprisePlacements(t.Context(), "ent_none", store.PlacementFilter{})
	if err != nil || len(page.Items) != 0 || page.Next != "" || page.Total != 0 {
		t.Errorf("an enterprise without rows: %+v %v", page, err)
	}
}

// FuzzFilter gives lists any cursor and any text: the answer is a page, or
// that the cursor is bad.
func FuzzFilter(f *testing.F) {
	db := storetest.Open(f)
	for n := range 5 {
		create(f, db.Placements, placement("ent_1", n))
	}
	for _, seed := range []string{"", "0", "019ab4d5e600-plc_ent_1_000003", "019ab4d5e600-", "zzzzzzzzzzzz-x", "019ab4d5e600-x\n", "019ab4d5e600-$ne", "{\"$gt\":\"\"}",
		"\x00", "\xff", "卢晓东", ".*", "卢 晓", "İ", "   ", "\u2028", "'; drop", strings.Repeat("卢", 2000), "$where", "019AB4D5E600-plc"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, after, text string) {
		for _, filter := range []store.PlacementFilter{{After: after}, {After: after, Name: text}, {State: text}, {SchoolID: text, PositionID: text}} {
			page, err := db.EnterprisePlacements(t.Context(), "ent_1", filter)
			if err != nil && !errors.Is(err, internship.ErrBadCursor) {
				t.Errorf("%+v: %v", filter, err)
			}
			if filter.After == "" && err != nil || len(page.Items) > 5 {
				t.Errorf("%+v: %d items, %v", filter, len(page.Items), err)
			}
		}
		if _, err := db.Notices(t.Context(), text, after, 0); err != nil && !errors.Is(err, internship.ErrBadCursor) {
			t.Errorf("notices after %q: %v", after, err)
		}
		if _, err := db.OfferedPositions(t.Context(), text, store.OfferFilter{After: after, Text: text, Major: text}); err != nil && !errors.Is(err, internship.ErrBadCursor) {
			t.Errorf("offers after %q: %v", after, err)
		}
	})
}

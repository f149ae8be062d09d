package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/internship"
	"shixi/store"
	"shixi/store/storetest"
)

// TestReviewsBeginWithWhatHasWaitedLongest: registrations and changes stand in one list by the time since which they
// wait, drafts and what is decided in none.
func TestReviewsBeginWithWhatHasWaitedLongest(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	db := s.Open(t, nil)
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	change := func(minutes int) *internship.CoreChange { return &internship.CoreChange{At: at(minutes)} }
	for n, e := range []*internship.Enterprise{
		{State: internship.UnderReview, StateAt: at(30), Source: internship.FromItself, Review: internship.Review{RegisteredAt: at(30)}},
		{State: internship.Active, StateAt: at(0), Source: internship.FromSchool, Review: internship.Review{Waiting: change(20)}},
		{State: internship.UnderReview, StateAt: at(10), Source: internship.FromStudent, Review: internship.Review{RegisteredAt: at(10)}},
		{State: internship.UnderReview, StateAt: at(1), Source: internship.FromStudent}, // a draft
		{State: internship.Frozen, StateAt: at(5), Review: internship.Review{Waiting: change(2)}},
		{State: internship.Active, StateAt: at(3)},
		{State: internship.UnderReview, StateAt: at(40), Source: internship.FromItself, Review: internship.Review{RegisteredAt: at(40)}},
	} {
		e.ID, e.Name, e.CodeKind = fmt.Sprint("ent_", n), []string{"示例电子", "示例机械"}[n%2], internship.OrganisationCode
		e.Code, e.CreatedAt = fmt.Sprintf("MA4ABC%03d", n), at(100-n)
		create(t, db.Enterprises, e)
	}
	for name, c := range map[string]struct {
		filter store.ReviewFilter
		want   []string
	}{
		"Waiting":       {store.ReviewFilter{}, []string{"ent_2", "ent_1", "ent_0", "ent_6"}},
		"OfItself":      {store.ReviewFilter{Source: internship.FromItself}, []string{"ent_0", "ent_6"}},
		"ByName":        {store.ReviewFilter{Text: "机械"}, []string{"ent_1"}}, // since 20, not 0
		"ByCode":        {store.ReviewFilter{Text: "abc006"}, []string{"ent_6"}},
		"UnderReview":   {store.ReviewFilter{State: internship.UnderReview}, []string{"ent_3", "ent_2", "ent_0", "ent_6"}},
		"Frozen":        {store.ReviewFilter{State: internship.Frozen}, []string{"ent_4"}},
		"ActiveByName":  {store.ReviewFilter{State: internship.Active, Text: "机械"}, []string{"ent_5", "ent_1"}},
		"NothingLikeIt": {store.ReviewFilter{Text: "龘"}, nil},
	} {
		got := pages(t, func(e *internship.Enterprise) string { return e.ID }, func(after string) (store.EnterprisePage, error) {
			c.filter.After, c.filter.Limit = after, 2
			return db.Reviews(t.Context(), c.filter)
		}, nil)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want, +got)\n%s", name, diff)
		}
	}
	page, err := db.Reviews(t.Context(), store.ReviewFilter{})
	if err != nil || page.Total != 4 {
		t.Errorf("total %d %v", page.Total, err)
	}
	if _, err := db.Reviews(t.Context(), store.ReviewFilter{After: "x"}); !errors.Is(err, internship.ErrBadCursor) {
		t.Errorf("a cursor that is none: %v", err)
	}
}

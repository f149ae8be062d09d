package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/internship"
	"shixi/store"
	"shixi/store/storetest"
)

// position is the n-th recruiting position of ent_1, one minute after the one
// before.
func position(n int, openTo []string) *internship.Position {
	return &internship.Position{Root: internship.Root{ID: fmt.Sprintf("pos_%05d", n)}, EnterpriseID: "ent_1", EnterpriseName: "示例电子", State: internship.Recruiting,
		OpenTo: openTo, CreatedAt: noon.Add(time.Duration(n) * time.Minute), Sheet: internship.Sheet{EnrolFrom: "2026-11-01", EnrolTo: "2026-12-31",
			Terms: internship.Terms{Name: "焊工", Education: "不限", Majors: []string{"焊接技术应用"}, Salary: internship.Salary{Band: "2K-3K"}}}}
}

// TestOffersOfTwoAudiencesMergeIntoOneList pages through random offers in
// random steps and compares with a search of all by hand.
func TestOffersOfTwoAudiencesMergeIntoOneList(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	r := rand.New(rand.NewPCG(3, 4))
	audiences := [][]string{{"sch_1"}, {internship.AllSchools}, {"sch_1", internship.AllSchools}, {"sch_2"}, {"sch_2", "sch_1"}, nil}
	var rows []*internship.Position
	for n := range 160 {
		p := position(n, audiences[r.IntN(len(audiences))])
		p.CreatedAt = noon.Add(time.Duration(n/4) * time.Minute) // some at the same instant
		if r.IntN(6) == 0 {
			p.State = internship.Closed
		}
		p.Terms.Name = []string{"焊工", "电工", "web前端工程师"}[r.IntN(3)]
		p.Terms.Education = []string{"不限", "大专", "本科"}[r.IntN(3)]
		p.Terms.Majors = [][]string{{"焊接技术应用"}, {"电子技术应用", "软件技术"}}[r.IntN(2)]
		p.Terms.Salary.Band = []string{"1K-2K", "2K-3K"}[r.IntN(2)]
		p.EnrolTo = internship.Date([]string{"2026-11-30", "2026-12-31"}[r.IntN(2)])
		rows = append(rows, create(t, db.Positions, p))
	}
	slices.Reverse(rows)
	filters := map[string]store.OfferFilter{
		"all":        {},
		"text":       {Text: "焊工"},
		"enterprise": {Text: "示例 WEB"},
		"major":      {Major: "软件"},
		"education":  {Education: "大专"},
		"salary":     {Salary: "1K-2K"},
		"day":        {On: "2026-12-15"},
		"together":   {Text: "工", Major: "电子", Education: "本科", Salary: "2K-3K", On: "2026-11-02"},
		"none":       {Text: "没有"},
	}
	for name, f := range filters {
		for range 2 {
			f.Limit = 1 + r.IntN(30)
			got := pages(t, func(p *internship.Position) string { return p.ID }, func(after string) (store.PositionPage, error) {
				f.After = after
				page, err := db.OfferedPositions(t.Context(), "sch_1", f)
				if len(page.Items) > f.Limit {
					t.Errorf("%s: %d items, limit %d", name, len(page.Items), f.Limit)
				}
				return page, err
			}, nil)
			if diff := cmp.Diff(offered(rows, f), got); diff != "" {
				t.Errorf("%s, %d a page (-want, +got)\n%s", name, f.Limit, diff)
			}
		}
	}
}

// offered is what the list should hold, said in other words.
func offered(rows []*internship.Position, f store.OfferFilter) []string {
	var want []string
	for _, p := range rows {
		text := map[string]bool{"": true, "焊工": p.Terms.Name == "焊工", "示例 WEB": p.Terms.Name == "web前端工程师", "工": true}[f.Text]
		major := map[string]bool{"": true, "软件": len(p.Terms.Majors) == 2, "电子": len(p.Terms.Majors) == 2}[f.Major]
		education := f.Education == "" || p.Terms.Education == "不限" || p.Terms.Education == f.Education
		day := f.On != "2026-12-15" || p.EnrolTo == "2026-12-31"
		if p.State == internship.Recruiting && p.OfferedTo("sch_1") && text && major && education && day && (f.Salary == "" || p.Terms.Salary.Band == f.Salary) {
			want = append(want, p.ID)
		}
	}
	return want
}

// TestOffersBeyondTheCandidates has the only match behind more candidates than
// one page looks at: the pages before it are empty and have a cursor.
func TestOffersBeyondTheCandidates(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	db := s.Open(t, nil)
	for n, openTo := range []string{"sch_1", internship.AllSchools} {
		match := position(n, []string{openTo})
		match.Terms.Name = "找到了"
		create(t, db.Positions, match)
	}
	template := create(t, db.Positions, position(10, []string{internship.AllSchools}))
	sow(t, s, "positions", template.ID, 1500, func(i int) map[string]any {
		id := fmt.Sprintf("pos_%05d", 11+i)
		return map[string]any{"_id": id, "order": fmt.Sprintf("%012x-%s", noon.Add(time.Duration(11+i)*time.Minute).UnixMilli(), id)}
	})
	n := 0
	got := pages(t, func(p *internship.Position) string { return p.Terms.Name }, func(after string) (store.PositionPage, error) {
		n++
		return db.OfferedPositions(t.Context(), "sch_1", store.OfferFilter{Text: "找到", After: after})
	}, nil)
	if diff := cmp.Diff([]string{"找到了", "找到了"}, got); diff != "" || n != 2 {
		t.Errorf("%d pages (-want, +got)\n%s", n, diff)
	}
}

package store_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shixi/internship"
	"shixi/store"
	"shixi/store/storetest"
)

func TestSearchFindsSubstrings(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	names := []string{"卢晓东", "卢东", "欧阳晓东", "Anna Lu", "anna-maria", "阿卜杜拉·艾买提", "O'Neil", "a.b", "x*", "😀笑", "𠮷野家", strings.Repeat("长", 300) + "尾巴"}
	for n, name := range names {
		p := placement("ent_1", n)
		p.Student.Name = name
		create(t, db.Placements, p)
	}
	cases := map[string][]string{
		"东":        {"卢晓东", "卢东", "欧阳晓东"},
		"晓东":       {"卢晓东", "欧阳晓东"},
		"卢晓东":      {"卢晓东"},
		"卢 东":      {"卢晓东", "卢东"},
		"  晓东\t卢 ": {"卢晓东"},
		"东卢":       nil,
		"ANNA":     {"Anna Lu", "anna-maria"},
		"anna lu":  {"Anna Lu"},
		"lu anna":  {"Anna Lu"},
		"nna":      {"Anna Lu", "anna-maria"},
		"拉·艾":      {"阿卜杜拉·艾买提"},
		"o'n":      {"O'Neil"},
		".":        {"a.b"},
		".*":       nil,
		"a.b":      {"a.b"},
		"*":        {"x*"},
		"^":        nil,
		"$":        nil,
		"😀":        {"😀笑"},
		"𠮷野":       {"𠮷野家"},
		"长尾巴":      {strings.Repeat("长", 300) + "尾巴"},
		"\x00":     nil,
		"\xff":     nil,
		"":         names,
		" \u3000 ": names,
	}
	for needle, want := range cases {
		page, err := db.EnterprisePlacements(t.Context(), "ent_1", store.PlacementFilter{Name: needle})
		if err != nil {
			t.Errorf("%q: %v", needle, err)
			continue
		}
		var got []string
		for _, p := range slices.Backward(page.Items) {
			got = append(got, p.Student.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want, +got)\n%s", needle, diff)
		}
	}
	if page, err := db.EnterprisePlacements(t.Context(), "ent_1", store.PlacementFilter{Name: "  "}); err != nil || page.Total != len(names) {
		t.Errorf("nothing to search for has a total: %d %v", page.Total, err)
	}
}

func TestPositionsAreFoundByNameAndDepartment(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	for n, c := range []struct{ name, department, state string }{
		{"焊工", "生产部", internship.Recruiting}, {"电焊工", "维修部", internship.Closed}, {"焊工", "生产部", internship.Deleted}, {"web前端工程师", "技术部", internship.Recruiting},
	} {
		p := position(n, nil)
		p.Terms.Name, p.Terms.Department, p.State, p.EnterpriseName = c.name, c.department, c.state, "焊接厂"
		create(t, db.Positions, p)
	}
	cases := map[string]struct {
		filter store.PositionFilter
		want   []string
	}{
		"all":        {store.PositionFilter{}, []string{"web前端工程师", "电焊工", "焊工"}},
		"name":       {store.PositionFilter{Name: "焊工"}, []string{"电焊工", "焊工"}},
		"enterprise": {store.PositionFilter{Name: "焊接"}, nil},
		"case":       {store.PositionFilter{Name: "WEB"}, []string{"web前端工程师"}},
		"state":      {store.PositionFilter{State: internship.Recruiting}, []string{"web前端工程师", "焊工"}},
		"both":       {store.PositionFilter{Name: "焊", State: internship.Recruiting}, []string{"焊工"}},
		"deleted":    {store.PositionFilter{State: internship.Deleted}, nil},
		"department": {store.PositionFilter{Department: "部", Name: "电"}, []string{"电焊工"}},
		"spaces":     {store.PositionFilter{Department: " ", Name: " "}, []string{"web前端工程师", "电焊工", "焊工"}},
	}
	for name, c := range cases {
		page, err := db.EnterprisePositions(t.Context(), "ent_1", c.filter)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, p := range page.Items {
			got = append(got, p.Terms.Name)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want, +got)\n%s", name, diff)
		}
	}
}

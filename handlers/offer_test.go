package handlers_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
)

// TestOffersSayWhereTheEnterpriseComesFrom: its source, and every school that
// recommends it by now.
func TestOffersSayWhereTheEnterpriseComesFrom(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	first, second := handlers.SchoolRef{ID: w.School.SchoolID, Name: "郑州市某职业学校"}, handlers.SchoolRef{ID: w.Other.SchoolID, Name: "洛阳市某职业学校"}
	entered, passed := w.Enterprise("甲"), w.Passed("乙")
	offers := map[string]*internship.Position{"甲": entered.Position("焊工", 1), "乙": passed.Position("电工", 1)}
	nominee := w.NewStudent("卢晓东")
	code := actstest.USCC(900_001)
	if _, err := w.Acts.Nominate(t.Context(), actstest.StudentsApp, nominee.Student.ID,
		internship.NominationInput{Name: "丙", Code: code, Contact: "王", Mobile: "13500000001"}); err != nil {
		t.Fatal(err)
	}
	p := w.Applicant()
	w.Registry().Put(code, internship.RegistryRecord{Name: "丙", LegalPerson: "张明"})
	named := p.Registers(p.Form("丙", code))
	w.told("enterprises", named.ID)
	if _, err := w.Acts.PassReview(t.Context(), actstest.Platform, named.ID, internship.PassRoundInput{Round: 1}); err != nil {
		t.Fatal(err)
	}
	offers["丙"] = named.Position("钳工", 1)
	seen := func(want map[string]handlers.OfferEnterprise) {
		t.Helper()
		got := map[string]handlers.OfferEnterprise{}
		for _, o := range read[handlers.OfferPage](w.students.get("/partner/v1/students/" + nominee.Student.ID + "/positions")).Items {
			got[o.Enterprise.Name] = o.Enterprise
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the list (-want, +got):\n%s", diff)
		}
		for name, p := range offers {
			one := read[handlers.Offer](w.school.get("/partner/v1/positions/" + p.ID))
			if diff := cmp.Diff(want[name], one.Enterprise); diff != "" {
				t.Errorf("%s (-want, +got):\n%s", name, diff)
			}
		}
	}
	is := func(e *actstest.Enterprise, name, source string, schools ...handlers.SchoolRef) handlers.OfferEnterprise {
		return handlers.OfferEnterprise{EnterpriseRef: handlers.EnterpriseRef{ID: e.ID, Name: name}, Source: source, Recommenders: append([]handlers.SchoolRef{}, schools...)}
	}
	seen(map[string]handlers.OfferEnterprise{"甲": is(entered, "甲", "推荐学校", first), "乙": is(passed, "乙", "自荐"), "丙": is(named, "丙", "学生推荐")})
	for name, e := range map[string]*actstest.Enterprise{"甲": entered, "乙": passed} {
		if _, err := w.Acts.EnterEnterprise(t.Context(), w.Other, internship.EntryInput{Name: name, Code: e.Code}); err != nil {
			t.Fatal(err)
		}
		w.told("enterprises", e.ID)
	}
	seen(map[string]handlers.OfferEnterprise{"甲": is(entered, "甲", "推荐学校", first, second), "乙": is(passed, "乙", "自荐", second), "丙": is(named, "丙", "学生推荐")})
}

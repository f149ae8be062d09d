package handlers_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shixi/acts/actstest"
	"shixi/internship"
)

// TestPartnerBadBodies spoils each field of what partners submit in every way.
func TestPartnerBadBodies(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e := w.enterprise("A")
	position := e.Position("焊工", 2)
	student := w.NewStudent("卢晓东")
	placement := student.Applies(position)
	if _, err := w.Acts.Accept(t.Context(), e.Staff, placement.ID); err != nil {
		t.Fatal(err)
	}
	before := w.everything()
	minor := studentInput(1)
	minor.Guardian = internship.GuardianInput{Name: "卢建国", Mobile: "13700000000"}
	row := "/partner/v1/placements/" + placement.ID
	reason := internship.RefusalForm()
	reason.Fields[0].Required = true
	ids := internship.Form{Fields: []internship.Field{{Name: "planId", Required: true, Max: 64}, {Name: "positionId", Required: true, Max: 64},
		{Name: "edition", Required: true, Least: 1, Greatest: math.MaxInt32}}}
	newTerms := internship.Form{Fields: ids.Fields[2:]}
	without := func(f internship.Form, field string) internship.Form {
		f.Fields = slices.DeleteFunc(slices.Clone(f.Fields), func(x internship.Field) bool { return x.Name == field })
		return f
	}
	for name, r := range map[string]struct {
		who          partner
		method, path string
		good         tree
		form         internship.Form
	}{
		"school":    {w.school, "PUT", "/partner/v1/school", treeOf(t, internship.SchoolInput{Name: "某学校"}), without(internship.SchoolForm(), "code")},
		"plan":      {w.school, "PUT", "/partner/v1/plans/2026-9", treeOf(t, planInput()), without(internship.PlanForm(), "number")},
		"student":   {w.school, "PUT", "/partner/v1/students/S9", treeOf(t, minor), without(internship.StudentForm(), "number")},
		"entry":     {w.school, "POST", "/partner/v1/enterprises", treeOf(t, entryInput(1, "B")), internship.EntryForm()},
		"object":    {w.school, "POST", row + "/object", tree{"reason": "不符"}, reason},
		"cancel":    {w.school, "POST", row + "/cancel", tree{"reason": "不符"}, internship.RefusalForm()},
		"apply":     {w.students, "POST", applications(student), treeOf(t, w.application(position)), ids},
		"reconfirm": {w.students, "POST", applications(student, "/", placement.ID, "/reconfirm"), treeOf(t, edition(1)), newTerms},
	} {
		for _, f := range r.form.Fields {
			for what, bad := range spoil(f) {
				body := r.good.set(f.Name, bad.value)
				if what == "missing" {
					body = r.good.without(f.Name)
				}
				p := r.who.do(r.method, r.path, body).refused(internship.ErrInvalid)
				if len(p.Errors) != 1 || !strings.HasPrefix(p.Errors[0].Field, f.Name) || !slices.Contains(bad.codes, p.Errors[0].Code) {
					t.Errorf("%s, %s %s: %v, want %s with one of %v", name, f.Name, what, fields(p), f.Name, bad.codes)
				}
			}
		}
		p := r.who.do(r.method, r.path, r.good.set("surprise", 1)).refused(internship.ErrInvalid)
		if diff := cmp.Diff([]string{"surprise=unknown"}, fields(p)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for _, body := range []string{"{", "[]", "null", "{}{}", "\xff"} {
			r.who.do(r.method, r.path, body).refused(internship.ErrBadRequest)
		}
		r.who.do(r.method, r.path, nil).refused(internship.ErrBadRequest)
	}
	if diff := cmp.Diff(before, w.everything()); diff != "" {
		t.Errorf("something was stored (-before, +after):\n%s", diff)
	}
	if strings.Contains(w.log.String(), `"level":"ERROR"`) {
		t.Error("a refusal is logged as an error")
	}
}

// TestPartnerBadRules are refusals beyond single fields.
func TestPartnerBadRules(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	plan := func(change func(*internship.PlanInput)) internship.PlanInput {
		p := planInput()
		change(&p)
		return p
	}
	minor := studentInput(1)
	minor.IDNumber = minorID
	for name, c := range map[string]struct {
		path string
		body any
		want []string
	}{
		"number":             {"plans/a.b", planInput(), []string{"number=format"}},
		"escaped number":     {"plans/2026%2D1", planInput(), []string{"number=format"}},
		"long number":        {"students/" + strings.Repeat("1", 65), studentInput(1), []string{"number=too_long"}},
		"ends before":        {"plans/1", plan(func(p *internship.PlanInput) { p.LastDay = "2027-01-03" }), []string{"lastDay=range"}},
		"enrolment ends":     {"plans/1", plan(func(p *internship.PlanInput) { p.EnrolTo = "2026-10-31" }), []string{"enrolTo=range"}},
		"no such day":        {"plans/1", plan(func(p *internship.PlanInput) { p.FirstDay = "2027-02-30" }), []string{"firstDay=date"}},
		"minor, no guardian": {"students/1", minor, []string{"guardian=required"}},
		"two at once": {"students/1", tree{"name": "卢晓东", "idNumber": "410199200503150011", "mobile": "123", "education": "中专", "grade": "2024", "major": "电子"},
			[]string{"idNumber=check_digit", "mobile=format"}},
	} {
		p := w.school.put("/partner/v1/"+c.path, c.body).refused(internship.ErrInvalid)
		got := fields(p)
		slices.Sort(got)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want, +got):\n%s", name, diff)
		}
	}
}

func TestPartnerBadQueries(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	student := "students/" + w.NewStudent("卢晓东").Student.ID
	for query, want := range map[string]string{
		"plans?limit=0":     "limit=range",
		"plans?limit=101":   "limit=range",
		"plans?after=%24gt": "after=format",
		"plans?after=%ff":   "after=format",
		"students?after=" + strings.Repeat("1", 65): "after=too_long",
		"students?name=x":                                      "name=unknown",
		"enterprises?limit=x":                                  "limit=type",
		"placements?limit=-1":                                  "limit=range",
		"positions?salary=4K":                                  "salary=choice",
		"positions?text=a%00b":                                 "text=format",
		"positions?major=" + strings.Repeat("a", 51):           "major=too_long",
		"positions?education=%ff":                              "education=format",
		"events?after=-1":                                      "after=range",
		"events?after=x":                                       "after=type",
		"events?after=99999999999999999999":                    "after=type",
		"events?limit=101":                                     "limit=range",
		"events?since=1":                                       "since=unknown",
		student + "/positions?salary=4K":                       "salary=choice",
		student + "/positions?text=" + strings.Repeat("a", 51): "text=too_long",
		student + "/applications?state=x":                      "state=unknown",
	} {
		who := w.school
		if strings.HasPrefix(query, "students/") {
			who = w.students
		}
		p := who.get("/partner/v1/" + query).refused(internship.ErrInvalid)
		if diff := cmp.Diff([]string{want}, fields(p)); diff != "" {
			t.Errorf("%s (-want, +got):\n%s", query, diff)
		}
	}
	for _, list := range []string{"enterprises", "placements", "positions"} {
		for _, cursor := range []string{"x", "%ff", "000000000000-", "%24gt"} {
			w.school.get("/partner/v1/" + list + "?after=" + cursor).refused(internship.ErrBadCursor)
		}
	}
	for _, path := range []string{"/partner/v1", "/partner/v1/nothing", "/partner/v1/placements/x/y", "/PARTNER/v1/plans"} {
		w.school.get(path).refused(internship.ErrNotFound)
	}
}

// entryInput is the entry of the n-th enterprise that nobody knows yet.
func entryInput(n int64, name string) internship.EntryInput {
	return internship.EntryInput{Name: name, Code: actstest.USCC(8_000_000 + n), Contact: "王经理", Phone: "0393-8888888"}
}

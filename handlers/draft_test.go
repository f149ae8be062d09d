package handlers_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
)

// TestAnythingButItsNameMayWait leaves out each field of a position: it is saved, says what is missing, and is not
// published.
func TestAnythingButItsNameMayWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	me := w.owner(e)
	whole := treeOf(t, actstest.Terms("焊工", 2)).set("planFile", w.File(e.ID, e.Staff.AccountID, internship.FilePlan))
	for _, f := range internship.PositionForm().Fields {
		body := whole.without(f.Name)
		if f.Name == "address.province" { // without which there is no city
			body = body.without("address.city").without("address.county")
		}
		if f.Name == "address.city" {
			body = body.without("address.county")
		}
		if f.Required {
			me.post("/api/v1/positions", body).refused(internship.ErrInvalid)
			continue
		}
		p := read[handlers.Position](me.post("/api/v1/positions", body).ok(http.StatusCreated))
		named := slices.ContainsFunc(p.Missing, func(m handlers.FieldProblem) bool { return m.Field == f.Name && m.Code == "required" })
		if named != f.Later && f.Name != "address.county" {
			t.Errorf("%s: missing %v", f.Name, p.Missing)
		}
		if f.Later {
			refused := me.post("/api/v1/positions/"+p.ID+"/publish", actstest.Publication()).refused(internship.ErrIncomplete)
			if !slices.Contains(fields(refused), f.Name+"=required") {
				t.Errorf("%s: published with %v", f.Name, fields(refused))
			}
		}
	}

	a := me.post("/api/v1/positions", tree{"name": "空岗", "department": "生产部"}).ok(http.StatusCreated)
	draft := read[handlers.Position](a)
	if len(draft.Missing) != 17 || len(draft.Warnings) != 0 {
		t.Errorf("missing %v, warnings %v", draft.Missing, draft.Warnings)
	}
	for _, shown := range []string{string(a.body), string(me.get("/api/v1/positions/" + draft.ID).ok(http.StatusOK).body), string(me.get("/api/v1/positions?limit=1").ok(http.StatusOK).body)} {
		shown = strings.ReplaceAll(shown, `"signed":0`, "")
		if found := regexp.MustCompile(`"[a-zA-Z]+":(0|""|null)[,}]`).FindAllString(shown, -1); found != nil {
			t.Errorf("shows nothing as something: %v", found)
		}
	}
}

// TestAPublishedPositionMayBecomeADraft: an edit takes it off the market anyhow; the places of those who are signed stay.
func TestAPublishedPositionMayBecomeADraft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	me, position := w.owner(e), e.Position("焊工", 2)
	path := "/api/v1/positions/" + position.ID
	whole := treeOf(t, actstest.Terms("焊工", 2))
	p := read[handlers.Position](me.put(path, whole.without("headcount").without("salary").without("overtime")).ok(http.StatusOK))
	if p.StateLabel != "未发布" || len(p.Missing) == 0 {
		t.Errorf("%+v", p)
	}
	me.post(path+"/publish", actstest.Publication()).refused(internship.ErrIncomplete)

	signed := e.Position("钳工", 2)
	if _, err := w.Acts.Accept(t.Context(), e.Staff, w.NewStudent("卢晓东").Applies(signed).ID); err != nil {
		t.Fatal(err)
	}
	path = "/api/v1/positions/" + signed.ID
	me.put(path, whole.without("headcount")).refused(internship.ErrHeadcountTooLow)
	me.put(path, whole.without("description")).ok(http.StatusOK)
}

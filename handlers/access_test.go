package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
	"shixi/store"
)

// TestForeignIDs: every route that takes an id answers another enterprise's as
// if it did not exist, and changes nothing.
func TestForeignIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	theirs, e := w.enterprise("B"), w.enterprise("A")
	position := theirs.Position("焊工", 1)
	placement := w.NewStudent("卢晓东").Applies(position)
	before := w.everything()
	me := w.owner(e)

	me.get("/api/v1/positions/" + position.ID).refused(internship.ErrNotFound)
	me.put("/api/v1/positions/"+position.ID, actstest.Terms("电工", 9)).refused(internship.ErrNotFound)
	me.post("/api/v1/positions/"+position.ID+"/publish", actstest.Publication()).refused(internship.ErrNotFound)
	me.post("/api/v1/positions/"+position.ID+"/close", nil).refused(internship.ErrNotFound)
	me.delete("/api/v1/positions/" + position.ID).refused(internship.ErrNotFound)
	me.get("/api/v1/placements/" + placement.ID).refused(internship.ErrNotFound)
	for _, act := range []string{"accept", "refuse"} {
		out := read[handlers.PlacementResults](me.post("/api/v1/placements/"+act, ids(placement.ID)))
		if r := out.Results[0]; r.OK || r.Error == nil || r.Error.Code != "not_found" {
			t.Errorf("%s = %+v", act, r)
		}
	}
	for _, list := range []string{"positions", "placements", "placements?positionId=" + position.ID, "placements?schoolId=" + w.School.SchoolID, "placements?name=%E5%8D%A2", "positions?name=%E7%84%8A"} {
		if p := read[struct{ Items []any }](me.get("/api/v1/" + list)); len(p.Items) != 0 {
			t.Errorf("%s shows %d of another enterprise", list, len(p.Items))
		}
	}
	if diff := cmp.Diff(before, w.everything()); diff != "" {
		t.Errorf("something changed (-before, +after):\n%s", diff)
	}
}

// TestRoles is the matrix of design.md §6: who may do what.
func TestRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	position := e.Position("焊工", 5)
	placement := w.NewStudent("卢晓东").Applies(position)
	profile := internship.ProfileInput{LegalPerson: "张明", Contact: "李工", Phone: "0393-6666666", Intro: "研发", Industry: "制造业", Staff: 120,
		Address: internship.AddressInput{Province: "410000", City: "410900", County: "410902", Detail: "任丘路 1 号"}}
	who := map[string]caller{"hr": w.account(e, "李专员", internship.HR), "mentor": w.account(e, "赵师傅", internship.Mentor), "nobody": w.anyone()}
	path := "/api/v1/positions/" + position.ID
	const all, managers, owner = "hr mentor", "hr", ""
	for _, c := range []struct {
		method, path string
		body         any
		may          string
	}{
		{"GET", "/api/v1/me", nil, all},
		{"GET", "/api/v1/sessions", nil, all},
		{"GET", "/api/v1/notices", nil, all},
		{"POST", "/api/v1/notices/read", ids("psh_1"), all},
		{"POST", "/api/v1/bindings/follower", nil, all},
		{"PUT", "/api/v1/enterprise", profile, owner},
		{"GET", "/api/v1/positions", nil, managers},
		{"GET", path, nil, managers},
		{"POST", "/api/v1/positions", actstest.Terms("电工", 1), managers},
		{"PUT", path, e.Terms("焊工", 5), managers},
		{"POST", path + "/publish", actstest.Publication(), managers},
		{"GET", "/api/v1/placements", nil, managers},
		{"GET", "/api/v1/placements/" + placement.ID, nil, managers},
		{"POST", "/api/v1/placements/accept", ids(placement.ID), managers},
		{"POST", "/api/v1/placements/refuse", ids("plc_1"), managers},
		{"POST", path + "/end-recruiting", nil, managers},
		{"POST", path + "/close", nil, managers},
		{"DELETE", "/api/v1/positions/pos_NONE", nil, managers},
	} {
		for _, role := range []string{"nobody", "mentor", "hr"} {
			a := who[role].do(c.method, c.path, c.body)
			switch {
			case role == "nobody":
				a.refused(internship.ErrUnauthorized)
			case strings.Contains(c.may, role):
				if a.status >= 300 && !(c.method == "DELETE" && a.status == http.StatusNotFound) {
					t.Errorf("%s %s %s: %d %s", role, c.method, c.path, a.status, a.body)
				}
			default:
				a.refused(internship.ErrForbidden)
			}
		}
	}
}

// TestDocumentation: every operation is told in Chinese, with what it takes
// and all it may answer.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	res, err := w.app.Fiber().Test(httptest.NewRequest(http.MethodGet, "/openapi.json", nil), -1)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	tag := res.Header.Get("ETag")
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID, Summary, Description string
			Tags                              []string
			Parameters                        []struct {
				Name, In string
				Schema   struct {
					Maximum int
					Default any
				}
			}
			Responses   map[string]struct{ Description string }
			Security    []map[string]any
			RequestBody any
		}
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct {
					Ref         string `json:"$ref"`
					Description string
					MaxLength   int
					MaxItems    int
					Enum        []string
					Examples    []any
				}
				Required []string
			}
			SecuritySchemes map[string]any
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for path, item := range doc.Paths {
		for method, o := range item {
			if o.OperationID == "" || seen[o.OperationID] || !chinese(o.Summary) || !chinese(o.Description) || len(o.Tags) != 1 || o.Tags[0] == "" {
				t.Errorf("%s %s is not told: %+v", method, path, o)
			}
			seen[o.OperationID] = true
			if _, ok := o.Responses["default"]; !ok {
				t.Errorf("%s %s has no default answer", method, path)
			}
			if strings.HasPrefix(path, "/api/v1") && len(o.Security) > 0 && !strings.Contains(o.Responses["401"].Description, "auth.required") && !strings.Contains(o.Responses["401"].Description, "pass.invalid") {
				t.Errorf("%s %s does not tell of 401", method, path)
			}
			for _, q := range o.Parameters {
				if q.Name == "limit" && (q.Schema.Maximum != store.MaxLimit || q.Schema.Default != float64(store.DefaultLimit)) {
					t.Errorf("%s %s: limit = %+v", method, path, q.Schema)
				}
			}
			for _, p := range parameter.FindAllString(strings.NewReplacer("{", `\{`, "}", `\}`).Replace(path), -1) {
				name := strings.Trim(p, `\{}`)
				found := false
				for _, q := range o.Parameters {
					found = found || q.Name == name && q.In == "path"
				}
				if !found {
					t.Errorf("%s %s: parameter %s is not documented, so it is not read", method, path, name)
				}
			}
		}
	}
	for name, s := range doc.Components.Schemas {
		for field, p := range s.Properties {
			if p.Ref == "" && !chinese(p.Description) {
				t.Errorf("%s.%s is not described", name, field)
			}
		}
	}
	for _, name := range []string{"Selection", "Refusal", "NoticeSelection"} {
		if got := doc.Components.Schemas[name].Properties["ids"].MaxItems; got != acts.MaxBatch {
			t.Errorf("%s: %d ids at most, want %d", name, got, acts.MaxBatch)
		}
	}
	position := doc.Components.Schemas["PositionInput"]
	if p := position.Properties; p["name"].MaxLength != 50 || p["majors"].MaxItems != 20 || len(p["lodging"].Enum) != 3 {
		t.Errorf("the form's limits are not in the schema: %+v", p)
	}
	if got := strings.Join(position.Required, " "); strings.Contains(got, "skills") || !strings.Contains(got, "majors") {
		t.Errorf("required = %s", got)
	}
	req := httptest.NewRequest(http.MethodGet, "/openapi.json", nil)
	req.Header.Set("If-None-Match", tag)
	if again, err := w.app.Fiber().Test(req, -1); err != nil || again.StatusCode != http.StatusNotModified {
		t.Errorf("with the ETag: %v, %v", again, err)
	}
}

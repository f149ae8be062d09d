package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"shixi/acts"
	"shixi/store"
)

// TestForeignLists: no filter of a list finds what is another enterprise's.
func TestForeignLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	theirs, me := w.enterprise("B"), w.owner(w.enterprise("A"))
	position := theirs.Position("焊工", 1)
	w.NewStudent("卢晓东").Applies(position)
	for _, list := range []string{"positions", "placements", "placements?positionId=" + position.ID, "placements?schoolId=" + w.School.SchoolID, "placements?name=%E5%8D%A2", "positions?name=%E7%84%8A"} {
		if p := read[struct{ Items []any }](me.get("/api/v1/" + list)); len(p.Items) != 0 {
			t.Errorf("%s shows %d of another enterprise", list, len(p.Items))
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
	if got := strings.Join(position.Required, " "); got != "department name" { // of a draft
		t.Errorf("required = %s", got)
	}
	req := httptest.NewRequest(http.MethodGet, "/openapi.json", nil)
	req.Header.Set("If-None-Match", tag)
	if again, err := w.app.Fiber().Test(req, -1); err != nil || again.StatusCode != http.StatusNotModified {
		t.Errorf("with the ETag: %v, %v", again, err)
	}
}

package handlers_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shixi/handlers"
	"shixi/internship"
)

// side says to whom a route is open, as design.md §6 and domain.md §1.0 have it; what the code does is compared with it.
type side string

const (
	everybody  side = "everybody"
	staff      side = "the enterprise's people"
	managers   side = "owner and hr"
	owners     side = "the owner"
	admitted   side = "who proved a mobile"
	schools    side = "schools"
	studentApp side = "the students' app"
	province   side = "the platform"
	partnering side = "every partner"
)

// rule is what holds for one route.
type rule struct {
	who side
	// ask is the request; n numbers who is permitted, so that each of them may use something up, and is 2 for who isn't.
	ask func(s *stage, n int) (path string, body any)
	// prepare makes ready what a permitted request uses up.
	prepare func(s *stage, n int)
	// gives is what the permitted get: a status, an error, or row for a batch; nil: 200. in says where the enterprise's
	// state changes that, by whom the caller; both are the same kinds of values.
	gives  any
	in, by map[string]any
	// strange asks for what isn't the asker's, where ask has no id in its path; shows is what strangers get, nil: 404.
	strange func(s *stage) (path string, body any)
	shows   any
	// each has its own under that path.
	each bool
}

// page is a route outside of the documentation, and the status that everybody gets.
type page struct {
	path   string
	status int
}

// row is the outcome of a batch's only row; nil: it succeeded.
type row struct{ err *internship.Error }

// insiders are who belongs to the enterprise or school that is asked about, outsiders who doesn't, elsewhere who is in the
// same position elsewhere.
var (
	insiders  = []string{"owner", "hr", "mentor", "school", "students", "platform"}
	outsiders = []string{"anonymous", "removed", "applicant", "claimant"}
	elsewhere = map[side][]string{staff: {"stranger", "stranger's hr", "stranger's mentor"}, managers: {"stranger", "stranger's hr"}, owners: {"stranger"},
		schools: {"other school"}, studentApp: {"students"}, partnering: {"other school"}}
	// members are the names of those to whom a route is open.
	members = map[side][]string{staff: {"owner", "hr", "mentor"}, managers: {"owner", "hr"}, owners: {"owner"}, schools: {"school"}, studentApp: {"students"},
		province: {"platform"}, partnering: {"school", "students", "platform"}, admitted: {"applicant", "claimant"}, everybody: slices.Concat(insiders, outsiders)}
)

// refusal is what somebody gets to whom the route is not open.
func (k side) refusal(name string) *internship.Error {
	people := []string{"owner", "hr", "mentor", "stranger", "stranger's hr", "stranger's mentor"}
	switch k {
	case staff, managers, owners:
		if slices.Contains(people, name) {
			return internship.ErrForbidden
		}
		return internship.ErrUnauthorized
	case admitted:
		return internship.ErrPass
	default:
		if slices.Contains([]string{"school", "other school", "students", "platform"}, name) {
			return internship.ErrNotSchool
		}
		return internship.ErrBadSignature
	}
}

// TestEveryRoute is the matrix of route × role × own or another's × state of the enterprise.
func TestEveryRoute(t *testing.T) {
	t.Parallel()
	rules := rulesOfRoutes()
	var machine internship.Machine
	for _, m := range internship.Machines() {
		if m.Name == "enterprise" {
			machine = m
		}
	}
	if len(machine.States) != 7 {
		t.Errorf("%d states, and the rules know 7", len(machine.States))
	}
	for _, state := range machine.States {
		t.Run(state.Name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, state.Name)
			if state.Name == internship.Active {
				s.noneIsLeftOut(rules)
				s.opens(pages())
			}
			before := s.documents()
			s.others(rules)
			if diff := cmp.Diff(before, s.documents()); diff != "" {
				t.Errorf("refusals changed something (-before, +after):\n%s", diff)
			}
			s.permitted(rules)
		})
	}
}

// noneIsLeftOut compares the rules with the routes that are served: documented and not.
func (s *stage) noneIsLeftOut(rules map[string]rule) {
	s.TB.Helper()
	served := map[string]bool{}
	for _, r := range s.app.Fiber().GetRoutes(true) {
		if r.Method != http.MethodHead { // Fiber's own, of each GET
			served[r.Method+" "+regexp.MustCompile(`:([A-Za-z]+)`).ReplaceAllString(r.Path, "{$1}")] = true
		}
	}
	for path, methods := range documentedPaths(s.TB, s.world) {
		for method := range methods {
			if route := strings.ToUpper(method) + " " + path; !served[route] {
				s.TB.Errorf("%s is documented and not served", route)
			}
		}
	}
	for route := range served {
		_, known := rules[route]
		_, shown := pages()[route]
		if !known && !shown {
			s.TB.Errorf("%s has no rule: write in rulesOfRoutes who may call it in which states of the enterprise, or in pages what it shows to everybody", route)
		}
	}
	for route := range rules {
		if !served[route] {
			s.TB.Errorf("%s has a rule and is not served", route)
		}
	}
	for route := range pages() {
		if !served[route] {
			s.TB.Errorf("%s has a rule and is not served", route)
		}
	}
}

// opens looks at the pages as everybody.
func (s *stage) opens(pages map[string]page) {
	s.TB.Helper()
	for route, p := range pages {
		method, _, _ := strings.Cut(route, " ")
		for name := range s.actors {
			if got := s.visit(name, method, p.path); got != p.status {
				s.TB.Errorf("%s: %s gets %d, want %d", route, name, got, p.status)
			}
		}
	}
}

// others are all to whom the route is closed, and all who ask for what is not theirs.
func (s *stage) others(rules map[string]rule) {
	s.TB.Helper()
	for _, route := range slices.Sorted(maps.Keys(rules)) {
		r := rules[route]
		method, pattern, _ := strings.Cut(route, " ")
		for _, name := range slices.Concat(insiders, outsiders) {
			if !slices.Contains(members[r.who], name) {
				path, body := r.ask(s, 2)
				s.tells(route, name, s.call(name, method, path, body), r.who.refusal(name))
			}
		}
		s.strangers(route, method, strings.Contains(pattern, "{"), r)
	}
}

// strangers ask for what is the enterprise's, and get what they would get for what doesn't exist.
func (s *stage) strangers(route, method string, byID bool, r rule) {
	s.TB.Helper()
	if r.who == everybody || r.each || !byID && r.strange == nil && method != http.MethodGet {
		return
	}
	path, body := r.ask(s, 0)
	switch {
	case r.strange != nil:
		path, body = r.strange(s)
	case r.who == province && byID: // which sees all
		path, body = s.unknown(path, body)
		s.tells(route, "platform", s.call("platform", method, path, body), internship.ErrNotFound)
	case r.who == studentApp: // which acts for every student there is
		path, body = s.unknown(path, body)
		var want any = internship.ErrNotFound
		if r.shows != nil {
			want = r.shows
		}
		s.tells(route, "students", s.call("students", method, path, body), want)
		return
	}
	asked := path + string(rawBody(s.TB, body))
	for _, name := range elsewhere[r.who] {
		got := s.call(name, method, path, body)
		for _, id := range s.ids() {
			if !strings.Contains(asked, id) && strings.Contains(string(got.body), id) {
				s.TB.Errorf("%s shows %s to %s: %s", route, id, name, got.body)
			}
		}
		if !byID && r.strange == nil {
			continue
		}
		var want any = internship.ErrNotFound
		if r.shows != nil {
			want = r.shows
		}
		s.tells(route, name, got, want)
		noPath, noBody := s.unknown(path, body)
		if r.shows == nil && noPath == path && fmt.Sprint(noBody) == fmt.Sprint(body) {
			s.TB.Errorf("%s: nothing unknown to compare with: %s", route, path)
		}
		if diff := cmp.Diff(s.call(name, method, noPath, noBody).likeness(), got.likeness()); diff != "" && r.shows == nil {
			s.TB.Errorf("%s tells %s what exists (-unknown, +another's):\n%s", route, name, diff)
		}
	}
}

// permitted are those to whom the route is open, whom the enterprise's state may refuse.
func (s *stage) permitted(rules map[string]rule) {
	s.TB.Helper()
	for _, route := range slices.Sorted(maps.Keys(rules)) {
		r := rules[route]
		method, _, _ := strings.Cut(route, " ")
		who := members[r.who]
		if r.who == everybody && s.state != internship.Active { // who asks can't matter to a state more than to the others
			who = []string{"anonymous"}
		}
		for n, name := range who {
			var want any = http.StatusOK
			if r.gives != nil {
				want = r.gives
			}
			if other, differs := r.in[s.state]; differs {
				want = other
			}
			if other, differs := r.by[name]; differs {
				want = other
			}
			if want == nil { // there can be no such thing in this state
				continue
			}
			if r.prepare != nil {
				r.prepare(s, n)
			}
			path, body := r.ask(s, n)
			s.tells(route, name, s.call(name, method, path, body), want)
			if r.who == staff {
				s.logIn() // who may have logged out
			}
		}
	}
}

func (s *stage) call(name, method, path string, body any) answer {
	s.TB.Helper()
	if parts, ok := body.([]part); ok {
		return s.actors[name].upload(path, parts...)
	}
	return s.actors[name].do(method, path, body)
}

// tells compares an answer with what it should be.
func (s *stage) tells(route, name string, got answer, want any) {
	s.TB.Helper()
	var p handlers.Problem
	if got.status >= 400 && strings.Contains(got.header.Get("Content-Type"), "json") {
		got.into(&p)
	}
	said := fmt.Sprint(got.status, " ", p.Code)
	switch w := want.(type) {
	case int:
		if got.status != w {
			s.TB.Errorf("%s: %s gets %s, want %d: %.300s", route, name, said, w, got.body)
		}
	case *internship.Error:
		if got.status != w.Status() || p.Code != w.Code {
			s.TB.Errorf("%s: %s gets %s, want %d %s: %.300s", route, name, said, w.Status(), w.Code, got.body)
		}
	case row:
		var out handlers.PlacementResults
		if got.status != http.StatusOK {
			s.TB.Errorf("%s: %s gets %s: %.300s", route, name, said, got.body)
			return
		}
		got.into(&out)
		if r := out.Results[0]; r.OK != (w.err == nil) || w.err != nil && r.Error.Code != w.err.Code {
			s.TB.Errorf("%s: %s gets the row %s, want %v", route, name, mustJSON(s.TB, r), w.err)
		}
	default:
		s.TB.Fatalf("%s: what is %v?", route, want)
	}
}

// documentedPaths are the paths of /openapi.json with their methods.
func documentedPaths(tb testing.TB, w *world) map[string]map[string]any {
	tb.Helper()
	res, err := w.app.Fiber().Test(httptest.NewRequest(http.MethodGet, "/openapi.json", nil), -1)
	if err != nil {
		tb.Fatal(err)
	}
	defer res.Body.Close()
	var doc struct{ Paths map[string]map[string]any }
	mustDecode(tb, res.Body, &doc)
	return doc.Paths
}

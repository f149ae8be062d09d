package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
)

// strangers are callers who have nothing to do with what is asked for: another enterprise, another school, the students'
// app in the name of another student.
type strangers struct {
	enterprise      caller
	school, student partner
}

// TestForeignIDsOnEveryRoute asks every documented route that has an id in its path for what belongs to somebody else,
// by each of those who may call it. A route that is not in the table fails the test: it must be thought of.
func TestForeignIDsOnEveryRoute(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e := w.enterprise("A")
	position, student := e.Position("焊工", 3), w.NewStudent("卢晓东")
	placement, other := student.Applies(position), w.NewStudent("张三")
	session := read[handlers.SessionList](w.owner(e).get("/api/v1/sessions")).Items[0].ID
	file := w.File(e.ID, "acc_1", internship.FileCertificate)
	s := strangers{w.owner(w.enterprise("B")), w.other, w.students}
	otherReason := map[string]string{"reason": "不符"}
	ids := map[string]foreign{
		"GET /api/v1/help/{name}":                           {id: e.ID}, // a text is everybody's
		"GET /partner/v1/reviews/{id}":                      {id: e.ID, status: http.StatusForbidden},
		"POST /partner/v1/students/{studentId}/nominations": {student: "stu_NOBODY", body: nominationInput(1)},
		"DELETE /api/v1/sessions/{id}":                      {id: session},
		"PUT /api/v1/accounts/{id}":                         {id: e.Staff.AccountID, body: internship.RoleInput{Name: "赵师傅", Role: "mentor"}},
		"DELETE /api/v1/accounts/{id}":                      {id: e.Staff.AccountID},
		// Whose account is asked for is nobody's affair but the platform's.
		"GET /partner/v1/recoveries/{id}":                                   {id: "rcv_1", status: http.StatusForbidden},
		"POST /partner/v1/recoveries/{id}/approve":                          {id: "rcv_1", status: http.StatusForbidden},
		"POST /partner/v1/recoveries/{id}/refuse":                           {id: "rcv_1", body: otherReason, status: http.StatusForbidden},
		"GET /api/v1/login/qr/{id}":                                         {id: "MZXW6YTBOI5DQ2LBNRUXG2LUN5"}, // only the browser that shows it
		"GET /api/v1/files/{id}":                                            {id: file},
		"GET /partner/v1/files/{id}":                                        {id: file},
		"GET /api/v1/positions/{id}":                                        {id: position.ID},
		"PUT /api/v1/positions/{id}":                                        {id: position.ID, body: actstest.Terms("电工", 9)},
		"POST /api/v1/positions/{id}/publish":                               {id: position.ID, body: actstest.Publication()},
		"POST /api/v1/positions/{id}/end-recruiting":                        {id: position.ID},
		"POST /api/v1/positions/{id}/close":                                 {id: position.ID},
		"DELETE /api/v1/positions/{id}":                                     {id: position.ID},
		"GET /api/v1/placements/{id}":                                       {id: placement.ID},
		"PUT /partner/v1/plans/{number}":                                    {id: "2026-1", body: planInput(), status: http.StatusOK}, // its own of that number
		"PUT /partner/v1/students/{number}":                                 {id: student.Number, body: studentInput(77), status: http.StatusOK},
		"POST /partner/v1/enterprises/{id}/activation-code":                 {id: e.ID},
		"GET /partner/v1/positions/{id}":                                    {id: position.ID},
		"GET /partner/v1/placements/{id}":                                   {id: placement.ID},
		"POST /partner/v1/placements/{id}/approve":                          {id: placement.ID},
		"POST /partner/v1/placements/{id}/object":                           {id: placement.ID, body: otherReason},
		"POST /partner/v1/placements/{id}/cancel":                           {id: placement.ID, body: otherReason},
		"GET /partner/v1/students/{studentId}/plans":                        {student: "stu_NOBODY"},
		"GET /partner/v1/students/{studentId}/positions":                    {student: "stu_NOBODY"},
		"GET /partner/v1/students/{studentId}/positions/{id}":               {student: "stu_NOBODY", id: position.ID},
		"POST /partner/v1/students/{studentId}/applications":                {student: "stu_NOBODY", body: w.application(position)},
		"GET /partner/v1/students/{studentId}/applications":                 {student: other.Student.ID, status: http.StatusOK}, // the own, which are none
		"GET /partner/v1/students/{studentId}/applications/{id}":            {student: other.Student.ID, id: placement.ID},
		"POST /partner/v1/students/{studentId}/applications/{id}/withdraw":  {student: other.Student.ID, id: placement.ID},
		"POST /partner/v1/students/{studentId}/applications/{id}/reconfirm": {student: other.Student.ID, id: placement.ID, body: edition(1)},
	}
	for _, act := range []string{"pass", "return", "change/pass", "change/return", "freeze", "lift", "resend", "reveal"} { // no school's business
		ids["POST /partner/v1/reviews/{id}/"+act] = foreign{id: e.ID, body: map[string]any{"round": 1, "reason": "不符"}, status: http.StatusForbidden}
	}
	before, row := w.everything(), w.row(student)
	hasID := regexp.MustCompile(`\{[A-Za-z]+\}`)
	for path, methods := range documentedPaths(t, w.world) {
		for method := range methods {
			if !hasID.MatchString(path) {
				continue
			}
			route := strings.ToUpper(method) + " " + path
			ask, known := ids[route]
			if !known {
				t.Errorf("%s takes an id: say in this test whose it must not show", route)
				continue
			}
			delete(ids, route)
			concrete := strings.NewReplacer("{id}", ask.id, "{number}", ask.id, "{studentId}", ask.student, "{name}", ask.id).Replace(path)
			a := s.ask(strings.ToUpper(method), concrete, ask.body)
			if ask.status != 0 {
				a.ok(ask.status)
				if body := string(a.body); strings.Contains(body, placement.ID) || strings.Contains(body, student.Student.ID) {
					t.Errorf("%s shows what is not the caller's: %s", route, body)
				}
				continue
			}
			a.refused(internship.ErrNotFound)
		}
	}
	for route := range ids {
		t.Errorf("%s is not documented any more", route)
	}
	if diff := cmp.Diff(before, w.everything()); diff != "" {
		t.Errorf("something changed (-before, +after):\n%s", diff)
	}
	if diff := cmp.Diff(row, w.row(student)); diff != "" {
		t.Errorf("the student changed (-before, +after):\n%s", diff)
	}
}

// foreign is how a route is asked for what is somebody else's.
type foreign struct {
	id, student string
	body        any
	// status is another one than 404 where nobody else's can be named.
	status int
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

// ask sends a request as the stranger to whom the path is open.
func (s strangers) ask(method, path string, body any) answer {
	switch {
	case strings.HasPrefix(path, "/api/"):
		return s.enterprise.do(method, path, body)
	case regexp.MustCompile(`^/partner/v1/students/[^/]+/`).MatchString(path):
		return s.student.do(method, path, body)
	}
	return s.school.do(method, path, body)
}

// row is a student as it is kept.
func (w *partners) row(s *actstest.Student) internship.Student {
	w.TB.Helper()
	got, err := w.DB.Students.Get(w.TB.Context(), s.Student.ID)
	if err != nil {
		w.TB.Fatal(err)
	}
	return *got
}

package handlers_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"shixi/internship"
)

// TestPartnerSides holds which key opens which route, for every route there
// is.
func TestPartnerSides(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	all := []partner{w.school, w.students, w.platform}
	tested := 0
	for path, methods := range partnerPaths(t, w.world) {
		for method := range methods {
			method = strings.ToUpper(method)
			concrete := strings.NewReplacer("{number}", "1", "{id}", "plc_1", "{studentId}", "stu_1").Replace(path)
			for _, p := range all {
				got := p.do(method, concrete, nil)
				if allowed(path, p.id) {
					if got.status == http.StatusForbidden || got.status == http.StatusUnauthorized {
						t.Errorf("%s %s is closed to %s: %s", method, path, p.id, got.body)
					}
				} else {
					got.refused(internship.ErrNotSchool)
				}
				tested++
			}
			w.anyone().do(method, concrete, nil).refused(internship.ErrBadSignature)
			e := w.as("sx_ABCDEFGHIJKLMNOPQRSTUVWXYZ")
			e.do(method, concrete, nil).refused(internship.ErrBadSignature)
			if method == http.MethodPost {
				opener := w.school
				for _, p := range all {
					if allowed(path, p.id) {
						opener = p
					}
				}
				h := opener.sign(method, concrete, nil, w.Now(), "nonce-without-key-"+strings.Repeat("x", tested%40))
				h.Del("Idempotency-Key")
				caller{w.world, h}.do(method, concrete, nil).refused(internship.ErrKeyMissing)
			}
		}
	}
	if tested < 3*24 {
		t.Errorf("only %d tested", tested)
	}
}

// allowed says whether a key is meant for a path.
func allowed(path, key string) bool {
	switch {
	case path == "/partner/v1/events", path == "/partner/v1/files/{id}":
		return true
	case strings.HasPrefix(path, "/partner/v1/students/{studentId}"):
		return key == "students"
	case strings.HasPrefix(path, "/partner/v1/reviews"), strings.HasPrefix(path, "/partner/v1/recoveries"):
		return key == "platform"
	}
	return key == "school-a"
}

func partnerPaths(tb testing.TB, w *world) map[string]map[string]any {
	tb.Helper()
	res, err := w.app.Fiber().Test(httptest.NewRequest(http.MethodGet, "/openapi.json", nil), -1)
	if err != nil {
		tb.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatal(err)
	}
	var doc struct{ Paths map[string]map[string]any }
	if err := json.Unmarshal(body, &doc); err != nil {
		tb.Fatal(err)
	}
	for path := range doc.Paths {
		if !strings.HasPrefix(path, "/partner/v1/") {
			delete(doc.Paths, path)
		}
	}
	return doc.Paths
}

// TestOtherSchool: what belongs to another school is not there.
func TestOtherSchool(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e := w.enterprise("A")
	position := e.Position("焊工", 2)
	student := w.NewStudent("卢晓东")
	placement := student.Applies(position)
	if _, err := w.Acts.Accept(t.Context(), e.Staff, placement.ID); err != nil {
		t.Fatal(err)
	}
	w.other.get("/partner/v1/placements/" + placement.ID).refused(internship.ErrNotFound)
	for _, act := range []string{"approve", "object", "cancel"} {
		w.other.post("/partner/v1/placements/"+placement.ID+"/"+act, map[string]string{"reason": "不符"}).refused(internship.ErrNotFound)
	}
	w.other.post("/partner/v1/enterprises/"+e.ID+"/activation-code", nil).refused(internship.ErrNotFound)
	w.other.get("/partner/v1/positions/" + position.ID).refused(internship.ErrNotFound)
	for _, list := range []string{"placements", "enterprises", "positions", "students"} {
		var page struct{ Items []any }
		w.other.get("/partner/v1/" + list).ok(http.StatusOK).into(&page)
		if len(page.Items) != 0 {
			t.Errorf("%s: the other school sees %v", list, page.Items)
		}
	}
	for _, strange := range []string{"plc_1", "%E4%B8%AD", strings.Repeat("x", 300), "..", "$ne"} {
		w.school.get("/partner/v1/placements/" + strange).refused(internship.ErrNotFound)
	}
}

// TestOtherStudent: the students' app acts for the student it names, so a row
// of another student is not there.
func TestOtherStudent(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	position := w.enterprise("A").Position("焊工", 2)
	mine, other := w.NewStudent("卢晓东"), w.NewStudent("张三")
	placement := mine.Applies(position)
	row := applications(other, "/", placement.ID)
	w.students.get(row).refused(internship.ErrNotFound)
	w.students.post(row+"/withdraw", nil).refused(internship.ErrNotFound)
	w.students.post(row+"/reconfirm", edition(1)).refused(internship.ErrNotFound)
	nobody := "/partner/v1/students/stu_NOBODY"
	w.students.get(nobody + "/positions").refused(internship.ErrNotFound)
	w.students.get(nobody + "/positions/" + position.ID).refused(internship.ErrNotFound)
	w.students.get(nobody + "/plans").refused(internship.ErrNotFound)
	w.students.post(nobody+"/applications", w.application(position)).refused(internship.ErrNotFound)
	elsewhere, err := w.Acts.PutStudent(t.Context(), w.Other, "1", studentInput(1))
	if err != nil {
		t.Fatal(err)
	}
	there := "/partner/v1/students/" + elsewhere.ID
	w.students.get(there + "/positions/" + position.ID).refused(internship.ErrNotFound)
	w.students.post(there+"/applications", w.application(position)).refused(internship.ErrNotEligible)
	application := w.application(position)
	application.PlanID = w.OtherPlan.ID
	w.students.post(there+"/applications", application).refused(internship.ErrNotOffered)
}

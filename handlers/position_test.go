package handlers_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
)

func TestPositions(t *testing.T) {
	t.Parallel()

	t.Run("from creation to deletion", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		e := w.enterprise("A")
		me, publication := w.owner(e), actstest.Publication()
		form := e.Terms("焊工", 2)

		made := read[handlers.Position](me.post("/api/v1/positions", form).ok(http.StatusCreated))
		if made.State != "unpublished" || made.StateLabel != "未发布" || made.SalaryMin != 2000 || made.Settlement != "月结" {
			t.Errorf("made = %+v", made)
		}
		path := "/api/v1/positions/" + made.ID
		if p := read[handlers.Position](me.post(path+"/publish", publication).ok(http.StatusOK)); p.StateLabel != "发布中" || p.PublishedAt.IsZero() {
			t.Errorf("published = %+v", p)
		}
		form.Headcount, form.StaffInPost = 3, 15
		if p := read[handlers.Position](me.put(path, form).ok(http.StatusOK)); p.State != "unpublished" || p.Headcount != 3 || p.Edition != 2 {
			t.Errorf("edited = %+v", p)
		}
		me.post(path+"/publish", publication).ok(http.StatusOK)
		if p := read[handlers.Position](me.post(path+"/close", nil).ok(http.StatusOK)); p.StateLabel != "已关闭" {
			t.Errorf("closed = %+v", p)
		}
		me.delete(path).ok(http.StatusNoContent)
		me.get(path).refused(internship.ErrNotFound)
	})

	t.Run("a single read tells how many are signed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		e := w.enterprise("A")
		position := e.Position("焊工", 2)
		placement := w.NewStudent("卢晓东").Applies(position)
		if _, err := w.Acts.Accept(t.Context(), e.Staff, placement.ID); err != nil {
			t.Fatal(err)
		}
		got := read[handlers.Position](w.owner(e).get("/api/v1/positions/" + position.ID))
		if got.Signed == nil || *got.Signed != 1 {
			t.Errorf("signed = %v, want 1", got.Signed)
		}
	})

	t.Run("the list filters and pages", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		e := w.enterprise("A")
		for _, name := range []string{"焊工", "电工", "web前端工程师"} {
			w.Pass(time.Second)
			e.Position(name, 2)
		}
		me := w.owner(e)
		names := func(query string) []string {
			var out []string
			for _, p := range read[handlers.PositionPage](me.get("/api/v1/positions" + query)).Items {
				out = append(out, p.Name)
			}
			return out
		}
		for query, want := range map[string][]string{
			"":                               {"web前端工程师", "电工", "焊工"},
			"?name=WEB":                      {"web前端工程师"},
			"?name=%E5%B7%A5":                {"web前端工程师", "电工", "焊工"},
			"?department=%E6%8A%80%E6%9C%AF": {"web前端工程师", "电工", "焊工"},
			"?department=%E8%B4%A2%E5%8A%A1": nil,
			"?state=closed":                  nil,
			"?state=recruiting&name=%E7%84%8A&limit=1": {"焊工"},
		} {
			if diff := cmp.Diff(want, names(query)); diff != "" {
				t.Errorf("list %s (-want, +got):\n%s", query, diff)
			}
		}
		first := read[handlers.PositionPage](me.get("/api/v1/positions?limit=2"))
		if len(first.Items) != 2 || first.Next == "" {
			t.Fatalf("first page = %+v", first)
		}
		second := read[handlers.PositionPage](me.get("/api/v1/positions?limit=2&after=" + first.Next))
		if len(second.Items) != 1 || second.Items[0].Name != "焊工" || second.Next != "" {
			t.Errorf("second page = %+v", second)
		}
	})

	t.Run("the domain's refusals reach the caller", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		e := w.enterprise("A")
		me := w.owner(e)
		position, publication := e.Position("焊工", 2), actstest.Publication()
		path := "/api/v1/positions/" + position.ID
		placement := w.NewStudent("卢晓东").Applies(position)

		me.delete(path).refused(internship.ErrHasApplicants)
		me.post(path+"/publish", publication).refused(internship.ErrWrongState)
		if _, err := w.Acts.Accept(t.Context(), e.Staff, placement.ID); err != nil {
			t.Fatal(err)
		}
		other := w.NewStudent("张三").Applies(position)
		if _, err := w.Acts.Accept(t.Context(), e.Staff, other.ID); err != nil {
			t.Fatal(err)
		}
		me.put(path, actstest.Terms("焊工", 1)).refused(internship.ErrHeadcountTooLow)
		soon := e.Terms("焊工", 2)
		soon.EnrolTo = "2026-11-30"
		me.put(path, soon).ok(http.StatusOK)
		w.Pass(20 * 24 * time.Hour)
		if got := fields(me.post(path+"/publish", publication).refused(internship.ErrInvalid)); !cmp.Equal(got, []string{"enrolTo=range"}) {
			t.Errorf("fields = %v", got)
		}
	})
}

package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/handlers"
	"shixi/internship"
)

func TestStudentApplies(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e := w.enterprise("濮阳市某电子有限公司")
	position := e.Position("焊工", 2)
	student := w.NewStudent("卢晓东")

	plans := read[handlers.SchoolPlanPage](w.students.get("/partner/v1/students/" + student.Student.ID + "/plans").ok(http.StatusOK))
	if len(plans.Items) != 1 || plans.Items[0].ID != w.Plan.ID || !plans.Items[0].Enrolling {
		t.Fatalf("plans = %+v", plans)
	}
	made := read[handlers.PartnerPlacement](w.students.post(applications(student), w.application(position)).ok(http.StatusCreated))
	if made.StateLabel != "学生报名待企业确认" || made.Student.Name != "卢晓东" || made.Enterprise.ID != e.ID || made.Plan.ID != w.Plan.ID || made.Terms.Salary != "2K-3K" {
		t.Errorf("made = %+v", made)
	}
	list := read[handlers.PartnerPlacementPage](w.students.get(applications(student)).ok(http.StatusOK))
	if len(list.Items) != 1 || list.Items[0].ID != made.ID || list.Items[0].Enterprise.Name != "濮阳市某电子有限公司" {
		t.Errorf("list = %+v", list)
	}
	row := applications(student, "/", made.ID)
	if got := read[handlers.PartnerPlacement](w.students.get(row).ok(http.StatusOK)); got.History[0].Label != "报名" {
		t.Errorf("read = %+v", got)
	}
	w.students.post(row+"/reconfirm", edition(1)).refused(internship.ErrWrongState)
	w.students.post(applications(student), w.application(position)).refused(internship.ErrAlreadyChosen)
	got := read[handlers.PartnerPlacement](w.students.post(row+"/withdraw", nil).ok(http.StatusOK))
	if got.StateLabel != "已撤回" || got.Valid {
		t.Errorf("withdrawn = %+v", got)
	}
	w.students.post(row+"/withdraw", nil).refused(internship.ErrWrongState)
	w.students.post(applications(student), w.application(position)).ok(http.StatusCreated)
}

// TestRepeatedApplicationIsOne: the same request, whatever became of its
// answer, signs up once.
func TestRepeatedApplicationIsOne(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	position, another := w.enterprise("A").Position("焊工", 2), w.enterprise("B").Position("电工", 2)
	student := w.NewStudent("卢晓东")
	app := w.students.once("apply-1")
	first := app.post(applications(student), w.application(position)).ok(http.StatusCreated)
	again := app.post(applications(student), w.application(position)).ok(http.StatusCreated)
	if string(first.body) != string(again.body) || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("again = %s", again.body)
	}
	app.post(applications(student), w.application(another)).refused(internship.ErrKeyReused)

	var group sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		group.Go(func() {
			for {
				a := w.students.once("apply-2").post(applications(student), w.application(another))
				if a.status == http.StatusConflict { // in flight: ask again
					a.refused(internship.ErrInFlight)
					continue
				}
				ids[i] = read[handlers.PartnerPlacement](a.ok(http.StatusCreated)).ID
				return
			}
		})
	}
	group.Wait()
	if slices.Sort(ids); ids[0] == "" || ids[0] != ids[len(ids)-1] {
		t.Errorf("ids %v, want one", ids)
	}
	if list := read[handlers.PartnerPlacementPage](w.students.get(applications(student))); len(list.Items) != 2 {
		t.Errorf("%d rows, want 2", len(list.Items))
	}
}

func TestFiveSlots(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e := w.enterprise("A")
	student := w.NewStudent("卢晓东")
	positions := make([]*internship.Position, 7)
	for i := range positions {
		positions[i] = e.Position(fmt.Sprintf("岗位%d", i), 1)
	}
	for _, p := range positions[:4] {
		w.students.post(applications(student), w.application(p)).ok(http.StatusCreated)
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	counts := map[int]int{}
	for _, p := range positions[4:] { // race for the fifth slot
		group.Go(func() {
			a := w.students.post(applications(student), w.application(p))
			mu.Lock()
			counts[a.status]++
			mu.Unlock()
			if a.status != http.StatusCreated {
				a.refused(internship.ErrTooManyOpen)
			}
		})
	}
	group.Wait()
	if diff := cmp.Diff(map[int]int{http.StatusCreated: 1, http.StatusConflict: 2}, counts); diff != "" {
		t.Errorf("(-want, +got):\n%s", diff)
	}
	page := read[handlers.PartnerPlacementPage](w.students.get(applications(student) + "?limit=2"))
	w.students.post(applications(student, "/", page.Items[0].ID, "/withdraw"), nil).ok(http.StatusOK)
	for _, p := range positions[4:] {
		if a := w.students.post(applications(student), w.application(p)); a.status == http.StatusCreated {
			return // the freed slot is taken
		}
	}
	t.Error("no application fits the freed slot")
}

// TestWhoMayNotApply lists the refusals of domain.md §2.3 and §3.1.
func TestWhoMayNotApply(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e := w.enterprise("A")
	position := e.Position("焊工", 1)
	plan := func(number string, change func(*internship.PlanInput)) string {
		in := planInput()
		change(&in)
		return read[handlers.SchoolPlan](w.school.put("/partner/v1/plans/"+number, in).ok(http.StatusOK)).ID
	}
	student := func(number string, n int64, change func(*internship.StudentInput)) string {
		in := studentInput(n)
		change(&in)
		return "/partner/v1/students/" + read[handlers.Student](w.school.put("/partner/v1/students/"+number, in).ok(http.StatusOK)).ID + "/applications"
	}
	adult := student("S1", 1, func(*internship.StudentInput) {})
	at := func(id string) handlers.Application {
		return handlers.Application{PlanID: id, PositionID: position.ID, Edition: 1}
	}

	young := student("S2", 2, func(s *internship.StudentInput) {
		s.IDNumber, s.Guardian = "410199201103150015", internship.GuardianInput{Name: "卢建国", Mobile: "13700000000"}
	})
	p := w.students.post(young, at(w.Plan.ID)).refused(internship.ErrNotEligible)
	if !strings.Contains(p.Detail, "16 周岁") {
		t.Errorf("young: %q", p.Detail)
	}
	freshmen := plan("2026-2", func(p *internship.PlanInput) { p.Grade = "2026" })
	fresh := student("S3", 3, func(s *internship.StudentInput) { s.Grade = "2026" })
	if p = w.students.post(fresh, at(freshmen)).refused(internship.ErrNotEligible); !strings.Contains(p.Detail, "一年级") {
		t.Errorf("first year: %q", p.Detail)
	}
	if p = w.students.post(adult, at(freshmen)).refused(internship.ErrNotEligible); !strings.Contains(p.Detail, "不面向") {
		t.Errorf("another grade: %q", p.Detail)
	}
	later := plan("2026-3", func(p *internship.PlanInput) { p.EnrolFrom = "2026-11-24" })
	w.students.post(adult, at(later)).refused(internship.ErrEnrolmentClosed)
	over := plan("2026-4", func(p *internship.PlanInput) { p.EnrolTo = "2026-11-22" })
	w.students.post(adult, at(over)).refused(internship.ErrEnrolmentClosed)
	for field, form := range map[string]handlers.Application{
		"planId": at("pln_NOBODY"), "positionId": {PlanID: w.Plan.ID, PositionID: "pos_NOBODY", Edition: 1},
	} {
		p := w.students.post(adult, form).refused(internship.ErrNotFound)
		if len(p.Errors) != 1 || p.Errors[0].Field != field || p.Errors[0].Code != "unknown" {
			t.Errorf("unknown %s: %+v", field, p.Errors)
		}
	}

	form := e.Terms("电工", 1)
	form.EnrolFrom = "2026-11-24"
	early, err := w.Acts.CreatePosition(t.Context(), e.Staff, form)
	if err != nil {
		t.Fatal(err)
	}
	choice := handlers.Application{PlanID: w.Plan.ID, PositionID: early.ID, Edition: 1}
	w.students.post(adult, choice).refused(internship.ErrNotOffered)
	e.Publishes(early)
	w.students.post(adult, choice).refused(internship.ErrEnrolmentClosed)
	w.Pass(12 * time.Hour) // midnight: the day begins
	w.students.post(adult, choice).ok(http.StatusCreated)
	w.students.post(adult, at(later)).ok(http.StatusCreated)

	// The only place goes to another student: full, until it is free again.
	winner := w.NewStudent("张三").Applies(position)
	if _, err := w.Acts.Accept(t.Context(), e.Staff, winner.ID); err != nil {
		t.Fatal(err)
	}
	last := student("S4", 4, func(*internship.StudentInput) {})
	if p := w.students.post(last, at(w.Plan.ID)).refused(internship.ErrPositionFull); !strings.Contains(p.Detail, "报名") {
		t.Errorf("the student is told what an enterprise may do: %s", p.Detail)
	}
	row := "/partner/v1/students/" + winner.StudentID + "/applications"
	w.students.post(row, handlers.Application{PlanID: w.Plan.ID, PositionID: early.ID, Edition: 1}).refused(internship.ErrAlreadySigned)
	w.students.post(row+"/"+winner.ID+"/withdraw", nil).ok(http.StatusOK)
	w.students.post(last, at(w.Plan.ID)).ok(http.StatusCreated)
}

// TestNewTermsNeedTheStudent: after a material change the student confirms
// again (G-16).
func TestNewTermsNeedTheStudent(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e := w.enterprise("A")
	position := e.Position("焊工", 1)
	student := w.NewStudent("卢晓东")
	placement := student.Applies(position)
	form := e.Terms("焊工", 1)
	form.Salary = "3K以上"
	if _, err := w.Acts.EditPosition(t.Context(), e.Staff, position.ID, form); err != nil {
		t.Fatal(err)
	}
	e.Publishes(position)
	w.told("positions", position.ID)
	row := applications(student, "/", placement.ID)
	if got := read[handlers.PartnerPlacement](w.students.get(row)); got.StateLabel != "待学生重新确认" || got.Terms.Salary != "2K-3K" {
		t.Errorf("asked again = %+v", got)
	}
	offer := read[handlers.Offer](w.students.get("/partner/v1/students/" + student.Student.ID + "/positions/" + position.ID))
	if offer.Edition != 2 || offer.SalaryMin != 3000 {
		t.Errorf("offer = %+v", offer)
	}
	w.students.post(row+"/reconfirm", edition(1)).refused(internship.ErrTermsChanged)
	if got := read[handlers.PartnerPlacement](w.students.post(row+"/reconfirm", edition(2)).ok(http.StatusOK)); got.StateLabel != "学生报名待企业确认" || got.Terms.Salary != "3K以上" || got.Terms.Edition != 2 {
		t.Errorf("reconfirmed = %+v", got)
	}
}

// TestWhatMayBeChosen is R-05: what the school recommends and what is open to
// all, recruiting, newest first, each once whatever the page.
func TestWhatMayBeChosen(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e := w.enterprise("濮阳市某电子有限公司")
	var want []string
	open := func(name string, all bool) *internship.Position {
		w.Pass(time.Second)
		p := e.Position(name, 3)
		if all {
			if _, err := w.DB.Positions.Update(t.Context(), p.ID, func(p *internship.Position) error {
				p.OpenTo = []string{internship.AllSchools}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		return p
	}
	for i := range 11 {
		want = slices.Insert(want, 0, open(fmt.Sprintf("岗位%02d", i), i%3 == 1 || i > 8).ID)
	}
	closed := open("已关闭", false)
	if _, err := w.Acts.ClosePosition(t.Context(), e.Staff, closed.ID); err != nil {
		t.Fatal(err)
	}
	offers := "/partner/v1/students/" + w.NewStudent("卢晓东").Student.ID + "/positions"
	collect := func(p partner, path string, limit int) (ids []string) {
		for after := "-"; after != ""; {
			page := read[handlers.OfferPage](p.get(fmt.Sprintf("%s?limit=%d&after=%s", path, limit, strings.TrimPrefix(after, "-"))).ok(http.StatusOK))
			for _, o := range page.Items {
				ids = append(ids, o.ID)
			}
			after = page.Next
		}
		return ids
	}
	for _, limit := range []int{1, 2, 3, 5, 100} {
		if diff := cmp.Diff(want, collect(w.students, offers, limit)); diff != "" {
			t.Errorf("pages of %d (-want, +got):\n%s", limit, diff)
		}
		if diff := cmp.Diff(want, collect(w.school, "/partner/v1/positions", limit)); diff != "" {
			t.Errorf("school, pages of %d (-want, +got):\n%s", limit, diff)
		}
	}
	if got := collect(w.other, "/partner/v1/positions", 3); len(got) != 5 {
		t.Errorf("the other school's students may choose %d, want the 5 open to all", len(got))
	}
	w.students.get(offers + "/" + closed.ID).refused(internship.ErrNotFound)
	one := read[handlers.Offer](w.students.get(offers + "/" + want[0]).ok(http.StatusOK))
	if one.Enterprise.Name != "濮阳市某电子有限公司" || one.SalaryMin != 2000 || !one.Enrolling || one.Headcount != 3 || one.PublishedAt.IsZero() {
		t.Errorf("one = %+v", one)
	}
	if read[handlers.Offer](w.school.get("/partner/v1/positions/"+want[1]).ok(http.StatusOK)).ID != want[1] {
		t.Error("the school reads another one")
	}
}

func TestOffersAreFiltered(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e := w.enterprise("濮阳市某电子有限公司")
	add := func(name, salary, education, major string) {
		form := e.Terms(name, 1)
		form.Salary, form.ReferenceWage, form.Education, form.Majors = salary, 1000, education, []string{major}
		p, err := w.Acts.CreatePosition(t.Context(), e.Staff, form)
		if err != nil {
			t.Fatal(err)
		}
		e.Publishes(p)
		w.Pass(time.Second)
	}
	add("焊工", "2K-3K", "不限", "焊接技术应用")
	add("电工", "1K-2K", "中专", "电子技术应用")
	add("web前端工程师", "3K以上", "大专", "软件技术")
	for query, want := range map[string]string{
		"":                             "web前端工程师 电工 焊工",
		"text=%E5%B7%A5":               "web前端工程师 电工 焊工",
		"text=WEB":                     "web前端工程师",
		"text=%E6%9F%90%E7%94%B5":      "web前端工程师 电工 焊工", // 某电: the enterprise's name
		"text=%E6%B2%A1%E6%9C%89":      "",
		"major=%E6%8A%80%E6%9C%AF":     "web前端工程师 电工 焊工",
		"major=%E7%84%8A%E6%8E%A5":     "焊工",
		"education=%E4%B8%AD%E4%B8%93": "电工 焊工",
		"salary=3k%E4%BB%A5%E4%B8%8A":  "web前端工程师",
		"salary=1K-2K&education=%E5%A4%A7%E4%B8%93": "",
		"salary=2K-3K&text=%E7%84%8A":               "焊工",
	} {
		var names []string
		for _, o := range read[handlers.OfferPage](w.school.get("/partner/v1/positions?" + query).ok(http.StatusOK)).Items {
			names = append(names, o.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
}

package handlers_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shixi/handlers"
	"shixi/internship"
)

func TestSchoolKeepsItsData(t *testing.T) {
	t.Parallel()
	w := newPartners(t)

	school := read[handlers.School](w.school.put("/partner/v1/school", internship.SchoolInput{Name: " 郑州市新校名 "}).ok(http.StatusOK))
	if diff := cmp.Diff(handlers.School{ID: "sch_410099", Code: "410099", Name: "郑州市新校名"}, school); diff != "" {
		t.Errorf("school (-want, +got):\n%s", diff)
	}

	plan := read[handlers.SchoolPlan](w.school.put("/partner/v1/plans/2026-2", planInput()).ok(http.StatusOK))
	if plan.Number != "2026-2" || plan.FirstDay != "2027-01-04" || !plan.Enrolling || !strings.HasPrefix(plan.ID, "pln_") {
		t.Errorf("plan = %+v", plan)
	}
	renamed := planInput()
	renamed.Name, renamed.EnrolFrom = "改名", "2026-12-01"
	again := read[handlers.SchoolPlan](w.school.put("/partner/v1/plans/2026-2", renamed).ok(http.StatusOK))
	if again.ID != plan.ID || again.Name != "改名" || again.Enrolling {
		t.Errorf("plan kept again = %+v", again)
	}

	in := studentInput(1)
	in.IDNumber, in.Guardian = minorID, internship.GuardianInput{Name: "卢建国", Mobile: "13700000000"}
	a := w.school.put("/partner/v1/students/S1", in).ok(http.StatusOK)
	student := read[handlers.Student](a)
	want := handlers.Student{ID: student.ID, Number: "S1", Name: "卢晓东", Sex: student.Sex, IDNumber: minorID[:3] + "***********" + minorID[14:], Mobile: "136****0001",
		Education: "中专", Grade: "2024", Major: "电子技术应用", Guardian: &handlers.Guardian{Name: "卢建国", Mobile: "137****0000"}}
	if diff := cmp.Diff(want, student); diff != "" {
		t.Errorf("student (-want, +got):\n%s", diff)
	}
	list := w.school.get("/partner/v1/students").ok(http.StatusOK)
	for _, private := range []string{in.IDNumber, in.Mobile, in.Guardian.Mobile} {
		if strings.Contains(string(a.body)+string(list.body), private) {
			t.Errorf("%q is shown", private)
		}
		w.log.never(private)
	}
	other := studentInput(2)
	other.IDNumber, other.Guardian = in.IDNumber, in.Guardian
	w.school.put("/partner/v1/students/S2", other).refused(internship.ErrStudentTaken)
	w.other.put("/partner/v1/students/S2", other).ok(http.StatusOK) // another school may have the same person
}

// minorID is the number of a made-up person born in 2010.
const minorID = "410199201003150018"

// TestSchoolSendsTheSameAgain: a school may send all it has every night;
// what did not change is not written.
func TestSchoolSendsTheSameAgain(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	var versions []int64
	for range 3 {
		w.school.put("/partner/v1/school", internship.SchoolInput{Name: "郑州市某职业学校"}).ok(http.StatusOK)
		plan := read[handlers.SchoolPlan](w.school.put("/partner/v1/plans/2026-2", planInput()).ok(http.StatusOK))
		student := read[handlers.Student](w.school.put("/partner/v1/students/S1", studentInput(1)).ok(http.StatusOK))
		p, err := w.DB.Plans.Get(t.Context(), plan.ID)
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.DB.Students.Get(t.Context(), student.ID)
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, p.Version, s.Version, int64(len(p.History)), int64(len(s.History)))
	}
	for _, v := range versions {
		if v != 1 {
			t.Fatalf("versions and histories %v, want all 1", versions)
		}
	}
}

func TestSchoolMustNameItselfFirst(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	p := w.unnamed.put("/partner/v1/plans/1", planInput()).refused(internship.ErrNotSchool)
	if !strings.Contains(p.Detail, "请先提交学校名称") {
		t.Errorf("detail %q", p.Detail)
	}
	w.unnamed.put("/partner/v1/students/1", studentInput(1)).refused(internship.ErrNotSchool)
	w.unnamed.post("/partner/v1/enterprises", entryInput(1, "甲")).refused(internship.ErrNotSchool)
	w.unnamed.put("/partner/v1/school", internship.SchoolInput{Name: "开封市某职业学校"}).ok(http.StatusOK)
	w.unnamed.put("/partner/v1/plans/1", planInput()).ok(http.StatusOK)
}

func TestSchoolListsByNumber(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	for n := range int64(7) {
		w.school.put(fmt.Sprintf("/partner/v1/students/T%d", n), studentInput(n)).ok(http.StatusOK)
		w.school.put(fmt.Sprintf("/partner/v1/plans/T%d", n), planInput()).ok(http.StatusOK)
	}
	for kind, want := range map[string]string{"students": "T0 T1 T2|T3 T4 T5|T6", "plans": "2026-1 T0 T1|T2 T3 T4|T5 T6"} {
		var pages []string
		for after := "-"; after != ""; {
			var page struct {
				Items []struct{ Number string }
				Next  string
			}
			w.school.get("/partner/v1/" + kind + "?limit=3&after=" + strings.TrimPrefix(after, "-")).ok(http.StatusOK).into(&page)
			var numbers []string
			for _, i := range page.Items {
				numbers = append(numbers, i.Number)
			}
			pages, after = append(pages, strings.Join(numbers, " ")), page.Next
		}
		if got := strings.Join(pages, "|"); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}

func TestSchoolEntersEnterprises(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	in := entryInput(1, "濮阳市某电子有限公司")
	first := w.school.once("entry-1")
	a := first.post("/partner/v1/enterprises", in).ok(http.StatusCreated)
	entry := read[handlers.Entry](a)
	w.log.never(entry.ActivationCode)
	if !regexp.MustCompile(`^[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}$`).MatchString(entry.ActivationCode) || entry.Expires.Sub(w.Now()).Hours() != 24*30 {
		t.Errorf("entry = %+v", entry)
	}
	if e := entry.Enterprise; e.Name != in.Name || e.StateLabel != "已录入·待激活" || e.Recommenders[0].ID != "sch_410099" {
		t.Errorf("enterprise = %+v", e)
	}
	again := first.post("/partner/v1/enterprises", in).ok(http.StatusCreated)
	if string(again.body) != string(a.body) || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("again: %s", again.body)
	}
	first.post("/partner/v1/enterprises", entryInput(2, "别的")).refused(internship.ErrKeyReused)
	w.school.post("/partner/v1/enterprises", in).refused(internship.ErrAlreadyEnterHere)

	theirs := read[handlers.Entry](w.other.once("entry-1").post("/partner/v1/enterprises", in).ok(http.StatusCreated))
	if theirs.ActivationCode != "" || len(theirs.Enterprise.Recommenders) != 2 || theirs.Enterprise.ID != entry.Enterprise.ID {
		t.Errorf("recommended by another school: %+v", theirs)
	}

	renewal := w.school.once("renew-1")
	path := "/partner/v1/enterprises/" + entry.Enterprise.ID + "/activation-code"
	renewed := read[handlers.Entry](renewal.post(path, nil).ok(http.StatusOK))
	w.log.never(renewed.ActivationCode)
	if renewed.ActivationCode == "" || renewed.ActivationCode == entry.ActivationCode {
		t.Errorf("renewed code %q", renewed.ActivationCode)
	}
	if r := read[handlers.Entry](renewal.post(path, nil).ok(http.StatusOK)); r.ActivationCode != renewed.ActivationCode {
		t.Errorf("repeated: %q, want %q", r.ActivationCode, renewed.ActivationCode)
	}
	activation := internship.ActivationInput{Code: in.Code, ActivationCode: entry.ActivationCode, Mobile: "13600000009", Name: "王经理", Password: "Shixi-2026", SMSCode: w.smsCode(internship.CodeForRegister, "13600000009")}
	w.anyone().post("/api/v1/activation", activation).refused(internship.ErrBadActivation)
	activation.ActivationCode = strings.ToLower(renewed.ActivationCode)
	opened := read[handlers.LoggedIn](w.anyone().post("/api/v1/activation", activation).ok(http.StatusCreated))
	w.log.never(opened.Token, activation.Mobile)
	if p := w.school.post(path, nil).refused(internship.ErrAlreadyActive); strings.Contains(p.Detail, "登录") {
		t.Errorf("the school is told to log in: %s", p.Detail)
	}
	w.school.post("/partner/v1/enterprises/ent_NOBODY/activation-code", nil).refused(internship.ErrNotFound)

	w.Pass(1e9)
	w.school.post("/partner/v1/enterprises", entryInput(3, "乙")).ok(http.StatusCreated)
	list := read[handlers.EnterprisePage](w.school.get("/partner/v1/enterprises?limit=1").ok(http.StatusOK))
	rest := read[handlers.EnterprisePage](w.school.get("/partner/v1/enterprises?after=" + list.Next).ok(http.StatusOK))
	if list.Items[0].Name != "乙" || rest.Items[0].Name != in.Name || rest.Next != "" || len(rest.Items) != 1 {
		t.Errorf("list = %+v, %+v", list, rest)
	}
	if others := read[handlers.EnterprisePage](w.other.get("/partner/v1/enterprises").ok(http.StatusOK)); len(others.Items) != 1 {
		t.Errorf("the other school sees %+v", others)
	}
}

func TestSchoolDecides(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e := w.enterprise("濮阳市某电子有限公司")
	position := e.Position("焊工", 3)
	signed := func(name string) string {
		p := w.NewStudent(name).Applies(position)
		if _, err := w.Acts.Accept(t.Context(), e.Staff, p.ID); err != nil {
			t.Fatal(err)
		}
		return "/partner/v1/placements/" + p.ID
	}

	approved := signed("卢晓东")
	got := read[handlers.PartnerPlacement](w.school.post(approved+"/approve", nil).ok(http.StatusOK))
	if got.ApprovedAt.IsZero() || got.StateLabel != "企业已同意·待学校" || got.Enterprise.Name != "濮阳市某电子有限公司" || got.Position.Name != "焊工" {
		t.Errorf("approved = %+v", got)
	}
	var steps []string
	for _, c := range read[handlers.PartnerPlacement](w.school.get(approved).ok(http.StatusOK)).History {
		steps = append(steps, c.Label+" "+c.By.Label+" "+c.By.Name)
	}
	if diff := cmp.Diff([]string{"报名 学生 卢晓东", "同意签约 企业 ", "学校认可 学校 郑州市某职业学校"}, steps); diff != "" {
		t.Errorf("history (-want, +got):\n%s", diff)
	}

	objected := signed("张三")
	w.school.post(objected+"/object", handlers.Objection{Reason: "  "}).refused(internship.ErrInvalid)
	key := w.school.once("object-1")
	for range 2 {
		got = read[handlers.PartnerPlacement](key.post(objected+"/object", handlers.Objection{Reason: "岗位与专业不符"}).ok(http.StatusOK))
		if got.StateLabel != "学校未通过" || got.Reason != "岗位与专业不符" || got.Valid {
			t.Errorf("objected = %+v", got)
		}
	}
	w.school.post(objected+"/object", handlers.Objection{Reason: "又"}).refused(internship.ErrWrongState)
	w.school.post(objected+"/approve", nil).refused(internship.ErrWrongState)

	cancelled := signed("李四")
	if got = read[handlers.PartnerPlacement](w.school.post(cancelled+"/cancel", tree{}).ok(http.StatusOK)); got.StateLabel != "已撤回" {
		t.Errorf("cancelled = %+v", got)
	}
	if taken, err := w.DB.TakenPlaces(t.Context(), position.ID); err != nil || len(taken) != 1 {
		t.Errorf("taken = %v, %v, want the approved one's", taken, err)
	}

	page := read[handlers.PartnerPlacementPage](w.school.get("/partner/v1/placements?limit=2").ok(http.StatusOK))
	rest := read[handlers.PartnerPlacementPage](w.school.get("/partner/v1/placements?limit=2&after=" + page.Next).ok(http.StatusOK))
	if len(page.Items) != 2 || len(rest.Items) != 1 || rest.Next != "" {
		t.Errorf("pages of %d and %d", len(page.Items), len(rest.Items))
	}
}

package handlers_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
)

// TestPublishingADraft saves a form half-way, learns what is missing, completes
// it and publishes it under the declaration that the forms serve.
func TestPublishingADraft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	me := w.owner(e)
	form := actstest.Terms("焊工", 2)
	form.ReferenceWage, form.StaffInPost, form.Occupation, form.Address = 0, 0, 0, internship.WorkplaceInput{Detail: "新华街 260 号"}
	made := read[handlers.Position](me.post("/api/v1/positions", form).ok(http.StatusCreated))
	missing := []string{"referenceWage", "staffInPost", "occupation", "address.province", "address.city", "planFile"}
	var got []string
	for _, f := range made.Missing {
		got = append(got, f.Field)
	}
	if diff := cmp.Diff(missing, got); diff != "" {
		t.Errorf("missing (-want, +got):\n%s", diff)
	}
	if made.PeriodFrom != "2027-01-01" || made.PeriodTo != "2027-06-30" || made.Warnings != nil || made.Declared != nil {
		t.Errorf("made = %+v", made)
	}

	d := read[handlers.Definitions](me.get("/api/v1/forms")).Declaration
	var codes []string
	for _, item := range d.Items {
		codes = append(codes, item.Name)
	}
	publication := internship.PublicationInput{Declaration: internship.DeclarationInput{Version: d.Version, Accepted: codes}}
	path := "/api/v1/positions/" + made.ID
	p := me.post(path+"/publish", publication).refused(internship.ErrIncomplete)
	for i, f := range missing {
		missing[i] = f + "=required"
	}
	if diff := cmp.Diff(missing, fields(p)); diff != "" {
		t.Errorf("refused for (-want, +got):\n%s", diff)
	}

	publication.Edition = 2 // which nobody has saved yet
	me.post(path+"/publish", publication).refused(internship.ErrTermsChanged)
	form = e.Terms("焊工", 2)
	form.Occupation, form.Taboo, form.SalaryMin = 5, []string{internship.TabooMinors}, 2400
	form.NightShift, form.Exemption = "有夜班", internship.ExemptionInput{Number: "备 1 号", File: e.Upload(internship.FileExemption)}
	whole := read[handlers.Position](me.put(path, form).ok(http.StatusOK))
	if whole.Missing != nil || len(whole.Warnings) != 1 || whole.Warnings[0].Field != "occupation" {
		t.Errorf("completed = %+v", whole)
	}
	published := read[handlers.Position](me.post(path+"/publish", publication).ok(http.StatusOK))
	if x := published.Declared; x == nil || x.Edition != 2 || x.Version != d.Version || x.By.Name != "王经理" || !x.At.Equal(w.Now()) {
		t.Errorf("declared = %+v", published.Declared)
	}
	if published.State != "recruiting" || published.SalaryMin != 2400 || published.SalaryMax != 3000 || published.Exemption.Number != "备 1 号" ||
		published.Address.City != "410900" || published.PlanFile != form.PlanFile || !slices.Equal(published.Taboo, form.Taboo) {
		t.Errorf("published = %+v", published)
	}
}

func TestPublishingIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	me, publication := w.owner(e), actstest.Publication()
	for name, c := range map[string]struct {
		alter func(*internship.PositionInput)
		want  *internship.Error
		field string
	}{
		"nights":   {func(in *internship.PositionInput) { in.NightShift = "有夜班" }, internship.ErrNotExempted, "exemption.number=required"},
		"overtime": {func(in *internship.PositionInput) { in.Overtime = "偶尔加班" }, internship.ErrNotExempted, "exemption.number=required"},
		"pay":      {func(in *internship.PositionInput) { in.ReferenceWage = 2501 }, internship.ErrPayTooLow, "salary=range"},
		"over":     {func(in *internship.PositionInput) { in.EnrolTo = "2026-11-22" }, internship.ErrInvalid, "enrolTo=range"},
	} {
		form := e.Terms("焊工", 2)
		c.alter(&form)
		made := read[handlers.Position](me.post("/api/v1/positions", form).ok(http.StatusCreated))
		if field, _, _ := strings.Cut(c.field, "="); len(made.Warnings) == 0 || made.Warnings[0].Field != field {
			t.Errorf("%s: saved without a word: %+v", name, made.Warnings)
		}
		p := me.post("/api/v1/positions/"+made.ID+"/publish", publication).refused(c.want)
		if got := fields(p); len(got) == 0 || got[0] != c.field {
			t.Errorf("%s: %v", name, got)
		}
	}
	made := read[handlers.Position](me.post("/api/v1/positions", e.Terms("焊工", 2)).ok(http.StatusCreated))
	path := "/api/v1/positions/" + made.ID + "/publish"
	if p := me.post(path, nil).refused(internship.ErrBadRequest); !strings.Contains(p.Detail, "JSON") {
		t.Errorf("no body: %s", p.Detail)
	}
	old := actstest.Publication()
	old.Declaration.Version = "2020-1"
	me.post(path, old).refused(internship.ErrDeclarationOld)
	part := actstest.Publication()
	part.Declaration.Accepted = part.Declaration.Accepted[1:]
	if got := fields(me.post(path, part).refused(internship.ErrInvalid)); !slices.Equal(got, []string{"declaration.accepted=required"}) {
		t.Errorf("one promise short: %v", got)
	}
	stolen := w.enterprise("B").Terms("焊工", 2)
	if got := fields(me.post("/api/v1/positions", stolen).refused(internship.ErrInvalid)); !slices.Equal(got, []string{"planFile=choice"}) {
		t.Errorf("another's plan: %v", got)
	}
}

// TestPastEnrolmentWarns: such a position is a draft.
func TestPastEnrolmentWarns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	me := w.owner(e)
	form := e.Terms("焊工", 2)
	form.EnrolTo = "2026-11-22"
	made := read[handlers.Position](me.post("/api/v1/positions", form).ok(http.StatusCreated))
	if len(made.Warnings) != 1 || made.Warnings[0].Code != "position.enrolment_over" {
		t.Errorf("warnings = %+v", made.Warnings)
	}
}

// TestAHiddenPositionSaysSo: its state stays 发布中 while no student sees it.
func TestAHiddenPositionSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	me, path := w.owner(e), "/api/v1/positions/"+e.Position("焊工", 2).ID
	if got := read[handlers.Position](me.get(path)); got.Warnings != nil {
		t.Errorf("shown: %+v", got.Warnings)
	}
	e.Frozen()
	if got := read[handlers.Position](me.get(path)); got.State != "recruiting" || len(got.Warnings) != 1 || got.Warnings[0].Code != "position.hidden" {
		t.Errorf("frozen: %s %+v", got.State, got.Warnings)
	}
}

func TestSharesOfStaff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A") // of 1 000 people
	me, publication := w.owner(e), actstest.Publication()
	form := e.Terms("焊工", 101)
	form.StaffInPost = 504
	path := func() string {
		return "/api/v1/positions/" + read[handlers.Position](me.post("/api/v1/positions", form).ok(http.StatusCreated)).ID + "/publish"
	}
	var codes []string
	for _, x := range read[handlers.Position](me.post(path(), publication)).Warnings {
		codes = append(codes, x.Code+" "+x.Field)
	}
	if diff := cmp.Diff([]string{"enterprise.too_many_interns headcount", "position.too_many_in_post staffInPost"}, codes); diff != "" {
		t.Error(diff)
	}
	w.Acts.InternShare = internship.ShareBlock
	me.post(path(), publication).refused(internship.ErrTooManyInterns)
	form.Headcount = 100
	form.StaffInPost = 499
	me.post(path(), publication).refused(internship.ErrTooManyInPost)
	form.StaffInPost = 500
	if got := read[handlers.Position](me.post(path(), publication).ok(http.StatusOK)); got.Warnings != nil {
		t.Errorf("exactly 10 %% and 20 %%: %+v", got.Warnings)
	}
}

func TestEndingRecruiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	me, position := w.owner(e), e.Position("焊工", 2)
	path := "/api/v1/positions/" + position.ID
	me.post(path+"/end-recruiting", nil).refused(internship.ErrNoInterns)
	if _, err := w.Acts.Accept(t.Context(), e.Staff, w.NewStudent("卢晓东").Applies(position).ID); err != nil {
		t.Fatal(err)
	}
	if p := read[handlers.Position](me.post(path+"/end-recruiting", nil).ok(http.StatusOK)); p.StateLabel != "实习中" {
		t.Errorf("ended = %+v", p)
	}
	me.post(path+"/end-recruiting", nil).refused(internship.ErrWrongState)
	me.put(path, e.Terms("焊工", 2)).refused(internship.ErrWrongState)
	me.post(path+"/publish", actstest.Publication()).refused(internship.ErrWrongState)
	if got := read[handlers.PositionPage](me.get("/api/v1/positions?state=running")); len(got.Items) != 1 || got.Items[0].StateLabel != "实习中" {
		t.Errorf("list = %+v", got)
	}
	if p := read[handlers.Position](me.post(path+"/close", nil).ok(http.StatusOK)); p.StateLabel != "已关闭" {
		t.Errorf("closed = %+v", p)
	}
}

// TestPartnersSeeTheTerms: what students agree to is what they and their school
// are shown.
func TestPartnersSeeTheTerms(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e := w.enterprise("A")
	form := e.Terms("焊工", 2)
	form.SalaryMin, form.SalaryMax, form.Taboo = 2400, 2600, []string{internship.TabooWomen}
	form.Overtime, form.Exemption = "偶尔加班", internship.ExemptionInput{Number: "备 1 号", File: e.Upload(internship.FileExemption)}
	made, err := w.Acts.CreatePosition(t.Context(), e.Staff, form)
	if err != nil {
		t.Fatal(err)
	}
	position := e.Publishes(made)
	man, woman := w.NewStudent("卢晓东"), w.NewStudent("马丽")
	if man.Sex() != internship.Male {
		man, woman = woman, man
	}
	for _, offer := range []handlers.Offer{
		read[handlers.Offer](w.school.get("/partner/v1/positions/" + position.ID)),
		read[handlers.Offer](w.students.get("/partner/v1/students/" + man.Student.ID + "/positions/" + position.ID)),
	} {
		if offer.Edition != 1 || offer.SalaryMin != 2400 || offer.SalaryMax != 2600 || offer.ReferenceWage != 2500 || offer.PeriodFrom != "2027-01-01" ||
			offer.PeriodTo != "2027-06-30" || offer.Occupation != 2 || offer.PlanFile != form.PlanFile || offer.Region.County != "410902" || offer.Address != "河南省濮阳市华龙区新华街 260 号" ||
			offer.ExemptionNo != "备 1 号" || offer.ExemptionFile != form.Exemption.File || !slices.Equal(offer.Taboo, form.Taboo) {
			t.Errorf("offer = %+v", offer)
		}
	}
	for file, content := range map[string][]byte{form.PlanFile: actstest.Document(), form.Exemption.File: actstest.Photo()} {
		for who, p := range map[string]partner{"school": w.school, "students": w.students, "platform": w.platform} {
			if a := p.do(http.MethodGet, "/partner/v1/files/"+file, nil).ok(http.StatusOK); !bytes.Equal(a.body, content) {
				t.Errorf("%s read another file", who)
			}
		}
		w.other.do(http.MethodGet, "/partner/v1/files/"+file, nil).refused(internship.ErrNotFound)
	}
	w.students.post(applications(woman), w.application(position)).refused(internship.ErrNotEligible)
	row := read[handlers.PartnerPlacement](w.students.post(applications(man), w.application(position)).ok(http.StatusCreated))
	if x := row.Terms; x.Edition != 1 || x.SalaryMin != 2400 || x.SalaryMax != 2600 || x.PeriodTo != "2027-06-30" || x.PlanFile != form.PlanFile || x.Occupation != 2 ||
		x.Address != "河南省濮阳市华龙区新华街 260 号" {
		t.Errorf("terms = %+v", x)
	}
	w.Pass(time.Second)
	if got := read[handlers.Placement](w.owner(e).get("/api/v1/placements/" + row.ID)); got.Terms != row.Terms {
		t.Errorf("the enterprise sees %+v, the student %+v", got.Terms, row.Terms)
	}
}

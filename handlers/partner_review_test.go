package handlers_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
)

// nominationInput is the n-th enterprise that nobody knows yet.
func nominationInput(n int64) internship.NominationInput {
	return internship.NominationInput{Name: fmt.Sprintf("示例%d电子", n), Code: actstest.USCC(7000 + n), Contact: "王经理", Mobile: fmt.Sprintf("135%08d", n)}
}

// reason is what the platform's acts need.
func reason(text string) internship.ReasonInput { return internship.ReasonInput{Reason: text} }

func review(id string, more ...string) string {
	return "/partner/v1/reviews/" + id + strings.Join(more, "")
}

// TestFreezeThroughTheAPI: a frozen enterprise vanishes from what students may choose and comes back as it was.
func TestFreezeThroughTheAPI(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e := w.enterprise("A")
	position, student := e.Position("焊工", 2), w.NewStudent("卢晓东")
	offers := "/partner/v1/students/" + student.Student.ID + "/positions"
	shown := func() int { return len(read[handlers.OfferPage](w.students.get(offers)).Items) }
	if shown() != 1 {
		t.Fatal("not offered")
	}
	w.platform.post(review(e.ID, "/freeze"), reason("")).refused(internship.ErrInvalid)
	got := read[handlers.Review](w.platform.post(review(e.ID, "/freeze"), reason("收到举报，正在调查")))
	if got.State != internship.Frozen || got.Reason != "收到举报，正在调查" || got.History[len(got.History)-1].By.Name != "省级平台" {
		t.Errorf("%+v", got)
	}
	application := w.application(position)
	w.students.post(applications(student), application).refused(internship.ErrFrozen)
	w.React("enterprises", e.ID)
	if shown() != 0 {
		t.Error("still offered")
	}
	w.students.get(offers + "/" + position.ID).refused(internship.ErrNotFound)
	w.owner(e).post("/api/v1/positions/"+position.ID+"/close", nil).ok(200) // in its own hands all the same
	if s := read[handlers.Standing](w.owner(e).get("/api/v1/enterprise")); s.StateLabel != "冻结" || s.Reason != "收到举报，正在调查" {
		t.Errorf("the enterprise sees %+v", s)
	}
	w.platform.post(review(e.ID, "/freeze"), reason("再次")).refused(internship.ErrWrongState)
	w.platform.post(review(e.ID, "/lift"), nil).ok(200)
	w.platform.post(review(e.ID, "/lift"), nil).refused(internship.ErrWrongState)
	w.platform.get(review("ent_NOBODY")).refused(internship.ErrNotFound)
	w.platform.post(review("ent_NOBODY", "/freeze"), reason("x")).refused(internship.ErrNotFound)
}

// TestChangeThroughTheAPI: the old data stay in force until the platform passes the change.
func TestChangeThroughTheAPI(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e := w.enterprise("A")
	me := w.owner(e)
	change := internship.ChangeInput{CertificateKind: "营业执照", Certificate: w.File(e.ID, e.Staff.AccountID, internship.FileCertificate), Name: "新名称电子", Code: e.Code, LegalPerson: "李四"}
	w.account(e, "李专员", internship.HR).post("/api/v1/enterprise/change", change).refused(internship.ErrForbidden)
	got := read[handlers.Standing](me.post("/api/v1/enterprise/change", change))
	if got.Name == "新名称电子" || got.Change == nil || got.Change.Name != "新名称电子" || got.Change.Registry.Outcome != "pending" {
		t.Fatalf("%+v", got)
	}
	me.post("/api/v1/enterprise/change", change).refused(internship.ErrChangeWaiting)
	me.delete("/api/v1/enterprise/change").ok(200)
	me.delete("/api/v1/enterprise/change").refused(internship.ErrNoChange)
	round := read[handlers.Standing](me.post("/api/v1/enterprise/change", change)).Round
	page := read[handlers.ReviewPage](w.platform.get("/partner/v1/reviews"))
	if len(page.Items) != 1 || page.Items[0].Waits != "change" || page.Items[0].Registry != "查询中" || *page.Total != 1 {
		t.Errorf("%+v", page)
	}
	w.platform.post(review(e.ID, "/change/pass"), internship.PassRoundInput{Round: round}).refused(internship.ErrRegistryPending)
	w.React("enterprises", e.ID)
	w.platform.post(review(e.ID, "/change/pass"), internship.PassRoundInput{Round: round - 1}).refused(internship.ErrStaleRound)
	w.platform.post(review(e.ID, "/change/return"), internship.VerdictInput{Round: round}).refused(internship.ErrInvalid)
	passed := read[handlers.Review](w.platform.post(review(e.ID, "/change/pass"), internship.PassRoundInput{Round: round}))
	if passed.Name != "新名称电子" || passed.Profile.LegalPerson != "李四" || passed.Change != nil || !passed.LastChange.Passed {
		t.Errorf("%+v", passed)
	}
	w.platform.post(review(e.ID, "/change/return"), internship.VerdictInput{Round: round, Reason: "x"}).refused(internship.ErrNoChange)
	profile := internship.ProfileInput{LegalPerson: "王五", Contact: "李工", Phone: "0393-6666666", Intro: "研发", Industry: "制造业", Staff: 120,
		Address: internship.AddressInput{Province: "410000", City: "410900", County: "410902", Detail: "任丘路 1 号"}}
	me.put("/api/v1/enterprise", profile).refused(internship.ErrCoreLocked)
}

// TestNominationThroughTheAPI: a student's word makes a draft and one invitation; what is known makes neither.
func TestNominationThroughTheAPI(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	student := w.NewStudent("卢晓东")
	path := "/partner/v1/students/" + student.Student.ID + "/nominations"
	first := w.students.once("n1").post(path, nominationInput(1)).ok(201)
	got := read[handlers.NominationResult](first)
	if got.Known || !got.SMS.Sent || got.SMS.Mobile != "135****0001" {
		t.Fatalf("%+v", got)
	}
	if kind, params, _ := w.SMS(nominationInput(1).Mobile); kind != "invitation" || params["student"] != "卢**" {
		t.Errorf("a stranger is told %s %v", kind, params) // and learns no student's name
	}
	if diff := cmp.Diff(string(first.body), string(w.students.once("n1").post(path, nominationInput(1)).body)); diff != "" {
		t.Error(diff)
	}
	if again := read[handlers.NominationResult](w.students.post(path, nominationInput(1))); !again.Known || again.SMS.Sent || again.Enterprise != nil {
		t.Errorf("again: %+v", again)
	}
	seen := read[handlers.Review](w.platform.get(review(got.Enterprise.ID)))
	if !seen.Draft || seen.Source != "学生推荐" || seen.Nominator.StudentID != student.Student.ID || seen.Waits != "" {
		t.Errorf("the platform sees %+v", seen)
	}
	w.platform.post(review(got.Enterprise.ID, "/pass"), internship.PassRoundInput{Round: 1}).refused(internship.ErrNotRegistered)
	if sent := read[handlers.Invitation](w.platform.post(review(got.Enterprise.ID, "/resend"), nil)); !sent.SMS.Sent {
		t.Errorf("resent: %+v", sent)
	}
	for n := int64(2); n <= 4; n++ {
		w.students.post(path, nominationInput(n)).ok(201)
	}
	p := w.students.post(path, nominationInput(9))
	p.refused(internship.ErrTooManyNominations)
	if p.header.Get("Retry-After") == "" {
		t.Error("does not say when")
	}
}

// TestInvitationLeadsSomewhere: the link of the text message is a page that says how to register.
func TestInvitationLeadsSomewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	res, err := w.app.Fiber().Test(httptest.NewRequest(http.MethodGet, "/join", nil), -1)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), "企业入驻") || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		t.Errorf("%d %s %v", res.StatusCode, body, err)
	}
}

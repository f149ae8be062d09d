package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"shixi/acts/actstest"
	"shixi/internship"
)

// TestRefusalsLeadOn: a sentence says what is wanted instead, and tells no more than that.
func TestRefusalsLeadOn(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e, stranger := w.enterprise("A"), w.enterprise("B")
	me := w.owner(e)
	scan := w.File(e.ID, e.Staff.AccountID, internship.FileCertificate)
	plan := w.File(e.ID, e.Staff.AccountID, internship.FilePlan)
	theirs := w.File(stranger.ID, stranger.Staff.AccountID, internship.FileCertificate)
	says := func(what string, a answer, refusal *internship.Error, want string) {
		t.Helper()
		p := a.refused(refusal)
		told := p.Detail
		if len(p.Errors) > 0 {
			told = p.Errors[0].Message
		}
		if told != want {
			t.Errorf("%s: %q, want %q", what, told, want)
		}
	}
	position := treeOf(t, actstest.Terms("焊工", 1))
	const again = "，请以该类别重新上传"
	says("a scan as exemption", me.post("/api/v1/positions", position.set("exemption.file", scan)), internship.ErrInvalid, "该文件不是「夜班加班备案材料」"+again)
	says("a scan as plan", me.post("/api/v1/positions", position.set("planFile", scan)), internship.ErrInvalid, "该文件不是「学生实习方案」"+again)
	says("a stranger's scan", me.post("/api/v1/positions", position.set("planFile", theirs)), internship.ErrInvalid, internship.ErrFileGone.Detail)
	says("no such file", me.post("/api/v1/positions", position.set("planFile", "fil_NOTHING")), internship.ErrInvalid, internship.ErrFileGone.Detail)

	change := internship.ChangeInput{CertificateKind: "营业执照", Certificate: plan, Name: "示例", Code: actstest.USCC(950), LegalPerson: "张明"}
	says("a plan as certificate", me.post("/api/v1/enterprise/change", change), internship.ErrInvalid, "该文件不是「企业证件」"+again)

	account := tree{"name": "李专员", "mobile": "13700000001", "role": "人事专员"}
	says("a role", me.post("/api/v1/accounts", account), internship.ErrInvalid, "请选择角色：人事专员（hr）、企业指导师傅（mentor）")
	me.post("/api/v1/accounts", account.set("role", "hr")).ok(http.StatusCreated)

	w.school.put("/partner/v1/students/20240101", studentInput(1)).ok(http.StatusOK)
	for _, path := range []string{"/plans", "/positions", "/positions/" + e.Position("焊工", 1).ID} {
		p := w.students.get("/partner/v1/students/20240101" + path).refused(internship.ErrNotFound)
		if !strings.Contains(p.Detail, "不是学号") || !strings.Contains(p.Detail, "stu_") {
			t.Errorf("%s: %s", path, p.Detail)
		}
	}
	says("nominating", w.students.post("/partner/v1/students/20240101/nominations", nominationInput(1)), internship.ErrNotFound, "没有找到该学生，请使用学校登记学生时得到的学生编号（stu_ 开头），不是学号")

	change.Certificate = scan
	student := w.NewStudent("卢晓东").Student.ID
	entered, nominated := entryInput(1, "已录入"), nominationInput(951)
	w.enteredBySchool(entered)
	w.students.post("/partner/v1/students/"+student+"/nominations", nominated).ok(http.StatusCreated)
	const elsewhere = "该代码已被录入，请对照证件核对；确为本单位代码的，请联系平台处理"
	for what, c := range map[string][2]string{
		"entered":   {entered.Code, "该代码已由学校录入、尚未激活，请用学校发放的激活码激活；没有激活码的，请向推荐学校索取或联系平台"},
		"nominated": {nominated.Code, elsewhere}, "admitted": {stranger.Code, elsewhere},
	} {
		change.Code = c[0]
		says(what, me.post("/api/v1/enterprise/change", change), internship.ErrCodeTaken, c[1])
	}

	applicant := w.Applicant()
	form := applicant.Form("自荐电子", actstest.USCC(960))
	waiting := applicant.Registers(form)
	if _, err := w.Acts.ReturnReview(t.Context(), actstest.Platform, waiting.ID, internship.VerdictInput{Round: 1, Reason: "不清晰"}); err != nil {
		t.Fatal(err)
	}
	corrected := waiting.Resubmission(form)
	corrected.Code = entered.Code
	corrected.Registrant.IDNumber = actstest.IDNumber(960)
	says("resubmitted", w.owner(waiting).post("/api/v1/enterprise/resubmit", corrected), internship.ErrCodeTaken, "该代码已由学校录入、尚未激活，请用学校发放的激活码激活；没有激活码的，请向推荐学校索取或联系平台")
}

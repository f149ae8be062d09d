package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"shixi/acts/actstest"
	"shixi/internship"
)

// returned is an enterprise that registered itself, which the registry doesn't
// know, and whose registration the platform gave back.
func (w *wechatWorld) returned(name string, code int64, reason string) *actstest.Enterprise {
	w.TB.Helper()
	p := w.Applicant()
	in := p.Form(name, actstest.USCC(code))
	in.Website, in.Intro, in.Staff = "https://example.com/?a=1&b=2", "电子产品\n<b>与</b>配件", 120
	e := p.Registers(in)
	w.Registry()
	w.React("enterprises", e.ID)
	if _, err := w.Acts.ReturnReview(w.TB.Context(), actstest.Platform, e.ID, internship.VerdictInput{Round: 1, Reason: reason}); err != nil {
		w.TB.Fatal(err)
	}
	return e
}

// TestReturnedRegistrationIsCorrected: the form begins with what was handed in,
// but for what is shown masked everywhere.
func TestReturnedRegistrationIsCorrected(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	const page = "/h5/resubmit"
	e := w.returned(`濮阳"示例"<b>电子</b>有限公司`, 8100, "证件不清晰</p><script>")
	w.browser().get(page).leads("/h5/login?next=%2Fh5%2Fresubmit")
	b := w.browser()
	b.logIn(e)
	if body := b.get("/h5/home").page(http.StatusOK); !strings.Contains(body, `href="/h5/resubmit"`) {
		t.Errorf("home doesn't lead there:\n%s", body)
	}
	body := b.get(page).page(http.StatusOK)
	now := e.Read()
	for _, want := range []string{"证件不清晰&lt;/p&gt;&lt;script&gt;", `value="濮阳&#34;示例&#34;&lt;b&gt;电子&lt;/b&gt;有限公司"`, `name="code" type="text"`, `value="` + e.Code + `"`,
		`name="certificate" value="` + now.Certificate + `"`, "已提交的证件继续使用", "<option selected>营业执照</option>", "<option selected>制造业</option>",
		`data-chosen="410000"`, `data-chosen="410900"`, `data-chosen="410902"`, "新华街 260 号", `value="120"`, `value="https://example.com/?a=1&amp;b=2"`,
		">电子产品\n&lt;b&gt;与&lt;/b&gt;配件</textarea>", "原来填写的是 039*****8888，请重新填写", `data-field="registrant.idNumber">`, `data-send="/api/v1/enterprise/resubmit"`} {
		if !strings.Contains(body, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if t.Failed() {
		t.Log(body)
	}
	if strings.Contains(body, "0393-8888888") || strings.Contains(body, "8888888") {
		t.Error("shows the phone number")
	}
	in := internship.ResubmissionInput{Registrant: internship.RegistrantInput{Name: "王经理", IDNumber: actstest.IDNumber(1)}, EnterpriseInput: internship.EnterpriseInput{Name: "濮阳示例电子有限公司",
		Code: e.Code, LegalPerson: "张明", CertificateKind: "营业执照", Certificate: now.Certificate, Address: actstest.Address(), Contact: "王经理", Phone: "0393-8888888", Intro: "电子"}}
	b.post("/api/v1/enterprise/resubmit", in).ok(http.StatusOK)
	if body := b.get("/h5/home").page(http.StatusOK); !strings.Contains(body, "待审核") || strings.Contains(body, page) {
		t.Errorf("home after that:\n%s", body)
	}
	if body := b.get(page).page(http.StatusOK); !strings.Contains(body, "正在等待审核") || strings.Contains(body, "<form") || strings.Contains(body, "form.js") {
		t.Errorf("what waits can be corrected:\n%s", body)
	}
	// Once more: nobody who has given the ID number is asked for it again.
	if _, err := w.Acts.ReturnReview(t.Context(), actstest.Platform, e.ID, internship.VerdictInput{Round: 2, Reason: "简介不完整"}); err != nil {
		t.Fatal(err)
	}
	body = b.get(page).page(http.StatusOK)
	if !strings.Contains(body, `data-field="registrant.idNumber" data-later hidden>`) || strings.Contains(body, actstest.IDNumber(1)) {
		t.Errorf("the ID number:\n%s", body)
	}
}

func TestNothingToCorrect(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	const page = "/h5/resubmit"
	e := w.enterprise("A")
	b := w.browser()
	b.logIn(e)
	if body := b.get(page).page(http.StatusOK); !strings.Contains(body, "已经审核通过") || strings.Contains(body, "<form") {
		t.Errorf("of one that is admitted:\n%s", body)
	}
	e.Frozen()
	if body := b.get(page).page(http.StatusOK); !strings.Contains(body, "冻结") || !strings.Contains(body, "只有被退回的登记") {
		t.Errorf("of a frozen one:\n%s", body)
	}
	colleague := w.world.account(w.enterprise("B"), "李主任", internship.HR)
	colleague.with("Cookie", "shixi_session="+strings.TrimPrefix(colleague.header.Get("Authorization"), "Bearer ")).get(page).leads("/h5/")
}

// resubmissionPages: a returned registration is corrected where it was told of;
// the certificate stays while no other is chosen.
func resubmissionPages(t *testing.T, w *pagesWorld, p *tab) {
	e := w.returned("漯河市示例食品有限公司", 8200, "简介过于简单")
	before := e.Read().Certificate
	p.before(`addEventListener('pagehide', () => sessionStorage.setItem('left', document.querySelector('form[data-send] button.main')?.disabled))`)
	p.open("/h5/login?next=/h5/home")
	p.fill("form.password", "name", e.Mobile, "password", actstest.Password)
	p.click("form.password button.main")
	p.slide(actstest.Target)
	p.isAt("/h5/home")
	p.sees("简介过于简单")
	p.shoot("home-returned")
	p.click("a[href='/h5/resubmit']")
	p.isAt("/h5/resubmit")
	p.sees("登记已退回，原因：简介过于简单")
	p.until(`document.querySelector('[name="address.county"]').value === '410902'`)
	p.shoot("resubmit")
	p.upload(emptyFile(t))
	p.sees("企业证件是空文件，请重新选择")
	p.sees("已提交的证件继续使用")
	p.fill("form", "intro", "面点与速冻食品的研发和生产", "staff", "0")
	p.click("form button.main")
	p.sees("请填写企事业单位联系电话")
	p.until(`document.activeElement.name === 'phone'`)
	p.fill("form", "phone", "0395-6666666", "staff", "130")
	p.click("form button.main")
	p.sees("登记信息需人工核实，请填写注册人身份证号")
	p.until(`document.activeElement.name === 'registrant.idNumber'`)
	p.shoot("resubmit-wrong")
	p.fill("form", "registrant.idNumber", actstest.IDNumber(1))
	p.do(chromedp.Evaluate(`(() => { const button = document.querySelector('form button.main'); button.click(); button.click(); })()`, nil))
	p.isAt("/h5/home")
	p.sees("待审核")
	p.until(`sessionStorage.getItem('left') === 'true'`)
	now := e.Read()
	if now.State != internship.UnderReview || now.Round != 2 || now.Certificate != before || now.Profile.Address.County != "410902" || now.Profile.Staff != 130 {
		t.Errorf("%+v", now)
	}

	if _, err := w.Acts.ReturnReview(t.Context(), actstest.Platform, e.ID, internship.VerdictInput{Round: 2, Reason: "证件不清晰"}); err != nil {
		t.Fatal(err)
	}
	p.open("/h5/resubmit")
	p.until(`document.querySelector('[name="address.county"]').value === '410902'`)
	p.upload(certificateFile(t))
	p.sees("已上传：营业执照.jpg")
	p.fill("form", "phone", "0395-6666666")
	p.click("form button.main")
	p.isAt("/h5/home")
	if now := e.Read(); now.Round != 3 || now.Certificate == before {
		t.Errorf("the other certificate: round %d, %s", now.Round, now.Certificate)
	}
}

package handlers_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
)

const openOther = "oTESTfollowerother0000000003"

// inWechat makes a tab a page in the WeChat of a follower.
func inWechat(openID string) chromedp.Action {
	return emulation.SetUserAgentOverride("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36 MicroMessenger/8.0 follower/" + openID)
}

// pagesWorld is a world on an address that browsers reach, at the browser's
// time: it drops cookies that are over. WeChat has a second address, for its
// page of consent and its pictures.
type pagesWorld struct {
	*wechatWorld
	at, weixin string
}

func newPagesWorld(t *testing.T) *pagesWorld {
	t.Helper()
	w := &pagesWorld{}
	weixin := httptest.NewServer(http.HandlerFunc(w.serveWeixin))
	t.Cleanup(weixin.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.at, w.weixin = "http://"+listener.Addr().String(), weixin.URL
	public, err := url.Parse(w.at)
	if err != nil {
		t.Fatal(err)
	}
	w.wechatWorld = newWechatWorld(t, func(o *handlers.Options) { o.PublicURL, o.Pictures = public, w.weixin })
	w.wechat.pictures, w.platform.open = w.weixin, w.weixin
	w.Pass(time.Since(actstest.Start))
	w.serve(listener)
	return w
}

// serveWeixin is WeChat, which knows its user by the browser.
func (w *pagesWorld) serveWeixin(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/cgi-bin/showqrcode" {
		rw.Header().Set("Content-Type", "image/jpeg")
		_, _ = rw.Write(actstest.Photo())
		return
	}
	q := r.URL.Query()
	code := path.Base(r.UserAgent()) + "#" + q.Get("state")
	http.Redirect(rw, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
}

func (w *pagesWorld) tab(browser context.Context, t *testing.T) *tab {
	t.Helper()
	return newTab(browser, t, w.at, w.weixin)
}

// TestPagesInABrowser is one test, so that there is one browser.
func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	w := newPagesWorld(t)
	for _, part := range []struct {
		name string
		try  func(*testing.T, *pagesWorld, *tab)
	}{ // the longest first
		{"API", apiPage}, {"password", passwordPages}, {"registration", registrationPages}, {"recovery", recoveryPages}, {"qr", qrPages},
		{"wechat", wechatPages}, {"sms", smsPages}, {"activation", activationPages}, {"reading", readingPages},
		{"resubmission", resubmissionPages}, {"binding", bindingPages}, {"upload", uploadPages}, {"lapsed", lapsedPages}, {"late", latePages}, {"regions", regionPages},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.try(t, w, w.tab(browser, t))
		})
	}
}

func passwordPages(t *testing.T, w *pagesWorld, p *tab) {
	e := w.enterprise("濮阳市示例电子有限公司")
	p.open("/h5/bind")
	p.sees("企事业单位登录")
	p.shoot("login")
	p.click("form.password button.main")
	p.sees("请填写账号") // without a puzzle
	p.shoot("login-wrong")
	p.fill("form.password", "name", e.Mobile, "password", "wrong")
	p.click("form.password button.main")
	p.puzzled()
	p.shoot("puzzle")
	p.slide(1)
	p.sees("滑动验证未通过")
	p.drag(actstest.Target)
	p.sees("账号或密码不正确")

	// The same by keys alone.
	p.do(empty("form.password [name=password]"), chromedp.Focus("form.password [name=password]", chromedp.ByQuery),
		chromedp.KeyEvent(actstest.Password), chromedp.KeyEvent(kb.Enter))
	p.puzzled()
	p.until(`document.activeElement === document.querySelector('#puzzle input')`)
	p.do(chromedp.KeyEvent(kb.Escape))
	p.until(`document.querySelector('#puzzle').hidden && !document.querySelector('form.password button.main').disabled`)
	p.do(chromedp.Focus("form.password button.main", chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
	p.puzzled()
	p.do(chromedp.KeyEvent(kb.Escape))
	p.until(`document.querySelector('#puzzle').hidden && document.activeElement === document.querySelector('form.password button.main')`)
	p.do(chromedp.KeyEvent(kb.Enter))
	p.puzzled()
	p.do(chromedp.Evaluate(`document.querySelector('#puzzle input').value = 136`, nil), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.Enter))
	p.isAt("/h5/bind") // where it was to go

	p.sees("绑定服务号")
	p.click(".qr button.main")
	p.sees("请用微信扫描二维码")
	p.until(`document.querySelector('.qr img').naturalWidth > 0`)
	p.shoot("bind")
	if _, err := w.Acts.Scanned(t.Context(), openOther, p.ticket()); err != nil {
		t.Fatal(err)
	}
	p.sees("绑定成功")
	p.open("/h5/home")
	p.sees("濮阳市示例电子有限公司")
	p.sees("管理微信绑定")
	p.shoot("home")
	p.open("/h5/login?next=/h5/bind")
	p.isAt("/h5/bind") // who is logged in needs no log-in page
	p.do(emulation.SetScriptExecutionDisabled(true))
	p.open("/h5/home")
	p.click("form[action='/h5/logout'] button")
	p.do(chromedp.WaitVisible("form.password", chromedp.ByQuery), emulation.SetScriptExecutionDisabled(false))
	p.open("/h5/home")
	p.isAt("/h5/login")
}

// ticket is the code that the page shows.
func (p *tab) ticket() (ticket string) {
	p.t.Helper()
	p.do(chromedp.Evaluate(`new URL(document.querySelector('.qr img').src).searchParams.get('ticket')`, &ticket))
	return ticket
}

// code reads the SMS code that a page has asked for.
func (p *tab) code(w *pagesWorld, form, mobile string) string {
	p.t.Helper()
	p.click(form + " [data-code]")
	p.slide(actstest.Target)
	p.sees("秒后重发")
	return w.ReadCode(mobile)
}

func smsPages(t *testing.T, w *pagesWorld, p *tab) {
	e := w.enterprise("安阳市示例纺织有限公司")
	p.before(`addEventListener('pagehide', () => sessionStorage.setItem('left', document.querySelector('form.code button.main')?.disabled))`)
	p.open("/h5/login")
	p.click("label[for=by-code]")
	p.click("form.code [data-code]")
	p.sees("请填写 11 位手机号")
	p.fill("form.code", "mobile", e.Mobile)
	code := p.code(w, "form.code", e.Mobile)
	p.shoot("login-sms")
	p.fill("form.code", "smsCode", "000000")
	p.click("form.code button.main")
	p.sees("验证码")
	p.fill("form.code", "smsCode", code)
	p.click("form.code button.main")
	p.isAt("/h5/home")
	p.until(`sessionStorage.getItem('left') === 'true'`) // while the next page was on its way, nobody could log in again
	p.sees("安阳市示例纺织有限公司")
}

// certificateFile is a picture of a certificate on this machine.
func certificateFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "营业执照.jpg")
	if err := os.WriteFile(file, actstest.Photo(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func registrationPages(t *testing.T, w *pagesWorld, p *tab) {
	const mobile = "13800006000"
	p.open("/h5/register")
	p.fill("[data-step='1'] form", "mobile", mobile)
	p.fill("[data-step='1'] form", "smsCode", p.code(w, "[data-step='1'] form", mobile))
	p.shoot("register-mobile")
	p.click("[data-step='1'] button.main")
	form := "[data-step='2'] form"
	p.do(chromedp.WaitVisible(form, chromedp.ByQuery))
	p.until(`document.activeElement.closest("[data-step='2']")`)
	p.click(form + " button.main")
	p.sees("请填写企事业单位名称")
	p.shoot("register-wrong")
	p.choose("address.city", "410900")
	p.choose("address.county", "410902")
	p.choose("certificateKind", "营业执照")
	p.choose("industry", "制造业")
	p.do(chromedp.SetUploadFiles(form+" input[type=file]", []string{certificateFile(t)}, chromedp.ByQuery))
	p.sees("已上传：营业执照.jpg")
	p.fill(form, "name", `濮阳市"示例"<b>食品</b>有限公司`, "code", actstest.USCC(6000)[:17]+"?", "legalPerson", "张明", "address.detail", "新华街 260 号", "contact", "王经理",
		"phone", "0393-8888888", "intro", "食品加工", "staff", "120", "registrant.name", "王经理", "password", actstest.Password)
	p.click(form + " button.main")
	p.sees("信用代码")
	p.until(`document.activeElement.name === 'code'`)
	p.fill(form, "code", actstest.USCC(6000), "intro", strings.Repeat("食", 2001), "staff", "1.5")
	p.click(form + " button.main")
	p.sees("企事业单位简介不能超过 2000 个字")
	p.until(`document.activeElement.name === 'intro'`) // above the number, which is refused first
	p.fill(form, "intro", "食品加工", "staff", "120")
	p.shoot("register")
	p.click(form + " button.main")
	p.isAt("/h5/home")
	p.sees(`濮阳市"示例"<b>食品</b>有限公司`)
	p.sees("待审核")
	p.shoot("home-waiting")
}

func activationPages(t *testing.T, w *pagesWorld, p *tab) {
	code := actstest.USCC(7000)
	entry, err := w.Acts.EnterEnterprise(t.Context(), w.School, internship.EntryInput{Name: "新乡市示例机械有限公司", Code: code})
	if err != nil {
		t.Fatal(err)
	}
	p.open("/h5/activate?code=" + code)
	p.until(`document.querySelector('[name=code]').value === '` + code + `'`)
	p.open("/h5/activate")
	p.click("button.main")
	p.sees("请填写激活码")
	p.fill("form", "code", code, "activationCode", "AAAA-BBBB-CCCC", "mobile", "13800007000", "name", "赵经理", "password", actstest.Password)
	p.click("button.main")
	p.sees("激活码不正确")
	p.shoot("activate")
	p.fill("form", "activationCode", entry.Code)
	p.click("button.main")
	p.sees("请获取并填写验证码")
	p.fill("form", "smsCode", p.code(w, "form", "13800007000"))
	p.click("button.main")
	p.sees("新乡市示例机械有限公司")
	p.sees("未完善，发布岗位前请在小程序中完善")
}

func recoveryPages(t *testing.T, w *pagesWorld, p *tab) {
	e := w.enterprise("鹤壁市示例物流有限公司")
	p.open("/h5/login")
	p.do(chromedp.Click(`//a[text()="忘记密码？"]`))
	p.isAt("/h5/reset")
	p.fill("form", "mobile", e.Mobile, "password", "weak")
	p.fill("form", "smsCode", p.code(w, "form", e.Mobile))
	p.click("button.main")
	p.sees("密码至少 8 个字符")
	p.shoot("reset")
	p.fill("form", "password", "Anders-2027")
	p.click("button.main")
	p.sees("密码已重新设置")

	const mobile = "13800005000"
	p.open("/h5/recover")
	p.fill("[data-step='1'] form", "mobile", mobile)
	p.fill("[data-step='1'] form", "smsCode", p.code(w, "[data-step='1'] form", mobile))
	p.click("[data-step='1'] button.main")
	form := "[data-step='2'] form"
	p.do(chromedp.WaitVisible(form, chromedp.ByQuery), chromedp.SetUploadFiles(form+" input[type=file]", []string{certificateFile(t)}, chromedp.ByQuery))
	p.sees("已上传")
	p.fill(form, "code", e.Code, "name", "王经理", "idNumber", actstest.IDNumber(1))
	p.shoot("recover")
	p.click(form + " button.main")
	p.sees("申请已提交")
}

func qrPages(t *testing.T, w *pagesWorld, p *tab) {
	e := w.enterprise("开封市示例旅游有限公司")
	w.follows(e, openWang)
	p.before(`const now = Date.now; Date.now = () => now() + 86400000`) // computers need not know the time
	p.open("/h5/login")
	p.click(".qr button")
	p.until(`document.querySelector('.qr img').naturalWidth > 0`)
	p.sees("请用微信扫描二维码")
	p.shoot("login-qr")
	id := strings.TrimPrefix(p.ticket(), "login_")
	w.scans(openWang, id)
	p.sees("请在手机上确认登录")
	phone := w.tab(p.browser, t)
	phone.do(inWechat(openWang))
	phone.open("/wx/qr/" + id)
	phone.sees("登录确认")
	phone.shoot("qr-confirm")
	phone.click("button.main")
	phone.sees("已确认登录")
	p.isAt("/h5/home")
	p.sees("开封市示例旅游有限公司")
	p.open("/h5/bind")
	p.do(network.ClearBrowserCookies()) // as when the session has ended
	p.click(".qr button")
	p.isAt("/h5/login")
}

func wechatPages(t *testing.T, w *pagesWorld, p *tab) {
	e := w.enterprise("商丘市示例服装有限公司")
	p.do(inWechat(openLi))
	p.open("/h5/login?next=/h5/bind")
	p.shoot("login-wechat")
	p.click("a[href^='/wx/oauth/start']")
	p.sees("该微信尚未绑定企业账号")
	p.shoot("login-unbound")
	p.fill("form.password", "name", e.Mobile, "password", actstest.Password)
	p.click("form.password button.main")
	p.slide(actstest.Target)
	p.isAt("/h5/bind")
	p.sees("微信绑定成功")
	p.shoot("bind-bound")
	if w.bound(e) != openLi {
		t.Errorf("bound %q", w.bound(e))
	}
	p.open("/h5/home")
	p.click("form[action='/h5/logout'] button")
	p.isAt("/h5/login")
	p.click("a[href^='/wx/oauth/start']")
	p.isAt("/h5/home")
	p.sees("商丘市示例服装有限公司")
}

func apiPage(_ *testing.T, _ *pagesWorld, p *tab) {
	p.open("/docs")
	p.sees("合作方接口")
	p.click("#operations-tag-登录 button")
	p.sees("/api/v1/activation")
	p.sees("企业激活")
	p.shoot("docs")
}

// readingPages are those without a form.
func readingPages(_ *testing.T, _ *pagesWorld, p *tab) {
	p.open("/join")
	p.sees("有学生推荐贵单位")
	p.shoot("join")
	p.click("a.main")
	p.isAt("/h5/register")
	p.open("/h5/help/privacy")
	p.sees("版本")
	p.shoot("help")
	p.open("/h5/nowhere")
	p.sees("页面不存在")
	p.shoot("nowhere")
}

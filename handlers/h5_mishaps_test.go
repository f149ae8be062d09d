package handlers_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	browserpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"shixi/acts/actstest"
)

// before has every page of the tab run a script first.
func (p *tab) before(script string) {
	p.t.Helper()
	p.do(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := browserpage.AddScriptToEvaluateOnNewDocument(script).Do(ctx)
		return err
	}))
}

// upload chooses a file for the only field that takes one.
func (p *tab) upload(file string) {
	p.t.Helper()
	p.do(chromedp.SetUploadFiles("input[type=file]", []string{file}, chromedp.ByQuery))
}

// latePages: a form whose script is still on its way sends nothing, above all no
// password in an address.
func latePages(_ *testing.T, _ *pagesWorld, p *tab) {
	p.do(network.SetBlockedURLs([]string{"*/form.js*"}))
	p.open("/h5/login")
	p.fill("form.password", "name", "13800000000", "password", actstest.Password)
	p.do(chromedp.KeyEvent(kb.Enter))
	p.open("/h5/help/guide") // after whatever Enter began
	var pages []*browserpage.NavigationEntry
	p.do(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		_, pages, err = browserpage.GetNavigationHistory().Do(ctx)
		return err
	}))
	for _, page := range pages {
		if strings.Contains(page.URL, "password") {
			p.t.Errorf("went to %s", page.URL)
		}
	}
}

// lapsedPages: who took longer than a pass lasts verifies the mobile again, also
// where an upload is the first to be told.
func lapsedPages(t *testing.T, _ *pagesWorld, p *tab) {
	for page, of := range map[string]string{"/h5/register": "register", "/h5/recover": "recover"} {
		p.open(page)
		p.do(chromedp.Evaluate(`sessionStorage.setItem('pass.`+of+`', 'sp_over')`, nil))
		p.open(page)
		p.do(chromedp.WaitVisible("[data-step='2'] form", chromedp.ByQuery))
		p.upload(certificateFile(t))
		p.sees("手机号验证已失效")
		p.do(chromedp.WaitVisible("[data-step='1'] [data-code]", chromedp.ByQuery))
		p.open(page) // and stays there
		p.do(chromedp.WaitVisible("[data-step='1'] [data-code]", chromedp.ByQuery))
	}
}

// emptyFile is a file with nothing in it.
func emptyFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "空.jpg")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// uploadPages: of two files the later one counts, and each refusal says what is
// wrong with the file.
func uploadPages(t *testing.T, w *pagesWorld, p *tab) {
	const mobile = "13800006001"
	p.open("/h5/register")
	p.fill("[data-step='1'] form", "mobile", mobile)
	p.fill("[data-step='1'] form", "smsCode", p.code(w, "[data-step='1'] form", mobile))
	p.click("[data-step='1'] button.main")
	p.do(chromedp.WaitVisible("[data-step='2'] form", chromedp.ByQuery))

	p.upload(emptyFile(t))
	p.sees("企业证件是空文件，请重新选择")

	first, second := certificateFile(t), filepath.Join(t.TempDir(), "副本.jpg")
	if err := os.WriteFile(second, actstest.Photo(), 0o600); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.Evaluate(`(() => { const real = fetch; let first = true; window.fetch = async (to, request) => {
		const mine = first, answer = await real(to, request);
		first = false;
		if (mine) await new Promise(on => { window.release = () => { on(); setTimeout(() => { window.released = true; }, 500); }; });
		return answer; }; })()`, nil))
	p.upload(first)
	p.until(`window.release`)
	p.upload(second)
	p.sees("已上传：副本.jpg")
	const chosen = `document.querySelector('[name=certificate]').value`
	var id, after string
	p.do(chromedp.Evaluate(chosen, &id), chromedp.Evaluate(`release()`, nil))
	p.until(`window.released`)
	p.do(chromedp.Evaluate(chosen, &after))
	if id == "" || after != id {
		t.Errorf("the form holds %s after the first file has come in, and %s before", after, id)
	}
	p.sees("已上传：副本.jpg")
}

// regionPages: places that could not be had are asked for again.
func regionPages(_ *testing.T, _ *pagesWorld, p *tab) {
	p.open("/h5/register")
	p.do(chromedp.Evaluate(`sessionStorage.setItem('pass.register', 'sp_any')`, nil), network.SetBlockedURLs([]string{"*/api/v1/regions"}))
	p.open("/h5/register")
	p.sees("网络连接失败")
	p.do(network.SetBlockedURLs(nil), chromedp.Focus("[data-region=province]", chromedp.ByQuery))
	p.choose("address.city", "410900")
}

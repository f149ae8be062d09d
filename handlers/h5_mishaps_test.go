package handlers_test

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	browserpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"shixi/acts/actstest"
)

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

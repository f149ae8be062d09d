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

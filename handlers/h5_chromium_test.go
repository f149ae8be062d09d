package handlers_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	browserpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// chromium starts a browser for a test, or skips the test where there is none:
// in CI there must be one.
func chromium(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no Chromium on PATH, and CI=true")
		}
		t.Skip("there is no Chromium on PATH: the pages are not tried in a browser")
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.WSURLReadTimeout(time.Minute),
		chromedp.Flag("lang", "zh-CN"), chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")} // nothing leaves this machine
	for _, flag := range []string{"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "no-default-browser-check", "disable-background-networking",
		"disable-component-update", "disable-sync", "disable-dev-shm-usage", "disable-extensions", "hide-scrollbars", "mute-audio",
		"disable-background-timer-throttling", "disable-backgrounding-occluded-windows", "disable-renderer-backgrounding"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		end()
		stop()
		chromedp.FromContext(ctx).Allocator.Wait()
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return ctx
}

// tab is a browser of its own, with its own cookies, as wide as a phone.
type tab struct {
	t *testing.T
	// browser is whose tab it is.
	browser context.Context
	ctx     context.Context
	at      string
	hosts   []string

	mu sync.Mutex
	// wrong is what a page must not do: fail in its script, break its policy,
	// ask another site.
	wrong []string
}

// newTab opens one for the pages at an address; their pictures may come from
// another host.
func newTab(browser context.Context, t *testing.T, at string, others ...string) *tab {
	t.Helper()
	root := cdp.WithExecutor(browser, chromedp.FromContext(browser).Browser)
	own, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(root)
	if err != nil {
		t.Fatal(err)
	}
	// Without a window of its own, newer browsers refuse the first tab.
	id, err := target.CreateTarget("about:blank").WithBrowserContextID(own).WithNewWindow(true).Do(root)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := chromedp.NewContext(browser, chromedp.WithTargetID(id))
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	p := &tab{t: t, browser: browser, ctx: ctx, at: at, hosts: append(others, at)}
	chromedp.ListenTarget(ctx, p.hear)
	p.do(haste, chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile), network.Enable(), log.Enable(), emulation.SetFocusEmulationEnabled(true))
	t.Cleanup(p.mustBehave)
	return p
}

// haste lets a page's time-outs run ten times as fast.
var haste = chromedp.ActionFunc(func(ctx context.Context) error {
	_, err := browserpage.AddScriptToEvaluateOnNewDocument(`const slow = setTimeout; window.setTimeout = (f, ms, ...more) => slow(f, ms / 10, ...more)`).Do(ctx)
	return err
})

func (p *tab) mustBehave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, wrong := range p.wrong {
		p.t.Error(wrong)
	}
}

func (p *tab) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.wrong = append(p.wrong, "script: "+e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		if strings.Contains(e.Entry.Text, "Content Security Policy") {
			p.wrong = append(p.wrong, e.Entry.Text)
		}
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil || u.Scheme != "data" && !slices.Contains(p.hosts, u.Scheme+"://"+u.Host) {
			p.wrong = append(p.wrong, "asks "+e.Request.URL)
		}
	}
}

func (p *tab) do(actions ...chromedp.Action) {
	p.t.Helper()
	if err := chromedp.Run(p.ctx, actions...); err != nil {
		var at, text string
		_ = chromedp.Run(p.ctx, chromedp.Location(&at), chromedp.Text("body", &text, chromedp.ByQuery))
		p.t.Fatalf("%v, at %s:\n%.1500s", err, at, text)
	}
}

func (p *tab) open(path string) { p.t.Helper(); p.do(chromedp.Navigate(p.at + path)) }

// fill types into fields by their names, within a form.
func (p *tab) fill(form string, fields ...string) {
	p.t.Helper()
	for i := 0; i < len(fields); i += 2 {
		selector := form + ` [name="` + fields[i] + `"]`
		p.do(chromedp.WaitVisible(selector, chromedp.ByQuery), empty(selector), chromedp.Focus(selector, chromedp.ByQuery), input.InsertText(fields[i+1]))
	}
}

func empty(selector string) chromedp.Action {
	return chromedp.Evaluate(fmt.Sprintf("document.querySelector(%q).value = ''", selector), nil)
}

func (p *tab) click(selector string) {
	p.t.Helper()
	p.do(chromedp.WaitEnabled(selector, chromedp.ByQuery), chromedp.Click(selector, chromedp.ByQuery))
}

// choose picks from a list that may still be filling.
func (p *tab) choose(name, value string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`(() => { const s = document.querySelector('select[name="%s"]'); if (!s || ![...s.options].some(o => o.value === %q)) return false;
		s.value = %q; s.dispatchEvent(new Event('change', {bubbles: true})); return true; })()`, name, value, value))
}

// until waits for a condition in the page, from whatever page it now is.
func (p *tab) until(script string) {
	p.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for holds := false; !holds; {
		err := chromedp.Run(p.ctx, chromedp.Evaluate("!!("+script+")", &holds))
		switch {
		case holds && err == nil:
			return
		case p.ctx.Err() != nil, time.Now().After(deadline):
			p.do(chromedp.ActionFunc(func(context.Context) error { return fmt.Errorf("waited for %s: %w", script, cmp.Or(err, errTooLong)) }))
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-p.ctx.Done():
		}
	}
}

var errTooLong = errors.New("too long")

// sees waits for a text.
func (p *tab) sees(text string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`document.body && document.body.innerText.includes(%q)`, text))
}

// isAt waits for a page.
func (p *tab) isAt(path string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`document.readyState === 'complete' && location.pathname === %q`, path))
}

// puzzled waits for the puzzle.
func (p *tab) puzzled() {
	p.t.Helper()
	p.until(`document.querySelector('#puzzle:not([hidden])') && !document.querySelector('#puzzle input').disabled`)
}

// slide solves the puzzle by pointer, or misses it.
func (p *tab) slide(x int) {
	p.t.Helper()
	p.puzzled()
	p.do(chromedp.Evaluate(fmt.Sprintf(`(() => { const s = document.querySelector('#puzzle input'); s.value = %d;
		s.dispatchEvent(new Event('input')); s.dispatchEvent(new Event('change')); })()`, x), nil))
}

// drag solves the puzzle as a hand does.
func (p *tab) drag(x int) {
	p.t.Helper()
	p.puzzled()
	var at []float64 // where the thumb is, and where it is to be let go
	p.do(chromedp.Evaluate(fmt.Sprintf(`(() => { const s = document.querySelector('#puzzle input'), r = s.getBoundingClientRect(), thumb = 56;
		const x = value => r.left + 1 + thumb / 2 + (value - s.min) / (s.max - s.min) * (r.width - 2 - thumb);
		return [x(s.value), x(%d), r.top + r.height / 2]; })()`, x), &at))
	mouse := func(what input.MouseType, x float64) chromedp.Action {
		return input.DispatchMouseEvent(what, x, at[2]).WithButton(input.Left).WithClickCount(1)
	}
	p.do(mouse(input.MousePressed, at[0]), mouse(input.MouseMoved, (at[0]+at[1])/2), mouse(input.MouseMoved, at[1]), mouse(input.MouseReleased, at[1]))
}

// shoot keeps a picture of the page where SHOTS names a folder.
func (p *tab) shoot(name string) {
	p.t.Helper()
	folder := os.Getenv("SHOTS")
	if folder == "" {
		return
	}
	var picture []byte
	err := chromedp.Run(p.ctx, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		picture, err = browserpage.CaptureScreenshot().WithFormat(browserpage.CaptureScreenshotFormatPng).WithCaptureBeyondViewport(true).Do(ctx)
		return err
	}))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600)
	}
	if err != nil {
		p.t.Logf("no picture %s: %v", name, err)
	}
}

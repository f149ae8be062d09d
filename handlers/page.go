package handlers

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shixi/internship"
)

// Pages are written here, in one layout and one style, and load nothing from
// another site but WeChat's picture of a QR code. What they do is in the
// scripts beside them, which call the API as any client does.
//
//go:embed h5
var pageFiles embed.FS

// pages shows all pages that people read.
type pages struct {
	templates map[string]*template.Template
	assets    map[string]asset
	policy    string
}

// view is what a page shows; Page is its template, the rest is for that.
type view struct {
	Page, Title string
	// Scripts are those that the page loads, in this order, with a space between.
	Scripts string
	// Notice is told above everything else.
	Notice string
	// Next is where a log-in leads, already checked by ownPlace.
	Next string
	// WechatLogin says that the page is open in WeChat and may log in by that.
	WechatLogin bool
	Forms       map[string][]pageField
	Me          *Me
	Standing    *Standing
	Help        template.HTML
	Version     string
	Message     page
	// Content is the page, for the layout around it.
	Content template.HTML
}

// page is the simplest one: what a person reads in the middle of WeChat's
// redirects, where a scan is to be confirmed, and where something went wrong.
type page struct {
	Title, Text string
	Rows        []pageRow
	// Answers are buttons of a form that is sent to the same address, with Key.
	Answers []pageAnswer
	Key     string
	// Link leads on.
	Link, LinkLabel string
	RequestID       string
}

type pageRow struct{ Name, Value string }

type pageAnswer struct {
	Value, Label string
	Main         bool
}

// newPages reads templates and files; pictures is the origin of QR codes,
// support whom people ask.
func newPages(pictures, support string) *pages {
	if pictures == "" {
		pictures = "https://mp.weixin.qq.com"
	}
	p := &pages{assets: map[string]asset{}, templates: map[string]*template.Template{},
		policy: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: " + pictures +
			"; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"}
	for _, name := range []string{"app.css", "api.js", "puzzle.js", "form.js", "sms.js", "upload.js", "regions.js", "qr.js", "unbind.js"} {
		p.assets[name] = newAsset(name, builtIn(pageFiles, "h5/"+name), false)
	}
	layout := template.Must(template.New("").Funcs(template.FuncMap{
		"words":   strings.Fields,
		"support": func() string { return support },
		"asset":   func(name string) string { return h5Path + "/static/" + name + "?v=" + p.assets[name].version() },
		"day":     func(t time.Time) string { return t.In(internship.Zone).Format("2006-01-02") },
	}).ParseFS(pageFiles, "h5/layout.html", "h5/field.html"))
	for _, name := range []string{"login", "register", "activate", "reset", "recover", "resubmit", "bind", "home", "help", "message"} {
		own := template.Must(layout.Clone())
		p.templates[name] = template.Must(own.New("content").Parse(string(builtIn(pageFiles, "h5/"+name+".html"))))
	}
	return p
}

// show answers with a page.
func (p *pages) show(c *fiber.Ctx, status int, v view) error {
	t := p.templates[v.Page]
	var content, out bytes.Buffer
	if err := t.ExecuteTemplate(&content, "content", v); err != nil {
		return fmt.Errorf("handlers: page %s: %w", v.Page, err)
	}
	v.Content = template.HTML(content.String()) //nolint:gosec // written by a template just now
	if err := t.ExecuteTemplate(&out, "layout", v); err != nil {
		return fmt.Errorf("handlers: page %s: %w", v.Page, err)
	}
	c.Set(fiber.HeaderContentSecurityPolicy, p.policy)
	// With "no-referrer" browsers hide also the origin of a form, and ours
	// could not be told from a foreign one.
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Status(status).Send(out.Bytes())
}

// show answers with the simplest page.
func (a *App) show(c *fiber.Ctx, status int, p page) error {
	return a.pages.show(c, status, view{Page: "message", Title: p.Title, Message: p})
}

// showError answers with the page of an error, told as everywhere else.
func (a *App) showError(c *fiber.Ctx, err error, link string) error {
	told := a.problem(c.UserContext(), err)
	told.headers(c.Set)
	p := page{Title: told.Title, Text: told.Detail, RequestID: told.RequestID}
	if link != "" {
		p.Link, p.LinkLabel = link, "重新进入"
	}
	return a.show(c, told.Status, p)
}

// noPage answers where a browser looks for a page that does not exist.
func (a *App) noPage(c *fiber.Ctx) error {
	told := a.problem(c.UserContext(), internship.ErrNotFound)
	return a.show(c, http.StatusNotFound, page{Title: "页面不存在", Text: "请检查地址，或从首页进入。", RequestID: told.RequestID, Link: homePage, LinkLabel: "去首页"})
}

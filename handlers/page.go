package handlers

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"

	"github.com/gofiber/fiber/v2"
)

//go:embed page.html
var pageText string

// page is what a person reads where no page of the client can be shown yet: in
// the middle of WeChat's redirects, and where a scan is to be confirmed.
type page struct {
	Title, Text string
	Rows        []pageRow
	// Answers are buttons of a form that is sent to the same address, with Key.
	Answers []pageAnswer
	Key     string
	// Link leads on.
	Link, LinkLabel string
	RequestID       string
	Nonce           string
}

type pageRow struct{ Name, Value string }

type pageAnswer struct {
	Value, Label string
	Main         bool
}

// pages parses the one template.
func pages() *template.Template { return template.Must(template.New("page").Parse(pageText)) }

// show answers with a page. Its style alone may run, by a nonce.
func (a *App) show(c *fiber.Ctx, status int, p page) error {
	p.Nonce = newRequestID()
	var out bytes.Buffer
	if err := a.pages.Execute(&out, p); err != nil {
		return fmt.Errorf("handlers: page: %w", err)
	}
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; style-src 'nonce-"+p.Nonce+"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
	return c.Status(status).Send(out.Bytes())
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

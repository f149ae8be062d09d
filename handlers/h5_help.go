package handlers

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"

	"github.com/gofiber/fiber/v2"
	"github.com/yuin/goldmark"
)

// helpPage shows one of the help texts, which are ours: nothing of a request
// gets into them.
func (a *App) helpPage(c *fiber.Ctx) error {
	texts, err := helpTexts()
	if err != nil {
		return a.showError(c, err, "")
	}
	for _, t := range texts {
		if t.Name != c.Params("name") {
			continue
		}
		var text bytes.Buffer
		if err := goldmark.Convert([]byte(t.Text), &text); err != nil {
			return fmt.Errorf("handlers: help %s: %w", t.Name, err)
		}
		return a.pages.show(c, http.StatusOK, view{Page: "help", Title: t.Title, Version: t.Version,
			Help: template.HTML(text.String())}) //nolint:gosec // goldmark leaves raw HTML out
	}
	return a.noPage(c)
}

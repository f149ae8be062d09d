package handlers

import (
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"
)

// addCookie gives the browser one more cookie. Fiber's Append would join it to
// the one before with a comma, and browsers read one broken cookie then.
func addCookie(c *fiber.Ctx, line string) {
	c.Response().Header.Add(fiber.HeaderSetCookie, line)
}

// severalCookies lets an operation of Huma's answer more than one cookie.
func severalCookies(ctx huma.Context, next func(huma.Context)) { next(cookieAnswer{ctx}) }

type cookieAnswer struct{ humaContext }

// AppendHeader implements huma.Context.
func (a cookieAnswer) AppendHeader(name, value string) {
	if name == fiber.HeaderSetCookie {
		addCookie(humafiber.Unwrap(a.humaContext), value)
		return
	}
	a.humaContext.AppendHeader(name, value)
}

// Unwrap lets humafiber find the context within.
func (a cookieAnswer) Unwrap() huma.Context { return a.humaContext }

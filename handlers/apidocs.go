package handlers

import (
	"embed"

	"github.com/gofiber/fiber/v2"
	swagger "github.com/swaggest/swgui/v5/static"
)

//go:embed docspage
var docsPage embed.FS

// docsPolicy lets the page of the API run its own script and ask for the
// document, and nothing else. Swagger UI sets some styles as attributes.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// docsRoutes serve a page on which the API can be read, without any other
// site: Swagger UI from its module, which carries its files packed.
func (a *App) docsRoutes() {
	index := builtIn(docsPage, "docspage/index.html")
	a.fiber.Get("/docs", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentSecurityPolicy, docsPolicy)
		c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
		return c.Send(index)
	})
	a.assets("/docs/:file", map[string]asset{
		"start.js":             newAsset("start.js", builtIn(docsPage, "docspage/start.js"), false),
		"swagger-ui.css":       newAsset("swagger-ui.css", builtIn(swagger.FS, "swagger-ui.css.gz"), true),
		"swagger-ui-bundle.js": newAsset("swagger-ui-bundle.js", builtIn(swagger.FS, "swagger-ui-bundle.js.gz"), true),
		"favicon-32x32.png":    newAsset("favicon-32x32.png", builtIn(swagger.FS, "favicon-32x32.png"), false),
	})
}

package handlers

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"shixi/internship"
)

// routes are all routes of the system, by audience.
func (a *App) routes() {
	anyone := access{}
	staff := a.staffAccess()

	// Operators and their machines.
	a.fiber.Get("/metrics", a.meter.handler())
	a.fiber.Get("/openapi.json", a.openapi)
	endpoint(a, anyone, http.MethodGet, "/livez", "live", a.live)
	endpoint(a, anyone, http.MethodGet, "/readyz", "ready", a.ready)

	_ = staff
}

// staffAccess lets the enterprise's staff in.
func (a *App) staffAccess() access {
	account := func(ctx context.Context) string { return "account:" + staffOf(ctx).AccountID }
	return access{
		security: []map[string][]string{{"bearer": {}}, {"cookie": {}}},
		guards:   []func(huma.Context, func(huma.Context)){a.signedIn},
		keyed:    []func(huma.Context, func(huma.Context)){a.once(account, false)},
		errors:   []*internship.Error{internship.ErrUnauthorized, internship.ErrForbidden},
	}
}

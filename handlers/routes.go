package handlers

import (
	"context"
	"maps"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"shixi/internship"
)

// routes are all routes of the system, by audience.
func (a *App) routes() {
	anyone := access{}
	opening := access{keyed: huma.Middlewares{a.sameOp}}
	staff := a.staffAccess()
	maps.Copy(a.docs, fileDocs())

	// Operators and their machines.
	a.fiber.Get("/metrics", a.meter.handler())
	a.fiber.Get("/openapi.json", a.openapi)
	a.docsRoutes()
	a.h5Routes()
	endpoint(a, anyone, http.MethodGet, "/livez", "live", a.live)
	endpoint(a, anyone, http.MethodGet, "/readyz", "ready", a.ready)

	// The other ends: schools, students, the province.
	a.partnerRoutes()

	// WeChat's platform.
	a.callbackRoutes()
	a.oauthRoutes()
	a.verifyRoutes()

	// Anyone: the way in, and what clients are built from.
	a.fiber.Get("/join", a.join)
	endpoint(a, opening, http.MethodPost, "/api/v1/activation", "activate", a.activate)
	endpoint(a, anyone, http.MethodPost, "/api/v1/login", "logIn", a.logIn)
	endpoint(a, opening, http.MethodPost, "/api/v1/login/sms", "logInBySMS", a.logInBySMS)
	endpoint(a, anyone, http.MethodPost, "/api/v1/login/wechat", "logInByWechat", a.logInByWechat)
	endpoint(a, anyone, http.MethodPost, "/api/v1/captcha", "puzzle", a.puzzle)
	endpoint(a, anyone, http.MethodPost, "/api/v1/captcha/solve", "solvePuzzle", a.solvePuzzle)
	endpoint(a, anyone, http.MethodPost, "/api/v1/sms-codes", "sendCode", a.sendCode)
	endpoint(a, opening, http.MethodPost, "/api/v1/password/reset", "resetPassword", a.resetPassword)
	endpoint(a, opening, http.MethodPost, "/api/v1/recoveries/pass", "admitRecovery", a.admit(internship.CodeForRecovery))
	endpoint(a, a.passAccess(), http.MethodPost, "/api/v1/recoveries", "recover", a.recover)
	endpoint(a, opening, http.MethodPost, "/api/v1/registration/pass", "admitRegistrant", a.admit(internship.CodeForRegister))
	endpoint(a, anyone, http.MethodPost, "/api/v1/login/phone", "logInByPhone", a.logInByPhone)
	endpoint(a, anyone, http.MethodPost, "/api/v1/login/qr", "loginQR", a.loginQR)
	endpoint(a, anyone, http.MethodGet, "/api/v1/login/qr/{id}", "pollQR", a.pollQR)
	endpoint(a, anyone, http.MethodGet, "/api/v1/jssdk", "signJS", a.signJS)
	uploadEndpoint(a, a.passAccess(), "/api/v1/registration/files", "uploadWithPass", passTokenOf, a.uploadWithPass)
	endpoint(a, a.passAccess(), http.MethodPost, "/api/v1/registration", "register", a.register)
	endpoint(a, anyone, http.MethodGet, "/api/v1/forms", "definitions", a.definitions)
	publish(a, "/api/v1/regions", "regions", regions)
	a.helpRoutes()

	// The enterprise's staff, in the mini-program and on H5 pages.
	endpoint(a, staff, http.MethodPost, "/api/v1/logout", "logOut", a.logOut)
	endpoint(a, staff, http.MethodGet, "/api/v1/sessions", "listSessions", a.listSessions)
	endpoint(a, staff, http.MethodDelete, "/api/v1/sessions/{id}", "endSession", a.endSession)
	endpoint(a, staff, http.MethodDelete, "/api/v1/sessions", "endOthers", a.endOthers)
	endpoint(a, staff, http.MethodPut, "/api/v1/me/password", "changePassword", a.changePassword)
	endpoint(a, staff, http.MethodPut, "/api/v1/me/mobile", "changeMobile", a.changeMobile)
	endpoint(a, staff, http.MethodGet, "/api/v1/accounts", "listAccounts", a.listAccounts)
	endpoint(a, staff, http.MethodPost, "/api/v1/accounts", "addAccount", a.addAccount)
	endpoint(a, staff, http.MethodPut, "/api/v1/accounts/{id}", "editAccount", a.editAccount)
	endpoint(a, staff, http.MethodDelete, "/api/v1/accounts/{id}", "removeAccount", a.removeAccount)
	endpoint(a, staff, http.MethodGet, "/api/v1/me", "me", a.me)
	endpoint(a, staff, http.MethodGet, "/api/v1/enterprise", "readEnterprise", a.readEnterprise)
	endpoint(a, staff, http.MethodPut, "/api/v1/enterprise", "completeProfile", a.completeProfile)
	endpoint(a, staff, http.MethodPost, "/api/v1/enterprise/resubmit", "resubmitRegistration", a.resubmitRegistration)
	endpoint(a, staff, http.MethodPost, "/api/v1/enterprise/change", "requestChange", a.requestChange)
	endpoint(a, staff, http.MethodDelete, "/api/v1/enterprise/change", "withdrawChange", a.withdrawChange)
	endpoint(a, staff, http.MethodPost, "/api/v1/bindings/follower", "bindFollower", a.bindFollower)
	endpoint(a, staff, http.MethodGet, "/api/v1/bindings", "bindings", a.bindings)
	endpoint(a, staff, http.MethodDelete, "/api/v1/bindings/follower", "unbindFollower", a.unbindFollower)
	endpoint(a, staff, http.MethodDelete, "/api/v1/bindings/mini-program", "unbindMiniProgram", a.unbindMiniProgram)

	endpoint(a, staff, http.MethodPost, "/api/v1/positions", "createPosition", a.createPosition)
	endpoint(a, staff, http.MethodGet, "/api/v1/positions", "listPositions", a.listPositions)
	endpoint(a, staff, http.MethodGet, "/api/v1/positions/{id}", "readPosition", a.readPosition)
	endpoint(a, staff, http.MethodPut, "/api/v1/positions/{id}", "editPosition", a.editPosition)
	endpoint(a, staff, http.MethodPost, "/api/v1/positions/{id}/publish", "publishPosition", a.publishPosition)
	endpoint(a, staff, http.MethodPost, "/api/v1/positions/{id}/end-recruiting", "endRecruiting", a.endRecruiting)
	endpoint(a, staff, http.MethodPost, "/api/v1/positions/{id}/close", "closePosition", a.closePosition)
	endpoint(a, staff, http.MethodDelete, "/api/v1/positions/{id}", "deletePosition", a.deletePosition)

	endpoint(a, staff, http.MethodGet, "/api/v1/placements", "listPlacements", a.listPlacements)
	endpoint(a, staff, http.MethodGet, "/api/v1/placements/{id}", "readPlacement", a.readPlacement)
	endpoint(a, staff, http.MethodPost, "/api/v1/placements/accept", "acceptPlacements", a.acceptPlacements)
	endpoint(a, staff, http.MethodPost, "/api/v1/placements/refuse", "refusePlacements", a.refusePlacements)

	uploadEndpoint(a, staff, "/api/v1/files", "uploadFile", accountScope, a.uploadFile)
	downloadEndpoint(a, staff, "/api/v1/files/{id}", "readFile", a.readFile)

	endpoint(a, staff, http.MethodGet, "/api/v1/notices", "listNotices", a.listNotices)
	endpoint(a, staff, http.MethodPost, "/api/v1/notices/read", "readNotices", a.readNotices)
}

// staffAccess lets the enterprise's staff in.
func (a *App) staffAccess() access {
	return access{
		security: []map[string][]string{{"bearer": {}}, {"cookie": {}}},
		guards:   huma.Middlewares{a.signedIn},
		keyed:    huma.Middlewares{a.once(accountScope, false)},
		errors:   []*internship.Error{internship.ErrUnauthorized, internship.ErrForbidden},
	}
}

// accountScope names whose idempotency keys they are.
func accountScope(ctx context.Context) string { return "account:" + staffOf(ctx).AccountID }

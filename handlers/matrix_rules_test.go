package handlers_test

import (
	"maps"

	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
)

// What an enterprise's state forbids (domain.md §2.1, §2.2, G-03): only 正常 publishes, accepts and is applied to; what it
// writes down, corrects and ends is in its own hands, but for the blacklist and 注销.
var (
	onlyActive = map[string]any{internship.Entered: internship.ErrFrozen, internship.UnderReview: internship.ErrFrozen, internship.Returned: internship.ErrFrozen,
		internship.Frozen: internship.ErrFrozen, internship.Blacklisted: internship.ErrBlacklisted, internship.Cancelled: internship.ErrFrozen}
	onlyActiveRows = map[string]any{internship.Entered: row{internship.ErrFrozen}, internship.UnderReview: row{internship.ErrFrozen}, internship.Returned: row{internship.ErrFrozen},
		internship.Frozen: row{internship.ErrFrozen}, internship.Blacklisted: row{internship.ErrBlacklisted}, internship.Cancelled: row{internship.ErrFrozen}}
	written = map[string]any{internship.Blacklisted: internship.ErrBlacklisted, internship.Cancelled: internship.ErrFrozen}
	// inLibrary: 正常 and 冻结 add staff.
	inLibrary = map[string]any{internship.Entered: internship.ErrFrozen, internship.UnderReview: internship.ErrFrozen, internship.Returned: internship.ErrFrozen,
		internship.Blacklisted: internship.ErrBlacklisted, internship.Cancelled: internship.ErrFrozen}
	// shownToStudents: 冻结 hides. In the other states there is no published position: none may be published, and what
	// leads there from 正常 closes all.
	shownToStudents = map[string]any{internship.Frozen: internship.ErrNotFound, internship.Entered: nil, internship.UnderReview: nil, internship.Returned: nil,
		internship.Blacklisted: nil, internship.Cancelled: nil}
)

// from are the states that an act starts from; in all others it is refused, to its enterprise by the blacklist first.
func from(ours bool, states ...string) map[string]any {
	out := map[string]any{}
	for _, s := range []string{internship.Entered, internship.UnderReview, internship.Returned, internship.Active, internship.Frozen, internship.Blacklisted, internship.Cancelled} {
		out[s] = internship.ErrWrongState
		if ours && s == internship.Blacklisted {
			out[s] = internship.ErrBlacklisted
		}
	}
	for _, s := range states {
		delete(out, s)
	}
	return out
}

// and adds what states do otherwise.
func and(in map[string]any, state string, outcome any) map[string]any {
	out := maps.Clone(in)
	out[state] = outcome
	return out
}

// at is a question without a body.
func at(path string) func(*stage, int) (string, any) {
	return func(*stage, int) (string, any) { return path, nil }
}

// with is a question with one.
func with(path string, body any) func(*stage, int) (string, any) {
	return func(*stage, int) (string, any) { return path, body }
}

// onPosition and onPlacement are questions about one of the enterprise's.
func onPosition(list func(*stage) []*internship.Position, act string, body any) func(*stage, int) (string, any) {
	return func(s *stage, n int) (string, any) { return "/api/v1/positions/" + list(s)[n%2].ID + act, body }
}

// pages are the routes that are not in the documentation: what everybody gets, whoever it is.
func pages() map[string]page {
	const qr = "/wx/qr/MZXW6YTBOI5DQ2LBNRUXG2LUN5"
	return map[string]page{
		"GET /metrics": {"/metrics", 200}, "GET /openapi.json": {"/openapi.json", 200}, // closed at the load balancer, where that is wanted
		"GET /join": {"/join", 200}, "GET /MP_verify_ABCDEFGHIJKLMNOP.txt": {"/MP_verify_ABCDEFGHIJKLMNOP.txt", 200},
		"GET /wx/oauth/start": {"/wx/oauth/start", 302}, "GET /wx/oauth/callback": {"/wx/oauth/callback?code=x&state=y", 403},
		"GET /wx/qr/{id}": {qr, 302}, "POST /wx/qr/{id}": {qr, 403},
		"GET /wx/callback/oa": {"/wx/callback/oa", 403}, "POST /wx/callback/oa": {"/wx/callback/oa", 403},
		"GET /wx/callback/mp": {"/wx/callback/mp", 403}, "POST /wx/callback/mp": {"/wx/callback/mp", 403},
		// Pages know people by the cookie alone, see TestPagesKeepToTheirPolicy and TestLogOutIsOurOwnFormOnly.
		"GET /": {"/", 302}, "GET /h5": {"/h5", 302}, "GET /h5/login": {"/h5/login", 200}, "GET /h5/register": {"/h5/register", 200}, "GET /h5/activate": {"/h5/activate", 200},
		"GET /h5/reset": {"/h5/reset", 200}, "GET /h5/recover": {"/h5/recover", 200}, "GET /h5/help/{name}": {"/h5/help/privacy", 200},
		"GET /h5/home": {"/h5/home", 302}, "GET /h5/bind": {"/h5/bind", 302}, "GET /h5/resubmit": {"/h5/resubmit", 302}, "POST /h5/logout": {"/h5/logout", 403},
		"GET /h5/static/{file}": {"/h5/static/app.css", 200}, "GET /h5/*": {"/h5/nowhere", 404},
		"GET /docs": {"/docs", 200}, "GET /docs/{file}": {"/docs/start.js", 200},
	}
}

func rulesOfRoutes() map[string]rule {
	all := map[string]rule{}
	for _, part := range []map[string]rule{openRules(), ownRules(), positionRules(), schoolRules(), studentRules(), platformRules()} {
		maps.Copy(all, part)
	}
	return all
}

// openRules are the doors: everybody may knock. An empty form is refused as such, which shows that no more is asked for.
func openRules() map[string]rule {
	form := func(path string, gives any) rule {
		return rule{who: everybody, ask: with(path, map[string]any{}), gives: gives}
	}
	page := func(path string, gives any) rule { return rule{who: everybody, ask: at(path), gives: gives} }
	wrong := internship.ErrInvalid
	return map[string]rule{
		"GET /livez": page("/livez", 200), "GET /readyz": page("/readyz", 200),
		"GET /api/v1/forms": page("/api/v1/forms", 200), "GET /api/v1/regions": page("/api/v1/regions", 200),
		"GET /api/v1/help": page("/api/v1/help", 200), "GET /api/v1/help/{name}": page("/api/v1/help/none", internship.ErrNotFound),
		"GET /api/v1/jssdk":              page("/api/v1/jssdk?url=https://shixi.test/h5/", 200),
		"POST /api/v1/captcha":           page("/api/v1/captcha", 201),
		"POST /api/v1/login/qr":          page("/api/v1/login/qr", 200),
		"GET /api/v1/login/qr/{id}":      page("/api/v1/login/qr/MZXW6YTBOI5DQ2LBNRUXG2LUN5", internship.ErrNotFound),
		"POST /api/v1/activation":        form("/api/v1/activation", wrong),
		"POST /api/v1/captcha/solve":     {who: everybody, ask: with("/api/v1/captcha/solve", handlers.Solution{Token: "x", X: 1}), gives: internship.ErrCaptcha},
		"POST /api/v1/login":             form("/api/v1/login", wrong),
		"POST /api/v1/login/sms":         form("/api/v1/login/sms", wrong),
		"POST /api/v1/login/wechat":      form("/api/v1/login/wechat", wrong),
		"POST /api/v1/login/phone":       form("/api/v1/login/phone", wrong),
		"POST /api/v1/sms-codes":         form("/api/v1/sms-codes", wrong),
		"POST /api/v1/password/reset":    form("/api/v1/password/reset", wrong),
		"POST /api/v1/recoveries/pass":   form("/api/v1/recoveries/pass", wrong),
		"POST /api/v1/registration/pass": form("/api/v1/registration/pass", wrong),
		// A pass is for one purpose.
		"POST /api/v1/registration/files": {who: admitted, ask: with("/api/v1/registration/files", photo()), gives: 201},
		"POST /api/v1/registration": {who: admitted, ask: func(s *stage, _ int) (string, any) { return "/api/v1/registration", s.registration },
			gives: internship.ErrRegistered, by: map[string]any{"claimant": internship.ErrPass},
			in: map[string]any{internship.Entered: internship.ErrEntered, internship.Blacklisted: internship.ErrBlacklisted}},
		"POST /api/v1/recoveries": {who: admitted, ask: func(s *stage, _ int) (string, any) { return "/api/v1/recoveries", s.recovery },
			gives: 202, by: map[string]any{"applicant": internship.ErrPass}},
	}
}

// ownRules are what people do for themselves, and with the enterprise as a whole.
func ownRules() map[string]rule {
	own := func(path string) rule { return rule{who: staff, ask: at(path)} }
	unbind := func(path string) rule { return rule{who: staff, ask: at(path), gives: 204} }
	account := func(x func(*stage) *internship.Account, body any) func(*stage, int) (string, any) {
		return func(s *stage, _ int) (string, any) { return "/api/v1/accounts/" + x(s).ID, body }
	}
	core := func(s *stage, _ int) (string, any) {
		return "/api/v1/enterprise/change", internship.ChangeInput{CertificateKind: "营业执照", Certificate: s.certificate, Name: "新名称", Code: s.e.Code, LegalPerson: "李四"}
	}
	plain := func(s *stage, _ int) { s.set(nil) }
	changing := func(s *stage, _ int) {
		s.set(func(e *internship.Enterprise) { e.Waiting = &internship.CoreChange{Core: e.Core(), At: s.Now()} })
	}
	return map[string]rule{
		"GET /api/v1/me": own("/api/v1/me"), "GET /api/v1/enterprise": own("/api/v1/enterprise"), "GET /api/v1/sessions": own("/api/v1/sessions"),
		"GET /api/v1/bindings": own("/api/v1/bindings"), "GET /api/v1/notices": own("/api/v1/notices"),
		"POST /api/v1/notices/read":            {who: staff, ask: with("/api/v1/notices/read", ids("psh_1")), gives: 200},
		"POST /api/v1/bindings/follower":       own("/api/v1/bindings/follower"),
		"DELETE /api/v1/bindings/follower":     unbind("/api/v1/bindings/follower"),
		"DELETE /api/v1/bindings/mini-program": unbind("/api/v1/bindings/mini-program"),
		"PUT /api/v1/me/password":              {who: staff, ask: with("/api/v1/me/password", map[string]any{}), gives: internship.ErrInvalid},
		"PUT /api/v1/me/mobile":                {who: staff, ask: with("/api/v1/me/mobile", map[string]any{}), gives: internship.ErrInvalid},
		"POST /api/v1/logout":                  {who: staff, ask: at("/api/v1/logout"), gives: 204},
		"DELETE /api/v1/sessions":              {who: staff, ask: at("/api/v1/sessions"), gives: 204},
		"DELETE /api/v1/sessions/{id}": {who: staff, ask: func(s *stage, n int) (string, any) { return "/api/v1/sessions/" + s.further[n], nil }, gives: 204,
			prepare: func(s *stage, _ int) { s.moreSessions() }},

		"GET /api/v1/accounts": {who: managers, ask: at("/api/v1/accounts")},
		"POST /api/v1/accounts": {who: owners, gives: 201, in: inLibrary, ask: func(s *stage, _ int) (string, any) {
			return "/api/v1/accounts", internship.AccountInput{Name: "李专员", Mobile: s.mobile(), Role: "hr"}
		}},
		"PUT /api/v1/accounts/{id}":    {who: owners, ask: account(func(s *stage) *internship.Account { return s.colleague }, internship.RoleInput{Name: "赵师傅", Role: "hr"})},
		"DELETE /api/v1/accounts/{id}": {who: owners, ask: account(func(s *stage) *internship.Account { return s.leaver }, nil), gives: 204},

		"PUT /api/v1/enterprise": {who: owners, prepare: plain, in: from(true, internship.Active, internship.Frozen), ask: with("/api/v1/enterprise",
			internship.ProfileInput{LegalPerson: "张明", Contact: "李工", Phone: "0393-6666666", Intro: "研发", Industry: "制造业", Staff: 120, Address: actstest.Address()})},
		"POST /api/v1/enterprise/resubmit": {who: owners, prepare: plain, in: from(true, internship.Returned),
			ask: func(s *stage, _ int) (string, any) { return "/api/v1/enterprise/resubmit", s.resubmission }},
		"POST /api/v1/enterprise/change":   {who: owners, prepare: plain, in: from(true, internship.Active), ask: core, strange: func(s *stage) (string, any) { return core(s, 0) }, shows: internship.ErrInvalid},
		"DELETE /api/v1/enterprise/change": {who: owners, prepare: changing, in: from(true, internship.Active, internship.Frozen), ask: at("/api/v1/enterprise/change")},

		"POST /api/v1/files":     {who: managers, ask: with("/api/v1/files", photo()), gives: 201},
		"GET /api/v1/files/{id}": {who: managers, ask: func(s *stage, _ int) (string, any) { return "/api/v1/files/" + s.certificate, nil }},
	}
}

// positionRules are the enterprise's positions and the students who sign up.
func positionRules() map[string]rule {
	position := func(s *stage, _ int) (string, any) { return "/api/v1/positions/" + s.shown.ID, nil }
	terms := func(s *stage) any { return s.e.Terms("焊工", 9) }
	rows := func(act string, list func(*stage) []*internship.Placement) func(*stage, int) (string, any) {
		return func(s *stage, n int) (string, any) { return "/api/v1/placements/" + act, ids(list(s)[n%2].ID) }
	}
	accept := rows("accept", func(s *stage) []*internship.Placement { return s.waiting })
	refuse := rows("refuse", func(s *stage) []*internship.Placement { return s.refusable })
	return map[string]rule{
		"GET /api/v1/positions":      {who: managers, ask: at("/api/v1/positions")},
		"GET /api/v1/positions/{id}": {who: managers, ask: position},
		"POST /api/v1/positions": {who: managers, gives: 201, in: written, ask: func(s *stage, _ int) (string, any) { return "/api/v1/positions", terms(s) },
			strange: func(s *stage) (string, any) { return "/api/v1/positions", terms(s) }, shows: internship.ErrInvalid}, // another's file
		"PUT /api/v1/positions/{id}": {who: managers, in: written, ask: func(s *stage, n int) (string, any) { return "/api/v1/positions/" + s.drafts[n%2].ID, terms(s) },
			strange: func(s *stage) (string, any) { return "/api/v1/positions/" + s.shown.ID, actstest.Terms("电工", 9) }},
		"POST /api/v1/positions/{id}/publish": {who: managers, in: onlyActive,
			ask: onPosition(func(s *stage) []*internship.Position { return s.drafts }, "/publish", actstest.Publication())},
		"POST /api/v1/positions/{id}/end-recruiting": {who: managers, ask: onPosition(func(s *stage) []*internship.Position { return s.ending }, "/end-recruiting", nil)},
		"POST /api/v1/positions/{id}/close":          {who: managers, ask: onPosition(func(s *stage) []*internship.Position { return s.closing }, "/close", nil)},
		"DELETE /api/v1/positions/{id}": {who: managers, gives: 204, ask: func(s *stage, n int) (string, any) {
			return "/api/v1/positions/" + append(s.unwanted, s.shown)[n].ID, nil
		}}, // whoever may not is not told that somebody applied

		"GET /api/v1/placements":      {who: managers, ask: at("/api/v1/placements")},
		"GET /api/v1/placements/{id}": {who: managers, ask: func(s *stage, _ int) (string, any) { return "/api/v1/placements/" + s.applied.ID, nil }},
		"POST /api/v1/placements/accept": {who: managers, ask: accept, gives: row{}, in: onlyActiveRows,
			strange: func(s *stage) (string, any) { return accept(s, 0) }, shows: row{internship.ErrNotFound}},
		"POST /api/v1/placements/refuse": {who: managers, ask: refuse, gives: row{},
			strange: func(s *stage) (string, any) { return refuse(s, 0) }, shows: row{internship.ErrNotFound}},
	}
}

// schoolRules are a school's own, its students' and the enterprises that it recommends.
func schoolRules() map[string]rule {
	of := func(n int, act string, body any) func(*stage, int) (string, any) {
		return func(s *stage, _ int) (string, any) { return "/partner/v1/placements/" + s.approvable[n].ID + act, body }
	}
	list := func(path string) rule { return rule{who: schools, ask: at(path)} }
	return map[string]rule{
		"PUT /partner/v1/school":            {who: schools, ask: with("/partner/v1/school", internship.SchoolInput{Name: "郑州市某职业学校"})},
		"PUT /partner/v1/plans/{number}":    {who: schools, ask: with("/partner/v1/plans/2026-1", planInput()), each: true}, // each its own of that number
		"PUT /partner/v1/students/{number}": {who: schools, ask: with("/partner/v1/students/X1", studentInput(77)), each: true},
		"GET /partner/v1/plans":             list("/partner/v1/plans"), "GET /partner/v1/students": list("/partner/v1/students"),
		"GET /partner/v1/enterprises": list("/partner/v1/enterprises"), "GET /partner/v1/positions": list("/partner/v1/positions"),
		"GET /partner/v1/placements": list("/partner/v1/placements"),
		"POST /partner/v1/enterprises": {who: schools, gives: internship.ErrAlreadyEnterHere, in: map[string]any{internship.Blacklisted: internship.ErrBlacklisted},
			ask: func(s *stage, _ int) (string, any) {
				return "/partner/v1/enterprises", internship.EntryInput{Name: "A", Code: s.e.Code}
			}},
		"POST /partner/v1/enterprises/{id}/activation-code": {who: schools, prepare: func(s *stage, _ int) { s.set(nil) },
			in: and(from(true, internship.Entered), internship.Active, internship.ErrAlreadyActive),
			ask: func(s *stage, _ int) (string, any) {
				return "/partner/v1/enterprises/" + s.e.ID + "/activation-code", nil
			}},
		"GET /partner/v1/positions/{id}": {who: schools, in: shownToStudents,
			ask: func(s *stage, _ int) (string, any) { return "/partner/v1/positions/" + s.recruiting[0].ID, nil }},
		"GET /partner/v1/placements/{id}":          {who: schools, ask: of(0, "", nil)},
		"POST /partner/v1/placements/{id}/approve": {who: schools, ask: of(0, "/approve", nil)},
		"POST /partner/v1/placements/{id}/object":  {who: schools, ask: of(1, "/object", handlers.Objection{Reason: "不符"})},
		"POST /partner/v1/placements/{id}/cancel":  {who: schools, ask: of(2, "/cancel", handlers.Cancellation{})},
		"GET /partner/v1/events":                   {who: partnering, ask: at("/partner/v1/events")},
		// The plan of a position is for those to whose students it is shown, and the platform.
		"GET /partner/v1/files/{id}": {who: partnering, ask: func(s *stage, _ int) (string, any) { return "/partner/v1/files/" + s.plan, nil }},
	}
}

// studentRules are the students' app's, for one student at a time.
func studentRules() map[string]rule {
	of := func(rest string) func(*stage, int) (string, any) {
		return func(s *stage, _ int) (string, any) { return "/partner/v1/students/" + s.chooser.Student.ID + rest, nil }
	}
	offer := func(student string, s *stage) (string, any) {
		return "/partner/v1/students/" + student + "/positions/" + s.recruiting[0].ID, nil
	}
	mine := func(act string, body any) func(*stage, int) (string, any) {
		return func(s *stage, _ int) (string, any) { return applications(s.chooser, "/", s.applied.ID, act), body }
	}
	theirs := func(act string, body any) func(*stage) (string, any) {
		return func(s *stage) (string, any) { return applications(s.elsewhere, "/", s.applied.ID, act), body }
	}
	return map[string]rule{
		"GET /partner/v1/students/{studentId}/plans":     {who: studentApp, ask: of("/plans")},
		"GET /partner/v1/students/{studentId}/positions": {who: studentApp, ask: of("/positions")},
		"GET /partner/v1/students/{studentId}/positions/{id}": {who: studentApp, in: shownToStudents,
			ask: func(s *stage, _ int) (string, any) { return offer(s.chooser.Student.ID, s) }, strange: func(s *stage) (string, any) { return offer(s.foreigner, s) }},
		"GET /partner/v1/students/{studentId}/applications": {who: studentApp, ask: of("/applications"), shows: 200},
		"POST /partner/v1/students/{studentId}/applications": {who: studentApp, gives: 201, in: onlyActive,
			ask: func(s *stage, _ int) (string, any) { return applications(s.elsewhere), s.application(s.recruiting[0]) }},
		"GET /partner/v1/students/{studentId}/applications/{id}": {who: studentApp, ask: mine("", nil), strange: theirs("", nil)},
		"POST /partner/v1/students/{studentId}/applications/{id}/reconfirm": {who: studentApp, ask: mine("/reconfirm", edition(1)), strange: theirs("/reconfirm", edition(1)),
			gives: internship.ErrWrongState}, // there is nothing to confirm
		"POST /partner/v1/students/{studentId}/applications/{id}/withdraw": {who: studentApp, ask: mine("/withdraw", nil), strange: theirs("/withdraw", nil)},
		"POST /partner/v1/students/{studentId}/nominations": {who: studentApp, gives: 201,
			ask: func(s *stage, _ int) (string, any) {
				return "/partner/v1/students/" + s.chooser.Student.ID + "/nominations", nominationInput(1)
			}},
	}
}

// platformRules are the province's.
func platformRules() map[string]rule {
	of := func(act string, body any, states map[string]any, changes func(*internship.Enterprise)) rule {
		return rule{who: province, in: states, prepare: func(s *stage, _ int) { s.set(changes) },
			ask: func(s *stage, _ int) (string, any) { return review(s.e.ID, act), body }}
	}
	claim := func(n int, act string, body any) func(*stage, int) (string, any) {
		return func(s *stage, _ int) (string, any) { return "/partner/v1/recoveries/" + s.recoveries[n] + act, body }
	}
	round, verdict := internship.PassRoundInput{Round: 1}, internship.VerdictInput{Round: 1, Reason: "不清晰"}
	waiting := func(e *internship.Enterprise) {
		e.Waiting = &internship.CoreChange{Core: e.Core(), Registry: &internship.RegistryCheck{Outcome: internship.RegistryMatch}}
	}
	return map[string]rule{
		"GET /partner/v1/reviews":                     {who: province, ask: at("/partner/v1/reviews")},
		"GET /partner/v1/reviews/{id}":                of("", nil, nil, nil),
		"POST /partner/v1/reviews/{id}/pass":          of("/pass", round, from(false, internship.UnderReview), nil),
		"POST /partner/v1/reviews/{id}/return":        of("/return", verdict, from(false, internship.UnderReview), nil),
		"POST /partner/v1/reviews/{id}/change/pass":   of("/change/pass", round, from(false, internship.Active), waiting),
		"POST /partner/v1/reviews/{id}/change/return": of("/change/return", verdict, from(false, internship.Active), waiting),
		"POST /partner/v1/reviews/{id}/freeze":        of("/freeze", reason("调查"), from(false, internship.Active), nil),
		"POST /partner/v1/reviews/{id}/lift":          of("/lift", nil, from(false, internship.Frozen), nil),
		"POST /partner/v1/reviews/{id}/resend":        of("/resend", nil, and(from(false, internship.Entered), internship.UnderReview, internship.ErrRegistered), nil),
		"POST /partner/v1/reviews/{id}/reveal":        of("/reveal", reason("核实"), map[string]any{internship.Cancelled: internship.ErrWrongState}, nil),
		"GET /partner/v1/recoveries":                  {who: province, ask: at("/partner/v1/recoveries")},
		"GET /partner/v1/recoveries/{id}":             {who: province, ask: claim(0, "", nil)},
		"POST /partner/v1/recoveries/{id}/approve":    {who: province, ask: claim(0, "/approve", nil), gives: internship.ErrNothingToGive}, // no enterprise has the code
		"POST /partner/v1/recoveries/{id}/refuse":     {who: province, ask: claim(1, "/refuse", reason("证件与企业不符"))},
	}
}

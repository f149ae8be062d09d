package handlers

import (
	"context"
	"maps"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"

	"shixi/acts"
	"shixi/handlers/partnerapi"
	"shixi/internship"
)

const tagPartner = "合作方接口"

const aboutPartners = "供学校端、学生端和省级平台的系统调用。每个请求须带四个签名请求头：" +
	"X-Partner-Signature = 以密钥对下列五行（以 \\n 连接）计算的 HMAC-SHA256，十六进制：请求方法、带原始查询串的路径、" +
	"请求体的 SHA-256（十六进制）、X-Partner-Timestamp、X-Partner-Nonce。时间戳与服务器相差不超过 300 秒，随机串只能使用一次。" +
	"重新提交同一请求时更换时间戳和随机串，保留 Idempotency-Key。" +
	"事件可以读取，也可以由系统推送，见「推送事件」。"

// partnerRoutes are the routes of the other ends: schools, the students' app,
// the province (design.md §6).
func (a *App) partnerRoutes() {
	maps.Copy(a.docs, partnerDocs())
	a.documentSignature()
	school := a.partnerAccess(internship.BySchool)
	student := a.partnerAccess(internship.ByStudent)
	platform := a.partnerAccess(internship.ByPlatform)
	every := a.partnerAccess(internship.BySchool, internship.ByStudent, internship.ByPlatform)

	// Schools, under their own key.
	endpoint(a, school, http.MethodPut, "/partner/v1/school", "putSchool", a.putSchool)
	endpoint(a, school, http.MethodPut, "/partner/v1/plans/{number}", "putPlan", a.putPlan)
	endpoint(a, school, http.MethodGet, "/partner/v1/plans", "listPlans", a.listPlans)
	endpoint(a, school, http.MethodPut, "/partner/v1/students/{number}", "putStudent", a.putStudent)
	endpoint(a, school, http.MethodGet, "/partner/v1/students", "listStudents", a.listStudents)
	endpoint(a, school, http.MethodPost, "/partner/v1/enterprises", "enterEnterprise", a.enterEnterprise)
	endpoint(a, school, http.MethodGet, "/partner/v1/enterprises", "listEnterprises", a.listEnterprises)
	endpoint(a, school, http.MethodPost, "/partner/v1/enterprises/{id}/activation-code", "renewCode", a.renewCode)
	endpoint(a, school, http.MethodGet, "/partner/v1/positions", "listSchoolOffers", a.listSchoolOffers)
	endpoint(a, school, http.MethodGet, "/partner/v1/positions/{id}", "readSchoolOffer", a.readSchoolOffer)
	endpoint(a, school, http.MethodGet, "/partner/v1/placements", "listSchoolPlacements", a.listSchoolPlacements)
	endpoint(a, school, http.MethodGet, "/partner/v1/placements/{id}", "readSchoolPlacement", a.readSchoolPlacement)
	endpoint(a, school, http.MethodPost, "/partner/v1/placements/{id}/approve", "approvePlacement", a.approvePlacement)
	endpoint(a, school, http.MethodPost, "/partner/v1/placements/{id}/object", "objectPlacement", a.objectPlacement)
	endpoint(a, school, http.MethodPost, "/partner/v1/placements/{id}/cancel", "cancelPlacement", a.cancelPlacement)

	// The students' app, for one student at a time.
	endpoint(a, student, http.MethodGet, "/partner/v1/students/{studentId}/plans", "listStudentPlans", a.listStudentPlans)
	endpoint(a, student, http.MethodGet, "/partner/v1/students/{studentId}/positions", "listOffers", a.listOffers)
	endpoint(a, student, http.MethodGet, "/partner/v1/students/{studentId}/positions/{id}", "readOffer", a.readOffer)
	endpoint(a, student, http.MethodPost, "/partner/v1/students/{studentId}/applications", "apply", a.apply)
	endpoint(a, student, http.MethodGet, "/partner/v1/students/{studentId}/applications", "listApplications", a.listApplications)
	endpoint(a, student, http.MethodGet, "/partner/v1/students/{studentId}/applications/{id}", "readApplication", a.readApplication)
	endpoint(a, student, http.MethodPost, "/partner/v1/students/{studentId}/applications/{id}/withdraw", "withdraw", a.withdraw)
	endpoint(a, student, http.MethodPost, "/partner/v1/students/{studentId}/applications/{id}/reconfirm", "reconfirm", a.reconfirm)
	endpoint(a, student, http.MethodPost, "/partner/v1/students/{studentId}/nominations", "nominate", a.nominate)

	// The province's reviewers.
	endpoint(a, platform, http.MethodGet, "/partner/v1/reviews", "listReviews", a.listReviews)
	endpoint(a, platform, http.MethodGet, "/partner/v1/reviews/{id}", "readReview", a.readReview)
	endpoint(a, platform, http.MethodPost, "/partner/v1/reviews/{id}/pass", "passReview", a.passReview)
	endpoint(a, platform, http.MethodPost, "/partner/v1/reviews/{id}/return", "returnReview", a.returnReview)
	endpoint(a, platform, http.MethodPost, "/partner/v1/reviews/{id}/change/pass", "passChange", a.passChange)
	endpoint(a, platform, http.MethodPost, "/partner/v1/reviews/{id}/change/return", "returnChange", a.returnChange)
	endpoint(a, platform, http.MethodPost, "/partner/v1/reviews/{id}/freeze", "freezeEnterprise", a.freezeEnterprise)
	endpoint(a, platform, http.MethodPost, "/partner/v1/reviews/{id}/lift", "liftFreeze", a.liftFreeze)
	endpoint(a, platform, http.MethodPost, "/partner/v1/reviews/{id}/resend", "resendInvitation", a.resendInvitation)
	endpoint(a, platform, http.MethodPost, "/partner/v1/reviews/{id}/reveal", "revealRegistrant", a.revealRegistrant)

	endpoint(a, platform, http.MethodGet, "/partner/v1/recoveries", "listRecoveries", a.listRecoveries)
	endpoint(a, platform, http.MethodGet, "/partner/v1/recoveries/{id}", "readRecovery", a.readRecovery)
	endpoint(a, platform, http.MethodPost, "/partner/v1/recoveries/{id}/approve", "approveRecovery", a.approveRecovery)
	endpoint(a, platform, http.MethodPost, "/partner/v1/recoveries/{id}/refuse", "refuseRecovery", a.refuseRecovery)

	// Every partner.
	endpoint(a, every, http.MethodGet, "/partner/v1/events", "listEvents", a.listEvents)
	a.documentWebhook()
	downloadEndpoint(a, every, "/partner/v1/files/{id}", "readPartnerFile", a.readPartnerFile)
}

// partnerAccess lets partners of some kinds in.
func (a *App) partnerAccess(kinds ...internship.ActorKind) access {
	key := func(ctx context.Context) string { return "partner:" + partnerOf(ctx).Key }
	return access{
		security: []map[string][]string{signatureSchemes()},
		guards:   huma.Middlewares{a.signed, a.only(kinds)},
		keyed:    huma.Middlewares{a.once(key, true)}, keyRequired: true,
		errors: []*internship.Error{internship.ErrBadSignature, internship.ErrReplayed, internship.ErrNotSchool},
	}
}

type partnerContext struct{}

// partnerKeyOf is the key of a request behind signed.
func partnerKeyOf(ctx context.Context) partnerKey {
	k, _ := ctx.Value(partnerContext{}).(partnerKey)
	return k
}

// partnerOf is who acts in a request behind signed.
func partnerOf(ctx context.Context) acts.Partner { return partnerKeyOf(ctx).partner }

// signed lets only requests pass that a partner's key signed.
func (a *App) signed(ctx huma.Context, next func(huma.Context)) {
	c := humafiber.Unwrap(ctx)
	keys := a.options.PartnerKeys
	if keys == nil {
		keys = &PartnerKeys{}
	}
	body, err := a.body(c)
	if err != nil {
		a.refuse(ctx, err)
		return
	}
	key, err := keys.authenticate(ctx.Context(), a.acts.DB, partnerRequest{
		method: methodOf(c), uri: c.OriginalURL(), body: body,
		key: c.Get(partnerapi.HeaderKey), timestamp: c.Get(partnerapi.HeaderTimestamp),
		nonce: c.Get(partnerapi.HeaderNonce), signature: c.Get(partnerapi.HeaderSignature),
	}, a.acts.Now())
	if err != nil {
		a.refuse(ctx, err)
		return
	}
	next(huma.WithValue(ctx, partnerContext{}, key))
}

// only refuses partners of other kinds: a school's key is good for school acts,
// a students' key for those of students.
func (a *App) only(kinds []internship.ActorKind) func(huma.Context, func(huma.Context)) {
	allowed := map[internship.ActorKind]bool{}
	for _, k := range kinds {
		allowed[k] = true
	}
	return func(ctx huma.Context, next func(huma.Context)) {
		if !allowed[partnerOf(ctx.Context()).Kind] {
			a.refuse(ctx, internship.ErrNotSchool)
			return
		}
		next(ctx)
	}
}

// documentSignature describes the headers of signed requests.
func (a *App) documentSignature() {
	api := a.api.OpenAPI()
	api.Tags = append(api.Tags, &huma.Tag{Name: tagPartner, Description: aboutPartners})
	says := map[string]string{
		partnerapi.HeaderKey:       "密钥编号",
		partnerapi.HeaderTimestamp: "签名时间，Unix 秒",
		partnerapi.HeaderNonce:     "随机串，16 至 64 位字母、数字、下划线或连字符，不可重复使用",
		partnerapi.HeaderSignature: "签名，见「" + tagPartner + "」的说明",
	}
	for name, header := range signatureHeaders() {
		api.Components.SecuritySchemes[name] = &huma.SecurityScheme{Type: "apiKey", In: "header", Name: header, Description: says[header]}
	}
}

// signatureHeaders names the four headers as OpenAPI's security schemes.
func signatureHeaders() map[string]string {
	return map[string]string{"partnerKey": partnerapi.HeaderKey, "partnerTimestamp": partnerapi.HeaderTimestamp,
		"partnerNonce": partnerapi.HeaderNonce, "partnerSignature": partnerapi.HeaderSignature}
}

// signatureSchemes: all four together let a request in.
func signatureSchemes() map[string][]string {
	out := map[string][]string{}
	for name := range signatureHeaders() {
		out[name] = []string{}
	}
	return out
}

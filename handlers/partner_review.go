package handlers

import (
	"context"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
)

// reviewFilter narrows the platform's list.
type reviewFilter struct {
	State  string `query:"state" enum:"entered,under_review,returned,active,frozen,blacklisted" doc:"账号状态；不填为等待审核的登记和变更"`
	Source string `query:"source" enum:"推荐学校,自荐,学生推荐" doc:"来源"`
	Text   string `query:"text" doc:"名称或代码中的文字" example:"电子"`
	Paging
}

type (
	passRoundForm struct {
		ByID
		Body Form[internship.PassRoundInput]
	}
	verdictForm struct {
		ByID
		Body Form[internship.VerdictInput]
	}
	reasonForm struct {
		ByID
		Body Form[internship.ReasonInput]
	}
	reviewAnswer     struct{ Body Review }
	reviewPageAnswer struct{ Body ReviewPage }
	revealedAnswer   struct{ Body Revealed }
	invitationAnswer struct{ Body Invitation }
)

func (a *App) listReviews(ctx context.Context, in *reviewFilter) (*reviewPageAnswer, error) {
	text := internship.Clean(in.Text)
	if err := checkFilters(map[string]string{"text": text}, nil, textFilter("text", "查找文字")); err != nil {
		return nil, err
	}
	found, err := a.acts.Reviews(ctx, store.ReviewFilter{State: in.State, Source: in.Source, Text: text, After: in.After, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return &reviewPageAnswer{renderReviews(found)}, nil
}

func (a *App) readReview(ctx context.Context, in *ByID) (*reviewAnswer, error) {
	return a.review(a.acts.Review(ctx, in.ID))
}

func (a *App) review(r acts.Reviewed, err error) (*reviewAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &reviewAnswer{renderReview(r)}, nil
}

func (a *App) passReview(ctx context.Context, in *passRoundForm) (*reviewAnswer, error) {
	form, err := in.Body.read(internship.PassRoundInput.Parse)
	if err != nil {
		return nil, err
	}
	return a.review(a.acts.PassReview(ctx, partnerOf(ctx), in.ID, form))
}

func (a *App) passChange(ctx context.Context, in *passRoundForm) (*reviewAnswer, error) {
	form, err := in.Body.read(internship.PassRoundInput.Parse)
	if err != nil {
		return nil, err
	}
	return a.review(a.acts.PassChange(ctx, partnerOf(ctx), in.ID, form))
}

func checkVerdict(v internship.VerdictInput) error { _, err := v.Parse(); return err }

func (a *App) returnReview(ctx context.Context, in *verdictForm) (*reviewAnswer, error) {
	form, err := in.Body.read(checkVerdict)
	if err != nil {
		return nil, err
	}
	return a.review(a.acts.ReturnReview(ctx, partnerOf(ctx), in.ID, form))
}

func (a *App) returnChange(ctx context.Context, in *verdictForm) (*reviewAnswer, error) {
	form, err := in.Body.read(checkVerdict)
	if err != nil {
		return nil, err
	}
	return a.review(a.acts.ReturnChange(ctx, partnerOf(ctx), in.ID, form))
}

func checkReason(r internship.ReasonInput) error { _, err := r.Parse(); return err }

func (a *App) freezeEnterprise(ctx context.Context, in *reasonForm) (*reviewAnswer, error) {
	form, err := in.Body.read(checkReason)
	if err != nil {
		return nil, err
	}
	return a.review(a.acts.Freeze(ctx, partnerOf(ctx), in.ID, form))
}

func (a *App) liftFreeze(ctx context.Context, in *ByID) (*reviewAnswer, error) {
	return a.review(a.acts.Lift(ctx, partnerOf(ctx), in.ID))
}

func (a *App) resendInvitation(ctx context.Context, in *ByID) (*invitationAnswer, error) {
	sent, err := a.acts.Resend(ctx, partnerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &invitationAnswer{Invitation{SMS: renderTexted(sent.Enterprise, sent.Texted)}}, nil
}

func (a *App) revealRegistrant(ctx context.Context, in *reasonForm) (*revealedAnswer, error) {
	form, err := in.Body.read(checkReason)
	if err != nil {
		return nil, err
	}
	found, err := a.acts.Reveal(ctx, partnerOf(ctx), in.ID, form)
	if err != nil {
		return nil, err
	}
	return &revealedAnswer{Revealed(found)}, nil
}

func reviewDocs() map[string]doc {
	decided := func(more ...*internship.Error) []*internship.Error {
		return submitted(append(more, internship.ErrNotFound, internship.ErrWrongState, internship.ErrBacklog)...)
	}
	round := []*internship.Error{internship.ErrStaleRound, internship.ErrNotRegistered}
	return map[string]doc{
		"listReviews": {Summary: "待审核的企业", Says: "平台密钥。不填 state 时为等待审核的登记和变更，等待最久的在前；填 state 时为该状态的全部企业。", Errors: listed()},
		"readReview":  {Summary: "查看企业", Says: "平台密钥。企业的全部信息、市场监管信息核对结果和经过；注册人的身份证号部分隐藏。", Errors: []*internship.Error{internship.ErrNotFound}},
		"passReview": {Summary: "登记审核通过", Says: "平台密钥。round 须与查看时相同，以免审核后提交的内容未经查看即通过。通过后企业进入实习企业库。",
			Errors: decided(append(round, internship.ErrRegistryPending, internship.ErrRegistrantMissing)...)},
		"returnReview": {Summary: "登记审核退回", Says: "平台密钥。须填写原因，企业据此改正后可以重新提交。", Errors: decided(round...)},
		"passChange": {Summary: "变更审核通过", Says: "平台密钥。新的信息随即生效，原信息记入经过。",
			Errors: decided(internship.ErrStaleRound, internship.ErrNoChange, internship.ErrRegistryPending, internship.ErrCodeTaken)},
		"returnChange": {Summary: "变更审核退回", Says: "平台密钥。须填写原因，原信息继续有效。", Errors: decided(internship.ErrStaleRound, internship.ErrNoChange)},
		"freezeEnterprise": {Summary: "冻结企业", Says: "平台密钥。须填写原因，原因会告知企业和相关学校。岗位随即对学生隐藏，不能报名、签约和发布；已签约的实习不受影响。",
			Errors: decided()},
		"liftFreeze": {Summary: "解除冻结", Says: "平台密钥。岗位恢复原样。", Errors: []*internship.Error{internship.ErrNotFound, internship.ErrWrongState, internship.ErrBusy, internship.ErrBacklog}},
		"resendInvitation": {Summary: "重新发送短信", Says: "平台密钥。已由学校录入、尚未激活的企业得到新的激活码，原激活码随即失效；学生推荐、尚未登记的企业再次得到邀请。每家企业每天最多 3 次。",
			Errors: []*internship.Error{internship.ErrNotFound, internship.ErrWrongState, internship.ErrRegistered, internship.ErrTooManyTries, internship.ErrBusy}},
		"revealRegistrant": {Summary: "查看注册人身份证号", Says: "平台密钥。须填写原因；每次查看都记入企业的经过。", Errors: decided()},
	}
}

package handlers

import (
	"context"

	"shixi/internship"
)

type (
	meAnswer         struct{ Body Me }
	enterpriseAnswer struct{ Body Enterprise }
	bindingAnswer    struct{ Body BindingCode }
	profileForm      struct {
		Body Form[internship.ProfileInput]
	}
)

func (a *App) me(ctx context.Context, _ *nothing) (*meAnswer, error) {
	account, enterprise, err := a.acts.Me(ctx, staffOf(ctx))
	if err != nil {
		return nil, err
	}
	return &meAnswer{renderMe(account, enterprise)}, nil
}

func (a *App) completeProfile(ctx context.Context, in *profileForm) (*enterpriseAnswer, error) {
	form, err := in.Body.read(func(p internship.ProfileInput) error {
		_, err := p.Parse()
		return err
	})
	if err != nil {
		return nil, err
	}
	e, err := a.acts.CompleteProfile(ctx, staffOf(ctx), form)
	if err != nil {
		return nil, err
	}
	return &enterpriseAnswer{renderEnterprise(e)}, nil
}

func (a *App) bindFollower(ctx context.Context, _ *nothing) (*bindingAnswer, error) {
	b, err := a.acts.BindingQR(ctx, staffOf(ctx))
	if err != nil {
		return nil, err
	}
	return &bindingAnswer{BindingCode{ImageURL: b.ImageURL, Expires: local(b.Expires)}}, nil
}

func enterpriseDocs() map[string]doc {
	type errs = []*internship.Error
	return map[string]doc{
		"me": {Tag: tagEnterprise, Summary: "我和我的企业", Says: "本人的账号、角色和微信绑定，以及企业信息。电话号码只显示首尾。", Errors: errs{internship.ErrNotFound}},
		"completeProfile": {Tag: tagEnterprise, Summary: "完善企业信息", Says: "仅负责人可以修改。发布岗位前必须完善。",
			Errors: errs{internship.ErrBadRequest, internship.ErrMediaType, internship.ErrInvalid, internship.ErrTooLarge, internship.ErrWrongState, internship.ErrBusy}},
		"bindFollower": {Tag: tagEnterprise, Summary: "绑定服务号", Says: "得到一张二维码，用微信扫码并关注服务号后，消息即发往该微信。10 分钟内有效，只能使用一次。"},
	}
}

package handlers

import (
	"context"

	"shixi/acts"
	"shixi/internship"
)

type (
	meAnswer       struct{ Body Me }
	standingAnswer struct{ Body Standing }
	bindingAnswer  struct{ Body BindingCode }
	profileForm    struct {
		Body Form[internship.ProfileInput]
	}
	resubmissionForm struct {
		Body Form[internship.ResubmissionInput]
	}
	changeForm struct {
		Body Form[internship.ChangeInput]
	}
)

func (a *App) me(ctx context.Context, _ *nothing) (*meAnswer, error) {
	account, enterprise, err := a.acts.Me(ctx, staffOf(ctx))
	if err != nil {
		return nil, err
	}
	return &meAnswer{renderMe(account, enterprise)}, nil
}

func (a *App) readEnterprise(ctx context.Context, _ *nothing) (*standingAnswer, error) {
	return a.standing(a.acts.Standing(ctx, staffOf(ctx)))
}

func (a *App) standing(r acts.Reviewed, err error) (*standingAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &standingAnswer{renderStanding(r)}, nil
}

func (a *App) completeProfile(ctx context.Context, in *profileForm) (*standingAnswer, error) {
	form, err := in.Body.read(func(p internship.ProfileInput) error {
		_, err := p.Parse()
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.standing(a.acts.CompleteProfile(ctx, staffOf(ctx), form))
}

func (a *App) resubmitRegistration(ctx context.Context, in *resubmissionForm) (*standingAnswer, error) {
	form, err := in.Body.read(func(r internship.ResubmissionInput) error {
		_, _, err := r.Parse(a.acts.Now())
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.standing(a.acts.Resubmit(ctx, staffOf(ctx), form))
}

func (a *App) requestChange(ctx context.Context, in *changeForm) (*standingAnswer, error) {
	form, err := in.Body.read(func(c internship.ChangeInput) error {
		_, err := c.Parse()
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.standing(a.acts.RequestChange(ctx, staffOf(ctx), form))
}

func (a *App) withdrawChange(ctx context.Context, _ *nothing) (*standingAnswer, error) {
	return a.standing(a.acts.WithdrawChange(ctx, staffOf(ctx)))
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
		"me":             {Tag: tagEnterprise, Summary: "我和我的企业", Says: "本人的账号、角色和微信绑定，以及企业信息。电话号码只显示首尾。", Errors: errs{internship.ErrNotFound}},
		"readEnterprise": {Tag: tagEnterprise, Summary: "本企业", Says: "企业信息、账号状态及原因、审核进度、等待审核的变更。电话和身份证号只显示首尾。", Errors: errs{internship.ErrNotFound}},
		"completeProfile": {Tag: tagEnterprise, Summary: "完善企业信息",
			Says:   "仅负责人可以修改，立即生效；发布岗位前必须完善。名称、代码不在此修改；法人代表/负责人和证件填写后的修改须提交变更申请。",
			Errors: submitted(internship.ErrWrongState, internship.ErrCoreLocked, internship.ErrBlacklisted)},
		"resubmitRegistration": {Tag: tagEnterprise, Summary: "重新提交登记", Says: "仅负责人。登记被退回后，改正并重新提交，等待平台审核。登记信息需人工核实的，须填写注册人身份证号。",
			Errors: submitted(internship.ErrWrongState, internship.ErrCodeTaken, internship.ErrBlacklisted)},
		"requestChange": {Tag: tagEnterprise, Summary: "申请变更", Says: "仅负责人。名称、代码、法人代表/负责人、证件的变更须经平台审核，通过之前原信息继续有效。同时只能有一项变更等待审核。",
			Errors: submitted(internship.ErrWrongState, internship.ErrChangeWaiting, internship.ErrNothingChanged, internship.ErrCodeTaken, internship.ErrBlacklisted)},
		"withdrawChange": {Tag: tagEnterprise, Summary: "撤回变更", Says: "仅负责人。撤回等待审核的变更。",
			Errors: errs{internship.ErrWrongState, internship.ErrNoChange, internship.ErrBlacklisted, internship.ErrBusy}},
		"bindFollower": {Tag: tagEnterprise, Summary: "绑定服务号", Says: "得到一张二维码，用微信扫码并关注服务号后，消息即发往该微信。10 分钟内有效，只能使用一次，退出登录即失效。每小时最多 30 张。", Errors: errs{internship.ErrTooManyTries}},
	}
}

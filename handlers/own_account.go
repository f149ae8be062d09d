package handlers

import (
	"context"
	"net/http"

	"shixi/internship"
)

type (
	resetForm struct {
		Body Form[internship.ResetInput]
	}
	passwordChange struct {
		Body Form[internship.PasswordInput]
	}
	mobileChange struct {
		Body Form[internship.MobileInput]
	}
	accountForm struct {
		Body Form[internship.AccountInput]
	}
	roleForm struct {
		ByID
		Body Form[internship.RoleInput]
	}
	accountAnswer  struct{ Body Account }
	accountsAnswer struct{ Body AccountList }
)

// AccountList are the accounts of an enterprise.
type AccountList struct {
	Items []Account `json:"items" doc:"按添加时间，至多 200 个；手机号只显示首尾"`
}

func (a *App) resetPassword(ctx context.Context, in *resetForm) (*nothing, error) {
	form, err := in.Body.read(func(r internship.ResetInput) error { _, err := r.Parse(); return err })
	if err != nil {
		return nil, err
	}
	return nil, a.acts.ResetPassword(ctx, form, addressOf(ctx))
}

func (a *App) changePassword(ctx context.Context, in *passwordChange) (*nothing, error) {
	form, err := in.Body.read(func(p internship.PasswordInput) error { _, err := p.Parse(); return err })
	if err != nil {
		return nil, err
	}
	return nil, a.acts.ChangePassword(ctx, staffOf(ctx), form, addressOf(ctx))
}

func (a *App) changeMobile(ctx context.Context, in *mobileChange) (*accountAnswer, error) {
	form, err := in.Body.read(func(m internship.MobileInput) error { _, err := m.Parse(); return err })
	if err != nil {
		return nil, err
	}
	account, err := a.acts.ChangeMobile(ctx, staffOf(ctx), form, addressOf(ctx))
	if err != nil {
		return nil, err
	}
	return &accountAnswer{renderAccount(account)}, nil
}

func (a *App) listAccounts(ctx context.Context, _ *nothing) (*accountsAnswer, error) {
	found, err := a.acts.Accounts(ctx, staffOf(ctx))
	if err != nil {
		return nil, err
	}
	out := AccountList{Items: make([]Account, len(found))}
	for i, x := range found {
		out.Items[i] = renderAccount(x)
	}
	return &accountsAnswer{out}, nil
}

func (a *App) addAccount(ctx context.Context, in *accountForm) (*accountAnswer, error) {
	form, err := in.Body.read(func(x internship.AccountInput) error { _, err := x.Parse(); return err })
	if err != nil {
		return nil, err
	}
	account, err := a.acts.AddAccount(ctx, staffOf(ctx), form)
	if err != nil {
		return nil, err
	}
	return &accountAnswer{renderAccount(account)}, nil
}

func (a *App) editAccount(ctx context.Context, in *roleForm) (*accountAnswer, error) {
	form, err := in.Body.read(func(r internship.RoleInput) error { _, err := r.Parse(); return err })
	if err != nil {
		return nil, err
	}
	account, err := a.acts.EditAccount(ctx, staffOf(ctx), in.ID, form)
	if err != nil {
		return nil, err
	}
	return &accountAnswer{renderAccount(account)}, nil
}

func (a *App) removeAccount(ctx context.Context, in *ByID) (*nothing, error) {
	return nil, a.acts.RemoveAccount(ctx, staffOf(ctx), in.ID)
}

func accountDocs() map[string]doc {
	type errs = []*internship.Error
	return map[string]doc{
		"resetPassword": {Tag: tagLogin, Summary: "忘记密码", Says: "以用途为 reset 的验证码设置新密码，不能与上次相同。所有登录立即失效，请用新密码重新登录。无论手机号是否有账号，出错时的回答都相同。",
			Errors: append(errs{internship.ErrSMSCode, internship.ErrTooManyTries, internship.ErrBusy}, formErrors()...)},
		"changePassword": {Tag: tagEnterprise, Summary: "修改密码", Says: "已设置密码的填写原密码；尚未设置的以发往本人手机号、用途为 reset 的验证码设置。本人的其他登录立即失效。",
			Errors: append(errs{internship.ErrSMSCode, internship.ErrNoPassword, internship.ErrTooManyTries, internship.ErrBusy}, formErrors()...)},
		"changeMobile": {Tag: tagEnterprise, Summary: "更换手机号", Says: "填写发往新手机号的验证码，并以密码或发往原手机号的验证码证明是本人，用途均为 mobile。原手机号会收到短信，本人的其他登录立即失效。",
			Errors: append(errs{internship.ErrSMSCode, internship.ErrMobileTaken, internship.ErrTooManyTries, internship.ErrBusy}, formErrors()...)},
		"listAccounts": {Tag: tagEnterprise, Summary: "员工账号", Says: "负责人和人事专员可以查看。已移除的账号不列出。"},
		"addAccount": {Tag: tagEnterprise, Summary: "添加员工账号", Status: http.StatusCreated, Says: "仅负责人可以添加，企业须已通过审核。员工会收到短信（同一手机号 30 天内至多 3 条），首次用短信验证码登录，登录后可设置密码。一个手机号只能属于一个账号。每家企业 1 天最多添加 400 次。",
			Errors: append(errs{internship.ErrFrozen, internship.ErrBlacklisted, internship.ErrMobileTaken, internship.ErrStaffFull, internship.ErrTooManyTries, internship.ErrBusy}, formErrors()...)},
		"editAccount": {Tag: tagEnterprise, Summary: "修改员工账号", Says: "仅负责人可以修改姓名和角色。更改角色后，该员工的登录立即失效。",
			Errors: append(errs{internship.ErrNotFound, internship.ErrOwnRole, internship.ErrBusy}, formErrors()...)},
		"removeAccount": {Tag: tagEnterprise, Summary: "移除员工账号", Says: "仅负责人可以移除，不能移除负责人自己。该员工的登录立即失效，其手机号和微信可用于其他账号。",
			Errors: errs{internship.ErrNotFound, internship.ErrLastOwner, internship.ErrBusy}},
	}
}

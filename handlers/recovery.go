package handlers

import (
	"context"
	"net/http"
	"time"

	"shixi/acts"
	"shixi/internship"
)

// RecoveryTaken is the answer to every recovery that was submitted.
type RecoveryTaken struct {
	Number  string    `json:"number" doc:"申请编号，联系平台时提供" example:"rcv_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Expires time.Time `json:"expires" doc:"平台逾期未处理即失效的时间" example:"2026-12-23T12:00:00+08:00"`
}

// RecoverySummary is one row of the platform's list.
type RecoverySummary struct {
	ID         string    `json:"id" doc:"申请编号" example:"rcv_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Code       string    `json:"code" doc:"所填的统一社会信用代码或组织机构代码" example:"91410900MA4ABCD173"`
	Name       string    `json:"name" doc:"申请人姓名" example:"王经理"`
	State      string    `json:"state" enum:"pending,approved,refused,expired" doc:"状态" example:"pending"`
	StateLabel string    `json:"stateLabel" doc:"状态名称" example:"待处理"`
	CreatedAt  time.Time `json:"createdAt" doc:"提交时间" example:"2026-11-23T12:00:00+08:00"`
	Expires    time.Time `json:"expires" doc:"有效期至" example:"2026-12-23T12:00:00+08:00"`
}

// Recovery is what the platform decides by.
type Recovery struct {
	RecoverySummary
	IDNumber    string        `json:"idNumber" doc:"申请人身份证号，部分隐藏" example:"410***********0013"`
	Mobile      string        `json:"mobile" doc:"申请人已验证的手机号，部分隐藏" example:"138****0000"`
	Certificate string        `json:"certificate" doc:"企业证件扫描件的文件编号" example:"fil_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Match       string        `json:"match" enum:"match,mismatch,nothing_on_file" doc:"身份证号与登记的注册人是否一致：match 一致、mismatch 不一致、nothing_on_file 没有登记" example:"match"`
	Enterprise  *ClaimedParty `json:"enterprise,omitempty" doc:"使用该代码的企业；没有时不出现"`
	Reason      string        `json:"reason,omitempty" doc:"拒绝原因" example:"证件与企业不符"`
	History     []Change      `json:"history" doc:"经过"`
}

// ClaimedParty is the enterprise whose account is asked for.
type ClaimedParty struct {
	ID         string          `json:"id" doc:"企业编号" example:"ent_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Name       string          `json:"name" doc:"企事业单位名称" example:"濮阳市华龙区示例电子有限公司"`
	State      EnterpriseState `json:"state"`
	StateLabel string          `json:"stateLabel" doc:"账号状态" example:"正常"`
	Owner      string          `json:"owner,omitempty" doc:"负责人姓名；尚未激活时不出现" example:"王经理"`
	Mobile     string          `json:"mobile,omitempty" doc:"负责人手机号，部分隐藏" example:"138****0000"`
}

// RecoveryPage is one page of recoveries.
type RecoveryPage struct {
	Items []RecoverySummary `json:"items" doc:"从新到旧"`
	Next  string            `json:"next,omitempty" doc:"下一页的 after；最后一页时不出现"`
	Total int               `json:"total" doc:"总数，超过 10000 时为 10001" example:"3"`
}

type (
	recoveryForm struct {
		Body Form[internship.RecoveryInput]
	}
	recoveryTaken struct{ Body RecoveryTaken }
	recoveryList  struct {
		Paging
		State string `query:"state" enum:"pending,approved,refused,expired" default:"pending" doc:"状态"`
	}
	recoveryPageAnswer struct{ Body RecoveryPage }
	recoveryAnswer     struct{ Body Recovery }
	recoveryRefusal    struct {
		ByID
		Body Form[internship.ReasonInput]
	}
)

func (a *App) recover(ctx context.Context, in *recoveryForm) (*recoveryTaken, error) {
	form, err := in.Body.read(func(r internship.RecoveryInput) error { _, err := r.Parse(a.acts.Now()); return err })
	if err != nil {
		return nil, err
	}
	r, err := a.acts.Recover(ctx, passTokenOf(ctx), form)
	if err != nil {
		return nil, err
	}
	return &recoveryTaken{RecoveryTaken{Number: r.ID, Expires: local(r.Expires)}}, nil
}

func (a *App) listRecoveries(ctx context.Context, in *recoveryList) (*recoveryPageAnswer, error) {
	page, err := a.acts.Recoveries(ctx, in.State, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := RecoveryPage{Items: make([]RecoverySummary, len(page.Items)), Next: page.Next, Total: page.Total}
	for i, r := range page.Items {
		out.Items[i] = summarizeRecovery(r)
	}
	return &recoveryPageAnswer{out}, nil
}

func (a *App) readRecovery(ctx context.Context, in *ByID) (*recoveryAnswer, error) {
	return claimed(a.acts.Recovery(ctx, in.ID))
}

func (a *App) approveRecovery(ctx context.Context, in *ByID) (*recoveryAnswer, error) {
	return claimed(a.acts.ApproveRecovery(ctx, partnerOf(ctx), in.ID))
}

func (a *App) refuseRecovery(ctx context.Context, in *recoveryRefusal) (*recoveryAnswer, error) {
	form, err := in.Body.read(func(r internship.ReasonInput) error { _, err := r.Parse(); return err })
	if err != nil {
		return nil, err
	}
	reason, err := form.Parse()
	if err != nil {
		return nil, err
	}
	return claimed(a.acts.RefuseRecovery(ctx, partnerOf(ctx), in.ID, reason))
}

func claimed(c acts.Claim, err error) (*recoveryAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &recoveryAnswer{renderClaim(c)}, nil
}

func summarizeRecovery(r *internship.Recovery) RecoverySummary {
	return RecoverySummary{ID: r.ID, Code: r.Code, Name: r.Name, State: r.State, StateLabel: r.StateLabel(),
		CreatedAt: local(r.CreatedAt), Expires: local(r.Expires)}
}

func renderClaim(c acts.Claim) Recovery {
	out := Recovery{RecoverySummary: summarizeRecovery(c.Recovery), IDNumber: internship.MaskIDNumber(c.IDNumber),
		Mobile: internship.MaskMobile(c.Mobile), Certificate: c.Certificate, Match: string(c.Match), Reason: c.Reason,
		History: renderHistory("recovery", c.History)}
	if e := c.Enterprise; e != nil {
		out.Enterprise = &ClaimedParty{ID: e.ID, Name: e.Name, State: EnterpriseState(e.State), StateLabel: e.StateLabel()}
		if c.Owner != nil {
			out.Enterprise.Owner, out.Enterprise.Mobile = c.Owner.Name, internship.MaskMobile(c.Owner.Mobile)
		}
	}
	return out
}

func recoveryDocs() map[string]doc {
	type errs = []*internship.Error
	return map[string]doc{
		"admitRecovery": {Tag: tagLogin, Summary: "找回账号前验证手机号", Status: http.StatusCreated,
			Says:   "以用途为 recover 的验证码换取凭据，1 小时内有效，用于上传企业证件和提交找回申请。",
			Errors: append(errs{internship.ErrSMSCode, internship.ErrTooManyTries}, formErrors()...)},
		"recover": {Tag: tagLogin, Summary: "账号和密码都忘记了", Status: http.StatusAccepted,
			Says:   "以凭据提交企业代码、本人身份和企业证件，由平台核实。无论代码是否有对应的企业，回答都相同；处理结果以短信告知。同一企业代码或手机号同时只能有一个待处理的申请，30 天未处理即失效。",
			Errors: append(errs{internship.ErrRecoveryWaiting}, formErrors()...)},
	}
}

func recoveryPartnerDocs() map[string]doc {
	return map[string]doc{
		"listRecoveries": {Summary: "账号找回申请", Says: "平台密钥。按状态查看，从新到旧。", Errors: listed()},
		"readRecovery":   {Summary: "查看找回申请", Says: "平台密钥。含身份核对结果；身份证号和手机号部分隐藏。", Errors: []*internship.Error{internship.ErrNotFound}},
		"approveRecovery": {Summary: "通过找回申请", Says: "平台密钥。企业负责人的账号改为申请人已验证的手机号，原密码作废，所有登录立即失效，负责人的微信绑定解除；其他员工账号不变。申请人和原手机号都会收到短信。手机号在核实期间已绑定其他账号的，不能通过；恰在通过时被绑定的，申请自动变为已拒绝，原因见 reason，申请人会收到短信。",
			Errors: submitted(internship.ErrNotFound, internship.ErrWrongState, internship.ErrNothingToGive, internship.ErrMobileTaken)},
		"refuseRecovery": {Summary: "拒绝找回申请", Says: "平台密钥。须填写原因，申请人会收到短信。", Errors: submitted(internship.ErrNotFound, internship.ErrWrongState)},
	}
}

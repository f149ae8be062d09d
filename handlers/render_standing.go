package handlers

import (
	"time"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
)

// Standing is the enterprise as its own staff and the platform see it: its
// data, and how its review stands.
type Standing struct {
	Enterprise
	CertificateKind string         `json:"certificateKind,omitempty" doc:"证件类别" example:"营业执照"`
	Certificate     string         `json:"certificate,omitempty" doc:"证件扫描件的文件编号" example:"fil_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	CodeUnverified  bool           `json:"codeUnverified,omitempty" doc:"代码校验位不符，企业确认与证件一致，需人工核实" example:"false"`
	StateAt         time.Time      `json:"stateAt,omitzero" doc:"进入当前状态的时间" example:"2026-11-23T12:00:00+08:00"`
	Reason          string         `json:"reason,omitempty" doc:"退回或冻结的原因" example:"证件扫描件不清晰，请重新上传"`
	Round           int            `json:"round,omitempty" doc:"审核轮次：每次提交登记或变更加一" example:"1"`
	Registry        *RegistryCheck `json:"registry,omitempty" doc:"市场监管信息核对；自行登记的企业才有"`
	Registrant      *Registrant    `json:"registrant,omitempty" doc:"注册人；自行登记的企业才有"`
	NeedsID         bool           `json:"needsId" doc:"登记信息需人工核实，须补充注册人身份证号" example:"false"`
	Change          *CoreChange    `json:"change,omitempty" doc:"等待审核的变更"`
	LastChange      *ChangeVerdict `json:"lastChange,omitempty" doc:"上一次变更的审核结果"`
}

// RegistryCheck is what the market regulator's registry says.
type RegistryCheck struct {
	Outcome string    `json:"outcome" enum:"pending,match,mismatch,not_found,silent" doc:"核对结果" example:"match"`
	Label   string    `json:"label" doc:"核对结果名称" example:"一致"`
	Says    string    `json:"says" doc:"给企业看的说明" example:"与市场监管部门登记的信息一致"`
	At      time.Time `json:"at,omitzero" doc:"核对时间；尚未完成时不出现" example:"2026-11-23T12:00:05+08:00"`
}

// Registrant is who registered the enterprise.
type Registrant struct {
	Name     string `json:"name" doc:"姓名" example:"王经理"`
	Mobile   string `json:"mobile" doc:"手机号，只显示首尾" example:"138****0000"`
	IDNumber string `json:"idNumber,omitempty" doc:"身份证号，部分隐藏；未填写时不出现" example:"410***********0013"`
}

// Core are the data whose change is reviewed.
type Core struct {
	Name            string `json:"name" doc:"企事业单位名称" example:"濮阳市华龙区示例科技有限公司"`
	Code            string `json:"code" doc:"统一社会信用代码或组织机构代码" example:"91410900MA4ABCD173"`
	CodeUnverified  bool   `json:"codeUnverified,omitempty" doc:"代码校验位不符，需人工核实" example:"false"`
	LegalPerson     string `json:"legalPerson" doc:"法人代表/负责人" example:"张明"`
	CertificateKind string `json:"certificateKind" doc:"证件类别" example:"营业执照"`
	Certificate     string `json:"certificate" doc:"证件扫描件的文件编号" example:"fil_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
}

// CoreChange is a change that waits for review.
type CoreChange struct {
	Core
	At       time.Time     `json:"at" doc:"申请时间" example:"2026-11-23T12:00:00+08:00"`
	Registry RegistryCheck `json:"registry" doc:"市场监管信息核对"`
}

// ChangeVerdict is how a change was decided.
type ChangeVerdict struct {
	Passed bool      `json:"passed" doc:"是否通过" example:"false"`
	Reason string    `json:"reason,omitempty" doc:"退回的原因" example:"证件与名称不符"`
	At     time.Time `json:"at" doc:"审核时间" example:"2026-11-24T09:15:00+08:00"`
}

// ReviewSummary is an enterprise in the platform's list.
type ReviewSummary struct {
	ID         string          `json:"id" doc:"企业编号" example:"ent_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Name       string          `json:"name" doc:"企事业单位名称" example:"濮阳市华龙区示例电子有限公司"`
	Code       string          `json:"code" doc:"统一社会信用代码或组织机构代码" example:"91410900MA4ABCD173"`
	State      EnterpriseState `json:"state"`
	StateLabel string          `json:"stateLabel" doc:"账号状态" example:"待审核"`
	Source     string          `json:"source" doc:"来源" example:"自荐"`
	Waits      string          `json:"waits,omitempty" enum:"registration,change" doc:"等待审核的是登记还是变更；不等待时不出现" example:"registration"`
	Since      time.Time       `json:"since" doc:"从何时起等待，或进入当前状态的时间" example:"2026-11-23T12:00:00+08:00"`
	Draft      bool            `json:"draft,omitempty" doc:"学生推荐、企业尚未登记" example:"false"`
	Registry   string          `json:"registry,omitempty" doc:"市场监管信息核对结果" example:"一致"`
}

// ReviewPage is one page of the platform's list.
type ReviewPage struct {
	Items       []ReviewSummary `json:"items" doc:"本页的企业，等待最久的在前"`
	Next        string          `json:"next,omitempty" doc:"下一页的 after；最后一页时不出现"`
	Total       *int            `json:"total,omitempty" doc:"总数，最多 10000；按来源或文字查找时不出现" example:"12"`
	TotalCapped bool            `json:"totalCapped,omitempty" doc:"总数超过 10000" example:"false"`
}

// Review is an enterprise with all that a reviewer needs.
type Review struct {
	Standing
	ReviewExtras
}

// ReviewExtras are what only the platform sees.
type ReviewExtras struct {
	Waits       string               `json:"waits,omitempty" enum:"registration,change" doc:"等待审核的是登记还是变更" example:"registration"`
	Draft       bool                 `json:"draft,omitempty" doc:"学生推荐、企业尚未登记" example:"false"`
	Nominator   *Nominator           `json:"nominator,omitempty" doc:"推荐的学生"`
	Differences []RegistryDifference `json:"differences,omitempty" doc:"与市场监管登记不一致之处：有变更等待审核时，为变更的；否则为登记的"`
	Status      string               `json:"registryStatus,omitempty" doc:"市场监管登记状态" example:"存续"`
	History     []Change             `json:"history" doc:"经过，从早到晚"`
}

// Nominator is the student who named the enterprise.
type Nominator struct {
	StudentID string    `json:"studentId" doc:"学生编号" example:"stu_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	School    SchoolRef `json:"school" doc:"学生所在学校"`
	At        time.Time `json:"at" doc:"推荐时间" example:"2026-11-20T12:00:00+08:00"`
}

// RegistryDifference is one field in which the registry has something else.
type RegistryDifference struct {
	Field  string `json:"field" enum:"name,legalPerson,status" doc:"字段" example:"legalPerson"`
	Ours   string `json:"ours" doc:"企业填写的" example:"张明"`
	Theirs string `json:"theirs" doc:"市场监管登记的" example:"张鸣"`
}

// Revealed are personal data in clear.
type Revealed struct {
	Name     string `json:"name,omitempty" doc:"注册人姓名" example:"王经理"`
	IDNumber string `json:"idNumber,omitempty" doc:"注册人身份证号；未填写时不出现" example:"410199200701020013"`
	Mobile   string `json:"mobile,omitempty" doc:"注册人手机号" example:"13800000000"`
	Phone    string `json:"phone,omitempty" doc:"企业联系电话" example:"0393-8888888"`
}

func renderStanding(r acts.Reviewed) Standing {
	e := r.Enterprise
	out := Standing{Enterprise: renderEnterprise(e), CertificateKind: e.CertificateKind, Certificate: e.Certificate, CodeUnverified: e.CodeUnverified,
		StateAt: local(e.StateAt), Reason: e.Reason, Round: e.Round, NeedsID: e.NeedsID()}
	if !e.RegisteredAt.IsZero() {
		check := renderRegistry(e.Registry)
		out.Registry = &check
	}
	if o := r.Owner; o != nil {
		out.Registrant = &Registrant{o.Name, internship.MaskMobile(o.Mobile), internship.MaskIDNumber(o.IDNumber)}
	}
	if w := e.Waiting; w != nil {
		out.Change = &CoreChange{Core{w.Name, w.Code, w.CodeUnverified, w.LegalPerson, w.CertificateKind, w.Certificate}, local(w.At), renderRegistry(w.Registry)}
	}
	if l := e.LastChange; l != nil {
		out.LastChange = &ChangeVerdict{l.Passed, l.Reason, local(l.At)}
	}
	return out
}

func renderRegistry(c *internship.RegistryCheck) RegistryCheck {
	if c == nil {
		return RegistryCheck{Outcome: "pending", Label: internship.RegistryLabel(""), Says: c.Says()}
	}
	return RegistryCheck{Outcome: c.Outcome, Label: internship.RegistryLabel(c.Outcome), Says: c.Says(), At: local(c.At)}
}

// waits says what waits for the platform.
func waits(e *internship.Enterprise) string {
	switch _, waiting := e.ReviewedSince(); {
	case !waiting:
		return ""
	case e.State == internship.UnderReview:
		return "registration"
	}
	return "change"
}

func summarizeReview(e *internship.Enterprise) ReviewSummary {
	since, _ := e.ReviewedSince()
	out := ReviewSummary{ID: e.ID, Name: e.Name, Code: e.Code, State: EnterpriseState(e.State), StateLabel: e.StateLabel(), Source: e.Source,
		Waits: waits(e), Since: local(since), Draft: e.Draft()}
	if check, asked := e.RegistryOutcome(); asked {
		out.Registry = internship.RegistryLabel(check)
	}
	return out
}

func renderReview(r acts.Reviewed) Review {
	e := r.Enterprise
	out := Review{renderStanding(r), ReviewExtras{Waits: waits(e), Draft: e.Draft(), History: renderHistory("enterprise", e.History)}}
	if n := e.Nominator; n != nil {
		out.Nominator = &Nominator{n.StudentID, SchoolRef{n.SchoolID, n.SchoolName}, local(n.At)}
	}
	check := e.Registry
	if e.Waiting != nil {
		check = e.Waiting.Registry
	}
	if check != nil {
		out.ReviewExtras.Status = check.Status
		for _, d := range check.Differences {
			out.Differences = append(out.Differences, RegistryDifference(d))
		}
	}
	return out
}

func renderReviews(found store.EnterprisePage) ReviewPage {
	out := ReviewPage{Items: make([]ReviewSummary, len(found.Items)), Next: found.Next}
	for i, e := range found.Items {
		out.Items[i] = summarizeReview(e)
	}
	if found.Total >= 0 {
		total := min(found.Total, store.MaxCount)
		out.Total, out.TotalCapped = &total, found.Total > store.MaxCount
	}
	return out
}

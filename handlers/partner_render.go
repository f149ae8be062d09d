package handlers

import (
	"time"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
)

// School is a vocational college (职业院校).
type School struct {
	ID   string `json:"id" doc:"编号" example:"sch_410001"`
	Code string `json:"code" doc:"学校编号" example:"410001"`
	Name string `json:"name" doc:"学校名称" example:"郑州市某职业学校"`
}

// SchoolPlan is one internship plan (实习计划) of a school.
type SchoolPlan struct {
	ID        string `json:"id" doc:"计划编号，报名时使用" example:"pln_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Number    string `json:"number" doc:"学校自己的编号" example:"2026-1"`
	Name      string `json:"name" doc:"计划名称" example:"2024 级电子技术应用岗位实习"`
	Grade     string `json:"grade" doc:"年级" example:"2024"`
	Major     string `json:"major" doc:"专业" example:"电子技术应用"`
	Class     string `json:"class,omitempty" doc:"班级；不出现为全部班级" example:"1 班"`
	FirstDay  string `json:"firstDay" format:"date" doc:"实习开始日期" example:"2027-01-04"`
	LastDay   string `json:"lastDay" format:"date" doc:"实习结束日期（含当日）" example:"2027-07-03"`
	EnrolFrom string `json:"enrolFrom" format:"date" doc:"报名开始日期" example:"2026-11-01"`
	EnrolTo   string `json:"enrolTo" format:"date" doc:"报名截止日期（含当日）" example:"2026-12-31"`
	Enrolling bool   `json:"enrolling" doc:"现在是否可以报名" example:"true"`
}

// SchoolPlanPage is one page of plans.
type SchoolPlanPage struct {
	Items []SchoolPlan `json:"items" doc:"本页的计划，按编号"`
	Next  string       `json:"next,omitempty" doc:"下一页的 after；最后一页时不出现"`
}

// Student is a student as the school gets it back: personal data masked.
type Student struct {
	ID        string    `json:"id" doc:"学生编号，学生端据此操作" example:"stu_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Number    string    `json:"number" doc:"学号" example:"20240101"`
	Name      string    `json:"name" doc:"姓名" example:"卢晓东"`
	Sex       string    `json:"sex" enum:"男,女" doc:"性别" example:"男"`
	IDNumber  string    `json:"idNumber" doc:"身份证号，部分隐藏" example:"410199********001X"`
	Mobile    string    `json:"mobile" doc:"手机号，部分隐藏" example:"139****0000"`
	Education string    `json:"education" doc:"学历" example:"中专"`
	Grade     string    `json:"grade" doc:"年级" example:"2024"`
	Major     string    `json:"major" doc:"专业" example:"电子技术应用"`
	Class     string    `json:"class,omitempty" doc:"班级" example:"1 班"`
	Guardian  *Guardian `json:"guardian,omitempty" doc:"监护人"`
}

// Guardian is the guardian of a minor.
type Guardian struct {
	Name   string `json:"name" doc:"监护人姓名" example:"卢建国"`
	Mobile string `json:"mobile" doc:"监护人手机号，部分隐藏" example:"137****0000"`
}

// StudentPage is one page of students.
type StudentPage struct {
	Items []Student `json:"items" doc:"本页的学生，按学号"`
	Next  string    `json:"next,omitempty" doc:"下一页的 after；最后一页时不出现"`
}

// Entry is an enterprise that a school entered, with its activation code.
type Entry struct {
	Enterprise     Enterprise `json:"enterprise" doc:"企业"`
	ActivationCode string     `json:"activationCode,omitempty" doc:"激活码，请转交企业；系统不保存明文。企业已由其他学校录入时不出现" example:"K7QM-2XWD-9HTR"`
	Expires        time.Time  `json:"expires,omitzero" doc:"激活码有效期至" example:"2026-12-23T12:00:00+08:00"`
	SMS            Texted     `json:"sms" doc:"是否已将激活码以短信发给企业联系人；未发出时由学校转交"`
}

// Texted says whether a text message was sent, and to whom.
type Texted struct {
	Sent   bool   `json:"sent" doc:"是否已发出；联系电话不是手机号，或平台未配置短信服务时不发" example:"true"`
	Mobile string `json:"mobile,omitempty" doc:"发往的手机号，只显示首尾；未发出时不出现" example:"138****0000"`
}

// Invitation says whether an enterprise was written to.
type Invitation struct {
	SMS Texted `json:"sms" doc:"短信"`
}

// NominationResult is what became of a student's nomination.
type NominationResult struct {
	Known      bool           `json:"known" doc:"平台已有该企业，不再发送邀请" example:"false"`
	Enterprise *EnterpriseRef `json:"enterprise,omitempty" doc:"企业；平台已有而尚未进入企业库的不出现"`
	SMS        Texted         `json:"sms" doc:"是否已邀请企业联系人"`
}

// EnterprisePage is one page of enterprises.
type EnterprisePage struct {
	Items []Enterprise `json:"items" doc:"本页的企业，从新到旧"`
	Next  string       `json:"next,omitempty" doc:"下一页的 after；最后一页时不出现"`
}

// EnterpriseRef names an enterprise.
type EnterpriseRef struct {
	ID   string `json:"id" doc:"企业编号" example:"ent_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Name string `json:"name" doc:"企事业单位名称" example:"濮阳市华龙区示例电子有限公司"`
}

// OfferEnterprise is whose the position is, and where the enterprise comes from
//
type OfferEnterprise struct {
	EnterpriseRef
	Source       string      `json:"source" doc:"来源：推荐学校、自荐或学生推荐" example:"推荐学校"`
	Recommenders []SchoolRef `json:"recommenders" doc:"推荐学校"`
}

// OfferSummary is a position that students may choose, in a list.
type OfferSummary struct {
	ID         string          `json:"id" doc:"岗位编号" example:"pos_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Enterprise OfferEnterprise `json:"enterprise" doc:"企业"`
	Name       string          `json:"name" doc:"岗位名称" example:"web前端工程师"`
	Department string          `json:"department" doc:"实习部门" example:"技术部"`
	Salary     string          `json:"salary" doc:"薪资待遇" example:"2K-3K"`
	Education  string          `json:"education" doc:"学历要求" example:"大专"`
	Majors     []string        `json:"majors" doc:"对口专业" example:"[\"电子技术应用\"]"`
	Address    string          `json:"address" doc:"工作地址" example:"河南省濮阳市华龙区新华街 260 号"`
	Headcount  int             `json:"headcount" doc:"实习人数；已满时报名会被告知" example:"5"`
	EnrolFrom  string          `json:"enrolFrom" format:"date" doc:"报名日期始" example:"2026-11-01"`
	EnrolTo    string          `json:"enrolTo" format:"date" doc:"报名日期止（含当日）" example:"2026-12-31"`
	Enrolling  bool            `json:"enrolling" doc:"现在是否在报名日期内" example:"true"`
}

// Offer is a position that students may choose, with its whole form.
type Offer struct {
	OfferSummary
	Edition       int       `json:"edition" doc:"岗位内容的版本，报名和重新确认时一并提交" example:"2"`
	SalaryMin     int       `json:"salaryMin" doc:"月薪下限，元" example:"2000"`
	SalaryMax     int       `json:"salaryMax,omitempty" doc:"月薪上限，元；没有上限时不出现" example:"3000"`
	Settlement    string    `json:"settlement" doc:"结算方式" example:"月结"`
	ReferenceWage int       `json:"referenceWage,omitempty" doc:"相同岗位工资，每月元" example:"2500"`
	Region        Address   `json:"region" doc:"工作地址：各级代码和完整地址"`
	Lodging       string    `json:"lodging" doc:"住宿条件" example:"2-4人间"`
	NightShift    string    `json:"nightShift" doc:"夜班情况；有夜班的均已备案" example:"无夜班"`
	Overtime      string    `json:"overtime" doc:"加班情况；有加班的均已备案" example:"无加班"`
	ExemptionNo   string    `json:"exemptionNumber,omitempty" doc:"夜班加班备案编号" example:"豫教职备〔2026〕12 号"`
	ExemptionFile string    `json:"exemptionFile,omitempty" doc:"夜班加班备案材料的文件编号" example:"fil_NZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	PeriodFrom    string    `json:"periodFrom" format:"date" doc:"预计实习开始日期" example:"2027-01-04"`
	PeriodTo      string    `json:"periodTo" format:"date" doc:"预计实习结束日期（含当日）" example:"2027-07-03"`
	Occupation    int       `json:"occupation,omitempty" doc:"职业类别，1 至 6 类" example:"2"`
	Taboo         []string  `json:"taboo,omitempty" doc:"禁忌从业人群，相应的学生不能报名" example:"[\"未成年人\"]"`
	PlanFile      string    `json:"planFile,omitempty" doc:"学生实习方案的文件编号" example:"fil_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Description   string    `json:"description" doc:"岗位描述" example:"负责企业网站的页面开发与维护"`
	Skills        string    `json:"skills,omitempty" doc:"学习技能" example:"HTML、CSS、JavaScript"`
	Requirements  string    `json:"requirements,omitempty" doc:"实习要求" example:"遵守企业规章制度"`
	PublishedAt   time.Time `json:"publishedAt" doc:"发布时间" example:"2026-10-21T10:00:00+08:00"`
}

// OfferPage is one page of offers.
type OfferPage struct {
	Items []OfferSummary `json:"items" doc:"本页的岗位，从新到旧"`
	Next  string         `json:"next,omitempty" doc:"下一页的 after；最后一页时不出现。一页可能少于 limit 条，以 next 为准"`
}

// PartnerPlacementSummary is one row of 报名·签约记录 for the student's and the
// school's side.
type PartnerPlacementSummary struct {
	PlacementSummary
	StudentID  string        `json:"studentId" doc:"学生编号" example:"stu_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	PlanID     string        `json:"planId" doc:"计划编号" example:"pln_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Enterprise EnterpriseRef `json:"enterprise" doc:"企业"`
}

// PartnerPlacement is such a row with all that happened to it.
type PartnerPlacement struct {
	PartnerPlacementSummary
	Plan       Plan      `json:"plan" doc:"实习计划"`
	Terms      Terms     `json:"terms" doc:"学生报名时的岗位条件"`
	ApprovedAt time.Time `json:"approvedAt,omitzero" doc:"学校认可的时间" example:"2026-11-25T10:00:00+08:00"`
	Reason     string    `json:"reason,omitempty" doc:"失效、拒绝或未通过的原因" example:"他企业先确认"`
	History    []Change  `json:"history" doc:"经过，从早到晚"`
}

// PartnerPlacementPage is one page of such rows.
type PartnerPlacementPage struct {
	Items []PartnerPlacementSummary `json:"items" doc:"本页的记录，从新到旧"`
	Next  string                    `json:"next,omitempty" doc:"下一页的 after；最后一页时不出现"`
}

func renderPlan(p *internship.Plan, now time.Time) SchoolPlan {
	return SchoolPlan{ID: p.ID, Number: p.Number, Name: p.Name, Grade: p.Grade, Major: p.Major, Class: p.Class,
		FirstDay: string(p.FirstDay), LastDay: string(p.LastDay), EnrolFrom: string(p.EnrolFrom), EnrolTo: string(p.EnrolTo),
		Enrolling: p.Enrolling(now)}
}

func renderPlans(plans []*internship.Plan, now time.Time) SchoolPlanPage {
	out := SchoolPlanPage{Items: make([]SchoolPlan, len(plans))}
	for i, p := range plans {
		out.Items[i] = renderPlan(p, now)
	}
	return out
}

func renderStudent(s *internship.Student) Student {
	out := Student{ID: s.ID, Number: s.Number, Name: s.Name, Sex: string(s.Sex()), IDNumber: internship.MaskIDNumber(s.IDNumber),
		Mobile: internship.MaskMobile(s.Mobile), Education: s.Education, Grade: s.Grade, Major: s.Major, Class: s.Class}
	if s.Guardian.Name != "" || s.Guardian.Mobile != "" {
		out.Guardian = &Guardian{Name: s.Guardian.Name, Mobile: internship.MaskMobile(s.Guardian.Mobile)}
	}
	return out
}

func renderEntry(e acts.Entry) Entry {
	return Entry{Enterprise: renderEnterprise(e.Enterprise), ActivationCode: e.Code, Expires: local(e.Expires), SMS: renderTexted(e.Enterprise, e.Texted)}
}

func renderTexted(e *internship.Enterprise, sent bool) Texted {
	if !sent {
		return Texted{}
	}
	return Texted{Sent: true, Mobile: internship.MaskMobile(e.Profile.Phone)}
}

// renderNomination tells of an enterprise that was known before no more than
// the library does.
func renderNomination(n acts.Nomination) NominationResult {
	out := NominationResult{Known: n.Known, SMS: renderTexted(n.Enterprise, n.Texted)}
	if !n.Known || n.Enterprise.State == internship.Active {
		out.Enterprise = &EnterpriseRef{n.Enterprise.ID, n.Enterprise.Name}
	}
	return out
}

func renderOfferer(p *internship.Position) OfferEnterprise {
	return OfferEnterprise{EnterpriseRef{p.EnterpriseID, p.EnterpriseName}, p.Source, renderRecommenders(p.Recommenders)}
}

func summarizeOffer(p *internship.Position, now time.Time) OfferSummary {
	t := p.Terms
	return OfferSummary{ID: p.ID, Enterprise: renderOfferer(p), Name: t.Name, Department: t.Department,
		Salary: t.Salary.Band, Education: t.Education, Majors: t.Majors, Address: t.Workplace.Text(), Headcount: t.Headcount,
		EnrolFrom: string(p.EnrolFrom), EnrolTo: string(p.EnrolTo), Enrolling: p.MayApply(now) == nil}
}

func renderOffer(p *internship.Position, now time.Time) Offer {
	t := p.Terms
	return Offer{OfferSummary: summarizeOffer(p, now), Edition: p.Published, SalaryMin: t.Salary.Min, SalaryMax: t.Salary.Max, Settlement: t.Settlement,
		ReferenceWage: p.ReferenceWage, Region: renderAddress(t.Workplace), Lodging: t.Lodging, NightShift: t.NightShift, Overtime: t.Overtime,
		ExemptionNo: p.Exemption.Number, ExemptionFile: p.Exemption.File, PeriodFrom: string(t.From), PeriodTo: string(t.To), Occupation: t.Occupation, Taboo: t.Taboo,
		PlanFile: t.Plan, Description: t.Description, Skills: t.Skills, Requirements: t.Requirements, PublishedAt: local(p.PublishedAt)}
}

func summarizePartnerPlacement(p *internship.Placement, now time.Time) PartnerPlacementSummary {
	return PartnerPlacementSummary{PlacementSummary: summarizePlacement(p, now), StudentID: p.StudentID, PlanID: p.PlanID,
		Enterprise: EnterpriseRef{p.EnterpriseID, p.EnterpriseName}}
}

// renderPartnerPlacement leaves out who of the enterprise's staff acted.
func renderPartnerPlacement(p *internship.Placement, now time.Time) PartnerPlacement {
	out := PartnerPlacement{
		PartnerPlacementSummary: summarizePartnerPlacement(p, now),
		Plan:                    Plan{p.PlanID, p.PlanName, string(p.PlanFirstDay), string(p.PlanLastDay)},
		Terms:                   renderTerms(p),
		ApprovedAt:              local(p.ApprovedAt), Reason: p.Reason, History: renderHistory("placement", p.History),
	}
	for i, c := range p.History {
		out.History[i].By = renderOutside(c.By)
	}
	return out
}

func renderPartnerPlacements(found store.PlacementPage, now time.Time) PartnerPlacementPage {
	out := PartnerPlacementPage{Items: make([]PartnerPlacementSummary, len(found.Items)), Next: found.Next}
	for i, p := range found.Items {
		out.Items[i] = summarizePartnerPlacement(p, now)
	}
	return out
}

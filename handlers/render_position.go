package handlers

import (
	"time"

	"shixi/internship"
)

// PositionSummary is a position (岗位) in a list.
type PositionSummary struct {
	ID         string        `json:"id" doc:"岗位编号" example:"pos_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Name       string        `json:"name" doc:"岗位名称" example:"web前端工程师"`
	Department string        `json:"department" doc:"实习部门" example:"技术部"`
	State      PositionState `json:"state"`
	StateLabel string        `json:"stateLabel" doc:"岗位状态" example:"发布中"`
	Salary     string        `json:"salary,omitempty" doc:"薪资待遇；未填时不出现" example:"2K-3K"`
	Headcount  int           `json:"headcount,omitempty" doc:"实习人数；未填时不出现" example:"5"`
	EnrolFrom  string        `json:"enrolFrom,omitempty" format:"date" doc:"报名日期始；未填时不出现" example:"2026-11-01"`
	EnrolTo    string        `json:"enrolTo,omitempty" format:"date" doc:"报名日期止（含当日）；未填时不出现" example:"2026-12-31"`
	CreatedAt  time.Time     `json:"createdAt" doc:"创建时间" example:"2026-10-20T09:30:00+08:00"`
}

// Position is a position (岗位) with its whole form.
type Position struct {
	PositionSummary
	SalaryMin     int            `json:"salaryMin,omitempty" doc:"月薪下限，元；未填时不出现" example:"2000"`
	SalaryMax     int            `json:"salaryMax,omitempty" doc:"月薪上限，元；没有上限时不出现" example:"3000"`
	Settlement    string         `json:"settlement" doc:"结算方式" example:"月结"`
	ReferenceWage int            `json:"referenceWage,omitempty" doc:"相同岗位工资，每月元；未填时不出现" example:"2500"`
	Education     string         `json:"education,omitempty" doc:"学历要求；未填时不出现" example:"大专"`
	StaffInPost   int            `json:"staffInPost,omitempty" doc:"同类岗位在岗人数；未填时不出现" example:"40"`
	Majors        []string       `json:"majors,omitempty" doc:"对口专业；未填时不出现" example:"[\"电子技术应用\"]"`
	Occupation    int            `json:"occupation,omitempty" doc:"职业类别，1 至 6 类；未填时不出现" example:"2"`
	Taboo         []string       `json:"taboo,omitempty" doc:"禁忌从业人群" example:"[\"未成年人\"]"`
	Address       Address        `json:"address" doc:"工作地址"`
	Lodging       string         `json:"lodging,omitempty" doc:"住宿条件；未填时不出现" example:"2-4人间"`
	NightShift    string         `json:"nightShift,omitempty" doc:"夜班情况；未填时不出现" example:"无夜班"`
	Overtime      string         `json:"overtime,omitempty" doc:"加班情况；未填时不出现" example:"无加班"`
	Exemption     *Exemption     `json:"exemption,omitempty" doc:"夜班加班备案；未填时不出现"`
	PeriodFrom    string         `json:"periodFrom,omitempty" format:"date" doc:"预计实习开始日期；未填时不出现" example:"2027-01-04"`
	PeriodTo      string         `json:"periodTo,omitempty" format:"date" doc:"预计实习结束日期（含当日）；未填时不出现" example:"2027-07-03"`
	PlanFile      string         `json:"planFile,omitempty" doc:"学生实习方案的文件编号；未上传时不出现" example:"fil_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Description   string         `json:"description,omitempty" doc:"岗位描述；未填时不出现" example:"负责企业网站的页面开发与维护"`
	Skills        string         `json:"skills,omitempty" doc:"学习技能" example:"HTML、CSS、JavaScript"`
	Requirements  string         `json:"requirements,omitempty" doc:"实习要求" example:"遵守企业规章制度"`
	Edition       int            `json:"edition" doc:"第几次保存" example:"2"`
	PublishedAt   time.Time      `json:"publishedAt,omitzero" doc:"最近一次发布的时间；从未发布时不出现" example:"2026-10-21T10:00:00+08:00"`
	Declared      *Declared      `json:"declared,omitempty" doc:"最近一次发布时的合规声明；从未发布时不出现"`
	Missing       []FieldProblem `json:"missing,omitempty" doc:"发布前还须填写的字段；齐全时不出现"`
	Warnings      []Warning      `json:"warnings,omitempty" doc:"不妨碍本次操作、但企业应当知道的事项"`
	Signed        *int           `json:"signed,omitempty" doc:"已签约人数；只在查看单个岗位时出现" example:"3"`
}

// Exemption is 夜班加班备案.
type Exemption struct {
	Number string `json:"number,omitempty" doc:"备案编号" example:"豫教职备〔2026〕12 号"`
	File   string `json:"file,omitempty" doc:"备案材料的文件编号" example:"fil_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
}

// Declared is a declaration that was made.
type Declared struct {
	Version string    `json:"version" doc:"声明的版本" example:"2026-1"`
	Edition int       `json:"edition" doc:"所声明的是第几次保存的岗位" example:"2"`
	By      Actor     `json:"by" doc:"声明人"`
	At      time.Time `json:"at" doc:"声明时间" example:"2026-10-21T10:00:00+08:00"`
}

// Warning is something that the enterprise should know and that hinders
// nothing.
type Warning struct {
	Code    string `json:"code" doc:"稳定的代码，供程序判断" example:"position.occupation_class"`
	Field   string `json:"field,omitempty" doc:"有关字段的 JSON 路径" example:"occupation"`
	Message string `json:"message" doc:"说明" example:"第 5 类职业不在线上保险的承保范围（第 1 至 4 类）内，须在线下投保学生实习责任保险并备案"`
}

// PositionPage is one page of positions.
type PositionPage struct {
	Items []PositionSummary `json:"items" doc:"本页的岗位，从新到旧"`
	Next  string            `json:"next,omitempty" doc:"下一页的 after；最后一页时不出现"`
}

func summarizePosition(p *internship.Position) PositionSummary {
	return PositionSummary{
		ID: p.ID, Name: p.Terms.Name, Department: p.Terms.Department, State: PositionState(p.State), StateLabel: p.StateLabel(),
		Salary: p.Terms.Salary.Band, Headcount: p.Terms.Headcount, EnrolFrom: string(p.EnrolFrom), EnrolTo: string(p.EnrolTo),
		CreatedAt: local(p.CreatedAt),
	}
}

func renderPosition(p *internship.Position, warnings []internship.Warning) Position {
	t := p.Terms
	out := Position{
		PositionSummary: summarizePosition(p), SalaryMin: t.Salary.Min, SalaryMax: t.Salary.Max, Settlement: t.Settlement,
		ReferenceWage: p.ReferenceWage, Education: t.Education, StaffInPost: p.StaffInPost, Majors: t.Majors, Occupation: t.Occupation, Taboo: t.Taboo,
		Address: renderAddress(t.Workplace), Lodging: t.Lodging, NightShift: t.NightShift, Overtime: t.Overtime,
		PeriodFrom: string(t.From), PeriodTo: string(t.To), PlanFile: t.Plan, Description: t.Description, Skills: t.Skills, Requirements: t.Requirements,
		Edition: p.Edition, PublishedAt: local(p.PublishedAt),
	}
	if p.Exemption != (internship.Exemption{}) {
		out.Exemption = &Exemption{p.Exemption.Number, p.Exemption.File}
	}
	if n := len(p.Declarations); n > 0 {
		d := p.Declarations[n-1]
		out.Declared = &Declared{d.Version, d.Edition, renderActor(d.By), local(d.At)}
	}
	for _, f := range p.Missing() {
		out.Missing = append(out.Missing, FieldProblem(f))
	}
	for _, w := range warnings {
		out.Warnings = append(out.Warnings, Warning(w))
	}
	return out
}

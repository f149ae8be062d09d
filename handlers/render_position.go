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
	Salary     string        `json:"salary" doc:"薪资待遇" example:"2K-3K"`
	Headcount  int           `json:"headcount" doc:"实习人数" example:"5"`
	EnrolFrom  string        `json:"enrolFrom" format:"date" doc:"报名日期始" example:"2026-11-01"`
	EnrolTo    string        `json:"enrolTo" format:"date" doc:"报名日期止（含当日）" example:"2026-12-31"`
	CreatedAt  time.Time     `json:"createdAt" doc:"创建时间" example:"2026-10-20T09:30:00+08:00"`
}

// Position is a position (岗位) with its whole form.
type Position struct {
	PositionSummary
	SalaryMin    int       `json:"salaryMin" doc:"月薪下限，元" example:"2000"`
	SalaryMax    int       `json:"salaryMax,omitempty" doc:"月薪上限，元；没有上限时不出现" example:"3000"`
	Settlement   string    `json:"settlement" doc:"结算方式" example:"月结"`
	Education    string    `json:"education" doc:"学历要求" example:"大专"`
	Majors       []string  `json:"majors" doc:"对口专业" example:"[\"电子技术应用\"]"`
	Address      string    `json:"address" doc:"工作地址" example:"濮阳市华龙区新华街 260 号"`
	Lodging      string    `json:"lodging" doc:"住宿条件" example:"2-4人间"`
	NightShift   string    `json:"nightShift" doc:"夜班情况" example:"无夜班"`
	Overtime     string    `json:"overtime" doc:"加班情况" example:"无加班"`
	Description  string    `json:"description" doc:"岗位描述" example:"负责企业网站的页面开发与维护"`
	Skills       string    `json:"skills,omitempty" doc:"学习技能" example:"HTML、CSS、JavaScript"`
	Requirements string    `json:"requirements,omitempty" doc:"实习要求" example:"遵守企业规章制度"`
	Edition      int       `json:"edition" doc:"第几次保存" example:"2"`
	PublishedAt  time.Time `json:"publishedAt,omitzero" doc:"最近一次发布的时间；从未发布时不出现" example:"2026-10-21T10:00:00+08:00"`
	Signed       *int      `json:"signed,omitempty" doc:"已签约人数；只在查看单个岗位时出现" example:"3"`
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

func renderPosition(p *internship.Position) Position {
	t := p.Terms
	return Position{
		PositionSummary: summarizePosition(p), SalaryMin: t.Salary.Min, SalaryMax: t.Salary.Max, Settlement: t.Settlement,
		Education: t.Education, Majors: t.Majors, Address: t.Address, Lodging: t.Lodging, NightShift: t.NightShift, Overtime: t.Overtime,
		Description: t.Description, Skills: t.Skills, Requirements: t.Requirements, Edition: p.Edition, PublishedAt: local(p.PublishedAt),
	}
}

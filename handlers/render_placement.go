package handlers

import (
	"time"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
)

// PlacementSummary is one row of 报名·签约记录 in a list.
type PlacementSummary struct {
	ID         string         `json:"id" doc:"报名记录编号" example:"plc_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Student    Applicant      `json:"student" doc:"学生"`
	School     SchoolRef      `json:"school" doc:"学校"`
	Position   PositionRef    `json:"position" doc:"岗位"`
	State      PlacementState `json:"state"`
	StateLabel string         `json:"stateLabel" doc:"签约状态，失效时带原因" example:"学生报名待企业确认"`
	Valid      bool           `json:"valid" doc:"数据状态：true 有效，false 无效" example:"true"`
	ValidLabel string         `json:"validLabel" doc:"数据状态" enum:"有效,无效" example:"有效"`
	AppliedAt  time.Time      `json:"appliedAt" doc:"报名时间" example:"2026-11-23T12:00:00+08:00"`
	SignedAt   time.Time      `json:"signedAt,omitzero" doc:"签约时间；未签约时不出现" example:"2026-11-24T09:15:00+08:00"`
}

// Applicant is what the enterprise may know of a student before the
// internship.
type Applicant struct {
	Name      string `json:"name" doc:"姓名" example:"卢晓东"`
	Sex       string `json:"sex" enum:"男,女" doc:"性别" example:"男"`
	Age       int    `json:"age" doc:"年龄，周岁" example:"19"`
	Education string `json:"education" doc:"学历" example:"中专"`
	Grade     string `json:"grade" doc:"年级" example:"2024"`
	Major     string `json:"major" doc:"专业" example:"电子技术应用"`
	Class     string `json:"class,omitempty" doc:"班级" example:"1 班"`
}

// SchoolRef names a school.
type SchoolRef struct {
	ID   string `json:"id" doc:"学校编号" example:"sch_410001"`
	Name string `json:"name" doc:"学校名称" example:"郑州市某职业学校"`
}

// PositionRef names a position.
type PositionRef struct {
	ID         string `json:"id" doc:"岗位编号" example:"pos_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Name       string `json:"name" doc:"岗位名称" example:"web前端工程师"`
	Department string `json:"department" doc:"实习部门" example:"技术部"`
}

// Placement is one row of 报名·签约记录 with all that happened to it.
type Placement struct {
	PlacementSummary
	Plan       Plan       `json:"plan" doc:"实习计划"`
	Terms      Terms      `json:"terms" doc:"学生报名时的岗位条件"`
	ApprovedAt time.Time  `json:"approvedAt,omitzero" doc:"学校认可的时间" example:"2026-11-25T10:00:00+08:00"`
	Reason     string     `json:"reason,omitempty" doc:"失效、拒绝或未通过的原因" example:"他企业先确认"`
	History    []Change   `json:"history" doc:"经过，从早到晚"`
	Messages   []Delivery `json:"messages" doc:"为此发出的消息及其去向，从新到旧"`
}

// Plan is the internship plan (实习计划) of a placement.
type Plan struct {
	ID       string `json:"id" doc:"计划编号" example:"pln_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Name     string `json:"name" doc:"计划名称" example:"2024 级电子技术应用岗位实习"`
	FirstDay string `json:"firstDay" format:"date" doc:"实习开始日期" example:"2027-01-04"`
	LastDay  string `json:"lastDay" format:"date" doc:"实习结束日期" example:"2027-07-03"`
}

// Terms are the conditions of a position that the student agreed to.
type Terms struct {
	Edition    int    `json:"edition" doc:"岗位的第几次保存" example:"2"`
	Salary     string `json:"salary" doc:"薪资待遇" example:"2K-3K"`
	SalaryMin  int    `json:"salaryMin" doc:"月薪下限，元" example:"2000"`
	SalaryMax  int    `json:"salaryMax,omitempty" doc:"月薪上限，元；没有上限时不出现" example:"3000"`
	Settlement string `json:"settlement" doc:"结算方式" example:"月结"`
	Address    string `json:"address" doc:"工作地址" example:"河南省濮阳市华龙区新华街 260 号"`
	Lodging    string `json:"lodging" doc:"住宿条件" example:"2-4人间"`
	NightShift string `json:"nightShift" doc:"夜班情况" example:"无夜班"`
	Overtime   string `json:"overtime" doc:"加班情况" example:"无加班"`
	PeriodFrom string `json:"periodFrom" format:"date" doc:"预计实习开始日期" example:"2027-01-04"`
	PeriodTo   string `json:"periodTo" format:"date" doc:"预计实习结束日期（含当日）" example:"2027-07-03"`
	Occupation int    `json:"occupation,omitempty" doc:"职业类别，1 至 6 类" example:"2"`
	PlanFile   string `json:"planFile,omitempty" doc:"学生实习方案的文件编号" example:"fil_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
}

// Change is one line of a history.
type Change struct {
	Name      string    `json:"name" doc:"操作" example:"accept"`
	Label     string    `json:"label" doc:"操作名称" example:"同意签约"`
	FromLabel string    `json:"fromLabel,omitempty" doc:"此前的状态" example:"学生报名待企业确认"`
	ToLabel   string    `json:"toLabel" doc:"此后的状态" example:"企业已同意·待学校"`
	By        Actor     `json:"by" doc:"操作方"`
	At        time.Time `json:"at" doc:"时间" example:"2026-11-24T09:15:00+08:00"`
	Note      string    `json:"note,omitempty" doc:"说明" example:"专业不对口"`
}

// Actor is who did something, in histories and events alike.
type Actor struct {
	Kind  string `json:"kind" enum:"enterprise,student,school,platform,system" doc:"操作方" example:"enterprise"`
	Label string `json:"label" doc:"操作方名称" example:"企业"`
	Name  string `json:"name,omitempty" doc:"姓名或校名；合作方看不到企业的操作人" example:"王经理"`
}

// PlacementPage is one page of placements.
type PlacementPage struct {
	Items       []PlacementSummary `json:"items" doc:"本页的记录，从新到旧"`
	Next        string             `json:"next,omitempty" doc:"下一页的 after；最后一页时不出现"`
	Total       *int               `json:"total,omitempty" maximum:"10000" doc:"总数，至多 10000；未计数时不出现" example:"37"`
	TotalCapped bool               `json:"totalCapped,omitempty" doc:"总数超过 10000"`
}

// PlacementResults are the results of a batch, one per row.
type PlacementResults struct {
	Results []PlacementResult `json:"results" doc:"逐行结果，按提交的顺序，重复的编号只出现一次"`
}

// PlacementResult is what became of one row of a batch.
type PlacementResult struct {
	ID        string            `json:"id" doc:"报名记录编号" example:"plc_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	OK        bool              `json:"ok" doc:"是否成功" example:"true"`
	Placement *PlacementSummary `json:"placement,omitempty" doc:"成功时：处理后的记录"`
	Error     *Problem          `json:"error,omitempty" doc:"失败时：原因"`
}

func summarizePlacement(p *internship.Placement, now time.Time) PlacementSummary {
	s := PlacementSummary{
		ID: p.ID, Student: renderApplicant(p.Student, now), School: SchoolRef{p.SchoolID, p.SchoolName},
		Position: PositionRef{p.PositionID, p.Terms.Name, p.Terms.Department},
		State:    PlacementState(p.State), StateLabel: p.StateLabel(), Valid: p.Valid(), ValidLabel: "有效",
		AppliedAt: local(p.AppliedAt), SignedAt: local(p.SignedAt),
	}
	if !s.Valid {
		s.ValidLabel = "无效"
	}
	return s
}

func renderApplicant(s internship.Applicant, now time.Time) Applicant {
	return Applicant{Name: s.Name, Sex: string(s.Sex), Age: internship.AgeOn(s.Birth, internship.DateOf(now)),
		Education: s.Education, Grade: s.Grade, Major: s.Major, Class: s.Class}
}

func renderPlacement(p *internship.Placement, trail []acts.Delivery, now time.Time) Placement {
	return Placement{
		PlacementSummary: summarizePlacement(p, now),
		Plan:             Plan{p.PlanID, p.PlanName, string(p.PlanFirstDay), string(p.PlanLastDay)},
		Terms:            renderTerms(p),
		ApprovedAt:       local(p.ApprovedAt), Reason: p.Reason,
		History: renderHistory("placement", p.History), Messages: renderTrail(trail),
	}
}

func renderActor(by internship.Actor) Actor {
	return Actor{Kind: string(by.Kind), Label: by.Kind.Label(), Name: by.Name}
}

// renderOutside leaves out who of an enterprise's staff acted: partners deal
// with the enterprise, and need no more of the person (domain.md §3.2).
func renderOutside(by internship.Actor) Actor {
	actor := renderActor(by)
	if by.Kind == internship.ByEnterprise || by.Kind == internship.BySystem {
		actor.Name = ""
	}
	return actor
}

func renderTerms(p *internship.Placement) Terms {
	t := p.Terms
	return Terms{Edition: p.Edition, Salary: t.Salary.Band, SalaryMin: t.Salary.Min, SalaryMax: t.Salary.Max, Settlement: t.Settlement,
		Address: t.Workplace.Text(), Lodging: t.Lodging, NightShift: t.NightShift, Overtime: t.Overtime,
		PeriodFrom: string(t.From), PeriodTo: string(t.To), Occupation: t.Occupation, PlanFile: t.Plan}
}

func renderHistory(of string, history []internship.Change) []Change {
	m := machine(of)
	out := make([]Change, len(history))
	for i, c := range history {
		out[i] = Change{Name: c.Name, Label: transitionLabel(m, c.Name), ToLabel: m.StateLabel(c.To), By: renderActor(c.By),
			At: local(c.At), Note: c.Note}
		if c.From != "" {
			out[i].FromLabel = m.StateLabel(c.From)
		}
	}
	return out
}

func renderPlacementPage(found store.PlacementPage, now time.Time) PlacementPage {
	out := PlacementPage{Items: make([]PlacementSummary, len(found.Items)), Next: found.Next}
	for i, p := range found.Items {
		out.Items[i] = summarizePlacement(p, now)
	}
	if found.Total >= 0 {
		total := min(found.Total, store.MaxCount)
		out.Total, out.TotalCapped = &total, found.Total > store.MaxCount
	}
	return out
}

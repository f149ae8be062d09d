package internship

import "errors"

// PositionInput is the form 实习岗位编辑 as it is submitted (manual §3.1).
type PositionInput struct {
	// Edition is the one that the person edits; 0: not said. A new position has
	// none yet.
	Edition       int            `json:"edition,omitempty" doc:"编辑时页面上看到的岗位版本；填写后，岗位在此期间被他人修改过的不予保存" example:"2"`
	Name          string         `json:"name" doc:"岗位名称" example:"web前端工程师"`
	Department    string         `json:"department" doc:"实习部门" example:"技术部"`
	Salary        string         `json:"salary,omitempty" doc:"薪资待遇；发布前必填" example:"2K-3K"`
	SalaryMin     int            `json:"salaryMin,omitempty" doc:"月薪下限，元，须在薪资待遇的范围内；不填为该范围的下限" example:"2400"`
	SalaryMax     int            `json:"salaryMax,omitempty" doc:"月薪上限，元，须在薪资待遇的范围内；不填为该范围的上限" example:"2800"`
	Settlement    string         `json:"settlement,omitempty" doc:"结算方式，默认月结，周期不超过 1 个月" example:"月结"`
	ReferenceWage int            `json:"referenceWage,omitempty" doc:"相同岗位工资，每月元，实习报酬不得低于其 80%；发布前必填" example:"3000"`
	Education     string         `json:"education,omitempty" doc:"学历要求；发布前必填" example:"大专"`
	Headcount     int            `json:"headcount,omitempty" doc:"实习人数，1 至 2000；发布前必填" example:"5"`
	StaffInPost   int            `json:"staffInPost,omitempty" doc:"同类岗位在岗人数，实习人数一般不超过其 20%；发布前必填" example:"40"`
	Majors        []string       `json:"majors,omitempty" doc:"对口专业；发布前必填" example:"[\"电子技术应用\"]"`
	Occupation    int            `json:"occupation,omitempty" doc:"职业类别，1 至 6 类，线上保险只承保 1 至 4 类；发布前必填" example:"2"`
	Taboo         []string       `json:"taboo,omitempty" doc:"禁忌从业人群，岗位含未成年工或女职工禁忌从事的劳动时填写，相应的学生不能报名" example:"[\"未成年人\"]"`
	Address       WorkplaceInput `json:"address,omitzero" required:"false" doc:"工作地址；发布前必填"`
	Lodging       string         `json:"lodging,omitempty" doc:"住宿条件；发布前必填" example:"2-4人间"`
	NightShift    string         `json:"nightShift,omitempty" doc:"夜班情况；发布前必填" example:"无夜班"`
	Overtime      string         `json:"overtime,omitempty" doc:"加班情况；发布前必填" example:"无加班"`
	Exemption     ExemptionInput `json:"exemption,omitzero" required:"false" doc:"夜班加班备案，有夜班或加班时发布前必填"`
	EnrolFrom     string         `json:"enrolFrom,omitempty" doc:"报名日期始；发布前必填" example:"2026-11-01"`
	EnrolTo       string         `json:"enrolTo,omitempty" doc:"报名日期止；发布前必填" example:"2026-12-31"`
	PeriodFrom    string         `json:"periodFrom,omitempty" doc:"预计实习开始日期，不填为报名截止的次日" example:"2027-01-04"`
	PeriodTo      string         `json:"periodTo,omitempty" doc:"预计实习结束日期，不填为 6 个月，最长 12 个月" example:"2027-07-03"`
	PlanFile      string         `json:"planFile,omitempty" doc:"学生实习方案，上传后得到的文件编号；发布前必填" example:"fil_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Description   string         `json:"description,omitempty" doc:"岗位描述；发布前必填" example:"负责企业网站的页面开发与维护"`
	Skills        string         `json:"skills,omitempty" doc:"学习技能" example:"HTML、CSS、JavaScript"`
	Requirements  string         `json:"requirements,omitempty" doc:"实习要求" example:"遵守企业规章制度"`
}

// WorkplaceInput is 工作地址: region codes of GB/T 2260, which a draft may
// lack, and the detail.
type WorkplaceInput struct {
	Province string `json:"province,omitempty" doc:"省代码；发布前必填" example:"410000"`
	City     string `json:"city,omitempty" doc:"市代码；发布前必填" example:"410900"`
	County   string `json:"county,omitempty" doc:"县区代码" example:"410902"`
	Detail   string `json:"detail,omitempty" doc:"详细实习地址；发布前必填" example:"新华街 260 号"`
}

// ExemptionInput is 夜班加班备案.
type ExemptionInput struct {
	Number string `json:"number,omitempty" doc:"备案编号" example:"豫教职备〔2026〕12 号"`
	File   string `json:"file,omitempty" doc:"备案材料，上传后得到的文件编号" example:"fil_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
}

// usualMonths is how long an internship usually is, mostMonths how long it may
// be (domain.md §3.1).
const (
	usualMonths = 6
	mostMonths  = 12
)

// Parse checks the form and gives the sheet. Errors: ErrInvalid with each wrong
// field. Whether the files are the enterprise's own is the act's matter.
func (in PositionInput) Parse() (Sheet, error) {
	in = in.cleaned()
	var q inquiry
	q.form(PositionForm(), in.values())
	s := Sheet{ReferenceWage: in.ReferenceWage, StaffInPost: in.StaffInPost, Exemption: Exemption(in.Exemption)}
	s.Terms = Terms{Name: in.Name, Department: in.Department, Salary: q.salary(in), Settlement: in.Settlement,
		Education: in.Education, Headcount: in.Headcount, Majors: in.Majors, Workplace: Address(in.Address), Lodging: in.Lodging,
		NightShift: in.NightShift, Overtime: in.Overtime, Occupation: in.Occupation, Taboo: in.Taboo, Plan: in.PlanFile,
		Description: in.Description, Skills: in.Skills, Requirements: in.Requirements}
	s.EnrolFrom, s.EnrolTo = q.someDate("enrolFrom", in.EnrolFrom), q.someDate("enrolTo", in.EnrolTo)
	q.order("enrolTo", s.EnrolFrom, s.EnrolTo, "报名截止日期不能早于开始日期")
	s.Terms.From, s.Terms.To = q.period(in, s.EnrolFrom, s.EnrolTo)
	q.someRegion("address.", s.Terms.Workplace)
	return s, q.err()
}

// cleaned is the form in its canonical writing, with its defaults.
func (in PositionInput) cleaned() PositionInput {
	for _, text := range []*string{&in.Name, &in.Department, &in.Salary, &in.Settlement, &in.Education, &in.Address.Province,
		&in.Address.City, &in.Address.County, &in.Address.Detail, &in.Lodging, &in.NightShift, &in.Overtime, &in.Exemption.Number,
		&in.Exemption.File, &in.EnrolFrom, &in.EnrolTo, &in.PeriodFrom, &in.PeriodTo, &in.PlanFile, &in.Description, &in.Skills, &in.Requirements} {
		*text = Clean(*text)
	}
	in.Majors, in.Taboo = cleanAll(in.Majors), cleanAll(in.Taboo)
	if band, ok := SalaryOf(in.Salary); ok {
		in.Salary = band.Band
	}
	if in.Settlement == "" {
		in.Settlement = monthly
	}
	return in
}

func cleanAll(texts []string) []string {
	var out []string
	for _, t := range texts {
		out = append(out, Clean(t))
	}
	return out
}

func (in PositionInput) values() map[string]string {
	values := map[string]string{"edition": Number(in.Edition), "name": in.Name, "department": in.Department, "salary": in.Salary,
		"salaryMin": Number(in.SalaryMin), "salaryMax": Number(in.SalaryMax), "settlement": in.Settlement, "referenceWage": Number(in.ReferenceWage),
		"education": in.Education, "headcount": Number(in.Headcount), "staffInPost": Number(in.StaffInPost), "occupation": Number(in.Occupation),
		"address.province": in.Address.Province, "address.city": in.Address.City, "address.county": in.Address.County, "address.detail": in.Address.Detail,
		"lodging": in.Lodging, "nightShift": in.NightShift, "overtime": in.Overtime, "exemption.number": in.Exemption.Number, "exemption.file": in.Exemption.File,
		"enrolFrom": in.EnrolFrom, "enrolTo": in.EnrolTo, "periodFrom": in.PeriodFrom, "periodTo": in.PeriodTo, "planFile": in.PlanFile,
		"description": in.Description, "skills": in.Skills, "requirements": in.Requirements}
	SetEntries(values, "majors", in.Majors)
	SetEntries(values, "taboo", in.Taboo)
	return values
}

// salary is the band narrowed by the exact numbers, where they are given and
// lie in it.
func (q *inquiry) salary(in PositionInput) Salary {
	s, ok := SalaryOf(in.Salary)
	if !ok {
		if in.SalaryMin != 0 || in.SalaryMax != 0 { // which would be lost without it
			q.note("salary", FieldError{Code: "required", Message: "请选择薪资待遇"})
		}
		return s
	}
	band := s
	for _, bound := range []struct {
		field string
		yuan  int
		put   *int
	}{{"salaryMin", in.SalaryMin, &s.Min}, {"salaryMax", in.SalaryMax, &s.Max}} {
		switch {
		case bound.yuan == 0:
		case band.holds(bound.yuan):
			*bound.put = bound.yuan
		default:
			q.note(bound.field, FieldError{Code: "range", Message: q.labels[bound.field] + "不在薪资待遇 " + band.Band + " 的范围内"})
		}
	}
	if s.Max > 0 && s.Max < s.Min {
		q.note("salaryMax", FieldError{Code: "range", Message: "月薪上限不能低于月薪下限"})
	}
	return s
}

// period is when the internship is expected to be: usually half a year from
// the end of the enrolment on, never longer than a year, and not over while
// students still enrol.
func (q *inquiry) period(in PositionInput, enrolFrom, enrolTo Date) (from, to Date) {
	if in.PeriodFrom == "" && in.PeriodTo != "" && !q.refused("periodTo") {
		q.note("periodFrom", FieldError{Code: "required", Message: "请填写预计实习开始日期"})
	}
	if in.PeriodFrom != "" {
		from = q.date("periodFrom", in.PeriodFrom)
		q.order("periodFrom", enrolFrom, from, "预计实习开始日期不能早于报名开始日期")
	} else if enrolTo != "" {
		from = DateOf(enrolTo.End())
	}
	switch {
	case in.PeriodTo != "":
		to = q.date("periodTo", in.PeriodTo)
		q.order("periodTo", from, to, "预计实习结束日期不能早于开始日期")
		q.order("periodTo", enrolTo, to, "预计实习结束日期不能早于报名截止日期")
	case from != "":
		to = from.lastOf(usualMonths)
	}
	if from != "" && to > from.lastOf(mostMonths) {
		q.note("periodTo", FieldError{Code: "range", Message: "预计实习时间不能超过 12 个月"})
	}
	return from, to
}

// someDate reads a day that a draft may lack.
func (q *inquiry) someDate(field, value string) Date {
	if value == "" {
		return ""
	}
	return q.date(field, value)
}

// someRegion checks what is given of a draft's region.
func (q *inquiry) someRegion(prefix string, a Address) {
	_, err := ParseRegion(a.Province, a.City, a.County)
	if wrong, ok := errors.AsType[FieldError](err); ok && wrong.Code != "required" {
		q.note(prefix+wrong.Field, wrong)
	}
}

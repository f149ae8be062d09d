package internship

import "errors"

const (
	// maxPay bounds a month's pay of an intern in yuan, maxWage that of staff.
	maxPay  = 100_000
	maxWage = 1_000_000
	// maxInPost bounds 同类岗位在岗人数.
	maxInPost = 1_000_000
	// lowestPay is the lower end of the lowest band.
	lowestPay = 1000

	filePattern = `^fil_[0-9A-Za-z_-]{1,60}$`
	fileMax     = 64
)

// PositionForm is 实习岗位编辑 (domain.md §1.3) with what the manual's form lacks
// (G-12, G-17, G-18). Name and department are needed to save it, so that people
// find it again, the rest to publish it. Nights and overtime have no default, because either
// needs a filed exemption (G-11); a salary band is also accepted in lower case
// by SalaryOf, which gives this spelling.
func PositionForm() Form {
	return Form{Name: "position", Label: "实习岗位", Fields: []Field{
		{Name: "name", Label: "岗位名称", Required: true, Max: nameMax},
		{Name: "department", Label: "实习部门", Required: true, Max: nameMax},
		{Name: "salary", Label: "薪资待遇", Later: true, Max: 10, Choices: []string{"1K-2K", "2K-3K", "3K以上"}},
		{Name: "salaryMin", Label: "月薪下限（元）", Least: lowestPay, Greatest: maxPay},
		{Name: "salaryMax", Label: "月薪上限（元）", Least: lowestPay, Greatest: maxPay},
		{Name: "settlement", Label: "结算方式", Max: 10, Choices: []string{monthly, "周结", "日结"}},
		{Name: "referenceWage", Label: "相同岗位工资（元/月）", Later: true, Least: 1, Greatest: maxWage},
		{Name: "education", Label: "学历要求", Later: true, Max: 10, Choices: []string{"中专", "大专", "本科", "不限"}},
		{Name: "headcount", Label: "实习人数", Later: true, Least: 1, Greatest: MaxHeadcount},
		{Name: "staffInPost", Label: "同类岗位在岗人数", Later: true, Least: 1, Greatest: maxInPost},
		{Name: "majors", Label: "对口专业", Later: true, Max: nameMax, Most: 20},
		{Name: "occupation", Label: "职业类别", Later: true, Least: 1, Greatest: 6},
		{Name: "taboo", Label: "禁忌从业人群", Max: 10, Most: 2, Choices: []string{TabooMinors, TabooWomen}},
		{Name: "address.province", Label: "工作地址（省）", Verb: "选择", Later: true, Max: 6, Pattern: regionPattern, Help: "请选择省"},
		{Name: "address.city", Label: "工作地址（市）", Verb: "选择", Later: true, Max: 6, Pattern: regionPattern, Help: "请选择市"},
		{Name: "address.county", Label: "工作地址（县区）", Max: 6, Pattern: regionPattern, Help: "请选择县区"},
		{Name: "address.detail", Label: "详细实习地址", Later: true, Max: detailMax},
		{Name: "lodging", Label: "住宿条件", Later: true, Max: 10, Choices: []string{"2-4人间", "多人间", "住宿自理"}},
		{Name: "nightShift", Label: "夜班情况", Later: true, Max: 10, Choices: []string{withNights, "无夜班"}},
		{Name: "overtime", Label: "加班情况", Later: true, Max: 10, Choices: []string{noOvertime, "偶尔加班", "经常加班"}},
		{Name: "exemption.number", Label: "夜班加班备案编号", Max: nameMax},
		{Name: "exemption.file", Label: "夜班加班备案材料", Verb: "上传", Max: fileMax, Pattern: filePattern, Help: "请重新上传文件"},
		{Name: "enrolFrom", Label: "报名日期始", Later: true, Max: dateMax, Help: dateHelp},
		{Name: "enrolTo", Label: "报名日期止", Later: true, Max: dateMax, Help: dateHelp},
		{Name: "periodFrom", Label: "预计实习开始日期", Max: dateMax, Help: dateHelp},
		{Name: "periodTo", Label: "预计实习结束日期", Max: dateMax, Help: dateHelp},
		{Name: "planFile", Label: "学生实习方案", Verb: "上传", Later: true, Max: fileMax, Pattern: filePattern, Help: "请重新上传文件"},
		{Name: "description", Label: "岗位描述", Later: true, Max: introMax, Lines: true},
		{Name: "skills", Label: "学习技能", Max: introMax / 2, Lines: true},
		{Name: "requirements", Label: "实习要求", Max: introMax / 2, Lines: true},
		{Name: "edition", Label: "岗位版本", Least: 1, Greatest: maxEdition},
	}}
}

// Missing names what the sheet needs to be published and still lacks.
func (s Sheet) Missing() []FieldError {
	missing := PositionForm().Missing(s.later())
	a := s.Terms.Workplace
	_, err := ParseRegion(a.Province, a.City, a.County)
	if wrong, ok := errors.AsType[FieldError](err); ok && wrong.Field == "county" {
		missing = append(missing, Of("address.county", wrong)...)
	}
	return missing
}

// later are the values of the fields that a draft may lack.
func (s Sheet) later() map[string]string {
	t := s.Terms
	values := map[string]string{
		"salary": t.Salary.Band, "education": t.Education, "headcount": Number(t.Headcount), "address.detail": t.Workplace.Detail,
		"lodging": t.Lodging, "nightShift": t.NightShift, "overtime": t.Overtime, "description": t.Description,
		"enrolFrom": string(s.EnrolFrom), "enrolTo": string(s.EnrolTo),
		"referenceWage": Number(s.ReferenceWage), "staffInPost": Number(s.StaffInPost), "occupation": Number(s.Terms.Occupation),
		"address.province": s.Terms.Workplace.Province, "address.city": s.Terms.Workplace.City, "planFile": s.Terms.Plan,
	}
	SetEntries(values, "majors", t.Majors)
	return values
}

// Missing names what the profile lacks and publishing needs, each under
// "enterprise.", where a position's form has its own fields.
func (p Profile) Missing() []FieldError {
	values := map[string]string{"legalPerson": p.LegalPerson, "address.province": p.Address.Province, "address.city": p.Address.City,
		"address.detail": p.Address.Detail, "contact": p.Contact, "phone": p.Phone, "intro": p.Intro, "industry": p.Industry, "staff": Number(p.Staff)}
	var missing []FieldError
	for _, wrong := range ProfileForm().Check(values) {
		if wrong.Code == "required" {
			wrong.Field = "enterprise." + wrong.Field
			missing = append(missing, wrong)
		}
	}
	return missing
}

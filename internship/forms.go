package internship

import "strings"

// Lengths and patterns that several forms share. Codes and numbers get room
// for spaces and hyphens, which their parsers take out.
const (
	nameMax   = 50
	codeMax   = 32
	dateMax   = len("2026-03-01")
	introMax  = 2000
	detailMax = 200
	titleMax  = 100

	regionPattern  = `^[0-9]{6}$` // GB/T 2260
	yearPattern    = `^[0-9]{4}$`
	numberPattern  = `^[A-Za-z0-9_-]+$`
	websitePattern = `^[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#@]+\.[^\s/?#@]+([/?#]\S*)?$`

	yearHelp   = "请填写 4 位入学年份，如 2024"
	numberHelp = "只能包含字母、数字、下划线和连字符"
	dateHelp   = "格式如 2026-03-01"
	codeHelp   = "18 位统一社会信用代码，或 9 位组织机构代码"
)

// Forms lists every form. docs and clients print them, so that limits are
// written down once.
func Forms() []Form {
	return []Form{
		PositionForm(), PublicationForm(), EntryForm(), RenewalForm(), RegistrationForm(), ResubmissionForm(), ChangeForm(), NominationForm(), ProfileForm(), ActivationForm(), AccountForm(),
		PlanForm(), StudentForm(), SchoolForm(), RefusalForm(), PassForm(), VerdictForm(), ReasonForm(),
		CodeRequestForm(), MobilePassForm(), SMSLoginForm(), ResetForm(), PasswordForm(), MobileForm(), RoleForm(), RecoveryForm(),
	}
}

// ActivationForm opens an entered enterprise's first account with the code
// its school gave it (domain.md G-02). The mobile's code is only wanted where
// the activation code does not stand for it.
func ActivationForm() Form {
	return Form{Name: "activation", Label: "企业激活", Fields: []Field{
		{Name: "code", Label: usccLabel, Required: true, Max: codeMax, Help: codeHelp},
		{Name: "activationCode", Label: "激活码", Required: true, Max: codeMax, Help: "由推荐学校提供"},
		{Name: "mobile", Label: mobileLabel, Required: true, Max: codeMax},
		{Name: "smsCode", Label: smsCodeLabel, Max: smsCodeLength, Pattern: smsCodePattern, Help: smsCodeHelp + "；填写收到激活码的手机号时不用验证"},
		{Name: "name", Label: "姓名", Required: true, Max: nameMax},
		{Name: "password", Label: passwordLabel, Required: true, Min: passwordMin, Max: passwordMax, Help: passwordHelp},
	}}
}

// AccountForm adds a person of the enterprise's staff. The owner is who
// activated or registered the enterprise.
func AccountForm() Form {
	roles, labels := []string{}, []string{}
	for _, r := range []Role{HR, Mentor} {
		roles, labels = append(roles, string(r)), append(labels, r.Label()+"（"+string(r)+"）")
	}
	return Form{Name: "account", Label: "员工账号", Fields: []Field{
		{Name: "name", Label: "姓名", Required: true, Max: nameMax},
		{Name: "mobile", Label: mobileLabel, Required: true, Max: codeMax},
		{Name: "role", Label: "角色", Required: true, Max: 10, Choices: roles, Help: strings.Join(labels, "、")},
	}}
}

// PlanForm is a school's internship plan; no class means every class.
func PlanForm() Form {
	return Form{Name: "plan", Label: "实习计划", Fields: []Field{
		{Name: "number", Label: "计划编号", Required: true, Max: codeMax, Pattern: numberPattern, Help: numberHelp},
		{Name: "name", Label: "计划名称", Required: true, Max: titleMax},
		{Name: "grade", Label: "年级", Required: true, Max: 4, Pattern: yearPattern, Help: yearHelp},
		{Name: "major", Label: "专业", Required: true, Max: titleMax},
		{Name: "class", Label: "班级", Max: nameMax},
		{Name: "firstDay", Label: "实习开始日期", Required: true, Max: dateMax, Help: dateHelp},
		{Name: "lastDay", Label: "实习结束日期", Required: true, Max: dateMax, Help: dateHelp},
		{Name: "enrolFrom", Label: "报名开始日期", Required: true, Max: dateMax, Help: dateHelp},
		{Name: "enrolTo", Label: "报名截止日期", Required: true, Max: dateMax, Help: dateHelp},
	}}
}

// StudentForm is a student as a school enters him or her. The guardian is
// required for minors only, which the ID number tells.
func StudentForm() Form {
	return Form{Name: "student", Label: "学生信息", Fields: []Field{
		{Name: "number", Label: "学号", Required: true, Max: codeMax, Pattern: numberPattern, Help: numberHelp},
		{Name: "name", Label: "姓名", Required: true, Max: nameMax},
		{Name: "idNumber", Label: idLabel, Required: true, Max: codeMax},
		{Name: "mobile", Label: mobileLabel, Required: true, Max: codeMax},
		{Name: "education", Label: "学历", Required: true, Max: 10, Choices: []string{"中专", "大专", "本科"}},
		{Name: "grade", Label: "年级", Required: true, Max: 4, Pattern: yearPattern, Help: yearHelp},
		{Name: "major", Label: "专业", Required: true, Max: titleMax},
		{Name: "class", Label: "班级", Max: nameMax},
		{Name: "guardian.name", Label: "监护人姓名", Max: nameMax},
		{Name: "guardian.mobile", Label: "监护人手机号", Max: codeMax},
	}}
}

// SchoolForm is a school as it names itself.
func SchoolForm() Form {
	return Form{Name: "school", Label: "学校信息", Fields: []Field{
		{Name: "code", Label: "学校编号", Required: true, Max: 20, Pattern: numberPattern, Help: numberHelp},
		{Name: "name", Label: "学校名称", Required: true, Max: titleMax},
	}}
}

// RefusalForm is the refusal of a sign-up; its reason goes to the student (G-26).
func RefusalForm() Form {
	return Form{Name: "refusal", Label: "拒绝报名", Fields: []Field{
		{Name: "reason", Label: "拒绝原因", Max: 200},
	}}
}

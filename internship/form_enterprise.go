package internship

import "slices"

// fileIDMax is above the length of a file's id.
const fileIDMax = 64

// coreFields are what a reviewer compares with the certificate (domain.md
// §1.2, G-10).
func coreFields() []Field {
	return []Field{
		{Name: "certificateKind", Label: "证件类别", Required: true, Max: nameMax, Choices: CertificateKinds()},
		{Name: "certificate", Label: "证件扫描件", Verb: "上传", Required: true, Max: fileIDMax, Pattern: numberPattern, Help: "请先上传证件"},
		{Name: "name", Label: "企事业单位名称", Required: true, Max: titleMax, Help: "与营业执照一致"},
		{Name: "code", Label: usccLabel, Required: true, Max: codeMax, Help: codeHelp},
		{Name: "legalPerson", Label: "法人代表/负责人", Required: true, Max: nameMax},
	}
}

// profileFields are the rest of 企事业单位信息. The website is optional (G-04)
// and so is the county, which a few cities don't have. Industry and staff are
// not on the manual's form; publishing needs them.
func profileFields() []Field {
	return []Field{
		{Name: "address.province", Label: "注册地址（省）", Verb: "选择", Required: true, Max: 6, Pattern: regionPattern, Help: "请选择省"},
		{Name: "address.city", Label: "注册地址（市）", Verb: "选择", Required: true, Max: 6, Pattern: regionPattern, Help: "请选择市"},
		{Name: "address.county", Label: "注册地址（县区）", Max: 6, Pattern: regionPattern, Help: "请选择县区，不设县区的市不选"},
		{Name: "address.detail", Label: "详细地址", Required: true, Max: detailMax},
		{Name: "contact", Label: "企事业单位联系人", Required: true, Max: nameMax},
		{Name: "phone", Label: "企事业单位联系电话", Required: true, Max: codeMax, Help: "手机号或带区号的固定电话"},
		{Name: "website", Label: "企事业单位官网", Max: detailMax, Pattern: websitePattern, Help: "请填写以 http:// 或 https:// 开头的网址，没有可不填"},
		{Name: "intro", Label: "企事业单位简介", Required: true, Max: introMax, Lines: true},
		{Name: "industry", Label: "所属行业", Verb: "选择", Required: true, Max: nameMax, Help: "请从行业列表中选择"},
		{Name: "staff", Label: "在岗职工总数", Required: true, Least: 1, Greatest: MaxStaff},
	}
}

// without are fields of which the named may be left empty, for good or, with
// later, until positions are published.
func without(fields []Field, later bool, names ...string) []Field {
	for i := range fields {
		if slices.Contains(names, fields[i].Name) {
			fields[i].Required, fields[i].Later = false, later
		}
	}
	return fields
}

// enterpriseFields are 企事业单位信息 as the manual has them; what it doesn't
// ask for may be filled in later, before publishing.
func enterpriseFields() []Field {
	return append(coreFields(), without(profileFields(), true, "industry", "staff")...)
}

// registrantFields are who registers. The ID number is asked for only where
// review needs it (G-05).
func registrantFields() []Field {
	return []Field{
		{Name: "registrant.name", Label: "注册人姓名", Required: true, Max: nameMax},
		{Name: "registrant.idNumber", Label: "注册人" + idLabel, Max: codeMax, Help: "仅在登记信息需人工核实时必填"},
	}
}

// RegistrationForm is 企事业单位入驻 (domain.md §1.2): both blocks, but for the
// mobile and its code, for which the pass stands.
func RegistrationForm() Form {
	password := Field{Name: "password", Label: passwordLabel, Required: true, Min: passwordMin, Max: passwordMax, Help: passwordHelp}
	return Form{Name: "registration", Label: "企事业单位入驻",
		Fields: append(append(enterpriseFields(), registrantFields()...), password)}
}

// ResubmissionForm is the registration, corrected after it was returned.
func ResubmissionForm() Form {
	return Form{Name: "resubmission", Label: "重新提交登记", Fields: append(enterpriseFields(), registrantFields()...)}
}

// ChangeForm is a change of core data, which waits for review (G-10).
func ChangeForm() Form {
	return Form{Name: "change", Label: "企业信息变更", Fields: coreFields()}
}

// ProfileForm is what the enterprise completes or changes by itself. The
// certificate may be added by those whom a school entered.
func ProfileForm() Form {
	core := slices.DeleteFunc(coreFields(), func(f Field) bool { return f.Name == "name" || f.Name == "code" })
	return Form{Name: "profile", Label: "企业信息", Fields: append(without(core, false, "certificateKind", "certificate"), profileFields()...)}
}

// NominationForm is an enterprise as a student names it (学生推荐, R-04).
func NominationForm() Form {
	return Form{Name: "nomination", Label: "推荐企业", Fields: []Field{
		{Name: "name", Label: "企事业单位名称", Required: true, Max: titleMax, Help: "与营业执照一致"},
		{Name: "code", Label: usccLabel, Required: true, Max: codeMax, Help: codeHelp},
		{Name: "contact", Label: "企事业单位联系人", Required: true, Max: nameMax},
		{Name: "mobile", Label: "联系人" + mobileLabel, Required: true, Max: codeMax},
	}}
}

// maxRound bounds the rounds of an enterprise.
const maxRound = 1_000_000

// roundField is the round that a reviewer saw.
func roundField() Field {
	return Field{Name: "round", Label: "审核轮次", Required: true, Least: 1, Greatest: maxRound, Help: "与查看时相同"}
}

func reasonField() Field {
	return Field{Name: "reason", Label: "原因", Required: true, Max: 200, Lines: true}
}

// PassForm passes what waits for review.
func PassForm() Form { return Form{Name: "pass", Label: "审核通过", Fields: []Field{roundField()}} }

// VerdictForm returns what waits for review, with the reason.
func VerdictForm() Form {
	return Form{Name: "return", Label: "审核退回", Fields: []Field{roundField(), reasonField()}}
}

// ReasonForm is an act of the platform that needs a reason: a freeze, or a look
// at an ID number.
func ReasonForm() Form { return Form{Name: "reason", Label: "原因", Fields: []Field{reasonField()}} }

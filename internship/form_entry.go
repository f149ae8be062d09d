package internship

// EntryForm is what a school says of an enterprise that it has vetted;
// the enterprise fills in the rest after activation.
func EntryForm() Form {
	return Form{Name: "entry", Label: "企业录入", Fields: append([]Field{
		{Name: "name", Label: "企事业单位名称", Required: true, Max: titleMax, Help: "与营业执照一致"},
		{Name: "code", Label: usccLabel, Required: true, Max: codeMax, Help: codeHelp},
	}, contactFields()...)}
}

// RenewalForm is what a school corrects together with a new activation code,
// which goes to the contact: a slip in the mobile would give the enterprise
// into a stranger's hands.
func RenewalForm() Form {
	return Form{Name: "renewal", Label: "重新发放激活码", Fields: contactFields()}
}

func contactFields() []Field {
	return []Field{
		{Name: "contact", Label: "企事业单位联系人", Max: nameMax},
		{Name: "phone", Label: "企事业单位联系电话", Max: codeMax, Help: "手机号或带区号的固定电话"},
	}
}

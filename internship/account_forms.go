package internship

// Purposes of SMS codes: a code sent for one is no good for another.
const (
	CodeForLogin    = "login"
	CodeForRegister = "register"
	CodeForReset    = "reset"
	CodeForMobile   = "mobile"
	CodeForRecovery = "recover"
)

const (
	ticketMax     = 512
	ticketHelp    = "请先完成滑动验证"
	smsCodeLabel  = "验证码"
	smsCodeLength = 6
	smsCodeHelp   = "请填写短信中的 6 位数字"
)

// TicketField is the ticket that a solved puzzle gives (滑动验证).
func TicketField() Field {
	return Field{Name: "ticket", Label: "滑动验证", Required: true, Max: ticketMax, Pattern: `^[A-Za-z0-9_-]+$`, Help: ticketHelp}
}

func mobileField(name, label string) Field {
	return Field{Name: name, Label: label, Required: true, Max: codeMax}
}

func smsCodeField(name string, required bool) Field {
	return Field{Name: name, Label: smsCodeLabel, Required: required, Max: smsCodeLength, Pattern: `^[0-9]{6}$`, Help: smsCodeHelp}
}

// CodeRequestForm asks for an SMS code (发送验证码, manual §2.2).
func CodeRequestForm() Form {
	return Form{Name: "smsCode", Label: "发送验证码", Fields: []Field{
		mobileField("mobile", mobileLabel),
		{Name: "purpose", Label: "用途", Required: true, Max: 10, Choices: []string{CodeForLogin, CodeForRegister, CodeForReset, CodeForMobile, CodeForRecovery}},
		TicketField(),
	}}
}

// CodeRequestInput asks for an SMS code.
type CodeRequestInput struct {
	Mobile  string `json:"mobile" doc:"手机号" example:"13800000000"`
	Purpose string `json:"purpose" enum:"login,register,reset,mobile,recover" doc:"用途：login 登录、register 入驻、reset 重设密码、mobile 更换手机号、recover 找回账号" example:"login"`
	Ticket  string `json:"ticket" doc:"滑动验证得到的凭据，只能用一次" example:"AXk2v9Q0"`
}

// Parse checks the form. Errors: ErrInvalid with each wrong field.
func (in CodeRequestInput) Parse() (CodeRequestInput, error) {
	out := CodeRequestInput{Purpose: Clean(in.Purpose), Ticket: Clean(in.Ticket)}
	var q inquiry
	q.form(CodeRequestForm(), map[string]string{"mobile": Clean(in.Mobile), "purpose": out.Purpose, "ticket": out.Ticket})
	out.Mobile = q.mobile("mobile", in.Mobile)
	return out, q.err()
}

// MobilePassForm shows that a mobile is one's own, by the code that was sent to it.
func MobilePassForm() Form {
	return Form{Name: "mobilePass", Label: "验证手机号", Fields: []Field{
		mobileField("mobile", mobileLabel), smsCodeField("smsCode", true),
	}}
}

// MobilePassInput is a mobile with the code that was sent to it.
type MobilePassInput struct {
	Mobile  string `json:"mobile" doc:"手机号" example:"13800000000"`
	SMSCode string `json:"smsCode" doc:"短信验证码" example:"482913"`
}

// Parse checks the form. Errors: ErrInvalid with each wrong field.
func (in MobilePassInput) Parse() (MobilePassInput, error) {
	out := MobilePassInput{SMSCode: Clean(in.SMSCode)}
	var q inquiry
	q.form(MobilePassForm(), map[string]string{"mobile": Clean(in.Mobile), "smsCode": out.SMSCode})
	out.Mobile = q.mobile("mobile", in.Mobile)
	return out, q.err()
}

// mobile reads a mobile number of a form.
func (q *inquiry) mobile(field, value string) string {
	mobile, err := ParseMobile(value)
	q.note(field, err)
	return mobile
}

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
	ticketMax      = 512
	ticketHelp     = "请先完成滑动验证"
	smsCodeLabel   = "验证码"
	smsCodeLength  = 6
	smsCodePattern = `^[0-9]{6}$`
	smsCodeHelp    = "请填写短信中的 6 位数字"
)

// TicketField is the ticket that a solved puzzle gives (滑动验证).
func TicketField() Field {
	return Field{Name: "ticket", Label: "滑动验证", Verb: "先完成", Required: true, Max: ticketMax, Pattern: `^[A-Za-z0-9_-]+$`, Help: ticketHelp}
}

func mobileField(name, label string) Field {
	return Field{Name: name, Label: label, Required: true, Max: codeMax}
}

func smsCodeField(name string, required bool) Field {
	return Field{Name: name, Label: smsCodeLabel, Required: required, Max: smsCodeLength, Pattern: smsCodePattern, Help: smsCodeHelp}
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
	Purpose string `json:"purpose" enum:"login,register,reset,mobile,recover" doc:"用途：login 登录、register 入驻和激活、reset 重设密码、mobile 更换手机号、recover 找回账号" example:"login"`
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
	out := MobilePassInput{SMSCode: withoutGaps(in.SMSCode)}
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

func passwordField() Field {
	return Field{Name: "password", Label: passwordLabel, Required: true, Min: passwordMin, Max: passwordMax, Help: passwordHelp}
}

// SMSLoginForm is a log-in by the code that was sent to a mobile.
func SMSLoginForm() Form {
	return Form{Name: "smsLogin", Label: "短信验证码登录", Fields: []Field{
		mobileField("mobile", mobileLabel), smsCodeField("smsCode", true),
		{Name: "wechatCode", Label: "微信登录凭证", Max: 128},
	}}
}

// SMSLoginInput is that log-in.
type SMSLoginInput struct {
	Mobile     string `json:"mobile" doc:"手机号" example:"13800000000"`
	SMSCode    string `json:"smsCode" doc:"用途为 login 的短信验证码" example:"482913"`
	WechatCode string `json:"wechatCode,omitempty" doc:"小程序 wx.login 得到的 code；带上则把该微信绑定到账号" example:"0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P"`
}

// Parse checks the form. Errors: ErrInvalid with each wrong field.
func (in SMSLoginInput) Parse() (SMSLoginInput, error) {
	out := SMSLoginInput{SMSCode: withoutGaps(in.SMSCode), WechatCode: in.WechatCode}
	var q inquiry
	q.form(SMSLoginForm(), map[string]string{"mobile": Clean(in.Mobile), "smsCode": out.SMSCode, "wechatCode": in.WechatCode})
	out.Mobile = q.mobile("mobile", in.Mobile)
	return out, q.err()
}

// ResetForm sets a new password for a forgotten one (忘记密码).
func ResetForm() Form {
	return Form{Name: "reset", Label: "重设密码", Fields: []Field{
		mobileField("mobile", mobileLabel), smsCodeField("smsCode", true), passwordField(),
	}}
}

// ResetInput is that form.
type ResetInput struct {
	Mobile   string `json:"mobile" doc:"手机号" example:"13800000000"`
	SMSCode  string `json:"smsCode" doc:"用途为 reset 的短信验证码" example:"482913"`
	Password string `json:"password" doc:"新密码，8 至 64 位，至少含三类字符，不能与上次相同" example:"Shixi-2027"`
}

// Parse checks the form. Errors: ErrInvalid with each wrong field.
func (in ResetInput) Parse() (ResetInput, error) {
	out := ResetInput{SMSCode: withoutGaps(in.SMSCode), Password: in.Password}
	var q inquiry
	q.form(ResetForm(), map[string]string{"mobile": Clean(in.Mobile), "smsCode": out.SMSCode, "password": in.Password})
	out.Mobile = q.mobile("mobile", in.Mobile)
	q.note("password", CheckPassword(in.Password))
	return out, q.err()
}

// PasswordForm changes one's own password.
func PasswordForm() Form {
	return Form{Name: "password", Label: "修改密码", Fields: []Field{
		{Name: "old", Label: "原密码", Max: passwordMax},
		smsCodeField("smsCode", false), passwordField(),
	}}
}

// PasswordInput is that form: the old password or, where none is set, a code
// that was sent to the own mobile.
type PasswordInput struct {
	Old      string `json:"old,omitempty" doc:"原密码；已设置密码时必填" example:"Shixi-2026"`
	SMSCode  string `json:"smsCode,omitempty" doc:"用途为 reset 的短信验证码，发往本人手机号；尚未设置密码时必填" example:"482913"`
	Password string `json:"password" doc:"新密码，8 至 64 位，至少含三类字符，不能与上次相同" example:"Shixi-2027"`
}

// Parse checks the form. Errors: ErrInvalid with each wrong field.
func (in PasswordInput) Parse() (PasswordInput, error) {
	out := PasswordInput{Old: in.Old, SMSCode: withoutGaps(in.SMSCode), Password: in.Password}
	var q inquiry
	q.form(PasswordForm(), map[string]string{"old": in.Old, "smsCode": out.SMSCode, "password": in.Password})
	q.note("password", CheckPassword(in.Password))
	return out, q.err()
}

// SamePassword refuses the password that was the last one.
func SamePassword() error {
	return ErrInvalid.At(FieldError{Field: "password", Code: "format", Message: "新密码不能与上次的密码相同"})
}

// MobileForm changes one's own mobile (更换手机号).
func MobileForm() Form {
	return Form{Name: "mobile", Label: "更换手机号", Fields: []Field{
		mobileField("mobile", "新"+mobileLabel), smsCodeField("smsCode", true),
		{Name: "password", Label: passwordLabel, Max: passwordMax},
		smsCodeField("oldSmsCode", false),
	}}
}

// MobileInput is that form: a code that was sent to the new mobile and, to show
// who asks, the password or a code that was sent to the old one.
type MobileInput struct {
	Mobile     string `json:"mobile" doc:"新手机号" example:"13800000001"`
	SMSCode    string `json:"smsCode" doc:"用途为 mobile 的短信验证码，发往新手机号" example:"482913"`
	Password   string `json:"password,omitempty" doc:"密码；与 oldSmsCode 二选一" example:"Shixi-2026"`
	OldSMSCode string `json:"oldSmsCode,omitempty" doc:"用途为 mobile 的短信验证码，发往原手机号；与 password 二选一" example:"719204"`
}

// Parse checks the form. Errors: ErrInvalid with each wrong field.
func (in MobileInput) Parse() (MobileInput, error) {
	out := MobileInput{SMSCode: withoutGaps(in.SMSCode), Password: in.Password, OldSMSCode: withoutGaps(in.OldSMSCode)}
	var q inquiry
	q.form(MobileForm(), map[string]string{"mobile": Clean(in.Mobile), "smsCode": out.SMSCode, "password": in.Password, "oldSmsCode": out.OldSMSCode})
	out.Mobile = q.mobile("mobile", in.Mobile)
	if in.Password == "" && out.OldSMSCode == "" && len(q.wrong) == 0 {
		q.note("password", FieldError{Code: "required", Message: "请填写密码，或原手机号收到的验证码"})
	}
	return out, q.err()
}

// AccountInput is a person of the enterprise's staff.
type AccountInput struct {
	Name   string `json:"name" doc:"姓名" example:"李专员"`
	Mobile string `json:"mobile" doc:"手机号，登录时使用" example:"13700000000"`
	Role   string `json:"role" doc:"角色：hr 人事专员、mentor 企业指导师傅" example:"hr"`
}

// Parse checks the form. Errors: ErrInvalid with each wrong field.
func (in AccountInput) Parse() (*Account, error) {
	a := &Account{Name: Clean(in.Name), Role: Role(Clean(in.Role))}
	var q inquiry
	q.form(AccountForm(), map[string]string{"name": a.Name, "mobile": Clean(in.Mobile), "role": string(a.Role)})
	a.Mobile = q.mobile("mobile", in.Mobile)
	return a, q.err()
}

// RoleForm changes a person's name and role.
func RoleForm() Form {
	f := Form{Name: "role", Label: "修改员工账号"}
	for _, field := range AccountForm().Fields {
		if field.Name != "mobile" {
			f.Fields = append(f.Fields, field)
		}
	}
	return f
}

// RoleInput is that form.
type RoleInput struct {
	Name string `json:"name" doc:"姓名" example:"李专员"`
	Role string `json:"role" doc:"角色：hr 人事专员、mentor 企业指导师傅" example:"hr"`
}

// Parse checks the form. Errors: ErrInvalid with each wrong field.
func (in RoleInput) Parse() (RoleInput, error) {
	out := RoleInput{Name: Clean(in.Name), Role: Clean(in.Role)}
	var q inquiry
	q.form(RoleForm(), map[string]string{"name": out.Name, "role": out.Role})
	return out, q.err()
}

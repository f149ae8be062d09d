package internship

// EntryInput is an enterprise as a school enters it (manual §2.1).
type EntryInput struct {
	Name          string `json:"name" doc:"企事业单位名称" example:"濮阳市华龙区示例电子有限公司"`
	Code          string `json:"code" doc:"统一社会信用代码或组织机构代码" example:"91410900MA4ABCD173"`
	CodeConfirmed bool   `json:"codeConfirmed,omitempty" doc:"代码与证件一致；仅在校验位不符、而证件上确实如此时填 true" example:"false"`
	Contact       string `json:"contact,omitempty" doc:"联系人" example:"王经理"`
	Phone         string `json:"phone,omitempty" doc:"联系电话；为手机号时，激活码同时以短信发出" example:"0393-8888888"`
}

// Parse checks the entry and gives the enterprise, without id or state.
// Errors: ErrInvalid with each wrong field.
func (in EntryInput) Parse() (*Enterprise, error) {
	e := &Enterprise{Name: Clean(in.Name), Profile: Profile{Contact: Clean(in.Contact)}}
	var q inquiry
	q.form(EntryForm(), map[string]string{"name": e.Name, "code": Clean(in.Code), "contact": e.Profile.Contact, "phone": Clean(in.Phone)})
	e.Code, e.CodeKind, e.CodeUnverified = q.code("code", in.Code, in.CodeConfirmed)
	if Clean(in.Phone) != "" {
		var err error
		e.Profile.Phone, err = ParsePhone(in.Phone)
		q.note("phone", err)
	}
	return e, q.err()
}

// RenewalInput corrects the contact of an entered enterprise; what is left out
// stays.
type RenewalInput struct {
	Contact string `json:"contact,omitempty" doc:"更正后的联系人；不填则不变" example:"王经理"`
	Phone   string `json:"phone,omitempty" doc:"更正后的联系电话；不填则不变，为手机号时，新的激活码以短信发往该号码" example:"13800000000"`
}

// Parse checks the form and gives it in canonical writing. Errors: ErrInvalid
// with each wrong field.
func (in RenewalInput) Parse() (RenewalInput, error) {
	out := RenewalInput{Contact: Clean(in.Contact), Phone: Clean(in.Phone)}
	var q inquiry
	q.form(RenewalForm(), map[string]string{"contact": out.Contact, "phone": out.Phone})
	if out.Phone != "" {
		var err error
		out.Phone, err = ParsePhone(in.Phone)
		q.note("phone", err)
	}
	return out, q.err()
}

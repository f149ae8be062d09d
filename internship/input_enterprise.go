package internship

import "time"

// code reads an enterprise's code. A code that fails its check digit is
// refused once, with what to do about it, and taken when it is confirmed: real
// registers contain a few such codes (domain.md §3.4).
func (q *inquiry) code(field, value string, confirmed bool) (code string, kind CodeKind, unverified bool) {
	code, kind, err := ParseEnterpriseCode(value)
	if Unverified(err) {
		if confirmed {
			return code, kind, true
		}
		q.note(field, FieldError{Code: "check_digit", Message: kind.Label() + "校验不通过，请对照证件逐位核对；如证件上确实如此，请勾选「代码与证件一致」后提交，由平台人工核实"})
		return code, kind, false
	}
	q.note(field, err)
	return code, kind, false
}

// AddressInput is 注册地址: region codes of GB/T 2260 and the detail (G-08).
type AddressInput struct {
	Province string `json:"province" doc:"省代码" example:"410000"`
	City     string `json:"city" doc:"市代码" example:"410900"`
	County   string `json:"county,omitempty" doc:"县区代码" example:"410902"`
	Detail   string `json:"detail" doc:"详细地址" example:"任丘路街道任丘路与新华街交叉口东北角 260 号"`
}

// ProfileInput is what the enterprise itself completes (manual §2.2).
type ProfileInput struct {
	LegalPerson     string       `json:"legalPerson" doc:"法人代表/负责人；已填写的不能在此修改" example:"张明"`
	CertificateKind string       `json:"certificateKind,omitempty" doc:"证件类别；已填写的不能在此修改" example:"营业执照"`
	Certificate     string       `json:"certificate,omitempty" doc:"证件扫描件的文件编号；已填写的不能在此修改" example:"fil_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Address         AddressInput `json:"address" doc:"注册地址"`
	Contact         string       `json:"contact" doc:"联系人" example:"王经理"`
	Phone           string       `json:"phone" doc:"联系电话" example:"0393-8888888"`
	Website         string       `json:"website,omitempty" doc:"官网，选填" example:"https://example.com"`
	Intro           string       `json:"intro" doc:"简介，2000 字以内" example:"主要从事电子产品的研发与生产"`
	Industry        string       `json:"industry" doc:"所属行业的代码，也可填写列表中的名称" example:"C"`
	Staff           int          `json:"staff" doc:"在岗职工总数" example:"120"`
}

// ProfileUpdate is a checked profile form.
type ProfileUpdate struct {
	Profile
	CertificateKind, Certificate string
}

// Parse checks the form. Errors: ErrInvalid with each wrong field.
func (in ProfileInput) Parse() (ProfileUpdate, error) {
	u := ProfileUpdate{CertificateKind: Clean(in.CertificateKind), Certificate: Clean(in.Certificate)}
	var q inquiry
	u.Profile = q.profile(ProfileForm(), in, map[string]string{"certificateKind": u.CertificateKind, "certificate": u.Certificate})
	switch {
	case q.refused("certificateKind") || q.refused("certificate"):
	case u.CertificateKind == "" && u.Certificate != "":
		q.note("certificateKind", FieldError{Code: "required", Message: "请选择证件类别"})
	case u.CertificateKind != "" && u.Certificate == "":
		q.note("certificate", FieldError{Code: "required", Message: "请上传证件扫描件"})
	}
	return u, q.err()
}

// profile checks a form that holds the profile's fields, and others whose
// values are given.
func (q *inquiry) profile(f Form, in ProfileInput, others map[string]string) Profile {
	a := in.Address
	p := Profile{LegalPerson: Clean(in.LegalPerson), Contact: Clean(in.Contact), Website: Clean(in.Website), Intro: Clean(in.Intro),
		Address:  Address{Province: Clean(a.Province), City: Clean(a.City), County: Clean(a.County), Detail: Clean(a.Detail)},
		Industry: Clean(in.Industry), Staff: in.Staff}
	values := map[string]string{"legalPerson": p.LegalPerson, "address.province": p.Address.Province, "address.city": p.Address.City,
		"address.county": p.Address.County, "address.detail": p.Address.Detail, "contact": p.Contact, "phone": Clean(in.Phone),
		"website": p.Website, "intro": p.Intro, "industry": p.Industry, "staff": Number(in.Staff)}
	for name, value := range others {
		values[name] = value
	}
	q.form(f, values)
	q.region("address.", p.Address)
	var err error
	if p.Industry != "" {
		p.Industry, err = ParseIndustry(p.Industry)
		q.note("industry", err)
	}
	p.Phone, err = ParsePhone(in.Phone)
	q.note("phone", err)
	return p
}

// EnterpriseInput is 企事业单位信息 (domain.md §1.2, block ①).
type EnterpriseInput struct {
	CertificateKind string       `json:"certificateKind" doc:"证件类别" example:"营业执照"`
	Certificate     string       `json:"certificate" doc:"证件扫描件的文件编号" example:"fil_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Name            string       `json:"name" doc:"企事业单位名称" example:"濮阳市华龙区示例电子有限公司"`
	Code            string       `json:"code" doc:"统一社会信用代码或组织机构代码" example:"91410900MA4ABCD173"`
	CodeConfirmed   bool         `json:"codeConfirmed,omitempty" doc:"代码与证件一致；仅在校验位不符、而证件上确实如此时填 true" example:"false"`
	LegalPerson     string       `json:"legalPerson" doc:"法人代表/负责人" example:"张明"`
	Address         AddressInput `json:"address" doc:"注册地址"`
	Contact         string       `json:"contact" doc:"联系人" example:"王经理"`
	Phone           string       `json:"phone" doc:"联系电话" example:"0393-8888888"`
	Website         string       `json:"website,omitempty" doc:"官网，选填" example:"https://example.com"`
	Intro           string       `json:"intro" doc:"简介，2000 字以内" example:"主要从事电子产品的研发与生产"`
	Industry        string       `json:"industry,omitempty" doc:"所属行业的代码，也可填写列表中的名称；发布岗位前须填写" example:"C"`
	Staff           int          `json:"staff,omitempty" doc:"在岗职工总数；发布岗位前须填写" example:"120"`
}

// RegistrantInput is who registers (domain.md §1.2, block ②).
type RegistrantInput struct {
	Name     string `json:"name" doc:"注册人姓名" example:"王经理"`
	IDNumber string `json:"idNumber,omitempty" doc:"注册人身份证号；仅在登记信息需人工核实时必填，加密保存" example:"410199200701020013"`
}

// Registrant is a checked registrant.
type Registrant struct{ Name, IDNumber string }

// ResubmissionInput is the corrected registration.
type ResubmissionInput struct {
	EnterpriseInput
	Registrant RegistrantInput `json:"registrant" doc:"注册人"`
}

// RegistrationInput is 企事业单位入驻. The mobile is that of the pass.
type RegistrationInput struct {
	EnterpriseInput
	Registrant RegistrantInput `json:"registrant" doc:"注册人"`
	Password   string          `json:"password" doc:"密码，8 至 64 位，至少含三类字符" example:"Shixi-2026"`
}

// Parse checks the form. Errors: ErrInvalid with each wrong field.
func (in RegistrationInput) Parse(now time.Time) (Submission, Registrant, error) {
	var q inquiry
	s, r := q.submission(RegistrationForm(), in.EnterpriseInput, in.Registrant, map[string]string{"password": in.Password}, now)
	if s.Core.CodeUnverified && r.IDNumber == "" {
		q.note("registrant.idNumber", idWanted())
	}
	q.note("password", CheckPassword(in.Password))
	return s, r, q.err()
}

// Parse checks the form. Whether the ID number is required the enterprise
// knows. Errors: ErrInvalid with each wrong field.
func (in ResubmissionInput) Parse(now time.Time) (Submission, Registrant, error) {
	var q inquiry
	s, r := q.submission(ResubmissionForm(), in.EnterpriseInput, in.Registrant, nil, now)
	return s, r, q.err()
}

func (q *inquiry) submission(f Form, in EnterpriseInput, who RegistrantInput, others map[string]string, now time.Time) (Submission, Registrant) {
	core := Core{Name: Clean(in.Name), LegalPerson: Clean(in.LegalPerson), CertificateKind: Clean(in.CertificateKind), Certificate: Clean(in.Certificate)}
	r := Registrant{Name: Clean(who.Name)}
	values := map[string]string{"certificateKind": core.CertificateKind, "certificate": core.Certificate, "name": core.Name, "code": Clean(in.Code),
		"registrant.name": r.Name, "registrant.idNumber": Clean(who.IDNumber)}
	for name, value := range others {
		values[name] = value
	}
	profile := q.profile(f, ProfileInput{LegalPerson: in.LegalPerson, Address: in.Address, Contact: in.Contact, Phone: in.Phone,
		Website: in.Website, Intro: in.Intro, Industry: in.Industry, Staff: in.Staff}, values)
	core.Code, core.CodeKind, core.CodeUnverified = q.code("code", in.Code, in.CodeConfirmed)
	if Clean(who.IDNumber) != "" {
		id, err := ParseIDNumber(who.IDNumber, now)
		q.note("registrant.idNumber", err)
		r.IDNumber = id.String()
	}
	return Submission{Core: core, Profile: profile, HasID: r.IDNumber != ""}, r
}

// ChangeInput is a change of core data (G-10).
type ChangeInput struct {
	CertificateKind string `json:"certificateKind" doc:"证件类别" example:"营业执照"`
	Certificate     string `json:"certificate" doc:"证件扫描件的文件编号" example:"fil_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Name            string `json:"name" doc:"企事业单位名称" example:"濮阳市华龙区示例科技有限公司"`
	Code            string `json:"code" doc:"统一社会信用代码或组织机构代码" example:"91410900MA4ABCD173"`
	CodeConfirmed   bool   `json:"codeConfirmed,omitempty" doc:"代码与证件一致；仅在校验位不符、而证件上确实如此时填 true" example:"false"`
	LegalPerson     string `json:"legalPerson" doc:"法人代表/负责人" example:"张明"`
}

// Parse checks the form. Errors: ErrInvalid with each wrong field.
func (in ChangeInput) Parse() (Core, error) {
	c := Core{Name: Clean(in.Name), LegalPerson: Clean(in.LegalPerson), CertificateKind: Clean(in.CertificateKind), Certificate: Clean(in.Certificate)}
	var q inquiry
	q.form(ChangeForm(), map[string]string{"certificateKind": c.CertificateKind, "certificate": c.Certificate, "name": c.Name,
		"code": Clean(in.Code), "legalPerson": c.LegalPerson})
	c.Code, c.CodeKind, c.CodeUnverified = q.code("code", in.Code, in.CodeConfirmed)
	return c, q.err()
}

// NominationInput is an enterprise as a student names it (学生推荐).
type NominationInput struct {
	Name          string `json:"name" doc:"企事业单位名称" example:"濮阳市华龙区示例电子有限公司"`
	Code          string `json:"code" doc:"统一社会信用代码或组织机构代码" example:"91410900MA4ABCD173"`
	CodeConfirmed bool   `json:"codeConfirmed,omitempty" doc:"代码与证件一致；仅在校验位不符、而证件上确实如此时填 true" example:"false"`
	Contact       string `json:"contact" doc:"企业联系人" example:"王经理"`
	Mobile        string `json:"mobile" doc:"联系人手机号，邀请短信发往该号码" example:"13800000000"`
}

// Parse checks the form and gives the enterprise, without id or state.
// Errors: ErrInvalid with each wrong field.
func (in NominationInput) Parse() (*Enterprise, error) {
	e := &Enterprise{Name: Clean(in.Name), Profile: Profile{Contact: Clean(in.Contact)}}
	var q inquiry
	q.form(NominationForm(), map[string]string{"name": e.Name, "code": Clean(in.Code), "contact": e.Profile.Contact, "mobile": Clean(in.Mobile)})
	e.Code, e.CodeKind, e.CodeUnverified = q.code("code", in.Code, in.CodeConfirmed)
	var err error
	e.Profile.Phone, err = ParseMobile(in.Mobile)
	q.note("mobile", err)
	return e, q.err()
}

// ActivationInput opens an entered enterprise (G-02).
type ActivationInput struct {
	Code           string `json:"code" doc:"统一社会信用代码或组织机构代码" example:"91410900MA4ABCD173"`
	CodeConfirmed  bool   `json:"codeConfirmed,omitempty" doc:"代码与证件一致；仅在校验位不符、而证件上确实如此时填 true" example:"false"`
	ActivationCode string `json:"activationCode" doc:"学校发放的激活码" example:"K7QM-2XWD-HTRC"`
	Mobile         string `json:"mobile" doc:"手机号" example:"13800000000"`
	SMSCode        string `json:"smsCode,omitempty" doc:"用途为 register 的短信验证码，发往该手机号；手机号是学校登记的联系电话（激活码短信发往的号码）时不填" example:"482913"`
	Name           string `json:"name" doc:"姓名" example:"王经理"`
	Password       string `json:"password" doc:"密码，8 至 64 位，至少含三类字符" example:"Shixi-2026"`
}

// Parse checks the form and gives it in canonical writing. Errors: ErrInvalid
// with each wrong field.
func (in ActivationInput) Parse() (ActivationInput, CodeKind, error) {
	out := ActivationInput{ActivationCode: CanonicalActivationCode(in.ActivationCode), SMSCode: withoutGaps(in.SMSCode), Name: Clean(in.Name), Password: in.Password}
	var q inquiry
	q.form(ActivationForm(), map[string]string{"code": Clean(in.Code), "activationCode": Clean(in.ActivationCode),
		"mobile": Clean(in.Mobile), "smsCode": out.SMSCode, "name": out.Name, "password": in.Password})
	var kind CodeKind
	out.Code, kind, out.CodeConfirmed = q.code("code", in.Code, in.CodeConfirmed)
	var err error
	out.Mobile, err = ParseMobile(in.Mobile)
	q.note("mobile", err)
	q.note("password", CheckPassword(in.Password))
	return out, kind, q.err()
}

// PassRoundInput is a reviewer's consent to a round.
type PassRoundInput struct {
	Round int `json:"round" doc:"审核轮次，与查看时相同" example:"1"`
}

// Parse checks the form. Errors: ErrInvalid.
func (in PassRoundInput) Parse() error {
	return invalid(PassForm().Check(map[string]string{"round": Number(in.Round)}))
}

// VerdictInput is a reviewer's return of a round.
type VerdictInput struct {
	Round  int    `json:"round" doc:"审核轮次，与查看时相同" example:"1"`
	Reason string `json:"reason" doc:"退回原因，告知企业" example:"证件扫描件不清晰，请重新上传"`
}

// Parse checks the form and gives the reason. Errors: ErrInvalid.
func (in VerdictInput) Parse() (reason string, err error) {
	reason = Clean(in.Reason)
	return reason, invalid(VerdictForm().Check(map[string]string{"round": Number(in.Round), "reason": reason}))
}

// ReasonInput is why the platform does something.
type ReasonInput struct {
	Reason string `json:"reason" doc:"原因" example:"收到举报，正在调查"`
}

// Parse checks the form and gives the reason. Errors: ErrInvalid.
func (in ReasonInput) Parse() (reason string, err error) {
	reason = Clean(in.Reason)
	return reason, invalid(ReasonForm().Check(map[string]string{"reason": reason}))
}

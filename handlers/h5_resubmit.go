package handlers

import (
	"strconv"

	"shixi/internship"
)

const resubmitPage = h5Path + "/resubmit"

// Owns says whether the person is the owner, who alone corrects a registration.
func (v view) Owns() bool { return string(v.Me.Account.Role) == string(internship.Owner) }

// Corrects says whether the person has a registration to correct.
func (v view) Corrects() bool {
	return v.Owns() && string(v.Standing.State) == internship.Returned
}

// NothingToCorrect says why there is nothing to correct.
func (v view) NothingToCorrect() string {
	switch string(v.Standing.State) {
	case internship.UnderReview:
		return "登记已经提交，正在等待审核，现在不能修改。被退回时，可以在这里修改后重新提交。"
	case internship.Active:
		return "登记已经审核通过，没有需要重新提交的内容。"
	}
	return "只有被退回的登记才能修改并重新提交。"
}

// fillReturned adds the form of a returned registration, with what it says now.
func (a *App) fillReturned(v *view) string {
	if !v.Owns() {
		return homePage
	}
	if !v.Corrects() {
		v.Scripts = scriptsOfHome
		return ""
	}
	v.Forms = a.pageForms("resubmit", internship.ResubmissionForm)
	fields, values := v.Forms["resubmission"], asSubmitted(v.Standing)
	for i := range fields {
		f := &fields[i]
		f.Value = values[f.Name]
		switch f.Name {
		case "phone": // shown masked everywhere, also to those whose it is
			if phone := v.Standing.Profile.Phone; phone != "" {
				f.Help = "原来填写的是 " + phone + "，请重新填写"
			}
		case "registrant.idNumber":
			f.Required, f.Hidden = v.Standing.NeedsID, !v.Standing.NeedsID
			f.Help = "登记信息需人工核实，请填写注册人身份证号"
			if r := v.Standing.Registrant; r != nil && r.IDNumber != "" {
				f.Help = "已填写 " + r.IDNumber + "，不变时不用再填"
			}
		}
	}
	return ""
}

// asSubmitted are the values of a registration by the names of the form's fields,
// but for what is shown masked.
func asSubmitted(s *Standing) map[string]string {
	p := s.Profile
	values := map[string]string{"certificateKind": s.CertificateKind, "certificate": s.Certificate, "name": s.Name, "code": s.Code, "legalPerson": p.LegalPerson,
		"address.province": p.Address.Province, "address.city": p.Address.City, "address.county": p.Address.County, "address.detail": p.Address.Detail,
		"contact": p.Contact, "website": p.Website, "intro": p.Intro, "industry": p.IndustryLabel}
	if p.Staff > 0 {
		values["staff"] = strconv.Itoa(p.Staff)
	}
	if s.Registrant != nil {
		values["registrant.name"] = s.Registrant.Name
	}
	return values
}

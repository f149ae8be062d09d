package acts

import "shixi/internship"

// reviewPushes tell the enterprise what the platform decided.
func reviewPushes() []PushRule {
	return []PushRule{
		{Kind: "review_passed", Label: "企业审核结果", On: internship.EnterprisePassed, To: managers, Urgency: High,
			Text: "「{{.enterprise}}」的入驻登记已通过平台审核，完善企业信息后即可发布岗位",
			Many: "「{{.enterprise}}」的入驻登记已通过平台审核，完善企业信息后即可发布岗位"},
		{Kind: "review_returned", Label: "企业审核结果", On: internship.EnterpriseReturned, To: managers, Urgency: High,
			Text: "「{{.enterprise}}」的入驻登记被退回：{{.reason}}。请改正后重新提交",
			Many: "「{{.enterprise}}」的入驻登记再次被退回：{{.reason}}。请改正后重新提交"},
		{Kind: "change_passed", Label: "变更审核结果", On: internship.EnterpriseChangePassed, To: managers, Urgency: Normal,
			Text: "「{{.enterprise}}」的信息变更已通过平台审核：{{.reason}}",
			Many: "「{{.enterprise}}」的 {{.count}} 项信息变更已通过平台审核，最近一项：{{.reason}}"},
		{Kind: "change_returned", Label: "变更审核结果", On: internship.EnterpriseChangeReturned, To: managers, Urgency: Normal,
			Text: "「{{.enterprise}}」的信息变更被退回：{{.reason}}。原信息继续有效",
			Many: "「{{.enterprise}}」的 {{.count}} 项信息变更被退回，最近一项：{{.reason}}。原信息继续有效"},
		{Kind: "enterprise_frozen", Label: "企业冻结", On: internship.EnterpriseFrozen, To: managers, Urgency: High,
			Text: "「{{.enterprise}}」已被平台冻结：{{.reason}}。冻结期间岗位对学生隐藏，不能发布岗位和签约，已签约的实习不受影响",
			Many: "「{{.enterprise}}」再次被平台冻结：{{.reason}}。冻结期间岗位对学生隐藏，不能发布岗位和签约，已签约的实习不受影响"},
		{Kind: "enterprise_lifted", Label: "解除冻结", On: internship.EnterpriseLifted, To: managers, Urgency: High,
			Text: "「{{.enterprise}}」的冻结已解除，{{with .reason}}{{.}}{{else}}岗位已恢复对学生显示{{end}}",
			Many: "「{{.enterprise}}」的冻结已解除，{{with .reason}}{{.}}{{else}}岗位已恢复对学生显示{{end}}"},
	}
}

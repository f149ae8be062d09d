package internship

// What positions are refused for.
var (
	ErrNoInterns      = &Error{Number: 40970, Code: "position.no_interns", Title: "没有已签约的学生", Detail: "还没有学生签约该岗位，不能结束招收；如不再招收，请关闭岗位"}
	ErrNotExempted    = &Error{Number: 40971, Code: "position.not_exempted", Title: "夜班加班未备案", Detail: "安排夜班或加班须事先备案，请填写备案编号并上传备案材料"}
	ErrPayTooLow      = &Error{Number: 40972, Code: "position.pay_too_low", Title: "实习报酬过低", Detail: "实习报酬不得低于相同岗位工资的 80%，请调整后再发布"}
	ErrTooManyInterns = &Error{Number: 40973, Code: "enterprise.too_many_interns", Title: "实习学生超过在岗职工的 10%", Detail: "实习学生人数一般不超过在岗职工总数的 10%，请调整人数"}
	ErrTooManyInPost  = &Error{Number: 40974, Code: "position.too_many_in_post", Title: "实习学生超过同类岗位的 20%", Detail: "岗位的实习学生人数一般不超过同类岗位在岗人数的 20%，请调整人数"}
	ErrDeclarationOld = &Error{Number: 40975, Code: "position.declaration_old", Title: "合规声明已更新", Detail: "合规声明已更新，请重新阅读并逐项确认"}
	ErrTermsChanged   = &Error{Number: 40976, Code: "position.terms_changed", Title: "岗位内容已更新", Detail: "岗位内容已更新，请重新查看后再提交"}
	ErrIncomplete     = &Error{Number: 42270, Code: "position.incomplete", Title: "岗位信息不完整", Detail: "请补全岗位信息后再发布"}
)

package internship

// What registration and review refuse with.
var (
	ErrEntered            = &Error{Number: 40930, Code: "enterprise.entered", Title: "企业已由学校录入", Detail: "该企业已由学校录入，请使用学校发放的激活码激活账号；没有收到激活码的，请联系推荐学校重新发放"}
	ErrRegistered         = &Error{Number: 40931, Code: "enterprise.registered", Title: "企业已登记", Detail: "该企业已在平台登记，请直接登录；忘记账号的，请使用「账号和密码都忘记了」找回"}
	ErrCoreLocked         = &Error{Number: 40932, Code: "enterprise.core_locked", Title: "须提交变更申请", Detail: "名称、代码、法人代表/负责人和证件的修改须经平台审核，请提交变更申请"}
	ErrIndustryBarred     = &Error{Number: 40933, Code: "enterprise.industry_barred", Title: "行业不得接收实习生", Detail: "按照《职业学校学生实习管理规定》，该行业的单位不得接收实习生，不能发布岗位"}
	ErrStaleRound         = &Error{Number: 40934, Code: "review.stale", Title: "提交内容已更新", Detail: "企业已提交新的内容，请重新查看后再审核"}
	ErrNotRegistered      = &Error{Number: 40935, Code: "review.not_registered", Title: "企业尚未登记", Detail: "该企业由学生推荐，尚未完成入驻登记，暂不能审核"}
	ErrRegistrantMissing  = &Error{Number: 40936, Code: "review.registrant_missing", Title: "缺少注册人身份证号", Detail: "登记信息需人工核实，而注册人没有填写身份证号，请退回企业补充"}
	ErrNothingChanged     = &Error{Number: 40937, Code: "enterprise.nothing_changed", Title: "没有变更", Detail: "提交的内容与现有信息相同，无需变更"}
	ErrChangeWaiting      = &Error{Number: 40938, Code: "enterprise.change_waiting", Title: "已有变更等待审核", Detail: "已有变更等待平台审核，请先撤回后再提交"}
	ErrNoChange           = &Error{Number: 40939, Code: "enterprise.no_change", Title: "没有等待审核的变更", Detail: "没有等待审核的变更，可能已经处理或撤回"}
	ErrRegistryPending    = &Error{Number: 40940, Code: "review.registry_pending", Title: "核对尚未完成", Detail: "正在向市场监管部门核对企业登记信息，请稍后再审核", RetryAfter: 60}
	ErrTooManyNominations = &Error{Number: 42930, Code: "nomination.too_many", Title: "推荐次数已达上限", Detail: "每名学生每 30 天最多推荐 5 家企业，请以后再推荐", RetryAfter: 86400}
)

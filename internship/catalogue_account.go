package internship

// What accounts and their recovery refuse with.
var (
	ErrLastOwner       = &Error{Number: 40945, Code: "account.last_owner", Title: "不能移除负责人", Detail: "每家企业须有一名负责人，负责人的账号不能移除"}
	ErrOwnRole         = &Error{Number: 40946, Code: "account.own_role", Title: "不能更改负责人的角色", Detail: "每家企业须有一名负责人，负责人的角色不能更改"}
	ErrStaffFull       = &Error{Number: 40947, Code: "account.too_many", Title: "账号数量已达上限", Detail: "每家企业最多 200 个账号，请先移除不再使用的账号"}
	ErrRecoveryWaiting = &Error{Number: 40948, Code: "recovery.waiting", Title: "已有找回申请等待处理", Detail: "该手机号已有找回申请等待平台处理，请勿重复提交"}
	ErrNothingToGive   = &Error{Number: 40949, Code: "recovery.no_account", Title: "没有可找回的账号", Detail: "没有使用该代码的企业，或企业尚未激活，不能通过，请拒绝并说明原因"}
	ErrNoPassword      = &Error{Number: 40950, Code: "account.no_password", Title: "尚未设置密码", Detail: "账号尚未设置密码，请用短信验证码设置"}
)

package internship

// The catalogue of everything a user can be refused for. Numbers are the HTTP
// status × 100 plus a running number and, like the codes, are never reused;
// docs/errors.md is printed from it.
var (
	ErrBadRequest = &Error{Number: 40001, Code: "request.malformed", Title: "请求无法识别", Detail: "提交的内容无法识别，请刷新后重试"}
	ErrBadCursor  = &Error{Number: 40002, Code: "request.bad_cursor", Title: "翻页位置无效", Detail: "翻页位置已失效，请从第一页重新查看"}
	ErrKeyMissing = &Error{Number: 40003, Code: "idempotency.key_missing", Title: "缺少幂等键", Detail: "请求缺少 Idempotency-Key，请为每次提交生成一个新的键并随请求发送"}

	ErrUnauthorized = &Error{Number: 40101, Code: "auth.required", Title: "请先登录", Detail: "登录已失效，请重新登录"}
	ErrBadLogin     = &Error{Number: 40102, Code: "auth.bad_login", Title: "账号或密码不正确", Detail: "账号或密码不正确，请检查后重试"}
	ErrBadWechat    = &Error{Number: 40103, Code: "auth.wechat_code", Title: "微信登录失败", Detail: "微信登录已过期，请重新打开小程序"}
	ErrBadSignature = &Error{Number: 40104, Code: "partner.signature", Title: "签名不正确", Detail: "请求签名不正确或已过期，请检查密钥、被签名的内容和系统时钟"}
	ErrReplayed     = &Error{Number: 40105, Code: "partner.replayed", Title: "请求重复", Detail: "同一请求已被接收，请使用新的随机串"}
	ErrNotBound     = &Error{Number: 40106, Code: "auth.not_bound", Title: "微信尚未绑定账号", Detail: "该微信尚未绑定企业账号，请用账号和密码登录一次"}
	ErrPass         = &Error{Number: 40145, Code: "pass.invalid", Title: "手机号验证已失效", Detail: "手机号验证已失效或已使用，请重新获取验证码"}

	ErrPhoneUnknown = &Error{Number: 40160, Code: "auth.phone_unknown", Title: "手机号没有企业账号", Detail: "该手机号尚未开通企业账号，请先办理企业入驻，或请本企业负责人为您添加账号"}

	ErrForbidden = &Error{Number: 40301, Code: "auth.forbidden", Title: "没有权限", Detail: "您的账号没有这项操作的权限，请联系本企业负责人"}
	ErrNotSchool = &Error{Number: 40302, Code: "partner.wrong_side", Title: "接口不对该密钥开放", Detail: "该接口不对当前密钥开放，请使用相应一方的密钥"}

	ErrVisit    = &Error{Number: 40360, Code: "wechat.visit", Title: "页面已失效", Detail: "页面已失效或不是在本机打开的，请返回服务号重新进入"}
	ErrSnapshot = &Error{Number: 40361, Code: "wechat.snapshot", Title: "当前是快照页", Detail: "当前页面由微信以快照方式打开，不能登录。请点「使用完整服务」后重试"}

	ErrNotFound = &Error{Number: 40401, Code: "not_found", Title: "没有找到", Detail: "没有找到该记录，可能已被删除"}

	ErrMethod = &Error{Number: 40580, Code: "request.method", Title: "请求方法不支持", Detail: "该地址不支持这种请求方法，请按接口文档调用"}

	ErrTooSlow = &Error{Number: 40880, Code: "request.too_slow", Title: "上传过慢", Detail: "内容在规定时间内没有收完，请换到更好的网络后重试"}

	ErrWrongState       = &Error{Number: 40901, Code: "state.wrong", Title: "当前状态不能这样操作", Detail: "记录的状态已变化，请刷新后重试"}
	ErrSignedElsewhere  = &Error{Number: 40902, Code: "placement.signed_elsewhere", Title: "学生已被签约", Detail: "该学生已被其他企业签约"}
	ErrPositionFull     = &Error{Number: 40903, Code: "position.full", Title: "岗位已满", Detail: "该岗位的实习人数已满，有名额空出后才能再签约"}
	ErrTooManyOpen      = &Error{Number: 40904, Code: "placement.too_many_open", Title: "报名已达上限", Detail: "每个实习计划最多同时报名 5 个岗位，请先撤回其中一个"}
	ErrAlreadyChosen    = &Error{Number: 40905, Code: "placement.already_chosen", Title: "已报名该岗位", Detail: "您已报名该岗位，请勿重复报名"}
	ErrAlreadySigned    = &Error{Number: 40906, Code: "placement.already_signed", Title: "已签约", Detail: "该学生在本实习计划中已签约，不能再报名"}
	ErrNotRecruiting    = &Error{Number: 40907, Code: "position.not_recruiting", Title: "岗位不在招收", Detail: "该岗位当前不接受报名，请选择其他岗位"}
	ErrEnrolmentClosed  = &Error{Number: 40908, Code: "placement.enrolment_closed", Title: "不在报名时间内", Detail: "当前不在报名时间内"}
	ErrNotEligible      = &Error{Number: 40909, Code: "student.not_eligible", Title: "学生不符合实习条件", Detail: "学生不符合实习条件"}
	ErrFrozen           = &Error{Number: 40910, Code: "enterprise.not_active", Title: "企业账号不可用", Detail: "企业当前不是正常状态，暂不能进行该操作"}
	ErrProfileMissing   = &Error{Number: 40911, Code: "enterprise.profile_missing", Title: "企业信息不完整", Detail: "请先完善企业信息，再发布岗位"}
	ErrHeadcountTooLow  = &Error{Number: 40912, Code: "position.headcount_below_signed", Title: "实习人数少于已签约人数", Detail: "实习人数不能少于已签约的人数，请改为不少于已签约的人数"}
	ErrHasApplicants    = &Error{Number: 40913, Code: "position.has_applicants", Title: "岗位已有人报名", Detail: "已有学生报名过的岗位不能删除，不再招收的关闭即可"}
	ErrReconfirm        = &Error{Number: 40914, Code: "placement.awaiting_student", Title: "等待学生重新确认", Detail: "岗位内容已变更，需等待学生重新确认后才能处理"}
	ErrBusy             = &Error{Number: 40915, Code: "busy", Title: "操作繁忙", Detail: "同一记录正在被处理，请稍后重试", RetryAfter: 1}
	ErrInFlight         = &Error{Number: 40916, Code: "idempotency.in_flight", Title: "请求正在处理", Detail: "相同的请求正在处理，请稍后查看结果", RetryAfter: 2}
	ErrBacklog          = &Error{Number: 40917, Code: "outbox.full", Title: "系统处理积压", Detail: "该记录等待处理的事项过多，请稍后重试", RetryAfter: 60}
	ErrMobileTaken      = &Error{Number: 40918, Code: "account.mobile_taken", Title: "手机号已被使用", Detail: "该手机号已绑定其他账号，请换一个手机号，或用该手机号登录"}
	ErrAlreadyActive    = &Error{Number: 40919, Code: "enterprise.already_active", Title: "企业已激活", Detail: "该企业已激活，请直接登录"}
	ErrWechatTaken      = &Error{Number: 40920, Code: "account.wechat_taken", Title: "微信已绑定其他账号", Detail: "该微信已绑定其他账号，请先解除原绑定"}
	ErrBlacklisted      = &Error{Number: 40921, Code: "enterprise.blacklisted", Title: "企业在黑名单中", Detail: "该企业已被列入黑名单，不得介绍、接收实习生"}
	ErrNotOffered       = &Error{Number: 40922, Code: "position.not_offered", Title: "岗位不对本校开放", Detail: "该岗位不在本校可选择的范围内，请选择其他岗位"}
	ErrCodeTaken        = &Error{Number: 40923, Code: "enterprise.code_taken", Title: "企业已存在", Detail: "该统一社会信用代码已被录入"}
	ErrAlreadyEnterHere = &Error{Number: 40924, Code: "enterprise.already_recommended", Title: "本校已推荐该企业", Detail: "本校已录入并推荐该企业，无需重复录入"}
	ErrStudentTaken     = &Error{Number: 40925, Code: "student.taken", Title: "身份证号已录入", Detail: "本校已有使用该身份证号的学生，请核对学号和身份证号"}
	ErrFileGone         = &Error{Number: 40980, Code: "file.gone", Title: "文件不存在", Detail: "所选的文件不存在或已过期，请重新上传"}

	ErrQRStale = &Error{Number: 40960, Code: "login.qr_stale", Title: "二维码已失效", Detail: "二维码已失效、已被使用或不是您扫的，请刷新登录页后重新扫码"}

	ErrTooLarge  = &Error{Number: 41301, Code: "request.too_large", Title: "内容过大", Detail: "提交的内容超过大小限制"}
	ErrMediaType = &Error{Number: 41501, Code: "request.media_type", Title: "格式不支持", Detail: "请以 JSON 格式提交"}

	ErrFileType = &Error{Number: 41580, Code: "file.type", Title: "文件格式不支持", Detail: "不支持这种文件，请上传 JPG、PNG 或 PDF 格式的文件"}

	ErrInvalid       = &Error{Number: 42201, Code: "invalid", Title: "填写有误", Detail: "请按提示修改后重新提交"}
	ErrBadActivation = &Error{Number: 42202, Code: "activation.bad_code", Title: "激活码不正确", Detail: "企业代码或激活码不正确，或激活码已失效。已激活的请直接登录，否则请向推荐学校重新索取"}
	ErrKeyReused     = &Error{Number: 42203, Code: "idempotency.key_reused", Title: "幂等键被重复使用", Detail: "相同的 Idempotency-Key 已用于内容不同的请求，请换用新的键重新提交"}
	ErrCaptcha       = &Error{Number: 42245, Code: "captcha.failed", Title: "滑动验证未通过", Detail: "滑动验证未通过或已失效，请重新验证"}
	ErrSMSCode       = &Error{Number: 42246, Code: "sms_code.wrong", Title: "验证码不正确", Detail: "验证码不正确或已失效，请检查或重新获取"}
	ErrFileBroken    = &Error{Number: 42280, Code: "file.broken", Title: "文件已损坏", Detail: "文件不完整或已损坏，请重新拍照、扫描或导出后再上传"}
	ErrFileMixed     = &Error{Number: 42281, Code: "file.mixed", Title: "文件含有其他内容", Detail: "文件中附带了其他内容，请截图或重新导出后再上传"}
	ErrFileLocked    = &Error{Number: 42282, Code: "file.encrypted", Title: "文件已加密", Detail: "PDF 已加密，请取消密码和权限限制后再上传"}
	ErrFileActive    = &Error{Number: 42283, Code: "file.active", Title: "文件含有脚本或附件", Detail: "PDF 中含有脚本、可执行的操作或附件，请打印成新的 PDF 后再上传"}
	ErrFileComplex   = &Error{Number: 42284, Code: "file.too_complex", Title: "文件过于复杂", Detail: "文件的像素、页数或内容过多，请缩小或拆分后再上传"}
	ErrFileName      = &Error{Number: 42285, Code: "file.name", Title: "文件名与内容不符", Detail: "文件名的后缀与文件内容不符，请选择原始文件"}

	ErrForeignPhone = &Error{Number: 42260, Code: "auth.foreign_phone", Title: "不是中国大陆手机号", Detail: "该微信绑定的不是中国大陆手机号，请改用账号密码或短信验证码登录"}

	ErrTooManyTries = &Error{Number: 42901, Code: "auth.too_many_tries", Title: "尝试次数过多", Detail: "尝试次数过多，请稍后再试", RetryAfter: 300}
	ErrUploads      = &Error{Number: 42980, Code: "file.too_many", Title: "上传过于频繁", Detail: "一小时内上传的文件过多，请稍后再试", RetryAfter: 600}

	ErrInternal    = &Error{Number: 50001, Code: "internal", Title: "系统错误", Detail: "系统出现错误，请稍后重试；如仍有问题，请联系客服并提供请求编号"}
	ErrUnavailable = &Error{Number: 50301, Code: "unavailable", Title: "系统暂时不可用", Detail: "系统暂时不可用，请稍后重试", RetryAfter: 5}
	ErrPhoneQuota  = &Error{Number: 50360, Code: "wechat.phone_quota", Title: "手机号快捷登录暂不可用", Detail: "手机号快捷登录暂不可用，请改用短信验证码登录"}
	ErrUploadBusy  = &Error{Number: 50380, Code: "file.busy", Title: "上传繁忙", Detail: "同时上传的文件过多，请稍后重试", RetryAfter: 5}
)

// Catalogue lists every error a user can meet, in the order of its numbers.
func Catalogue() []*Error {
	return []*Error{
		ErrBadRequest, ErrBadCursor, ErrKeyMissing,
		ErrUnauthorized, ErrBadLogin, ErrBadWechat, ErrBadSignature, ErrReplayed, ErrNotBound, ErrPass,
		ErrPhoneUnknown,
		ErrForbidden, ErrNotSchool, ErrVisit, ErrSnapshot,
		ErrNotFound,
		ErrMethod, ErrTooSlow,
		ErrWrongState, ErrSignedElsewhere, ErrPositionFull, ErrTooManyOpen, ErrAlreadyChosen,
		ErrAlreadySigned, ErrNotRecruiting, ErrEnrolmentClosed, ErrNotEligible, ErrFrozen,
		ErrProfileMissing, ErrHeadcountTooLow, ErrHasApplicants, ErrReconfirm, ErrBusy,
		ErrInFlight, ErrBacklog, ErrMobileTaken, ErrAlreadyActive, ErrWechatTaken,
		ErrBlacklisted, ErrNotOffered, ErrCodeTaken, ErrAlreadyEnterHere, ErrStudentTaken,
		ErrEntered, ErrRegistered, ErrCoreLocked, ErrIndustryBarred, ErrStaleRound, ErrNotRegistered, ErrRegistrantMissing,
		ErrNothingChanged, ErrChangeWaiting, ErrNoChange, ErrRegistryPending,
		ErrLastOwner, ErrOwnRole, ErrStaffFull, ErrRecoveryWaiting, ErrNothingToGive, ErrNoPassword,
		ErrQRStale,
		ErrNoInterns, ErrNotExempted, ErrPayTooLow, ErrTooManyInterns, ErrTooManyInPost, ErrDeclarationOld, ErrTermsChanged,
		ErrFileGone,
		ErrTooLarge, ErrMediaType, ErrFileType,
		ErrInvalid, ErrBadActivation, ErrKeyReused, ErrCaptcha, ErrSMSCode, ErrForeignPhone,
		ErrIncomplete,
		ErrFileBroken, ErrFileMixed, ErrFileLocked, ErrFileActive, ErrFileComplex, ErrFileName,
		ErrTooManyTries, ErrTooManyNominations,
		ErrUploads,
		ErrInternal, ErrUnavailable, ErrPhoneQuota, ErrUploadBusy,
	}
}

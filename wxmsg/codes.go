package wxmsg

import (
	"slices"
	"time"
)

// CodeInfo is what is known of one errcode.
type CodeInfo struct {
	Code    int
	Class   Class
	Meaning string // Chinese, for operators
	// RetryAfter is the shortest sensible wait, 0 where none is known.
	RetryAfter time.Duration
}

const (
	perMinutePause = time.Minute      // 45011 counts by the minute
	perUserPause   = 10 * time.Minute // 43117 asks for minutes to hours; start with the dedupe window
)

// codes is the one table of errcodes: wechat.md §1.5, §1.6, §3, §6.1, §6.3 and §7.2,
// sorted by code.
var codes = []CodeInfo{
	{Code: -1, Class: Transient, Meaning: "系统繁忙"},
	{Code: 40001, Class: Token, Meaning: "access_token 无效或不是最新（取 token 时为 AppSecret 错误）"},
	{Code: 40002, Class: Config, Meaning: "grant_type 不合法"},
	{Code: 40003, Class: Refused, Meaning: "openid 无效（不属于本公众号或未关注）"},
	{Code: 40008, Class: Payload, Meaning: "消息类型不合法"},
	{Code: 40013, Class: Config, Meaning: "appid 无效（小程序可能未与服务号关联）"},
	{Code: 40014, Class: Token, Meaning: "access_token 不合法"},
	{Code: 40029, Class: Payload, Meaning: "登录 code 无效或已过期"},
	{Code: 40036, Class: Payload, Meaning: "template_id 长度不合法"},
	{Code: 40037, Class: Template, Meaning: "template_id 不存在或不属于本账号"},
	{Code: 40038, Class: Unknown, Meaning: "含义未公布（疑为长期模板每日条数限制）"},
	{Code: 40039, Class: Payload, Meaning: "url 长度不合法"},
	{Code: 40052, Class: Payload, Meaning: "二维码 action_name 不合法"},
	{Code: 40053, Class: Payload, Meaning: "二维码 action_info 不合法"},
	{Code: 40125, Class: Config, Meaning: "AppSecret 无效"},
	{Code: 40163, Class: Payload, Meaning: "登录 code 已被使用"},
	{Code: 40164, Class: Config, Meaning: "调用方 IP 不在白名单"},
	{Code: 40226, Class: Refused, Meaning: "高风险用户，登录被拦截"},
	{Code: 40243, Class: Config, Meaning: "AppSecret 已冻结"},
	{Code: 40246, Class: Template, Meaning: "keyword_name_list 不合法"},
	{Code: 40247, Class: Template, Meaning: "须使用新的类目模板"},
	{Code: 40249, Class: Payload, Meaning: "不允许发送营销内容"},
	{Code: 41001, Class: Config, Meaning: "缺少 access_token"},
	{Code: 41002, Class: Config, Meaning: "缺少 appid"},
	{Code: 41004, Class: Config, Meaning: "缺少 secret"},
	{Code: 41030, Class: Config, Meaning: "页面路径在小程序正式版中不存在"},
	{Code: 42001, Class: Token, Meaning: "access_token 已过期"},
	{Code: 43002, Class: Config, Meaning: "须使用 POST 请求"},
	{Code: 43004, Class: Refused, Meaning: "用户未关注服务号"},
	{Code: 43019, Class: Refused, Meaning: "用户在黑名单中"},
	{Code: 43101, Class: Refused, Meaning: "用户拒收消息"},
	{Code: 43106, Class: Config, Meaning: "因处罚不能添加模板"},
	{Code: 43107, Class: Config, Meaning: "消息能力被封禁"},
	{Code: 43108, Class: Transient, Meaning: "并发向同一用户发送", RetryAfter: 10 * time.Second},
	{Code: 43116, Class: Template, Meaning: "模板已被封禁"},
	{Code: 43117, Class: Pace, Meaning: "向该用户发送过于频繁", RetryAfter: perUserPause},
	{Code: 45009, Class: Quota, Meaning: "接口当日调用次数已用完"},
	{Code: 45011, Class: Pace, Meaning: "每分钟调用次数超限", RetryAfter: perMinutePause},
	{Code: 45103, Class: Config, Meaning: "接口已下线"},
	{Code: 45109, Class: Config, Meaning: "接口已下线"},
	{Code: 45168, Class: Payload, Meaning: "内容含敏感词"},
	{Code: 47001, Class: Payload, Meaning: "请求体格式错误"},
	{Code: 47003, Class: Payload, Meaning: "模板参数不合法或为空"},
	{Code: 47501, Class: Unknown, Meaning: "含义未公布"},
	{Code: 48001, Class: Config, Meaning: "接口未授权（账号未认证或缺少权限）"},
	{Code: 48004, Class: Config, Meaning: "接口因违规被封禁"},
	{Code: 48006, Class: Quota, Meaning: "本月清零次数（10 次）已用完"},
	{Code: 50002, Class: Config, Meaning: "账号受限（冻结或注销）"},
	{Code: 50004, Class: Config, Meaning: "账号被禁用"},
	{Code: 50007, Class: Config, Meaning: "账号已冻结"},
	{Code: 61004, Class: Config, Meaning: "调用方 IP 未登记"},
	{Code: 76021, Class: Payload, Meaning: "cgi_path 不存在"},
	{Code: 76022, Class: Payload, Meaning: "不能查询此 cgi_path 的额度"},
	{Code: 87009, Class: Payload, Meaning: "签名错误"},
	{Code: 89503, Class: Config, Meaning: "此 IP 调用须管理员确认"},
	{Code: 89506, Class: Config, Meaning: "管理员 24 小时内已拒绝此 IP 两次"},
	{Code: 89507, Class: Config, Meaning: "管理员 1 小时内已拒绝此 IP"},
	{Code: 1400001, Class: Quota, Meaning: "手机号快速验证的额度已用完"},
}

// LookupCode returns what is known of an errcode.
func LookupCode(code int) (CodeInfo, bool) {
	i, ok := slices.BinarySearchFunc(codes, code, func(c CodeInfo, code int) int { return c.Code - code })
	if !ok {
		return CodeInfo{}, false
	}
	return codes[i], true
}

// Codes returns the whole table, sorted by code, for documents and tests.
func Codes() []CodeInfo { return slices.Clone(codes) }

package wxsim

import "strings"

// Error codes the simulator answers with (wechat.md §1.5, §3, §6, §7.2).
const (
	errBusy           = -1
	errCredential     = 40001
	errGrantType      = 40002
	errOpenID         = 40003
	errAppID          = 40013
	errCode           = 40029
	errTemplateIDSize = 40036
	errTemplateID     = 40037
	errURLSize        = 40039
	errActionName     = 40052
	errActionInfo     = 40053
	errArguments      = 40097
	errAppSecret      = 40125
	errCodeUsed       = 40163
	errCodeBlocked    = 40226
	errNoToken        = 41001
	errNoAppID        = 41002
	errNoSecret       = 41004
	errNoCode         = 41008
	errPage           = 41030
	errTokenExpired   = 42001
	errNeedGet        = 43001
	errNeedPost       = 43002
	errNotFollowing   = 43004
	errBlacklisted    = 43019
	errRefused        = 43101
	errTemplateBanned = 43116
	errEmptyPost      = 44002
	errTooLarge       = 45002
	errDailyQuota     = 45009
	errMinuteQuota    = 45011
	errDataFormat     = 47001
	errArgument       = 47003
	errUnauthorized   = 48001
)

const stableTokenHint = ", could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r"

// errmsg is the platform's text for a code, without its rid.
func errmsg(code int) string {
	switch code {
	case errBusy:
		return "system error"
	case errCredential:
		return "invalid credential, access_token is invalid or not latest" + stableTokenHint
	case errGrantType:
		return "invalid grant_type"
	case errOpenID:
		return "invalid openid"
	case errAppID:
		return "invalid appid"
	case 40014:
		return "invalid access_token"
	case errCode:
		return "invalid code"
	case errTemplateIDSize:
		return "invalid template_id size"
	case errTemplateID:
		return "invalid template_id"
	case errURLSize:
		return "invalid url size"
	case errActionName:
		return "invalid action name"
	case errActionInfo:
		return "invalid action info"
	case errArguments:
		return "invalid args"
	case errAppSecret:
		return "invalid appsecret"
	case errCodeUsed:
		return "code been used"
	case 40164:
		return "invalid ip, not in whitelist"
	case errCodeBlocked:
		return "code blocked"
	case 40243:
		return "AppSecret is frozen"
	case 40249:
		return "marketing content is not allowed"
	}
	return laterErrmsg(code)
}

func laterErrmsg(code int) string {
	switch code {
	case errNoToken:
		return "access_token missing"
	case errNoAppID:
		return "appid missing"
	case errNoSecret:
		return "appsecret missing"
	case errNoCode:
		return "missing code"
	case errPage:
		return "invalid page"
	case errTokenExpired:
		return "access_token expired"
	case errNeedGet:
		return "require GET method"
	case errNeedPost:
		return "require POST method"
	case errNotFollowing:
		return "require subscribe"
	case errBlacklisted:
		return "require remove blacklist"
	case errRefused:
		return "user refuse to accept the msg"
	case errTemplateBanned:
		return "template_id banned"
	case 43117:
		return "sending to this user too frequently"
	case errEmptyPost:
		return "empty post data"
	case errTooLarge:
		return "content size out of limit"
	case errDailyQuota:
		return "reach max api daily quota limit" + stableTokenHint
	case errMinuteQuota:
		return "api minute-quota reach limit must slower retry next minute"
	case errDataFormat:
		return "data format error"
	case errArgument:
		return "argument invalid!"
	case errUnauthorized:
		return "api unauthorized"
	case 48004:
		return "api forbidden for irregularities, view detail on mp.weixin.qq.com"
	case 50002:
		return "user limited"
	}
	return "system error"
}

// apiError is a refusal by the platform.
type apiError struct {
	code int
	msg  string
}

// refuse makes the refusal of a code with its usual text.
func refuse(code int) *apiError { return &apiError{code: code, msg: errmsg(code)} }

// errorBody is a refusal on the wire.
type errorBody struct {
	ErrCode int    `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
}

// body renders the refusal with the request id, which /sns/ endpoints set off
// by a comma and the others by a space.
func (e *apiError) body(path, rid string) errorBody {
	separator := " rid: "
	if isSNS(path) {
		separator = ", rid: "
	}
	return errorBody{ErrCode: e.code, ErrMsg: e.msg + separator + rid}
}

func isSNS(path string) bool { return strings.HasPrefix(path, "/sns/") }

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
	errClears         = 48006
	errQuotaPath      = 76022
	errPhoneQuota     = 1400001
)

const stableTokenHint = ", could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r"

// errmsgs are the platform's texts, without the rid. Never changed.
var errmsgs = map[int]string{
	errBusy:           "system error",
	errCredential:     "invalid credential, access_token is invalid or not latest" + stableTokenHint,
	errGrantType:      "invalid grant_type",
	errOpenID:         "invalid openid",
	errAppID:          "invalid appid",
	40014:             "invalid access_token",
	errCode:           "invalid code",
	errTemplateIDSize: "invalid template_id size",
	errTemplateID:     "invalid template_id",
	errURLSize:        "invalid url size",
	errActionName:     "invalid action name",
	errActionInfo:     "invalid action info",
	errArguments:      "invalid args",
	errAppSecret:      "invalid appsecret",
	errCodeUsed:       "code been used",
	40164:             "invalid ip, not in whitelist",
	errCodeBlocked:    "code blocked",
	40243:             "AppSecret is frozen",
	40249:             "marketing content is not allowed",
	errNoToken:        "access_token missing",
	errNoAppID:        "appid missing",
	errNoSecret:       "appsecret missing",
	errNoCode:         "missing code",
	errPage:           "invalid page",
	errTokenExpired:   "access_token expired",
	errNeedGet:        "require GET method",
	errNeedPost:       "require POST method",
	errNotFollowing:   "require subscribe",
	errBlacklisted:    "require remove blacklist",
	errRefused:        "user refuse to accept the msg",
	errTemplateBanned: "template_id banned",
	43117:             "sending to this user too frequently",
	errEmptyPost:      "empty post data",
	errTooLarge:       "content size out of limit",
	errDailyQuota:     "reach max api daily quota limit" + stableTokenHint,
	errMinuteQuota:    "api minute-quota reach limit must slower retry next minute",
	errDataFormat:     "data format error",
	errArgument:       "argument invalid!",
	errUnauthorized:   "api unauthorized",
	48004:             "api forbidden for irregularities, view detail on mp.weixin.qq.com",
	errClears:         "forbid to clear quota because of reaching the limit",
	50002:             "user limited",
	errQuotaPath:      "could not use this cgi_path, no permission",
	errPhoneQuota:     "phone number verification quota is used up",
}

// errmsg is the platform's text for a code, without its rid.
func errmsg(code int) string {
	if text, ok := errmsgs[code]; ok {
		return text
	}
	return errmsgs[errBusy]
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

package sms

import (
	"slices"
	"strings"
	"time"
)

// code says what an answer of a provider means to us.
type code struct {
	// name is the provider's, or the beginning of several when it ends in *.
	name    string
	class   Class
	meaning string
	retry   time.Duration
	// window: how long to wait stands in the provider's message.
	window bool
	// account: the limit is the account's.
	account bool
}

// Pauses after a limit. Those per mobile are the providers' defaults.
const (
	aMomentLater = 35 * time.Second
	aMinuteLater = 65 * time.Second
	anHourLater  = 20 * time.Minute // the window slides
	aDayLater    = 4 * time.Hour
	aBitLater    = 2 * time.Second
)

// lookup finds a code: by its whole name, else by the longest beginning.
func lookup(provider, name string) (code, bool) {
	if name == "" {
		return code{}, false
	}
	var found code
	for _, c := range codesOf(provider) {
		prefix, open := strings.CutSuffix(c.name, "*")
		switch {
		case c.name == name:
			return c, true
		case open && strings.HasPrefix(name, prefix) && len(c.name) > len(found.name):
			found = c
		}
	}
	return found, found.name != ""
}

func codesOf(provider string) []code {
	switch provider {
	case tencentName:
		return tencentCodes()
	case alibabaName:
		return alibabaCodes()
	}
	return nil
}

// Codes lists the codes of a provider that are known, those that stand for
// several with a * at their end: for tests and documents.
func Codes(provider string) []string {
	var names []string
	for _, c := range codesOf(provider) {
		names = append(names, c.name)
	}
	slices.Sort(names)
	return names
}

// tencentCodes are those of SendSms 2021-01-11 and of the API's gateway.
func tencentCodes() []code {
	return []code{
		{name: "InvalidParameterValue.IncorrectPhoneNumber", class: Number, meaning: "手机号格式错误"},
		{name: "FailedOperation.PhoneNumberParseFail", class: Number, meaning: "手机号解析失败"},
		{name: "FailedOperation.PhoneNumberInBlacklist", class: Number, meaning: "手机号在免打扰名单中"},
		{name: "UnsupportedOperation.UnsupportedRegion", class: Number, meaning: "不支持向该地区发送短信"},
		{name: "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone", class: Number, meaning: "国内模板不支持该手机号"},

		{name: "LimitExceeded.PhoneNumberThirtySecondLimit", class: Quota, meaning: "该手机号 30 秒内短信条数达到上限", retry: aMomentLater},
		{name: "LimitExceeded.PhoneNumberOneHourLimit", class: Quota, meaning: "该手机号一小时内短信条数达到上限", retry: anHourLater},
		{name: "LimitExceeded.PhoneNumberDailyLimit", class: Quota, meaning: "该手机号当日短信条数达到上限", retry: aDayLater},
		{name: "LimitExceeded.PhoneNumberSameContentDailyLimit", class: Quota, meaning: "该手机号当日相同内容的短信达到上限", retry: aDayLater},
		{name: "LimitExceeded.DeliveryFrequencyLimit", class: Quota, meaning: "触发短信频率限制", retry: aMinuteLater},
		{name: "LimitExceeded.AppDailyLimit", class: Quota, meaning: "应用当日短信条数达到上限", retry: aDayLater, account: true},
		{name: "LimitExceeded.AppMainlandChinaDailyLimit", class: Quota, meaning: "应用当日国内短信条数达到上限", retry: aDayLater, account: true},
		{name: "LimitExceeded*", class: Quota, meaning: "超过短信服务的限额", retry: anHourLater, account: true},
		{name: "RequestLimitExceeded*", class: Quota, meaning: "调用过于频繁", retry: aBitLater, account: true},

		{name: "FailedOperation.InsufficientBalanceInSmsPackage", class: Config, meaning: "短信套餐包余量不足，请购买"},
		{name: "UnauthorizedOperation.ServiceSuspendDueToArrears", class: Config, meaning: "短信服务因欠费停止，请充值"},
		{name: "FailedOperation.SignatureIncorrectOrUnapproved", class: Config, meaning: "短信签名未通过审核或格式错误"},
		{name: "FailedOperation.TemplateIncorrectOrUnapproved", class: Config, meaning: "短信模板未通过审核或内容不符"},
		{name: "FailedOperation.TemplateUnapprovedOrNotExist", class: Config, meaning: "短信模板未通过审核或不存在"},
		{name: "FailedOperation.TemplateIdNotExist", class: Config, meaning: "短信模板不存在"},
		{name: "FailedOperation.TemplateParamSetNotMatchApprovedTemplate", class: Config, meaning: "参数个数与短信模板不一致"},
		{name: "FailedOperation.ContainSensitiveWord", class: Config, meaning: "短信内容含有敏感词"},
		{name: "InvalidParameter.DirtyWordFound", class: Config, meaning: "短信内容含有敏感词"},
		{name: "InvalidParameterValue.TemplateParameterFormatError", class: Config, meaning: "验证码模板的参数只能是不超过 6 位的数字"},
		{name: "InvalidParameterValue.TemplateParameterLengthLimit", class: Config, meaning: "模板参数超过账号允许的字数，请在模板文件中用 most 限制"},
		{name: "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", class: Config, meaning: "模板参数不能是网址，请把网址写进模板并用 without 去掉"},
		{name: "InvalidParameterValue.ContentLengthLimit", class: Config, meaning: "短信内容过长"},
		{name: "InvalidParameterValue.SdkAppIdNotExist", class: Config, meaning: "短信应用 SdkAppId 不存在"},
		{name: "UnauthorizedOperation.SmsSdkAppIdVerifyFail", class: Config, meaning: "短信应用 SdkAppId 不属于该密钥的账号"},
		{name: "UnauthorizedOperation.RequestIpNotInWhitelist", class: Config, meaning: "服务器的 IP 不在白名单中"},
		{name: "AuthFailure.SignatureExpire", class: Config, meaning: "服务器的时间与腾讯云相差超过五分钟"},
		{name: "InternalError.RequestTimeException", class: Config, meaning: "服务器的时间不准"},
		{name: "AuthFailure*", class: Config, meaning: "密钥错误或未授权"},
		{name: "UnauthorizedOperation*", class: Config, meaning: "账号没有权限或已停用"},
		{name: "InternalError.SigFieldMissing", class: Config, meaning: "请求缺少签名"},
		{name: "InternalError.SigVerificationFail", class: Config, meaning: "请求签名校验失败"},
		{name: "InternalError.RestApiInterfaceNotExist", class: Config, meaning: "接口不存在"},
		{name: "FailedOperation*", class: Config, meaning: "短信服务拒绝了请求"},
		{name: "InvalidParameter*", class: Config, meaning: "请求参数错误"},
		{name: "MissingParameter*", class: Config, meaning: "请求缺少参数"},
		{name: "UnknownParameter*", class: Config, meaning: "请求参数未知"},
		{name: "UnsupportedOperation*", class: Config, meaning: "不支持的操作"},
		{name: "InvalidAction", class: Config, meaning: "接口不存在"},
		{name: "ActionOffline", class: Config, meaning: "接口已下线"},
		{name: "InvalidRequest", class: Config, meaning: "请求格式错误"},
		{name: "IpInBlacklist", class: Config, meaning: "服务器的 IP 在黑名单中"},
		{name: "IpNotInWhitelist", class: Config, meaning: "服务器的 IP 不在白名单中"},
		{name: "NoSuch*", class: Config, meaning: "产品或接口版本不存在"},
		{name: "UnsupportedProtocol", class: Config, meaning: "不支持的协议"},
		{name: "UnsupportedRegion", class: Config, meaning: "地域不支持短信服务"},

		{name: "ServiceUnavailable", class: NotSent, meaning: "短信服务暂时不可用"},
		{name: "ResourceUnavailable", class: NotSent, meaning: "短信服务暂时不可用"},
		{name: "InternalError.JsonParseFail", class: NotSent, meaning: "短信服务解析请求失败"},
		// What is left of InternalError says that something went wrong after the
		// request was taken, a time-out towards the carrier among it.
		{name: "InternalError*", class: Uncertain, meaning: "短信服务内部错误，不知是否已发出"},
	}
}

// alibabaCodes are those of SendSms 2017-05-25 and of the API's gateway.
func alibabaCodes() []code {
	return []code{
		{name: "isv.MOBILE_NUMBER_ILLEGAL", class: Number, meaning: "手机号格式错误"},
		{name: "isv.DOMESTIC_NUMBER_NOT_SUPPORTED", class: Config, meaning: "国际模板不支持国内手机号"},

		{name: "isv.BUSINESS_LIMIT_CONTROL", class: Quota, meaning: "触发短信频率限制", window: true},
		{name: "isv.DAY_LIMIT_CONTROL", class: Quota, meaning: "账号当日短信条数达到上限", retry: aDayLater, account: true},
		{name: "isv.MONTH_LIMIT_CONTROL", class: Quota, meaning: "账号当月短信条数达到上限", retry: aDayLater, account: true},
		{name: "Throttling*", class: Quota, meaning: "调用过于频繁", retry: aBitLater, account: true},

		{name: "isp.RAM_PERMISSION_DENY", class: Config, meaning: "RAM 用户没有短信权限"},
		{name: "isv.OUT_OF_SERVICE", class: Config, meaning: "短信业务因余额不足停机，请充值"},
		{name: "isv.AMOUNT_NOT_ENOUGH", class: Config, meaning: "账户余额不足，请充值"},
		{name: "isv.PRODUCT_UN*", class: Config, meaning: "账号未开通短信服务"},
		{name: "isv.ACCOUNT_NOT_EXISTS", class: Config, meaning: "账户不存在"},
		{name: "isv.ACCOUNT_ABNORMAL", class: Config, meaning: "账户异常"},
		{name: "isv.DENY_IP_RANGE", class: Config, meaning: "服务器的 IP 不在中国内地"},
		{name: "isv.SMS_TEMPLATE_ILLEGAL", class: Config, meaning: "短信模板不存在或未通过审核"},
		{name: "isv.SMS_SIGNATURE_ILLEGAL", class: Config, meaning: "短信签名不存在或未通过审核"},
		{name: "isv.SMS_SIGNATURE_SCENE_ILLEGAL", class: Config, meaning: "短信签名与模板类型不一致"},
		{name: "isv.SMS_SIGN_ILLEGAL", class: Config, meaning: "短信签名禁止使用"},
		{name: "isv.SIGN_STATE_ILLEGAL", class: Config, meaning: "短信签名不可用"},
		{name: "isv.SMS_CONTENT_ILLEGAL", class: Config, meaning: "短信内容含有禁止发送的内容"},
		{name: "isv.BLACK_KEY_CONTROL_LIMIT", class: Config, meaning: "模板参数含有管控的内容"},
		{name: "isv.TEMPLATE_PARAMS_ILLEGAL", class: Config, meaning: "模板参数含有非法关键字"},
		{name: "isv.TEMPLATE_MISSING_PARAMETERS", class: Config, meaning: "短信模板缺少参数"},
		{name: "isv.PARAM_LENGTH_LIMIT", class: Config, meaning: "模板参数超过账号允许的字数，请在模板文件中用 most 限制"},
		{name: "isv.PARAM_NOT_SUPPORT_URL", class: Config, meaning: "模板参数不能是网址，请把网址写进模板并用 without 去掉"},
		{name: "isv.INVALID_JSON_PARAM", class: Config, meaning: "模板参数的格式错误"},
		{name: "isv.*", class: Config, meaning: "短信服务拒绝了请求"},
		{name: "isp.GATEWAY_ERROR", class: Uncertain, meaning: "短信网关错误，不知是否已发出"},
		{name: "InvalidTimeStamp*", class: Config, meaning: "服务器的时间与阿里云相差超过十五分钟"},
		{name: "SignatureDoesNotMatch", class: Config, meaning: "AccessKey Secret 错误"},
		{name: "IncompleteSignature", class: Config, meaning: "请求签名校验失败"},
		{name: "SignatureNonceUsed", class: Config, meaning: "请求的随机数重复"},
		{name: "InvalidAccessKeyId*", class: Config, meaning: "AccessKey 不存在或已停用"},
		{name: "Forbidden*", class: Config, meaning: "AccessKey 没有权限"},
		{name: "NoPermission*", class: Config, meaning: "AccessKey 没有权限"},
		{name: "Missing*", class: Config, meaning: "请求缺少参数"},
		{name: "Invalid*", class: Config, meaning: "请求参数错误"},

		// The provider's document asks to call again.
		{name: "isp.SYSTEM_ERROR", class: NotSent, meaning: "短信服务系统错误"},
		{name: "ServiceUnavailable*", class: NotSent, meaning: "短信服务暂时不可用"},
		{name: "InternalError", class: Uncertain, meaning: "短信服务内部错误，不知是否已发出"},
	}
}

// window is the pause after Alibaba's business limit, whose message names the
// window: 触发天级流控Permits:10.
func window(message string) time.Duration {
	switch {
	case strings.Contains(message, "天级"), strings.Contains(message, "月"):
		return aDayLater
	case strings.Contains(message, "小时"):
		return anHourLater
	}
	return aMinuteLater
}

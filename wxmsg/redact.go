package wxmsg

import "regexp"

// What must not reach a log or an error text. Each pattern errs on the side of
// hiding too much.
var (
	// secretParam finds name=value in URLs and forms, and "name":"value" in JSON.
	secretParam = regexp.MustCompile(`(?i)\b((?:access|refresh)_token|appsecret|secret|js_code|code|session_key|ticket|touser|openid|unionid|fromusername|msg_signature|signature|echostr)("?\s*[=:]\s*"?)[^&\s"',;}\]]+`)
	// openidLike finds openids and unionids: "o" and at least 27 characters of
	// URL-safe base64.
	openidLike = regexp.MustCompile(`o[A-Za-z0-9_-]{27,}`)
	// tokenLike finds access tokens, tickets and signatures without a name.
	tokenLike = regexp.MustCompile(`[A-Za-z0-9_-]{60,}`)
	// secretLike finds an AppSecret or session key without a name: 32 hex digits.
	secretLike = regexp.MustCompile(`\b[0-9a-fA-F]{32}\b`)
)

const redacted = "***"

// Redact removes what identifies or authorises from a text: token, secret,
// code, ticket and signature parameters, and anything that looks like an
// openid, a unionid, an access token or an AppSecret. Every error text of this
// package has passed through it.
func Redact(text string) string {
	text = secretParam.ReplaceAllString(text, "${1}${2}"+redacted)
	text = tokenLike.ReplaceAllString(text, redacted)
	text = openidLike.ReplaceAllString(text, redacted)
	return secretLike.ReplaceAllString(text, redacted)
}

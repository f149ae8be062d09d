package logs

import "strings"

// privacy says how a name's value is private, and so how far the value reaches in running text.
type privacy int

const (
	public   privacy = iota
	token            // one word without spaces or list punctuation: tokens, keys, openids, numbers
	password         // anything a person may type: up to the next space or quote
	header           // a whole header line: authorization, cookie
)

// privateParts are looked for anywhere in a name that has been folded (lower case, letters and digits only), so that
// accessToken, access_token and X-Access-Token are one.
var privateParts = []struct {
	part string
	kind privacy
}{
	{"token", token},
	{"secret", token},
	{"openid", token},
	{"mobile", token},
	{"phone", token},
	{"password", password},
	{"passwd", password},
	{"passphrase", password},
	{"authorization", header},
	{"cookie", header},
	{"keyset", token},
	{"aeskey", token},
	{"apikey", token},
	{"sessionkey", token},
	{"privatekey", token},
	{"accesskey", token},
	{"signingkey", token},
	{"credential", token},
	{"unionid", token},
	{"idnumber", token},
	{"idcard", token},
	{"signature", token},
	{"captcha", token},
}

// privateNames are private only as a whole: as parts they would hit ordinary words.
var privateNames = map[string]privacy{
	"pwd":          password,
	"pass":         token,
	"pin":          token,
	"otp":          token,
	"sid":          token,
	"session":      token,
	"sessionid":    token,
	"ticket":       token,
	"sign":         token,
	"touser":       token,
	"fromusername": token,
	"echostr":      token,
	"jscode":       token,
	"idno":         token,
	"tel":          token,
}

// privateWords are the Chinese names. They are matched as they stand.
var privateWords = []string{"密码", "口令", "密钥", "令牌", "验证码", "身份证号码", "身份证号", "手机号码", "手机号"}

// longestName bounds the work on a name; what is longer is judged by its end, where the telling word stands.
const longestName = 64

// privacyOf tells whether the values of name are private.
func privacyOf(name string) privacy {
	if len(name) > longestName {
		name = name[len(name)-longestName:]
	}
	var buffer [longestName]byte
	folded := buffer[:0]
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'A' && c <= 'Z':
			folded = append(folded, c|0x20)
		case c >= 'a' && c <= 'z', isDigit(c):
			folded = append(folded, c)
		case c >= 0x80:
			return privacyOfWord(name)
		}
	}
	if len(folded) < 3 { // the shortest private names: pwd, pin, tel
		return public
	}
	if kind, ok := privateNames[string(folded)]; ok {
		return kind
	}
	for i := range privateParts {
		if containsBytes(folded, privateParts[i].part) {
			return privateParts[i].kind
		}
	}
	return public
}

func privacyOfWord(name string) privacy {
	for _, word := range privateWords {
		if strings.Contains(name, word) {
			return password
		}
	}
	return public
}

// containsBytes is strings.Contains on a buffer that is not turned into a string.
func containsBytes(text []byte, part string) bool {
	for i := 0; i+len(part) <= len(text); i++ {
		if text[i] == part[0] && string(text[i:i+len(part)]) == part {
			return true
		}
	}
	return false
}

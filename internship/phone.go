package internship

import (
	"regexp"
	"strings"
)

const (
	mobileLabel  = "手机号"
	mobileLength = 11
	phoneLabel   = "联系电话"
)

var (
	mobilePattern = regexp.MustCompile(`^1[3-9][0-9]{9}$`)

	// Area codes have three digits in 010 and 02x, four elsewhere, which also
	// tells where to cut a number written without hyphen.
	landlinePattern = regexp.MustCompile(`^(010|02[0-9]|0[3-9][0-9]{2})-?([0-9]{7,8})(-[0-9]{1,6})?$`)
	trunkMobile     = regexp.MustCompile(`^01[3-9][0-9]{9}$`)
)

// ParseMobile reads a mainland mobile number (domain.md §3.4), with or without
// +86, 0086 or 86, spaces, hyphens and brackets, and returns its 11 digits.
// The error is a FieldError: required or format.
func ParseMobile(s string) (string, error) {
	number, err := compactCode(withoutBrackets(s), mobileLabel)
	if err != nil {
		return "", err
	}
	number, _ = cutCountry(number)
	if len(number) == mobileLength+2 {
		number = strings.TrimPrefix(number, "86")
	}
	if !mobilePattern.MatchString(number) {
		return "", FieldError{Code: "format", Message: mobileLabel + mobileMessage(number)}
	}
	return number, nil
}

// mobileMessage says what is wrong with a number that is no mobile number.
func mobileMessage(number string) string {
	for _, r := range number {
		if !isDigit(r) {
			return "只能包含数字，请检查"
		}
	}
	if message := lengthMessage(number, mobileLength); message != "" {
		return message
	}
	return "应以 13 至 19 开头，请检查"
}

// ParsePhone reads a mobile number or a landline number with area code
// (domain.md §3.4). A landline comes back as 0371-67890123 or, with its
// extension, 0371-67890123-801. The error is a FieldError: required or format.
func ParsePhone(s string) (string, error) {
	if _, err := compactCode(withoutBrackets(s), phoneLabel); err != nil {
		return "", err
	}
	if mobile, err := ParseMobile(s); err == nil {
		return mobile, nil
	}
	number := landlineForm(s)
	if trunkMobile.MatchString(number) {
		return number[1:], nil
	}
	parts := landlinePattern.FindStringSubmatch(number)
	if parts == nil {
		return "", FieldError{Code: "format", Message: phoneLabel + "应为 11 位手机号或带区号的固定电话，如 0371-67890123"}
	}
	return parts[1] + "-" + parts[2] + parts[3], nil
}

// landlineForm brings a landline number as typed near its canonical form: the
// bracket after the area code and 转 before an extension become hyphens, the
// country code becomes the leading 0 that it replaced.
func landlineForm(s string) string {
	number := strings.NewReplacer(" ", "", "(", "", ")", "-", "转", "-").Replace(foldWidth(s))
	number = strings.Trim(strings.ReplaceAll(number, "--", "-"), "-")
	number, cut := cutCountry(number)
	number = strings.TrimPrefix(number, "-")
	if cut && !strings.HasPrefix(number, "0") {
		number = "0" + number
	}
	return number
}

// cutCountry takes +86 or 0086 off and says whether one was there.
func cutCountry(number string) (string, bool) {
	if rest, ok := strings.CutPrefix(number, "+86"); ok {
		return rest, true
	}
	return strings.CutPrefix(number, "0086")
}

func withoutBrackets(s string) string {
	return strings.NewReplacer("(", "", ")", "").Replace(foldWidth(s))
}

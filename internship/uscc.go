package internship

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The 统一社会信用代码 of GB 32100-2015 (domain.md §3.4): department, category,
// six digits of region, the nine characters of the organisation code, check.
const (
	usccLabel    = "统一社会信用代码"
	usccLength   = 18
	usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY" // no I, O, S, V, Z; a character's value is its index
	usccBase     = 31                                // values run to 30; prime, so that each single wrong character shows
)

// CodeKind says which of the two codes an enterprise is known by (domain.md G-07).
type CodeKind string

// The two kinds of enterprise code.
const (
	USCC             CodeKind = "uscc"
	OrganisationCode CodeKind = "organisation"
)

// Label is the Chinese name of the kind.
func (k CodeKind) Label() string {
	if k == OrganisationCode {
		return organisationLabel
	}
	return usccLabel
}

// ParseUSCC reads a 统一社会信用代码 as people type it (lower case, full width,
// with spaces or hyphens) and returns its 18 characters. The error is a
// FieldError: required, format or check_digit. A few codes in real registers
// fail the check (domain.md §3.4), so with check_digit the 18 characters are
// returned too, for a reviewer to admit by hand.
func ParseUSCC(s string) (string, error) {
	code, err := compactCode(s, usccLabel)
	if err != nil {
		return "", err
	}
	if err := usccForm(code); err != nil {
		return "", err
	}
	if usccCheck(code[:usccLength-1]) != code[usccLength-1] {
		return code, FieldError{Code: "check_digit", Message: usccLabel + "校验不通过，请对照证件逐位核对"}
	}
	return code, nil
}

// OrganisationCodeOf is the organisation code inside a USCC, its characters
// 9–17 (domain.md G-07); "" when the USCC doesn't have 18 characters.
func OrganisationCodeOf(uscc string) string {
	if len(uscc) != usccLength {
		return ""
	}
	return uscc[8:17]
}

// ParseEnterpriseCode reads either code an enterprise may be known by and says
// which one it was. Errors are those of ParseUSCC and ParseOrganisationCode.
func ParseEnterpriseCode(s string) (code string, kind CodeKind, err error) {
	const either = usccLabel + "或" + organisationLabel
	code, err = compactCode(s, either)
	if err != nil {
		return "", "", err
	}
	switch utf8.RuneCountInString(code) {
	case organisationLength:
		code, err = ParseOrganisationCode(code)
		return code, OrganisationCode, err
	case usccLength:
		code, err = ParseUSCC(code)
		return code, USCC, err
	default:
		return "", "", FieldError{Code: "format", Message: fmt.Sprintf(
			"请填写 %d 位%s，或 %d 位%s", usccLength, usccLabel, organisationLength, organisationLabel)}
	}
}

// Unverified says whether a code was refused for its check digit alone: then
// its characters were returned, for a reviewer to compare with the certificate.
func Unverified(err error) bool {
	f, ok := errors.AsType[FieldError](err)
	return ok && f.Code == "check_digit"
}

// usccForm checks length and characters, not the check character.
func usccForm(code string) error {
	wrong := func(message string) error {
		return FieldError{Code: "format", Message: usccLabel + message}
	}
	if message := lengthMessage(code, usccLength); message != "" {
		return wrong(message)
	}
	for i, r := range code {
		switch {
		case strings.ContainsRune("IOSVZ", r):
			return wrong("不含字母 I、O、S、V、Z，请检查是否与数字 1、0、5、2 混淆")
		case !strings.ContainsRune(usccAlphabet, r):
			return wrong("只能包含数字和大写字母，请检查")
		case i >= 2 && i < 8 && !isDigit(r):
			return wrong("第 3 至 8 位应为数字，请检查")
		}
	}
	return nil
}

// usccCheck computes the check character of the first 17.
func usccCheck(body string) byte {
	sum, weight := 0, 1
	for i := range len(body) {
		sum += strings.IndexByte(usccAlphabet, body[i]) * weight
		weight = weight * 3 % usccBase
	}
	return usccAlphabet[(usccBase-sum%usccBase)%usccBase]
}

// compactCode turns a code as typed into plain upper-case characters without
// spaces and hyphens. Nothing left is required; hidden characters are refused
// here, where the sentence can still say what is wrong.
func compactCode(s, label string) (string, error) {
	code := withoutGaps(s)
	if code == "" {
		return "", FieldError{Code: "required", Message: "请填写" + label}
	}
	if message := unfit(code, false); message != "" {
		return "", FieldError{Code: "format", Message: label + message}
	}
	return upperASCII(code), nil
}

// withoutGaps is a code in plain characters, without spaces and hyphens.
func withoutGaps(s string) string {
	return strings.NewReplacer(" ", "", "-", "").Replace(foldWidth(s))
}

// foldWidth turns full-width characters into their ASCII twins, every white
// space into a space and every dash into a hyphen: a Chinese keyboard gives
// all of these for codes and numbers.
func foldWidth(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '\uff01' && r <= '\uff5e':
			return r - 0xfee0
		case unicode.IsSpace(r):
			return ' '
		case r >= '\u2010' && r <= '\u2015', r == '\u2212':
			return '-'
		}
		return r
	}, s)
}

// upperASCII leaves other letters alone: Unicode would make an S of a long s.
func upperASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
}

// lengthMessage is what to say when a code doesn't have its n characters.
func lengthMessage(code string, n int) string {
	switch got := utf8.RuneCountInString(code); {
	case got < n:
		return fmt.Sprintf("应为 %d 位，请检查是否漏填", n)
	case got > n:
		return fmt.Sprintf("应为 %d 位，请检查是否多填", n)
	}
	return ""
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

package internship

import "strings"

// The organisation code of GB 11714-1997 (domain.md §3.4): eight characters
// and a check character, often written with a hyphen between.
const (
	organisationLabel    = "组织机构代码"
	organisationLength   = 9
	organisationAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// ParseOrganisationCode reads an organisation code, with or without its
// hyphen, and returns its nine characters. The error is a FieldError:
// required, format or check_digit; with check_digit the characters are
// returned too, as by ParseUSCC.
func ParseOrganisationCode(s string) (string, error) {
	code, err := compactCode(s, organisationLabel)
	if err != nil {
		return "", err
	}
	if err := organisationForm(code); err != nil {
		return "", err
	}
	if organisationCheck(code[:organisationLength-1]) != code[organisationLength-1] {
		return code, FieldError{Code: "check_digit", Message: organisationLabel + "校验不通过，请对照证件逐位核对"}
	}
	return code, nil
}

// organisationForm checks length and characters, not the check character.
func organisationForm(code string) error {
	message := lengthMessage(code, organisationLength)
	for i, r := range code {
		switch {
		case message != "":
		case !strings.ContainsRune(organisationAlphabet, r):
			message = "只能包含数字和大写字母，请检查"
		case i == organisationLength-1 && !isDigit(r) && r != 'X':
			message = "最后一位应为数字或 X，请检查"
		}
	}
	if message != "" {
		return FieldError{Code: "format", Message: organisationLabel + message}
	}
	return nil
}

// organisationCheck computes the check character of the first eight. It works
// modulo 11 over values to 35, so the standard itself can't tell characters
// apart whose values differ by 11, 22 or 33 (B and M, say).
func organisationCheck(body string) byte {
	weights := [...]int{3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += strings.IndexByte(organisationAlphabet, body[i]) * w
	}
	return "0X987654321"[sum%11]
}

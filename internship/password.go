package internship

import "unicode"

// CheckPassword asks for 8 to 64 characters of at least three of the classes
// lower case, upper case, digit and symbol (domain.md §3.3). A character of no
// case, such as 汉, counts as a symbol. The error is a FieldError: required,
// too_long or format.
func CheckPassword(s string) error {
	field := Field{Label: passwordLabel, Required: true, Min: passwordMin, Max: passwordMax}
	if err := field.check(s); err != nil {
		return err
	}
	classes := map[string]bool{}
	for _, r := range s {
		switch {
		case unicode.IsLower(r):
			classes["lower"] = true
		case unicode.IsUpper(r):
			classes["upper"] = true
		case unicode.IsDigit(r):
			classes["digit"] = true
		default:
			classes["symbol"] = true
		}
	}
	if len(classes) < passwordClasses {
		return FieldError{Code: "format", Message: passwordLabel + "过于简单，" + passwordHelp}
	}
	return nil
}

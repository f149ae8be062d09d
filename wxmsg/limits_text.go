package wxmsg

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

func checkThing(value string) error { return checkLength(value, maxThing) }

func cutThing(text string) string { return ellipsize(text, maxThing, "…") }

func checkListed(value string) error { return checkLength(value, maxListedValue) }

// cutListed leaves a listed value alone: one that had to be cut is not on the
// list anyway.
func cutListed(text string) string { return truncate(text, maxListedValue) }

// cutCharacters drops everything but ASCII and says with dots that it was cut:
// half an order number must not look whole.
func cutCharacters(text string) string {
	ascii := func(c rune) bool { return c < unicode.MaxASCII && isCharacter(c) }
	return ellipsize(keep(halfWidth(text), ascii), maxCharacters, "...")
}

// checkName: at most 10 characters when one of them is Chinese, else at most
// 20 letters or symbols. Digits are not in the rule.
func checkName(value string) error {
	limit := maxNameOther
	for _, c := range value {
		if !isNameRune(c) {
			return fmt.Errorf("只能是汉字、字母或符号，不能有 %q", c)
		}
		if isHan(c) {
			limit = maxNameHan
		}
	}
	return checkLength(value, limit)
}

func isNameRune(c rune) bool {
	return unicode.IsLetter(c) || unicode.IsMark(c) || isHan(c) || isSymbol(c) || c == ' '
}

func cutName(text string) string {
	text = keep(halfWidth(text), isNameRune)
	limit := maxNameOther
	if strings.ContainsFunc(text, isHan) {
		limit = maxNameHan
	}
	return ellipsize(text, limit, "…")
}

// checkCar: letters and digits, the first and the last may be Chinese.
func checkCar(value string) error {
	runes := []rune(value)
	for i, c := range runes {
		edge := i == 0 || i == len(runes)-1
		if !isDigit(c) && !isASCIILetter(c) && (!edge || !isHan(c)) {
			return fmt.Errorf("车牌第 %d 位不能是 %q", i+1, c)
		}
	}
	return checkLength(value, maxCar)
}

func cutCar(text string) string {
	runes := []rune(keep(halfWidth(text), func(c rune) bool { return isDigit(c) || isASCIILetter(c) || isHan(c) }))
	kept := runes[:0]
	for i, c := range runes {
		if !isHan(c) || i == 0 || i == len(runes)-1 {
			kept = append(kept, c)
		}
	}
	return truncate(string(kept), maxCar)
}

// cutPhone keeps digits and what is written between them; a mask's stars too.
func cutPhone(text string) string {
	shown := func(c rune) bool { return isDigit(c) || strings.ContainsRune("+-()*#", c) }
	kept := truncate(keep(halfWidth(text), shown), maxPhone)
	if !strings.ContainsFunc(kept, isDigit) {
		return ""
	}
	return kept
}

var (
	plainNumber = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	firstNumber = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)
	thousands   = regexp.MustCompile(`([0-9]),([0-9]{3})`)
	plainAmount = regexp.MustCompile(`^\p{Sc}?([0-9]+(?:\.[0-9]+)?)元?$`)
)

func checkNumber(value string) error {
	if !plainNumber.MatchString(value) {
		return errors.New("只能是数字，可带小数")
	}
	if digits(value) > maxNumber {
		return fmt.Errorf("最多 %d 位数字，现有 %d 位", maxNumber, digits(value))
	}
	return nil
}

func cutNumber(text string) string {
	number, _, _ := takeNumber(text)
	return fitNumber(number, maxNumber)
}

func checkAmount(value string) error {
	m := plainAmount.FindStringSubmatch(value)
	if m == nil {
		return errors.New("只能是一个币种符号加数字，可带小数，可以“元”结尾")
	}
	if digits(m[1]) > maxAmount {
		return fmt.Errorf("最多 %d 位数字，现有 %d 位", maxAmount, digits(m[1]))
	}
	return nil
}

// cutAmount keeps the currency symbol right before the number and a 元 right
// behind it; other units are dropped.
func cutAmount(text string) string {
	number, before, after := takeNumber(text)
	fitted := fitNumber(number, maxAmount)
	if fitted == "" {
		return ""
	}
	if c, _ := utf8.DecodeLastRuneInString(strings.TrimRight(before, " ")); unicode.Is(unicode.Sc, c) {
		fitted = string(c) + fitted
	}
	if strings.HasPrefix(strings.TrimLeft(after, " "), "元") {
		fitted += "元"
	}
	return fitted
}

// takeNumber finds the first number of a text, without thousands separators. A
// number with a minus sign can't be written in these types: none is returned.
func takeNumber(text string) (number, before, after string) {
	text = halfWidth(text)
	for thousands.MatchString(text) {
		text = thousands.ReplaceAllString(text, "$1$2")
	}
	at := firstNumber.FindStringIndex(text)
	if at == nil {
		return "", "", ""
	}
	before, after = text[:at[0]], text[at[1]:]
	sign := strings.TrimRightFunc(before, func(c rune) bool { return c == ' ' || unicode.Is(unicode.Sc, c) })
	if strings.HasSuffix(sign, "-") || strings.HasSuffix(sign, "−") {
		return "", "", ""
	}
	return text[at[0]:at[1]], before, after
}

// fitNumber drops decimals until a number fits; one too large before the point
// gives "" because cutting it would change its value.
func fitNumber(number string, limit int) string {
	whole, fraction, _ := strings.Cut(number, ".")
	if len(whole) > limit {
		return ""
	}
	fraction = fraction[:min(len(fraction), limit-len(whole))]
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

func digits(value string) int {
	n := 0
	for _, c := range value {
		if isDigit(c) {
			n++
		}
	}
	return n
}

package wxmsg

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ValueType is the type of a template keyword: the letters of its key, as
// "thing" in "thing1" (wechat.md §1.4).
type ValueType string

// The value types of WeChat's table. The last four take only listed values,
// whose lists WeChat keeps per template.
const (
	Thing           ValueType = "thing"
	Number          ValueType = "number"
	Letter          ValueType = "letter"
	Symbol          ValueType = "symbol"
	CharacterString ValueType = "character_string"
	Time            ValueType = "time"
	Date            ValueType = "date"
	Amount          ValueType = "amount"
	PhoneNumber     ValueType = "phone_number"
	CarNumber       ValueType = "car_number"
	Name            ValueType = "name"
	Phrase          ValueType = "phrase"
	Enum            ValueType = "enum"
	ShortThing      ValueType = "short_thing"
	EnumString      ValueType = "enum_string"
	Const           ValueType = "const"
)

// ValueTypes returns every type of the table.
func ValueTypes() []ValueType {
	return []ValueType{Thing, Number, Letter, Symbol, CharacterString, Time, Date, Amount,
		PhoneNumber, CarNumber, Name, Phrase, Enum, ShortThing, EnumString, Const}
}

const (
	maxThing       = 20
	maxNumber      = 32
	maxLetter      = 32
	maxSymbol      = 5
	maxCharacters  = 32
	maxAmount      = 10 // digits, before and after the point together
	maxPhone       = 17
	maxCar         = 8
	maxNameHan     = 10 // as soon as one character is Chinese
	maxNameOther   = 20
	maxPhrase      = 5
	maxListedValue = 20 // not published; no listed value seen is longer

	maxInput = 4096 // bytes of a text looked at by Cut; no type shows more than 32 characters
)

// ErrValueType: a keyword's key has no type that WeChat publishes.
var ErrValueType = errors.New("wxmsg: unknown template value type")

var typedKey = regexp.MustCompile(`^([a-z_]+?)([0-9]+)$`)

// TypeOf returns the type of a keyword's key, as Thing for "thing1". Fails with
// ErrValueType when the key is not a known type followed by a number.
func TypeOf(key string) (ValueType, error) {
	m := typedKey.FindStringSubmatch(key)
	if m == nil {
		return "", fmt.Errorf("%w: %q", ErrValueType, clip(key))
	}
	t := ValueType(m[1])
	if _, known := rules[t]; !known {
		return "", fmt.Errorf("%w: %q", ErrValueType, clip(key))
	}
	return t, nil
}

// A rule is what WeChat accepts for one type, and how to get there.
type rule struct {
	check       func(string) error
	cut         func(string) string
	placeholder string // a valid value for "nothing to show"
}

var rules = map[ValueType]rule{
	Thing:           {checkThing, cutThing, "无"},
	Number:          {checkNumber, cutNumber, "0"},
	Letter:          {checkRunes(maxLetter, "英文字母", isASCIILetter), cutRunes(maxLetter, isASCIILetter), "NA"},
	Symbol:          {checkRunes(maxSymbol, "符号", isSymbol), cutRunes(maxSymbol, isSymbol), "-"},
	CharacterString: {checkRunes(maxCharacters, "数字、字母或符号", isCharacter), cutCharacters, "-"},
	Time:            {checkMoments(parseTime), cutTime, "00:00"},
	Date:            {checkMoments(parseDate), cutDate, "1970-01-01"},
	Amount:          {checkAmount, cutAmount, "0"},
	PhoneNumber:     {checkRunes(maxPhone, "数字和符号", isPhone), cutPhone, "0"},
	CarNumber:       {checkCar, cutCar, "无"},
	Name:            {checkName, cutName, "无"},
	Phrase:          {checkRunes(maxPhrase, "汉字", isHan), cutRunes(maxPhrase, isHan), "无"},
	Enum:            {checkListed, cutListed, "无"},
	ShortThing:      {checkListed, cutListed, "无"},
	EnumString:      {checkListed, cutListed, "无"},
	Const:           {checkListed, cutListed, "无"},
}

// Valid states WeChat's rule: it returns nil when the platform would take the
// value, else, in Chinese, why it would answer 47003. For the types with listed
// values only length and characters can be checked. Where the published rule is
// silent the stricter reading is taken.
func Valid(t ValueType, value string) error {
	r, ok := rules[t]
	if !ok {
		return fmt.Errorf("%w: %q", ErrValueType, clip(string(t)))
	}
	if !utf8.ValidString(value) {
		return errors.New("不是有效的 UTF-8 文字")
	}
	for _, c := range value {
		if isForbidden(c) {
			return fmt.Errorf("含有换行或控制字符 %U", c)
		}
	}
	if isBlank(value) {
		return errors.New("内容为空")
	}
	return r.check(value)
}

// Cut makes a value that Valid accepts out of any text: control characters,
// line breaks and emoji go, what the type does not allow goes or is written
// differently, the rest is cut to the type's length, with "…" where the type
// allows it. When nothing usable is left it returns Placeholder(t). A type that
// is not in the table is treated as Thing.
func Cut(t ValueType, text string) string {
	r, ok := rules[t]
	if !ok {
		r = rules[Thing]
	}
	value := r.cut(clean(text))
	if isBlank(value) || r.check(value) != nil {
		return r.placeholder
	}
	return value
}

// Placeholder is the valid value that stands for "nothing to show": 无 where
// Chinese is allowed, "-", 0, 00:00 or 1970-01-01 where it is not.
func Placeholder(t ValueType) string {
	if r, ok := rules[t]; ok {
		return r.placeholder
	}
	return rules[Thing].placeholder
}

// clean drops what no type shows and makes every run of white space one space.
func clean(text string) string {
	text = text[:min(len(text), maxInput)]
	var b strings.Builder
	b.Grow(len(text))
	space := false
	for _, c := range strings.ToValidUTF8(text, "") {
		switch {
		case unicode.IsSpace(c) || c == '\u0085':
			space = b.Len() > 0
		case isForbidden(c) || isEmoji(c):
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(c)
		}
	}
	return b.String()
}

// half turns full-width ASCII into plain ASCII: １２３：～ become 123:~.
func half(c rune) rune {
	if c >= '！' && c <= '～' {
		return c - '！' + '!'
	}
	return c
}

func halfWidth(text string) string { return strings.Map(half, text) }

// width counts a rune as WeChat may: it does not say whether it counts code
// points or UTF-16 units, so a rare character beyond the basic plane counts
// twice when cutting.
func width(c rune) int {
	if c > 0xFFFF {
		return 2
	}
	return 1
}

func widthOf(text string) int {
	n := 0
	for _, c := range text {
		n += width(c)
	}
	return n
}

// truncate cuts to limit, without a mark.
func truncate(text string, limit int) string {
	n := 0
	for i, c := range text {
		if n += width(c); n > limit {
			return strings.TrimRight(text[:i], " ")
		}
	}
	return text
}

// ellipsize cuts to limit including the mark that says so.
func ellipsize(text string, limit int, mark string) string {
	if widthOf(text) <= limit {
		return text
	}
	return truncate(text, limit-len([]rune(mark))) + mark
}

// isForbidden: anything that is not shown as a character: controls, line and
// paragraph separators, direction marks, private use.
func isForbidden(c rune) bool {
	return c != '\u200d' && c != '\ufe0f' && !unicode.IsGraphic(c)
}

// isBlank: nothing is left once emoji are dropped, as WeChat does when showing.
func isBlank(text string) bool {
	for _, c := range text {
		if !isEmoji(c) && !unicode.IsSpace(c) {
			return false
		}
	}
	return true
}

// emoji are the characters shown in colour by default, and what joins them.
var emoji = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x200d, Hi: 0x200d, Stride: 1},
		{Lo: 0x20e3, Hi: 0x20e3, Stride: 1},
		{Lo: 0x231a, Hi: 0x231b, Stride: 1},
		{Lo: 0x23e9, Hi: 0x23f3, Stride: 1},
		{Lo: 0x25fd, Hi: 0x25fe, Stride: 1},
		{Lo: 0x2600, Hi: 0x2604, Stride: 1}, // ★ and ☆ that follow are ordinary symbols
		{Lo: 0x2607, Hi: 0x27bf, Stride: 1},
		{Lo: 0x2b1b, Hi: 0x2b1c, Stride: 1},
		{Lo: 0x2b50, Hi: 0x2b50, Stride: 1},
		{Lo: 0x2b55, Hi: 0x2b55, Stride: 1},
		{Lo: 0xfe00, Hi: 0xfe0f, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x1f000, Hi: 0x1faff, Stride: 1}, {Lo: 0xe0000, Hi: 0xe01ef, Stride: 1}},
}

func isEmoji(c rune) bool       { return unicode.Is(emoji, c) }
func isHan(c rune) bool         { return unicode.Is(unicode.Han, c) }
func isDigit(c rune) bool       { return c >= '0' && c <= '9' }
func isASCIILetter(c rune) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isSymbol(c rune) bool      { return unicode.IsPunct(c) || unicode.IsSymbol(c) }
func isCharacter(c rune) bool {
	return isDigit(c) || isASCIILetter(c) || c == ' ' || isSymbol(c)
}
func isPhone(c rune) bool { return isDigit(c) || c <= unicode.MaxASCII && isSymbol(c) }

// checkRunes accepts at most limit characters, all of one kind.
func checkRunes(limit int, kind string, allowed func(rune) bool) func(string) error {
	return func(value string) error {
		for _, c := range value {
			if !allowed(c) {
				return fmt.Errorf("只能是%s，不能有 %q", kind, c)
			}
		}
		return checkLength(value, limit)
	}
}

func checkLength(value string, limit int) error {
	if n := utf8.RuneCountInString(value); n > limit {
		return fmt.Errorf("最多 %d 个字符，现有 %d 个", limit, n)
	}
	return nil
}

// cutRunes keeps only the allowed characters, up to limit.
func cutRunes(limit int, allowed func(rune) bool) func(string) string {
	return func(text string) string { return truncate(keep(halfWidth(text), allowed), limit) }
}

// keep drops every character that is not allowed, and the double spaces that
// leaves.
func keep(text string, allowed func(rune) bool) string {
	kept := strings.Map(func(c rune) rune {
		if allowed(c) {
			return c
		}
		return -1
	}, text)
	return strings.Join(strings.Fields(kept), " ")
}

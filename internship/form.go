package internship

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Field fixes what one field of a form may hold. Lengths count characters.
type Field struct {
	// Name is the JSON path, e.g. "salary.band".
	Name string `json:"name"`
	// Label is the Chinese name, e.g. 岗位名称.
	Label string `json:"label"`
	// Required refuses an empty value.
	Required bool `json:"required,omitempty"`
	// Later fields may be empty in a draft but not in what is published; see
	// Missing.
	Later bool `json:"later,omitempty"`
	// Least and Greatest bound a whole number; Greatest 0: the field is text.
	// A number that isn't given is 0 in JSON and "" here, see Number.
	Least    int `json:"least,omitempty"`
	Greatest int `json:"greatest,omitempty"`
	// Max is the greatest length of the value or, with Most, of each entry.
	Max int `json:"max"`
	// Min is the least length of a value that isn't empty.
	Min int `json:"min,omitempty"`
	// Choices are the only values allowed, in the order to offer them.
	Choices []string `json:"choices,omitempty"`
	// Pattern is a regular expression (RE2 and ECMAScript alike) for the value.
	Pattern string `json:"pattern,omitempty"`
	// Lines allows several lines.
	Lines bool `json:"lines,omitempty"`
	// Most makes the field a list of at most so many entries (SetEntries).
	Most int `json:"most,omitempty"`
	// Verb is what is done about the field where that is not 填写, or 选择 with
	// Choices.
	Verb string `json:"verb,omitempty"`
	// Help tells the user what to fill in; also the end of a refusal.
	Help string `json:"help,omitempty"`
}

// Form is one thing a user fills in. Forms lists them all.
type Form struct {
	Name   string  `json:"name"`
	Label  string  `json:"label"`
	Fields []Field `json:"fields"`
}

// Clean trims white space of any width and writes line ends as LF; nothing
// else changes. A password is the one value that is not cleaned.
func Clean(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}

// SetEntries puts the entries of a list field (Most > 0) into the values for
// Check, each under its own path: majors[0], majors[1], …
func SetEntries(values map[string]string, name string, entries []string) {
	for i, e := range entries {
		values[fmt.Sprintf("%s[%d]", name, i)] = e
	}
}

// Number is a whole number as a value for Check: 0 is not given.
func Number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// Missing names the fields that a draft may lack and the values still do.
func (f Form) Missing(values map[string]string) []FieldError {
	later := Form{Fields: slices.DeleteFunc(slices.Clone(f.Fields), func(field Field) bool { return !field.Later })}
	for i := range later.Fields {
		later.Fields[i].Required = true
	}
	return slices.DeleteFunc(later.Check(values), func(e FieldError) bool { return e.Code != "required" })
}

// Check says what is wrong with the cleaned values, by JSON path, at most once
// a field and in the form's order; nil when nothing is. A path that is absent
// counts as empty; paths the form doesn't know are left to the caller. Codes:
// required, too_long, format, choice, range. What goes beyond that (that a day
// exists, a check digit holds) is the parsers' matter.
func (f Form) Check(values map[string]string) []FieldError {
	var wrong []FieldError
	for _, field := range f.Fields {
		if field.Most > 0 {
			wrong = append(wrong, field.checkEntries(values)...)
			continue
		}
		wrong = append(wrong, Of(field.Name, field.check(values[field.Name]))...)
	}
	return wrong
}

// checkEntries checks a list field: its number of entries and each entry.
func (f Field) checkEntries(values map[string]string) []FieldError {
	paths := slices.DeleteFunc(slices.Collect(maps.Keys(values)), func(path string) bool {
		return path != f.Name && !strings.HasPrefix(path, f.Name+"[")
	})
	slices.SortFunc(paths, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	if len(paths) == 0 {
		return Of(f.Name, f.check(""))
	}
	if len(paths) > f.Most {
		return []FieldError{{Field: f.Name, Code: "too_long", Message: fmt.Sprintf("%s最多填写 %d 项", f.Label, f.Most)}}
	}
	f.Required = true // what is listed is not empty, also where nothing need be
	for _, path := range paths {
		if err := f.check(values[path]); err != nil {
			return Of(path, err)
		}
	}
	return nil
}

// check checks one value.
func (f Field) check(value string) error {
	refuse := func(code, message string) error { return FieldError{Code: code, Message: message} }
	if value == "" {
		if !f.Required {
			return nil
		}
		return refuse("required", f.ask())
	}
	if f.Greatest > 0 {
		return f.checkNumber(value)
	}
	length := utf8.RuneCountInString(value)
	switch message := unfit(value, f.Lines); {
	case message != "":
		return refuse("format", f.Label+message)
	case f.Choices != nil && !slices.Contains(f.Choices, value):
		return refuse("choice", f.ask()+"："+cmp.Or(f.Help, strings.Join(f.Choices, "、")))
	case !f.matches(value):
		return refuse("format", f.Label+"格式不正确，"+f.Help)
	case f.Max > 0 && length > f.Max:
		return refuse("too_long", fmt.Sprintf("%s不能超过 %d 个字", f.Label, f.Max))
	case length < f.Min:
		return refuse("format", fmt.Sprintf("%s至少 %d 个字符", f.Label, f.Min))
	}
	return nil
}

func (f Field) checkNumber(value string) error {
	if n, err := strconv.Atoi(value); err != nil || n < f.Least || n > f.Greatest {
		return FieldError{Code: "range", Message: fmt.Sprintf("%s应为 %d 至 %d 的整数", f.Label, f.Least, f.Greatest)}
	}
	return nil
}

// ask is the sentence for a missing value.
func (f Field) ask() string {
	if f.Choices != nil {
		return "请选择" + f.Label
	}
	return "请" + cmp.Or(f.Verb, "填写") + f.Label
}

// matches compiles on each call: a form has few patterns and is checked once.
func (f Field) matches(value string) bool {
	if f.Pattern == "" {
		return true
	}
	ok, err := regexp.MatchString(f.Pattern, value)
	return ok && err == nil
}

// unfit says why a text must not be stored, "" when it may: broken encoding,
// control characters (line ends and tabs only with lines) and characters that
// can't be seen, with which one name can be made to look like another.
func unfit(s string, lines bool) string {
	if !utf8.ValidString(s) {
		return "含有无法识别的字符，请重新输入"
	}
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t':
			if !lines {
				return "只能填写一行，请删除换行和制表符"
			}
		case r == utf8.RuneError:
			return "含有无法识别的字符，请重新输入" // what a JSON decoder leaves of broken encoding
		case hidden(r):
			return "含有看不见的字符，请删除后重新输入"
		}
	}
	return ""
}

// hidden reports control and format characters (among them bidi overrides,
// zero-width characters and the joiner of compound emoji), line and paragraph
// separators, and the letters and symbols that Unicode draws as nothing.
func hidden(r rune) bool {
	switch r {
	case '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2800', '\u3164', '\uffa0':
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

const (
	passwordLabel   = "密码"
	passwordMin     = 8
	passwordMax     = 64
	passwordClasses = 3
	passwordHelp    = "请使用 8 至 64 个字符，至少包含大写字母、小写字母、数字、符号中的三种"
)

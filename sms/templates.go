package sms

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

// Templates are the account's signature and its templates, one per kind of
// message. They never change after LoadTemplates.
type Templates struct {
	sign  string
	kinds map[string]template
}

// template is one that the provider has approved.
type template struct {
	ID string `yaml:"id"`
	// Params are our names in the order of the provider's template.
	Params []string `yaml:"params"`
	// Most cuts values to what the account may fill in.
	Most map[string]int `yaml:"most"`
	// Without takes the beginning off values, because it stands in the
	// provider's template: neither provider takes a web address as a value.
	Without map[string]string `yaml:"without"`
}

type templateFile struct {
	Sign      string              `yaml:"sign"`
	Templates map[string]template `yaml:"templates"`
}

// TemplatesError are all the faults of a template file, one Chinese sentence
// each.
type TemplatesError []string

// Error lists the sentences, one a line.
func (p TemplatesError) Error() string { return "短信模板有误：\n" + strings.Join(p, "\n") }

func (p TemplatesError) orNil() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

const (
	// maxTemplateFile bounds a template file, in bytes.
	maxTemplateFile = 64 << 10
	// maxParams is what the providers take.
	maxParams = 20
)

var (
	// signForm: 2 to 12 characters at Tencent; Alibaba takes a few more.
	signForm = regexp.MustCompile(`^[\p{Han}A-Za-z0-9]{2,16}$`)
	// templateForm is a number at Tencent and SMS_ with one at Alibaba.
	templateForm = regexp.MustCompile(`^(SMS_)?[0-9]{1,20}$`)
)

// LoadTemplates reads the file:
//
//	sign: 实习备案平台
//	templates:
//	  code: {id: "1234567", params: [code, minutes]}
//	  invitation:
//	    id: "1234568"
//	    params: [enterprise, student, link]
//	    most: {enterprise: 12}
//	    without: {link: "https://shixi.example.cn/i/"}
//
// Unknown names are errors, so that a typing mistake can't pass silently. It
// fails with TemplatesError; Check looks at what the program sends.
func LoadTemplates(r io.Reader) (*Templates, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxTemplateFile+1))
	if err != nil {
		return nil, fmt.Errorf("sms: reading templates: %w", err)
	}
	if len(text) > maxTemplateFile {
		return nil, TemplatesError{fmt.Sprintf("模板文件超过 %d 字节。", maxTemplateFile)}
	}
	file, err := parseTemplates(text)
	if err != nil {
		return nil, TemplatesError{"模板文件不是所要求的 YAML：" + yaml.FormatError(err, false, false) + "。"}
	}
	var problems TemplatesError
	if !signForm.MatchString(file.Sign) {
		problems = append(problems, "sign 应为 2 至 16 个汉字、字母或数字，不带【】。")
	}
	if len(file.Templates) == 0 {
		problems = append(problems, "模板文件中没有 templates。")
	}
	for _, kind := range slices.Sorted(maps.Keys(file.Templates)) {
		for _, p := range file.Templates[kind].faults() {
			problems = append(problems, fmt.Sprintf("模板 %s：%s。", kind, p))
		}
	}
	if err := problems.orNil(); err != nil {
		return nil, err
	}
	return &Templates{sign: file.Sign, kinds: file.Templates}, nil
}

// parseTemplates reads the YAML, whose parser panics on some malformed files.
func parseTemplates(text []byte) (file templateFile, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("unreadable")
		}
	}()
	err = yaml.UnmarshalWithOptions(text, &file, yaml.Strict())
	return file, err
}

// faults are what is wrong whatever the program sends.
func (t template) faults() []string {
	var found []string
	if !templateForm.MatchString(t.ID) {
		found = append(found, "id 应为模板编号，如 1234567 或 SMS_1234567")
	}
	if len(t.Params) > maxParams {
		found = append(found, fmt.Sprintf("params 超过 %d 个", maxParams))
	}
	for i, name := range t.Params {
		if slices.Contains(t.Params[:i], name) {
			found = append(found, "params 中的 "+name+" 出现了两次")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Most)) {
		if t.Most[name] < 1 || !slices.Contains(t.Params, name) {
			found = append(found, "most 中的 "+name+" 应在 params 中，且字数大于零")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Without)) {
		if t.Without[name] == "" || !slices.Contains(t.Params, name) {
			found = append(found, "without 中的 "+name+" 应在 params 中，且不为空")
		}
	}
	return found
}

// Check compares the templates with what the program sends: kinds maps each
// kind of message to its parameters, and each parameter to whether the message
// is worth nothing without it. Call it at start. It fails with TemplatesError.
func (t *Templates) Check(kinds map[string]map[string]bool) error {
	var problems TemplatesError
	complain := func(kind, format string, args ...any) {
		problems = append(problems, "模板 "+kind+"："+fmt.Sprintf(format, args...)+"。")
	}
	for _, kind := range slices.Sorted(maps.Keys(t.kinds)) {
		if _, used := kinds[kind]; !used {
			complain(kind, "程序不发送这种短信")
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		mine, known := t.kinds[kind]
		if !known {
			complain(kind, "模板文件中没有配置")
			continue
		}
		for _, name := range mine.Params {
			if _, ok := kinds[kind][name]; !ok {
				complain(kind, "没有参数 %s", name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(kinds[kind])) {
			needed := kinds[kind][name]
			if needed && !slices.Contains(mine.Params, name) {
				complain(kind, "缺少参数 %s", name)
			}
			if _, cut := mine.Most[name]; needed && cut {
				complain(kind, "参数 %s 不能截短", name)
			}
		}
	}
	return problems.orNil()
}

// filled is a template with its values.
type filled struct {
	id, sign string
	names    []string
	values   []string
}

// fill gives the values of a message in the template's order. Errors: of class
// Config, when the file does not fit the message.
func (t *Templates) fill(provider string, m Message) (filled, error) {
	fault := func(what string) error {
		return &Error{Provider: provider, Class: Config, cause: errors.New(what)}
	}
	mine, ok := t.kinds[m.Kind]
	if !ok {
		return filled{}, fault("no template of this kind")
	}
	f := filled{id: mine.ID, sign: t.sign, names: mine.Params}
	for _, name := range mine.Params {
		value, ok := m.Params[name]
		if !ok {
			return filled{}, fault("no value of " + name)
		}
		if prefix := mine.Without[name]; prefix != "" {
			if value, ok = strings.CutPrefix(value, prefix); !ok || value == "" {
				return filled{}, fault("the value of " + name + " does not begin as the template file says")
			}
		}
		if most := mine.Most[name]; most > 0 && utf8.RuneCountInString(value) > most {
			value = string([]rune(value)[:most])
		}
		f.values = append(f.values, value)
	}
	return f, nil
}

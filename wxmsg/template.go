package wxmsg

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/goccy/go-yaml"
)

// ErrTemplateKind: no template is configured for a kind of message.
var ErrTemplateKind = errors.New("wxmsg: no template for this kind")

// Templates are the account's message templates as data, one per kind of
// message. It never changes after Load and is safe for concurrent use.
type Templates struct {
	kinds map[string]*messageTemplate
}

type messageTemplate struct {
	id, title string
	page, url *template.Template // nil when the card leads nowhere
	keywords  []keyword
}

type keyword struct {
	key, name string
	kind      ValueType
	value     *template.Template
	source    string
}

// The YAML file. Every unknown key is an error, so a typing mistake can't
// silently drop a page or a keyword.
type templateFile struct {
	Kinds map[string]templateEntry `yaml:"kinds"`
}

type templateEntry struct {
	TemplateID string         `yaml:"template_id"`
	Title      string         `yaml:"title"`
	Page       string         `yaml:"page"`
	URL        string         `yaml:"url"`
	Keywords   []keywordEntry `yaml:"keywords"`
}

type keywordEntry struct {
	Key   string `yaml:"key"`
	Value string `yaml:"value"`
	Name  string `yaml:"name"`
}

// TemplatesError are all the faults of a template file or of its use, one
// Chinese sentence each, in the order of the kinds' names.
type TemplatesError []string

// Error lists the sentences, one a line.
func (p TemplatesError) Error() string { return "消息模板有误：\n" + strings.Join(p, "\n") }

// orNil makes "no problems" a nil error.
func (p TemplatesError) orNil() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// maxTemplateFile bounds a template file, in bytes; 25 templates need some 20 kB.
const maxTemplateFile = MaxBody

// Load reads templates from YAML:
//
//	kinds:
//	  signup:
//	    template_id: ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY
//	    title: 报名通知
//	    page: pages/placement?id={{.Placement}}
//	    keywords:
//	      - {key: thing1, value: "{{.Student}}", name: 学生}
//
// page, url and value are text/template texts over the variables of the kind;
// page (of the mini-program) and url are optional. Load fails with
// TemplatesError that name every fault it can see without the variables;
// Check looks at those.
func Load(r io.Reader) (*Templates, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxTemplateFile+1))
	if err != nil {
		return nil, fmt.Errorf("wxmsg: reading templates: %w", err)
	}
	if len(text) > maxTemplateFile {
		return nil, TemplatesError{fmt.Sprintf("模板文件超过 %d 字节。", maxTemplateFile)}
	}
	file, err := parseTemplates(text)
	if err != nil {
		return nil, TemplatesError{"模板文件不是所要求的 YAML：" + yaml.FormatError(err, false, false) + "。"}
	}
	set := &Templates{kinds: make(map[string]*messageTemplate, len(file.Kinds))}
	var problems TemplatesError
	if len(file.Kinds) == 0 {
		problems = append(problems, "模板文件中没有 kinds。")
	}
	for _, kind := range slices.Sorted(maps.Keys(file.Kinds)) {
		t, found := compile(file.Kinds[kind])
		for _, p := range found {
			problems = append(problems, fmt.Sprintf("模板 %s：%s。", kind, p))
		}
		set.kinds[kind] = t
	}
	if err := problems.orNil(); err != nil {
		return nil, err
	}
	return set, nil
}

// parseTemplates reads the YAML. The parser panics on some malformed files,
// e.g. "! 0", which is a fault of the file like any other.
func parseTemplates(text []byte) (file templateFile, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("unreadable")
		}
	}()
	err = yaml.UnmarshalWithOptions(text, &file, yaml.Strict())
	return file, err
}

// templateID is how WeChat writes ids; the usual length is 43.
var templateID = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

// compile checks and parses one entry and returns all its problems.
func compile(e templateEntry) (*messageTemplate, []string) {
	var problems []string
	complain := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	parse := func(what, text string) *template.Template {
		t, err := template.New(what).Option("missingkey=error").Parse(text)
		if err != nil {
			complain("%s 不是合法的模板文字（%v）", what, err)
			return nil
		}
		return t
	}
	t := &messageTemplate{id: e.TemplateID, title: e.Title}
	switch {
	case e.TemplateID == "":
		complain("缺少 template_id")
	case !templateID.MatchString(e.TemplateID):
		complain("template_id %q 格式不对", e.TemplateID)
	}
	if e.Title == "" {
		complain("缺少 title")
	}
	if e.Page != "" {
		t.page = parse("page", e.Page)
	}
	if e.URL != "" {
		t.url = parse("url", e.URL)
	}
	if len(e.Keywords) == 0 {
		complain("没有 keywords")
	}
	seen := make(map[string]bool)
	for _, k := range e.Keywords {
		kind, err := TypeOf(k.Key)
		if err != nil {
			complain("关键词 %q 不是微信的类型加序号，如 thing1", k.Key)
		}
		if seen[k.Key] {
			complain("关键词 %s 出现了两次", k.Key)
		}
		seen[k.Key] = true
		if k.Value == "" {
			complain("关键词 %s 没有 value", k.Key)
		}
		t.keywords = append(t.keywords, keyword{key: k.Key, name: k.Name, kind: kind, source: k.Value, value: parse("关键词 "+k.Key, k.Value)})
	}
	return t, problems
}

// Kinds returns the configured kinds, sorted.
func (s *Templates) Kinds() []string { return slices.Sorted(maps.Keys(s.kinds)) }

// Rendered is a template filled in, all but the receiver.
type Rendered struct {
	TemplateID string
	Data       map[string]string // keyword key → value that WeChat accepts
	Page       string            // mini-program page with query, "" for none
	URL        string            // "" for none
}

// Message addresses a rendered template to an openid. miniAppID is the app id
// the page belongs to; without it the page is left out. clientMsgID protects
// against sending the message twice within 10 minutes.
func (r Rendered) Message(openid, miniAppID, clientMsgID string) TemplateMessage {
	m := TemplateMessage{ToUser: openid, TemplateID: r.TemplateID, URL: r.URL, Data: r.Data, ClientMsgID: clientMsgID}
	if r.Page != "" && miniAppID != "" {
		m.MiniProgram = &MiniProgram{AppID: miniAppID, PagePath: r.Page}
	}
	return m
}

// Render fills in the template of a kind. Values are cut to their keyword's
// type, so that WeChat does not refuse them. Fails with ErrTemplateKind when
// the kind has no template, and when a variable is missing or the page or URL
// comes out malformed.
func (s *Templates) Render(kind string, data map[string]string) (Rendered, error) {
	t, ok := s.kinds[kind]
	if !ok {
		return Rendered{}, fmt.Errorf("%w: %q", ErrTemplateKind, kind)
	}
	r, err := t.render(data)
	if err != nil {
		return Rendered{}, fmt.Errorf("wxmsg: rendering %s: %w", kind, err)
	}
	return r, nil
}

func (t *messageTemplate) render(data map[string]string) (Rendered, error) {
	r := Rendered{TemplateID: t.id, Data: make(map[string]string, len(t.keywords))}
	var err error
	for _, k := range t.keywords {
		text, err := execute(k.value, data)
		if err != nil {
			return Rendered{}, err
		}
		r.Data[k.key] = Cut(k.kind, text)
	}
	if r.Page, err = execute(t.page, data); err != nil {
		return Rendered{}, err
	}
	if err := checkPage(r.Page); err != nil {
		return Rendered{}, err
	}
	if r.URL, err = execute(t.url, data); err != nil {
		return Rendered{}, err
	}
	return r, checkURL(r.URL)
}

func execute(t *template.Template, data map[string]string) (string, error) {
	if t == nil {
		return "", nil
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return "", err
	}
	return b.String(), nil
}

// maxLink is the longest page or URL sent, in bytes; WeChat refuses longer URLs
// with 40039 without publishing its limit, menus take 1024.
const maxLink = 1024

func checkPage(page string) error {
	if len(page) > maxLink || strings.ContainsFunc(page, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return errors.New("page 过长或含有空白字符")
	}
	return nil
}

func checkURL(link string) error {
	if link == "" {
		return nil
	}
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(link) > maxLink || strings.ContainsAny(link, " \t\r\n") {
		return errors.New("url 不是完整的 http(s) 地址")
	}
	return nil
}

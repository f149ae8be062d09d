package acts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"shixi/internship"
	"shixi/store"
)

// Text is one kind of text message (SMS). A provider has its own template for
// each kind and fills in the parameters; Template says in our words what that
// template must say, and is what the console shows.
type Text struct {
	// Kind is stable: rows and the template file carry it.
	Kind string
	// Label is the Chinese name of the message.
	Label string
	// Why says when it is sent, for docs/pushes.md.
	Why string
	// Template is the text, a parameter as {name}.
	Template string
	Params   []TextParam
	// Life is how long after it was asked for it may still leave.
	Life time.Duration
	// Tries is how many calls to the provider it is worth.
	Tries int
}

// TextParam is a parameter of a text.
type TextParam struct {
	Name string
	// Most is how many characters a value may have.
	Most int
	// Cut: a longer value is cut, for the rest still tells; else it is an error,
	// as half a code or link tells nothing.
	Cut bool
	// Needed: the message is worth nothing without it. A provider's template may
	// leave the others out.
	Needed bool
}

// Tries of a text: enough for its life at the pauses that the worker makes, so
// that an outage of the provider costs none that is shorter than that.
const (
	codeTries = 8
	textTries = 150
)

// Lengths of parameters. Providers take more; a message of more than 70
// characters is charged as two.
var (
	textEnterprise = TextParam{Name: "enterprise", Most: 30, Cut: true}
	textReason     = TextParam{Name: "reason", Most: 30, Cut: true}
	textSchool     = TextParam{Name: "school", Most: 20, Cut: true}
	textStudent    = TextParam{Name: "student", Most: 10, Cut: true}
	textRole       = TextParam{Name: "role", Most: 10}
	textCode       = TextParam{Name: "code", Most: 16, Needed: true}
	textMinutes    = TextParam{Name: "minutes", Most: 2}
	textDays       = TextParam{Name: "days", Most: 3}
	textLink       = TextParam{Name: "link", Most: 100, Needed: true}
	textMobile     = TextParam{Name: "mobile", Most: 11}
)

// Texts is the table of text messages; docs/pushes.md is printed from it.
func Texts() []Text {
	return []Text{
		{Kind: "code", Label: "验证码", Why: "somebody asked for a code", Life: 5 * time.Minute, Tries: codeTries,
			Params:   []TextParam{textCode, textMinutes},
			Template: "您的验证码是{code}，{minutes}分钟内有效。如非本人操作，请忽略本短信。"},
		{Kind: "activation", Label: "激活码", Why: "a school entered the enterprise", Life: 24 * time.Hour, Tries: textTries,
			Params:   []TextParam{textEnterprise, textCode, textSchool, textDays, textLink},
			Template: "{school}已将{enterprise}录入实习备案平台，激活码{code}，{days}天内有效，请打开{link}激活。"},
		{Kind: "invitation", Label: "入驻邀请", Why: "a student named the enterprise", Life: 24 * time.Hour, Tries: textTries,
			Params:   []TextParam{textEnterprise, textStudent, textLink},
			Template: "学生{student}推荐{enterprise}入驻实习备案平台，请打开{link}完善企业信息。"},
		{Kind: "staff_added", Label: "账号开通", Why: "the 负责人 added somebody", Life: 24 * time.Hour, Tries: textTries,
			Params:   []TextParam{textEnterprise, textRole},
			Template: "{enterprise}已为您开通实习备案平台账号，角色为{role}，请用本手机号和短信验证码登录。"},
		{Kind: "recovered", Label: "账号找回", Why: "the platform gave an enterprise its account back", Life: 24 * time.Hour, Tries: textTries,
			Params:   []TextParam{textEnterprise},
			Template: "{enterprise}的账号已找回，请用本手机号和短信验证码登录实习备案平台，再设置密码。"},
		{Kind: "recovery_refused", Label: "账号找回未通过", Why: "the platform refused to give an account back", Life: 24 * time.Hour, Tries: textTries,
			Params:   []TextParam{textReason},
			Template: "您的账号找回申请未通过，原因：{reason}。请补充材料后重新提交。"},
		{Kind: "mobile_changed", Label: "手机号变更", Why: "an account's mobile was changed, also by a recovery; the old one is told", Life: 24 * time.Hour, Tries: textTries,
			Params:   []TextParam{textMobile},
			Template: "您的实习备案平台账号已改用手机号{mobile}登录。如非本人操作，请立即联系平台。"},
	}
}

// TextOf finds the text of a kind.
func TextOf(kind string) (Text, bool) {
	for _, t := range Texts() {
		if t.Kind == kind {
			return t, true
		}
	}
	return Text{}, false
}

// TextParams are the names of the parameters of each kind, and whether they are
// needed: what the template file of a provider is held against.
func TextParams() map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for _, t := range Texts() {
		all[t.Kind] = map[string]bool{}
		for _, p := range t.Params {
			all[t.Kind][p.Name] = p.Needed
		}
	}
	return all
}

// Fit makes of values what the text may say: neither more nor fewer than its
// parameters, none empty, in one line, none too long. Brackets of the kind that
// enclose an SMS's signature are taken out, so that no name can feign one.
func (t Text) Fit(values map[string]string) (map[string]string, error) {
	fit := make(map[string]string, len(t.Params))
	for _, p := range t.Params {
		value := oneLine(values[p.Name])
		n := utf8.RuneCountInString(value)
		switch {
		case value == "":
			return nil, fmt.Errorf("acts: text %s: %s is missing", t.Kind, p.Name)
		case n > p.Most && !p.Cut:
			return nil, fmt.Errorf("acts: text %s: %s has %d characters, more than %d", t.Kind, p.Name, n, p.Most)
		case n > p.Most:
			value = string([]rune(value)[:p.Most-1]) + "…"
		}
		fit[p.Name] = value
	}
	for name := range values {
		if !slices.ContainsFunc(t.Params, func(p TextParam) bool { return p.Name == name }) {
			return nil, fmt.Errorf("acts: text %s has no parameter %s", t.Kind, name)
		}
	}
	return fit, nil
}

// oneLine drops what is invisible and signature brackets, and joins what white
// space parts.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == '【' || r == '】' || r == utf8.RuneError || !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// Say is the text with its parameters filled in.
func (t Text) Say(params map[string]string) string {
	pairs := make([]string, 0, 2*len(params))
	for name, value := range params {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(t.Template)
}

// canText refuses what is worth nothing without a text message, before anything
// is done for it: nobody should wait for a code that can't come. Other messages
// are kept and wait for a provider.
func (a *Acts) canText() error {
	if a.NoSMS {
		return internship.ErrUnavailable.With("短信服务尚未配置，请使用账号和密码登录，或联系平台")
	}
	return nil
}

// SendSMS asks for a text message; a worker sends it. ID must follow from what
// causes the message: the same ID again changes nothing. Expires may be left
// out: then it is the life of the kind. Errors: internship.ErrInternal when the
// parameters are not those of the kind, internship.ErrUnavailable.
func (a *Acts) SendSMS(ctx context.Context, s store.SMS) error {
	t, ok := TextOf(s.Kind)
	if !ok {
		return internship.ErrInternal.Because(fmt.Errorf("acts: no text of kind %q", s.Kind))
	}
	var err error
	if s.Params, err = t.Fit(s.Params); err != nil {
		return internship.ErrInternal.Because(err)
	}
	if s.Expires.IsZero() {
		s.Expires = a.Now().Add(t.Life)
	}
	if err := a.DB.AddSMS(ctx, s); err != nil {
		return fmt.Errorf("acts: send %s: %w", s.Kind, err)
	}
	return nil
}

package sms_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"shixi/sms"
)

var kinds = map[string]map[string]bool{
	"code":       {"code": true, "minutes": false},
	"invitation": {"student": false, "link": true, "enterprise": false},
}

func TestTemplateFileFits(t *testing.T) {
	t.Parallel()
	if err := load(t).Check(kinds); err != nil {
		t.Error(err)
	}
}

func TestFaultsOfATemplateFileAreTold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":           "sign",
		"sign: 平台\n": "没有 templates",
		"sign: 【平台】\ntemplates: {code: {id: '1', params: [code]}}":                           "不带【】",
		"sign: 平台\ntemplates: {code: {id: x, params: [code]}}":                               "模板编号",
		"sign: 平台\ntemplates: {code: {id: '1', params: [code, code]}}":                       "两次",
		"sign: 平台\ntemplates: {code: {id: '1', param: [code]}}":                              "YAML",
		"sign: 平台\ntemplates: {code: {id: '1', params: [code], most: {x: 1}}}":               "most",
		"sign: 平台\ntemplates: {code: {id: '1', params: [code], most: {code: 0}}}":            "most",
		"sign: 平台\ntemplates: {code: {id: '1', params: [code], without: {code: ''}}}":        "without",
		"sign: 平台\ntemplates: {code: {id: '1', params: [" + strings.Repeat("a,", 21) + "]}}": "20",
		"sign: 平台\ntemplates: {code: {id: '1'}, code: {id: '2'}}":                            "YAML",
		"! 0":                       "YAML",
		strings.Repeat("#", 70_000): "字节",
	} {
		_, err := sms.LoadTemplates(strings.NewReader(text))
		var problems sms.TemplatesError
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"code: {id: '1', params: [code]}":                                                           "invitation：模板文件中没有",
		"code: {id: '1', params: [minutes]}, invitation: {id: '2', params: [link]}":                 "缺少参数 code",
		"code: {id: '1', params: [code, days]}, invitation: {id: '2', params: [link]}":              "没有参数 days",
		"code: {id: '1', params: [code], most: {code: 4}}, invitation: {id: '2', params: [link]}":   "不能截短",
		"code: {id: '1', params: [code]}, invitation: {id: '2', params: [link]}, gossip: {id: '3'}": "gossip：程序不发送",
	} {
		templates, err := sms.LoadTemplates(strings.NewReader("sign: 平台\ntemplates: {" + text + "}"))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if err := templates.Check(kinds); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func FuzzLoadTemplates(f *testing.F) {
	f.Add([]byte(templateFile))
	f.Add([]byte("! 0"))
	f.Fuzz(func(t *testing.T, text []byte) {
		templates, err := sms.LoadTemplates(bytes.NewReader(text))
		if (templates == nil) == (err == nil) {
			t.Errorf("%v %v", templates, err)
		}
	})
}

func TestConsoleShowsTheText(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := sms.NewConsole(&out, func(kind string, params map[string]string) (string, bool) {
		return "您的验证码是" + params["code"] + "。", kind == "code"
	})
	receipt, err := c.Send(t.Context(), message)
	if err != nil || receipt.ID != "1" || out.String() != "短信 138****5678  您的验证码是482913。\n" {
		t.Errorf("%+v %v %q", receipt, err, out.String())
	}
	if _, err := c.Send(t.Context(), sms.Message{Kind: "gossip", Mobile: mobile}); sms.ClassOf(err) != sms.Config {
		t.Error(err)
	}
	if _, err := sms.NewConsole(broken{}, func(string, map[string]string) (string, bool) { return "", true }).Send(t.Context(), message); sms.ClassOf(err) != sms.Uncertain {
		t.Error(err)
	}
}

// broken can't be written to.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

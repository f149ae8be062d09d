package handlers_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"shixi/handlers"
	"shixi/internship"
)

// half finds half-width punctuation beside a Chinese character.
var half = regexp.MustCompile(`[\p{Han}」）][,;:?!()]|[,;:?!()][\p{Han}「（]`)

// unbuilt are words of what the system doesn't do yet; the line goes when it is built.
var unbuilt = []string{"保险", "保单", "投保", "到岗", "解约", "实习评价", "分组", "投诉管理", "申诉", "合作学校", "一对一"}

func TestHelp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all handlers.HelpTopics
	w.anyone().get("/api/v1/help").ok(http.StatusOK).into(&all)
	titles := map[string]string{}
	for _, topic := range all.Topics {
		titles[topic.Name] = topic.Title
		var text handlers.HelpText
		a := w.anyone().get("/api/v1/help/" + topic.Name).ok(http.StatusOK)
		a.into(&text)
		if text.HelpTopic != topic {
			t.Errorf("%+v, listed as %+v", text.HelpTopic, topic)
		}
		if _, err := time.Parse(time.DateOnly, topic.Version); err != nil {
			t.Errorf("%s: version %q", topic.Name, topic.Version)
		}
		checkHelp(t, text)
		w.anyone().with("If-None-Match", a.header.Get("ETag")).get("/api/v1/help/" + topic.Name).ok(http.StatusNotModified)
	}
	want := map[string]string{"guide": "操作说明", "compress": "如何压缩图片", "registration": "注册须知", "recovery": "账号和密码都忘记了怎么办", "privacy": "隐私说明"}
	if diff := cmp.Diff(want, titles); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"none", "..%2Fhelp.go", "privacy.md", "%00"} {
		w.anyone().get("/api/v1/help/" + name).refused(internship.ErrNotFound)
	}
}

// TestHelpSaysWhatPagesSay: what a text tells people to press is named as the
// page names it, and WeChat's account by one name: 公众号 is the manual's, on the
// log-in page.
func TestHelpSaysWhatPagesSay(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.follows(e, openLi)
	b := w.browser()
	text := func(name string) string {
		return read[handlers.HelpText](w.anyone().get("/api/v1/help/" + name)).Text
	}
	login, recovery := b.get("/h5/login").page(http.StatusOK), text("recovery")
	for _, label := range []string{"忘记密码？", "账号和密码都忘记了怎么办？"} {
		if !strings.Contains(recovery, "「"+label+"」") || !strings.Contains(login, ">"+label+"</a>") {
			t.Errorf("%s: in the text and on the page by different names", label)
		}
	}
	if strings.Contains(login, "服务号") || !strings.Contains(login, "关注公众号 操作更方便") {
		t.Error("the log-in page has two names for one account, or another than the manual's")
	}
	for name, want := range map[string]string{"guide": "不是学校登记的联系电话的，还须填写短信验证码", "registration": "单位简介"} {
		if !strings.Contains(text(name), want) {
			t.Errorf("%s lacks %s", name, want)
		}
	}
	b.logIn(e)
	for _, path := range []string{"/h5/home", "/h5/bind", "/h5/help/guide", "/join"} {
		if body := b.get(path).page(http.StatusOK); strings.Contains(body, "公众号") {
			t.Errorf("%s says 公众号", path)
		}
	}
}

// TestWhomToAsk: every page names whoever the operator names, and nobody else.
func TestWhomToAsk(t *testing.T) {
	t.Parallel()
	const support = `0371-12345678（工作日 9:00–17:00）<b>&"`
	named, unnamed := newWechatWorld(t, func(o *handlers.Options) { o.Support = support }), newWechatWorld(t)
	b := named.browser()
	b.logIn(named.enterprise("A"))
	for _, path := range []string{"/h5/register", "/h5/home", "/h5/bind", "/h5/resubmit", "/h5/help/guide", "/h5/help/privacy", "/join"} {
		if body := b.get(path).page(http.StatusOK); !strings.Contains(body, "疑难问题咨询：0371-12345678（工作日 9:00–17:00）&lt;b&gt;&amp;&#34;</p>") {
			t.Errorf("%s names nobody:\n%s", path, body)
		}
	}
	if body := string(b.get("/h5/nowhere").body); !strings.Contains(body, "疑难问题咨询：") {
		t.Errorf("an error names nobody:\n%s", body)
	}
	if body := unnamed.browser().get("/h5/login").page(http.StatusOK); strings.Contains(body, "疑难问题") {
		t.Errorf("somebody is named:\n%s", body)
	}
	if got := read[handlers.HelpTopics](named.anyone().get("/api/v1/help")); got.Support != support || len(got.Topics) == 0 {
		t.Errorf("%+v", got)
	}
	if body := unnamed.anyone().get("/api/v1/help").body; strings.Contains(string(body), "support") {
		t.Errorf("%s", body)
	}
}

// checkHelp demands plain Chinese that fits a phone, in the Markdown that clients show.
func checkHelp(t *testing.T, text handlers.HelpText) {
	t.Helper()
	if found := half.FindString(text.Text); found != "" {
		t.Errorf("%s: half-width punctuation at %q", text.Name, found)
	}
	for _, word := range unbuilt {
		if strings.Contains(text.Text, word) {
			t.Errorf("%s speaks of %s", text.Name, word)
		}
	}
	for line := range strings.Lines(text.Text) {
		line = strings.TrimSuffix(line, "\n")
		if len([]rune(line)) > 150 || strings.ContainsAny(line, "<>`[]|\t") || strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "###") {
			t.Errorf("%s: a phone shows badly: %s", text.Name, line)
		}
		if strings.HasPrefix(line, "- ") || line != "" && unicode.Is(unicode.Han, []rune(line)[0]) {
			if last := []rune(line)[len([]rune(line))-1]; !strings.ContainsRune("。：！", last) {
				t.Errorf("%s: no end: %s", text.Name, line)
			}
		}
	}
}

func TestFormsListIndustries(t *testing.T) {
	t.Parallel()
	var forms handlers.Definitions
	newWorld(t).anyone().get("/api/v1/forms").ok(http.StatusOK).into(&forms)
	if len(forms.Industries) != len(internship.Industries()) || !forms.Industries[0].Barred || forms.Industries[0].Flag == "" {
		t.Errorf("industries %+v", forms.Industries)
	}
	for _, form := range forms.Forms {
		for _, field := range form.Fields {
			if field.Name == "certificateKind" && len(field.Choices) != len(internship.CertificateKinds()) {
				t.Errorf("%s offers %v", form.Name, field.Choices)
			}
		}
	}
}

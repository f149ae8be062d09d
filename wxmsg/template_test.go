package wxmsg

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const goodTemplates = `
kinds:
  signup:
    template_id: ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY
    title: 报名通知
    page: pages/placement?id={{.Placement}}
    url: https://example.com/p/{{.Placement}}
    keywords:
      - {key: thing1, value: "{{.Student}}", name: 学生}
      - {key: time2, value: "{{.At}}", name: 时间}
      - {key: phrase3, value: 待处理, name: 状态}
  closed:
    template_id: ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtZ
    title: 关闭通知
    keywords:
      - key: thing1
        value: "{{if .Student}}{{.Student}}{{else}}全部{{end}}"
`

func mustLoad(tb testing.TB, text string) *Templates {
	tb.Helper()
	set, err := Load(strings.NewReader(text))
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

func TestRender(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, goodTemplates)
	got, err := set.Render("signup", map[string]string{"Student": strings.Repeat("长", 30), "At": "2026年11月23日10：00", "Placement": "p1"})
	want := Rendered{
		TemplateID: "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY",
		Data:       map[string]string{"thing1": strings.Repeat("长", 19) + "…", "time2": "2026年11月23日 10:00", "phrase3": "待处理"},
		Page:       "pages/placement?id=p1",
		URL:        "https://example.com/p/p1",
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want, +got)\n%s", err, diff)
	}
	message := got.Message("o1", "wx1", "push1")
	wantMessage := TemplateMessage{ToUser: "o1", TemplateID: want.TemplateID, URL: want.URL, MiniProgram: &MiniProgram{AppID: "wx1", PagePath: want.Page}, Data: want.Data, ClientMsgID: "push1"}
	if diff := cmp.Diff(wantMessage, message); diff != "" {
		t.Errorf("(-want, +got)\n%s", diff)
	}
	if m := got.Message("o1", "", "push1"); m.MiniProgram != nil {
		t.Errorf("a page without an app: %+v", m.MiniProgram)
	}
	if diff := cmp.Diff([]string{"closed", "signup"}, set.Kinds()); diff != "" {
		t.Error(diff)
	}
}

func TestRenderFails(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, goodTemplates)
	if _, err := set.Render("other", nil); !errors.Is(err, ErrTemplateKind) {
		t.Errorf("unknown kind: %v", err)
	}
	if _, err := set.Render("signup", map[string]string{"Student": "a", "At": "10:00"}); err == nil {
		t.Error("a missing variable was not noticed")
	}
	for _, id := range []string{"a b", "a\nb", strings.Repeat("x", 2000)} {
		if _, err := set.Render("signup", map[string]string{"Student": "a", "At": "10:00", "Placement": id}); err == nil {
			t.Errorf("page with %.10q was accepted", id)
		}
	}
}

// problems returns the sentences of err, without the heading.
func problems(tb testing.TB, err error) []string {
	tb.Helper()
	var p TemplatesError
	if err != nil && !errors.As(err, &p) {
		tb.Fatalf("not TemplatesError: %v", err)
	}
	return p
}

func TestLoadListsEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := Load(strings.NewReader(`
kinds:
  a:
    keywords:
      - {key: first, value: x}
      - {key: thing1, value: "{{.A"}
      - {key: thing1, value: ""}
    page: "{{end}}"
  b:
    template_id: "too short"
    title: 标题
`))
	got := strings.Join(problems(t, err), "\n")
	for _, want := range []string{"模板 a：缺少 template_id。", "模板 a：缺少 title。", "模板 a：page 不是合法的模板文字",
		`模板 a：关键词 "first" 不是微信的类型加序号`, "模板 a：关键词 thing1 不是合法的模板文字", "模板 a：关键词 thing1 出现了两次。",
		"模板 a：关键词 thing1 没有 value。", `模板 b：template_id "too short" 格式不对。`, "模板 b：没有 keywords。"} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %q in\n%s", want, got)
		}
	}
	if n := len(problems(t, err)); n != 9 {
		t.Errorf("%d problems:\n%s", n, got)
	}
}

func TestLoadRefusesOtherFiles(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty":          "",
		"no kinds":       "kinds: {}",
		"unknown key":    strings.Replace(goodTemplates, "title:", "titel:", 1),
		"unknown top":    goodTemplates + "\nextra: 1\n",
		"kind twice":     goodTemplates + "  closed:\n    title: x\n",
		"not YAML":       "kinds: [",
		"parser's panic": "! 0000000",
		"too large":      "# " + strings.Repeat("x", maxTemplateFile),
		"keyword's typo": strings.Replace(goodTemplates, "name: 学生", "nmae: 学生", 1),
	} {
		if _, err := Load(strings.NewReader(text)); len(problems(t, err)) == 0 {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := Load(failingReader{}); err == nil || !strings.Contains(err.Error(), "disk") {
		t.Errorf("reader's error: %v", err)
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("disk") }

func TestCheck(t *testing.T) {
	t.Parallel()
	kinds := map[string][]string{"signup": {"Student", "At", "Placement"}, "closed": {"Student"}}
	if err := mustLoad(t, goodTemplates).Check(kinds); err != nil {
		t.Fatal(err)
	}
	bad := mustLoad(t, `
kinds:
  a:
    template_id: ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY
    title: 标题
    url: ftp://{{.Known}}
    page: /a b
    keywords:
      - {key: thing1, value: "{{if .Known}}a{{else}}{{.Typo}}{{with $.Other}}x{{end}}{{end}}"}
      - {key: thing2, value: "{{range .Known}}{{.}}{{end}}{{len (printf .Third)}}"}
      - {key: thing3, value: "{{index .Known 5}}"}
      - {key: phrase4, value: 审核没有通过}
      - {key: time5, value: "{{.Known}}"}
  unused:
    template_id: ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtZ
    title: 标题
    keywords: [{key: thing1, value: a}]
`)
	err := bad.Check(map[string][]string{"a": {"Known"}, "missing": nil})
	got := strings.Join(problems(t, err), "\n")
	for _, want := range []string{"模板 missing：模板文件中没有配置。", "模板 unused：程序不发送这种消息。",
		"关键词 thing1 用了没有的变量 Typo", "关键词 thing1 用了没有的变量 Other", "关键词 thing2 用了没有的变量 Third",
		"关键词 thing3 无法填写", "关键词 phrase4 的固定文字", "page 过长或含有空白字符", "url 不是完整的"} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %q in\n%s", want, got)
		}
	}
	if n := len(problems(t, err)); n != 9 {
		t.Errorf("%d problems:\n%s", n, got)
	}
}

func TestCheckAccount(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, goodTemplates)
	library := []AccountTemplate{
		{ID: "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY", Title: "报名通知", Content: "{{first.DATA}}\n学生:{{thing1.DATA}}\n时间:{{time2.DATA}}\n状态:{{phrase3.DATA}}\n{{remark.DATA}}"},
		{ID: "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtZ", Title: "关闭通知", Content: "学生:{{thing1.DATA}}"},
	}
	if err := set.CheckAccount(library); err != nil {
		t.Error(err)
	}
	library[0].Title = "别的标题"
	library[0].Content = "学生:{{thing9.DATA}}\n时间:{{time2.DATA}}\n状态:{{phrase3.DATA}}"
	want := TemplatesError{
		"模板 closed：账号的模板库中没有 ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtZ。",
		`模板 signup：标题为 "报名通知"，模板库中为 "别的标题"。`,
		"模板 signup：关键词 thing1 不在模板库的模板中。",
		"模板 signup：缺少关键词 thing9。",
	}
	if diff := cmp.Diff(want, TemplatesError(problems(t, set.CheckAccount(library[:1])))); diff != "" {
		t.Errorf("(-want, +got)\n%s", diff)
	}
}

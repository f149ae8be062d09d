package internship

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// position is a position form without fault.
func position() map[string]string {
	return map[string]string{
		"name": "装配工", "department": "生产部", "salary": "2K-3K", "settlement": "月结", "education": "不限",
		"headcount": "20", "majors[0]": "机电一体化", "majors[1]": "数控技术", "address.detail": "郑州市高新区科学大道 1 号",
		"lodging": "2-4人间", "nightShift": "无夜班", "overtime": "无加班", "enrolFrom": "2026-03-01", "enrolTo": "2026-03-31",
		"description": "第一行\n第二行\t说明", "skills": "", "requirements": "",
	}
}

func TestPositionFormAcceptsAGoodPosition(t *testing.T) {
	t.Parallel()
	if wrong := PositionForm().Check(position()); wrong != nil {
		t.Errorf("refused: %v", wrong)
	}
}

func TestPositionFormRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ field, value, code, message string }{
		{"name", "", "required", "请填写岗位名称"},
		{"name", strings.Repeat("岗", 51), "too_long", "岗位名称不能超过 50 个字"},
		{"name", "装配\n工", "format", "岗位名称只能填写一行，请删除换行和制表符"},
		{"name", "装配\x00工", "format", "岗位名称含有看不见的字符，请删除后重新输入"},
		{"name", "装配\u202e工", "format", "岗位名称含有看不见的字符，请删除后重新输入"},
		{"name", "装配\u200b工", "format", "岗位名称含有看不见的字符，请删除后重新输入"},
		{"name", "\u3164", "format", "岗位名称含有看不见的字符，请删除后重新输入"},
		{"name", "装配\xff", "format", "岗位名称含有无法识别的字符，请重新输入"},
		{"name", "装配\ufffd", "format", "岗位名称含有无法识别的字符，请重新输入"},
		{"salary", "9K", "choice", "请选择薪资待遇：1K-2K、2K-3K、3K以上"},
		{"headcount", "0", "range", "实习人数应为 1 至 2000 的整数"},
		{"headcount", "-1", "range", "实习人数应为 1 至 2000 的整数"},
		{"headcount", "2001", "range", "实习人数应为 1 至 2000 的整数"},
		{"headcount", "1e3", "range", "实习人数应为 1 至 2000 的整数"},
		{"majors[1]", strings.Repeat("业", 51), "too_long", "对口专业不能超过 50 个字"},
		{"majors[1]", "", "required", "请填写对口专业"},
		{"description", strings.Repeat("述", 2001), "too_long", "岗位描述不能超过 2000 个字"},
		{"description", "一\r二", "format", "岗位描述含有看不见的字符，请删除后重新输入"},
		{"description", "一\u2028二", "format", "岗位描述含有看不见的字符，请删除后重新输入"},
		{"skills", strings.Repeat("技", 1001), "too_long", "学习技能不能超过 1000 个字"},
	} {
		values := position()
		values[c.field] = c.value
		want := []FieldError{{Field: c.field, Code: c.code, Message: c.message}}
		if diff := cmp.Diff(want, PositionForm().Check(values)); diff != "" {
			t.Errorf("%s = %.20q: %s", c.field, c.value, diff)
		}
	}
}

func TestLengthsCountCharactersNotBytes(t *testing.T) {
	t.Parallel()
	values := position()
	values["name"] = strings.Repeat("\U00020BB7", 50)
	values["description"] = strings.Repeat("述", 2000)
	if wrong := PositionForm().Check(values); wrong != nil {
		t.Errorf("refused: %v", wrong)
	}
}

func TestListFieldsCountTheirEntries(t *testing.T) {
	t.Parallel()
	values := position()
	delete(values, "majors[0]")
	delete(values, "majors[1]")
	if wrong := PositionForm().Check(values); wrong != nil {
		t.Errorf("a draft is refused: %v", wrong)
	}
	if missing := PositionForm().Missing(values); !slices.Contains(missing, FieldError{"majors", "required", "请填写对口专业"}) {
		t.Errorf("missing: %v", missing)
	}
	SetEntries(values, "majors", slices.Repeat([]string{"数控技术"}, 20))
	if wrong := PositionForm().Check(values); wrong != nil {
		t.Errorf("refused: %v", wrong)
	}
	values["majors[99]"] = "机电"
	if diff := cmp.Diff([]FieldError{{"majors", "too_long", "对口专业最多填写 20 项"}}, PositionForm().Check(values)); diff != "" {
		t.Error(diff)
	}
}

func TestAnEmptyFormNamesEveryRequiredFieldInOrder(t *testing.T) {
	t.Parallel()
	for _, form := range Forms() {
		var want []string
		for _, field := range form.Fields {
			if field.Required {
				want = append(want, field.Name)
			}
		}
		var got []string
		for _, wrong := range form.Check(nil) {
			if wrong.Code != "required" || wrong.Message == "" {
				t.Errorf("%s: %+v", form.Name, wrong)
			}
			got = append(got, wrong.Field)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", form.Name, diff)
		}
	}
}

func TestFormsAreWellFormed(t *testing.T) {
	t.Parallel()
	forms := map[string]bool{}
	for _, form := range Forms() {
		if form.Name == "" || form.Label == "" || forms[form.Name] {
			t.Errorf("bad form %q", form.Name)
		}
		forms[form.Name] = true
		names := map[string]bool{}
		for _, f := range form.Fields {
			if f.Name == "" || f.Label == "" || names[f.Name] || f.Min > f.Max ||
				(f.Max <= 0) != (f.Greatest > 0) || f.Least > f.Greatest || f.Required && f.Later {
				t.Errorf("%s: bad field %+v", form.Name, f)
			}
			names[f.Name] = true
			if _, err := regexp.Compile(f.Pattern); err != nil || f.Pattern != "" && f.Help == "" {
				t.Errorf("%s.%s: pattern %q, help %q: %v", form.Name, f.Name, f.Pattern, f.Help, err)
			}
			for _, choice := range f.Choices {
				if err := f.check(choice); err != nil {
					t.Errorf("%s.%s refuses its own choice %q: %v", form.Name, f.Name, choice, err)
				}
			}
		}
	}
	if got := slices.Sorted(maps.Keys(forms)); len(got) != 26 {
		t.Errorf("forms %v", got)
	}
}

func TestMissingNamesWhatADraftMayLack(t *testing.T) {
	t.Parallel()
	form := Form{Fields: []Field{
		{Name: "name", Label: "名称", Required: true, Max: 5}, {Name: "file", Label: "方案", Later: true, Max: 5},
		{Name: "wage", Label: "工资", Later: true, Least: 1, Greatest: 9}, {Name: "note", Label: "备注", Max: 5},
	}}
	if wrong := form.Check(map[string]string{"name": "甲", "wage": Number(0)}); wrong != nil {
		t.Errorf("a draft is refused: %v", wrong)
	}
	want := []FieldError{{"file", "required", "请填写方案"}, {"wage", "required", "请填写工资"}}
	if diff := cmp.Diff(want, form.Missing(map[string]string{"name": "甲"})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[:1], form.Missing(map[string]string{"wage": Number(99)})); diff != "" {
		t.Errorf("a wrong value is there all the same: %s", diff)
	}
}

func TestSalaryBandsAreThoseOfThePosition(t *testing.T) {
	t.Parallel()
	for _, field := range PositionForm().Fields {
		if field.Name != "salary" {
			continue
		}
		for _, band := range field.Choices {
			if s, ok := SalaryOf(strings.ToLower(band)); !ok || s.Band != band {
				t.Errorf("%s: %+v, %t", band, s, ok)
			}
		}
	}
}

func TestPatternsOfOtherForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		form        Form
		field, good string
		bad         []string
	}{
		{RegistrationForm(), "website", "https://www.example.cn:8443/a?b=1#c", []string{"www.example.cn", "javascript:alert(1)", "https://", "http://a@b.cn", "https://x .cn", "ftp://x.cn"}},
		{RegistrationForm(), "website", "http://example.cn", nil},
		{RegistrationForm(), "website", "Https://www.example.cn", nil}, // as a phone's keyboard begins a line
		{RegistrationForm(), "address.city", "410100", []string{"41010", "4101000", "郑州市"}},
		{PlanForm(), "grade", "2024", []string{"24", "20245", "2024级", "二〇二四"}},
		{StudentForm(), "number", "2024-A_01", []string{"2024 01", "学号1", "a/b", "a\nb"}},
		{AccountForm(), "role", "mentor", []string{"root", "Owner", "负责人"}},
		{ActivationForm(), "password", "Aa345678", []string{"Aa34567", strings.Repeat("a", 65)}},
	} {
		for i, value := range append([]string{c.good}, c.bad...) {
			wrong := slices.ContainsFunc(c.form.Check(map[string]string{c.field: value}), func(e FieldError) bool { return e.Field == c.field })
			if wrong != (i > 0) {
				t.Errorf("%s.%s = %q refused: %t", c.form.Name, c.field, value, wrong)
			}
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" 岗位 ": "岗位", "\u3000岗\u3000位\u00a0": "岗\u3000位", "\t\r\n一\r\n二\r\n": "一\n二",
		"": "", "\u3000 \u00a0": "", "一\r二": "一\r二", "\u200b": "\u200b",
	} {
		if got := Clean(text); got != want {
			t.Errorf("Clean(%q) = %q; want %q", text, got, want)
		}
	}
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"Aa345678", "aa-45678", "AA-45678", "Aaaaaaa-", "口令Aa12345", "Aa 45678", "Aa1" + strings.Repeat("x", 61)} {
		if err := CheckPassword(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	const simple = "密码过于简单，请使用 8 至 64 个字符，至少包含大写字母、小写字母、数字、符号中的三种"
	for bad, want := range map[string][2]string{
		"":                              {"required", "请填写密码"},
		"Aa34567":                       {"format", "密码至少 8 个字符"},
		"Aa1" + strings.Repeat("x", 62): {"too_long", "密码不能超过 64 个字"},
		"aaaaaaaa":                      {"format", simple},
		"aaaa1234":                      {"format", simple},
		"Aa345678\x00":                  {"format", "密码含有看不见的字符，请删除后重新输入"},
		"Aa345678\n":                    {"format", "密码只能填写一行，请删除换行和制表符"},
		"Aa345678\u200b":                {"format", "密码含有看不见的字符，请删除后重新输入"},
		"Aa345678\xff":                  {"format", "密码含有无法识别的字符，请重新输入"},
	} {
		wantRefusal(t, bad, CheckPassword(bad), want[0], want[1])
	}
}

func FuzzFormCheck(f *testing.F) {
	for _, text := range append([]string{"装配工", "2K-3K", "一\n二"}, hostile...) {
		f.Add("name", text)
		f.Add("majors[", text)
	}
	f.Fuzz(func(t *testing.T, path, text string) {
		text = Clean(text)
		if Clean(text) != text && !strings.Contains(text, "\r") {
			t.Errorf("Clean is not settled on %q", text)
		}
		_ = CheckPassword(text)
		for _, form := range Forms() {
			for _, wrong := range form.Check(map[string]string{path: text}) {
				if wrong.Field == "" || wrong.Code == "" || wrong.Message == "" {
					t.Errorf("%s: %+v", form.Name, wrong)
				}
			}
		}
	})
}

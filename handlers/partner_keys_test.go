package handlers_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shixi/handlers"
	"shixi/webhook"
)

const (
	secretA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	secretB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

func TestLoadPartnerKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := `
- id: school-41001
  kind: school
  school: "41001"
  secret: ` + secretA + `
- id: school-41001-new # to change a key without a pause
  kind: school
  school: "41001"
  secret_file: ` + file("secret", secretB+"\r\n") + `
- {id: app, kind: students, secret: cccccccccccccccccccccccccccccccc}
- {id: province, kind: platform, secret: dddddddddddddddddddddddddddddddd}
`
	if _, err := handlers.LoadPartnerKeys(strings.NewReader(good), webhook.Rules{}); err != nil {
		t.Error(err)
	}

	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"empty":       {"", []string{"文件中没有密钥。"}},
		"no list":     {"id: a", []string{"文件不是所要求的 YAML 列表（第 1 行）。"}},
		"texts":       {"- " + secretA, []string{"文件不是所要求的 YAML 列表（第 1 行）。"}},
		"broken":      {"- id: \"a\n  secret: " + secretA, nil},
		"a tab":       {"- id: a\n\tsecret: " + secretA, nil},
		"everything":  {"- {}", []string{"第 1 项：id 应为 1 至 64 位字母、数字、下划线或连字符。", "第 1 项：kind 应为 school、students 或 platform。", "第 1 项：缺少 secret 或 secret_file。"}},
		"short":       {"- {id: a, kind: students, secret: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}", []string{"第 1 项：密钥不足 32 个字符。"}},
		"long":        {"- {id: a, kind: students, secret: " + strings.Repeat("a", 4097) + "}", []string{"第 1 项：密钥超过 4096 个字符。"}},
		"both":        {"- {id: a, kind: students, secret: " + secretA + ", secret_file: x}", []string{"第 1 项：secret 和 secret_file 只能填写一个。"}},
		"no file":     {"- {id: a, kind: students, secret_file: " + filepath.Join(dir, "none") + "}", []string{"第 1 项：secret_file 所指的文件无法读取。"}},
		"long file":   {"- {id: a, kind: students, secret_file: " + file("long", strings.Repeat("a", 9000)) + "}", []string{"第 1 项：密钥超过 4096 个字符。"}},
		"kind":        {"- {id: a, kind: teacher, secret: " + secretA + "}", []string{"第 1 项：kind 应为 school、students 或 platform。"}},
		"school":      {"- {id: a, kind: school, secret: " + secretA + "}", []string{"第 1 项：school 应为学校编号。"}},
		"bad school":  {"- {id: a, kind: school, school: '4 1', secret: " + secretA + "}", []string{"第 1 项：school 应为学校编号。"}},
		"number":      {"- {id: a, kind: school, school: 41001, secret: " + secretA + "}", []string{"第 1 项：school 应为文本，数字请加引号。", "第 1 项：school 应为学校编号。"}},
		"not its":     {"- {id: a, kind: students, school: '41001', secret: " + secretA + "}", []string{"第 1 项：只有 kind 为 school 的密钥才能填写 school。"}},
		"colon":       {"- {id: 'a:b', kind: students, secret: " + secretA + "}", []string{"第 1 项：id 应为 1 至 64 位字母、数字、下划线或连字符。"}},
		"unknown":     {"- {id: a, kind: students, schol: '1', secret: " + secretA + "}", []string{`第 1 项：没有名为 "schol" 的设置。`}},
		"secret name": {"- {id: a, kind: students, " + secretA + ": '1', secret: " + secretB + "}", []string{`第 1 项：没有名为 "aaaa…" 的设置。`}},
		"twice": {"- {id: a, kind: students, secret: " + secretA + "}\n- {id: a, kind: platform, secret: " + secretA + "}",
			[]string{"第 2 项：id 与另一项相同。", "第 2 项：密钥与另一项相同，每个合作方应各有密钥。"}},
		"same setting twice": {"- {id: a, id: b, kind: students, secret: " + secretA + "}", nil},
		"all at once": {"- {id: '', kind: students, secret: x}\n- {id: b, kind: x, secret: " + secretB + "}", []string{
			"第 1 项：id 应为 1 至 64 位字母、数字、下划线或连字符。", "第 1 项：密钥不足 32 个字符。", "第 2 项：kind 应为 school、students 或 platform。"}},
		"huge": {strings.Repeat("#", 1<<20+1), []string{"文件超过 1048576 字节。"}},
	} {
		keys, err := handlers.LoadPartnerKeys(strings.NewReader(c.text), webhook.Rules{})
		var problems handlers.KeyErrors
		if keys != nil || !errors.As(err, &problems) {
			t.Errorf("%s: %v, %v", name, keys, err)
			continue
		}
		if diff := cmp.Diff(c.want, []string(problems)); c.want != nil && diff != "" {
			t.Errorf("%s (-want, +got):\n%s", name, diff)
		}
		if strings.Contains(err.Error(), secretA[:8]) || strings.Contains(err.Error(), secretB[:8]) {
			t.Errorf("%s: the error repeats a secret: %v", name, err)
		}
	}
}

// FuzzLoadPartnerKeys: no file makes it panic or repeat a secret.
func FuzzLoadPartnerKeys(f *testing.F) {
	f.Add("- {id: a, kind: school, school: '1', secret: " + secretA + "}")
	f.Add("- id: &a [1]\n  kind: *a\n")
	f.Add("- {secret: " + secretA + ": x}")
	f.Add("! 0000000") // makes the parser panic
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "secret_file") {
			t.Skip() // it would be opened
		}
		if _, err := handlers.LoadPartnerKeys(strings.NewReader(text), webhook.Rules{}); err != nil && strings.Contains(err.Error(), secretA) {
			t.Errorf("the error repeats a secret: %v", err)
		}
	})
}

package internship

import (
	"errors"
	"strings"
	"testing"
)

// exampleUSCCs are the computed examples of domain.md §3.4 and the codes that
// were checked against real ones there.
var exampleUSCCs = []string{
	"91410900MA4ABCD173", "91410100123456788Y", "12410000416001234E",
	"52410100MJ0123456J", "91410100MA4TWX03XX",
	"91350200776049653A", "91440101MA5CJQ4N59", "123502001549897397",
}

// hostile is what no parser may accept or fall over.
var hostile = []string{
	"", " ", "\u3000", "-", "----", "\x00", "\xff\xfe", "\ufffd", strings.Repeat("9", 100000), strings.Repeat("-", 1000),
	"91410900MA4ABCD17\x00", "91410900\u202eMA4ABCD173", "9141\u200b0900MA4ABCD173", "<script>alert(1)</script>",
	"91410900MA4ABCD17\u0663", "\u212a1410900MA4ABCD173", "91410900MA4ABCD173; DROP", "$ne", "{\"$gt\":\"\"}", "👩‍👩‍👧", "汉字汉字汉字汉字汉",
}

func TestParseUSCCAcceptsExamplesAsTyped(t *testing.T) {
	t.Parallel()
	for _, code := range exampleUSCCs {
		for _, typed := range []string{
			code, strings.ToLower(code), " " + code + "\n", "\u3000" + code + "\u00a0", fullWidth(code),
			fullWidth(strings.ToLower(code)), code[:4] + " " + code[4:8] + " " + code[8:], code[:8] + "-" + code[8:16] + "-" + code[16:],
		} {
			if got, err := ParseUSCC(typed); err != nil || got != code {
				t.Errorf("ParseUSCC(%q) = %q, %v; want %q", typed, got, err, code)
			}
		}
	}
}

func TestParseUSCCRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typed, code, message string }{
		{"", "required", "请填写统一社会信用代码"},
		{"91410900MA4ABCD17", "format", "统一社会信用代码应为 18 位，请检查是否漏填"},
		{"91410900MA4ABCD1733", "format", "统一社会信用代码应为 18 位，请检查是否多填"},
		{"91410900MA4ABCDI73", "format", "统一社会信用代码不含字母 I、O、S、V、Z，请检查是否与数字 1、0、5、2 混淆"},
		{"91410900MA4ABCD17*", "format", "统一社会信用代码只能包含数字和大写字母，请检查"},
		{"914A0900MA4ABCD173", "format", "统一社会信用代码第 3 至 8 位应为数字，请检查"},
		{"91410900MA4ABCD1\u200b73", "format", "统一社会信用代码含有看不见的字符，请删除后重新输入"},
		{"91410900MA4ABCD174", "check_digit", "统一社会信用代码校验不通过，请对照证件逐位核对"},
		{"91350203M0001QAY9B", "check_digit", "统一社会信用代码校验不通过，请对照证件逐位核对"},
	} {
		_, err := ParseUSCC(c.typed)
		wantRefusal(t, c.typed, err, c.code, c.message)
	}
}

func TestParseUSCCKeepsWhatAReviewerMayAdmit(t *testing.T) {
	t.Parallel()
	got, err := ParseUSCC("91350203m0001qay9b")
	if got != "91350203M0001QAY9B" || err == nil {
		t.Errorf("got %q, %v; want the code and its refusal", got, err)
	}
	if got, err := ParseUSCC("91350203"); got != "" || err == nil {
		t.Errorf("malformed: got %q, %v", got, err)
	}
}

// 31 is prime and no weight is a multiple of it, so the scheme shows each
// single wrong character and each pair of neighbours exchanged.
func TestUSCCShowsEachSingleAlterationAndExchange(t *testing.T) {
	t.Parallel()
	for _, code := range exampleUSCCs {
		for i := range code {
			for _, r := range organisationAlphabet {
				if altered := code[:i] + string(r) + code[i+1:]; altered != code {
					if _, err := ParseUSCC(altered); err == nil {
						t.Errorf("%s passes for %s", altered, code)
					}
				}
			}
			if i > 0 && code[i] != code[i-1] {
				swapped := code[:i-1] + code[i:i+1] + code[i-1:i] + code[i+1:]
				if _, err := ParseUSCC(swapped); err == nil {
					t.Errorf("%s passes for %s", swapped, code)
				}
			}
		}
	}
}

func TestParseEnterpriseCodeTellsWhichCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		typed, code string
		kind        CodeKind
	}{
		{"91410900ma4abcd173", "91410900MA4ABCD173", USCC},
		{"ma4abcd1-7", "MA4ABCD17", OrganisationCode},
		{fullWidth("12345678-8"), "123456788", OrganisationCode},
	} {
		code, kind, err := ParseEnterpriseCode(c.typed)
		if code != c.code || kind != c.kind || err != nil {
			t.Errorf("ParseEnterpriseCode(%q) = %q, %q, %v", c.typed, code, kind, err)
		}
	}
	for typed, want := range map[string][2]string{
		"":                   {"required", "请填写统一社会信用代码或组织机构代码"},
		"1234567890":         {"format", "请填写 18 位统一社会信用代码，或 9 位组织机构代码"},
		"91410900MA4ABCD174": {"check_digit", "统一社会信用代码校验不通过，请对照证件逐位核对"},
		"MA4ABCD18":          {"check_digit", "组织机构代码校验不通过，请对照证件逐位核对"},
	} {
		_, _, err := ParseEnterpriseCode(typed)
		wantRefusal(t, typed, err, want[0], want[1])
	}
	if USCC.Label() != "统一社会信用代码" || OrganisationCode.Label() != "组织机构代码" {
		t.Error("labels")
	}
}

func TestCodesRefuseHostileText(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		if code, _, err := ParseEnterpriseCode(text); err == nil {
			t.Errorf("ParseEnterpriseCode(%.40q) = %q", text, code)
		}
		if code, err := ParseUSCC(text); err == nil {
			t.Errorf("ParseUSCC(%.40q) = %q", text, code)
		}
		if code, err := ParseOrganisationCode(text); err == nil {
			t.Errorf("ParseOrganisationCode(%.40q) = %q", text, code)
		}
	}
}

func FuzzParseEnterpriseCode(f *testing.F) {
	for _, code := range append(exampleUSCCs, hostile...) {
		f.Add(code)
		f.Add(fullWidth(strings.ToLower(code)))
	}
	f.Add("MA4ABCD1-7")
	f.Fuzz(func(t *testing.T, typed string) {
		code, kind, err := ParseEnterpriseCode(typed)
		if err != nil {
			wantFieldError(t, err)
			return
		}
		again, kindAgain, err := ParseEnterpriseCode(code)
		if again != code || kindAgain != kind || err != nil {
			t.Errorf("%q gave %q, which gives %q, %v", typed, code, again, err)
		}
		if kind == USCC && len(OrganisationCodeOf(code)) != organisationLength {
			t.Errorf("%q has organisation code %q", code, OrganisationCodeOf(code))
		}
	})
}

// fullWidth is text as a Chinese keyboard in full-width mode gives it.
func fullWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r + 0xfee0
		}
		return r
	}, s)
}

// wantRefusal checks code and sentence of a parser's FieldError.
func wantRefusal(t *testing.T, typed string, err error, code, message string) {
	t.Helper()
	got, ok := errors.AsType[FieldError](err)
	if !ok || got != (FieldError{Code: code, Message: message}) {
		t.Errorf("%q: got %+v; want %s %s", typed, err, code, message)
	}
}

// wantFieldError checks that an error is a FieldError with code and sentence.
func wantFieldError(t *testing.T, err error) {
	t.Helper()
	got, ok := errors.AsType[FieldError](err)
	if !ok || got.Code == "" || got.Message == "" {
		t.Errorf("got %#v; want a FieldError with code and message", err)
	}
}

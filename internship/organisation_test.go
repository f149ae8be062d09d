package internship

import (
	"strings"
	"testing"
)

func TestParseOrganisationCodeAcceptsExamplesAsTyped(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"MA4ABCD17", "123456788", "416001234", "MJ0123456", "MA4TWX03X"} {
		hyphened := code[:8] + "-" + code[8:]
		for _, typed := range []string{
			code, hyphened, strings.ToLower(hyphened), fullWidth(hyphened),
			code[:8] + "\u2014" + code[8:], code[:8] + " - " + code[8:], "\u3000" + code,
		} {
			if got, err := ParseOrganisationCode(typed); err != nil || got != code {
				t.Errorf("ParseOrganisationCode(%q) = %q, %v; want %q", typed, got, err, code)
			}
		}
	}
}

func TestParseOrganisationCodeRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typed, code, message string }{
		{"-", "required", "请填写组织机构代码"},
		{"MA4ABCD1", "format", "组织机构代码应为 9 位，请检查是否漏填"},
		{"MA4ABCD1-77", "format", "组织机构代码应为 9 位，请检查是否多填"},
		{"MA4ABCD1-Y", "format", "组织机构代码最后一位应为数字或 X，请检查"},
		{"MA4A汉CD1-7", "format", "组织机构代码只能包含数字和大写字母，请检查"},
		{"MA4ABCD1-8", "check_digit", "组织机构代码校验不通过，请对照证件逐位核对"},
	} {
		_, err := ParseOrganisationCode(c.typed)
		wantRefusal(t, c.typed, err, c.code, c.message)
	}
}

func TestOrganisationCodeOfEachExampleIsValid(t *testing.T) {
	t.Parallel()
	for _, uscc := range exampleUSCCs {
		code := OrganisationCodeOf(uscc)
		if got, err := ParseOrganisationCode(code); err != nil || got != uscc[8:17] {
			t.Errorf("%s: %q, %v", uscc, got, err)
		}
	}
	if OrganisationCodeOf("") != "" || OrganisationCodeOf("91410900") != "" {
		t.Error("a malformed USCC has no organisation code")
	}
}

// Modulo 11 shows each single wrong character but those whose values differ by
// a multiple of 11; digits among themselves never do.
func TestOrganisationCodeShowsWhatTheSchemeCan(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"MA4ABCD17", "123456788", "MA4TWX03X"} {
		for i := range 8 {
			for value, r := range organisationAlphabet {
				difference := value - strings.IndexByte(organisationAlphabet, code[i])
				_, err := ParseOrganisationCode(code[:i] + string(r) + code[i+1:])
				if passes, want := err == nil, difference%11 == 0; passes != want {
					t.Errorf("%s with %c at %d passes: %t", code, r, i, passes)
				}
			}
		}
		for _, r := range organisationAlphabet {
			if byte(r) != code[8] {
				if _, err := ParseOrganisationCode(code[:8] + string(r)); err == nil {
					t.Errorf("%s passes with check character %c", code, r)
				}
			}
		}
	}
}

func FuzzParseOrganisationCode(f *testing.F) {
	for _, code := range append([]string{"MA4ABCD1-7", "123456788", "MA4TWX03-x"}, hostile...) {
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, err := ParseOrganisationCode(typed)
		if err != nil {
			wantFieldError(t, err)
			return
		}
		if again, err := ParseOrganisationCode(code); again != code || err != nil {
			t.Errorf("%q gave %q, which gives %q, %v", typed, code, again, err)
		}
	})
}

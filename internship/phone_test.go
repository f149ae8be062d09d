package internship

import "testing"

func TestParseMobileAcceptsAsTyped(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{
		"13800138000", " 138 0013 8000 ", "138-0013-8000", "+8613800138000", "+86 138-0013-8000", "0086 13800138000",
		"8613800138000", "86-138-0013-8000", "(+86)13800138000", fullWidth("+86-13800138000"), "\u300013800138000\u00a0",
	} {
		if got, err := ParseMobile(typed); err != nil || got != "13800138000" {
			t.Errorf("ParseMobile(%q) = %q, %v", typed, got, err)
		}
	}
}

func TestParseMobileRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typed, code, message string }{
		{"", "required", "请填写手机号"},
		{"1380013800", "format", "手机号应为 11 位，请检查是否漏填"},
		{"138001380000", "format", "手机号应为 11 位，请检查是否多填"},
		{"12800138000", "format", "手机号应以 13 至 19 开头，请检查"},
		{"23800138000", "format", "手机号应以 13 至 19 开头，请检查"},
		{"1380013800a", "format", "手机号只能包含数字，请检查"},
		{"1380013800\u0663", "format", "手机号只能包含数字，请检查"},
		{"+85213800138000", "format", "手机号只能包含数字，请检查"},
		{"\u202d13800138000\u202c", "format", "手机号含有看不见的字符，请删除后重新输入"},
	} {
		_, err := ParseMobile(c.typed)
		wantRefusal(t, c.typed, err, c.code, c.message)
	}
}

func TestParsePhoneGivesOneFormToEachNumber(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"+86 138 0013 8000":          "13800138000",
		"013800138000":               "13800138000",
		"0371-67890123":              "0371-67890123",
		"037167890123":               "0371-67890123",
		"0371 6789 0123":             "0371-67890123",
		"(0371)67890123":             "0371-67890123",
		fullWidth("(0371)-67890123"): "0371-67890123",
		"0391-6789012":               "0391-6789012",
		"03916789012":                "0391-6789012",
		"010-67890123":               "010-67890123",
		"01067890123":                "010-67890123",
		"02167890123":                "021-67890123",
		"0371-67890123-801":          "0371-67890123-801",
		"0371-67890123转801":          "0371-67890123-801",
		"+86-371-67890123":           "0371-67890123",
		"0086 0371 67890123":         "0371-67890123",
		"+86 10 67890123":            "010-67890123",
	} {
		if got, err := ParsePhone(typed); err != nil || got != want {
			t.Errorf("ParsePhone(%q) = %q, %v; want %q", typed, got, err, want)
		}
	}
}

func TestParsePhoneRefuses(t *testing.T) {
	t.Parallel()
	_, err := ParsePhone("\u3000")
	wantRefusal(t, "", err, "required", "请填写联系电话")
	for _, typed := range []string{
		"67890123", "0371-678901", "0371-678901234", "0371-67890123-1234567", "12800138000", "00123456789", "0371-6789012a", "110",
	} {
		_, err := ParsePhone(typed)
		wantRefusal(t, typed, err, "format", "联系电话应为 11 位手机号或带区号的固定电话，如 0371-67890123")
	}
	for _, text := range hostile {
		if got, err := ParsePhone(text); err == nil {
			t.Errorf("ParsePhone(%.40q) = %q", text, got)
		}
		if got, err := ParseMobile(text); err == nil {
			t.Errorf("ParseMobile(%.40q) = %q", text, got)
		}
	}
}

func FuzzParsePhone(f *testing.F) {
	for _, typed := range append([]string{"+86 138-0013-8000", "(0371)67890123转801", "+86-371-67890123", "8613800138000"}, hostile...) {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		mobile, mobileErr := ParseMobile(typed)
		if mobileErr == nil {
			if again, err := ParseMobile(mobile); again != mobile || err != nil {
				t.Errorf("%q gave %q, which gives %q, %v", typed, mobile, again, err)
			}
		} else {
			wantFieldError(t, mobileErr)
		}
		phone, err := ParsePhone(typed)
		if err != nil {
			wantFieldError(t, err)
			return
		}
		if again, err := ParsePhone(phone); again != phone || err != nil {
			t.Errorf("%q gave %q, which gives %q, %v", typed, phone, again, err)
		}
		if mobileErr == nil && phone != mobile {
			t.Errorf("%q is mobile %q and phone %q", typed, mobile, phone)
		}
	})
}

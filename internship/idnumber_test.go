package internship

import (
	"strings"
	"testing"
	"time"
)

var checkDay = time.Date(2026, 3, 1, 9, 0, 0, 0, Zone)

func TestParseIDNumberReadsBirthAndSex(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		number string
		birth  Date
		sex    Sex
	}{
		{"41019920050315001X", "2005-03-15", Male},
		{"410199200411082048", "2004-11-08", Female},
		{"410199200802290012", "2008-02-29", Male},
	} {
		for _, typed := range []string{
			c.number, strings.ToLower(c.number), fullWidth(strings.ToLower(c.number)), "\u3000" + c.number + "\t",
			c.number[:6] + " " + c.number[6:14] + " " + c.number[14:], c.number[:6] + "-" + c.number[6:],
		} {
			n, err := ParseIDNumber(typed, checkDay)
			if err != nil || n.String() != c.number || n.Birth() != c.birth || n.Sex() != c.sex {
				t.Errorf("ParseIDNumber(%q) = %v %v %v, %v", typed, n, n.Birth(), n.Sex(), err)
			}
		}
	}
	var none IDNumber
	if none.String() != "" || none.Birth() != "" || none.Sex() != "" {
		t.Error("the zero value tells something")
	}
}

func TestParseIDNumberRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typed, code, message string }{
		{"\u3000", "required", "请填写身份证号"},
		{"41019920041108204", "format", "身份证号应为 18 位，请检查是否漏填"},
		{"4101992004110820488", "format", "身份证号应为 18 位，请检查是否多填"},
		{"410199041108204", "format", "身份证号应为 18 位，15 位旧号码已停用，请填写现用号码"},
		{"4101992004110820X8", "format", "身份证号只能包含数字，最后一位可为 X，请检查"},
		{"41019920041108204Y", "format", "身份证号只能包含数字，最后一位可为 X，请检查"},
		{"010199200411082048", "format", "身份证号前 6 位不是有效的地区代码，请检查"},
		{"\u202d410199200411082048\u202c", "format", "身份证号含有看不见的字符，请删除后重新输入"},
		{"410199200302290012", "date", "身份证号第 7 至 14 位不是有效的出生日期，请逐位核对"},
		{"410199000001010012", "date", "身份证号第 7 至 14 位不是有效的出生日期，请逐位核对"},
		{"410199209901010012", "date", "身份证号中的出生日期晚于今天，请逐位核对"},
		{"410199200411082049", "check_digit", "身份证号校验不通过，请对照身份证逐位核对"},
	} {
		n, err := ParseIDNumber(c.typed, checkDay)
		wantRefusal(t, c.typed, err, c.code, c.message)
		if n != (IDNumber{}) {
			t.Errorf("%q: a refused number comes back", c.typed)
		}
	}
}

func TestParseIDNumberTakesTheDayInShanghai(t *testing.T) {
	t.Parallel()
	const number = "410199200802290012"
	eve := time.Date(2008, 2, 28, 15, 59, 59, 0, time.UTC)
	if _, err := ParseIDNumber(number, eve); err == nil {
		t.Error("born tomorrow passes")
	}
	if _, err := ParseIDNumber(number, eve.Add(time.Second)); err != nil {
		t.Errorf("born today: %v", err)
	}
}

func TestIDNumberShowsEachSingleAlteration(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"41019920050315001X", "410199200411082048", "410199200802290012"} {
		for i := range number {
			for _, r := range "0123456789X" {
				if altered := number[:i] + string(r) + number[i+1:]; altered != number {
					if _, err := ParseIDNumber(altered, checkDay); err == nil {
						t.Errorf("%s passes for %s", altered, number)
					}
				}
			}
		}
	}
}

func TestParseIDNumberRefusesHostileText(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		if _, err := ParseIDNumber(text, checkDay); err == nil {
			t.Errorf("ParseIDNumber(%.40q) passes", text)
		}
	}
}

func FuzzParseIDNumber(f *testing.F) {
	for _, number := range append([]string{"41019920050315001x", "410199200411082048", "410199200302290012"}, hostile...) {
		f.Add(number)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		n, err := ParseIDNumber(typed, checkDay)
		if err != nil {
			wantFieldError(t, err)
			return
		}
		if again, err := ParseIDNumber(n.String(), checkDay); again != n || err != nil {
			t.Errorf("%q gave %q, which gives %q, %v", typed, n, again, err)
		}
		if n.Birth() > DateOf(checkDay) || n.Sex() == "" {
			t.Errorf("%q: birth %s, sex %s", typed, n.Birth(), n.Sex())
		}
	})
}

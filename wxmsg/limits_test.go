package wxmsg

import (
	"errors"
	"strings"
	"testing"
)

func TestTypeOf(t *testing.T) {
	t.Parallel()
	for _, want := range ValueTypes() {
		if got, err := TypeOf(string(want) + "12"); err != nil || got != want {
			t.Errorf("%s12: got %q, %v", want, got, err)
		}
	}
	for _, key := range []string{"", "thing", "1thing", "thing1a", "first", "remark", "keyword1", "Thing1", "thing 1", "thing-1", "1"} {
		if got, err := TypeOf(key); !errors.Is(err, ErrValueType) {
			t.Errorf("%q: got %q, %v, want ErrValueType", key, got, err)
		}
	}
}

func TestCutGivesWhatTheTypeShows(t *testing.T) {
	t.Parallel()
	twenty := strings.Repeat("字", 20)
	cases := []struct {
		t         ValueType
		in, value string
	}{
		{Thing, "张三", "张三"},
		{Thing, twenty, twenty},
		{Thing, twenty + "多", strings.Repeat("字", 19) + "…"},
		{Thing, "第一行\r\n第二行\t三", "第一行 第二行 三"},
		{Thing, "  两边　空白 ", "两边 空白"},
		{Thing, "好😀的👨‍👩‍👧✅1️⃣", "好的1"},
		{Thing, "😀", "无"},
		{Thing, "", "无"},
		{Thing, "\x00\x1b[31m红", "[31m红"},
		{Thing, "\u202e倒写\u200b零宽", "倒写零宽"},
		{Thing, "坏\xff字", "坏字"},
		{Thing, strings.Repeat("𠮷", 15), strings.Repeat("𠮷", 9) + "…"},
		{Thing, "五星★级", "五星★级"},

		{Number, "42", "42"},
		{Number, "约１,２３４.５０个", "1234.50"},
		{Number, "1,234,567", "1234567"},
		{Number, "三", "0"},
		{Number, "-5", "0"},
		{Number, strings.Repeat("9", 33), "0"},
		{Number, "1." + strings.Repeat("3", 40), "1." + strings.Repeat("3", 31)},

		{Letter, "ABC中1d", "ABCd"},
		{Letter, "中文", "NA"},
		{Letter, strings.Repeat("a", 40), strings.Repeat("a", 32)},

		{Symbol, "a!?#$%&", "!?#$%"},
		{Symbol, "a", "-"},

		{CharacterString, "HT-２０２６/001", "HT-2026/001"},
		{CharacterString, "合同HT 001号", "HT 001"},
		{CharacterString, "无", "-"},
		{CharacterString, strings.Repeat("1", 33), strings.Repeat("1", 29) + "..."},

		{Time, "15:01", "15:01"},
		{Time, "15:01:02", "15:01:02"},
		{Time, "2019年10月1日 15:01", "2019年10月1日 15:01"},
		{Time, "2019年10月1日15:01", "2019年10月1日 15:01"},
		{Time, "2019 年 10 月 1 日 15：01", "2019年10月1日 15:01"},
		{Time, "2026-11-23T10:00:00Z", "2026-11-23 18:00"},
		{Time, "2026-11-23T10:00", "2026-11-23 10:00"},
		{Time, "2026年11月23日", "2026年11月23日 00:00"},
		{Time, "10:00～12:00", "10:00~12:00"},
		{Time, "10:00-12:00", "10:00~12:00"},
		{Time, "10:00 至 12:00", "10:00~12:00"},
		{Time, "2026-11-23 10:00 - 2026-11-24 10:00", "2026-11-23 10:00~2026-11-24 10:00"},
		{Time, "25:00", "00:00"},
		{Time, "明天下午", "00:00"},
		{Time, "", "00:00"},

		{Date, "2026-11-23", "2026-11-23"},
		{Date, "2026/1/5", "2026/1/5"},
		{Date, "2026.01.05", "2026.01.05"},
		{Date, "2026年1月5日", "2026年1月5日"},
		{Date, "2026年1月5日至2026年3月5日", "2026年1月5日~2026年3月5日"},
		{Date, "2026年1月5日至今", "2026年1月5日"},
		{Date, "2026-01-05 10:00～12:00", "2026-01-05 10:00"},
		{Date, "2026-02-30", "1970-01-01"},
		{Date, "2026-11", "1970-01-01"},
		{Date, "10:00", "1970-01-01"},
		{Date, "2026-11-23T23:30:00+08:00", "2026-11-23 23:30"},

		{Amount, "￥1,200.50元/月", "￥1200.50元"},
		{Amount, "人民币 1200 元", "1200元"},
		{Amount, "12345678.999", "12345678.99"},
		{Amount, "1234567890.5", "1234567890"},
		{Amount, "12345678901", "0"},
		{Amount, "面议", "0"},
		{Amount, "-¥5", "0"},

		{PhoneNumber, "+86 138-0000-0000", "+86138-0000-0000"},
		{PhoneNumber, "138****0000", "138****0000"},
		{PhoneNumber, "电话：０３７１-6", "0371-6"},
		{PhoneNumber, "--", "0"},

		{CarNumber, "豫A·12345", "豫A12345"},
		{CarNumber, "豫A1234挂", "豫A1234挂"},
		{CarNumber, "豫A1学警", "豫A1警"},
		{CarNumber, "!", "无"},

		{Name, "欧阳修", "欧阳修"},
		{Name, "买买提·艾力", "买买提·艾力"},
		{Name, strings.Repeat("长", 11), strings.Repeat("长", 9) + "…"},
		{Name, "John Smith", "John Smith"},
		{Name, "Wolfeschlegelsteinhausen", "Wolfeschlegelsteinh…"},
		{Name, "张三2", "张三"},

		{Phrase, "已通过", "已通过"},
		{Phrase, "待审核(第2次)", "待审核第次"},
		{Phrase, "审核未通过请修改", "审核未通过"},
		{Phrase, "OK", "无"},

		{Enum, "选项一", "选项一"},
		{Const, "", "无"},
		{ValueType("keyword"), twenty + "多", strings.Repeat("字", 19) + "…"},
	}
	for _, c := range cases {
		if got := Cut(c.t, c.in); got != c.value {
			t.Errorf("%s %q: got %q, want %q", c.t, c.in, got, c.value)
		}
	}
}

func TestValidStatesThePublishedRule(t *testing.T) {
	t.Parallel()
	cases := []struct {
		t    ValueType
		good []string
		bad  []string
	}{
		{Thing, []string{"中文abc123!", strings.Repeat("字", 20), "有 空格", "好😀"}, []string{"", " ", "😀", "两\n行", "\t", strings.Repeat("字", 21), "\xff", "零\u200b宽"}},
		{Number, []string{"0", "3.14", strings.Repeat("1", 32)}, []string{"1,200", "-1", "1.", ".5", "1个", strings.Repeat("1", 33), "１"}},
		{Letter, []string{"abcXYZ"}, []string{"a1", "中", "a b", strings.Repeat("a", 33)}},
		{Symbol, []string{"!@#", "。，"}, []string{"a", "!!!!!!", "1"}},
		{CharacterString, []string{"HT-2026/001", "a b"}, []string{"合同1", strings.Repeat("a", 33)}},
		{Time, []string{"15:01", "9:05", "2019年10月1日 15:01", "2019-10-01 15:01:59", "10:00~12:00"},
			[]string{"2019年10月1日", "24:00", "12:60", "10:00～12:00", "10:00~", "~10:00", "10:00~11:00~12:00", "15:1", "2019年10月1日15:01", " 15:01", "上午"}},
		{Date, []string{"2019年10月1日", "2019-10-01", "2019/10/1", "2019.10.1", "2019年10月1日 15:01", "2019-10-01~2019-10-07"},
			[]string{"15:01", "2019-13-01", "2019-02-29", "2019-10/01", "19-10-01", "2019年10月1日 ", "20191001"}},
		{Amount, []string{"100", "¥100", "￥100.5元", "$1", "1234567890"}, []string{"¥¥1", "12345678901", "1,000", "100块", "元", "-1", "1.2.3"}},
		{PhoneNumber, []string{"+86-0766-66888866", "13800000000"}, []string{"一二三", strings.Repeat("1", 18), "138 0000"}},
		{CarNumber, []string{"粤A8Z888挂", "豫A12345"}, []string{"粤粤A123", "A·12345", "豫A1234567"}},
		{Name, []string{"欧阳修", "John Smith", strings.Repeat("长", 10), strings.Repeat("a", 20)}, []string{"张3", strings.Repeat("长", 11), strings.Repeat("a", 21), strings.Repeat("a", 10) + "长"}},
		{Phrase, []string{"配送中", "审核未通过"}, []string{"OK", "已通过！", "审核不会通过", "已 过"}},
		{Enum, []string{"一"}, []string{"", strings.Repeat("一", 21)}},
	}
	for _, c := range cases {
		for _, v := range c.good {
			if err := Valid(c.t, v); err != nil {
				t.Errorf("%s %q: refused: %v", c.t, v, err)
			}
		}
		for _, v := range c.bad {
			if err := Valid(c.t, v); err == nil {
				t.Errorf("%s %q: accepted", c.t, v)
			}
		}
	}
	if err := Valid("keyword", "x"); !errors.Is(err, ErrValueType) {
		t.Errorf("unknown type: %v", err)
	}
}

func TestPlaceholdersAreValid(t *testing.T) {
	t.Parallel()
	for _, vt := range ValueTypes() {
		if err := Valid(vt, Placeholder(vt)); err != nil {
			t.Errorf("%s: placeholder %q: %v", vt, Placeholder(vt), err)
		}
	}
	if got := Placeholder("keyword"); got != "无" {
		t.Errorf("unknown type: %q", got)
	}
}

func FuzzCut(f *testing.F) {
	for _, s := range []string{"", "张三", "2026年1月5日 10:00至12:00", "¥1,200.50元", "豫A·1234挂", "😀\n\x00\xff", "+86 138", "10:00～12:00",
		"2026-11-23T10:00:00+08:00", strings.Repeat("字", 50), "\u200d", "\u2028", "9999999999999999999999999999999999.5", "年月日:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, vt := range ValueTypes() {
			value := Cut(vt, text)
			if err := Valid(vt, value); err != nil {
				t.Errorf("%s: Cut(%q) = %q: %v", vt, text, value, err)
			}
			if again := Cut(vt, value); again != value {
				t.Errorf("%s: Cut(%q) = %q, cut again %q", vt, text, value, again)
			}
		}
	})
}

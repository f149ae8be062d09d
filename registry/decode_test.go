package registry

import (
	"errors"
	"strings"
	"testing"
	"time"
)

const asked = "91410900MA4ABCD173"

func TestDecode(t *testing.T) {
	t.Parallel()
	good := `{"found":true,"record":{"code":"91410900MA4ABCD173","name":" 示例电子 ","legalPerson":"张明","status":"存续"}}`
	for body, want := range map[string]string{
		good:                               "示例电子",
		`{"found":false}`:                  "nothing",
		`{"found":false,"record":null}`:    "nothing",
		strings.ToLower(`{"FOUND":false}`): "nothing",
		"":                                 "garbage", "null": "garbage", "[]": "garbage", `"x"`: "garbage", "{}": "garbage", "\xff": "garbage",
		`{"found":"true"}`:                                       "garbage",
		`{"found":true}`:                                         "garbage",
		`{"found":true,"record":null}`:                           "garbage",
		`{"found":false,"record":{}}`:                            "garbage",
		`{"found":true,"record":{}}`:                             "garbage",
		`{"found":true,"record":[]}`:                             "garbage",
		`{"found":false,"more":1}`:                               "garbage",
		`{"found":false}{"found":false}`:                         "garbage",
		`{"found":false} trailing`:                               "garbage",
		good + "x":                                               "garbage",
		good[:len(good)-1]:                                       "garbage",
		strings.Replace(good, "张明", "", 1):                       "garbage",
		strings.Replace(good, "存续", " ", 1):                      "garbage",
		strings.Replace(good, "张明", "张\\u0000明", 1):              "garbage",
		strings.Replace(good, "张明", "张\\u202e明", 1):              "garbage",
		strings.Replace(good, "张明", "张\\ud800明", 1):              "garbage",
		strings.Replace(good, "D173", "D174", 1):                 "garbage",
		strings.Replace(good, "张明", strings.Repeat("张", 201), 1): "garbage",
		strings.Replace(good, "legalPerson", "legalperson2", 1):  "garbage",
		strings.Repeat("[", 70000):                               "garbage",
		good + strings.Repeat(" ", maxAnswer):                    "garbage",
	} {
		record, err := decode([]byte(body), asked)
		silent, isSilent := errors.AsType[*SilentError](err)
		switch {
		case want == "nothing" && errors.Is(err, ErrNotFound):
		case want == "garbage" && isSilent && silent.Reason == Garbage:
		case err == nil && record.Name == want:
		default:
			t.Errorf("%.120s: %+v, %v, want %s", body, record, err, want)
		}
	}
}

func TestSameEnterprise(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		record, asked string
		want          bool
	}{
		{asked, asked, true},
		{strings.ToLower(asked), asked, true},
		{asked, "MA4ABCD17", true},
		{"MA4ABCD17", "MA4ABCD17", true},
		{"MA4ABCD17", asked, false},
		{asked, "MA4ABCD18", false},
		{"", "", true},
		{"", asked, false},
		{"汉字汉字汉字", "MA4ABCD17", false},
	} {
		if got := sameEnterprise(tc.record, tc.asked); got != tc.want {
			t.Errorf("%+v: %v", tc, got)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{"": 0, "5": 5 * time.Second, " 5 ": 5 * time.Second, "-5": 0, "0": 0, "99999999": time.Hour,
		"9999999999999999999999": 0, "Wed, 21 Oct 2026 07:28:00 GMT": 0, "5.5": 0} {
		if got := retryAfter(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

// FuzzDecode: whatever comes, the answer is a whole record of the code, nothing, or garbage.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"found":true,"record":{"code":"91410900MA4ABCD173","name":"示例电子","legalPerson":"张明","status":"存续"}}`), asked)
	f.Add([]byte(`{"found":false}`), "")
	f.Add([]byte("\x00"), "MA4ABCD17")
	f.Fuzz(func(t *testing.T, body []byte, code string) {
		record, err := decode(body, code)
		silent, isSilent := errors.AsType[*SilentError](err)
		switch {
		case err == nil:
			if record.Name == "" || record.LegalPerson == "" || record.Status == "" || !sameEnterprise(record.Code, code) {
				t.Errorf("%q: %+v", code, record)
			}
		case record != Record{}, !errors.Is(err, ErrNotFound) && (!isSilent || silent.Reason != Garbage):
			t.Errorf("%+v, %v", record, err)
		}
	})
}

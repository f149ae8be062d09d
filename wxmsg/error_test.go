package wxmsg

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	testOpenID = "oCJUsw8UMx51UjK6ixO7kdAOvMfe"
	testToken  = "98_kVqFvLcXw0tBzYdNfHsR3mJpUeTgQaKi7oPnSbWxZy1CvDuElGhMrOj24sTaVwXyZ"
	testSecret = "0123456789abcdef0123456789abcdef"
)

func TestRedactHidesWhatIdentifies(t *testing.T) {
	t.Parallel()
	secrets := []string{testOpenID, testToken, testSecret, "short-secret", "code123"}
	texts := []string{
		"https://api.weixin.qq.com/x?access_token=" + testToken + "&openid=" + testOpenID,
		"appid=wx1&secret=" + testSecret + "&js_code=code123 more",
		`{"secret":"short-secret","touser":"` + testOpenID + `"}`,
		`{"secret": "short-secret"}`,
		"invalid openid [" + testOpenID + "]",
		"user" + testOpenID + "不存在",
		"bare " + testToken + " token, bare " + testSecret,
		"SECRET=short-secret",
	}
	for _, text := range texts {
		got := Redact(text)
		for _, s := range secrets {
			if strings.Contains(got, s) {
				t.Errorf("%q left in %q", s, got)
			}
		}
	}
}

func TestRedactKeepsWhatHelps(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"errcode=40029 invalid code",
		"dial tcp 127.0.0.1:443: connect: connection refused",
		"invalid ip 203.0.113.7, not in whitelist",
		"argument invalid! data.thing1.value invalid",
	} {
		if got := Redact(text); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
}

func TestAnswerErrorTakesTheMessageApart(t *testing.T) {
	t.Parallel()
	cases := []struct {
		code                 int
		text                 string
		message, rid, field  string
		class                Class
		retryAfterAtLeastOne bool
	}{
		{40003, "invalid openid rid: 65f0a1b2-1c2d3e4f-5a6b7c8d", "invalid openid", "65f0a1b2-1c2d3e4f-5a6b7c8d", "", Refused, false},
		{40001, "invalid credential, access_token is invalid or not latest, hints: [ req_id: abc.Aa0123s456-7pQ ]",
			"invalid credential, access_token is invalid or not latest", "abc.Aa0123s456-7pQ", "", Token, false},
		{47003, "argument invalid! data.thing12.value invalid rid: 65f0a1b2-1c2d", "argument invalid! data.thing12.value invalid", "65f0a1b2-1c2d", "thing12", Payload, false},
		{45011, "api minute-quota reach limit", "api minute-quota reach limit", "", "", Pace, true},
		{999999, "what\nis this", "what is this", "", "", Unknown, false},
		{-1, "system error", "system error", "", "", Transient, false},
	}
	for _, c := range cases {
		e := answerError("op", 200, c.code, c.text)
		if e.Message != c.message || e.RID != c.rid || e.Field != c.field || e.Class != c.class || !e.Started {
			t.Errorf("%d: got %+v", c.code, e)
		}
		if (e.RetryAfter > 0) != c.retryAfterAtLeastOne {
			t.Errorf("%d: RetryAfter %v", c.code, e.RetryAfter)
		}
	}
	long := answerError("op", 200, 47001, strings.Repeat("长", 1000))
	if len(long.Message) > maxMessage || strings.ToValidUTF8(long.Message, "?") != long.Message {
		t.Errorf("message of %d bytes", len(long.Message))
	}
}

func TestErrorNeverShowsItsURL(t *testing.T) {
	t.Parallel()
	inner := &url.Error{Op: "Post", URL: "https://api.weixin.qq.com/?access_token=" + testToken,
		Err: errors.New("read: connection reset, secret=" + testSecret)}
	wrapped := fmt.Errorf("sending: %w", ambiguous("template.send", 0, inner))
	for err := wrapped; err != nil; err = errors.Unwrap(err) {
		if s := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(s, testToken) || strings.Contains(s, testSecret) || strings.Contains(s, "weixin") {
			t.Errorf("leaks: %s", s)
		}
	}
	var e *Error
	if !errors.As(wrapped, &e) || ClassOf(wrapped) != Ambiguous || !strings.Contains(e.Error(), "connection reset") {
		t.Errorf("got %v", wrapped)
	}
	late := notSent("op", &url.Error{Op: "Get", URL: "x", Err: context.DeadlineExceeded})
	if !errors.Is(late, context.DeadlineExceeded) {
		t.Errorf("deadline not recognised in %v", late)
	}
}

func TestClassOfForeignErrors(t *testing.T) {
	t.Parallel()
	if got := ClassOf(nil); got != "" {
		t.Errorf("nil: %q", got)
	}
	if got := ClassOf(errors.New("x")); got != Unknown {
		t.Errorf("foreign: %q", got)
	}
}

func TestCodeTable(t *testing.T) {
	t.Parallel()
	table := Codes()
	if !slices.IsSortedFunc(table, func(a, b CodeInfo) int { return a.Code - b.Code }) {
		t.Error("not sorted: LookupCode would miss codes")
	}
	for i, c := range table {
		if i > 0 && table[i-1].Code == c.Code {
			t.Errorf("%d twice", c.Code)
		}
		if c.Meaning == "" || c.Class == "" {
			t.Errorf("%d: incomplete", c.Code)
		}
		if got, ok := LookupCode(c.Code); !ok || got != c {
			t.Errorf("%d: lookup gives %+v, %v", c.Code, got, ok)
		}
		if c.Class == Pace && c.RetryAfter < time.Minute {
			t.Errorf("%d: pace without a wait", c.Code)
		}
	}
	// Every code of wechat.md §1.5, §1.6, §3, §6.1, §6.3 and §7.2.
	for _, code := range []int{-1, 40001, 40002, 40003, 40008, 40013, 40014, 40029, 40036, 40037, 40038, 40039, 40052, 40053,
		40125, 40163, 40164, 40226, 40243, 40246, 40247, 40249, 41001, 41002, 41004, 41030, 42001, 43002, 43004, 43019, 43101,
		43106, 43107, 43108, 43116, 43117, 45009, 45011, 45103, 45109, 45168, 47001, 47003, 47501, 48001, 48004, 50002, 50004,
		50007, 61004, 87009, 89503, 89506, 89507, 48006, 76021, 76022, 1400001} {
		if _, ok := LookupCode(code); !ok {
			t.Errorf("%d missing", code)
		}
	}
	if len(table) != 58 {
		t.Errorf("%d codes in the table: extend this test's list too", len(table))
	}
}

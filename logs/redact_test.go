package logs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"shixi/logs"
)

const (
	openID      = "oGZUI0egBJY1zhBYw2KhdUfwVJJE"
	idNumber    = "41010220050314123X"
	mobile      = "13800138000"
	accessToken = "64_k9Xw2QpLzR7vN4bT8cYd1EfGhJ5mKsA0uIo3PqWxZyVtBn6CrDe_HgFjLkMiOaSb"
	session     = "dGhpcyBpcyBhIDI1NiBiaXQgc2Vzc2lvbiB0b2tlbiE"
	appSecret   = "9a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d"
	shortSecret = "Tr0ub4dor"
)

// hostile holds lines as they come about in earnest: errors that carry URLs, bodies quoted into messages, headers
// printed, escapes of every kind. None of the private values above may survive in any of them.
var hostile = []string{
	// errors of the HTTP client and of the platform
	`Post "https://api.weixin.qq.com/cgi-bin/message/template/send?access_token=` + accessToken + `": context deadline exceeded`,
	`Get "https://api.weixin.qq.com/sns/jscode2session?appid=wx1234567890abcdef&secret=` + appSecret + `&js_code=abc": EOF`,
	`{"grant_type":"client_credential","appid":"wx1234567890abcdef","secret":"` + appSecret + `","force_refresh":false}`,
	`{"access_token": "` + accessToken + `", "expires_in": 7200}`,
	`invalid argument: {"touser":"` + openID + `","template_id":"x"}`,
	`errcode 43004 for ` + openID + `, rid: 6554a7a1-0c2b1a2f-1a2b3c4d`,
	`wxmsg: send to ` + openID,
	`openid=` + openID + `&unionid=` + openID,
	`E11000 duplicate key error collection: shixi.accounts index: holds dup key: { holds: "openid:oa:` + openID + `" }`,
	`E11000 duplicate key error: { holds: "mobile:` + mobile + `" }`,
	`push_` + openID + `_3`,
	`unionid o6_bmasdasdsad6_2sgVt7hMZOPfL`, // the platform's own sample, of 29 characters
	`key pushes/` + openID + `-retry`,
	// escapes
	`body "{\"openid\":\"` + openID + `\",\"session_key\":\"tiihtNczf5v6AKRyjwEUhQ==\"}"`,
	`body "{\"password\":\"Tr0ub\\\"4dor\"}"`,
	`{"password":"Tr0ub\"4dor","x":1}`,
	`{"password":"Tr0ub4dor\\"}`,
	`line\n` + openID + `\n`,
	`\u003c` + openID + `\u003e`,
	`%22` + openID + `%22 and %3D` + mobile,
	`redirect_uri=https%3A%2F%2Fexample.com%2F%3Faccess_token%3D` + appSecret + `%26x%3D1`,
	`%22secret%22%3A%22` + appSecret + `%22`,
	`&#34;secret&#34;:&#34;` + appSecret + `&#34;`,
	`{&quot;token&quot;:&quot;` + shortSecret + `&quot;}`,
	`\u0022token\u0022:\u0022` + shortSecret + `\u0022`,
	`map[password:[` + shortSecret + `] token:[` + session + `]]`,
	`map["password"]="` + shortSecret + `"`,
	`{Password:` + shortSecret + ` Name:x}`,
	`&{Token:` + shortSecret + ` AESKey:abc}`,
	// headers
	`Authorization: Bearer ` + session,
	`authorization: bearer ` + shortSecret,
	`Authorization: Basic d3g6VHIwdWI0ZG9y`,
	`X-Token: Bearer ` + shortSecret,
	`token=Bearer ` + shortSecret,
	`Cookie: sid=` + shortSecret + `; theme=` + shortSecret,
	`Set-Cookie: session=` + session + `; HttpOnly; Path=/`,
	`map[Authorization:[Bearer ` + shortSecret + `] Cookie:[a=` + shortSecret + `; b=` + shortSecret + `]]`,
	`eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0cjB1YiJ9.c2lnbmF0dXJl`,
	// connection strings
	`dial mongodb://wx:` + shortSecret + `@db:27017/shixi?replicaSet=rs0`,
	`mongodb+srv://wx:Tr0ub4dor%40home@cluster.example.com/`,
	`mongodb://wx:Tr0/ub@4dor@db1:27017,db2:27017/`,
	`parse "redis://:` + shortSecret + `@cache:6379/0": invalid port`,
	`https://redis://u:` + shortSecret + `@cache`,
	`redis://:Tr0/ub?4#dor@cache:6379`,
	`https://operator:` + shortSecret + `@example.com/path`,
	`https%3A%2F%2Foperator%3A` + shortSecret + `%40example.com`,
	`https:\/\/operator:` + shortSecret + `@example.com\/path`,
	// prose
	`password: ` + shortSecret,
	`password = "` + shortSecret + ` and more"`,
	`the password is wrong, password="` + shortSecret + `"`,
	`密码：` + shortSecret,
	`验证码: 482913`,
	`手机号 = ` + mobile,
	`学生 ` + idNumber + ` 已报名`,
	`call ` + mobile + ` or +86 138 0013 8000 or 138-0013-8000 or 8613800138000 or 013800138000`,
	`１３８００１３８０００ and ４１０１０２２００５０３１４１２３４`,
	`id 410102 20050314 123x, 410102-20050314-1234`,
	`a` + mobile + `b`,
	`user:` + idNumber + `:position`,
	// markup
	`<xml><FromUserName><![CDATA[` + openID + `]]></FromUserName><Ticket>` + shortSecret + `</Ticket></xml>`,
	`<FromUserName><![CDATA[short_id]]></FromUserName><access_token>` + shortSecret + `</access_token>`,
	"password: `" + shortSecret + "`",
	"token\t=\t" + shortSecret,
	`{"tokens":["` + shortSecret + `","` + shortSecret + `"],"secret":{"value":"` + shortSecret + `"}}`,
	`{"mobile":13800138000,"id_card":"x"}`,
	session,
	accessToken,
}

// leaks are parts of the private values: none may be found after redaction.
var leaks = []string{
	openID, openID[1:], "410102", "20050314", "13800", "138 0013", "138-0013", "0013", "１３８", "４１０１０２",
	accessToken[:20], accessToken[20:], session[:20], appSecret, shortSecret, "Tr0", "ub", "4dor", "tiihtNczf5v6AKRyjwEUhQ",
	"d3g6VHIwdWI0ZG9y", "eyJ", "c2lnbmF0dXJl", "482913", "short_id", "2sgVt7hMZOPfL",
}

func TestRedactHostileLines(t *testing.T) {
	t.Parallel()
	for _, line := range hostile {
		checkNoLeak(t, line, logs.Redact(line))
	}
}

func checkNoLeak(t *testing.T, line, got string) {
	t.Helper()
	shown := strings.ReplaceAll(got, "duplicate", "") // which has "ub" in no place, unlike what may follow
	for _, leak := range leaks {
		if strings.Contains(shown, leak) {
			t.Errorf("%q shows through:\n in  %s\n out %s", leak, line, got)
		}
	}
	if again := logs.Redact(got); again != got {
		t.Errorf("redacting twice changes the text:\n once  %s\n twice %s", got, again)
	}
}

// A line that was quoted, put into JSON, into a URL, wrapped by an error, or put in the middle of another must not
// leak either.
func TestRedactHostileLinesInDisguise(t *testing.T) {
	t.Parallel()
	disguises := map[string]func(string) string{
		"quoted":        func(s string) string { return fmt.Sprintf("%q", s) },
		"quoted twice":  func(s string) string { return fmt.Sprintf("%q", fmt.Sprintf("%q", s)) },
		"in JSON":       func(s string) string { b, _ := json.Marshal(map[string]string{"detail": s}); return string(b) },
		"wrapped":       func(s string) string { return fmt.Errorf("send push p1: %w", errors.New(s)).Error() },
		"in the middle": func(s string) string { return "正在发送，" + s + "，稍后再试" },
		"after =":       func(s string) string { return "err=" + s },
		"struct":        func(s string) string { return fmt.Sprintf("%+v", struct{ Detail string }{s}) },
	}
	for name, disguise := range disguises {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, line := range hostile {
				checkNoLeak(t, disguise(line), logs.Redact(disguise(line)))
			}
		})
	}
}

// Ordinary lines must stay as they are: a log nobody can read helps nobody.
func TestRedactLeavesTheRest(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"",
		"started",
		"listening on 127.0.0.1:8080",
		"fetch stable token: context deadline exceeded",
		"wxmsg: token: Get failed",
		"openid: not found",
		`errcode 40001: invalid credential, access_token is invalid or not latest, rid: 6554a7a1-0c2b1a2f-1a2b3c4d`,
		"no bearer token was given",
		"Basic information is incomplete",
		"2026-11-23T13:45:10.123456789+08:00",
		"1763876710123", // milliseconds
		"msgid 3557254367693750277",
		"attempt 3 of 25 after 15000 ms",
		"f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
		"5d41402abc4b2a76b9719d911017c592",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"placement 64f0c2a1b3d4e5f6a7b8c9d0 accepted",
		"https://www.example.com/sim?page=2#top",
		"mongodb://127.0.0.1:27017/shixi",
		"92 of 100 positions, 200 students",
		"该学生已被其他企业签约",
		"邮箱 a@b.example",
		"order 20261123123456789012",
		"observability_of_the_enterprises_and_the_placements",
		"phase 1/2: indexes",
		"the url is https://example.com/a/@b",
		"91410100MA44ABCD1X",
	} {
		if got := logs.Redact(line); got != line {
			t.Errorf("Redact(%q) = %q, want it unchanged", line, got)
		}
	}
}

func TestRedactKeepsWhatStandsAround(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, want string }{
		{"a token=x1y2,errcode=40001", "a token=***,errcode=40001"},
		{`{"secret":"x","errcode":40001}`, `{"secret":"***","errcode":40001}`},
		{"mongodb://u:p@db:27017/shixi?replicaSet=rs0", "mongodb://***@db:27017/shixi?replicaSet=rs0"},
		{"https://h/p?access_token=abc&type=jsapi", "https://h/p?access_token=***&type=jsapi"},
		{"学生手机 13800138000 已绑定", "学生手机 *mobile* 已绑定"},
		{"to " + openID + " failed", "to *openid* failed"},
		{"id 41010220050314123X.", "id *id-number*."},
		{"Bearer abc.DEF-123 rejected", "Bearer *token* rejected"},
	} {
		if got := logs.Redact(tc.in); got != tc.want {
			t.Errorf("Redact(%q)\n got %q\nwant %q", tc.in, got, tc.want)
		}
	}
}

// A secret the program knows is hidden wherever it stands, in the forms in which text carries it.
func TestRedactorKnowsSecretsByValue(t *testing.T) {
	t.Parallel()
	const secret = `p+q/"r s&t`
	r := logs.NewRedactor(secret, appSecret, "abc")
	for _, line := range []string{
		"the value " + secret + " alone",
		"in a query: " + url.QueryEscape(secret),
		"in a path: " + url.PathEscape(secret),
		fmt.Sprintf("quoted: %q", secret),
		"bare " + appSecret,
	} {
		got := r.Redact(line)
		if !strings.Contains(got, "***") || strings.Contains(got, "q/") || strings.Contains(got, appSecret) {
			t.Errorf("Redact(%q) = %q", line, got)
		}
	}
	if got := r.Redact("abcdef"); got != "abcdef" {
		t.Errorf("a secret of three letters garbles ordinary words: %q", got)
	}
}

// FuzzRedact puts private values between arbitrary text. Whatever stands around them, they may not be read afterwards.
func FuzzRedact(f *testing.F) {
	for _, line := range hostile {
		f.Add(line, " ", " ")
		f.Add("", line, "")
	}
	f.Add(`{"a":"`, `","password":"`, `"}`)
	f.Add("\\", "%", "\xff")
	f.Fuzz(func(t *testing.T, before, between, after string) {
		// A letter or digit that touches a value makes it another value, so each is set off by a space.
		text := before + " " + openID + " " + between + " " + mobile + " " + after + " Bearer " + shortSecret + " "
		got := logs.Redact(text)
		for _, private := range []string{openID, mobile} {
			if strings.Contains(got, " "+private+" ") {
				t.Errorf("Redact(%q) shows %s: %q", text, private, got)
			}
		}
		if strings.Contains(got, "Bearer "+shortSecret) {
			t.Errorf("Redact(%q) shows the credential: %q", text, got)
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	for name, line := range map[string]string{
		"clean":   "placement 64f0c2a1b3d4e5f6a7b8c9d0 accepted by enterprise 64f0c2a1b3d4e5f6a7b8c9d1 in 12 ms",
		"chinese": "该学生已被其他企业签约，岗位已满，请选择其他岗位",
		"private": hostile[0],
		"schemes": strings.Repeat("redis://", 8<<10),
		"escaped": strings.Repeat(`a:\u002f\u002f`, 4<<10),
		"slashes": strings.Repeat(`\\\\`, 16<<10),
		"names":   strings.Repeat("token=[", 8<<10),
		"quotes":  strings.Repeat(`a""`, 20<<10),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(line)))
			for b.Loop() {
				_ = logs.Redact(line)
			}
		})
	}
}

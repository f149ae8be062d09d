package handlers_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"shixi/acts/actstest"
	"shixi/internship"
)

// page demands an HTML page that may do nothing but what ours do.
func (a answer) page(status int) string {
	a.tb.Helper()
	body := string(a.ok(status).body)
	if kind := a.header.Get("Content-Type"); kind != "text/html; charset=utf-8" {
		a.tb.Errorf("%s is %s", a.what, kind)
	}
	policy := a.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "form-action "} {
		if !strings.Contains(policy, want) {
			a.tb.Errorf("%s: policy %q lacks %s", a.what, policy, want)
		}
	}
	for name, want := range map[string]string{"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
		if got := a.header.Get(name); got != want {
			a.tb.Errorf("%s: %s %q, want %q", a.what, name, got, want)
		}
	}
	if found := inline.FindString(body); found != "" {
		a.tb.Errorf("%s has what its policy forbids: %s", a.what, found)
	}
	return body
}

// inline are scripts, styles and handlers within a page, and addresses that run.
var inline = regexp.MustCompile(`(?i)<script>|<script [^>]*>[^<]|<style|<[^>]+ (on[a-z]+|style)=|<[^>]+ (href|src|action)="\s*(javascript|vbscript|data:text)`)

func TestPagesKeepToTheirPolicy(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("濮阳市示例电子有限公司")
	b := w.browser()
	for path, want := range map[string]string{"/h5/login": "企事业单位登录", "/h5/register": "企事业单位入驻", "/h5/activate": "激活码", "/h5/reset": "新密码",
		"/h5/recover": "身份证", "/h5/help/guide": "操作说明", "/h5/help/privacy": "隐私说明", "/join": "企业入驻", "/docs": "接口文档"} {
		if body := b.get(path).page(http.StatusOK); !strings.Contains(body, want) {
			t.Errorf("%s lacks %q", path, want)
		}
	}
	b.logIn(e)
	for path, want := range map[string]string{"/h5/home": "濮阳市示例电子有限公司", "/h5/bind": "绑定服务号"} {
		if body := b.get(path).page(http.StatusOK); !strings.Contains(body, want) || !strings.Contains(body, "138****") || strings.Contains(body, e.Mobile) {
			t.Errorf("%s:\n%s", path, body)
		}
	}
	for _, path := range []string{"/h5/nowhere", "/h5/help/nothing", "/h5/help/..%2f..%2fh5.go", "/h5/login/x"} {
		if body := b.get(path).page(http.StatusNotFound); !strings.Contains(body, "页面不存在") {
			t.Errorf("%s:\n%s", path, body)
		}
	}
	b.get("/h5").leads("/h5/home")
	b.get("/").leads("/h5/home")
	w.browser().get("/h5/bind").leads("/h5/login?next=%2Fh5%2Fbind")
}

// TestPagesTellNamesAsText: whatever people may call themselves stays text.
func TestPagesTellNamesAsText(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	const hostile = `"><img src=x onerror=alert(1)><script>alert(1)</script>{{.}}`
	applicant := w.Applicant()
	in := applicant.Form(hostile, actstest.USCC(4242))
	in.Registrant.Name = `<b onclick="x">'王`
	e := applicant.Registers(in)
	if _, err := w.Acts.ReturnReview(t.Context(), actstest.Platform, e.ID, internship.VerdictInput{Round: 1, Reason: `</p><script src="//evil.example">`}); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	b.logIn(e)
	for _, path := range []string{"/h5/home", "/h5/bind"} {
		body := b.get(path).page(http.StatusOK)
		for _, never := range []string{"<img src=x", "<b onclick", "evil.example\">", "<script>"} {
			if strings.Contains(body, never) {
				t.Errorf("%s shows %s as it is:\n%s", path, never, body)
			}
		}
	}
	if body := string(b.get("/h5/home").body); !strings.Contains(body, "&lt;img src=x") || !strings.Contains(body, "&lt;script src=") || !strings.Contains(body, "再重新提交") {
		t.Errorf("the name or the reason is missing:\n%s", body)
	}
}

func TestLogInPageLeadsToOwnPlacesOnly(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	logged, b := w.browser(), w.browser()
	logged.logIn(e)
	for next, want := range map[string]string{
		"/h5/bind":                         "/h5/bind",
		"/h5/home?a=1&b=2#c":               "/h5/home?a=1&b=2#c",
		"https://h5.shixi.test:8443/x":     "https://h5.shixi.test:8443/x",
		"":                                 "/h5/",
		"//evil.example/":                  "/h5/",
		"https://evil.example/":            "/h5/",
		"https://shixi.test@evil.example":  "/h5/",
		`/\evil.example`:                   "/h5/",
		"/\t/evil.example":                 "/h5/",
		"javascript:alert(1)":              "/h5/",
		"JaVaScRiPt://shixi.test/%0aalert": "/h5/",
		"data:text/html,x":                 "/h5/",
		`/"><script>alert(1)</script>`:     "/%22%3E%3Cscript%3Ealert%281%29%3C/script%3E",
		"/api/v1/me":                       "/h5/",
	} {
		query := "/h5/login?" + url.Values{"next": {next}}.Encode()
		body := b.get(query).page(http.StatusOK)
		escaped := strings.NewReplacer("&", "&amp;").Replace(want)
		if n := strings.Count(body, `data-next="`+escaped+`"`); n != 3 || strings.Contains(body, "evil.example") {
			t.Errorf("next=%q leads elsewhere (%d of 3 to %s):\n%s", next, n, want, body)
		}
		logged.get(query).leads(want)
	}
	for _, query := range []string{"wechat=%3Cscript%3E", "done=%3Cscript%3E", "wechat=unbound&done=%3Cscript%3E", "next=/&next=//evil.example"} {
		b.get("/h5/login?" + query).page(http.StatusOK)
	}
	if body := b.get("/h5/login?wechat=unbound&next=%2Fh5%2Fbind").page(http.StatusOK); !strings.Contains(body, "尚未绑定企业账号") {
		t.Errorf("the notice is missing:\n%s", body)
	}
	inWechat := w.phone()
	if body := inWechat.get("/h5/login?next=%2Fh5%2Fbind").page(http.StatusOK); !strings.Contains(body, `href="/wx/oauth/start?next=%2fh5%2fbind"`) {
		t.Errorf("no way in by WeChat:\n%s", body)
	}
	if body := inWechat.get("/h5/login?wechat=unbound").page(http.StatusOK); strings.Contains(body, "/wx/oauth/start") {
		t.Error("offers the way that has just ended here")
	}
}

// TestLogOutIsOurOwnFormOnly: a foreign page can send the form, but not as ours.
func TestLogOutIsOurOwnFormOnly(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	b := w.browser()
	b.logIn(e)
	leave := func(header map[string]string) answer {
		req := httptest.NewRequest(http.MethodPost, "https://shixi.test/h5/logout", nil)
		req.AddCookie(&http.Cookie{Name: "shixi_session", Value: b.cookies["shixi_session"].Value})
		for name, value := range header {
			req.Header.Set(name, value)
		}
		return w.anyone().send(req, "/h5/logout")
	}
	for _, foreign := range []map[string]string{nil, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}, {"Origin": "null"},
		{"Origin": "https://evil.example"}, {"Origin": "https://shixi.test.evil.example"}, {"Sec-Fetch-Site": "cross-site", "Origin": "https://shixi.test"}} {
		leave(foreign).told(internship.ErrForbidden)
	}
	if b.whose() != e.Staff.AccountID {
		t.Fatal("a foreign form ended the session")
	}
	for _, own := range []map[string]string{{"Sec-Fetch-Site": "same-origin"}, {"Origin": "https://shixi.test"}} {
		if !func() bool { b.logIn(e); return b.whose() != "" }() {
			t.Fatal("not logged in")
		}
		a := leave(own).ok(http.StatusSeeOther)
		if set := a.header.Get("Set-Cookie"); !strings.HasPrefix(set, "shixi_session=;") || !strings.Contains(set, "Max-Age=0") || a.header.Get("Location") != "/h5/login" {
			t.Errorf("%v: %q to %q", own, set, a.header.Get("Location"))
		}
		if b.whose() != "" {
			t.Errorf("%v: the session goes on", own)
		}
	}
	leave(map[string]string{"Sec-Fetch-Site": "same-origin"}).ok(http.StatusSeeOther) // twice is once
}

// TestCookieAloneChangesNothing: what a foreign page can have sent lacks the
// header that scripts of ours add.
func TestCookieAloneChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	b := w.browser()
	b.logIn(e)
	cookie := w.anyone().with("Cookie", "shixi_session="+b.cookies["shixi_session"].Value).with("Origin", "https://evil.example")
	for _, path := range []string{"/api/v1/logout", "/api/v1/bindings/follower", "/api/v1/positions", "/api/v1/notices/read"} {
		cookie.post(path, "{}").refused(internship.ErrForbidden)
	}
	cookie.delete("/api/v1/bindings/follower").refused(internship.ErrForbidden)
	if b.whose() == "" {
		t.Error("the session ended")
	}
	if a := cookie.get("/api/v1/me").ok(http.StatusOK); a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("other sites may read answers")
	}
}

// TestEveryInputHasItsLabel, and is told apart by what describes it.
func TestEveryInputHasItsLabel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tag := regexp.MustCompile(`<(?:input|select|textarea)[^>]*>`)
	attribute := func(tag, name string) string {
		_, rest, _ := strings.Cut(tag, " "+name+`="`)
		value, _, _ := strings.Cut(rest, `"`)
		return value
	}
	for _, path := range []string{"/h5/login", "/h5/register", "/h5/activate", "/h5/reset", "/h5/recover"} {
		body := w.anyone().get(path).page(http.StatusOK)
		seen := map[string]bool{}
		for _, in := range tag.FindAllString(body, -1) {
			id := attribute(in, "id")
			if attribute(in, "type") == "hidden" || attribute(in, "aria-label") != "" || attribute(in, "name") == "codeConfirmed" {
				continue
			}
			if id == "" || seen[id] || strings.Count(body, `for="`+id+`"`) < 1 {
				t.Errorf("%s: no label of its own: %s", path, in)
			}
			seen[id] = true
			for _, described := range strings.Fields(attribute(in, "aria-describedby")) {
				if strings.Count(body, ` id="`+described+`"`) != 1 {
					t.Errorf("%s: %s is described by %s", path, id, described)
				}
			}
		}
		if len(seen) == 0 {
			t.Errorf("%s has no inputs", path)
		}
	}
}

// TestHelpOpensBesideTheForm: what was typed is lost with the page that it was
// typed on. The links are those of the manual (§2).
func TestHelpOpensBesideTheForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	link := regexp.MustCompile(`<a href="/h5/help/[^>]*>`)
	for path, labels := range map[string][]string{"/h5/login": {"操作说明", "忘记密码？", "账号和密码都忘记了怎么办？", "快速注册（企业入驻）", "关注公众号 操作更方便"},
		"/h5/register": {"已有账号？快速登录", "注册须知", "如何压缩图片？", "由注册单位自己负责", "不超过 2000 字"}, "/h5/activate": {"操作说明"}, "/h5/reset": {"操作说明"}, "/h5/recover": {"如何压缩图片？"}} {
		body := w.anyone().get(path).page(http.StatusOK)
		for _, label := range labels {
			if !strings.Contains(body, label) {
				t.Errorf("%s lacks %s", path, label)
			}
		}
		for _, a := range link.FindAllString(body, -1) {
			if !strings.Contains(a, `target="_blank" rel="noopener"`) {
				t.Errorf("%s is left by %s", path, a)
			}
		}
	}
}

func TestFilesOfPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := w.anyone().get("/h5/register").page(http.StatusOK)
	files := regexp.MustCompile(`(?:src|href)="(/h5/static/[^"]+)"`).FindAllStringSubmatch(body, -1)
	if len(files) != 7 {
		t.Errorf("files %v", files)
	}
	for _, f := range files {
		a := w.anyone().get(f[1]).ok(http.StatusOK)
		if !strings.Contains(a.header.Get("Cache-Control"), "immutable") || !strings.HasPrefix(a.header.Get("Content-Type"), "text/") {
			t.Errorf("%s: %v", f[1], a.header)
		}
		bare, _, _ := strings.Cut(f[1], "?")
		if old := w.anyone().get(bare + "?v=old").ok(http.StatusOK); strings.Contains(old.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: another version is kept for good", bare)
		}
		w.anyone().with("If-None-Match", a.header.Get("ETag")).get(f[1]).ok(http.StatusNotModified)
	}
	w.anyone().get("/docs/secret.js").refused(internship.ErrNotFound)
	packed := w.anyone().with("Accept-Encoding", "gzip").get("/docs/swagger-ui.css").ok(http.StatusOK)
	unpacked, err := gzip.NewReader(strings.NewReader(string(packed.body)))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(unpacked)
	if err != nil || string(w.anyone().get("/docs/swagger-ui.css").ok(http.StatusOK).body) != string(plain) {
		t.Errorf("packed and plain differ (%v)", err)
	}
}

// TestActivationPageKnowsTheCode: only what may be an enterprise's code is filled in.
func TestActivationPageKnowsTheCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := actstest.USCC(1)
	for query, want := range map[string]string{
		"?code=" + code: code, "?code=" + strings.ToLower(code): code, "": "", "?code=": "", "?code=%22%3E%3Cscript%3E": "", "?code=123": "", "?code=%ff": "",
		"?activationCode=AAAA-BBBB-CCCC": "", "?code=" + strings.Repeat("9", 5000): "",
	} {
		body := w.anyone().get("/h5/activate" + query).page(http.StatusOK)
		if got := strings.Contains(body, ` value="`); got != (want != "") || want != "" && !strings.Contains(body, ` value="`+want+`"`) {
			t.Errorf("%.40s: filled in %t, want %q", query, got, want)
		}
	}
}

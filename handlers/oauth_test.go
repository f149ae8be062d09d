package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"shixi/handlers"
	"shixi/internship"
)

const (
	openLi   = "oTESTfollowerli0000000000001"
	openWang = "oTESTfollowerwang00000000002"
)

func TestPageOfABoundFollowerIsLoggedIn(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.follows(e, openLi)
	phone := w.phone()
	state := phone.leave("/h5/placements?state=applied#top")
	if len(state) > 128 || strings.Trim(state, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
		t.Errorf("state %q", state)
	}
	held := phone.cookies["shixi_visit_"+state[:8]]
	if held == nil || !held.HttpOnly || !held.Secure || held.SameSite != http.SameSiteLaxMode || held.MaxAge != 600 || strings.Contains(held.Value, state) {
		t.Errorf("held %+v", held)
	}
	phone.back(openLi+"#1", state).leads("/h5/placements?state=applied#top")
	if phone.whose() != e.Staff.AccountID {
		t.Errorf("logged in as %q", phone.whose())
	}
	if c := phone.cookies["shixi_session"]; !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("session %+v", c)
	}
}

// TestHostileNexts: whatever is asked for, the browser ends on a page of ours.
func TestHostileNexts(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.follows(e, openLi)
	own := map[string]string{
		"/h5/x":                            "/h5/x",
		"/h5/?a=b%20c#d":                   "/h5/?a=b%20c#d",
		"https://shixi.test/h5/x":          "https://shixi.test/h5/x",
		"https://h5.shixi.test:8443/x?y=1": "https://h5.shixi.test:8443/x?y=1",
	}
	for _, hostile := range []string{
		"", "h5/x", "//evil.test", "//evil.test/%2e%2e", "/\\evil.test", "\\\\evil.test", "/\t/evil.test", "/\n/evil.test", "\t//evil.test", " //evil.test",
		"///evil.test", "/%2f/evil.test", "%2f%2fevil.test", "/%2fevil.test", "/%5cevil.test", "/%5C%5Cevil.test", "/%09/evil.test", "/%0d%0aSet-Cookie:x=1", "/\r\nX: y",
		"https://evil.test", "HTTPS://EVIL.TEST", "https:evil.test", "https:/evil.test", "https:///evil.test", "https://shixi.test@evil.test/",
		"https://user@shixi.test/", "https://shixi.test:443@evil.test", "https://shixi.test.evil.test", "https://evil.test#shixi.test", "https://evil.test?shixi.test",
		"https://shixi.test:8443/", "http://shixi.test/", "http://h5.shixi.test:8443/", "https://h5.shixi.test/", "https://shixi.test\\.evil.test", "https://shixi.test%2eevil.test",
		"javascript:alert(1)", "JaVaScRiPt:alert(1)", "/javascript:\x00", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://shixi.test/", "//shixi.test@evil.test",
		"//shixi.test/h5", "mailto:a@b", "https://[::1]/", "https://шixi.test/", "/а", "/h5/\x7f", "/api/v1/logout", "/partner/v1/x", "/wx/oauth/start", "/h5/../wx/oauth/start?next=/", "/" + strings.Repeat("a", 600),
	} {
		own[hostile] = "/h5/"
	}
	n := 0
	for next, want := range own {
		n++
		phone := w.phone()
		phone.back(fmt.Sprintf("%s#%d", openLi, n), phone.leave(next)).leads(want)
	}
}

// TestStatesAreOfOneBrowser: a state of another browser, a swapped or an old
// one, and none at all log nobody in and use up no code.
func TestStatesAreOfOneBrowser(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	victim, attacker := w.enterprise("A"), w.enterprise("B")
	w.follows(victim, openLi)
	w.follows(attacker, openWang)

	theirs, mine := w.phone(), w.phone()
	state, own := theirs.leave("/h5/"), mine.leave("/h5/")
	for name, try := range map[string]struct {
		b           *browser
		code, state string
	}{
		"no cookie":               {w.phone(), openWang + "#1", state},
		"another browser's":       {mine, openWang + "#1", state},
		"swapped":                 {theirs, openWang + "#1", own},
		"with the same beginning": {mine, openWang + "#1", own[:8] + state[8:]},
		"longer":                  {mine, openWang + "#1", own + "A"},
		"short":                   {mine, openWang + "#1", own[:7]},
		"none":                    {mine, openWang + "#1", ""},
		"no code":                 {mine, "", own},
		"endless code":            {mine, strings.Repeat("a", 200), own},
	} {
		try.b.back(try.code, try.state).told(internship.ErrVisit)
		if who := try.b.whose(); who != "" {
			t.Errorf("%s: logged in as %s", name, who)
		}
	}
	forged := w.phone()
	forged.cookies["shixi_visit_"+state[:8]] = &http.Cookie{Name: "shixi_visit_" + state[:8], Value: state, Path: "/wx/oauth"}
	forged.back(openWang+"#1", state).told(internship.ErrVisit)
	late := w.phone()
	old := late.leave("/h5/")
	w.Pass(10 * time.Minute)
	late.back(openWang+"#1", old).told(internship.ErrVisit)
	if w.platform.exchanged != 0 {
		t.Errorf("%d codes were exchanged", w.platform.exchanged)
	}
}

func TestSnapshotVisitorIsNobody(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.follows(e, openLi)
	w.platform.snapshots[openLi], w.platform.snapshots[openWang] = true, true
	for i, openID := range []string{openLi, openWang} {
		phone := w.phone()
		a := phone.back(fmt.Sprint(openID, "#", i), phone.leave("/h5/"))
		a.told(internship.ErrSnapshot)
		if !strings.Contains(string(a.body), "请点「使用完整服务」") {
			t.Errorf("not told what to do: %s", a.body)
		}
		if phone.whose() != "" || phone.cookies["shixi_wechat"] != nil {
			t.Errorf("a snapshot of %s got %v", openID, phone.cookies)
		}
		if in := phone.logIn(e); in.Wechat != "" || w.bound(e) != openLi {
			t.Errorf("a snapshot was bound: %q, %s", in.Wechat, w.bound(e))
		}
	}
}

// TestLogInBindsWhoOpenedThePage: once, in that browser, for ten minutes.
func TestLogInBindsWhoOpenedThePage(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	w.log.never(openLi)
	e, other := w.enterprise("A"), w.enterprise("B")
	phone := w.phone()
	state := phone.leave("/h5/x?y=1")
	phone.back(openLi+"#1", state).leads("/h5/login?next=%2Fh5%2Fx%3Fy%3D1&wechat=unbound")
	if phone.whose() != "" {
		t.Error("somebody unknown is logged in")
	}
	mark := phone.cookies["shixi_wechat"]
	if mark == nil || !mark.HttpOnly || !mark.Secure || mark.SameSite != http.SameSiteLaxMode || strings.Contains(mark.Value, openLi) {
		t.Fatalf("mark %+v", mark)
	}
	phone.post("/api/v1/login", handlers.Login{Name: e.Mobile, Password: "Wrong-2026", Ticket: w.Ticket()}).refused(internship.ErrBadLogin)
	if w.bound(e) != "" {
		t.Error("a failed log-in bound somebody")
	}
	in := phone.logIn(e)
	if in.Wechat == "" || !in.Me.Account.Follower.Bound || w.bound(e) != openLi {
		t.Errorf("%q, bound %q", in.Wechat, w.bound(e))
	}
	// The mark has served: neither the same code nor the same cookie bind again, and the code is of no use elsewhere.
	w.owner(e).delete("/api/v1/bindings/follower").ok(http.StatusNoContent)
	stranger := w.phone()
	stranger.back(openLi+"#1", stranger.leave("/h5/")).told(internship.ErrVisit)
	if in := stranger.logIn(other); in.Wechat != "" || w.bound(other) != "" {
		t.Errorf("another's code bound: %q, %q", in.Wechat, w.bound(other))
	}
	phone.back(openLi+"#1", state).leads("/h5/login?next=%2Fh5%2Fx%3Fy%3D1&wechat=unbound")
	if in := phone.logIn(e); in.Wechat != "" || w.bound(e) != "" {
		t.Errorf("bound again: %q, %q", in.Wechat, w.bound(e))
	}
	thief := w.browser()
	thief.cookies["shixi_wechat"] = mark
	if in := thief.logIn(other); in.Wechat != "" || w.bound(other) != "" {
		t.Errorf("a used mark bound: %q, %q", in.Wechat, w.bound(other))
	}
	// A mark ends by itself, and no other kind of token is one.
	late := w.phone()
	late.back(openWang+"#1", late.leave("/h5/"))
	w.log.never(openWang)
	w.Pass(10 * time.Minute)
	if in := late.logIn(other); in.Wechat != "" || w.bound(other) != "" {
		t.Errorf("an old mark bound: %q, %q", in.Wechat, w.bound(other))
	}
	for name, value := range map[string]string{"forged": "abc", "visit": late.cookies["shixi_visit_"+late.leave("/h5/")[:8]].Value} {
		b := w.browser()
		b.cookies["shixi_wechat"] = &http.Cookie{Name: "shixi_wechat", Value: value, Path: "/"}
		if in := b.logIn(other); in.Wechat != "" || w.bound(other) != "" {
			t.Errorf("%s: %q, %q", name, in.Wechat, w.bound(other))
		}
	}
}

func TestTakenWechatIsToldAndTheLogInStands(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e, other := w.enterprise("A"), w.enterprise("B")
	phone := w.phone()
	phone.back(openLi+"#1", phone.leave("/h5/"))
	w.follows(other, openLi) // meanwhile
	in := phone.logIn(e)
	if in.Wechat != internship.ErrWechatTaken.Detail || w.bound(e) != "" || w.bound(other) != openLi || phone.whose() != e.Staff.AccountID {
		t.Errorf("%q, %q, %q", in.Wechat, w.bound(e), w.bound(other))
	}
}

// TestRepeatedCodeIsOneLogIn: a refresh gets the first session, another browser
// nothing, and a session that was ended stays ended.
func TestRepeatedCodeIsOneLogIn(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.follows(e, openLi)
	phone, stranger := w.phone(), w.phone()
	state := phone.leave("/h5/")
	phone.back(openLi+"#1", state).leads("/h5/")
	first := phone.cookies["shixi_session"].Value
	delete(phone.cookies, "shixi_session") // the first answer was lost
	phone.on(1).back(openLi+"#1", state).leads("/h5/")
	if again := phone.cookies["shixi_session"]; again == nil || again.Value != first || w.platform.exchanged != 1 {
		t.Errorf("another session, %d exchanges", w.platform.exchanged)
	}
	stranger.back(openLi+"#1", stranger.leave("/h5/")).told(internship.ErrVisit)
	if stranger.whose() != "" {
		t.Error("a stranger with the code is logged in")
	}
	if n := len(read[handlers.SessionList](phone.get("/api/v1/sessions")).Items); n != 2 { // the enterprise's own and this
		t.Errorf("%d sessions", n)
	}
	phone.post("/api/v1/logout", map[string]string{})
	phone.back(openLi+"#1", state).told(internship.ErrVisit)
	if phone.whose() != "" {
		t.Error("logged in again by an old address")
	}
}

// TestPagesRememberTheirDevice: who comes by WeChat's page again is not told of
// a new device each time, not even where the first answer was lost.
func TestPagesRememberTheirDevice(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.follows(e, openLi)
	devices := func() []string { return w.account(e.Staff.AccountID).Devices }
	phone := w.phone()
	state := phone.leave("/h5/")
	phone.back(openLi+"#1", state).leads("/h5/")
	first := phone.cookies["shixi_device"]
	if first == nil || len(first.Value) < 16 || len(devices()) != 2 { // that of the activation and this
		t.Fatalf("device %+v of %d", first, len(devices()))
	}
	delete(phone.cookies, "shixi_device")
	phone.back(openLi+"#1", state).leads("/h5/")
	if c := phone.cookies["shixi_device"]; c == nil || c.Value != first.Value {
		t.Errorf("after a lost answer the device is %+v", c)
	}
	for i := range 3 {
		phone.back(fmt.Sprint(openLi, "#later", i), phone.leave("/h5/")).leads("/h5/")
		if c := phone.cookies["shixi_device"]; c == nil || c.Value != first.Value {
			t.Fatalf("the device is forgotten: %+v", c)
		}
	}
	phone.logIn(e)
	if len(devices()) != 2 {
		t.Errorf("one phone counts as %d devices", len(devices())-1)
	}
}

// TestDoubleCallbackOverTwoReplicas: WeChat calls twice at once; the second
// waits for what the first gets.
func TestDoubleCallbackOverTwoReplicas(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.follows(e, openLi)
	phone := w.phone()
	state := phone.leave("/h5/")
	hold := make(chan struct{})
	w.platform.set(func() { w.platform.hold = hold })
	var calls sync.WaitGroup
	sessions := make([]string, 6)
	for i := range sessions {
		calls.Go(func() {
			own := &browser{w: w, app: w.replicas[i%2], agent: phone.agent, cookies: map[string]*http.Cookie{}}
			for name, c := range phone.cookies {
				own.cookies[name] = c
			}
			own.back(openLi+"#1", state).leads("/h5/")
			sessions[i] = own.cookies["shixi_session"].Value
		})
	}
	close(hold)
	calls.Wait()
	for _, s := range sessions {
		if s != sessions[0] {
			t.Error("two sessions of one code")
		}
	}
	if w.platform.exchanged != 1 {
		t.Errorf("exchanged %d times", w.platform.exchanged)
	}
}

// TestBadCodeAuthorisesAgainOnce: never as an error of the server, and never
// for ever.
func TestBadCodeAuthorisesAgainOnce(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.follows(e, openLi)
	phone := w.phone()
	again := phone.state(phone.back("a code that nobody gave out", phone.leave("/h5/x")))
	phone.back(openLi+"#1", again).leads("/h5/x")
	if phone.whose() != e.Staff.AccountID {
		t.Error("not logged in the second time")
	}
	phone = w.phone()
	again = phone.state(phone.back("bad too", phone.leave("/h5/x")))
	phone.back("bad as well", again).told(internship.ErrBadWechat)
	if phone.whose() != "" {
		t.Error("logged in by bad codes")
	}
}

func TestPageWhileWechatIsAway(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.follows(e, openLi)
	phone := w.phone()
	state := phone.leave("/h5/")
	w.platform.away["page"] = true
	phone.back(openLi+"#1", state).told(internship.ErrUnavailable)
	if phone.whose() != "" || phone.cookies["shixi_wechat"] != nil {
		t.Error("something came of it")
	}
	w.platform.away["page"] = false
	phone.back(openLi+"#1", state).leads("/h5/") // by a refresh
	if phone.whose() != e.Staff.AccountID {
		t.Error("not logged in after a refresh")
	}
	// Who the follower is by unionid is of use, but needed by nobody.
	w.platform.away["follower"] = true
	other := w.phone()
	other.back(openWang+"#1", other.leave("/h5/")).leads("/h5/login?next=%2Fh5%2F&wechat=unbound")
	w.log.never(openWang)
	if in := other.logIn(w.enterprise("B")); in.Wechat == "" {
		t.Error("not bound")
	}
}

func TestPagesNeedAnAddressAndAnAccount(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t, func(o *handlers.Options) { o.PublicURL = nil })
	w.phone().get("/wx/oauth/start").told(internship.ErrUnavailable)
	w = newWechatWorld(t)
	w.Acts.Pages = nil
	w.phone().get("/wx/oauth/start").told(internship.ErrUnavailable)
	w.phone().back("c#1", "ABCDEFGH").told(internship.ErrUnavailable)
}

func TestJSSDKSignsOwnPagesOnly(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	ask := func(address string) answer { return w.browser().get("/api/v1/jssdk?url=" + url.QueryEscape(address)) }
	for _, own := range []string{"https://shixi.test/h5/?a=%E5%AD%A6&b=1", "https://h5.shixi.test:8443/x"} {
		if got := read[handlers.JSSDK](ask(own).ok(http.StatusOK)); got.Signature != "signed "+own || got.AppID == "" || got.NonceStr == "" || got.Timestamp == 0 {
			t.Errorf("%s: %+v", own, got)
		}
	}
	for _, foreign := range []string{"", "/h5/", "https://evil.test/", "http://shixi.test/", "https://shixi.test@evil.test/", "https://shixi.test.evil.test/", "//shixi.test/", "https://u@shixi.test/", "javascript:1", "https://shixi.test:81/", "https://shixi.test/" + strings.Repeat("a", 2048)} {
		ask(foreign).refused(internship.ErrInvalid)
	}
	w.platform.away["sign"] = true
	ask("https://shixi.test/").refused(internship.ErrUnavailable)
}

func TestVerificationFiles(t *testing.T) {
	t.Parallel()
	const name, content = "MP_verify_0123456789abcDEF.txt", "0123456789abcDEF"
	w := newWechatWorld(t, func(o *handlers.Options) {
		o.VerifyFiles = map[string]string{name: content, "../x.txt": "y", "a.html": "z"}
	})
	a := w.browser().get("/" + name).ok(http.StatusOK)
	if string(a.body) != content || a.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%s %s", a.header, a.body)
	}
	for _, other := range []string{"/MP_verify_0123456789abcDEG.txt", "/x.txt", "/a.html", "/../x.txt"} {
		if a := w.browser().get(other); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", other, a.status)
		}
	}
	for _, bad := range [][2]string{{"MP_verify_short.txt", "a"}, {"MP_verify_0123456789abcDEFG.txt", "a"}, {"a/b.txt", "a"}, {"..txt", "a"}, {"a.TXT", "a"}, {"a.txt", ""}, {"a.txt", "<script>"}, {"a.txt\n", "a"}, {"a.txt", strings.Repeat("a", 129)}} {
		if handlers.CheckVerifyFile(bad[0], bad[1]) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

package handlers_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"shixi/acts"
	"shixi/handlers"
	"shixi/internship"
	"shixi/store"
)

// showQR has the browser show a code.
func (b *browser) showQR() handlers.QRLogin {
	b.w.TB.Helper()
	return read[handlers.QRLogin](b.post("/api/v1/login/qr", nil).ok(http.StatusOK))
}

// poll asks how a code stands.
func (b *browser) poll(id string) handlers.QRProgress {
	b.w.TB.Helper()
	p := read[handlers.QRProgress](b.get("/api/v1/login/qr/" + id).ok(http.StatusOK))
	if !chinese(p.Detail) {
		b.w.TB.Errorf("not told in Chinese: %+v", p)
	}
	return p
}

// scans is a follower who scans the code of a log-in page.
func (w *wechatWorld) scans(openID, id string) acts.Scan {
	w.TB.Helper()
	w.log.never(openID)
	s, err := w.Acts.Scanned(w.TB.Context(), openID, "login_"+id)
	if err != nil {
		w.TB.Fatal(err)
	}
	return s
}

var answerKey = regexp.MustCompile(`name="key" value="([0-9a-f]{64})"`)

// opens goes through WeChat to the page on which a scan is answered.
func (b *browser) opens(openID, id string) answer {
	b.w.TB.Helper()
	a := b.get("/wx/qr/" + id)
	if a.status != http.StatusFound {
		return a
	}
	b.w.platform.mu.Lock()
	n := len(b.w.platform.used)
	b.w.platform.mu.Unlock()
	code := openID + "#" + strings.Repeat("q", n+1)
	b.back(code, b.state(a)).leads("/wx/qr/" + id)
	return b.get("/wx/qr/" + id)
}

// answers presses a button of the page.
func (b *browser) answers(page answer, id, what string) answer {
	b.w.TB.Helper()
	key := answerKey.FindStringSubmatch(string(page.body))
	if key == nil {
		b.w.TB.Fatalf("no form: %d %s", page.status, page.body)
	}
	return b.form("/wx/qr/"+id, url.Values{"key": {key[1]}, "answer": {what}})
}

func TestQRLogsInOnceTheFollowerConfirms(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.follows(e, openLi)
	computer, phone := w.browser(), w.phone()
	qr := computer.showQR()
	if qr.Expires.Sub(w.Now()) != 5*time.Minute || !strings.HasSuffix(qr.ImageURL, "ticket=login_"+qr.ID) {
		t.Errorf("%+v", qr)
	}
	if c := computer.cookies["shixi_qr"]; c == nil || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("cookie %+v", c)
	}
	if p := computer.poll(qr.ID); p.State != "waiting" || p.LoggedIn != nil {
		t.Errorf("%+v", p)
	}
	for range 2 { // WeChat repeats events
		if s := w.scans(openLi, qr.ID); s != (acts.Scan{Outcome: acts.ScanConfirm, QR: qr.ID}) {
			t.Errorf("scan %+v", s)
		}
	}
	if p := computer.poll(qr.ID); p.State != "scanned" || p.LogIn || p.LoggedIn != nil || computer.whose() != "" {
		t.Errorf("the scan alone gave %+v", p)
	}
	page := phone.opens(openLi, qr.ID).ok(http.StatusOK)
	for _, want := range []string{"电脑浏览器（Windows Chrome）", "0.0.0.*", "11月23日 12:00", "确认登录", "不是我", "王经理"} {
		if !strings.Contains(string(page.body), want) {
			t.Errorf("the page lacks %s: %s", want, page.body)
		}
	}
	if phone.whose() != "" {
		t.Error("the phone was logged in by looking at the page")
	}
	for range 2 { // a double tap
		if a := phone.answers(page, qr.ID, "yes").ok(http.StatusOK); !strings.Contains(string(a.body), "已确认登录") {
			t.Errorf("%s", a.body)
		}
	}
	w.browser().get("/api/v1/login/qr/" + qr.ID).refused(internship.ErrNotFound)
	p := computer.poll(qr.ID)
	if p.State != "confirmed" || p.LoggedIn == nil || p.LoggedIn.Token != "" || computer.whose() != e.Staff.AccountID {
		t.Errorf("%+v", p)
	}
	// The answer was lost: the same session, on whichever replica.
	first := computer.cookies["shixi_session"].Value
	delete(computer.cookies, "shixi_session")
	if p := computer.on(1).poll(qr.ID); p.State != "confirmed" || computer.cookies["shixi_session"].Value != first {
		t.Errorf("%+v", p)
	}
	// It has served.
	if s := w.scans(openLi, qr.ID); s.Outcome != acts.ScanStale {
		t.Errorf("scanned again: %+v", s)
	}
	phone.opens(openLi, qr.ID).told(internship.ErrQRStale)
	phone.answers(page, qr.ID, "no").told(internship.ErrQRStale)
	computer.post("/api/v1/logout", map[string]string{})
	if p := computer.poll(qr.ID); p.State != "expired" || computer.whose() != "" {
		t.Errorf("after the log-out: %+v", p)
	}
}

// TestQRShownToAVictimIsNoLogIn: whoever shows the code gets nothing without
// the victim's word, and the victim alone can give it.
func TestQRShownToAVictimIsNoLogIn(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	victim, other := w.enterprise("A"), w.enterprise("B")
	w.follows(victim, openLi)
	w.follows(other, openWang)
	attacker := w.browser()
	qr := attacker.showQR()
	w.scans(openLi, qr.ID)
	if attacker.poll(qr.ID); attacker.whose() != "" {
		t.Fatal("logged in by the scan")
	}
	// The attacker's own WeChat does not open the page, nor answer it.
	own := w.phone()
	own.opens(openWang, qr.ID).told(internship.ErrQRStale)
	own.form("/wx/qr/"+qr.ID, url.Values{"key": {acts.TokenHash("answer " + own.cookies["shixi_person"].Value)}, "answer": {"yes"}}).told(internship.ErrQRStale)
	// Without WeChat's word there is no page and no answer.
	attacker.form("/wx/qr/"+qr.ID, url.Values{"key": {acts.TokenHash("answer ")}, "answer": {"yes"}}).told(internship.ErrVisit)
	// A page of somebody else's can't press the button in the victim's phone.
	phone := w.phone()
	page := phone.opens(openLi, qr.ID)
	phone.form("/wx/qr/"+qr.ID, url.Values{"answer": {"yes"}}).told(internship.ErrVisit)
	phone.form("/wx/qr/"+qr.ID, url.Values{"key": {strings.Repeat("0", 64)}, "answer": {"yes"}}).told(internship.ErrVisit)
	phone.answers(page, qr.ID, "perhaps").told(internship.ErrBadRequest)
	if p := attacker.poll(qr.ID); p.State != "scanned" || attacker.whose() != "" {
		t.Errorf("%+v", p)
	}
	if a := phone.answers(page, qr.ID, "no").ok(http.StatusOK); !strings.Contains(string(a.body), "已拒绝登录") {
		t.Errorf("%s", a.body)
	}
	if p := attacker.poll(qr.ID); p.State != "expired" || !strings.Contains(p.Detail, "没有同意") || attacker.whose() != "" {
		t.Errorf("%+v", p)
	}
	phone.answers(page, qr.ID, "yes").told(internship.ErrQRStale)
	phone.answers(page, qr.ID, "no").ok(http.StatusOK) // again changes nothing
	if s := w.scans(openLi, qr.ID); s.Outcome != acts.ScanStale {
		t.Errorf("%+v", s)
	}
}

// TestQROfAnUnknownFollowerBindsByTheLogIn: in the browser that shows the code,
// and there alone.
func TestQROfAnUnknownFollowerBindsByTheLogIn(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e, other := w.enterprise("A"), w.enterprise("B")
	computer, elsewhere := w.browser(), w.browser()
	qr := computer.showQR()
	if s := w.scans(openLi, qr.ID); s != (acts.Scan{Outcome: acts.ScanLogIn, QR: qr.ID}) {
		t.Errorf("%+v", s)
	}
	if p := computer.poll(qr.ID); p.State != "scanned" || !p.LogIn {
		t.Errorf("%+v", p)
	}
	phone := w.phone()
	page := phone.opens(openLi, qr.ID).ok(http.StatusOK)
	if strings.Contains(string(page.body), "确认登录</button>") || !strings.Contains(string(page.body), "不是我") {
		t.Errorf("%s", page.body)
	}
	phone.answers(page, qr.ID, "yes").told(internship.ErrNotBound)
	elsewhere.cookies["shixi_qr"] = &http.Cookie{Name: "shixi_qr", Value: qr.ID + ".AAAAAAAAAAAAAAAAAAAAAAAAAA", Path: "/"}
	if in := elsewhere.logIn(other); in.Wechat != "" || w.bound(other) != "" {
		t.Errorf("another browser bound: %q %q", in.Wechat, w.bound(other))
	}
	if in := computer.logIn(e); in.Wechat == "" || w.bound(e) != openLi || !in.Me.Account.Follower.Bound {
		t.Errorf("%q, bound to %q", in.Wechat, w.bound(e))
	}
	// It has served: who unbinds is not bound again by the same code.
	w.owner(e).delete("/api/v1/bindings/follower").ok(http.StatusNoContent)
	if in := computer.logIn(e); in.Wechat != "" || w.bound(e) != "" {
		t.Errorf("bound again: %q", in.Wechat)
	}
	if p := computer.poll(qr.ID); p.State != "expired" {
		t.Errorf("%+v", p)
	}
	if s := w.scans(openLi, qr.ID); s.Outcome != acts.ScanStale {
		t.Errorf("%+v", s)
	}
}

func TestRefusedQRBindsNobody(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	computer, phone := w.browser(), w.phone()
	qr := computer.showQR()
	w.scans(openLi, qr.ID)
	phone.answers(phone.opens(openLi, qr.ID), qr.ID, "no").ok(http.StatusOK)
	if in := computer.logIn(e); in.Wechat != "" || w.bound(e) != "" {
		t.Errorf("bound to %q", w.bound(e))
	}
}

func TestQRHasItsTime(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.follows(e, openLi)

	t.Run("to be scanned", func(t *testing.T) {
		computer := w.browser()
		qr := computer.showQR()
		w.Pass(5 * time.Minute)
		if p := computer.poll(qr.ID); p.State != "expired" {
			t.Errorf("%+v", p)
		}
		if s := w.scans(openLi, qr.ID); s.Outcome != acts.ScanStale {
			t.Errorf("%+v", s)
		}
	})
	t.Run("to be confirmed", func(t *testing.T) {
		computer, phone := w.browser(), w.phone()
		qr := computer.showQR()
		w.Pass(4 * time.Minute)
		w.scans(openLi, qr.ID)
		page := phone.opens(openLi, qr.ID).ok(http.StatusOK)
		w.Pass(5 * time.Minute)
		phone.answers(page, qr.ID, "yes").told(internship.ErrQRStale)
		if p := computer.poll(qr.ID); p.State != "expired" || computer.whose() != "" {
			t.Errorf("%+v", p)
		}
	})
	t.Run("to be fetched", func(t *testing.T) {
		computer, phone := w.browser(), w.phone()
		qr := computer.showQR()
		w.scans(openLi, qr.ID)
		phone.answers(phone.opens(openLi, qr.ID), qr.ID, "yes").ok(http.StatusOK)
		w.Pass(5 * time.Minute)
		if p := computer.poll(qr.ID); p.State != "expired" || computer.whose() != "" {
			t.Errorf("%+v", p)
		}
	})
	t.Run("and the account its own", func(t *testing.T) {
		computer, phone := w.browser(), w.phone()
		qr := computer.showQR()
		w.scans(openLi, qr.ID)
		phone.answers(phone.opens(openLi, qr.ID), qr.ID, "yes").ok(http.StatusOK)
		w.owner(e).delete("/api/v1/bindings/follower").ok(http.StatusNoContent)
		if p := computer.poll(qr.ID); p.State != "expired" || computer.whose() != "" {
			t.Errorf("unbound meanwhile: %+v", p)
		}
	})
}

// TestForeignScenes: codes that never were, of other kinds, or another's.
func TestForeignScenes(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	computer := w.browser()
	qr := computer.showQR()
	for scene, want := range map[string]acts.ScanOutcome{
		"login_AAAAAAAAAAAAAAAAAAAAAAAAAA": acts.ScanStale, "login_": acts.ScanStale, "bind_" + qr.ID: acts.ScanStale, "bind_": acts.ScanStale,
		qr.ID: acts.ScanNothing, "": acts.ScanNothing, "qrscene_login_" + qr.ID: acts.ScanNothing, "LOGIN_" + qr.ID: acts.ScanNothing,
	} {
		if s, err := w.Acts.Scanned(t.Context(), openLi, scene); err != nil || s.Outcome != want {
			t.Errorf("%q: %+v, %v", scene, s, err)
		}
	}
	if p := computer.poll(qr.ID); p.State != "waiting" || w.bound(e) != "" {
		t.Errorf("%+v", p)
	}
	first := w.scans(openWang, qr.ID)
	if s := w.scans(openLi, qr.ID); first.Outcome != acts.ScanLogIn || s.Outcome != acts.ScanStale {
		t.Errorf("the second of two: %+v", s)
	}
	for _, id := range []string{"x", qr.ID[:25], strings.ToLower(qr.ID), qr.ID + "A", "AAAAAAAAAAAAAAAAAAAAAAAAA1"} {
		w.phone().get("/wx/qr/" + id).told(internship.ErrQRStale)
	}
	for name, cookie := range map[string]string{"no secret": qr.ID, "wrong": qr.ID + ".B", "of another": "AAAAAAAAAAAAAAAAAAAAAAAAAA.B", "empty": qr.ID + "."} {
		b := w.browser()
		b.cookies["shixi_qr"] = &http.Cookie{Name: "shixi_qr", Value: cookie, Path: "/"}
		if a := b.get("/api/v1/login/qr/" + qr.ID); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", name, a.status)
		}
	}
}

// TestManyPollsAreOneSession: and a confirmation and a refusal at once have one
// winner.
func TestManyPollsAreOneSession(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.follows(e, openLi)
	computer := w.browser()
	qr := computer.showQR()
	w.scans(openLi, qr.ID)
	together := func(n int, do func(i int)) {
		var all sync.WaitGroup
		for i := range n {
			all.Go(func() { do(i) })
		}
		all.Wait()
	}
	together(8, func(int) {
		if err := w.Acts.ConfirmQR(t.Context(), qr.ID, openLi); err != nil {
			t.Error(err)
		}
	})
	cookie := computer.cookies["shixi_qr"]
	tokens := make([]string, 8)
	together(len(tokens), func(i int) {
		b := w.browser().on(i % 2)
		b.cookies["shixi_qr"] = cookie
		b.poll(qr.ID)
		tokens[i] = b.cookies["shixi_session"].Value
	})
	for _, token := range tokens {
		if token != tokens[0] {
			t.Error("two sessions of one code")
		}
	}
	sessions, err := w.DB.Sessions(t.Context(), e.Staff.AccountID)
	if err != nil || len(sessions) != 2 { // the enterprise's own and this
		t.Errorf("%d sessions, %v", len(sessions), err)
	}
	if devices := w.account(e.Staff.AccountID).Devices; len(devices) != 2 {
		t.Errorf("one browser counts as %d devices", len(devices)-1)
	}
}

// TestRefusalWhileTheSessionOpens: the person confirms, and refuses at the very instant at which the browser fetches the
// session. Who is told that nobody gets in is told the truth.
func TestRefusalWhileTheSessionOpens(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.follows(e, openLi)
	attacker := w.browser()
	qr := attacker.showQR()
	w.scans(openLi, qr.ID)
	if err := w.Acts.ConfirmQR(t.Context(), qr.ID, openLi); err != nil {
		t.Fatal(err)
	}
	side := *w.Acts
	side.DB = w.Open(func(o *store.Options) {
		o.OnSaved = func(collection, _ string) { // the new device is noted, the session about to be made
			if collection != "accounts" {
				return
			}
			if err := w.Acts.DenyQR(t.Context(), qr.ID, openLi); err != nil {
				t.Error(err)
			}
		}
	})
	_, secret, _ := strings.Cut(attacker.cookies["shixi_qr"].Value, ".")
	s, err := side.PollQR(t.Context(), qr.ID, secret, acts.Device{Name: "电脑浏览器", ID: "the attacker's device"})
	if err != nil || !s.Over || s.Opened != nil {
		t.Errorf("%+v, %v", s, err)
	}
	if sessions, err := w.DB.Sessions(t.Context(), e.Staff.AccountID); err != nil || len(sessions) != 1 {
		t.Errorf("%d sessions, %v", len(sessions), err)
	}
	if p := attacker.poll(qr.ID); p.State != "expired" || !strings.Contains(p.Detail, "没有同意") || attacker.whose() != "" {
		t.Errorf("%+v", p)
	}
}

func TestQRWhileWechatIsAway(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.follows(e, openLi)
	computer, phone := w.browser(), w.phone()
	w.wechat.down = true
	computer.post("/api/v1/login/qr", nil).refused(internship.ErrUnavailable)
	w.wechat.down = false
	qr := computer.showQR()
	w.scans(openLi, qr.ID)
	state := phone.state(phone.get("/wx/qr/" + qr.ID))
	w.platform.away["page"] = true
	phone.back(openLi+"#1", state).told(internship.ErrUnavailable)
	w.platform.away["page"] = false
	phone.back(openLi+"#1", state).leads("/wx/qr/" + qr.ID)
	phone.answers(phone.get("/wx/qr/"+qr.ID), qr.ID, "yes").ok(http.StatusOK)
	if computer.poll(qr.ID); computer.whose() != e.Staff.AccountID {
		t.Error("not logged in")
	}
	for range 300 {
		if a := computer.post("/api/v1/login/qr", nil); a.status == http.StatusTooManyRequests {
			a.refused(internship.ErrTooManyTries)
			return
		}
	}
	t.Error("codes without a limit")
}

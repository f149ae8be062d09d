package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
)

// entered is an enterprise that waits for activation, and the form that
// activates it.
func (w *world) entered() internship.ActivationInput {
	w.TB.Helper()
	code := actstest.USCC(9_000_001)
	entry, err := w.Acts.EnterEnterprise(w.TB.Context(), w.School, internship.EntryInput{Name: "濮阳市某电子有限公司", Code: code, Phone: "136 0000 0001"})
	if err != nil {
		w.TB.Fatal(err)
	}
	w.log.never(entry.Code, "13600000001")
	return internship.ActivationInput{Code: code, ActivationCode: entry.Code, Mobile: "13600000001", Name: "王经理", Password: actstest.Password}
}

func TestActivation(t *testing.T) {
	t.Parallel()

	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		in := read[handlers.LoggedIn](w.anyone().post("/api/v1/activation", w.entered()).ok(http.StatusCreated))
		w.log.never(in.Token)
		if !strings.HasPrefix(in.Token, "sx_") || in.Me.Account.RoleLabel != "负责人" || in.Me.Account.Mobile != "136****0001" {
			t.Errorf("logged in = %+v", in)
		}
		if in.Me.Enterprise.StateLabel != "正常" || in.Me.Enterprise.Complete || in.Me.Enterprise.Recommenders[0].Name != "郑州市某职业学校" {
			t.Errorf("enterprise = %+v", in.Me.Enterprise)
		}
		w.as(in.Token).get("/api/v1/me").ok(http.StatusOK)
	})

	t.Run("a wrong code tells nothing more", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		form := w.entered()
		wrong, unknown := form, form
		wrong.ActivationCode = "AAAA-BBBB-CCCC"
		unknown.Code = actstest.USCC(9_000_002)
		a, b := w.anyone().post("/api/v1/activation", wrong), w.anyone().post("/api/v1/activation", unknown)
		pa, pb := a.refused(internship.ErrBadActivation), b.refused(internship.ErrBadActivation)
		if pa.Detail != pb.Detail {
			t.Errorf("%q and %q differ", pa.Detail, pb.Detail)
		}
	})

	t.Run("the same request again opens a session, an old one with the wrong password does not", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		form := w.entered()
		first := read[handlers.LoggedIn](w.anyone().once("k-1").post("/api/v1/activation", form))
		again := read[handlers.LoggedIn](w.anyone().once("k-1").post("/api/v1/activation", form))
		w.log.never(first.Token, again.Token)
		if first.Me.Account.ID != again.Me.Account.ID {
			t.Errorf("two accounts: %s, %s", first.Me.Account.ID, again.Me.Account.ID)
		}
		w.as(again.Token).get("/api/v1/me").ok(http.StatusOK)
		w.anyone().once("k-2").post("/api/v1/activation", form).refused(internship.ErrBadActivation)

		changed, err := w.Acts.Hasher.Hash(t.Context(), "Another-2026")
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.DB.Accounts.Update(t.Context(), first.Me.Account.ID, func(a *internship.Account) error { a.Password = changed; return nil })
		if err != nil {
			t.Fatal(err)
		}
		w.anyone().once("k-1").post("/api/v1/activation", form).refused(internship.ErrBadActivation)
	})
}

// TestActivationWithAnotherMobile: the contact's was texted the activation code;
// any other must be shown to be one's own, or a slip of the finger would make a
// stranger's phone the owner's (G-02).
func TestActivationWithAnotherMobile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	form := w.entered()
	form.Mobile = "13600000002"
	w.log.never(form.Mobile)
	unfit := form
	unfit.ActivationCode = "AAAA-BBBB-CCCC"
	w.anyone().post("/api/v1/activation", unfit).refused(internship.ErrBadActivation)
	p := w.anyone().post("/api/v1/activation", form).refused(internship.ErrInvalid)
	if len(p.Errors) != 1 || p.Errors[0].Field != "smsCode" || p.Errors[0].Code != "required" {
		t.Errorf("%+v", p.Errors)
	}
	code := w.smsCode(internship.CodeForRegister, form.Mobile)
	form.SMSCode = wrongCode(code)
	w.anyone().post("/api/v1/activation", form).refused(internship.ErrSMSCode)
	form.SMSCode = code
	for range 2 { // the answer may be lost
		in := read[handlers.LoggedIn](w.anyone().once("k-1").post("/api/v1/activation", form).ok(http.StatusCreated))
		w.log.never(in.Token)
		if in.Me.Account.Mobile != "136****0002" {
			t.Errorf("logged in = %+v", in)
		}
	}

	// Where nobody can get a code the activation code has to do.
	w = newWorld(t)
	form = w.entered()
	form.Mobile, w.Acts.NoSMS = "13600000003", true
	w.log.never(form.Mobile)
	w.log.never(read[handlers.LoggedIn](w.anyone().post("/api/v1/activation", form).ok(http.StatusCreated)).Token)
}

func TestLogin(t *testing.T) {
	t.Parallel()

	t.Run("by mobile and by code", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		e := w.enterprise("A")
		for _, name := range []string{e.Mobile, " " + e.Code + " "} {
			in := read[handlers.LoggedIn](w.anyone().post("/api/v1/login", w.login(name, actstest.Password)).ok(http.StatusOK))
			w.log.never(in.Token)
			if me := read[handlers.Me](w.as(in.Token).get("/api/v1/me")); me.Enterprise.ID != e.ID {
				t.Errorf("logged in to %s, want %s", me.Enterprise.ID, e.ID)
			}
		}
	})

	t.Run("who exists can't be told, and tries are limited", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		e := w.enterprise("A")
		for _, name := range []string{e.Mobile, "13500000000", "nobody"} {
			p := w.anyone().post("/api/v1/login", w.login(name, "Wrong-2026")).refused(internship.ErrBadLogin)
			if p.Detail != internship.ErrBadLogin.Detail {
				t.Errorf("%s: %q", name, p.Detail)
			}
		}
		for range 4 {
			w.anyone().post("/api/v1/login", w.login(e.Mobile, "Wrong-2026")).refused(internship.ErrBadLogin)
		}
		a := w.anyone().post("/api/v1/login", w.login(e.Mobile, actstest.Password))
		if p := a.refused(internship.ErrTooManyTries); !strings.HasSuffix(p.Detail, " 分钟后再试") {
			t.Errorf("the wait is not told: %s", p.Detail)
		}
		if a.header.Get("Retry-After") != "900" {
			t.Errorf("Retry-After = %q, want 900", a.header.Get("Retry-After"))
		}
		for _, spelling := range []string{"+86" + e.Mobile, e.Mobile[:3] + " " + e.Mobile[3:], e.Mobile[:3] + "-" + e.Mobile[3:]} {
			w.anyone().post("/api/v1/login", w.login(spelling, actstest.Password)).refused(internship.ErrTooManyTries)
		}
		w.Pass(16 * time.Minute)
		w.anyone().post("/api/v1/login", w.login(e.Mobile, actstest.Password)).ok(http.StatusOK)
	})

	t.Run("in the mini-program", func(t *testing.T) {
		t.Parallel()
		const openID = "oTESTminiprogramuser00000001"
		w := newWorld(t)
		w.log.never(openID)
		e := w.enterprise("A")
		byWechat := handlers.WechatLogin{Code: "for:" + openID}
		w.anyone().post("/api/v1/login/wechat", byWechat).refused(internship.ErrNotBound)
		w.anyone().post("/api/v1/login/wechat", handlers.WechatLogin{Code: "expired"}).refused(internship.ErrBadWechat)

		in := read[handlers.LoggedIn](w.anyone().post("/api/v1/login", w.bindingLogin(e.Mobile, byWechat.Code)))
		if !in.Me.Account.MiniProgram.Bound || in.Me.Account.MiniProgram.BoundAt.IsZero() || in.Me.Account.Follower.Bound {
			t.Errorf("bindings = %+v", in.Me.Account)
		}
		if list := read[handlers.SessionList](w.as(in.Token).get("/api/v1/sessions")); !slices.ContainsFunc(list.Items, func(s handlers.Session) bool { return s.Current && s.Device == "小程序" }) {
			t.Errorf("sessions %+v", list.Items) // whatever its User-Agent says
		}
		again := read[handlers.LoggedIn](w.anyone().post("/api/v1/login/wechat", byWechat).ok(http.StatusOK))
		w.log.never(in.Token, again.Token)
		if again.Me.Account.ID != in.Me.Account.ID {
			t.Error("another account")
		}
		other := w.enterprise("B")
		w.anyone().post("/api/v1/login", w.bindingLogin(other.Mobile, byWechat.Code)).refused(internship.ErrWechatTaken)
		w.wechat.down = true
		w.anyone().post("/api/v1/login/wechat", byWechat).refused(internship.ErrUnavailable)
	})
}

func TestSessions(t *testing.T) {
	t.Parallel()

	t.Run("revoked means revoked", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		e := w.enterprise("A")
		w.Pass(time.Second)
		phone := w.anyone().with("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile MicroMessenger/8.0")
		in := read[handlers.LoggedIn](phone.post("/api/v1/login", w.login(e.Mobile, actstest.Password)))
		w.log.never(in.Token)
		me := w.as(in.Token)

		list := read[handlers.SessionList](me.get("/api/v1/sessions").ok(http.StatusOK))
		var got []string
		for _, s := range list.Items {
			got = append(got, fmt.Sprint(s.Device, s.Current))
		}
		if diff := cmp.Diff([]string{"微信网页true", "测试false"}, got); diff != "" {
			t.Fatalf("sessions (-want, +got):\n%s", diff)
		}
		me.delete("/api/v1/sessions/" + list.Items[1].ID).ok(http.StatusNoContent)
		w.owner(e).get("/api/v1/me").refused(internship.ErrUnauthorized)
		me.delete("/api/v1/sessions/" + list.Items[1].ID).refused(internship.ErrNotFound)
		me.post("/api/v1/logout", nil).ok(http.StatusNoContent)
		me.get("/api/v1/me").refused(internship.ErrUnauthorized)
		me.post("/api/v1/logout", nil).refused(internship.ErrUnauthorized)
	})

	t.Run("another person's session can't be ended", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		a, b := w.enterprise("A"), w.enterprise("B")
		id := read[handlers.SessionList](w.owner(a).get("/api/v1/sessions")).Items[0].ID
		w.owner(b).delete("/api/v1/sessions/" + id).refused(internship.ErrNotFound)
		w.owner(a).get("/api/v1/me").ok(http.StatusOK)
	})

	t.Run("sessions expire", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		me := w.owner(w.enterprise("A"))
		w.Pass(31 * 24 * time.Hour)
		me.get("/api/v1/me").refused(internship.ErrUnauthorized)
	})

	t.Run("credentials of any other kind are refused", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		e := w.enterprise("A")
		for _, header := range []string{"", "Bearer", "Bearer ", "Bearer sx_WRONG", "Basic " + e.Token, e.Token, "bearer  " + e.Token + " x"} {
			a := w.anyone().with("Authorization", header).get("/api/v1/me")
			a.refused(internship.ErrUnauthorized)
			if got := a.header.Get("WWW-Authenticate"); got != "Bearer" {
				t.Errorf("WWW-Authenticate = %q", got)
			}
		}
		w.anyone().with("Authorization", "bearer "+e.Token).get("/api/v1/me").ok(http.StatusOK)
	})
}

func TestCookieSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	form := w.login(e.Mobile, actstest.Password)
	a := w.anyone().with("X-Session", "cookie").post("/api/v1/login", form).ok(http.StatusOK)
	if in := read[handlers.LoggedIn](a); in.Token != "" {
		t.Error("the token is in the body")
	}
	set := a.header.Get("Set-Cookie")
	for _, want := range []string{"shixi_session=sx_", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(set, want) {
			t.Errorf("Set-Cookie %q lacks %s", set, want)
		}
	}
	cookie, _, _ := strings.Cut(set, ";")
	w.log.never(strings.TrimPrefix(cookie, "shixi_session="))
	page := w.anyone().with("Cookie", cookie)
	page.get("/api/v1/me").ok(http.StatusOK)

	// A foreign page can send the cookie along, but not the header.
	page.post("/api/v1/positions", actstest.Terms("焊工", 1)).refused(internship.ErrForbidden)
	page.with("X-Requested-With", "XMLHttpRequest").delete("/api/v1/sessions/x").refused(internship.ErrForbidden)
	own := page.with("X-Requested-With", "shixi")
	own.post("/api/v1/positions", actstest.Terms("焊工", 1)).ok(http.StatusCreated)

	out := own.post("/api/v1/logout", nil).ok(http.StatusNoContent)
	if set := out.header.Get("Set-Cookie"); !strings.Contains(set, "shixi_session=;") || !strings.Contains(set, "Max-Age=0") {
		t.Errorf("log-out sets %q", set)
	}
	page.get("/api/v1/me").refused(internship.ErrUnauthorized)
	w.anyone().with("X-Session", "token").post("/api/v1/login", form).refused(internship.ErrInvalid)
}

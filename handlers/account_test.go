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

// byPassword logs in from a device; the session's secrets must not be logged.
func (w *world) byPassword(name, password, device string) handlers.LoggedIn {
	w.TB.Helper()
	in := read[handlers.LoggedIn](w.anyone().with("X-Device", device).post("/api/v1/login", w.login(name, password)).ok(http.StatusOK))
	w.log.never(in.Token, password)
	return in
}

// bySMS logs in by a code that is sent now.
func (w *world) bySMS(mobile string) handlers.LoggedIn {
	w.TB.Helper()
	form := internship.SMSLoginInput{Mobile: mobile, SMSCode: w.smsCode(internship.CodeForLogin, mobile)}
	in := read[handlers.LoggedIn](w.anyone().with("X-Device", "the-phone-of-"+mobile).post("/api/v1/login/sms", form).ok(http.StatusOK))
	w.log.never(in.Token)
	return in
}

// react runs what follows from the events of an account.
func (w *world) react(id string) {
	w.TB.Helper()
	w.React("accounts", id)
}

// TestStaffAccounts walks through the life of a colleague's account.
func TestStaffAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("示例电子")
	owner := w.owner(e)
	const mobile = "13700000001"
	w.log.never(mobile)
	form := internship.AccountInput{Name: " 李专员 ", Mobile: "137 0000 0001", Role: "hr"}
	added := read[handlers.Account](owner.once("add-1").post("/api/v1/accounts", form).ok(http.StatusCreated))
	if added.Name != "李专员" || added.Mobile != "137****0001" || added.RoleLabel != "人事专员" || added.HasPassword {
		t.Fatalf("added %+v", added)
	}
	if again := read[handlers.Account](owner.once("add-1").post("/api/v1/accounts", form)); again.ID != added.ID {
		t.Error("added twice under one key")
	}
	owner.post("/api/v1/accounts", form).refused(internship.ErrMobileTaken)
	w.react(added.ID)
	if kind, words, _ := w.SMS(mobile); kind != "staff_added" || words["enterprise"] != "示例电子" || words["role"] != "人事专员" {
		t.Errorf("told by %s %v", kind, words)
	}

	// No password is set, so none fits; a code lets the person in.
	w.anyone().post("/api/v1/login", w.login(mobile, "")).refused(internship.ErrInvalid)
	w.anyone().post("/api/v1/login", w.login(mobile, actstest.Password)).refused(internship.ErrBadLogin)
	w.Pass(time.Second) // or the code is not the newest message
	hr := w.as(w.bySMS(mobile).Token)
	hr.get("/api/v1/positions").ok(http.StatusOK)
	hr.post("/api/v1/accounts", internship.AccountInput{Name: "张", Mobile: "13700000002", Role: "hr"}).refused(internship.ErrForbidden)
	list := read[handlers.AccountList](hr.get("/api/v1/accounts").ok(http.StatusOK))
	if len(list.Items) != 2 || list.Items[0].Role != "owner" || list.Items[1].ID != added.ID || strings.Contains(string(mustJSON(t, list)), mobile) {
		t.Errorf("list %+v", list)
	}

	// Another role ends the sessions at once; another name does not.
	path := "/api/v1/accounts/" + added.ID
	owner.put(path, internship.RoleInput{Name: "李主任", Role: "hr"}).ok(http.StatusOK)
	hr.get("/api/v1/me").ok(http.StatusOK)
	sessions, err := w.DB.Sessions(t.Context(), added.ID)
	if err != nil || len(sessions) != 1 || sessions[0].Name != "李主任" { // by which histories name who acts
		t.Errorf("sessions %+v, %v", sessions, err)
	}
	if got := read[handlers.Account](owner.put(path, internship.RoleInput{Name: "李主任", Role: "mentor"})); got.Role != "mentor" {
		t.Errorf("edited %+v", got)
	}
	hr.get("/api/v1/me").refused(internship.ErrUnauthorized)
	w.Pass(time.Minute)
	bound := read[handlers.LoggedIn](w.anyone().post("/api/v1/login/sms", internship.SMSLoginInput{Mobile: mobile, SMSCode: w.smsCode(internship.CodeForLogin, mobile), WechatCode: "for:mentor"}).ok(http.StatusOK))
	w.log.never(bound.Token)
	mentor := w.as(bound.Token)
	mentor.get("/api/v1/positions").refused(internship.ErrForbidden)
	mentor.get("/api/v1/accounts").refused(internship.ErrForbidden)
	mentor.get("/api/v1/enterprise").ok(http.StatusOK)

	// Removed, the person is out, and the mobile is free for another account.
	owner.delete(path).ok(http.StatusNoContent)
	mentor.get("/api/v1/me").refused(internship.ErrUnauthorized)
	owner.delete(path).refused(internship.ErrNotFound)
	w.anyone().post("/api/v1/login", w.login(mobile, actstest.Password)).refused(internship.ErrBadLogin)
	back := read[handlers.Account](w.owner(w.enterprise("B")).post("/api/v1/accounts", form).ok(http.StatusCreated))
	kept, err := w.DB.Accounts.Get(t.Context(), added.ID)
	if err != nil || back.ID == added.ID || len(kept.History) < 4 || kept.State != internship.AccountRemoved || kept.MiniProgram != nil || kept.Devices != nil {
		t.Errorf("kept %+v %v", kept, err)
	}

	own := read[handlers.Me](owner.get("/api/v1/me")).Account
	owner.delete("/api/v1/accounts/" + own.ID).refused(internship.ErrLastOwner)
	owner.put("/api/v1/accounts/"+own.ID, internship.RoleInput{Name: "王经理", Role: "hr"}).refused(internship.ErrOwnRole)
	owner.post("/api/v1/accounts", internship.AccountInput{Name: "二老板", Mobile: "13700000003", Role: "owner"}).refused(internship.ErrInvalid)
}

// TestAtMostTwoHundredAccounts fills an enterprise up, from two processes.
func TestAtMostTwoHundredAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.owner(w.enterprise("A"))
	other := *w
	other.app = handlers.New(handlers.Options{Acts: w.Acts, Log: w.Acts.Log})
	add := func(n int) answer {
		who := owner
		if n%2 == 0 {
			who.w = &other
		}
		return who.post("/api/v1/accounts", internship.AccountInput{Name: "员工", Mobile: fmt.Sprintf("136%08d", n), Role: "mentor"})
	}
	for n := range internship.MaxAccounts - 3 {
		add(n).ok(http.StatusCreated)
	}
	won, full := 0, 0
	for a := range together(10, func(i int) answer { return add(1000 + i) }) {
		if a.status == http.StatusCreated {
			won++
			continue
		}
		a.refused(internship.ErrStaffFull)
		full++
	}
	if won != 2 || full != 8 {
		t.Errorf("%d added, %d refused", won, full)
	}
	list := read[handlers.AccountList](owner.get("/api/v1/accounts"))
	if len(list.Items) != internship.MaxAccounts {
		t.Errorf("%d accounts", len(list.Items))
	}
	owner.delete("/api/v1/accounts/" + list.Items[7].ID).ok(http.StatusNoContent)
	add(5000).ok(http.StatusCreated)
}

// TestNobodyIsWelcomedWithoutEnd: an owner who adds and removes the same person all day long has that mobile written to
// three times in thirty days, whichever enterprise it is, and comes to an end.
func TestNobodyIsWelcomedWithoutEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const mobile = "13700000001"
	w.log.never(mobile)
	e := w.enterprise("A")
	owners := []caller{w.owner(e), w.owner(w.enterprise("B"))}
	round := func(n int) (told int) {
		t.Helper()
		for i := range n {
			owner := owners[i%2]
			added := read[handlers.Account](owner.post("/api/v1/accounts", internship.AccountInput{Name: "李专员", Mobile: mobile, Role: "hr"}).ok(http.StatusCreated))
			w.react(added.ID)
			owner.delete("/api/v1/accounts/" + added.ID).ok(http.StatusNoContent)
		}
		texts, err := w.DB.SMSesTo(t.Context(), mobile, 100)
		if err != nil {
			t.Fatal(err)
		}
		return len(texts)
	}
	if told := round(6); told != 3 {
		t.Errorf("told %d times", told)
	}
	w.Pass(30*24*time.Hour - time.Minute)
	if told := round(2); told != 3 {
		t.Errorf("told %d times within 30 days", told)
	}
	for range 2*internship.MaxAccounts - 1 { // one was added a moment ago
		if _, _, err := w.DB.Try(t.Context(), "staff:"+e.ID, 24*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	owners[0].post("/api/v1/accounts", internship.AccountInput{Name: "李专员", Mobile: mobile, Role: "hr"}).refusedFor(24 * time.Hour)
}

// together does n things at once and gives what came of each.
func together(n int, do func(i int) answer) <-chan answer {
	out := make(chan answer, n)
	done := make(chan struct{}, n)
	for i := range n {
		go func() {
			defer func() { done <- struct{}{} }()
			out <- do(i)
		}()
	}
	for range n {
		<-done
	}
	close(out)
	return out
}

func TestPasswords(t *testing.T) {
	t.Parallel()

	t.Run("forgotten", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		e := w.enterprise("A")
		form := internship.ResetInput{Mobile: e.Mobile, SMSCode: w.smsCode(internship.CodeForReset, e.Mobile), Password: actstest.Password}
		p := w.anyone().post("/api/v1/password/reset", form).refused(internship.ErrInvalid)
		if diff := cmp.Diff([]string{"password=format"}, fields(p)); diff != "" {
			t.Errorf("the last password again: %s", diff)
		}
		form.Password = "Another-2026" // the code is not used up by that
		w.log.never(form.Password)
		w.anyone().once("k").post("/api/v1/password/reset", form).ok(http.StatusNoContent)
		w.anyone().once("k").post("/api/v1/password/reset", form).ok(http.StatusNoContent)
		w.anyone().post("/api/v1/password/reset", form).refused(internship.ErrSMSCode)
		w.owner(e).get("/api/v1/me").refused(internship.ErrUnauthorized)
		w.anyone().post("/api/v1/login", w.login(e.Mobile, actstest.Password)).refused(internship.ErrBadLogin)
		w.byPassword(e.Mobile, form.Password, "a-computer-1234567")
		w.anyone().post("/api/v1/password/reset", internship.ResetInput{Mobile: "13500000000", SMSCode: "123456", Password: "Another-2027"}).refused(internship.ErrSMSCode)
	})

	t.Run("changed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		e := w.enterprise("A")
		here, there := w.as(w.byPassword(e.Mobile, actstest.Password, "a-computer-1234567").Token), w.owner(e)
		change := func(old, new string) answer {
			w.log.never(old, new)
			return here.put("/api/v1/me/password", internship.PasswordInput{Old: old, Password: new})
		}
		if p := change("Wrong-2026", "Another-2026").refused(internship.ErrInvalid); len(p.Errors) != 1 || p.Errors[0].Field != "old" {
			t.Errorf("a wrong old one: %v", fields(p))
		}
		change(actstest.Password, actstest.Password).refused(internship.ErrInvalid)
		change(actstest.Password, "Another-2026").ok(http.StatusNoContent)
		here.get("/api/v1/me").ok(http.StatusOK)
		there.get("/api/v1/me").refused(internship.ErrUnauthorized)
		w.react(e.Staff.AccountID)
		here.get("/api/v1/me").ok(http.StatusOK)
		for range 5 { // which is no try
			if got := fields(change("", "Further-2026").refused(internship.ErrInvalid)); !slices.Equal(got, []string{"old=required"}) {
				t.Errorf("no old one: %v", got)
			}
		}
		for range 5 {
			change("Wrong-2026", "Further-2026").refused(internship.ErrInvalid)
		}
		change("Another-2026", "Further-2026").refused(internship.ErrTooManyTries)
	})

	t.Run("first set by a code", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		e := w.enterprise("A")
		const mobile, first = "13700000001", "Erstes-2026"
		w.log.never(first)
		added := read[handlers.Account](w.owner(e).post("/api/v1/accounts", internship.AccountInput{Name: "李专员", Mobile: mobile, Role: "hr"}))
		me := w.as(w.bySMS(mobile).Token)
		me.put("/api/v1/me/password", internship.PasswordInput{Password: first}).refused(internship.ErrNoPassword)
		me.put("/api/v1/me/password", internship.PasswordInput{Password: first, Old: actstest.Password}).refused(internship.ErrNoPassword)
		w.Pass(time.Minute)
		code := w.smsCode(internship.CodeForReset, mobile)
		me.put("/api/v1/me/password", internship.PasswordInput{Password: first, SMSCode: wrongCode(code)}).refused(internship.ErrSMSCode)
		me.put("/api/v1/me/password", internship.PasswordInput{Password: first, SMSCode: code}).ok(http.StatusNoContent)
		if in := w.byPassword(mobile, first, "a-computer-1234567"); in.Me.Account.ID != added.ID || !in.Me.Account.HasPassword {
			t.Errorf("logged in %+v", in.Me.Account)
		}
	})
}

// wrongCode is another code of six digits.
func wrongCode(code string) string {
	if code[5] == '9' {
		return code[:5] + "0"
	}
	return code[:5] + string(code[5]+1)
}

func TestMobileIsChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, taken := w.enterprise("A"), w.enterprise("B")
	const mobile = "13600000001"
	here, there := w.as(w.byPassword(e.Mobile, actstest.Password, "a-computer-1234567").Token), w.owner(e)
	code := w.smsCode(internship.CodeForMobile, mobile)
	change := func(in internship.MobileInput) answer { return here.put("/api/v1/me/mobile", in) }
	change(internship.MobileInput{Mobile: mobile, SMSCode: code}).refused(internship.ErrInvalid)
	change(internship.MobileInput{Mobile: mobile, SMSCode: code, Password: "Wrong-2026"}).refused(internship.ErrInvalid)
	change(internship.MobileInput{Mobile: mobile, SMSCode: wrongCode(code), Password: actstest.Password}).refused(internship.ErrSMSCode)
	change(internship.MobileInput{Mobile: e.Mobile, SMSCode: code, Password: actstest.Password}).refused(internship.ErrInvalid)
	if got := read[handlers.Account](change(internship.MobileInput{Mobile: mobile, SMSCode: code, Password: actstest.Password})); got.Mobile != "136****0001" {
		t.Errorf("changed %+v", got)
	}
	here.get("/api/v1/me").ok(http.StatusOK)
	there.get("/api/v1/me").refused(internship.ErrUnauthorized)
	w.react(e.Staff.AccountID)
	here.get("/api/v1/me").ok(http.StatusOK)
	if kind, words, _ := w.SMS(e.Mobile); kind != "mobile_changed" || words["mobile"] != "136****0001" {
		t.Errorf("the old mobile is told %s %v", kind, words)
	}
	if kept, err := w.DB.Accounts.Get(t.Context(), e.Staff.AccountID); err != nil || kept.FormerMobile != "" {
		t.Errorf("the old mobile is kept: %v", err)
	}
	w.anyone().post("/api/v1/login", w.login(e.Mobile, actstest.Password)).refused(internship.ErrBadLogin)
	w.byPassword(mobile, actstest.Password, "a-computer-1234567")

	// By a code to the old mobile, and to one that is another account's.
	w.Pass(time.Minute)
	old, new := w.smsCode(internship.CodeForMobile, mobile), w.smsCode(internship.CodeForMobile, taken.Mobile)
	change(internship.MobileInput{Mobile: taken.Mobile, SMSCode: new, OldSMSCode: wrongCode(old)}).refused(internship.ErrSMSCode)
	change(internship.MobileInput{Mobile: taken.Mobile, SMSCode: new, OldSMSCode: old}).refused(internship.ErrMobileTaken)
}

// TestMobileIsChangedTwice: whoever moves an account on before the first mobile is told can't keep it from being told.
func TestMobileIsChangedTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	for _, mobile := range []string{"13600000001", "13600000002"} {
		form := internship.MobileInput{Mobile: mobile, SMSCode: w.smsCode(internship.CodeForMobile, mobile), Password: actstest.Password}
		w.owner(e).put("/api/v1/me/mobile", form).ok(http.StatusOK)
	}
	w.react(e.Staff.AccountID)
	if kind, words, _ := w.SMS(e.Mobile); kind != "mobile_changed" || words["mobile"] != "136****0002" {
		t.Errorf("the first mobile is told %q %v", kind, words)
	}
	if kept, err := w.DB.Accounts.Get(t.Context(), e.Staff.AccountID); err != nil || kept.FormerMobile != "" {
		t.Errorf("the first mobile is kept: %v", err)
	}
}

// TestNewDevices: the first device is no news, a further one is, once.
func TestNewDevices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	news := func() (devices []string) {
		t.Helper()
		account, err := w.DB.Accounts.Get(t.Context(), e.Staff.AccountID)
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range account.Outbox {
			if event.Kind == internship.AccountNewDevice {
				devices = append(devices, event.Data["device"])
			}
		}
		return devices
	}
	if got := news(); got != nil {
		t.Errorf("the first device is news: %v", got)
	}
	w.byPassword(e.Mobile, actstest.Password, "a-computer-1234567")
	w.byPassword(e.Mobile, actstest.Password, "a-computer-1234567")
	if diff := cmp.Diff([]string{"电脑浏览器"}, news()); diff != "" {
		t.Errorf("news (-want, +got):\n%s", diff)
	}

	// A browser that brings no id is given one, and known by it.
	phone := w.anyone().with("User-Agent", "Mozilla/5.0 (iPhone) Mobile MicroMessenger/8.0").with("X-Session", "cookie")
	in := phone.post("/api/v1/login", w.login(e.Mobile, actstest.Password)).ok(http.StatusOK)
	var cookie string
	for _, set := range in.header.Values("Set-Cookie") {
		name, _, _ := strings.Cut(set, ";")
		if session, ok := strings.CutPrefix(name, "shixi_session="); ok {
			w.log.never(session)
		}
		if strings.HasPrefix(name, "shixi_device=") {
			cookie = name
			for _, want := range []string{"HttpOnly", "Secure", "SameSite=Lax", "Max-Age=31536000"} {
				if !strings.Contains(set, want) {
					t.Errorf("Set-Cookie %q lacks %s", set, want)
				}
			}
		}
	}
	again := phone.with("Cookie", cookie).post("/api/v1/login", w.login(e.Mobile, actstest.Password)).ok(http.StatusOK)
	if got := strings.Join(again.header.Values("Set-Cookie"), " "); strings.Contains(got, "shixi_device") || cookie == "" {
		t.Errorf("%q, then %q", cookie, got)
	}
	if diff := cmp.Diff([]string{"电脑浏览器", "微信网页"}, news()); diff != "" {
		t.Errorf("news (-want, +got):\n%s", diff)
	}
	w.anyone().with("X-Device", "short").post("/api/v1/login", w.login(e.Mobile, actstest.Password)).refused(internship.ErrInvalid)
}

func TestOtherSessionsAreEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	here, there := w.as(w.byPassword(e.Mobile, actstest.Password, "a-computer-1234567").Token), w.owner(e)
	other := w.owner(w.enterprise("B"))
	here.delete("/api/v1/sessions").ok(http.StatusNoContent)
	here.get("/api/v1/me").ok(http.StatusOK)
	there.get("/api/v1/me").refused(internship.ErrUnauthorized)
	other.get("/api/v1/me").ok(http.StatusOK)
}

package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
	"shixi/store"
)

const userLi = "oTESTminiprogramuserli000001"

// worksOff does the jobs that wait, as workers would, and the reactions to what
// the account's document tells.
func (w *wechatWorld) worksOff(account string) {
	w.TB.Helper()
	ctx := w.TB.Context()
	if account != "" {
		w.React("accounts", account)
	}
	rows, err := w.DB.DueRows(ctx, "jobs", 0, 100)
	if err != nil {
		w.TB.Fatal(err)
	}
	for _, row := range rows {
		job, err := w.DB.ClaimJob(ctx, row.ID, "me", 1e9)
		if err != nil {
			w.TB.Fatal(err)
		}
		r, ok := acts.ReactionNamed(job.Reaction)
		if !ok {
			w.TB.Fatalf("no reaction %s", job.Reaction)
		}
		if _, err := r.Run(w.Acts, ctx, job.Event, ""); err != nil {
			w.TB.Errorf("%s: %v", job.Reaction, err)
			continue
		}
		job.State = store.JobDone
		if _, err := w.DB.SaveJob(ctx, job); err != nil {
			w.TB.Fatal(err)
		}
	}
}

// app is the mini-program of a user.
func (w *wechatWorld) app1(openID string, n int) handlers.PhoneLogin {
	w.log.never(openID)
	return handlers.PhoneLogin{WechatCode: "for:" + openID + dots(n)}
}

func dots(n int) string {
	out := ""
	for range n {
		out += "."
	}
	return out
}

func TestLogInByPhone(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e, other := w.enterprise("A"), w.enterprise("B")
	n := 0
	ask := func(openID, phone string) answer {
		n++
		in := w.app1(openID, n)
		in.PhoneCode = fmt.Sprint(phone, "#", n)
		w.log.never(in.PhoneCode)
		return w.anyone().post("/api/v1/login/phone", in)
	}
	in := read[handlers.LoggedIn](ask(userLi, e.Mobile).ok(http.StatusOK))
	w.log.never(in.Token)
	if in.Me.Enterprise.ID != e.ID || !in.Me.Account.MiniProgram.Bound || w.account(e.Staff.AccountID).MiniProgram.OpenID != userLi {
		t.Errorf("%+v", in.Me.Account)
	}
	w.as(in.Token).get("/api/v1/me").ok(http.StatusOK)
	again := read[handlers.LoggedIn](w.anyone().post("/api/v1/login/wechat", handlers.WechatLogin{Code: "for:" + userLi}).ok(http.StatusOK))
	w.log.never(again.Token)

	if p := ask(userLi, "13999999999").refused(internship.ErrPhoneUnknown); p.Detail == "" {
		t.Error("nothing is said")
	}
	ask(userLi, other.Mobile).refused(internship.ErrWechatTaken)
	ask(userLi, "quota").refused(internship.ErrPhoneQuota)
	ask(userLi, "foreign").refused(internship.ErrForeignPhone)
	ask(userLi, "2025550123").refused(internship.ErrForeignPhone)
	w.anyone().post("/api/v1/login/phone", handlers.PhoneLogin{WechatCode: "for:" + userLi, PhoneCode: "used up"}).refused(internship.ErrBadWechat)
	w.anyone().post("/api/v1/login/phone", handlers.PhoneLogin{WechatCode: "wrong", PhoneCode: other.Mobile + "#x"}).refused(internship.ErrBadWechat)
	w.log.never(other.Mobile + "#x")
	w.anyone().post("/api/v1/login/phone", handlers.PhoneLogin{}).refused(internship.ErrInvalid)
	before := w.account(other.Staff.AccountID)
	w.platform.away["phone"] = true
	ask("oTESTminiprogramuserwang0001", other.Mobile).refused(internship.ErrUnavailable)
	w.platform.away["phone"] = false
	w.wechat.down = true
	ask("oTESTminiprogramuserwang0001", other.Mobile).refused(internship.ErrUnavailable)
	w.wechat.down = false
	if after := w.account(other.Staff.AccountID); after.Version != before.Version || after.MiniProgram != nil {
		t.Errorf("half bound: %+v", after.MiniProgram)
	}
	w.Acts.Phones = nil
	ask(userLi, e.Mobile).refused(internship.ErrPhoneQuota)
}

func TestWechatLogInsAreLimitedByAddress(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	w.follows(w.enterprise("A"), openLi)
	try := func(times int, door string) {
		for range times {
			if _, _, err := w.DB.Try(t.Context(), door+":0.0.0.0", 1e12); err != nil {
				t.Fatal(err)
			}
		}
	}
	try(599, "wechat")
	try(1199, "visit")
	e := w.enterprise("B")
	for n := range 3 { // what succeeds does not count
		phone := w.phone()
		phone.back(fmt.Sprint(openLi, "#", n), phone.leave("/h5/home")).leads("/h5/home")
		in := w.app1(userLi, n)
		in.PhoneCode = fmt.Sprint(e.Mobile, "#", n)
		w.log.never(in.PhoneCode, read[handlers.LoggedIn](w.anyone().post("/api/v1/login/phone", in).ok(http.StatusOK)).Token)
		in = w.app1(userLi, n+3)
		w.log.never(read[handlers.LoggedIn](w.anyone().post("/api/v1/login/wechat", handlers.WechatLogin{Code: in.WechatCode}).ok(http.StatusOK)).Token)
	}
	try(1, "wechat")
	w.anyone().post("/api/v1/login/wechat", handlers.WechatLogin{Code: "for:" + userLi}).refused(internship.ErrTooManyTries)
	w.anyone().post("/api/v1/login/phone", handlers.PhoneLogin{WechatCode: "for:" + userLi, PhoneCode: "a#b"}).refused(internship.ErrTooManyTries)
}

func TestUnbinding(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.follows(e, openLi)
	me := w.owner(e)
	w.anyone().get("/api/v1/bindings").refused(internship.ErrUnauthorized)
	if b := read[handlers.Bindings](me.get("/api/v1/bindings").ok(http.StatusOK)); !b.Follower.Bound || b.Follower.Following == nil || !*b.Follower.Following || b.MiniProgram.Bound || b.MiniProgram.Following != nil {
		t.Errorf("%+v", b)
	}
	for range 2 {
		me.delete("/api/v1/bindings/follower").ok(http.StatusNoContent)
		me.delete("/api/v1/bindings/mini-program").ok(http.StatusNoContent)
	}
	if b := read[handlers.Bindings](me.get("/api/v1/bindings").ok(http.StatusOK)); b.Follower.Bound || b.MiniProgram.Bound {
		t.Errorf("%+v", b)
	}
	// The identity is free for another account.
	other := w.enterprise("B")
	w.follows(other, openLi)
	if w.bound(other) != openLi || w.bound(e) != "" {
		t.Errorf("%q %q", w.bound(other), w.bound(e))
	}
	// An unfollowed binding says so.
	if err := w.Acts.Unfollowed(t.Context(), openLi); err != nil {
		t.Fatal(err)
	}
	if b := read[handlers.Bindings](w.owner(other).get("/api/v1/bindings").ok(http.StatusOK)); b.Follower.Following == nil || *b.Follower.Following {
		t.Errorf("%+v", b.Follower)
	}
}

// userOf binds a mini-program user with a unionid to the enterprise's owner.
func (w *wechatWorld) userOf(e *actstest.Enterprise, openID, union string) {
	w.TB.Helper()
	w.platform.unions[openID] = union
	in := w.app1(openID, len(w.platform.used))
	in.PhoneCode = fmt.Sprint(e.Mobile, "#", openID)
	w.log.never(in.PhoneCode)
	w.log.never(read[handlers.LoggedIn](w.anyone().post("/api/v1/login/phone", in).ok(http.StatusOK)).Token)
}

func TestUnionidLinksAFollowerToTheAccountOfTheMiniProgram(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	w.log.never(openLi, openWang)
	e := w.enterprise("A")
	w.userOf(e, userLi, "u-li")
	w.platform.follower[openLi] = acts.Follower{Following: true, UnionID: "u-li"}
	w.platform.follower[openWang] = acts.Follower{Following: true, UnionID: "u-wang"}
	for _, openID := range []string{openWang, openLi, "oTESTnotofthisaccount0000001"} {
		if err := w.Acts.Followed(t.Context(), openID); err != nil {
			t.Fatal(err)
		}
	}
	if w.bound(e) != "" {
		t.Error("linked before the answer to the event")
	}
	w.platform.set(func() { w.platform.follower[openLi] = acts.Follower{UnionID: "u-li"} })
	w.worksOff("")
	if w.bound(e) != "" {
		t.Error("linked somebody who is gone by then")
	}
	w.platform.set(func() { w.platform.follower[openLi] = acts.Follower{Following: true, UnionID: "u-li"} })
	w.Pass(24 * 3600e9)
	if err := w.Acts.Followed(t.Context(), openLi); err != nil {
		t.Fatal(err)
	}
	w.worksOff("")
	if w.bound(e) != openLi || w.account(e.Staff.AccountID).Follower.UnionID != "u-li" {
		t.Errorf("bound to %q", w.bound(e))
	}
	// Who gave the binding up is not linked again, until he binds himself.
	w.owner(e).delete("/api/v1/bindings/follower").ok(http.StatusNoContent)
	w.Pass(24 * 3600e9)
	if err := w.Acts.Followed(t.Context(), openLi); err != nil {
		t.Fatal(err)
	}
	w.worksOff("")
	if w.bound(e) != "" {
		t.Error("linked against the person's will")
	}
	w.follows(e, openLi)
	if w.bound(e) != openLi {
		t.Error("not bound by an own scan")
	}
}

func TestUnionidLinksTheMiniProgramToTheAccountOfTheFollower(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.platform.follower[openLi] = acts.Follower{Following: true, UnionID: "u-li"}
	w.follows(e, openLi)
	w.worksOff(e.Staff.AccountID) // asks for the unionid
	if got := w.account(e.Staff.AccountID).Follower; got.UnionID != "u-li" || got.Gone {
		t.Fatalf("%+v", got)
	}
	w.platform.unions[userLi] = "u-li"
	log := func(n int) answer {
		return w.anyone().post("/api/v1/login/wechat", handlers.WechatLogin{Code: w.app1(userLi, n).WechatCode})
	}
	in := read[handlers.LoggedIn](log(1).ok(http.StatusOK))
	w.log.never(in.Token)
	if in.Me.Account.ID != e.Staff.AccountID || !in.Me.Account.MiniProgram.Bound {
		t.Errorf("%+v", in.Me.Account)
	}
	w.owner(e).delete("/api/v1/bindings/mini-program").ok(http.StatusNoContent)
	log(2).refused(internship.ErrNotBound)
}

// TestUnionidsAreNotGuessed: none, an empty one, or one of two accounts.
func TestUnionidsAreNotGuessed(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	a, b := w.enterprise("A"), w.enterprise("B")
	for i, e := range []*actstest.Enterprise{a, b} {
		openID := fmt.Sprintf("oTESTfollower%015d", i)
		w.platform.follower[openID] = acts.Follower{Following: true, UnionID: "u-both"}
		w.follows(e, openID)
		w.worksOff(e.Staff.AccountID)
	}
	for n, union := range []string{"u-both", "", "u-none"} {
		w.platform.unions[userLi] = union
		w.anyone().post("/api/v1/login/wechat", handlers.WechatLogin{Code: w.app1(userLi, n).WechatCode}).refused(internship.ErrNotBound)
	}
}

// TestUnionidIsLearntLater: at the next log-in, by the job and by the operator.
func TestUnionidIsLearntLater(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e, other := w.enterprise("A"), w.enterprise("B")
	w.userOf(e, userLi, "")
	w.platform.unions[userLi] = "u-li"
	in := read[handlers.LoggedIn](w.anyone().post("/api/v1/login/wechat", handlers.WechatLogin{Code: w.app1(userLi, 9).WechatCode}).ok(http.StatusOK))
	w.log.never(in.Token)
	if got := w.account(e.Staff.AccountID).MiniProgram.UnionID; got != "u-li" {
		t.Errorf("unionid %q", got)
	}
	w.follows(e, openLi)
	w.follows(other, "oTESTnotofthisaccount0000001")
	w.platform.away["follower"] = true
	if _, err := w.Acts.FillUnions(t.Context(), ""); err == nil {
		t.Error("no failure while WeChat is away")
	}
	w.platform.away["follower"] = false
	w.platform.follower[openLi] = acts.Follower{Following: true, UnionID: "u-li"}
	got, err := w.Acts.FillUnions(t.Context(), "")
	if err != nil || got.Seen != 2 || got.Lacking != 2 || got.Learnt != 1 || got.Next != "" {
		t.Errorf("%+v, %v", got, err)
	}
	if again, err := w.Acts.FillUnions(t.Context(), ""); err != nil || again.Lacking != 1 || again.Learnt != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
	if w.account(e.Staff.AccountID).Follower.UnionID != "u-li" {
		t.Error("not learnt")
	}
}

// TestWhoDoesNotFollowIsKnownNotToFollow: a page may be opened, and bound, by
// somebody whom no message reaches.
func TestWhoDoesNotFollowIsKnownNotToFollow(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	w.log.never(openLi)
	e := w.enterprise("A")
	phone := w.phone()
	phone.back(openLi+"#1", phone.leave("/h5/"))
	phone.logIn(e)
	w.worksOff(e.Staff.AccountID)
	if f := w.account(e.Staff.AccountID).Follower; f == nil || !f.Gone {
		t.Errorf("%+v", f)
	}
	if err := w.Acts.Followed(t.Context(), openLi); err != nil {
		t.Fatal(err)
	}
	if f := w.account(e.Staff.AccountID).Follower; f.Gone {
		t.Errorf("%+v", f)
	}
}

// TestPageFindsTheAccountOfTheMiniProgram: who uses the mini-program need not
// log in on the page.
func TestPageFindsTheAccountOfTheMiniProgram(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	w.log.never(openLi)
	e := w.enterprise("A")
	w.userOf(e, userLi, "u-li")
	w.platform.follower[openLi] = acts.Follower{Following: true, UnionID: "u-li"}
	phone := w.phone()
	phone.back(openLi+"#1", phone.leave("/h5/")).leads("/h5/")
	if phone.whose() != e.Staff.AccountID || w.bound(e) != openLi {
		t.Errorf("%q, bound %q", phone.whose(), w.bound(e))
	}
}

// TestBindingCodeServesOnce: its first scanner, and nobody by it after he has
// unbound.
func TestBindingCodeServesOnce(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	w.log.never(openLi, openWang)
	e := w.enterprise("A")
	b, err := w.Acts.BindingQR(t.Context(), e.Staff)
	if err != nil {
		t.Fatal(err)
	}
	scan := func(openID string, want acts.ScanOutcome) {
		t.Helper()
		if s, err := w.Acts.Scanned(t.Context(), openID, b.Scene); err != nil || s.Outcome != want {
			t.Errorf("%+v, %v", s, err)
		}
	}
	scan(openLi, acts.ScanBound)
	scan(openLi, acts.ScanBound) // WeChat repeats it
	scan(openWang, acts.ScanStale)
	if w.bound(e) != openLi {
		t.Errorf("bound to %q", w.bound(e))
	}
	w.owner(e).delete("/api/v1/bindings/follower").ok(http.StatusNoContent)
	scan(openLi, acts.ScanStale)
	if w.bound(e) != "" {
		t.Error("bound again by a used code")
	}
}

// TestBindingCodeOutlivesNoSession: whoever had the session that asked for the code, but was logged out or had the
// password changed under it, has nobody bound by it any more. The session that is kept has.
func TestBindingCodeOutlivesNoSession(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	w.log.never(openLi, openWang)
	e := w.enterprise("A")
	owner := w.owner(e)
	thief := func() caller { return w.as(w.byPassword(e.Mobile, actstest.Password, "a-computer-1234567").Token) }
	scene := func(by caller) string {
		_, scene, _ := strings.Cut(read[handlers.BindingCode](by.post("/api/v1/bindings/follower", nil).ok(http.StatusOK)).ImageURL, "ticket=")
		return scene
	}
	scan := func(openID, scene string, want acts.ScanOutcome) {
		t.Helper()
		if s, err := w.Acts.Scanned(t.Context(), openID, scene); err != nil || s.Outcome != want {
			t.Errorf("%+v, %v", s, err)
		}
	}
	left := scene(thief())
	owner.delete("/api/v1/sessions").ok(http.StatusNoContent)
	scan(openWang, left, acts.ScanStale)
	left, own := scene(thief()), scene(owner)
	w.log.never("Another-2026")
	owner.put("/api/v1/me/password", internship.PasswordInput{Old: actstest.Password, Password: "Another-2026"}).ok(http.StatusNoContent)
	scan(openWang, left, acts.ScanStale)
	if w.bound(e) != "" {
		t.Errorf("bound to %q", w.bound(e))
	}
	scan(openLi, own, acts.ScanBound)
	for range 40 {
		if a := owner.post("/api/v1/bindings/follower", nil); a.status == http.StatusTooManyRequests {
			a.refused(internship.ErrTooManyTries)
			return
		}
	}
	t.Error("codes without a limit")
}

// TestBoundAccountIsTold: the account itself, although it did it, and nobody
// else of its enterprise; partners do not read of it.
func TestBoundAccountIsTold(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.account2(e)
	w.follows(e, openLi)
	events, err := w.DB.Outbox(t.Context(), "accounts", e.Staff.AccountID)
	if err != nil || len(events) == 0 {
		t.Fatal(events, err)
	}
	last := events[len(events)-1]
	staff, err := w.DB.Staff(t.Context(), e.ID)
	if err != nil || len(staff) != 2 {
		t.Fatal(staff, err)
	}
	pushes := acts.PushesFor(last, staff, func(string) store.Work { return store.Work{} })
	if last.Kind != internship.AccountBound || !last.Kind.Internal() || len(pushes) != 1 || pushes[0].AccountID != e.Staff.AccountID || pushes[0].OpenID != openLi {
		t.Fatalf("%+v: %+v", last, pushes)
	}
	words, err := acts.Message(&pushes[0])
	if err != nil || words["text"] != "王经理的账号已绑定服务号，如非本人操作，请立即解除绑定并修改密码" {
		t.Errorf("%q, %v", words["text"], err)
	}
}

// account2 is a further account of the enterprise.
func (w *wechatWorld) account2(e *actstest.Enterprise) {
	w.world.account(e, "李人事", internship.HR)
}

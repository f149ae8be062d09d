package handlers_test

import (
	"net/http"
	"testing"
	"time"

	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
)

const (
	recoveries  = "/api/v1/recoveries"
	lostMobile  = "13512340001"
	ownerNumber = "410199200701020013"
)

// lost is somebody who has forgotten everything: the holder of a pass, and what
// he or she submits.
func (w *partners) lost(e *actstest.Enterprise, mobile string) (caller, internship.RecoveryInput) {
	w.TB.Helper()
	who := w.as(w.pass(recoveries+"/pass", internship.CodeForRecovery, mobile))
	scan := read[handlers.StoredFile](who.upload("/api/v1/registration/files", kindPart(internship.FileCertificate), part{field: "file", file: "营业执照.jpg", content: actstest.Photo()}).ok(http.StatusCreated))
	w.log.never(ownerNumber)
	return who, internship.RecoveryInput{Code: e.Code, Name: "王经理", IDNumber: ownerNumber, Certificate: scan.ID}
}

// TestRecoveryAllTheWay: the person asks, the platform gives, the lost phone
// reads no more.
func TestRecoveryAllTheWay(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e := w.enterprise("示例电子")
	colleague := w.account(e, "李专员", internship.HR)
	bound := read[handlers.LoggedIn](w.anyone().post("/api/v1/login", w.bindingLogin(e.Mobile, "for:lost")).ok(http.StatusOK))
	w.log.never(bound.Token)
	who, form := w.lost(e, lostMobile)
	taken := read[handlers.RecoveryTaken](who.post(recoveries, form).ok(http.StatusAccepted))

	// A second click, by whatever key, is the first one.
	for _, again := range []caller{who, who.once("key-1"), who.once("key-2")} {
		if a := read[handlers.RecoveryTaken](again.post(recoveries, form).ok(http.StatusAccepted)); a != taken {
			t.Errorf("again: %+v, want %+v", a, taken)
		}
	}
	other := form
	other.Name = "别人"
	who.post(recoveries, other).refused(internship.ErrPass)
	w.Pass(time.Minute)
	same, again := w.lost(e, lostMobile)
	same.post(recoveries, again).refused(internship.ErrRecoveryWaiting)
	w.Pass(time.Second)

	path := "/partner/v1/recoveries/" + taken.Number
	page := read[handlers.RecoveryPage](w.platform.get("/partner/v1/recoveries").ok(http.StatusOK))
	if len(page.Items) != 1 || page.Items[0].ID != taken.Number || page.Items[0].StateLabel != "待处理" {
		t.Fatalf("%+v", page)
	}
	seen := read[handlers.Recovery](w.platform.get(path).ok(http.StatusOK))
	if seen.Match != "nothing_on_file" || seen.IDNumber != "410***********0013" || seen.Mobile != "135****0001" || seen.Enterprise == nil || seen.Enterprise.Owner != "王经理" {
		t.Errorf("%+v", seen)
	}
	w.school.get(path).refused(internship.ErrNotSchool)
	w.platform.get("/partner/v1/files/" + form.Certificate).ok(http.StatusOK)

	w.platform.post(path+"/approve", nil).ok(http.StatusOK)
	w.platform.get("/partner/v1/files/" + form.Certificate).refused(internship.ErrNotFound) // it has been decided
	w.owner(e).get("/api/v1/me").refused(internship.ErrUnauthorized)
	w.anyone().post("/api/v1/login/wechat", handlers.WechatLogin{Code: "for:lost."}).refused(internship.ErrNotBound) // the lost phone's WeChat
	colleague.get("/api/v1/me").ok(http.StatusOK)
	w.React("recoveries", taken.Number)
	if kind, _, _ := w.SMS(lostMobile); kind != "recovered" {
		t.Errorf("told %q", kind)
	}
	if kind, words, _ := w.SMS(e.Mobile); kind != "mobile_changed" || words["mobile"] != "135****0001" {
		t.Errorf("the old mobile is told %q %v", kind, words)
	}
	if kept, err := w.DB.Accounts.Get(t.Context(), e.Staff.AccountID); err != nil || kept.FormerMobile != "" {
		t.Errorf("the old mobile is kept: %v", err)
	}
	w.anyone().post("/api/v1/login", w.login(e.Mobile, actstest.Password)).refused(internship.ErrBadLogin)
	w.anyone().post("/api/v1/login", w.login(e.Code, actstest.Password)).refused(internship.ErrBadLogin)
	w.Pass(time.Minute)
	if in := w.bySMS(lostMobile); in.Me.Account.Role != handlers.Role(internship.Owner) || in.Me.Enterprise.ID != e.ID {
		t.Errorf("%+v", in.Me)
	}
	w.Pass(time.Minute)
	w.anyone().post("/api/v1/password/reset", internship.ResetInput{Mobile: lostMobile, SMSCode: w.smsCode(internship.CodeForReset, lostMobile), Password: "Another-2026"}).ok(http.StatusNoContent)
	w.byPassword(e.Code, "Another-2026", "a-computer-1234567")
	w.platform.post(path+"/approve", nil).refused(internship.ErrWrongState)
}

// TestRecoveryRefused: the answer does not tell whether there is such an
// enterprise; the reason reaches the person, who may try again.
func TestRecoveryRefused(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	nobody := &actstest.Enterprise{Code: actstest.USCC(9001)}
	who, form := w.lost(nobody, lostMobile)
	taken := read[handlers.RecoveryTaken](who.post(recoveries, form).ok(http.StatusAccepted))
	path := "/partner/v1/recoveries/" + taken.Number
	w.platform.post(path+"/approve", nil).refused(internship.ErrNothingToGive)
	w.platform.post(path+"/refuse", reason("")).refused(internship.ErrInvalid)
	if got := read[handlers.Recovery](w.platform.post(path+"/refuse", reason("证件与企业不符")).ok(http.StatusOK)); got.StateLabel != "已拒绝" || got.Reason != "证件与企业不符" {
		t.Errorf("%+v", got)
	}
	w.Pass(time.Minute)
	w.React("recoveries", taken.Number)
	if kind, params, _ := w.SMS(lostMobile); kind != "recovery_refused" || params["reason"] != "证件与企业不符" {
		t.Errorf("told %q %v", kind, params)
	}
	w.Pass(time.Minute)
	again, form := w.lost(nobody, lostMobile)
	second := read[handlers.RecoveryTaken](again.post(recoveries, form).ok(http.StatusAccepted))
	w.Pass(internship.RecoveryLife)
	w.platform.post("/partner/v1/recoveries/"+second.Number+"/approve", nil).refused(internship.ErrWrongState)
	if err := w.Acts.ExpireRecovery(t.Context(), second.Number); err != nil {
		t.Error(err)
	}
	if got := read[handlers.Recovery](w.platform.get("/partner/v1/recoveries/" + second.Number)); got.StateLabel != "已过期" {
		t.Errorf("%+v", got)
	}
}

// TestRecoveryHasRivals: whoever asks first for an enterprise's account keeps
// nobody else from asking, and learns of nobody; the platform sees them all.
func TestRecoveryHasRivals(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e := w.enterprise("示例电子")
	rival, theirs := w.lost(e, "13512340002")
	first := read[handlers.RecoveryTaken](rival.post(recoveries, theirs).ok(http.StatusAccepted))
	who, form := w.lost(e, lostMobile)
	second := read[handlers.RecoveryTaken](who.post(recoveries, form).ok(http.StatusAccepted))
	if page := read[handlers.RecoveryPage](w.platform.get("/partner/v1/recoveries").ok(http.StatusOK)); len(page.Items) != 2 {
		t.Errorf("the platform sees %+v", page)
	}
	w.platform.post("/partner/v1/recoveries/"+second.Number+"/approve", nil).ok(http.StatusOK)
	w.platform.post("/partner/v1/recoveries/"+first.Number+"/refuse", internship.ReasonInput{Reason: "材料与企业登记不符"}).ok(http.StatusOK)
	if owner, err := w.DB.Owner(t.Context(), e.ID); err != nil || owner.Mobile != lostMobile {
		t.Errorf("the owner is %+v, %v", owner, err)
	}
}

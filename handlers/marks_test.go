package handlers_test

import (
	"net/http"
	"testing"
	"time"

	"shixi/internship"
)

// What a browser has of WeChat serves for what it was given, and no longer.

// TestQROfABoundFollowerBindsNobody: who has scanned is known, so whoever logs in by password is somebody else or needs no
// binding.
func TestQROfABoundFollowerBindsNobody(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e, other := w.enterprise("A"), w.enterprise("B")
	w.follows(e, openLi)
	computer := w.browser()
	w.scans(openLi, computer.showQR().ID)
	if in := computer.logIn(other); in.Wechat != "" || w.bound(other) != "" {
		t.Errorf("%q, bound to %q", in.Wechat, w.bound(other))
	}
}

// TestQRConfirmedForAnotherAccount: the WeChat that confirmed for one account is another's by the time the browser asks.
func TestQRConfirmedForAnotherAccount(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e, other := w.enterprise("A"), w.enterprise("B")
	w.follows(e, openLi)
	computer, phone := w.browser(), w.phone()
	qr := computer.showQR()
	w.scans(openLi, qr.ID)
	phone.answers(phone.opens(openLi, qr.ID), qr.ID, "yes").ok(http.StatusOK)
	w.owner(e).delete("/api/v1/bindings/follower").ok(http.StatusNoContent)
	w.follows(other, openLi)
	if p := computer.poll(qr.ID); p.State != "expired" || computer.whose() != "" {
		t.Errorf("%+v, logged in as %q", p, computer.whose())
	}
}

// TestLogInByQRBindsNobodyElse: the browser also knows of somebody who opened a page in it and has no account.
func TestLogInByQRBindsNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	e := w.enterprise("A")
	w.follows(e, openLi)
	shared, phone := w.phone(), w.phone()
	shared.back(openWang+"#1", shared.leave("/h5/"))
	w.log.never(openWang)
	qr := shared.showQR()
	w.scans(openLi, qr.ID)
	phone.answers(phone.opens(openLi, qr.ID), qr.ID, "yes").ok(http.StatusOK)
	if p := shared.poll(qr.ID); p.LoggedIn == nil || p.LoggedIn.Wechat != "" || w.bound(e) != openLi {
		t.Errorf("%+v, bound to %q", p, w.bound(e))
	}
}

// TestWhoHoldsAPhoneIsAskedAnew: what WeChat said of a phone ten minutes ago answers no code.
func TestWhoHoldsAPhoneIsAskedAnew(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	w.follows(w.enterprise("A"), openLi)
	computer, phone := w.browser(), w.phone()
	first := computer.showQR()
	w.scans(openLi, first.ID)
	page := phone.opens(openLi, first.ID).ok(http.StatusOK)
	w.Pass(10 * time.Minute)
	second := computer.showQR()
	w.scans(openLi, second.ID)
	phone.answers(page, second.ID, "yes").told(internship.ErrVisit)
	phone.state(phone.get("/wx/qr/" + second.ID)) // leads to WeChat
	if p := computer.poll(second.ID); p.State != "scanned" || computer.whose() != "" {
		t.Errorf("%+v", p)
	}
}

// TestReturnsAreLimitedByAddress: beyond the limit WeChat is asked about no code.
func TestReturnsAreLimitedByAddress(t *testing.T) {
	t.Parallel()
	w := newWechatWorld(t)
	w.follows(w.enterprise("A"), openLi)
	for range 1200 {
		if _, _, err := w.DB.Try(t.Context(), "visit:0.0.0.0", time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	phone := w.phone()
	phone.back(openLi+"#1", phone.leave("/h5/")).told(internship.ErrTooManyTries)
	if phone.whose() != "" || w.platform.exchanged != 0 {
		t.Errorf("logged in as %q after %d exchanges", phone.whose(), w.platform.exchanged)
	}
}

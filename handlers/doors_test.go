package handlers_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"shixi/internship"
)

// TestEveryDoorCountsTheAddress: whoever has tried too often at one door finds all of them closed.
func TestEveryDoorCountsTheAddress(t *testing.T) {
	t.Parallel()
	limits := plenty()
	limits.AddressHour = 2
	w := newTwins(t, limits)
	activation := w.entered()
	activation.ActivationCode = "AAAA-BBBB-CCCC"
	const mobile, code = "13300000001", "000000"
	type door struct {
		body  func() any
		wrong *internship.Error
	}
	always := func(body any) func() any { return func() any { return body } }
	doors := map[string]door{
		"/api/v1/login":             {func() any { return w.login(mobile, "Wrong-2026") }, internship.ErrBadLogin},
		"/api/v1/login/sms":         {always(internship.SMSLoginInput{Mobile: mobile, SMSCode: code}), internship.ErrSMSCode},
		"/api/v1/password/reset":    {always(internship.ResetInput{Mobile: mobile, SMSCode: code, Password: "Another-2026"}), internship.ErrSMSCode},
		"/api/v1/activation":        {always(activation), internship.ErrBadActivation},
		"/api/v1/registration/pass": {always(internship.MobilePassInput{Mobile: mobile, SMSCode: code}), internship.ErrSMSCode},
		"/api/v1/recoveries/pass":   {always(internship.MobilePassInput{Mobile: mobile, SMSCode: code}), internship.ErrSMSCode},
	}
	n := 0
	for path, tried := range doors {
		n++
		address := fmt.Sprint("198.51.100.", n)
		for range 2 { // at either replica
			w.from(address).post(path, tried.body()).refused(tried.wrong)
		}
		for path, other := range doors {
			w.from(address).post(path, other.body()).refusedFor(time.Hour)
		}
	}
}

// TestEveryCodeCostsAPuzzle: whatever an SMS code is for, each needs a ticket of its own.
func TestEveryCodeCostsAPuzzle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	for _, purpose := range []string{internship.CodeForLogin, internship.CodeForReset, internship.CodeForRegister, internship.CodeForRecovery, internship.CodeForMobile} {
		ask := func(ticket string) answer {
			return w.anyone().post("/api/v1/sms-codes", internship.CodeRequestInput{Mobile: e.Mobile, Purpose: purpose, Ticket: ticket})
		}
		ask("AXk2v9Q0").refused(internship.ErrCaptcha)
		ticket := w.ticket()
		ask(ticket).ok(http.StatusAccepted)
		w.Pass(time.Minute + time.Second)
		ask(ticket).refused(internship.ErrCaptcha)
	}
}

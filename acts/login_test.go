package acts_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/store"
)

const here, there = "203.0.113.9", "198.51.100.7"

// sides are the acts of a world and those of a second process over the same
// documents.
func sides(t *testing.T, w *actstest.World) [2]*acts.Acts {
	t.Helper()
	return [2]*acts.Acts{w.Acts, w.Process(w.Open(nil))}
}

// logIn tries a password from an address on one of the sides.
func logIn(w *actstest.World, on *acts.Acts, name, password, address string) (acts.Opened, error) {
	w.TB.Helper()
	return on.LogIn(w.TB.Context(), acts.Login{Name: name, Password: password, Ticket: w.Ticket(), Address: address,
		Device: acts.Device{Name: "电脑浏览器", ID: "the device of a test"}})
}

// texted is the code that a mobile was sent last.
func texted(w *actstest.World, mobile string) string {
	w.TB.Helper()
	_, params, _ := w.SMS(mobile)
	return params["code"]
}

func expect(t *testing.T, what string, err, want error) {
	t.Helper()
	if want == nil && err != nil || want != nil && !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func TestPuzzlesAndTicketsAreGoodOnce(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	ctx, on := t.Context(), sides(t, w)
	challenge := func() string {
		t.Helper()
		c, err := w.Acts.Challenge(ctx, here)
		if err != nil || c.Puzzle.Target != actstest.Target {
			t.Fatal(err)
		}
		return c.Token
	}

	burnt := challenge()
	_, err := on[1].Solve(ctx, burnt, actstest.Target+40)
	expect(t, "a wrong answer", err, internship.ErrCaptcha)
	_, err = on[0].Solve(ctx, burnt, actstest.Target)
	expect(t, "the right one after a wrong one, elsewhere", err, internship.ErrCaptcha)

	late := challenge()
	w.Pass(2 * time.Minute)
	_, err = w.Acts.Solve(ctx, late, actstest.Target)
	expect(t, "an old puzzle", err, internship.ErrCaptcha)

	near, err := on[1].Solve(ctx, challenge(), actstest.Target+3)
	if err != nil {
		t.Fatalf("a near answer: %v", err)
	}
	attempt := func(on *acts.Acts, ticket string) error {
		_, err := on.LogIn(ctx, acts.Login{Name: "13500000000", Password: "x", Ticket: ticket, Address: here})
		return err
	}
	won, lost := race(10, func(i int) error {
		if err := attempt(on[i%2], near.Text); !errors.Is(err, internship.ErrBadLogin) {
			return err
		}
		return nil
	}, internship.ErrCaptcha)
	if won != 1 || lost != 9 {
		t.Errorf("a ticket was good %d times, refused %d times", won, lost)
	}
	old, err := w.Acts.Solve(ctx, challenge(), actstest.Target)
	if err != nil {
		t.Fatal(err)
	}
	w.Pass(5 * time.Minute)
	expect(t, "an old ticket", attempt(w.Acts, old.Text), internship.ErrCaptcha)
	for _, forged := range []string{"", "x", burnt, "!", near.Text[:len(near.Text)-2] + "AA"} {
		expect(t, fmt.Sprintf("the ticket %q", forged), attempt(w.Acts, forged), internship.ErrCaptcha)
	}
	_, err = w.Acts.Solve(ctx, near.Text, actstest.Target)
	expect(t, "a ticket as a puzzle", err, internship.ErrCaptcha)
}

// TestPasswordTriesAreCountedByName: the spellings of a name are one counter, on
// all processes, and those who do not exist count alike. Mobile and code are two,
// so that tries at one don't tell whose the other is.
func TestPasswordTriesAreCountedByName(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e, on := w.Enterprise("A"), sides(t, w)
	spellings := [][]string{{e.Code, e.Code[8:17], strings.ToLower(e.Code)}, {e.Mobile, "+86 " + e.Mobile}}
	for _, names := range spellings {
		for i := range 5 {
			_, err := logIn(w, on[i%2], names[i%len(names)], "Wrong-2026", here)
			expect(t, "a wrong password as "+names[i%len(names)], err, internship.ErrBadLogin)
		}
		for i, name := range names {
			_, err := logIn(w, on[i%2], name, actstest.Password, here)
			expect(t, "the sixth try as "+name, err, internship.ErrTooManyTries)
			if refused, ok := errors.AsType[*internship.Error](err); !ok || refused.RetryAfter != 900 {
				t.Errorf("the wait is %+v", refused)
			}
		}
	}
	_, err := logIn(w, on[1], e.Mobile, actstest.Password, there)
	expect(t, "from elsewhere", err, nil)
	w.Pass(15 * time.Minute)
	_, err = logIn(w, on[0], e.Code[8:17], actstest.Password, here)
	expect(t, "by organisation code, later", err, nil)
	for range 5 {
		_, err := logIn(w, on[0], e.Mobile, "Wrong-2026", here)
		expect(t, "after a success", err, internship.ErrBadLogin)
	}

	for i := range 5 {
		_, err := logIn(w, on[i%2], "13500000000", "Wrong-2026", there)
		expect(t, "nobody's", err, internship.ErrBadLogin)
	}
	_, err = logIn(w, on[0], "135 0000 0000", "Wrong-2026", there)
	expect(t, "nobody's sixth", err, internship.ErrTooManyTries)
}

// TestNobodyIsLockedOut: a day's wrong passwords from everywhere close the
// password, not the SMS code.
func TestNobodyIsLockedOut(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e, on := w.Enterprise("A"), sides(t, w)
	for i := range 50 {
		_, err := logIn(w, on[i%2], e.Mobile, "Wrong-2026", fmt.Sprintf("192.0.2.%d", i/5))
		expect(t, "a wrong password", err, internship.ErrBadLogin)
	}
	_, err := logIn(w, on[0], e.Mobile, actstest.Password, here)
	expect(t, "the right one", err, internship.ErrTooManyTries)
	code := w.SMSCode(internship.CodeForLogin, e.Mobile)
	_, err = on[1].LogInBySMS(t.Context(), acts.SMSLogin{SMSLoginInput: internship.SMSLoginInput{Mobile: e.Mobile, SMSCode: code}, Address: here})
	expect(t, "by SMS", err, nil)
	w.Pass(24 * time.Hour)
	_, err = logIn(w, on[0], e.Mobile, actstest.Password, here)
	expect(t, "on another day", err, nil)
}

func TestAddressesAreLimitedByHourAndDay(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	on := sides(t, w)
	for _, side := range on {
		side.Limits = acts.Limits{AddressHour: 4, AddressDay: 6, PuzzlesHour: 1000, PuzzlesDay: 1000, SMSHour: 2, SMSDay: 3}
	}
	serial := 0
	try := func(on *acts.Acts) error {
		serial++
		_, err := logIn(w, on, fmt.Sprintf("1350000%04d", serial), "Wrong-2026", here)
		return err
	}
	for range 2 {
		expect(t, "a try", try(on[0]), internship.ErrBadLogin)
		_, err := on[1].Admit(t.Context(), internship.CodeForRegister, internship.MobilePassInput{Mobile: "13500000000", SMSCode: "123456"}, here)
		expect(t, "a code", err, internship.ErrSMSCode)
	}
	expect(t, "the fifth of an hour", try(on[1]), internship.ErrTooManyTries)
	_, err := on[0].Activate(t.Context(), internship.ActivationInput{Code: actstest.USCC(9), ActivationCode: "AAAA-AAAA-AAAA", Mobile: "13500000000", Name: "王", Password: actstest.Password}, acts.Device{}, here)
	expect(t, "an activation", err, internship.ErrTooManyTries)
	w.Pass(time.Hour)
	expect(t, "the next hour", try(on[1]), internship.ErrBadLogin)
	expect(t, "the sixth of a day", try(on[0]), internship.ErrBadLogin)
	expect(t, "the seventh of a day", try(on[1]), internship.ErrTooManyTries)

	send := func(on *acts.Acts) error {
		serial++
		_, err := on.SendCode(t.Context(), internship.CodeRequestInput{Mobile: fmt.Sprintf("1360000%04d", serial), Purpose: internship.CodeForRegister, Ticket: w.Ticket()}, there)
		return err
	}
	expect(t, "a code", send(on[0]), nil)
	expect(t, "a code", send(on[1]), nil)
	expect(t, "the third of an hour", send(on[0]), internship.ErrTooManyTries)
	w.Pass(time.Hour)
	expect(t, "the next hour", send(on[1]), nil)
	expect(t, "the fourth of a day", send(on[1]), internship.ErrTooManyTries)
	on[0].Limits.PuzzlesHour, on[1].Limits.PuzzlesHour = 3, 3
	for range 3 {
		_, err := on[1].Challenge(t.Context(), "192.0.2.1")
		expect(t, "a puzzle", err, nil)
	}
	_, err = on[0].Challenge(t.Context(), "192.0.2.1")
	expect(t, "the fourth puzzle", err, internship.ErrTooManyTries)
}

// TestHonestCrowdBehindOneAddress: where an office, a training room or a
// carrier shares an address, who gets in takes nothing away from the others.
func TestHonestCrowdBehindOneAddress(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	on := sides(t, w)
	for _, side := range on {
		side.Limits = acts.Limits{AddressHour: 2, AddressDay: 2, PuzzlesHour: 1000, PuzzlesDay: 1000, SMSHour: 2, SMSDay: 2}
	}
	for i := range 5 {
		e := w.Enterprise(fmt.Sprint("A", i))
		side := on[i%2]
		_, err := side.Challenge(t.Context(), here)
		expect(t, "a puzzle", err, nil)
		_, err = logIn(w, side, e.Mobile, actstest.Password, here)
		expect(t, "by password", err, nil)

		_, err = side.SendCode(t.Context(), internship.CodeRequestInput{Mobile: e.Mobile, Purpose: internship.CodeForLogin, Ticket: w.Ticket()}, here)
		expect(t, "a code", err, nil)
		code := texted(w, e.Mobile)
		_, err = side.LogInBySMS(t.Context(), acts.SMSLogin{SMSLoginInput: internship.SMSLoginInput{Mobile: e.Mobile, SMSCode: code}, Address: here})
		expect(t, "by SMS", err, nil)

		stranger := fmt.Sprintf("1350000%04d", i)
		_, err = side.SendCode(t.Context(), internship.CodeRequestInput{Mobile: stranger, Purpose: internship.CodeForRegister, Ticket: w.Ticket()}, here)
		expect(t, "a registrant's code", err, nil)
		code = texted(w, stranger)
		_, err = side.Admit(t.Context(), internship.CodeForRegister, internship.MobilePassInput{Mobile: stranger, SMSCode: code}, here)
		expect(t, "a pass", err, nil)
	}

	if n, _, err := w.DB.Try(t.Context(), "puzzles:"+here, time.Hour); n != 1 || err != nil {
		t.Errorf("%d puzzles count against the address, %v", n-1, err)
	}

	// One who gets in wins no tries, however often the request is made again.
	e := w.Enterprise("B")
	_, err := on[0].SendCode(t.Context(), internship.CodeRequestInput{Mobile: e.Mobile, Purpose: internship.CodeForLogin, Ticket: w.Ticket()}, here)
	expect(t, "a code", err, nil)
	code := texted(w, e.Mobile)
	_, err = on[0].SendCode(t.Context(), internship.CodeRequestInput{Mobile: "13500000010", Purpose: internship.CodeForRegister, Ticket: w.Ticket()}, here)
	expect(t, "the other one", err, nil)
	for range 3 {
		_, err = on[0].LogInBySMS(store.WithOp(t.Context(), "again"), acts.SMSLogin{SMSLoginInput: internship.SMSLoginInput{Mobile: e.Mobile, SMSCode: code}, Address: here})
		expect(t, "by SMS, again and again", err, nil)
	}
	_, err = on[0].SendCode(t.Context(), internship.CodeRequestInput{Mobile: "13500000011", Purpose: internship.CodeForRegister, Ticket: w.Ticket()}, here)
	expect(t, "the one that was not wasted", err, nil)
	_, err = on[0].SendCode(t.Context(), internship.CodeRequestInput{Mobile: "13500000012", Purpose: internship.CodeForRegister, Ticket: w.Ticket()}, here)
	expect(t, "one more", err, internship.ErrTooManyTries)
}

// TestNobodyIsTextedWithoutAProvider: and nobody is told that somebody was.
func TestNobodyIsTextedWithoutAProvider(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	w.Acts.NoSMS, w.Acts.Home = true, &url.URL{Scheme: "https", Host: "shixi.test"}
	const mobile = "13500000001"
	entry, err := w.Acts.EnterEnterprise(t.Context(), w.School, internship.EntryInput{Name: "示例电子", Code: actstest.USCC(1), Phone: mobile})
	if err != nil || entry.Texted || entry.Code == "" {
		t.Errorf("entered: %+v, %v", entry, err)
	}
	_, err = w.Acts.Resend(t.Context(), actstest.Platform, entry.Enterprise.ID)
	expect(t, "sent again", err, internship.ErrUnavailable)
	n, err := w.Acts.Nominate(t.Context(), actstest.StudentsApp, w.NewStudent("卢晓东").Student.ID, internship.NominationInput{Name: "示例机械", Code: actstest.USCC(2), Contact: "王", Mobile: mobile})
	if err != nil || n.Texted {
		t.Errorf("nominated: %+v, %v", n, err)
	}
	if _, _, told := w.SMS(mobile); told {
		t.Error("a text waits for ever")
	}
	// The code on paper is still the enterprise's.
	_, err = w.Acts.Activate(t.Context(), internship.ActivationInput{Code: actstest.USCC(1), ActivationCode: entry.Code, Mobile: "13500000002", Name: "王", Password: actstest.Password}, acts.Device{}, here)
	expect(t, "activated", err, nil)
}

func TestSMSCodes(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	on := sides(t, w)
	const mobile = "13500000001"
	admit := func(on *acts.Acts, purpose, code string) error {
		_, err := on.Admit(t.Context(), purpose, internship.MobilePassInput{Mobile: mobile, SMSCode: code}, here)
		return err
	}
	send := func(purpose string) error {
		_, err := w.Acts.SendCode(t.Context(), internship.CodeRequestInput{Mobile: mobile, Purpose: purpose, Ticket: w.Ticket()}, here)
		return err
	}
	wrong := func(code string) string { return fmt.Sprintf("%06d", (atoi(code)+1)%1000000) }

	first := w.SMSCode(internship.CodeForRegister, mobile)
	expect(t, "for another purpose", admit(on[1], internship.CodeForRecovery, first), internship.ErrSMSCode)
	expect(t, "a second one at once", send(internship.CodeForRecovery), internship.ErrTooManyTries)
	w.Pass(time.Minute)
	second := w.SMSCode(internship.CodeForRegister, mobile)
	if first != second {
		expect(t, "the code before", admit(on[0], internship.CodeForRegister, first), internship.ErrSMSCode)
	}
	won, lost := race(8, func(i int) error { return admit(on[i%2], internship.CodeForRegister, second) }, internship.ErrSMSCode)
	if won != 1 || lost != 7 {
		t.Errorf("a code was good %d times", won)
	}

	w.Pass(time.Minute)
	third := w.SMSCode(internship.CodeForRegister, mobile)
	for i := range 5 {
		expect(t, "a guess", admit(on[i%2], internship.CodeForRegister, wrong(third)), internship.ErrSMSCode)
	}
	expect(t, "the right one after five guesses", admit(on[0], internship.CodeForRegister, third), internship.ErrSMSCode)

	w.Pass(time.Minute)
	fourth := w.SMSCode(internship.CodeForRegister, mobile)
	w.Pass(5 * time.Minute)
	expect(t, "after five minutes", admit(on[0], internship.CodeForRegister, fourth), internship.ErrSMSCode)

	expect(t, "the fifth of an hour", send(internship.CodeForRegister), nil)
	w.Pass(time.Minute)
	err := send(internship.CodeForRegister)
	expect(t, "the sixth of an hour", err, internship.ErrTooManyTries)
	if refused, ok := errors.AsType[*internship.Error](err); !ok || refused.RetryAfter < 60 || refused.RetryAfter > 3600 {
		t.Errorf("the wait is %+v", refused)
	}
	for range 5 {
		w.Pass(time.Hour)
		expect(t, "one an hour later", send(internship.CodeForRegister), nil)
	}
	w.Pass(time.Hour)
	expect(t, "the eleventh of a day", send(internship.CodeForRegister), internship.ErrTooManyTries)
	w.Pass(24 * time.Hour)
	expect(t, "the next day", send(internship.CodeForRegister), nil)
}

func atoi(s string) (n int) {
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	return n
}

// TestSMSIsSentOnlyWhereItIsOfUse: who has no account gets no code to log in or
// to reset a password with.
func TestSMSIsSentOnlyWhereItIsOfUse(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("A")
	for i, purpose := range []string{internship.CodeForLogin, internship.CodeForReset, internship.CodeForRegister, internship.CodeForMobile, internship.CodeForRecovery} {
		stranger := fmt.Sprintf("1350000%04d", i)
		for _, mobile := range []string{e.Mobile, stranger} {
			sent, err := w.Acts.SendCode(t.Context(), internship.CodeRequestInput{Mobile: mobile, Purpose: purpose, Ticket: w.Ticket()}, here)
			if err != nil || sent.RetryAfter != 60 || !sent.Expires.Equal(w.Now().Add(5*time.Minute)) {
				t.Fatalf("%s: %+v %v", purpose, sent, err)
			}
		}
		_, _, told := w.SMS(stranger)
		if useful := purpose != internship.CodeForLogin && purpose != internship.CodeForReset; told != useful {
			t.Errorf("a stranger is sent a code for %s: %v", purpose, told)
		}
		if _, _, told := w.SMS(e.Mobile); !told {
			t.Errorf("the owner is not sent a code for %s", purpose)
		}
		w.Pass(time.Hour)
	}
}

// TestPassIsGoodOnce holds what registration and recovery build on.
func TestPassIsGoodOnce(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	p := w.Admit(internship.CodeForRegister, "13500000001")
	if p.Pass.Mobile != "13500000001" || !p.Pass.Expires.Equal(w.Now().Add(time.Hour)) {
		t.Errorf("%+v", p.Pass)
	}
	var wait sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 8 {
		wait.Go(func() {
			ok, err := w.DB.UsePass(t.Context(), p.Pass.ID)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if ok {
				won++
			}
		})
	}
	wait.Wait()
	if won != 1 {
		t.Errorf("used %d times", won)
	}
	w.Pass(time.Hour)
	if _, err := w.DB.Pass(t.Context(), p.Pass.ID); !errors.Is(err, internship.ErrNotFound) {
		t.Errorf("an old pass: %v", err)
	}
}

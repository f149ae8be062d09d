package handlers_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
	"shixi/logs"
	"shixi/store"
)

// twins are two replicas over one database; who asks is behind a proxy, so that addresses can be told apart.
type twins struct {
	*world
	sides [2]*world
	asked int
}

// newTwins starts them with limits for addresses that a test can reach.
func newTwins(tb testing.TB, limits acts.Limits, alter ...func(*store.Options)) *twins {
	tb.Helper()
	w := &twins{world: newWorld(tb, alter...)}
	for i := range w.sides {
		side, whole := *w.world, *w.World
		if i > 0 {
			log := logs.New(w.log, slog.LevelDebug)
			whole.DB = w.Open(func(o *store.Options) {
				o.Log = log
				for _, f := range alter {
					f(o)
				}
			})
			whole.Acts = w.Process(whole.DB)
			whole.Acts.WeChat, whole.Acts.Home, whole.Acts.Log = w.wechat, w.Acts.Home, log
		}
		whole.Acts.Limits = limits
		side.World = &whole
		side.app = handlers.New(handlers.Options{Acts: whole.Acts, Log: whole.Acts.Log, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/32")}})
		w.sides[i] = &side
	}
	w.app = w.sides[0].app
	return w
}

// plenty are limits for addresses that nobody reaches.
func plenty() acts.Limits {
	return acts.Limits{AddressHour: 1e6, AddressDay: 1e6, PuzzlesHour: 1e6, PuzzlesDay: 1e6, SMSHour: 1e6, SMSDay: 1e6}
}

// from is somebody at an address, whose requests meet the replicas in turn.
func (w *twins) from(address string) caller {
	w.asked++
	return w.sides[w.asked%2].anyone().with("X-Forwarded-For", address)
}

// refusedFor demands that a try is refused as one too many, and until when.
func (a answer) refusedFor(most time.Duration) {
	a.tb.Helper()
	a.refused(internship.ErrTooManyTries)
	if wait, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || wait < 1 || time.Duration(wait)*time.Second > most {
		a.tb.Errorf("%s: Retry-After is %q, want 1 to %v s", a.what, a.header.Get("Retry-After"), most.Seconds())
	}
}

// TestGuessing: whatever is guessed, and through whichever replica, is limited; beyond the limit the right secret is
// refused too, until the window ends.
func TestGuessing(t *testing.T) {
	t.Parallel()
	const here, there = "203.0.113.9", "198.51.100.7"

	t.Run("a password, from one address", func(t *testing.T) {
		t.Parallel()
		w := newTwins(t, plenty())
		e := w.enterprise("A")
		try := func(address, password string) answer {
			return w.from(address).post("/api/v1/login", w.login(e.Mobile, password))
		}
		for range 5 {
			try(here, "Wrong-2026").refused(internship.ErrBadLogin)
		}
		for range 2 { // at either replica
			try(here, actstest.Password).refusedFor(15 * time.Minute)
		}
		w.owner(e).with("X-Forwarded-For", here).put("/api/v1/me/password", internship.PasswordInput{Old: actstest.Password, Password: "Another-2026"}).refusedFor(15 * time.Minute)
		w.seen(try(there, actstest.Password).ok(http.StatusOK))
		w.Pass(15*time.Minute + time.Second)
		w.seen(try(here, actstest.Password).ok(http.StatusOK))
	})

	t.Run("a password, from many addresses in a day", func(t *testing.T) {
		t.Parallel()
		w := newTwins(t, plenty())
		e := w.enterprise("A")
		try := func(n int, password string) answer {
			return w.from(fmt.Sprint("198.51.100.", n/5+1)).post("/api/v1/login", w.login(e.Mobile, password))
		}
		for n := range 50 {
			if n == 25 { // what succeeds in between makes no room for more guesses
				w.seen(try(250, actstest.Password).ok(http.StatusOK))
			}
			try(n, "Wrong-2026").refused(internship.ErrBadLogin)
		}
		for n := range 2 {
			try(100+5*n, actstest.Password).refusedFor(24 * time.Hour)
		}
		w.log.never(w.bySMS(e.Mobile).Token) // others' tries lock nobody out
		w.Pass(24*time.Hour + time.Second)
		w.seen(try(200, actstest.Password).ok(http.StatusOK))
	})

	t.Run("passwords of many accounts, from one address", func(t *testing.T) {
		t.Parallel()
		limits := plenty()
		limits.AddressHour, limits.AddressDay = 6, 9
		w := newTwins(t, limits)
		e := w.enterprise("A")
		n := 0
		wrong := func() answer {
			n++
			return w.from(here).post("/api/v1/login", w.login(fmt.Sprintf("133%08d", n), "Wrong-2026"))
		}
		right := func(address string) answer {
			return w.from(address).post("/api/v1/login", w.login(e.Mobile, actstest.Password))
		}
		for range 6 {
			wrong().refused(internship.ErrBadLogin)
		}
		for range 2 {
			right(here).refusedFor(time.Hour)
		}
		w.seen(right(there).ok(http.StatusOK))
		w.Pass(time.Hour + time.Second)
		for range 3 {
			wrong().refused(internship.ErrBadLogin)
		}
		for range 2 {
			right(here).refusedFor(24 * time.Hour)
		}
		w.Pass(23 * time.Hour)
		w.seen(right(here).ok(http.StatusOK))
	})

	// A code that was tried too often is void, so its refusal asks for another; how many one may have is what a window
	// limits.
	t.Run("an SMS code", func(t *testing.T) {
		t.Parallel()
		w := newTwins(t, plenty())
		e := w.enterprise("A")
		ask := func() answer {
			return w.from(here).post("/api/v1/sms-codes", internship.CodeRequestInput{Mobile: e.Mobile, Purpose: internship.CodeForLogin, Ticket: w.ticket()})
		}
		use := func(address, code string) answer {
			return w.from(address).post("/api/v1/login/sms", internship.SMSLoginInput{Mobile: e.Mobile, SMSCode: code})
		}
		for n := range 10 { // in a day, and so 100 tries at a million codes
			ask().ok(http.StatusAccepted)
			code := w.ReadCode(e.Mobile)
			for i := range 5 {
				use(fmt.Sprint("198.51.100.", n*10+i), wrongCode(code)).refused(internship.ErrSMSCode)
			}
			for range 2 {
				use(there, code).refused(internship.ErrSMSCode)
			}
			for i := range 4 {
				use(here, wrongCode(code)).refused(internship.ErrSMSCode)
				if n == 9 && i == 3 { // nobody elsewhere can make void what was asked for here
					w.seen(use(here, code).ok(http.StatusOK))
				}
			}
			use(here, wrongCode(code)).refused(internship.ErrSMSCode)
			for range 2 {
				use(here, code).refused(internship.ErrSMSCode)
			}
			for range 2 {
				ask().refusedFor(time.Minute)
			}
			if w.Pass(time.Minute + time.Second); n%5 == 4 {
				ask().refusedFor(time.Hour)
				w.Pass(time.Hour)
			}
		}
		for range 2 {
			ask().refusedFor(24 * time.Hour)
		}
		w.Pass(24 * time.Hour)
		ask().ok(http.StatusAccepted)
		code := w.ReadCode(e.Mobile)
		w.seen(use(there, code).ok(http.StatusOK))
	})

	t.Run("SMS codes, from one address", func(t *testing.T) {
		t.Parallel()
		limits := plenty()
		limits.AddressHour, limits.SMSHour, limits.SMSDay = 6, 3, 5
		w := newTwins(t, limits)
		e := w.enterprise("A")
		ask := func(n int) answer {
			return w.from(here).post("/api/v1/sms-codes", internship.CodeRequestInput{Mobile: fmt.Sprintf("133%08d", n), Purpose: internship.CodeForRegister, Ticket: w.ticket()})
		}
		for n := range 3 {
			ask(n).ok(http.StatusAccepted)
		}
		for n := range 2 {
			ask(10 + n).refusedFor(time.Hour)
		}
		code := w.smsCode(internship.CodeForLogin, e.Mobile)
		use := func(address, mobile, code string) answer {
			return w.from(address).post("/api/v1/login/sms", internship.SMSLoginInput{Mobile: mobile, SMSCode: code})
		}
		for n := range 6 {
			use(here, fmt.Sprintf("133%08d", n), "123456").refused(internship.ErrSMSCode)
		}
		for range 2 {
			use(here, e.Mobile, code).refusedFor(time.Hour)
		}
		w.seen(use(there, e.Mobile, code).ok(http.StatusOK))
		w.Pass(time.Hour + time.Second)
		for n := range 2 {
			ask(20 + n).ok(http.StatusAccepted)
		}
		ask(30).refusedFor(24 * time.Hour)
	})

	t.Run("an activation code", func(t *testing.T) {
		t.Parallel()
		w := newTwins(t, plenty())
		right := w.entered()
		wrong := right
		wrong.ActivationCode = "AAAA-BBBB-CCCC"
		try := func(address string, form internship.ActivationInput) answer {
			return w.from(address).post("/api/v1/activation", form)
		}
		for range 5 {
			try(here, wrong).refused(internship.ErrBadActivation)
		}
		for range 2 {
			try(here, right).refusedFor(15 * time.Minute)
		}
		for n := range 995 {
			try(fmt.Sprint("198.51.100.", n/5+1), wrong).refused(internship.ErrBadActivation)
		}
		for range 2 {
			try("198.51.100.200", right).refusedFor(24 * time.Hour)
		}
		w.Pass(24*time.Hour + time.Second)
		w.seen(try(here, right).ok(http.StatusCreated)) // wrong tries made nothing void
	})

	// A puzzle is burnt by its first answer, so that only how many one gets is to be limited: one guess in twenty is right.
	t.Run("a puzzle", func(t *testing.T) {
		t.Parallel()
		limits := plenty()
		limits.PuzzlesHour, limits.PuzzlesDay = 3, 5
		w := newTwins(t, limits)
		get := func(address string) answer { return w.from(address).post("/api/v1/captcha", nil) }
		for range 3 {
			p := read[handlers.Puzzle](get(here).ok(http.StatusCreated))
			w.from(here).post("/api/v1/captcha/solve", handlers.Solution{Token: p.Token, X: actstest.Target + 50}).refused(internship.ErrCaptcha)
			for range 2 {
				w.from(here).post("/api/v1/captcha/solve", handlers.Solution{Token: p.Token, X: actstest.Target}).refused(internship.ErrCaptcha)
			}
		}
		for range 2 {
			get(here).refusedFor(time.Hour)
		}
		ticket := w.ticket() // which serves once, at either replica
		e := w.enterprise("A")
		form := handlers.Login{Name: e.Mobile, Password: actstest.Password, Ticket: ticket}
		w.seen(w.from(here).post("/api/v1/login", form).ok(http.StatusOK))
		for range 2 {
			w.from(here).post("/api/v1/login", form).refused(internship.ErrCaptcha)
		}
		// One of the three does not count: it led to the log-in. Those that were refused count in the hour alone.
		w.Pass(time.Hour + time.Second)
		for range 3 {
			get(here).ok(http.StatusCreated)
		}
		w.Pass(time.Hour + time.Second)
		for range 2 { // at either replica
			get(here).refusedFor(22 * time.Hour)
		}
		get(there).ok(http.StatusCreated)
		w.Pass(22 * time.Hour)
		get(here).ok(http.StatusCreated)
	})

	// Tokens are not limited: nobody guesses 128 bits.
	t.Run("tokens", func(t *testing.T) {
		t.Parallel()
		w := newTwins(t, plenty())
		e := w.enterprise("A")
		session := w.byPassword(e.Mobile, actstest.Password, "a-computer-1234567").Token
		pass := w.pass("/api/v1/recoveries/pass", internship.CodeForRecovery, "13500000001")
		qr := read[handlers.QRLogin](w.anyone().post("/api/v1/login/qr", nil).ok(http.StatusOK))
		const letters = 26 // of 5 bits each
		for what, token := range map[string]string{"session": session[3:], "pass": pass[3:], "QR": qr.ID} {
			if len(token) < letters {
				t.Errorf("a %s has %d letters, want %d at least", what, len(token), letters)
			}
		}
		for range 2 { // the id of a QR alone tells nothing: the browser's secret is asked for
			w.from(there).get("/api/v1/login/qr/" + qr.ID).refused(internship.ErrNotFound)
		}
	})
}

// seen keeps the token of a log-in out of the log.
func (w *twins) seen(a answer) {
	w.TB.Helper()
	w.log.never(read[handlers.LoggedIn](a).Token)
}

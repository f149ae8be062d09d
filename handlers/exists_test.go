package handlers_test

import (
	"net/http"
	"regexp"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
	"shixi/store"
)

// glance is all that somebody outside can see of a request, and the work that its time depends on.
type glance struct {
	Answer   string
	Commands []string
	Hashes   int64
}

// watched is a world whose work is counted.
type watched struct {
	*twins
	commands *commandLog
	hashes   atomic.Int64
}

func newWatched(tb testing.TB) *watched {
	tb.Helper()
	log := &commandLog{}
	w := &watched{commands: log, twins: newTwins(tb, plenty(), func(o *store.Options) { o.Monitor = log.monitor() })}
	w.Acts.Hasher.Derive = func(password, salt []byte) []byte {
		w.hashes.Add(1)
		return actstest.Derive(password, salt)
	}
	return w
}

// varies are the parts of an answer that are new each time: numbers of recoveries, tokens.
var varies = regexp.MustCompile(`rcv_[A-Z2-7]{26}`)

// at looks at one request.
func (w *watched) at(ask func() answer) glance {
	w.TB.Helper()
	w.commands.reset()
	before := w.hashes.Load()
	a := ask()
	names := slices.DeleteFunc(w.commands.names(), func(name string) bool { return name == "endSessions" || name == "hello" })
	return glance{varies.ReplaceAllString(a.likeness(), "rcv_"), names, w.hashes.Load() - before}
}

// TestWhoExistsIsNotTold: of what exists and what doesn't, the same is told, with the same work: commands of the database
// and hashes of passwords.
//
// What is told all the same, and to whom:
//   - a registration names whether its code is entered, registered or on the blacklist (G-02 wants it led to activation or
//     log-in): after a mobile was verified, thirty times an hour for each pass, of a code that is printed on every licence;
//   - whoever verified a mobile, by a code or by WeChat, is told whether it has an account: he or she holds the phone;
//   - the owner who adds a person, and whoever changes the own mobile, is told that a mobile is taken: nobody could go on
//     otherwise; both are logged in, known by name, and the latter holds the phone;
//   - schools and the students' app are told of enterprises on the blacklist, which is public, and which ones are known.
func TestWhoExistsIsNotTold(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	e := w.enterprise("A")
	entered := w.entered()
	const other, nobody, staff, gone = "13300000000", "13300000001", "13300000002", "13300000003"
	hire := func(mobile string) *internship.Account {
		x, err := w.Acts.AddAccount(t.Context(), e.Staff, internship.AccountInput{Name: "李专员", Mobile: mobile, Role: "hr"})
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	hire(staff)
	if err := w.Acts.RemoveAccount(t.Context(), e.Staff, hire(gone).ID); err != nil {
		t.Fatal(err)
	}
	same := func(what string, ask func(who string) func() answer, other, unknown string, known ...string) {
		t.Helper()
		w.at(ask(other)) // the first of an hour clears the last hour's count of the address away
		want := w.at(ask(unknown))
		for _, who := range known {
			if diff := cmp.Diff(want, w.at(ask(who))); diff != "" {
				t.Errorf("%s differs for %q (-unknown, +known):\n%s", what, who, diff)
			}
		}
	}
	post := func(path string, body any) func() answer {
		return func() answer { return w.anyone().post(path, body) }
	}

	same("a log-in by mobile", func(who string) func() answer { return post("/api/v1/login", w.login(who, "Wrong-2026")) }, other, nobody, e.Mobile, staff, gone)
	if g := w.at(post("/api/v1/login", w.login(nobody, "Wrong-2026"))); g.Hashes != 1 || len(g.Commands) < 4 {
		t.Errorf("a log-in of nobody is not worked on: %+v", g)
	}
	same("a log-in by code", func(who string) func() answer { return post("/api/v1/login", w.login(who, "Wrong-2026")) }, actstest.USCC(9_900_011), actstest.USCC(9_900_001), e.Code, entered.Code)
	for _, purpose := range []string{internship.CodeForLogin, internship.CodeForReset, internship.CodeForRegister, internship.CodeForRecovery, internship.CodeForMobile} {
		same("a code for "+purpose, func(who string) func() answer {
			return post("/api/v1/sms-codes", internship.CodeRequestInput{Mobile: who, Purpose: purpose, Ticket: w.ticket()})
		}, other, nobody, e.Mobile, staff, gone)
		w.Pass(time.Hour)
	}
	for _, sent := range []bool{true, false} { // codes that are out, and none
		if sent {
			for _, purpose := range []string{internship.CodeForLogin, internship.CodeForReset} {
				for _, who := range []string{nobody, e.Mobile, staff, gone} {
					w.anyone().post("/api/v1/sms-codes", internship.CodeRequestInput{Mobile: who, Purpose: purpose, Ticket: w.ticket()}).ok(http.StatusAccepted)
				}
				w.Pass(time.Minute + time.Second)
			}
		} else {
			w.Pass(time.Hour)
		}
		same("a log-in by a wrong SMS code", func(who string) func() answer {
			return post("/api/v1/login/sms", internship.SMSLoginInput{Mobile: who, SMSCode: "000000"})
		}, other, nobody, e.Mobile, staff, gone)
		same("a reset by a wrong SMS code", func(who string) func() answer {
			return post("/api/v1/password/reset", internship.ResetInput{Mobile: who, SMSCode: "000000", Password: "Another-2026"})
		}, other, nobody, e.Mobile, staff, gone)
	}
	same("an activation by a wrong code", func(who string) func() answer {
		form := entered
		form.Code, form.ActivationCode = who, "AAAA-BBBB-CCCC"
		return post("/api/v1/activation", form)
	}, actstest.USCC(9_900_012), actstest.USCC(9_900_002), entered.Code, e.Code)

	// A recovery is kept for the platform, whatever is asked for.
	recovered := 0
	same("a recovery", func(who string) func() answer {
		recovered++
		mobile := "1350000000" + internship.Number(recovered)
		pass := w.pass("/api/v1/recoveries/pass", internship.CodeForRecovery, mobile)
		by := w.as(pass)
		file := read[handlers.StoredFile](by.upload("/api/v1/registration/files", photo()...).ok(http.StatusCreated))
		return func() answer {
			return by.post("/api/v1/recoveries", internship.RecoveryInput{Code: who, Name: "王经理", IDNumber: actstest.IDNumber(5), Certificate: file.ID})
		}
	}, actstest.USCC(9_900_013), actstest.USCC(9_900_003), e.Code, entered.Code)
}

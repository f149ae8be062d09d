package acts_test

import (
	"context"
	"testing"
	"time"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/internship"
)

// TestWhatWasShownBeforeIsVoid: somebody logs in, or changes something, by a password that its owner replaces while it is
// looked at, at another replica. Nothing comes of it: neither a session nor a binding nor another password or mobile.
func TestWhatWasShownBeforeIsVoid(t *testing.T) {
	t.Parallel()
	const another, mobile = "Another-2026", "13500000001"
	for name, try := range map[string]func(w *actstest.World, e *actstest.Enterprise, on *acts.Acts) error{
		"a log-in from a new device": func(w *actstest.World, e *actstest.Enterprise, on *acts.Acts) error {
			_, err := logIn(w, on, e.Mobile, actstest.Password, there)
			return err
		},
		"a log-in that binds": func(w *actstest.World, e *actstest.Enterprise, on *acts.Acts) error {
			_, err := on.LogIn(w.TB.Context(), acts.Login{Name: e.Mobile, Password: actstest.Password, Ticket: w.Ticket(), Address: there, WechatCode: "code",
				Device: acts.Device{Name: "小程序", ID: "the device of " + e.Code}})
			return err
		},
		"another password": func(w *actstest.World, e *actstest.Enterprise, on *acts.Acts) error {
			return on.ChangePassword(w.TB.Context(), e.Staff, internship.PasswordInput{Old: actstest.Password, Password: "Stolen-2026"}, there)
		},
		"another mobile": func(w *actstest.World, e *actstest.Enterprise, on *acts.Acts) error {
			code := w.SMSCode(internship.CodeForMobile, mobile)
			_, err := on.ChangeMobile(w.TB.Context(), e.Staff, internship.MobileInput{Mobile: mobile, SMSCode: code, Password: actstest.Password}, there)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := actstest.New(t, nil)
			e, on := w.Enterprise("A"), sides(t, w)
			on[1].WeChat = users{}
			owner := e.Staff
			e.Staff.Session = ""
			derive, meanwhile := on[1].Hasher.Derive, true
			on[1].Hasher.Derive = func(password, salt []byte) []byte {
				if meanwhile {
					meanwhile = false
					expect(t, "the owner's change", on[0].ChangePassword(t.Context(), owner, internship.PasswordInput{Old: actstest.Password, Password: another}, here), nil)
				}
				return derive(password, salt)
			}
			expect(t, name, try(w, e, on[1]), internship.ErrBusy)

			account, err := w.DB.Accounts.Get(t.Context(), owner.AccountID)
			if err != nil || account.MiniProgram != nil || account.Mobile != e.Mobile {
				t.Errorf("bound to %+v, mobile changed %v, %v", account.MiniProgram, account.Mobile != e.Mobile, err)
			}
			sessions, err := w.DB.Sessions(t.Context(), owner.AccountID)
			if err != nil || len(sessions) != 1 || sessions[0].ID != owner.Session {
				t.Errorf("%d sessions, %v", len(sessions), err)
			}
			_, err = logIn(w, on[0], e.Mobile, another, here)
			expect(t, "the owner's log-in", err, nil)
		})
	}
}

// users knows one user of the mini-program.
type users struct{ acts.WeChat }

func (users) MiniProgramUser(context.Context, string) (openID, unionID string, err error) {
	return "oTESTuser", "", nil
}

// TestCrowdCostsNoTry: who finds no place in the line before the hasher, while changing the password, has tried nothing.
func TestCrowdCostsNoTry(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("A")
	change := func() error {
		return w.Acts.ChangePassword(t.Context(), e.Staff, internship.PasswordInput{Old: actstest.Password, Password: "Another-2026"}, here)
	}
	hasher := w.Acts.Hasher
	w.Acts.Hasher = acts.NewHasher(1, 0, time.Second)
	for range 7 {
		expect(t, "in a crowd", change(), internship.ErrUnavailable)
	}
	w.Acts.Hasher = hasher
	expect(t, "without one", change(), nil)
}

// TestOneCodeMakesOneOwner: two people have the same activation code, and the one is done while the other's password is
// hashed. The account is that of the first, and the second is no part of it.
func TestOneCodeMakesOneOwner(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	entry, err := w.Acts.EnterEnterprise(t.Context(), w.School, internship.EntryInput{Name: "示例电子", Code: actstest.USCC(1)})
	expect(t, "the entry", err, nil)
	const first, second = "13500000001", "13500000002"
	on := sides(t, w)
	activate := func(on *acts.Acts, mobile, password string) error {
		_, err := on.Activate(t.Context(), internship.ActivationInput{Code: actstest.USCC(1), ActivationCode: entry.Code, Mobile: mobile, Name: "王经理", Password: password},
			acts.Device{Name: "测试", ID: "the device of " + mobile}, here)
		return err
	}
	for _, side := range on {
		side.NoSMS = true // how the mobile is verified is another test's matter
	}
	derive, meanwhile := on[1].Hasher.Derive, true
	on[1].Hasher.Derive = func(password, salt []byte) []byte {
		if meanwhile {
			meanwhile = false
			expect(t, "the first", activate(on[0], first, actstest.Password), nil)
		}
		return derive(password, salt)
	}
	expect(t, "the second", activate(on[1], second, "Stolen-2026"), internship.ErrBusy)
	expect(t, "the second again", activate(on[1], second, "Stolen-2026"), internship.ErrBadActivation)
	_, err = logIn(w, on[0], first, actstest.Password, here)
	expect(t, "the first one's log-in", err, nil)
	for _, name := range []string{second, actstest.USCC(1)} {
		_, err = logIn(w, on[1], name, "Stolen-2026", there)
		expect(t, "the second one's log-in as "+name, err, internship.ErrBadLogin)
	}
}

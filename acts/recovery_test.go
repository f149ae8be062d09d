package acts_test

import (
	"sync"
	"testing"
	"time"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/store"
)

// TestRecoveryWhoseMobileIsTakenMeanwhile: between the platform's look and the change of the account the mobile becomes
// another's. The recovery ends as refused, in the act or in the reaction where the act was cut off; platform and person
// are told why, and the old owner's account is as it was.
func TestRecoveryWhoseMobileIsTakenMeanwhile(t *testing.T) {
	t.Parallel()
	const mobile = "13512340001"
	for name, approve := range map[string]func(t *testing.T, w *actstest.World, r *internship.Recovery, owner *internship.Account, take func()){
		"InTheAct": func(t *testing.T, w *actstest.World, r *internship.Recovery, _ *internship.Account, take func()) {
			side := *w.Acts
			side.DB = w.Open(func(o *store.Options) {
				o.OnSaved = func(collection, _ string) {
					if collection == "recoveries" {
						take()
					}
				}
			})
			_, err := side.ApproveRecovery(t.Context(), actstest.Platform, r.ID)
			expect(t, "the approval", err, internship.ErrMobileTaken)
		},
		"InTheReaction": func(t *testing.T, w *actstest.World, r *internship.Recovery, owner *internship.Account, take func()) {
			_, err := w.DB.Recoveries.Change(t.Context(), r, func(r *internship.Recovery) error {
				return r.Approve(owner, internship.Do{By: internship.Actor{Kind: internship.ByPlatform}, At: w.Now()})
			})
			expect(t, "the approval", err, nil)
			take()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := actstest.New(t, nil)
			e, other := w.Enterprise("A"), w.Enterprise("B")
			p := w.Admit(internship.CodeForRecovery, mobile)
			r, err := w.Acts.Recover(t.Context(), p.Token, internship.RecoveryInput{Code: e.Code, Name: "王经理", IDNumber: actstest.IDNumber(1), Certificate: w.File(p.Pass.ID, p.Pass.ID, internship.FileCertificate)})
			expect(t, "a recovery", err, nil)
			owner, err := w.DB.Accounts.Get(t.Context(), e.Staff.AccountID)
			expect(t, "the owner", err, nil)
			w.Pass(time.Minute) // so that the code is not the newest text message
			approve(t, w, r, owner, sync.OnceFunc(func() {
				_, err := w.Acts.AddAccount(t.Context(), other.Staff, internship.AccountInput{Name: "李", Mobile: mobile, Role: string(internship.HR)})
				if err != nil {
					t.Error(err)
				}
			}))
			for range 2 { // the second time the denial's own event
				w.React("recoveries", r.ID)
			}
			seen, err := w.Acts.Recovery(t.Context(), r.ID)
			if err != nil || seen.StateLabel() != "已拒绝" || seen.Reason == "" || seen.History[len(seen.History)-1].Note != seen.Reason {
				t.Errorf("%+v %v", seen.Recovery, err)
			}
			if kind, params, _ := w.SMS(mobile); kind != "recovery_refused" || params["reason"] != seen.Reason {
				t.Errorf("told %q %v", kind, params)
			}
			_, err = w.Acts.LogIn(t.Context(), acts.Login{Name: e.Mobile, Password: actstest.Password, Ticket: w.Ticket(), Device: acts.Device{Name: "测试"}, Address: "127.0.0.1"})
			expect(t, "the old owner's log-in", err, nil)
			_, err = w.Acts.ApproveRecovery(t.Context(), actstest.Platform, r.ID)
			expect(t, "another approval", err, internship.ErrWrongState)
		})
	}
}

// TestRecoveryWithAnothersMobile is not given, and waits for the platform's word: the person is to be told why not.
func TestRecoveryWithAnothersMobile(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e, other := w.Enterprise("A"), w.Enterprise("B")
	for mobile, want := range map[string]error{other.Mobile: internship.ErrMobileTaken, e.Mobile: nil} { // the own one may stay
		p := w.Admit(internship.CodeForRecovery, mobile)
		r, err := w.Acts.Recover(t.Context(), p.Token, internship.RecoveryInput{Code: e.Code, Name: "王经理", IDNumber: actstest.IDNumber(1), Certificate: w.File(p.Pass.ID, p.Pass.ID, internship.FileCertificate)})
		expect(t, "a recovery", err, nil)
		_, err = w.Acts.ApproveRecovery(t.Context(), actstest.Platform, r.ID)
		expect(t, "the approval", err, want)
		if want == nil {
			continue
		}
		_, err = w.Acts.RefuseRecovery(t.Context(), actstest.Platform, r.ID, "请换用未使用的手机号")
		expect(t, "the refusal", err, nil)
	}
}

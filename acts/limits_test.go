package acts_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/event"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/store"
)

// TestAPassIsHandedInThirtyTimes: a registration says what has become of a code, so that one pass must not ask for many.
func TestAPassIsHandedInThirtyTimes(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	e := w.Enterprise("甲")
	p := w.Applicant()
	form := p.Form("示例", e.Code)
	for range 30 {
		_, err := w.Acts.Register(t.Context(), p.Token, form, acts.Device{Name: "测试"})
		expect(t, "a code that is registered", err, internship.ErrRegistered)
	}
	form.Code = actstest.USCC(7001)
	_, err := w.Acts.Register(t.Context(), p.Token, form, acts.Device{Name: "测试"})
	expect(t, "the thirty-first", err, internship.ErrTooManyTries)
}

// TestCodesAreResentThriceADay: the contact of an enterprise is not written to at the platform's every click.
func TestCodesAreResentThriceADay(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	entered, err := w.Acts.EnterEnterprise(t.Context(), w.School, internship.EntryInput{Name: "示例电子", Code: actstest.USCC(1), Contact: "王经理", Phone: "13300000001"})
	if err != nil {
		t.Fatal(err)
	}
	resend := func() error {
		_, err := w.Acts.Resend(t.Context(), actstest.Platform, entered.Enterprise.ID)
		return err
	}
	for range 3 {
		expect(t, "sent again", resend(), nil)
	}
	expect(t, "the fourth time", resend(), internship.ErrTooManyTries)
	w.Pass(24*time.Hour + time.Second)
	expect(t, "a day later", resend(), nil)
}

// TestLogInAtTheInstantOfAnEnd: what ends all sessions while one is being opened ends that one too.
func TestLogInAtTheInstantOfAnEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*actstest.World, *actstest.Enterprise, *internship.Account) error{
		"Removed": func(w *actstest.World, e *actstest.Enterprise, a *internship.Account) error {
			return w.Acts.RemoveAccount(context.Background(), e.Staff, a.ID)
		},
		"OfAnotherRole": func(w *actstest.World, e *actstest.Enterprise, a *internship.Account) error {
			_, err := w.Acts.EditAccount(context.Background(), e.Staff, a.ID, internship.RoleInput{Name: a.Name, Role: "mentor"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w *actstest.World
			var ended sync.Once
			atInstant := func() {}
			w = actstest.New(t, func(o *store.Options) {
				o.Monitor = &event.CommandMonitor{Started: func(_ context.Context, c *event.CommandStartedEvent) {
					if c.CommandName == "insert" && c.Command.Lookup("insert").StringValue() == "sessions" {
						atInstant()
					}
				}}
			})
			e := w.Enterprise("甲")
			a, err := w.Acts.AddAccount(t.Context(), e.Staff, internship.AccountInput{Name: "李专员", Mobile: "13700000001", Role: "hr"})
			if err != nil {
				t.Fatal(err)
			}
			code := w.SMSCode(internship.CodeForLogin, a.Mobile)
			atInstant = func() {
				ended.Do(func() {
					if err := end(w, e, a); err != nil {
						t.Error(err)
					}
				})
			}
			_, err = w.Acts.LogInBySMS(t.Context(), acts.SMSLogin{SMSLoginInput: internship.SMSLoginInput{Mobile: a.Mobile, SMSCode: code}, Address: here})
			if !errors.Is(err, internship.ErrUnauthorized) {
				t.Errorf("logged in: %v", err)
			}
			if left, err := w.DB.Sessions(t.Context(), a.ID); err != nil || len(left) > 0 {
				t.Errorf("sessions %+v, %v", left, err)
			}
		})
	}
}

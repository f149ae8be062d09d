package acts

import (
	"context"
	"errors"
	"fmt"

	"shixi/internship"
	"shixi/store"
)

// ResetPassword sets a new password for a forgotten one (忘记密码), by a code that
// was sent to the account's mobile; all sessions end. Errors: ErrInvalid, also
// for the last password again, ErrSMSCode whether or not the account exists,
// ErrTooManyTries.
func (a *Acts) ResetPassword(ctx context.Context, in internship.ResetInput, address string) error {
	in, err := in.Parse()
	if err != nil {
		return err
	}
	account, err := a.byCode(ctx, internship.CodeForReset, in.Mobile, in.SMSCode, address)
	if err != nil || account.Did(store.OpOf(ctx)) {
		return err
	}
	hash, err := a.newHash(ctx, account, in.Password)
	if err != nil {
		return err
	}
	if err := a.useCode(ctx, internship.CodeForReset, in.Mobile, in.SMSCode, address); err != nil {
		return err
	}
	return a.secure(ctx, account, "", asShown(account, func(x *internship.Account) error {
		return x.SetPassword(hash, "", a.own(x))
	}))
}

// ChangePassword changes one's own password: by the old one or, where none is
// set, by a code that was sent to the account's mobile. The other sessions end.
// Errors: ErrInvalid, also for a wrong old password, ErrSMSCode,
// ErrTooManyTries.
func (a *Acts) ChangePassword(ctx context.Context, s Staff, in internship.PasswordInput, address string) error {
	in, err := in.Parse()
	if err != nil {
		return err
	}
	account, err := a.account(ctx, s)
	if err != nil || account.Did(store.OpOf(ctx)) {
		return err
	}
	byCode := account.Password == ""
	switch {
	case byCode && in.SMSCode == "":
		return internship.ErrNoPassword
	case byCode:
		err = a.tryCode(ctx, internship.CodeForReset, account.Mobile, in.SMSCode, address)
	case in.Old == "": // no try at the password
		return internship.ErrInvalid.At(internship.FieldError{Field: "old", Code: "required", Message: "请填写原密码"})
	default:
		err = a.passwordFits(ctx, account, "old", in.Old, address)
	}
	if err != nil {
		return err
	}
	hash, err := a.newHash(ctx, account, in.Password)
	if err != nil {
		return err
	}
	if byCode {
		if err := a.useCode(ctx, internship.CodeForReset, account.Mobile, in.SMSCode, address); err != nil {
			return err
		}
	}
	return a.secure(ctx, account, s.Session, asShown(account, func(x *internship.Account) error {
		return x.SetPassword(hash, s.Session, a.own(x))
	}))
}

// ChangeMobile changes one's own mobile: a code that was sent to the new one
// shows that it is theirs, the password or a code that was sent to the old one
// that it is them. The other sessions end, and the old mobile is told. Errors:
// ErrInvalid, also for a wrong password, ErrSMSCode, ErrMobileTaken,
// ErrTooManyTries.
func (a *Acts) ChangeMobile(ctx context.Context, s Staff, in internship.MobileInput, address string) (*internship.Account, error) {
	in, err := in.Parse()
	if err != nil {
		return nil, err
	}
	account, err := a.account(ctx, s)
	if err != nil {
		return nil, err
	}
	if account.Did(store.OpOf(ctx)) {
		return account, nil
	}
	old := account.Mobile
	if old == in.Mobile {
		return nil, internship.ErrInvalid.At(internship.FieldError{Field: "mobile", Code: "format", Message: "新手机号与原手机号相同"})
	}
	if in.Password != "" {
		err = a.passwordFits(ctx, account, "password", in.Password, address)
	} else {
		err = a.tryCode(ctx, internship.CodeForMobile, old, in.OldSMSCode, address)
	}
	if err == nil {
		err = a.tryCode(ctx, internship.CodeForMobile, in.Mobile, in.SMSCode, address)
	}
	if err != nil {
		return nil, err
	}
	if err := a.useCode(ctx, internship.CodeForMobile, in.Mobile, in.SMSCode, address); err != nil {
		return nil, err
	}
	if in.Password == "" {
		if err := a.useCode(ctx, internship.CodeForMobile, old, in.OldSMSCode, address); err != nil {
			return nil, err
		}
	}
	var moved internship.Account
	err = a.withMobile(ctx, in.Mobile, func() error {
		moved = *account // a change that fails leaves traces
		return a.secure(ctx, &moved, s.Session, asShown(account, func(x *internship.Account) error {
			return x.ChangeMobile(in.Mobile, s.Session, a.own(x))
		}))
	})
	return &moved, firstHeld(err)
}

// account is the person's own.
func (a *Acts) account(ctx context.Context, s Staff) (*internship.Account, error) {
	account, err := a.DB.Accounts.Get(ctx, s.AccountID)
	if err != nil {
		return nil, fmt.Errorf("own account: %w", err)
	}
	if account.State != internship.AccountActive {
		return nil, internship.ErrUnauthorized
	}
	return account, nil
}

// own is a change that a person makes to the own account.
func (a *Acts) own(x *internship.Account) internship.Do {
	return internship.Do{By: x.Actor(), At: a.Now()}
}

// passwordFits checks a password beside a session, counted as at a log-in with
// the mobile.
func (a *Acts) passwordFits(ctx context.Context, account *internship.Account, field, password, address string) error {
	who := a.nameKey(account.Mobile)
	if err := a.limitPasswords(ctx, who, address); err != nil {
		return err
	}
	ok, err := a.fit(ctx, password, account.Password)
	if errors.Is(err, internship.ErrUnavailable) { // nobody looked at the password
		a.untry(ctx, keyHere(who, address), keyToday(who))
	}
	if err != nil {
		return err
	}
	if !ok {
		return internship.ErrInvalid.At(internship.FieldError{Field: field, Code: "format", Message: "密码不正确，请检查后重试"})
	}
	a.forgive(ctx, who, address)
	return nil
}

// newHash is the hash of a new password. Errors: ErrInvalid for the last one.
func (a *Acts) newHash(ctx context.Context, account *internship.Account, password string) (string, error) {
	same, err := a.fit(ctx, password, account.LastHash())
	if err != nil {
		return "", err
	}
	if same {
		return "", internship.SamePassword()
	}
	return a.hash(ctx, password)
}

// asShown makes a change that a person may make by what he or she showed when
// the account was read: a password, a code, a WeChat identity. Where sessions
// were voided since, that shows nothing any more. Errors: ErrBusy then, so that
// whoever asks again is looked at anew.
func asShown(account *internship.Account, change func(*internship.Account) error) func(*internship.Account) error {
	epoch := account.Epoch
	return func(x *internship.Account) error {
		if x.Epoch != epoch {
			return internship.ErrBusy
		}
		return change(x)
	}
}

// secure makes a change that voids sessions, and ends them; the reaction to its
// event does that too, where this is cut off.
func (a *Acts) secure(ctx context.Context, account *internship.Account, keep string, change func(*internship.Account) error) error {
	saved, err := a.DB.Accounts.Change(ctx, account, change)
	if err != nil {
		return err
	}
	*account = *saved
	_, err = a.DB.EndSessions(ctx, saved.ID, saved.Epoch, keep)
	return err
}

package acts

import (
	"context"
	"fmt"

	"shixi/internship"
	"shixi/store"
)

// SMSLogin is a log-in by the code that was sent to a mobile.
type SMSLogin struct {
	internship.SMSLoginInput
	Device  Device
	Address string
}

// LogInBySMS opens a session for the account of a mobile, by the code that was
// sent to it. It does not count as a try at the password, so that others' tries
// lock nobody out. Errors: ErrInvalid, ErrSMSCode whether or not the account
// exists, ErrTooManyTries, ErrWechatTaken, ErrBadWechat.
func (a *Acts) LogInBySMS(ctx context.Context, l SMSLogin) (Opened, error) {
	in, err := l.Parse()
	if err != nil {
		return Opened{}, err
	}
	account, err := a.byCode(ctx, internship.CodeForLogin, in.Mobile, in.SMSCode, l.Address)
	if err != nil {
		return Opened{}, err
	}
	if err := a.useCode(ctx, internship.CodeForLogin, in.Mobile, in.SMSCode, l.Address); err != nil {
		return Opened{}, err
	}
	if in.WechatCode != "" {
		if account, err = a.bindMiniProgram(ctx, account, in.WechatCode); err != nil {
			return Opened{}, err
		}
	}
	return a.open(ctx, account, l.Device)
}

// byCode finds the account of a mobile by the code that was sent to it, which
// is still to be used. Errors: ErrSMSCode, also where no account has the
// mobile, ErrTooManyTries.
func (a *Acts) byCode(ctx context.Context, purpose, mobile, code, address string) (*internship.Account, error) {
	if err := a.limitAddress(ctx, address); err != nil {
		return nil, err
	}
	if err := a.tryCode(ctx, purpose, mobile, code, address); err != nil {
		return nil, err
	}
	account, err := a.DB.AccountByLogin(ctx, mobile, "")
	if store.Absent(err) || err == nil && account.State != internship.AccountActive {
		return nil, internship.ErrSMSCode
	}
	if err != nil {
		return nil, fmt.Errorf("account by code: %w", err)
	}
	return account, nil
}

package acts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"shixi/internship"
	"shixi/store"
)

// Log-ins by WeChat's codes are limited by address only: a code is single-use
// and proves who holds the phone. Behind one address of a mobile carrier there
// may be a thousand phones, so that, as at any door, what succeeds is taken back.
const (
	wechatTries  = 600
	wechatWindow = time.Hour
)

func addressWechat(address string) string { return "wechat:" + address }

func (a *Acts) limitWechat(ctx context.Context, address string) error {
	return a.limit(ctx, addressWechat(address), wechatTries, wechatWindow)
}

// openWechat opens a session after a log-in by WeChat's codes.
func (a *Acts) openWechat(ctx context.Context, account *internship.Account, device Device, address string) (Opened, error) {
	opened, err := a.open(ctx, account, device)
	if err == nil {
		a.untry(ctx, addressWechat(address))
	}
	return opened, err
}

// LogInByWechat opens a session for the mini-program user who is bound to an
// account, or whose unionid is that of the follower bound to one. Errors:
// ErrNotBound, ErrBadWechat, ErrTooManyTries.
func (a *Acts) LogInByWechat(ctx context.Context, code string, device Device, address string) (Opened, error) {
	if err := a.limitWechat(ctx, address); err != nil {
		return Opened{}, err
	}
	identity, err := a.miniProgramUser(ctx, code)
	if err != nil {
		return Opened{}, err
	}
	account, err := a.DB.AccountByOpenID(ctx, identity.AppID, identity.OpenID)
	switch {
	case err == nil:
		account, err = a.knowUser(ctx, account, identity)
	case store.Absent(err):
		account, err = a.link(ctx, internship.MiniProgram, identity, internship.Do{By: internship.System(), At: a.Now()})
	}
	if err != nil {
		return Opened{}, fmt.Errorf("log in by wechat: %w", err)
	}
	if account == nil || account.State != internship.AccountActive {
		return Opened{}, internship.ErrNotBound
	}
	return a.openWechat(ctx, account, device, address)
}

// PhoneLogin is a log-in by the two codes of the mini-program's phone button.
type PhoneLogin struct {
	// PhoneCode stands for the number, WechatCode for the user.
	PhoneCode, WechatCode string
	Device                Device
	Address               string
}

// LogInByPhone opens a session for the account of the mobile that WeChat
// vouches for, and binds the mini-program's user to it. The user is asked for
// first: that costs nothing, a phone number does. Errors: ErrPhoneUnknown,
// ErrForeignPhone, ErrPhoneQuota, ErrBadWechat, ErrWechatTaken,
// ErrTooManyTries.
func (a *Acts) LogInByPhone(ctx context.Context, l PhoneLogin) (Opened, error) {
	if a.Phones == nil {
		return Opened{}, internship.ErrPhoneQuota
	}
	if err := a.limitWechat(ctx, l.Address); err != nil {
		return Opened{}, err
	}
	identity, err := a.miniProgramUser(ctx, l.WechatCode)
	if err != nil {
		return Opened{}, err
	}
	mobile, err := a.Phones.Phone(ctx, l.PhoneCode)
	if errors.Is(err, internship.ErrBadWechat) {
		return Opened{}, internship.ErrBadWechat.With("手机号授权已失效，请重新点按「手机号快捷登录」").Because(err)
	}
	if err != nil {
		return Opened{}, fmt.Errorf("log in by phone: %w", err)
	}
	if mobile, err = internship.ParseMobile(mobile); err != nil {
		return Opened{}, internship.ErrForeignPhone
	}
	account, err := a.DB.AccountByLogin(ctx, mobile, "")
	if store.Absent(err) || err == nil && account.State != internship.AccountActive {
		return Opened{}, internship.ErrPhoneUnknown
	}
	if err != nil {
		return Opened{}, fmt.Errorf("log in by phone: %w", err)
	}
	if account, err = a.bind(ctx, account, internship.MiniProgram, identity); err != nil {
		return Opened{}, err
	}
	return a.openWechat(ctx, account, l.Device, l.Address)
}

func (a *Acts) miniProgramUser(ctx context.Context, code string) (internship.Identity, error) {
	if a.WeChat == nil {
		return internship.Identity{}, internship.ErrUnavailable
	}
	openID, unionID, err := a.WeChat.MiniProgramUser(ctx, code)
	if err != nil {
		return internship.Identity{}, fmt.Errorf("mini-program user: %w", err)
	}
	return internship.Identity{AppID: a.Apps.MiniProgram, OpenID: openID, UnionID: unionID, BoundAt: a.Now()}, nil
}

// bindMiniProgram ties the account to the mini-program user of a code; the
// same user again changes nothing.
func (a *Acts) bindMiniProgram(ctx context.Context, account *internship.Account, code string) (*internship.Account, error) {
	identity, err := a.miniProgramUser(ctx, code)
	if err != nil {
		return nil, err
	}
	return a.bind(ctx, account, internship.MiniProgram, identity)
}

// bind ties the account to an identity, by its own person; the same identity
// again changes nothing, another one replaces it. Errors: ErrWechatTaken when
// it is another account's.
func (a *Acts) bind(ctx context.Context, account *internship.Account, c internship.Channel, i internship.Identity) (*internship.Account, error) {
	account, err := a.DB.Accounts.Change(ctx, account, asShown(account, func(x *internship.Account) error {
		return rebind(x, c, i, internship.Do{By: x.Actor(), At: a.Now()})
	}))
	if store.Held(err, "openid") {
		return nil, internship.ErrWechatTaken
	}
	if err != nil {
		return nil, fmt.Errorf("bind %s: %w", c, err)
	}
	return account, nil
}

// rebind is the change that bind makes.
func rebind(x *internship.Account, c internship.Channel, i internship.Identity, do internship.Do) error {
	old, fire := x.Follower, x.BindFollower
	if c == internship.MiniProgram {
		old, fire = x.MiniProgram, x.BindMiniProgram
	}
	if is(old, i) && !old.Gone {
		if x.KnowUnion(c, i.OpenID, i.UnionID) {
			return nil
		}
		return store.Unchanged
	}
	return fire(i, do)
}

package acts

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"strconv"
	"time"

	"shixi/internship"
	"shixi/store"
)

// Limits of SMS codes.
const (
	codeDigits = 6
	// smsCodeLife is how long a code fits, smsCodeTries how often it may be tried
	// from the address that asked for it, and as often from all others together.
	smsCodeLife  = 5 * time.Minute
	smsCodeTries = 5
	// How many codes one mobile gets, whatever for.
	codesAMinute = 1
	codesAnHour  = 5
	codesADay    = 10
)

// Sent says until when a code fits, if one was sent, and after how many seconds
// another may be asked for.
type Sent struct {
	Expires    time.Time
	RetryAfter int
}

// SendCode sends a code to a mobile. The answer, and the work for it, are the
// same whether the mobile belongs to somebody or not; where a code could be of
// no use (nobody logs in with that mobile) none is sent. Errors: ErrInvalid,
// ErrCaptcha, ErrTooManyTries, ErrUnavailable without a provider of SMS.
func (a *Acts) SendCode(ctx context.Context, in internship.CodeRequestInput, address string) (Sent, error) {
	in, err := in.Parse()
	if err != nil {
		return Sent{}, err
	}
	if err := a.canText(); err != nil {
		return Sent{}, err
	}
	if err := a.useTicket(ctx, in.Ticket); err != nil {
		return Sent{}, err
	}
	if err := a.limitCodes(ctx, in.Mobile, address); err != nil {
		return Sent{}, err
	}
	code, err := newSMSCode()
	if err != nil {
		return Sent{}, err
	}
	if err := a.DB.AddCode(ctx, in.Purpose, in.Mobile, code, address, smsCodeLife); err != nil {
		return Sent{}, err
	}
	if err := a.text(ctx, in.Purpose, in.Mobile, code); err != nil {
		return Sent{}, err
	}
	return Sent{Expires: a.Now().Add(smsCodeLife), RetryAfter: int(time.Minute / time.Second)}, nil
}

// limitCodes counts by address first: who has used that up can't use up what
// others' mobiles may get.
func (a *Acts) limitCodes(ctx context.Context, mobile, address string) error {
	mobile = a.DB.Blind(mobile)
	for _, l := range []struct {
		key    string
		most   int
		window time.Duration
	}{
		{addressSMSHour(address), a.Limits.SMSHour, hour},
		{addressSMSDay(address), a.Limits.SMSDay, day},
		{"sms minute:" + mobile, codesAMinute, time.Minute},
		{"sms hour:" + mobile, codesAnHour, hour},
		{"sms day:" + mobile, codesADay, day},
	} {
		if err := a.limit(ctx, l.key, l.most, l.window); err != nil {
			return err
		}
	}
	return nil
}

// text hands the code to the messages that wait to be sent. A code to log in
// with, or for a new password, is only good for who has an account: for others
// a row of nothing is written in its place, which takes as long.
func (a *Acts) text(ctx context.Context, purpose, mobile, code string) error {
	account, err := a.DB.AccountByLogin(ctx, mobile, "")
	if err != nil && !store.Absent(err) {
		return fmt.Errorf("send code: %w", err)
	}
	expires := a.Now().Add(smsCodeLife)
	if account == nil && (purpose == internship.CodeForLogin || purpose == internship.CodeForReset) {
		_, err := a.DB.UseNonce(ctx, "nobody", rand.Text(), smsCodeLife)
		return err
	}
	sms := store.SMS{ID: store.NewID(ctx, "sms"), Kind: "code", Mobile: mobile, Expires: expires,
		Params: map[string]string{"code": code, "minutes": strconv.Itoa(int(smsCodeLife / time.Minute))}}
	if account != nil {
		sms.EnterpriseID, sms.AccountID = account.EnterpriseID, account.ID
	}
	return a.SendSMS(ctx, sms)
}

// newSMSCode is six random digits.
func newSMSCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", fmt.Errorf("acts: sms code: %w", err)
	}
	return fmt.Sprintf("%0*d", codeDigits, n), nil
}

// checkCode uses up the code that was sent to a mobile for a purpose. Errors:
// ErrSMSCode for a code that is wrong, used, expired or tried too often, and
// where none was sent.
func (a *Acts) checkCode(ctx context.Context, purpose, mobile, code, address string) error {
	if err := a.tryCode(ctx, purpose, mobile, code, address); err != nil {
		return err
	}
	return a.useCode(ctx, purpose, mobile, code, address)
}

// tryCode is the first half of checkCode: the code fits, and is still to be
// used once all else that is submitted with it is known to be right.
func (a *Acts) tryCode(ctx context.Context, purpose, mobile, code, address string) error {
	fits, err := a.DB.TryCode(ctx, purpose, mobile, code, address, smsCodeTries)
	return rightCode(fits, err)
}

// useCode is the other half; of several who tried the same code one uses it. A
// code that was of use, and the try and the puzzle that led to it, do not count
// against the address.
func (a *Acts) useCode(ctx context.Context, purpose, mobile, code, address string) error {
	ours, fresh, err := a.DB.UseCode(ctx, purpose, mobile, code)
	if err == nil && fresh {
		a.untry(ctx, addressHour(address), addressDay(address), addressSMSHour(address), addressSMSDay(address), addressPuzzlesHour(address), addressPuzzlesDay(address))
	}
	return rightCode(ours, err)
}

func rightCode(right bool, err error) error {
	if err != nil {
		return fmt.Errorf("check code: %w", err)
	}
	if !right {
		return internship.ErrSMSCode
	}
	return nil
}

package acts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"shixi/internship"
	"shixi/store"
)

const (
	// qrLife is how long a log-in page's code may be scanned, qrFinish how long
	// the person then has to confirm or to log in.
	qrLife   = 5 * time.Minute
	qrFinish = 5 * time.Minute

	qrTries  = 300
	qrWindow = time.Hour
)

// QRCode is a code on a log-in page. Only the browser that shows it has the
// secret, and only that browser gets what comes of it.
type QRCode struct {
	ID, Secret string
	ImageURL   string
	Expires    time.Time
}

// LoginQR makes a code for a log-in page (manual §2.3: 关注公众号 操作更方便).
// device and place are shown to whoever scans it. Errors: ErrTooManyTries.
func (a *Acts) LoginQR(ctx context.Context, device, place, address string) (QRCode, error) {
	if a.WeChat == nil {
		return QRCode{}, internship.ErrUnavailable
	}
	if err := a.limit(ctx, "qr:"+address, qrTries, qrWindow); err != nil {
		return QRCode{}, err
	}
	now := a.Now()
	c := QRCode{ID: rand.Text(), Secret: rand.Text(), Expires: now.Add(qrLife)}
	q := store.QRLogin{ID: c.ID, Browser: TokenHash(c.Secret), Device: device, Place: place, State: store.QRWaiting, CreatedAt: now, Expires: c.Expires}
	if err := a.DB.AddQRLogin(ctx, q); err != nil {
		return QRCode{}, err
	}
	var err error
	if c.ImageURL, err = a.WeChat.SceneQR(ctx, loginScene+c.ID, qrLife); err != nil {
		return QRCode{}, fmt.Errorf("log-in QR: %w", err)
	}
	return c, nil
}

// loginScanned notes who scanned a log-in page's code. That alone logs nobody
// in: somebody else may have shown the code to this person.
func (a *Acts) loginScanned(ctx context.Context, openID, id string, bound bool) (Scan, error) {
	q, err := a.DB.QRLogin(ctx, id)
	if err == nil && q.State == store.QRWaiting {
		q, err = a.scanQR(ctx, q, openID, bound)
	}
	if store.Absent(err) || err == nil && (q.State != store.QRScanned || q.OpenID != openID || a.over(q)) {
		return Scan{Outcome: ScanStale}, nil
	}
	if err != nil {
		return Scan{}, fmt.Errorf("scanned: %w", err)
	}
	if bound {
		return Scan{Outcome: ScanConfirm, QR: id}, nil
	}
	return Scan{Outcome: ScanLogIn, QR: id}, nil
}

func (a *Acts) over(q store.QRLogin) bool { return !a.Now().Before(q.Expires) }

// scanQR makes the scanner the first one, and gives the code as it is then.
func (a *Acts) scanQR(ctx context.Context, q store.QRLogin, openID string, bound bool) (store.QRLogin, error) {
	next := q
	next.State, next.OpenID, next.Bound, next.Expires = store.QRScanned, openID, bound, a.Now().Add(qrFinish)
	moved, err := a.DB.MoveQRLogin(ctx, next, store.QRWaiting)
	if err != nil || moved {
		return next, err
	}
	return a.DB.QRLogin(ctx, q.ID)
}

// QRAsk is what a log-in page's code asks of the person who scanned it.
type QRAsk struct {
	Device, Place string
	At            time.Time
	// Account is whose session the browser would get; nil: this WeChat is bound
	// to none, and all the person can do is to refuse.
	Account *internship.Account
}

// AskedByQR tells the person behind an openid what the code he or she scanned
// asks for. Errors: ErrQRStale.
func (a *Acts) AskedByQR(ctx context.Context, id, openID string) (QRAsk, error) {
	q, err := a.scannedBy(ctx, id, openID)
	if err != nil {
		return QRAsk{}, err
	}
	if q.State != store.QRScanned {
		return QRAsk{}, internship.ErrQRStale
	}
	ask := QRAsk{Device: q.Device, Place: q.Place, At: q.CreatedAt}
	ask.Account, err = a.activeFollower(ctx, openID)
	return ask, err
}

// scannedBy reads a code that the openid scanned and that is not over.
func (a *Acts) scannedBy(ctx context.Context, id, openID string) (store.QRLogin, error) {
	q, err := a.DB.QRLogin(ctx, id)
	if store.Absent(err) || err == nil && (q.OpenID == "" || q.OpenID != openID || a.over(q)) {
		return q, internship.ErrQRStale
	}
	return q, err
}

// activeFollower finds the account bound to a follower, nil when there is none.
func (a *Acts) activeFollower(ctx context.Context, openID string) (*internship.Account, error) {
	account, err := a.DB.AccountByOpenID(ctx, a.Apps.ServiceAccount, openID)
	if store.Absent(err) || err == nil && account.State != internship.AccountActive {
		return nil, nil //nolint:nilnil // nobody is no failure
	}
	return account, err
}

// ConfirmQR lets the browser that shows the code in, as the account bound to
// the openid. Doing it again changes nothing. Errors: ErrQRStale, ErrNotBound.
func (a *Acts) ConfirmQR(ctx context.Context, id, openID string) error {
	q, err := a.scannedBy(ctx, id, openID)
	if err != nil {
		return err
	}
	if q.State == store.QRConfirmed || q.State == store.QRUsed && q.AccountID != "" {
		return nil
	}
	account, err := a.activeFollower(ctx, openID)
	if err != nil {
		return fmt.Errorf("confirm QR: %w", err)
	}
	if account == nil {
		return internship.ErrNotBound.With("该微信尚未绑定企业账号，请在显示二维码的页面上登录一次")
	}
	q.State, q.AccountID, q.Expires = store.QRConfirmed, account.ID, a.Now().Add(qrFinish)
	return a.answerQR(ctx, q, store.QRScanned)
}

// answerQR records an answer; the same one given at the same instant is no
// failure.
func (a *Acts) answerQR(ctx context.Context, q store.QRLogin, from ...string) error {
	moved, err := a.DB.MoveQRLogin(ctx, q, from...)
	if err != nil || moved {
		return err
	}
	now, err := a.scannedBy(ctx, q.ID, q.OpenID)
	served := q.State == store.QRConfirmed && now.State == store.QRUsed
	if err == nil && (now.State != q.State && !served || now.AccountID != q.AccountID) {
		return internship.ErrQRStale
	}
	return err
}

// DenyQR refuses what the code asks for; the browser is told that it is over.
// Errors: ErrQRStale when it is too late.
func (a *Acts) DenyQR(ctx context.Context, id, openID string) error {
	q, err := a.scannedBy(ctx, id, openID)
	if err != nil || q.State == store.QRDenied {
		return err
	}
	q.State, q.AccountID = store.QRDenied, ""
	return a.answerQR(ctx, q, store.QRScanned, store.QRConfirmed)
}

// QRState is what the browser that shows a code is told.
type QRState struct {
	// Over: nothing more can come of it; Denied says why.
	Over, Denied bool
	// Scanned: by somebody; LogIn: who is bound to no account, so that a log-in
	// in this browser binds him or her.
	Scanned, LogIn bool
	Expires        time.Time
	// Opened is the session, once the person has confirmed.
	Opened *Opened
}

// PollQR tells the browser with the code's secret how it stands. The session is
// the same however often it is asked for. Errors: ErrNotFound for anybody else.
func (a *Acts) PollQR(ctx context.Context, id, secret string, device Device) (QRState, error) {
	q, err := a.DB.QRLogin(ctx, id)
	if store.Absent(err) && secret != "" {
		return QRState{Over: true, Expires: a.Now()}, nil // forgotten, as the caller's secret will be
	}
	if err != nil {
		return QRState{}, err
	}
	if !shows(q, secret) {
		return QRState{}, internship.ErrNotFound
	}
	s := QRState{Expires: q.Expires, Over: a.over(q)}
	switch q.State {
	case store.QRScanned:
		s.Scanned, s.LogIn = true, !q.Bound
	case store.QRDenied:
		s.Over, s.Denied = true, true
	case store.QRConfirmed, store.QRUsed:
		if q.AccountID == "" || s.Over {
			s.Over = true
			break
		}
		s.Opened, err = a.enter(ctx, q, secret, device)
		s.Over = s.Opened == nil
	}
	return s, err
}

// shows says whether the secret is that of the browser which shows the code.
func shows(q store.QRLogin, secret string) bool {
	return subtle.ConstantTimeCompare([]byte(q.Browser), []byte(TokenHash(secret))) == 1
}

// enter opens the session of a confirmed code, or gives the one it opened
// before. Nil: the account is gone, the person refused after all, the binding or
// the session ended meanwhile.
func (a *Acts) enter(ctx context.Context, q store.QRLogin, secret string, device Device) (*Opened, error) {
	token, err := a.derived("qr", q.ID, secret)
	if err != nil {
		return nil, err
	}
	if q.State == store.QRUsed {
		return a.openedBefore(ctx, token, device)
	}
	account, err := a.activeFollower(ctx, q.OpenID)
	if err != nil || account == nil || account.ID != q.AccountID {
		return nil, err
	}
	opened, err := a.openAs(ctx, account, device, token)
	if err != nil {
		return nil, err
	}
	q.State = store.QRUsed
	moved, err := a.DB.MoveQRLogin(ctx, q, store.QRConfirmed)
	if err == nil && !moved {
		q, err = a.DB.QRLogin(ctx, q.ID)
	}
	if err != nil {
		return nil, err
	}
	if q.State == store.QRUsed {
		return &opened, nil // by this poll or another one at the same instant
	}
	_, err = a.DB.EndSession(context.WithoutCancel(ctx), account.ID, opened.Session.ID)
	return nil, err
}

// derived is the token that a caller gets again when the first answer was lost:
// who knows the parts is that caller.
func (a *Acts) derived(parts ...string) (string, error) {
	secret, err := a.DB.Secret("session " + strings.Join(parts, " "))
	return "sx_" + secret, err
}

// openedBefore gives the session of a derived token, which device opened, nil
// when it has ended.
func (a *Acts) openedBefore(ctx context.Context, token string, device Device) (*Opened, error) {
	s, err := a.DB.Session(ctx, TokenHash(token))
	if errors.Is(err, internship.ErrUnauthorized) {
		return nil, nil //nolint:nilnil // ended is no failure
	}
	if err != nil {
		return nil, err
	}
	account, enterprise, err := a.Me(ctx, Staff{AccountID: s.AccountID, EnterpriseID: s.EnterpriseID, Name: s.Name, Role: s.Role})
	return &Opened{Token: token, Session: s, Account: account, Enterprise: enterprise, Device: device}, err
}

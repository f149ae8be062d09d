package acts

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"shixi/internship"
	"shixi/store"
)

// Limits of passwords, besides those of the caller's address.
const (
	// triesHere is how often one address may try at one name in a window: an
	// owner has two, the mobile and the code.
	triesHere  = 5
	triesSpell = 15 * time.Minute
	// triesADay is how often all addresses together may; beyond it an SMS code
	// still lets the owner in, so nobody can be locked out by others' tries.
	triesADay = 50
	// SessionLife is how long a log-in lasts: a month, as people expect of a
	// mini-program; a change of role or password ends it sooner.
	SessionLife = 30 * 24 * time.Hour
)

// Login is who wants in, and from where.
type Login struct {
	// Name is a mobile, a USCC or an organisation code (G-06).
	Name     string
	Password string
	// Ticket is that of a solved puzzle.
	Ticket string
	// WechatCode is wx.login's code where the log-in comes from the
	// mini-program: the account is bound to that user.
	WechatCode string
	Device     Device
	// Address is the caller's IP, for the limits only.
	Address string
}

// Device is what somebody logs in with.
type Device struct {
	// Name is how the session list shows it, e.g. "小程序".
	Name string
	// ID is an opaque id that the browser or phone keeps; empty: unknown.
	ID string
}

// Opened is a new session: the token is shown once and kept as its hash.
type Opened struct {
	Token   string
	Session store.Session
	// Account is whose session it is, Enterprise the person's.
	Account    *internship.Account
	Enterprise *internship.Enterprise
	// Device is the one that the log-in came from.
	Device Device
}

// LogIn opens a session for a name and password (manual §2.3). Errors:
// ErrCaptcha, ErrBadLogin whether or not the account exists, ErrTooManyTries,
// ErrWechatTaken, ErrBadWechat, ErrBusy where the password was changed meanwhile,
// ErrUnavailable when too many log in at once, which is no try.
func (a *Acts) LogIn(ctx context.Context, l Login) (Opened, error) {
	if err := a.useTicket(ctx, l.Ticket); err != nil {
		return Opened{}, err
	}
	if err := a.limitAddress(ctx, l.Address); err != nil {
		return Opened{}, err
	}
	account, who, err := a.named(ctx, l.Name)
	if err != nil {
		return Opened{}, err
	}
	if err := a.limitPasswords(ctx, who, l.Address); err != nil {
		return Opened{}, err
	}
	if err := a.fits(ctx, account, l.Password); err != nil {
		if errors.Is(err, internship.ErrUnavailable) { // nobody looked at the password
			a.untry(ctx, keyHere(who, l.Address), keyToday(who), addressHour(l.Address), addressDay(l.Address))
		}
		return Opened{}, err
	}
	a.forgive(ctx, who, l.Address, addressHour(l.Address), addressDay(l.Address), addressPuzzlesHour(l.Address), addressPuzzlesDay(l.Address))
	if l.WechatCode != "" {
		if account, err = a.bindMiniProgram(ctx, account, l.WechatCode); err != nil {
			return Opened{}, err
		}
	}
	return a.open(ctx, account, l.Device)
}

// loginName tells a mobile from a code; both are empty for anything else.
func loginName(name string) (mobile, code string) {
	if mobile, err := internship.ParseMobile(name); err == nil {
		return mobile, ""
	}
	if code, _, err := internship.ParseEnterpriseCode(name); err == nil || internship.Unverified(err) {
		return "", internship.LoginCode(code)
	}
	return "", ""
}

// named finds the account of a name, nil where there is none, and under which
// key its tries count: the name's, however it was spelled. Counted by account,
// a mobile that is refused after tries at a code would tell whose it is.
func (a *Acts) named(ctx context.Context, name string) (*internship.Account, string, error) {
	mobile, code := loginName(name)
	who := a.nameKey(cmp.Or(mobile, code, name))
	if mobile+code == "" {
		return nil, who, nil
	}
	account, err := a.DB.AccountByLogin(ctx, mobile, code)
	if store.Absent(err) {
		return nil, who, nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("log in: %w", err)
	}
	return account, who, nil
}

func (a *Acts) nameKey(name string) string { return "name:" + a.DB.Blind("name "+name) }

func keyHere(who, address string) string { return "password:" + who + ":" + address }
func keyToday(who string) string         { return "password day:" + who }

// limitPasswords counts a try at a password.
func (a *Acts) limitPasswords(ctx context.Context, who, address string) error {
	if err := a.limit(ctx, keyHere(who, address), triesHere, triesSpell); err != nil {
		return err
	}
	return a.limit(ctx, keyToday(who), triesADay, day)
}

// forgive forgets the tries that led to the right password, and takes back what
// else counted the last one.
func (a *Acts) forgive(ctx context.Context, who, address string, others ...string) {
	if err := a.DB.Forgive(ctx, keyHere(who, address)); err != nil {
		a.Log.WarnContext(ctx, "tries not forgiven", slog.Any("error", err))
	}
	a.untry(ctx, append(others, keyToday(who))...)
}

// fits checks the password of an account, taking as long where there is none
// or it has none. Errors: ErrBadLogin.
func (a *Acts) fits(ctx context.Context, account *internship.Account, password string) error {
	hash := ""
	if account != nil && account.State == internship.AccountActive {
		hash = account.Password
	}
	ok, err := a.fit(ctx, password, hash)
	if err == nil && !ok {
		err = internship.ErrBadLogin
	}
	return err
}

// open makes the session of an account. A device that the account has not seen
// is told to its person.
func (a *Acts) open(ctx context.Context, account *internship.Account, device Device) (Opened, error) {
	return a.openAs(ctx, account, device, "sx_"+rand.Text()+rand.Text())
}

// openAs makes the session of an account, as it was when the person showed to be
// its own, under a given token; the same token again makes no other. The account
// is read once more behind the session: what voided sessions meanwhile voids
// this one too.
func (a *Acts) openAs(ctx context.Context, account *internship.Account, device Device, token string) (Opened, error) {
	account, err := a.see(ctx, account, device)
	if err != nil {
		return Opened{}, err
	}
	enterprise, err := a.DB.Enterprises.Get(ctx, account.EnterpriseID)
	if err != nil {
		return Opened{}, fmt.Errorf("open session: %w", err)
	}
	now := a.Now()
	s := store.Session{ID: TokenHash(token), AccountID: account.ID, EnterpriseID: account.EnterpriseID, Name: account.Name,
		Role: account.Role, Epoch: account.Epoch, Device: device.Name, CreatedAt: now, Expires: now.Add(SessionLife)}
	if err := a.DB.AddSession(ctx, s); err != nil {
		return Opened{}, err
	}
	still, err := a.DB.Accounts.Get(ctx, account.ID)
	if err == nil && (still.Epoch != s.Epoch || still.State != internship.AccountActive) {
		err = internship.ErrUnauthorized
	}
	if err != nil {
		_, ended := a.DB.EndSession(context.WithoutCancel(ctx), account.ID, s.ID)
		return Opened{}, errors.Join(err, ended)
	}
	return Opened{Token: token, Session: s, Account: still, Enterprise: enterprise, Device: device}, nil
}

// see notes the device of a log-in.
func (a *Acts) see(ctx context.Context, account *internship.Account, device Device) (*internship.Account, error) {
	id := device.ID
	if id == "" {
		id = rand.Text()
	}
	hash := a.DB.Blind("device " + account.ID + " " + id)
	account, err := a.DB.Accounts.Change(store.SubOp(ctx, "device"), account, asShown(account, func(x *internship.Account) error {
		news, err := x.SeeDevice(hash, device.Name, a.own(x))
		if err == nil && !news {
			return store.Unchanged
		}
		return err
	}))
	if err != nil {
		return nil, fmt.Errorf("note device: %w", err)
	}
	return account, nil
}

// TokenHash is the id under which a token's session is kept.
func TokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Authenticate gives the session of a token. Errors: ErrUnauthorized.
func (a *Acts) Authenticate(ctx context.Context, token string) (store.Session, error) {
	if token == "" {
		return store.Session{}, internship.ErrUnauthorized
	}
	s, err := a.DB.Session(ctx, TokenHash(token))
	if err != nil {
		return s, fmt.Errorf("authenticate: %w", err)
	}
	return s, nil
}

// Sessions lists where the person is logged in, newest first.
func (a *Acts) Sessions(ctx context.Context, s Staff) ([]store.Session, error) {
	return a.DB.Sessions(ctx, s.AccountID)
}

// LogOutElsewhere ends all of the person's sessions but the one that asks.
func (a *Acts) LogOutElsewhere(ctx context.Context, s Staff) error {
	_, err := a.DB.EndSessions(ctx, s.AccountID, math.MaxInt32, s.Session)
	return err
}

// LogOut ends one of the person's sessions. Errors: ErrNotFound.
func (a *Acts) LogOut(ctx context.Context, s Staff, sessionID string) error {
	found, err := a.DB.EndSession(ctx, s.AccountID, sessionID)
	if err == nil && !found {
		return internship.ErrNotFound
	}
	return err
}

// Me gives the person's account and enterprise.
func (a *Acts) Me(ctx context.Context, s Staff) (*internship.Account, *internship.Enterprise, error) {
	account, err := a.DB.Accounts.Get(ctx, s.AccountID)
	if err != nil {
		return nil, nil, err
	}
	enterprise, err := a.DB.Enterprises.Get(ctx, s.EnterpriseID)
	return account, enterprise, err
}

// firstHeld turns a clash over one of an account's holds into its sentence.
func firstHeld(err error) error {
	h, ok := errors.AsType[*store.HeldError](err)
	if !ok {
		return err
	}
	switch h.Kind() {
	case "mobile":
		return internship.ErrMobileTaken
	case "owner":
		return internship.ErrAlreadyActive
	case "openid":
		return internship.ErrWechatTaken
	case "code", "_id":
		return internship.ErrAlreadyActive
	case "uscc", "organisation":
		return internship.ErrCodeTaken
	case "student":
		return internship.ErrStudentTaken
	}
	return err
}

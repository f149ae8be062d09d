package acts

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"shixi/internship"
	"shixi/store"
)

const (
	// sceneLife is how long a binding QR may be scanned.
	sceneLife = 10 * time.Minute

	// bindTries are how many one account gets in a while: WeChat makes so many
	// a day for all of us, and anybody may register.
	bindTries  = 30
	bindWindow = time.Hour
)

// bindScene begins the scene strings of binding codes, loginScene those of
// log-in pages.
const (
	bindScene  = "bind_"
	loginScene = "login_"
)

// Binding is a QR code whose first scanner is bound to the account.
type Binding struct {
	Scene    string
	ImageURL string
	Expires  time.Time
}

// BindingQR makes a QR code of the 服务号 for the person's account (wechat.md
// §7.2): whoever scans it becomes the follower that messages go to. Errors:
// ErrTooManyTries.
func (a *Acts) BindingQR(ctx context.Context, s Staff) (Binding, error) {
	if a.WeChat == nil {
		return Binding{}, internship.ErrUnavailable
	}
	b := Binding{Scene: bindScene + rand.Text(), Expires: a.Now().Add(sceneLife)}
	if err := a.limit(ctx, "binding qr:"+s.AccountID, bindTries, bindWindow); err != nil {
		return Binding{}, err
	}
	if err := a.DB.AddScene(ctx, store.Scene{ID: b.Scene, AccountID: s.AccountID, Session: s.Session, Expires: b.Expires}); err != nil {
		return Binding{}, err
	}
	var err error
	if b.ImageURL, err = a.WeChat.SceneQR(ctx, b.Scene, sceneLife); err != nil {
		return Binding{}, fmt.Errorf("binding QR: %w", err)
	}
	return b, nil
}

// ScanOutcome is what the person who scanned a code is told.
type ScanOutcome int

// The outcomes of a scan.
const (
	ScanNothing ScanOutcome = iota // no code of ours
	ScanBound                      // the binding code's account is bound
	ScanTaken                      // this WeChat is another account's
	ScanStale                      // used, expired, or scanned by somebody else
	ScanConfirm                    // a log-in code: the person is to confirm it
	ScanLogIn                      // a log-in code: the person is to log in once where it is shown
)

// Scan is what came of a scan.
type Scan struct {
	Outcome ScanOutcome
	// QR is the log-in code to be confirmed or refused.
	QR string
}

// Scanned does what a follower's scan means, by subscribing or by a scan. The
// same event again has the same outcome and changes nothing.
func (a *Acts) Scanned(ctx context.Context, openID, scene string) (Scan, error) {
	if strings.HasPrefix(scene, bindScene) {
		return a.bindScanned(ctx, openID, scene)
	}
	account, err := a.follow(ctx, openID, false)
	if err != nil {
		return Scan{}, err
	}
	if id, ok := strings.CutPrefix(scene, loginScene); ok {
		return a.loginScanned(ctx, openID, id, account != nil)
	}
	return Scan{}, nil
}

// bindScanned binds the first who scanned a binding code, while the session that
// asked for it lasts: who is logged out, or had the password changed, can't have
// his or her WeChat bound any more.
func (a *Acts) bindScanned(ctx context.Context, openID, scene string) (Scan, error) {
	s, err := a.DB.Scene(ctx, scene)
	if err == nil && s.OpenID == "" {
		s, err = a.takeScene(ctx, s, openID)
	}
	if store.Absent(err) || err == nil && s.OpenID != openID {
		return Scan{Outcome: ScanStale}, a.Followed(ctx, openID)
	}
	if err != nil {
		return Scan{}, fmt.Errorf("scanned: %w", err)
	}
	if s.Done {
		return a.boundBefore(ctx, s)
	}
	_, err = a.DB.Session(ctx, s.Session)
	if errors.Is(err, internship.ErrUnauthorized) {
		return Scan{Outcome: ScanStale}, a.Followed(ctx, openID)
	}
	if err != nil {
		return Scan{}, fmt.Errorf("scanned: %w", err)
	}
	identity := internship.Identity{AppID: a.Apps.ServiceAccount, OpenID: openID, BoundAt: a.Now()}
	_, err = a.DB.Accounts.Update(ctx, s.AccountID, func(x *internship.Account) error {
		if is(x.Follower, identity) && !x.Follower.Gone {
			x.Follower.BoundAt = identity.BoundAt // no news, but whoever shows the code sees that it was scanned
			return nil
		}
		return rebind(x, internship.ServiceAccount, identity, internship.Do{By: x.Actor(), At: a.Now()})
	})
	if store.Held(err, "openid") {
		return Scan{Outcome: ScanTaken}, nil
	}
	if err != nil {
		return Scan{}, fmt.Errorf("bind follower: %w", err)
	}
	return Scan{Outcome: ScanBound}, a.DB.EndScene(ctx, scene)
}

// takeScene makes the scanner the first one, unless somebody was faster.
func (a *Acts) takeScene(ctx context.Context, s store.Scene, openID string) (store.Scene, error) {
	mine, err := a.DB.TakeScene(ctx, s.ID, openID)
	if err != nil {
		return s, err
	}
	if !mine {
		return a.DB.Scene(ctx, s.ID)
	}
	s.OpenID = openID
	return s, nil
}

// boundBefore answers a repeated event; a binding that was given up since does
// not come back by it.
func (a *Acts) boundBefore(ctx context.Context, s store.Scene) (Scan, error) {
	account, err := a.DB.Accounts.Get(ctx, s.AccountID)
	if err != nil {
		return Scan{}, fmt.Errorf("scanned again: %w", err)
	}
	if account.Follower == nil || account.Follower.OpenID != s.OpenID {
		return Scan{Outcome: ScanStale}, nil
	}
	return Scan{Outcome: ScanBound}, nil
}

// Followed records that a bound follower came back, and has one who is bound to
// nobody looked for by unionid.
func (a *Acts) Followed(ctx context.Context, openID string) error {
	_, err := a.follow(ctx, openID, false)
	return err
}

// Unfollowed records that a bound follower went: nothing can reach the person
// in WeChat until he or she comes back.
func (a *Acts) Unfollowed(ctx context.Context, openID string) error {
	_, err := a.follow(ctx, openID, true)
	return err
}

// follow gives the account of the follower, nil when there is none.
func (a *Acts) follow(ctx context.Context, openID string, gone bool) (*internship.Account, error) {
	account, err := a.DB.AccountByOpenID(ctx, a.Apps.ServiceAccount, openID)
	if store.Absent(err) {
		if gone {
			return nil, nil //nolint:nilnil // nobody is no failure
		}
		return nil, a.came(ctx, openID)
	}
	if err != nil {
		return nil, fmt.Errorf("follow: %w", err)
	}
	return a.DB.Accounts.Change(ctx, account, func(x *internship.Account) error {
		news, err := x.Follow(openID, gone, internship.Do{By: x.Actor(), At: a.Now()})
		if err == nil && !news {
			return store.Unchanged
		}
		return err
	})
}

// Bindings gives the person's account, with its identities.
func (a *Acts) Bindings(ctx context.Context, s Staff) (*internship.Account, error) {
	return a.DB.Accounts.Get(ctx, s.AccountID)
}

// Unbind ends the account's identity of a channel; without one it changes
// nothing.
func (a *Acts) Unbind(ctx context.Context, s Staff, c internship.Channel) error {
	_, err := a.DB.Accounts.Update(ctx, s.AccountID, func(x *internship.Account) error {
		ended, err := x.Unbind(c, a.do(s, ""))
		if err == nil && !ended {
			return store.Unchanged
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("unbind %s: %w", c, err)
	}
	return nil
}

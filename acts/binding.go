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

// sceneLife is how long a binding QR may be scanned.
const sceneLife = 10 * time.Minute

// bindScene begins the scene strings of binding codes.
const bindScene = "bind_"

// Binding is a QR code whose first scanner is bound to the account.
type Binding struct {
	Scene    string
	ImageURL string
	Expires  time.Time
}

// BindingQR makes a QR code of the 服务号 for the person's account (wechat.md
// §7.2): whoever scans it becomes the follower that messages go to.
func (a *Acts) BindingQR(ctx context.Context, s Staff) (Binding, error) {
	if a.WeChat == nil {
		return Binding{}, internship.ErrUnavailable
	}
	b := Binding{Scene: bindScene + rand.Text(), Expires: a.Now().Add(sceneLife)}
	if err := a.DB.AddScene(ctx, store.Scene{ID: b.Scene, AccountID: s.AccountID, Expires: b.Expires}); err != nil {
		return Binding{}, err
	}
	var err error
	if b.ImageURL, err = a.WeChat.SceneQR(ctx, b.Scene, sceneLife); err != nil {
		return Binding{}, fmt.Errorf("binding QR: %w", err)
	}
	return b, nil
}

// Scanned binds the follower who scanned a binding code, by subscribing or
// by a scan; other scenes, and codes that are used or expired, change nothing.
// It says whether it bound.
func (a *Acts) Scanned(ctx context.Context, openID, scene string) (bool, error) {
	if !strings.HasPrefix(scene, bindScene) {
		return false, a.Followed(ctx, openID)
	}
	out, err := a.DB.Scene(ctx, scene)
	if store.Absent(err) {
		return false, a.Followed(ctx, openID)
	}
	if err != nil {
		return false, fmt.Errorf("scanned: %w", err)
	}
	identity := internship.Identity{AppID: a.Apps.ServiceAccount, OpenID: openID, BoundAt: a.Now()}
	_, err = a.DB.Accounts.Update(ctx, out.AccountID, func(x *internship.Account) error {
		if x.Follower != nil && x.Follower.OpenID == openID && !x.Follower.Gone {
			return store.Unchanged
		}
		return x.BindFollower(identity, internship.Do{By: x.Actor(), At: a.Now()})
	})
	if _, held := errors.AsType[*store.HeldError](err); held {
		return false, internship.ErrWechatTaken
	}
	if err != nil {
		return false, fmt.Errorf("bind follower: %w", err)
	}
	return true, a.DB.DropScene(ctx, scene)
}

// Followed records that a bound follower came back.
func (a *Acts) Followed(ctx context.Context, openID string) error {
	return a.follow(ctx, openID, false)
}

// Unfollowed records that a bound follower went: nothing can reach the person
// in WeChat until he or she comes back.
func (a *Acts) Unfollowed(ctx context.Context, openID string) error {
	return a.follow(ctx, openID, true)
}

func (a *Acts) follow(ctx context.Context, openID string, gone bool) error {
	account, err := a.DB.AccountByOpenID(ctx, a.Apps.ServiceAccount, openID)
	if store.Absent(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	_, err = a.DB.Accounts.Change(ctx, account, func(x *internship.Account) error {
		news, err := x.Follow(openID, gone, internship.Do{By: x.Actor(), At: a.Now()})
		if err == nil && !news {
			return store.Unchanged
		}
		return err
	})
	return err
}

package acts

import (
	"context"
	"time"

	"shixi/internship"
)

// WeChat is what the acts ask of the platform about codes.
type WeChat interface {
	// MiniProgramUser exchanges a wx.login code for the user's identity.
	// Errors: internship.ErrBadWechat for a code that is wrong or used.
	MiniProgramUser(ctx context.Context, code string) (openID, unionID string, err error)
	// SceneQR makes a parametric QR code of the 服务号 and gives its image.
	SceneQR(ctx context.Context, scene string, valid time.Duration) (imageURL string, err error)
}

// Phones tells the number that a mini-program's user agreed to hand over.
type Phones interface {
	// Phone exchanges the code of the phone button. Errors:
	// internship.ErrBadWechat for a code that is wrong or used,
	// internship.ErrForeignPhone, internship.ErrPhoneQuota.
	Phone(ctx context.Context, code string) (mobile string, err error)
}

// Pages are the 服务号's pages in WeChat's own browser.
type Pages interface {
	// AuthorizeURL is where a browser is sent to be told who holds it; it comes
	// back to an address of ours with a code and the state.
	AuthorizeURL(back, state string) (string, error)
	// Visitor exchanges the code. Errors: internship.ErrBadWechat for one that is
	// wrong or used.
	Visitor(ctx context.Context, code string) (Visitor, error)
	// SignJS signs the address of a page for WeChat's JS-SDK.
	SignJS(ctx context.Context, address string) (JSSignature, error)
}

// Visitor is who opened a page in WeChat.
type Visitor struct {
	OpenID, UnionID string
	// Snapshot is nobody: the page is shown without a person's consent (快照页).
	Snapshot bool
}

// JSSignature is what a page gives to wx.config.
type JSSignature struct {
	AppID     string
	Timestamp int64
	Nonce     string
	Signature string
}

// MaxFollowers is how many openids Followers is asked about at once.
const MaxFollowers = 100

// Followers tells of the 服务号's users.
type Followers interface {
	// Followers tells of up to MaxFollowers openids at once; those the platform
	// says nothing about are missing. Errors: internship.ErrNotFound when one of
	// them is not the account's, internship.ErrForbidden when the account may not
	// ask, or not any more today.
	Followers(ctx context.Context, openIDs []string) (map[string]Follower, error)
}

// Follower is what the platform still tells of a person.
type Follower struct {
	Following bool
	// UnionID is empty until both apps belong to one open-platform account.
	UnionID string
}

// SignJS signs an address for the JS-SDK; whose it is, the caller has checked.
func (a *Acts) SignJS(ctx context.Context, address string) (JSSignature, error) {
	if a.Pages == nil {
		return JSSignature{}, internship.ErrUnavailable
	}
	return a.Pages.SignJS(ctx, address)
}

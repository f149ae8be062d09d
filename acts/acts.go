// Package acts is what can be done: one function per act of an actor, which
// loads, asks the domain and saves, and the tables that say what follows an
// event (design.md §2).
package acts

import (
	"log/slog"
	"math/rand/v2"
	"net/url"
	"time"

	"shixi/internship"
	"shixi/papers"
	"shixi/store"
)

// Acts are the acts over one database.
type Acts struct {
	DB *store.DB
	// WeChat answers who a log-in code belongs to and makes QR codes; nil:
	// those acts answer internship.ErrUnavailable.
	WeChat WeChat
	// Phones, Pages and Followers are further parts of the platform; nil as
	// WeChat.
	Phones    Phones
	Pages     Pages
	Followers Followers
	// Now is the clock.
	Now func() time.Time
	Log *slog.Logger
	// Hasher bounds the memory of password hashing.
	Hasher *Hasher
	// Papers looks into uploaded files; FileLimits are their greatest sizes.
	Papers     Papers
	FileLimits internship.FileLimits
	// InternShare says what becomes of more interns than the usual share of
	// staff (G-17); empty: they are warned of.
	InternShare internship.SharePolicy
	// Apps are the app ids that WeChat identities belong to.
	Apps Apps
	// Captcha draws puzzles; nil: nobody gets one, nor a ticket.
	Captcha Puzzles
	// NoSMS: no provider of text messages is set, so nobody can get a code.
	NoSMS bool
	// Limits count by address.
	Limits Limits
	// Home is the address under which people reach the service, for the links
	// of text messages; nil: messages that need one are not sent.
	Home *url.URL
	// Registry is the market regulator's; nil: every check is left to reviewers.
	Registry Registry

	uploads *uploads
}

// Apps are the customer's two WeChat apps.
type Apps struct{ ServiceAccount, MiniProgram string }

// New gives the acts their parts.
func New(db *store.DB, wechat WeChat, apps Apps, log *slog.Logger) *Acts {
	return &Acts{DB: db, WeChat: wechat, Now: db.Now, Log: log, Hasher: NewHasher(hashers, hashLine, patience), Apps: apps, Limits: DefaultLimits(),
		Papers: papers.New(papers.Usual()), uploads: &uploads{}}
}

// Staff is who acts on the enterprise's side: the session's account.
type Staff struct {
	AccountID    string
	EnterpriseID string
	Name         string
	Role         internship.Role
	// Session is the id of the session.
	Session string
}

// do is a change made by the person, now.
func (a *Acts) do(s Staff, note string) internship.Do {
	by := internship.Actor{Kind: internship.ByEnterprise, ID: s.AccountID, Name: s.Name}
	return internship.Do{By: by, At: a.Now(), Note: note}
}

// mayManage says whether the role may manage positions and placements; a
// mentor only sees the own groups.
func (s Staff) mayManage() error {
	if s.Role == internship.Owner || s.Role == internship.HR {
		return nil
	}
	return internship.ErrForbidden
}

// pick chooses one of n at random.
func pick(n int) int { return rand.IntN(n) }

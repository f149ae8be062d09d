package wxsim

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// User is one person as one account knows them. The same person has another
// openid under each appid and one unionid for all.
type User struct {
	AppID      string
	OpenID     string
	UnionID    string // empty: the account is not bound to an open platform
	Name       string // shown on /sim; the platform itself no longer tells it
	Mobile     string // for getuserphonenumber; empty: none bound
	Country    string // country code of Mobile; empty: 86
	Subscribed bool   // follows the 服务号; AddUser posts no event for it
	Risky      bool   // jscode2session answers 40226
	Snapshot   bool   // the 快照页 virtual account: is_snapshotuser in OAuth
}

// user is the platform's side of a User. Guarded by Sim.mu.
type user struct {
	User
	followedAt  time.Time
	scene       string // of the QR code that led to the present following
	blocked     bool   // switched the account's messages off
	blacklisted bool
	outcome     string // receipt status of coming messages; empty: success
	grants      map[string]int
	logins      meter
	messages    []Message
	replies     []PassiveReply
	changed     chan struct{} // closed and replaced when messages grow
}

// Message is one notice a phone shows.
type Message struct {
	AppID       string
	AppName     string
	TemplateID  string
	Title       string
	Values      []Value // in the template's order
	URL         string
	MiniProgram string // appid the card opens; wins over URL (wechat.md §1.1)
	Page        string // path in the mini-program
	MsgID       int64
	ClientMsgID string
	Subscribe   bool // a mini-program's subscribe message, not a template message
	At          time.Time
}

// Value is one row of a Message.
type Value struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// AddUser makes an account know a person, without any event: a mini-program's
// user, a follower from before, somebody who only opened a page. Adding the
// same openid again updates it. It fails with ErrUnknownApp or ErrOpenIDTaken.
func (s *Sim) AddUser(u User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, err := s.know(u.AppID, u.OpenID)
	if err != nil {
		return err
	}
	if u.Subscribed && !known.Subscribed {
		known.followedAt = s.opts.Now()
	}
	if u.UnionID == "" {
		u.UnionID = known.UnionID
	}
	known.User = u
	s.generation.Add(1)
	return nil
}

// know finds a user of an account, or makes one who follows nothing. Needs s.mu.
func (s *Sim) know(appID, openID string) (*user, error) {
	if s.apps[appID] == nil {
		return nil, fmt.Errorf("%w: %s", ErrUnknownApp, appID)
	}
	if openID == "" {
		return nil, fmt.Errorf("%w: empty", ErrUnknownUser)
	}
	u := s.users[openID]
	if u == nil {
		u = &user{
			User:    User{AppID: appID, OpenID: openID},
			grants:  make(map[string]int),
			changed: make(chan struct{}),
		}
		s.users[openID] = u
		s.userOrder = append(s.userOrder, openID)
		s.generation.Add(1)
	}
	if u.AppID != appID {
		return nil, fmt.Errorf("%w: %s", ErrOpenIDTaken, u.AppID)
	}
	return u, nil
}

// find is know for a person who must exist. Needs s.mu.
func (s *Sim) find(appID, openID string) (*user, error) {
	if s.apps[appID] == nil {
		return nil, fmt.Errorf("%w: %s", ErrUnknownApp, appID)
	}
	u := s.users[openID]
	if u == nil || u.AppID != appID {
		return nil, ErrUnknownUser
	}
	return u, nil
}

// change runs f on a user that exists.
func (s *Sim) change(appID, openID string, f func(*user)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.find(appID, openID)
	if err != nil {
		return err
	}
	f(u)
	s.generation.Add(1)
	return nil
}

// Block switches the account's messages off on the user's phone: sends answer
// 43101. The platform posts no event for it. Following anew switches them on.
func (s *Sim) Block(appID, openID string) error {
	return s.change(appID, openID, func(u *user) { u.blocked = true })
}

// Unblock switches the account's messages on again.
func (s *Sim) Unblock(appID, openID string) error {
	return s.change(appID, openID, func(u *user) { u.blocked = false })
}

// Blacklist has the account's operator put the user on the blacklist: sends
// answer 43019.
func (s *Sim) Blacklist(appID, openID string) error {
	return s.change(appID, openID, func(u *user) { u.blacklisted = true })
}

// Unblacklist takes the user off the blacklist.
func (s *Sim) Unblacklist(appID, openID string) error {
	return s.change(appID, openID, func(u *user) { u.blacklisted = false })
}

// SetOutcome fixes the receipt status of the user's coming messages, such as
// StatusUserBlock; with any but StatusSuccess they are accepted and the phone
// does not show them.
func (s *Sim) SetOutcome(appID, openID, status string) error {
	return s.change(appID, openID, func(u *user) { u.outcome = status })
}

// Phone returns the notices the openid's phone shows, newest last; at most
// Options.PhoneLimit. Passive replies are not among them: see Replies.
func (s *Sim) Phone(openID string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[openID]; u != nil {
		return slices.Clone(u.messages)
	}
	return nil
}

// Wait returns when done holds for the phone's messages, at once if it already
// does. It is asked again after each new message. It fails with ErrUnknownUser,
// or with ctx's error and the number of messages there were.
func (s *Sim) Wait(ctx context.Context, openID string, done func([]Message) bool) error {
	for {
		s.mu.Lock()
		u := s.users[openID]
		if u == nil {
			s.mu.Unlock()
			return ErrUnknownUser
		}
		messages, changed := slices.Clone(u.messages), u.changed
		s.mu.Unlock()
		if done(messages) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for a phone that shows %d messages: %w", len(messages), ctx.Err())
		}
	}
}

// show puts a message on a phone. Needs s.mu.
func (s *Sim) show(u *user, m Message) {
	if len(u.messages) >= s.opts.PhoneLimit {
		u.messages = slices.Delete(u.messages, 0, len(u.messages)-s.opts.PhoneLimit+1)
	}
	u.messages = append(u.messages, m)
	close(u.changed)
	u.changed = make(chan struct{})
	s.generation.Add(1)
}

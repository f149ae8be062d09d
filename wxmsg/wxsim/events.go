package wxsim

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// event posts an event of a user to the account's callback, as of now.
func (s *Sim) event(ctx context.Context, appID, openID, name string, more extra) (Reply, error) {
	return s.eventAt(ctx, appID, openID, name, more, s.opts.Now().Unix())
}

func (s *Sim) eventAt(ctx context.Context, appID, openID, name string, more extra, created int64) (Reply, error) {
	to, err := s.target(appID)
	if err != nil {
		return Reply{}, err
	}
	fields := Fields{
		{"ToUserName", to.OriginalID}, {"FromUserName", openID}, {"CreateTime", created},
		{"MsgType", "event"}, {"Event", name},
	}
	return s.say(ctx, to, openID, append(fields, more.fields(to.Format)...))
}

// say delivers one message and shows the passive reply to it.
func (s *Sim) say(ctx context.Context, to target, openID string, fields Fields) (Reply, error) {
	message, err := fields.render(to.Format)
	if err != nil {
		return Reply{}, err
	}
	reply, err := s.deliver(ctx, to, openID, message)
	if err == nil {
		s.chat(to, openID, reply.Message)
	}
	return reply, err
}

// Follow has a person, known or not, follow a 服务号 found by search, and posts
// the subscribe event with an empty EventKey. It returns once the callback has
// answered; with ErrCallback the person follows all the same. Following anew
// switches messages on again; who already follows causes no event. An empty
// unionID leaves what is known.
func (s *Sim) Follow(appID, openID, unionID string) error {
	fresh, err := s.subscribe(appID, openID, unionID, "")
	if err != nil || !fresh {
		return err
	}
	_, err = s.event(s.life, appID, openID, "subscribe", extra{plain: Fields{{"EventKey", ""}}})
	return err
}

// subscribe makes a person a follower; false when they already were.
func (s *Sim) subscribe(appID, openID, unionID, scene string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.know(appID, openID)
	if err != nil {
		return false, err
	}
	u.UnionID = cmp.Or(unionID, u.UnionID)
	if u.Subscribed {
		return false, nil
	}
	u.Subscribed, u.blocked, u.followedAt, u.scene = true, false, s.opts.Now(), scene
	s.generation.Add(1)
	return true, nil
}

// Unfollow has a follower leave and posts the unsubscribe event.
func (s *Sim) Unfollow(appID, openID string) error {
	left := false
	err := s.change(appID, openID, func(u *user) {
		left, u.Subscribed = u.Subscribed, false
	})
	if err != nil || !left {
		return err
	}
	_, err = s.event(s.life, appID, openID, "unsubscribe", extra{plain: Fields{{"EventKey", ""}}})
	return err
}

// Scan has a person scan a QR code made with qrcode/create: a follower causes a
// SCAN event with the scene, anybody else follows and causes subscribe with
// qrscene_ and the scene (wechat.md §7.2). It returns what the callback
// answered, and fails with ErrUnknownScene when no live code of the account has
// the scene, or with ErrCallback.
func (s *Sim) Scan(ctx context.Context, appID, openID, scene string) (Reply, error) {
	ticket, err := s.liveScene(appID, scene)
	if err != nil {
		return Reply{}, err
	}
	fresh, err := s.subscribe(appID, openID, "", scene)
	if err != nil {
		return Reply{}, err
	}
	name, key := "SCAN", scene
	if fresh {
		name, key = "subscribe", "qrscene_"+scene
	}
	return s.event(ctx, appID, openID, name, extra{plain: Fields{{"EventKey", key}, {"Ticket", ticket}}})
}

// Click has a follower tap a menu button of type click.
func (s *Sim) Click(ctx context.Context, appID, openID, key string) (Reply, error) {
	return s.event(ctx, appID, openID, "CLICK", extra{plain: Fields{{"EventKey", key}}})
}

// Text has a person write a text to the account.
func (s *Sim) Text(ctx context.Context, appID, openID, content string) (Reply, error) {
	to, err := s.target(appID)
	if err != nil {
		return Reply{}, err
	}
	s.mu.Lock()
	id := s.nextMsgID()
	s.mu.Unlock()
	return s.say(ctx, to, openID, Fields{
		{"ToUserName", to.OriginalID}, {"FromUserName", openID}, {"CreateTime", s.opts.Now().Unix()},
		{"MsgType", "text"}, {"Content", content}, {"MsgId", id},
	})
}

// PushOption makes a Push differ from what the platform would send.
type PushOption func(*push)

type push struct {
	envelope
	openID string
}

// BadSignature spoils the signature that counts in the account's mode by one
// digit; in safe mode the plain signature stays right.
func BadSignature() PushOption { return func(p *push) { p.badSignature = true } }

// BadCiphertext spoils the encrypted message; its signature is right.
func BadCiphertext() PushOption { return func(p *push) { p.badCiphertext = true } }

// Unencrypted sends a plain body, rightly signed for 明文模式, whatever the
// account's mode.
func Unencrypted() PushOption { return func(p *push) { p.unencrypted = true } }

// SignedAt signs with this time in place of the platform's.
func SignedAt(at time.Time) PushOption { return func(p *push) { p.at = at } }

// Nonce signs with this nonce in place of a random one.
func Nonce(nonce string) PushOption { return func(p *push) { p.nonce = nonce } }

// ForAppID encrypts with the account's key for another appid.
func ForAppID(appID string) PushOption { return func(p *push) { p.appID = appID } }

// FromOpenID sets the query's openid, which is otherwise empty.
func FromOpenID(openID string) PushOption { return func(p *push) { p.openID = openID } }

// Push posts one message of the caller's making to an account's callback, once
// and signed and encrypted like the platform's own unless options say
// otherwise. message is a []byte or string sent as it is, Fields rendered in
// the account's format, or, for a JSON account, anything json.Marshal takes.
// It returns the answer; with ErrCallback when the platform would not have
// taken it.
func (s *Sim) Push(ctx context.Context, appID string, message any, options ...PushOption) (Reply, error) {
	to, err := s.target(appID)
	if err != nil {
		return Reply{}, err
	}
	if to.Callback == "" {
		return Reply{}, fmt.Errorf("%w: %s has no callback", ErrConfig, appID)
	}
	body, err := renderAny(to.Format, message)
	if err != nil {
		return Reply{}, err
	}
	var p push
	for _, option := range options {
		option(&p)
	}
	return s.post(ctx, to, p.openID, body, p.envelope)
}

func renderAny(format string, message any) ([]byte, error) {
	switch m := message.(type) {
	case []byte:
		return m, nil
	case string:
		return []byte(m), nil
	case Fields:
		return m.render(format)
	}
	if format != FormatJSON {
		return nil, fmt.Errorf("%w: can't write %T as XML", ErrConfig, message)
	}
	body, err := json.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return body, nil
}

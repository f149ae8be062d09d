package wxmsg

import (
	"context"
	"errors"
	"net/url"

	"github.com/silenceper/wechat/v2/miniprogram/auth"
	"github.com/silenceper/wechat/v2/miniprogram/config"
	sdk "github.com/silenceper/wechat/v2/miniprogram/context"
)

const (
	opSession = "jscode2session"

	maxCode = 128 // characters of a login code; real ones have 32
)

// MPSession is who a mini-program's login code stands for. The session key
// that comes with it is dropped here: nothing needs it and it must not leave
// the server.
type MPSession struct {
	OpenID  string
	UnionID string // "" until the mini-program is bound to an open-platform account
}

// Code2Session exchanges the code of wx.login, which works once and for five
// minutes, for the user's openid. The error is an *Error: Payload for a bad
// (40029) or used (40163) code, Refused for a blocked user (40226), Pace when
// the user logs in too often, Config when app id or secret is wrong.
func (c *Client) Code2Session(ctx context.Context, code string) (MPSession, error) {
	if code == "" || len(code) > maxCode {
		return MPSession{}, badInput(opSession, "a login code has 1 to 128 characters")
	}
	login := auth.NewAuth(&sdk.Context{Config: &config.Config{AppID: c.appID, AppSecret: c.secret}})
	var session MPSession
	err := c.viaSDK(ctx, opSession, func(ctx context.Context) (int64, string, error) {
		// The SDK pastes the code into the address as it is.
		answer, err := login.Code2SessionContext(ctx, url.QueryEscape(code))
		session = MPSession{OpenID: answer.OpenID, UnionID: answer.UnionID}
		return answer.ErrCode, answer.ErrMsg, err
	})
	if err != nil {
		return MPSession{}, asConfig(err)
	}
	if session.OpenID == "" {
		return MPSession{}, ambiguous(opSession, 200, errors.New("the answer has no openid"))
	}
	return session, nil
}

// asConfig reads a token class as a wrong secret, for calls that carry the
// secret and no token: there 40001 means just that.
func asConfig(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Class == Token {
		e.Class = Config
	}
	return err
}

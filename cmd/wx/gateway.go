package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"shixi/acts"
	"shixi/internship"
	"shixi/wxmsg"
)

// gateway is what the acts ask of WeChat, answered by the two accounts' clients; an account that isn't set is nil.
type gateway struct {
	official    *wxmsg.Client
	miniProgram *wxmsg.Client
	// pictures is the host that shows codes where a simulator on this machine plays WeChat; "": WeChat's own.
	pictures string
}

var _ acts.WeChat = (*gateway)(nil)

// MiniProgramUser exchanges a log-in code. A wrong, used or blocked one is the user's to repeat; anything else is ours.
func (g *gateway) MiniProgramUser(ctx context.Context, code string) (openID, unionID string, err error) {
	if g.miniProgram == nil {
		return "", "", internship.ErrUnavailable.With("小程序尚未配置，请使用账号和密码登录")
	}
	session, err := g.miniProgram.Code2Session(ctx, code)
	var e *wxmsg.Error
	switch {
	case err == nil:
		return session.OpenID, session.UnionID, nil
	case errors.As(err, &e) && (e.Class == wxmsg.Payload || e.Class == wxmsg.Refused):
		return "", "", internship.ErrBadWechat.Because(err)
	case errors.As(err, &e) && e.Class == wxmsg.Pace:
		return "", "", internship.ErrTooManyTries.Because(err)
	}
	return "", "", internship.ErrUnavailable.Because(fmt.Errorf("exchange a log-in code: %w", err))
}

// SceneQR makes a parametric code of the official account.
func (g *gateway) SceneQR(ctx context.Context, scene string, valid time.Duration) (string, error) {
	if g.official == nil {
		return "", internship.ErrUnavailable.With("服务号尚未配置，暂不能绑定微信")
	}
	qr, err := g.official.CreateQR(ctx, scene, valid)
	if err != nil {
		return "", internship.ErrUnavailable.Because(fmt.Errorf("make a binding code: %w", err))
	}
	if g.pictures != "" {
		return g.pictures + "/cgi-bin/showqrcode?ticket=" + url.QueryEscape(qr.Ticket), nil
	}
	return qr.ImageURL(), nil
}

// noAccount stands in for the official account where none is set: every message fails with a reason an operator can
// read, and stays an in-app notice.
type noAccount struct{}

func (noAccount) SendTemplate(context.Context, wxmsg.TemplateMessage) (wxmsg.Sent, error) {
	return wxmsg.Sent{}, &wxmsg.Error{Op: "template/send", Message: "no official account is set", Class: wxmsg.Config}
}

// Render gives nothing to send.
func (noAccount) Render(string, map[string]string) (wxmsg.Rendered, error) {
	return wxmsg.Rendered{}, nil
}

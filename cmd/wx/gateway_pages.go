package main

import (
	"context"
	"errors"
	"fmt"

	"shixi/acts"
	"shixi/internship"
	"shixi/wxmsg"
)

var (
	_ acts.Phones    = (*gateway)(nil)
	_ acts.Pages     = (*gateway)(nil)
	_ acts.Followers = (*gateway)(nil)
)

// noAnswer is what a person reads while WeChat does not answer.
const noAnswer = "微信暂时没有回应，请稍后重试"

// Phone exchanges the code of the phone button. Where WeChat will give no number, because the paid verifications are
// used up or the account may not ask, the person is told of the other way in.
func (g *gateway) Phone(ctx context.Context, code string) (string, error) {
	if g.miniProgram == nil {
		return "", internship.ErrPhoneQuota
	}
	mobile, err := g.miniProgram.UserPhone(ctx, code)
	switch class := wxmsg.ClassOf(err); {
	case err == nil:
		return mobile, nil
	case wxmsg.BadCode(err), class == wxmsg.Payload:
		return "", internship.ErrBadWechat.Because(err)
	case errors.Is(err, wxmsg.ErrForeignPhone):
		return "", internship.ErrForeignPhone
	case class == wxmsg.Quota, class == wxmsg.Pace, class == wxmsg.Config:
		return "", internship.ErrPhoneQuota.Because(err)
	}
	return "", internship.ErrUnavailable.With(noAnswer + "，或改用短信验证码登录").Because(fmt.Errorf("exchange a phone code: %w", err))
}

// AuthorizeURL is the silent page: it tells who, and asks the person nothing.
func (g *gateway) AuthorizeURL(back, state string) (string, error) {
	if g.official == nil {
		return "", internship.ErrUnavailable.With("服务号尚未配置，请使用账号和密码登录")
	}
	return g.official.AuthorizeURL(back, wxmsg.ScopeBase, state)
}

// Visitor exchanges the code of an authorize page.
func (g *gateway) Visitor(ctx context.Context, code string) (acts.Visitor, error) {
	if g.official == nil {
		return acts.Visitor{}, internship.ErrUnavailable
	}
	who, err := g.official.ExchangeCode(ctx, code)
	switch {
	case err == nil:
		return acts.Visitor{OpenID: who.OpenID, UnionID: who.UnionID, Snapshot: who.Snapshot}, nil
	case wxmsg.BadCode(err), wxmsg.ClassOf(err) == wxmsg.Payload:
		return acts.Visitor{}, internship.ErrBadWechat.Because(err)
	}
	return acts.Visitor{}, internship.ErrUnavailable.With(noAnswer).Because(fmt.Errorf("exchange a page's code: %w", err))
}

// SignJS signs an address for the JS-SDK.
func (g *gateway) SignJS(ctx context.Context, address string) (acts.JSSignature, error) {
	if g.official == nil {
		return acts.JSSignature{}, internship.ErrUnavailable.With("服务号尚未配置，不能使用微信网页功能")
	}
	s, err := g.official.SignJS(ctx, address)
	if err != nil {
		return acts.JSSignature{}, internship.ErrUnavailable.With(noAnswer).Because(err)
	}
	return acts.JSSignature(s), nil
}

// Followers tells of the official account's users.
func (g *gateway) Followers(ctx context.Context, openIDs []string) (map[string]acts.Follower, error) {
	if g.official == nil {
		return nil, internship.ErrForbidden
	}
	told, err := g.official.UserInfos(ctx, openIDs)
	switch class := wxmsg.ClassOf(err); {
	case class == wxmsg.Refused:
		return nil, internship.ErrNotFound.Because(err)
	case class.Final(), class == wxmsg.Quota:
		return nil, internship.ErrForbidden.Because(err)
	case err != nil:
		return nil, internship.ErrUnavailable.Because(err)
	}
	out := make(map[string]acts.Follower, len(told))
	for id, u := range told {
		out[id] = acts.Follower{Following: u.Subscribed, UnionID: u.UnionID}
	}
	return out, nil
}

package wxmsg

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strings"
)

const opOAuth = "oauth2.access_token"

// Scope is how much a page of the 服务号 asks of a person (wechat.md §5.1).
type Scope string

const (
	// ScopeBase tells the openid, without asking the person.
	ScopeBase Scope = "snsapi_base"
	// ScopeInfo tells the unionid too, after the person agreed.
	ScopeInfo Scope = "snsapi_userinfo"
)

// oauthState is what WeChat takes: longer ones make its page fail.
var oauthState = regexp.MustCompile(`^[A-Za-z0-9]{1,128}$`)

// AuthorizeURL is the page of WeChat that sends a person back to redirect, an
// absolute address on the account's 网页授权域名, with code and state. WeChat holds
// the link against a strict pattern, so its parameters keep their order. The
// error is an *Error, Payload, when an argument can't work.
func (c *Client) AuthorizeURL(redirect string, scope Scope, state string) (string, error) {
	back, err := url.Parse(redirect)
	switch {
	case err != nil || back.Host == "" || back.Scheme != "https" && back.Scheme != "http":
		return "", badInput(opOAuth, "redirect is no http(s) address")
	case scope != ScopeBase && scope != ScopeInfo:
		return "", badInput(opOAuth, "there is no such scope")
	case !oauthState.MatchString(state):
		return "", badInput(opOAuth, "a state has 1 to 128 letters and digits")
	}
	return c.open.String() + "/connect/oauth2/authorize?appid=" + c.appID + "&redirect_uri=" + url.QueryEscape(redirect) +
		"&response_type=code&scope=" + string(scope) + "&state=" + state + "#wechat_redirect", nil
}

// WebUser is who came back from an authorize page.
type WebUser struct {
	OpenID  string
	UnionID string // only with ScopeInfo, and once the account is bound to an open-platform account
	Scope   string // what the person granted
	// Snapshot: the virtual visitor of a page opened without consent (快照页). It
	// is nobody and must not be bound or logged in.
	Snapshot bool
}

// ExchangeCode exchanges the code of an authorize page, which works once and for
// five minutes, for who came. The error is an *Error; BadCode tells a used or
// expired code, for which the person is sent to authorise again.
func (c *Client) ExchangeCode(ctx context.Context, code string) (WebUser, error) {
	if code == "" || len(code) > maxCode {
		return WebUser{}, badInput(opOAuth, "a code has 1 to 128 characters")
	}
	var answer struct {
		OpenID   string `json:"openid"`
		UnionID  string `json:"unionid"`
		Scope    string `json:"scope"`
		Snapshot number `json:"is_snapshotuser"`
	}
	query := url.Values{"appid": {c.appID}, "secret": {c.secret}, "code": {code}, "grant_type": {"authorization_code"}}
	if err := c.do(ctx, call{op: opOAuth, path: "/sns/oauth2/access_token", query: query, into: &answer}, ""); err != nil {
		return WebUser{}, asConfig(err)
	}
	if answer.OpenID == "" {
		return WebUser{}, ambiguous(opOAuth, 200, errors.New("the answer has no openid"))
	}
	return WebUser{OpenID: answer.OpenID, UnionID: answer.UnionID, Scope: answer.Scope, Snapshot: answer.Snapshot != 0}, nil
}

// parseBase reads scheme, host and path prefix of one of WeChat's hosts.
func parseBase(address string) (*url.URL, bool) {
	base, err := url.Parse(strings.TrimRight(address, "/"))
	ok := err == nil && (base.Scheme == "https" || base.Scheme == "http") && base.Host != "" && base.RawQuery == "" &&
		base.User == nil && base.Fragment == ""
	return base, ok
}

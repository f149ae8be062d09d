package wxsim

import (
	"cmp"
	"encoding/base64"
	"time"
)

const (
	codeLife        = 5 * time.Minute // wechat.md §6.1, §6.3, §5.1
	mainland        = "86"
	loginsPerMinute = 100 // per user (wechat.md §6.1)
)

// codeKind keeps codes of one purpose from serving another.
type codeKind int

const (
	loginCode codeKind = iota
	phoneCode
	oauthCode
)

// code is a single-use code in a user's hands.
type code struct {
	kind   codeKind
	appID  string
	openID string
	issued time.Time
	scope  string // of an OAuth code
	used   bool
}

// Code is wx.login on the phone of a mini-program's user, known or not: it
// returns a code for jscode2session, single use, 5 minutes. It is empty for an
// appid that is unknown or no mini-program's, and for an openid of another
// account. For a 服务号's page see Authorize.
func (s *Sim) Code(appID, openID string) string {
	return s.newCode(loginCode, appID, openID, "")
}

// PhoneCode is the user's consent to hand over the mobile: a code for
// getuserphonenumber, single use, 5 minutes.
func (s *Sim) PhoneCode(appID, openID string) string {
	return s.newCode(phoneCode, appID, openID, "")
}

func (s *Sim) newCode(kind codeKind, appID, openID, scope string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.apps[appID]; a == nil || (a.Kind == OA) != (kind == oauthCode) {
		return ""
	}
	if _, err := s.know(appID, openID); err != nil {
		return ""
	}
	now := s.opts.Now()
	value := "0" + s.randomString(31)
	s.codes.put(now, value, &code{kind: kind, appID: appID, openID: openID, issued: now, scope: scope})
	return value
}

// redeem uses a code up and returns the user behind it. A used one answers
// 40163 as long as it would have lived, then 40029 like any unknown one. Needs
// s.mu.
func (s *Sim) redeem(kind codeKind, appID, value string, now time.Time) (*user, *code, *apiError) {
	c, ok := s.codes.get(now, value)
	if !ok || c.kind != kind || c.appID != appID || now.Sub(c.issued) >= codeLife {
		return nil, nil, refuse(errCode)
	}
	if c.used {
		return nil, nil, refuse(errCodeUsed)
	}
	u := s.users[c.openID]
	if u == nil {
		return nil, nil, refuse(errCode)
	}
	c.used = true
	return u, c, nil
}

type loginResult struct {
	SessionKey string `json:"session_key"`
	OpenID     string `json:"openid"`
	UnionID    string `json:"unionid,omitempty"`
}

// login is GET /sns/jscode2session.
func (s *Sim) login(c *call) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, refusal := s.snsCredentials(c.query)
	if refusal != nil {
		return nil, refusal
	}
	value := c.query.Get("js_code")
	if value == "" {
		return nil, refuse(errNoCode)
	}
	u, _, refusal := s.redeem(loginCode, app.AppID, value, c.now)
	switch {
	case refusal != nil:
		return nil, refusal
	case u.Risky:
		return nil, refuse(errCodeBlocked)
	case !u.logins.take(minuteOf(c.now), loginsPerMinute):
		return nil, refuse(errMinuteQuota)
	}
	return loginResult{SessionKey: s.sessionKey(), OpenID: u.OpenID, UnionID: u.UnionID}, nil
}

// sessionKey is 16 random bytes in base64, a fresh one at each login. Needs s.mu.
func (s *Sim) sessionKey() string {
	var key [16]byte
	for i := range key {
		key[i] = byte(s.random.Uint32())
	}
	return base64.StdEncoding.EncodeToString(key[:])
}

type phoneResult struct {
	ErrCode   int       `json:"errcode"`
	ErrMsg    string    `json:"errmsg"`
	PhoneInfo phoneInfo `json:"phone_info"`
}

type phoneInfo struct {
	PhoneNumber     string `json:"phoneNumber"`
	PurePhoneNumber string `json:"purePhoneNumber"`
	CountryCode     string `json:"countryCode"`
	Watermark       struct {
		Timestamp int64  `json:"timestamp"`
		AppID     string `json:"appid"`
	} `json:"watermark"`
}

// phoneNumber is POST /wxa/business/getuserphonenumber.
func (s *Sim) phoneNumber(c *call) (any, *apiError) {
	var in struct {
		Code string `json:"code"`
	}
	if refusal := c.decode(&in); refusal != nil {
		return nil, refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if quota := c.app.PhoneQuota; quota != 0 && c.app.phones >= max(quota, 0) {
		return nil, refuse(errPhoneQuota)
	}
	u, _, refusal := s.redeem(phoneCode, c.app.AppID, in.Code, c.now)
	if refusal != nil {
		return nil, refusal
	}
	if u.Mobile == "" {
		return nil, refuse(errCode)
	}
	c.app.phones++
	country := cmp.Or(u.Country, mainland)
	out := phoneResult{ErrMsg: "ok", PhoneInfo: phoneInfo{PhoneNumber: u.Mobile, PurePhoneNumber: u.Mobile, CountryCode: country}}
	if country != mainland {
		out.PhoneInfo.PhoneNumber = "+" + country + u.Mobile
	}
	out.PhoneInfo.Watermark.Timestamp, out.PhoneInfo.Watermark.AppID = c.now.Unix(), c.app.AppID
	return out, nil
}

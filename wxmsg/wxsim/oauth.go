package wxsim

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// webToken is a user-level access_token of 网页授权.
type webToken struct {
	openID string
	scope  string
}

const (
	scopeBase = "snsapi_base"
	scopeInfo = "snsapi_userinfo"
)

var oauthState = regexp.MustCompile(`^[a-zA-Z0-9]*$`)

// clientError is what WeChat's own browser shows in place of the page.
type clientError struct {
	code int
	text string
}

// Authorize is a person opening an authorize link in WeChat: it checks the link
// as the platform does and returns the address the browser is sent to, with
// code and state. link is the whole URL or its query. The person need not
// follow. Errors carry the code the browser would show.
func (s *Sim) Authorize(openID, link string) (string, error) {
	if _, query, ok := strings.Cut(link, "?"); ok {
		link = query
	}
	link, _, _ = strings.Cut(link, "#")
	q, err := url.ParseQuery(link)
	if err != nil {
		return "", fmt.Errorf("%w: authorize link: %w", ErrConfig, err)
	}
	back, refusal := s.checkAuthorize(q)
	if refusal != nil {
		return "", fmt.Errorf("%w: authorize: %d %s", ErrConfig, refusal.code, refusal.text)
	}
	code := s.newCode(oauthCode, q.Get("appid"), openID, q.Get("scope"))
	if code == "" {
		return "", ErrUnknownUser
	}
	return sendBack(back, code, q.Get("state")), nil
}

// checkAuthorize holds an authorize query against the rules of wechat.md §5.1.
func (s *Sim) checkAuthorize(q url.Values) (*url.URL, *clientError) {
	s.mu.Lock()
	app := s.apps[q.Get("appid")]
	s.mu.Unlock()
	if app == nil || app.Kind != OA {
		return nil, &clientError{10013, "AppID 参数错误"}
	}
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || back.Host == "" || back.Scheme != "http" && back.Scheme != "https" {
		return nil, &clientError{10003, "redirect_uri 参数错误"}
	}
	if app.OAuthDomain != "" && back.Hostname() != app.OAuthDomain {
		return nil, &clientError{10003, "redirect_uri 域名与后台配置不一致"}
	}
	if scope := q.Get("scope"); scope != scopeBase && scope != scopeInfo {
		return nil, &clientError{10005, "scope 参数错误或没有 scope 权限"}
	}
	if state := q.Get("state"); len(state) > 128 || !oauthState.MatchString(state) {
		return nil, &clientError{10015, "state 参数错误"}
	}
	if q.Get("response_type") != "code" {
		return nil, &clientError{10010, "response_type 参数错误"}
	}
	return back, nil
}

func sendBack(back *url.URL, code, state string) string {
	to := *back
	q := to.Query()
	q.Set("code", code)
	q.Set("state", state)
	to.RawQuery, to.Fragment = q.Encode(), ""
	return to.String()
}

// authorize is GET /connect/oauth2/authorize of open.weixin.qq.com. WeChat
// knows whose phone it is; here a page asks, and the answer comes back as the
// parameter sim_openid.
func (s *Sim) authorize(w http.ResponseWriter, r *http.Request) {
	s.countCall(PathAuthorize)
	q := r.URL.Query()
	back, refusal := s.checkAuthorize(q)
	if refusal != nil {
		w.WriteHeader(http.StatusBadRequest)
		s.render(w, "oops", refusal.text, refusal.code)
		return
	}
	if openID := q.Get("sim_openid"); openID != "" {
		if code := s.newCode(oauthCode, q.Get("appid"), openID, q.Get("scope")); code != "" {
			http.Redirect(w, r, sendBack(back, code, q.Get("state")), http.StatusFound)
			return
		}
	}
	s.render(w, "authorize", s.people(q), 0)
}

// person is a choice on the authorize page.
type person struct {
	Name string
	Link string
}

// people lists who may open an authorize link, at most 50.
func (s *Sim) people(q url.Values) []person {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []person
	for _, openID := range s.userOrder {
		u := s.users[openID]
		if u.AppID != q.Get("appid") || len(list) == 50 {
			continue
		}
		own := url.Values{}
		for name := range q {
			own.Set(name, q.Get(name))
		}
		own.Set("sim_openid", openID)
		list = append(list, person{Name: cmp.Or(u.Name, openID), Link: PathAuthorize + "?" + own.Encode()})
	}
	return list
}

type oauthTokenResult struct {
	AccessToken  string `json:"access_token"`
	ExpiresIn    int    `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
	OpenID       string `json:"openid"`
	Scope        string `json:"scope"`
	Snapshot     int    `json:"is_snapshotuser,omitempty"`
	UnionID      string `json:"unionid,omitempty"`
}

// oauthToken is GET /sns/oauth2/access_token. Its refresh_token is for show:
// /sns/oauth2/refresh_token is not simulated.
func (s *Sim) oauthToken(c *call) (any, *apiError) {
	q := c.query
	s.mu.Lock()
	defer s.mu.Unlock()
	app, refusal := s.snsCredentials(q)
	if refusal != nil {
		return nil, refusal
	}
	if q.Get("code") == "" {
		return nil, refuse(errNoCode)
	}
	u, used, refusal := s.redeem(oauthCode, app.AppID, q.Get("code"), c.now)
	if refusal != nil {
		return nil, refusal
	}
	out := oauthTokenResult{
		AccessToken: "93_" + s.randomString(86), ExpiresIn: int(tokenLife / time.Second),
		RefreshToken: "94_" + s.randomString(86), OpenID: u.OpenID, Scope: used.scope,
	}
	if u.Snapshot {
		out.Snapshot = 1
	}
	if used.scope == scopeInfo {
		out.UnionID = u.UnionID
	}
	s.webTokens.put(c.now, out.AccessToken, webToken{openID: u.OpenID, scope: used.scope})
	return out, nil
}

type oauthUserResult struct {
	OpenID     string   `json:"openid"`
	Nickname   string   `json:"nickname"`
	Sex        int      `json:"sex"`
	Province   string   `json:"province"`
	City       string   `json:"city"`
	Country    string   `json:"country"`
	HeadImgURL string   `json:"headimgurl"`
	Privilege  []string `json:"privilege"`
	UnionID    string   `json:"unionid,omitempty"`
}

// oauthUser is GET /sns/userinfo; a snsapi_base token answers 48001.
func (s *Sim) oauthUser(c *call) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value := c.query.Get("access_token")
	if value == "" {
		return nil, refuse(errNoToken)
	}
	t, ok := s.webTokens.get(c.now, value)
	switch {
	case !ok:
		return nil, refuse(errCredential)
	case t.openID != c.query.Get("openid"):
		return nil, refuse(errOpenID)
	case t.scope != scopeInfo:
		return nil, refuse(errUnauthorized)
	}
	u := s.users[t.openID]
	return oauthUserResult{OpenID: u.OpenID, Nickname: cmp.Or(u.Name, "微信用户"), Privilege: []string{}, UnionID: u.UnionID}, nil
}

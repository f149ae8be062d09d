package wxsim

import (
	"crypto/subtle"
	"net/url"
	"time"
)

// Rules of access tokens (wechat.md §3).
const (
	tokenLife      = 7200 * time.Second
	tokenOverlap   = 5 * time.Minute // an old and its successor both work
	forceGap       = 30 * time.Second
	forcePerDay    = 20
	stablePerMin   = 10_000
	stablePerDay   = 500_000
	classicPerDay  = 2_000
	tokenLength    = 160       // real ones need up to 512 characters of storage
	tokenMemory    = time.Hour // how long an expired token still answers 42001
	clientCredType = "client_credential"
)

// token is one access_token of one account.
type token struct {
	value   string
	app     *account
	expires time.Time
	refused int  // errcode answered to its bearer from now on; 0: none
	spoiled bool // refused, yet still handed out until a force_refresh
	classic bool // from /cgi-bin/token, which a force_refresh leaves alone
}

// stableIssuer is the state behind /cgi-bin/stable_token.
type stableIssuer struct {
	current *token
	forced  time.Time
	forces  meter
	minute  meter
	day     meter
}

// classicIssuer is the state behind /cgi-bin/token.
type classicIssuer struct {
	current *token
	day     meter
}

type stableRequest struct {
	GrantType    string `json:"grant_type"`
	AppID        string `json:"appid"`
	Secret       string `json:"secret"`
	ForceRefresh bool   `json:"force_refresh"`
}

type tokenResult struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"`
}

// stableToken is POST /cgi-bin/stable_token.
func (s *Sim) stableToken(c *call) (any, *apiError) {
	var in stableRequest
	if refusal := c.decode(&in); refusal != nil {
		return nil, refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	app, refusal := s.credentials(in.AppID, in.Secret, in.GrantType, clientCredType)
	if refusal != nil {
		return nil, refusal
	}
	if !app.stable.minute.take(minuteOf(c.now), stablePerMin) {
		return nil, refuse(errMinuteQuota)
	}
	if !app.stable.day.take(dayOf(c.now), stablePerDay) {
		return nil, refuse(errDailyQuota)
	}
	if in.ForceRefresh {
		return s.forceToken(app, c.now)
	}
	t := app.stable.current
	if t == nil || t.refused != 0 && !t.spoiled || t.expires.Sub(c.now) <= tokenOverlap {
		t = s.issue(app, c.now)
		app.stable.current = t
	}
	return tokenResult{AccessToken: t.value, ExpiresIn: int(t.expires.Sub(c.now) / time.Second)}, nil
}

// forceToken replaces the stable token at once, the old one dying with 40001.
func (s *Sim) forceToken(app *account, now time.Time) (any, *apiError) {
	issuer := &app.stable
	if !issuer.forced.IsZero() && now.Sub(issuer.forced) < forceGap {
		return nil, refuse(errMinuteQuota)
	}
	if !issuer.forces.take(dayOf(now), forcePerDay) {
		return nil, refuse(errDailyQuota)
	}
	issuer.forced = now
	for _, t := range s.tokens {
		if t.app == app && !t.classic && t.refused == 0 {
			t.refused = errCredential
		}
	}
	issuer.current = s.issue(app, now)
	return tokenResult{AccessToken: issuer.current.value, ExpiresIn: int(tokenLife / time.Second)}, nil
}

// classicToken is GET /cgi-bin/token: each call makes a new token, and the one
// before lives five minutes more.
func (s *Sim) classicToken(c *call) (any, *apiError) {
	q := c.query
	s.mu.Lock()
	defer s.mu.Unlock()
	app, refusal := s.credentials(q.Get("appid"), q.Get("secret"), q.Get("grant_type"), clientCredType)
	if refusal != nil {
		return nil, refusal
	}
	if !app.classic.day.take(dayOf(c.now), classicPerDay) {
		return nil, refuse(errDailyQuota)
	}
	if old := app.classic.current; old != nil && old.expires.Sub(c.now) > tokenOverlap {
		old.expires = c.now.Add(tokenOverlap)
	}
	app.classic.current = s.issue(app, c.now)
	app.classic.current.classic = true
	return tokenResult{AccessToken: app.classic.current.value, ExpiresIn: int(tokenLife / time.Second)}, nil
}

// credentials checks appid, grant type and secret, in the platform's order,
// and counts the call as a fetch of the appid. Needs s.mu.
func (s *Sim) credentials(appID, secret, grant, wanted string) (*account, *apiError) {
	if appID == "" {
		return nil, refuse(errNoAppID)
	}
	app := s.apps[appID]
	if app == nil {
		return nil, refuse(errAppID)
	}
	if wanted == clientCredType {
		app.fetches++
	}
	switch {
	case grant != wanted:
		return nil, refuse(errGrantType)
	case secret == "":
		return nil, refuse(errNoSecret)
	case subtle.ConstantTimeCompare([]byte(secret), []byte(app.Secret)) != 1:
		return nil, refuse(errAppSecret)
	}
	return app, nil
}

// snsCredentials is credentials for the /sns/ endpoints' query.
func (s *Sim) snsCredentials(q url.Values) (*account, *apiError) {
	return s.credentials(q.Get("appid"), q.Get("secret"), q.Get("grant_type"), "authorization_code")
}

// issue makes a token and forgets those long expired. Needs s.mu.
func (s *Sim) issue(app *account, now time.Time) *token {
	for value, t := range s.tokens {
		if now.Sub(t.expires) > tokenMemory {
			delete(s.tokens, value)
		}
	}
	t := &token{value: "92_" + s.randomString(tokenLength), app: app, expires: now.Add(tokenLife)}
	s.tokens[t.value] = t
	return t
}

// bearer finds the account a token speaks for.
func (s *Sim) bearer(value string, now time.Time) (*account, *apiError) {
	if value == "" {
		return nil, refuse(errNoToken)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[value]
	switch {
	case t == nil || t.app.refuseAll:
		return nil, refuse(errCredential)
	case t.refused != 0:
		return nil, refuse(t.refused)
	case !now.Before(t.expires):
		return nil, refuse(errTokenExpired)
	}
	return t.app, nil
}

// ExpireToken makes the account's present tokens answer 42001, as if their
// time had run out; the next fetch gives a new one.
func (s *Sim) ExpireToken(appID string) error { return s.refuseTokens(appID, errTokenExpired, false) }

// KillTokens makes the account's present tokens answer 40001, as when another
// system has forced a new one; the next fetch gives a new one.
func (s *Sim) KillTokens(appID string) error { return s.refuseTokens(appID, errCredential, false) }

// SpoilToken makes the account's present tokens answer 40001 while
// stable_token keeps handing out the same one: only a force_refresh helps.
func (s *Sim) SpoilToken(appID string) error { return s.refuseTokens(appID, errCredential, true) }

func (s *Sim) refuseTokens(appID string, errcode int, spoiled bool) error {
	return s.withApp(appID, func(a *account) error {
		for _, t := range s.tokens {
			if t.app == a {
				t.refused, t.spoiled = errcode, spoiled
			}
		}
		return nil
	})
}

// RefuseTokens makes every token of the account, present and future, answer
// 40001 until called again with false.
func (s *Sim) RefuseTokens(appID string, on bool) error {
	return s.withApp(appID, func(a *account) error {
		a.refuseAll = on
		return nil
	})
}

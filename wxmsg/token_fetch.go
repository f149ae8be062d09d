package wxmsg

import (
	"context"
	"errors"
	"time"
)

// askToken makes one request to the token endpoint. Its errors concern the
// account, not a message: Started is false, because the message's own request
// has not been made.
func (c *Client) askToken(ctx context.Context, force bool) (string, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	body := struct {
		GrantType string `json:"grant_type"`
		AppID     string `json:"appid"`
		Secret    string `json:"secret"`
		Force     bool   `json:"force_refresh"`
	}{"client_credential", c.appID, c.secret, force}
	var answer struct {
		Token   string `json:"access_token"`
		Expires number `json:"expires_in"`
	}
	err := c.do(ctx, call{op: opToken, path: "/cgi-bin/stable_token", body: body, into: &answer}, "")
	if err == nil && (len(answer.Token) == 0 || len(answer.Token) > maxToken || answer.Expires <= 0 || answer.Expires > maxLife) {
		err = ambiguous(opToken, 200, errors.New("the answer has no token that can be used"))
	}
	if err != nil {
		return "", 0, tokenError(err)
	}
	return answer.Token, time.Duration(answer.Expires) * time.Second, nil
}

const (
	maxToken = 2048  // bytes; at least 512 have to be reserved
	maxLife  = 86400 // seconds; the documented most is 7200
)

// tokenError says what a failure of the token endpoint means for the call that
// needed the token: nothing was sent. A used-up quota there is no reason to
// stop messages for the day.
func tokenError(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	e.Started = false
	switch e.Class {
	case Token:
		e.Class = Config // 40001 here is a wrong AppSecret
	case Ambiguous:
		e.Class = NotSent
	case Quota:
		e.Class, e.RetryAfter = Pace, perMinutePause
	}
	if e.Class.Final() {
		e.RetryAfter = configPause // every message waits for the same repair
	}
	return e
}

// fetch gets a token from the platform, the normal way first. Only when that
// brings the very token WeChat refused may it force a new one, which ends the
// old one for everybody: at most every 30 s and 20 times a day.
func (s *tokenSource) fetch(ctx context.Context) (accessToken, error) {
	t, err := s.request(ctx, false)
	if err != nil || !s.wasRefused(t) {
		return t, err
	}
	if !s.mayForce(ctx) {
		return accessToken{}, &Error{Op: opToken, Class: Token, RetryAfter: forceEvery,
			cause: errors.New("the platform goes on to give a token it refuses, and no new one may be forced yet")}
	}
	s.log.WarnContext(ctx, "forcing a new access token")
	t, err = s.request(ctx, true)
	if err == nil && s.wasRefused(t) {
		err = &Error{Op: opToken, Class: Token, RetryAfter: configPause, cause: errors.New("the platform gives the refused token again")}
	}
	return t, err
}

func (s *tokenSource) wasRefused(t accessToken) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return t.value == s.refused
}

func (s *tokenSource) request(ctx context.Context, force bool) (accessToken, error) {
	value, life, err := s.ask(ctx, force)
	if err != nil {
		return accessToken{}, err
	}
	now := s.now()
	before := renewBefore - time.Duration(s.jitter()*float64(renewJitter))
	if before > life/2 {
		before = life / 2 // a short life: don't ask again at once
	}
	return accessToken{value: value, renew: now.Add(life - before), expires: now.Add(life)}, nil
}

const (
	forceEvery  = 30 * time.Second
	forcePerDay = 20
)

// forceLimit counts forced refreshes of this process, for when Redis can't.
type forceLimit struct {
	last  time.Time
	day   string
	count int
}

func (l *forceLimit) take(now time.Time) bool {
	if day := dayOf(now); l.day != day {
		l.day, l.count = day, 0
	}
	if now.Sub(l.last) < forceEvery || l.count >= forcePerDay {
		return false
	}
	l.last, l.count = now, l.count+1
	return true
}

// dayOf names the platform's day, which begins at midnight in China.
func dayOf(t time.Time) string { return t.In(beijing).Format("20060102") }

// mayForce takes one of the forced refreshes that are left, of all replicas'
// if Redis is there to count them.
func (s *tokenSource) mayForce(ctx context.Context) bool {
	now := s.now()
	if s.shared != nil {
		allowed, err := s.shared.takeForce(ctx, dayOf(now))
		if err == nil {
			return allowed
		}
		s.warn(ctx, "Redis does not count forced token refreshes; counting in this process", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.forced.take(now)
}

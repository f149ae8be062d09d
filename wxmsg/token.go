package wxmsg

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"
)

const (
	// A stable token is replaced by the platform 5 minutes before its end, and both
	// work until then (wechat.md §3). Asking earlier would bring the same token, so
	// it is renewed between 4 and 2 minutes before its end, at a moment that the
	// replica that fetched it picks at random.
	renewBefore = 4 * time.Minute
	renewJitter = 2 * time.Minute

	// fetchTimeout of one request to the token endpoint.
	fetchTimeout = 8 * time.Second
	// lockTime is how long a replica may hold the right to fetch; longer than a
	// normal and a forced fetch together, after which a dead holder is forgotten.
	lockTime = 20 * time.Second
	// waitForOther bounds the wait for a replica that is fetching; then this one
	// fetches too, which stable tokens forgive.
	waitForOther = 10 * time.Second
	// waitStep is how often a waiting replica looks.
	waitStep = 25 * time.Millisecond

	// configPause is how long a failure that only an operator can mend is answered
	// from memory, so that queued messages don't each ask again.
	configPause = 30 * time.Second
	// failurePause does the same for failures that may pass by themselves.
	failurePause = time.Second
)

const opToken = "stable_token"

// accessToken is a token with the moments from which it is renewed and useless.
type accessToken struct {
	value   string
	renew   time.Time
	expires time.Time
}

func (t accessToken) usable(now time.Time) bool { return t.value != "" && now.Before(t.expires) }
func (t accessToken) fresh(now time.Time) bool  { return t.usable(now) && now.Before(t.renew) }

// tokenSource hands out the access token of one account, or its JS-SDK ticket. In this process a
// token is fetched by one goroutine at a time, among replicas by the holder of
// a Redis lock; the others take what it stored. A token in hand costs neither a
// Redis command nor a request.
type tokenSource struct {
	op     string // the call that asks, in errors
	what   string // is fetched, in logs
	ask    func(ctx context.Context, force bool) (value string, life time.Duration, err error)
	shared *tokenStore // nil without Redis
	log    *slog.Logger
	now    func() time.Time
	jitter func() float64 // 0 ≤ x < 1
	// patience is how long another replica's fetch is waited for.
	patience time.Duration

	life   context.Context // ends with the client
	end    context.CancelFunc
	flight singleflight.Group

	mu      sync.Mutex // guards all below
	current accessToken
	refused string // the token WeChat refused, until there is another; not to be taken again from anywhere
	paused  error  // the failure answered until pause
	pause   time.Time
	forced  forceLimit
}

func newTokenSource(c *Client, r redis.UniversalClient) *tokenSource {
	return newSource(c, r, opToken, "access token", "token", c.askToken)
}

// newTicketSource hands out the JS-SDK's ticket as newTokenSource does the token.
func newTicketSource(c *Client, r redis.UniversalClient) *tokenSource {
	return newSource(c, r, opTicket, "JS ticket", "jsticket", c.askTicket)
}

func newSource(c *Client, r redis.UniversalClient, op, what, key string, ask func(context.Context, bool) (string, time.Duration, error)) *tokenSource {
	s := &tokenSource{op: op, what: what, ask: ask, log: c.log, now: c.now, jitter: rand.Float64, patience: waitForOther}
	s.life, s.end = context.WithCancel(context.Background())
	if r != nil {
		s.shared = newTokenStore(r, c.appID, key)
	}
	return s
}

func (s *tokenSource) close() { s.end() }

// get returns a token that works as far as is known. While a token is being
// renewed before its end, callers go on with the old one.
func (s *tokenSource) get(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", notSent(s.op, err)
	}
	if s.life.Err() != nil {
		return "", notSent(s.op, errors.New("the client is closed"))
	}
	now := s.now()
	s.mu.Lock()
	t, pausing := s.current, now.Before(s.pause)
	s.mu.Unlock()
	switch {
	case t.fresh(now), t.usable(now) && pausing:
		return t.value, nil
	}
	flight := s.flight.DoChan("", s.renew)
	if t.usable(now) {
		return t.value, nil
	}
	select {
	case result := <-flight:
		if result.Err != nil {
			return "", result.Err
		}
		return result.Val.(string), nil
	case <-ctx.Done():
		return "", notSent(s.op, ctx.Err())
	}
}

// replace gives up a token that WeChat refused and returns another one.
func (s *tokenSource) replace(ctx context.Context, used string) (string, error) {
	s.expire(used)
	return s.get(ctx)
}

// expire forgets a token if it is still the one in use, and has the next renewal
// do the same in Redis. Of many callers that met the same refusal only the first
// changes anything, and none can throw away the token that came after.
func (s *tokenSource) expire(used string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.value == used {
		s.current, s.refused = accessToken{}, used
	}
}

// renew runs once at a time in this process, on its own time: a caller that
// gives up does not end it for the others.
func (s *tokenSource) renew() (any, error) {
	now := s.now()
	s.mu.Lock()
	t, paused := s.current, s.paused
	if !now.Before(s.pause) {
		paused = nil
	}
	s.mu.Unlock()
	if t.fresh(now) {
		return t.value, nil
	}
	if paused != nil {
		return "", paused
	}
	t, err := s.obtain(s.life)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.remember(err)
		return "", err
	}
	s.current, s.refused, s.paused, s.pause = t, "", nil, time.Time{}
	return t.value, nil
}

// remember answers a failure from memory for a while. The refused token is
// forgotten then: should the platform go on to give the same one, it is tried
// again, once per pause. Called with mu held.
func (s *tokenSource) remember(err error) {
	pause := failurePause
	var e *Error
	if errors.As(err, &e) && e.RetryAfter > 0 {
		pause = e.RetryAfter
	}
	s.paused, s.pause, s.refused = err, s.now().Add(pause), ""
	s.log.Error("no "+s.what, "error", err, "again_in", pause)
}

// obtain takes the token another replica stored, or fetches and stores one. It
// never fails because of Redis: then this replica fetches for itself.
func (s *tokenSource) obtain(ctx context.Context) (accessToken, error) {
	if s.shared == nil {
		return s.fetch(ctx)
	}
	if err := s.expireShared(ctx); err != nil {
		return s.fetchAlone(ctx, err)
	}
	enough := time.NewTimer(s.patience)
	defer enough.Stop()
	for {
		t, err := s.shared.load(ctx)
		if err == nil && s.acceptable(t) {
			return t, nil
		}
		var locked bool
		if err == nil {
			locked, err = s.shared.lock(ctx)
		}
		switch {
		case err != nil:
			return s.fetchAlone(ctx, err)
		case locked:
			return s.fetchForAll(ctx)
		}
		select {
		case <-enough.C:
			s.log.WarnContext(ctx, "another replica takes too long to fetch the "+s.what)
			return s.fetch(ctx)
		case <-ctx.Done():
			return accessToken{}, notSent(s.op, errors.New("the client is closed"))
		case <-time.After(waitStep):
		}
	}
}

// expireShared deletes the refused token from Redis, if it is still there.
func (s *tokenSource) expireShared(ctx context.Context) error {
	s.mu.Lock()
	refused := s.refused
	s.mu.Unlock()
	if refused == "" {
		return nil
	}
	return s.shared.expire(ctx, refused)
}

func (s *tokenSource) fetchAlone(ctx context.Context, because error) (accessToken, error) {
	s.warn(ctx, "Redis is not there for the "+s.what+"; fetching it for this process alone", because)
	return s.fetch(ctx)
}

// fetchForAll fetches with the lock held. Between the last look and the lock
// another replica may have been done: it looks once more.
func (s *tokenSource) fetchForAll(ctx context.Context) (accessToken, error) {
	defer func() {
		if err := s.shared.unlock(context.WithoutCancel(ctx)); err != nil {
			s.warn(ctx, "the lock of the "+s.what+" stays until it expires", err)
		}
	}()
	if t, err := s.shared.load(ctx); err == nil && s.acceptable(t) {
		return t, nil
	}
	t, err := s.fetch(ctx)
	if err != nil {
		return accessToken{}, err
	}
	if err := s.shared.save(ctx, t, t.expires.Sub(s.now())); err != nil {
		s.warn(ctx, "the "+s.what+" is not shared with other replicas", err)
	}
	return t, nil
}

func (s *tokenSource) acceptable(t accessToken) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return t.fresh(s.now()) && t.value != s.refused
}

func (s *tokenSource) warn(ctx context.Context, message string, err error) {
	s.log.WarnContext(ctx, message, "error", Redact(err.Error()))
}

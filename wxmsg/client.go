package wxmsg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	officialBase = "https://api.weixin.qq.com"
	officialOpen = "https://open.weixin.qq.com"

	// defaultMaxConns suffices for 10 000 sends a minute at 300 ms each (50 at a
	// time) with room for slow answers. WeChat has trouble with several hundred.
	defaultMaxConns = 100
	// defaultTimeout of a whole call, waiting for a connection included. Answers
	// take hundreds of milliseconds; after 15 s one is not coming.
	defaultTimeout = 15 * time.Second
	// connectTimeout of TCP and of TLS each; a lost SYN is repeated after 1 and 3 s.
	connectTimeout = 5 * time.Second
	// idleTimeout is shorter than the 60–75 s after which servers close, so that a
	// request rarely meets a connection that is just being closed and whose loss
	// would leave its outcome unknown.
	idleTimeout = 30 * time.Second
	maxHeader   = 64 << 10
)

// ErrOptions: a Client can't be made of these options.
var ErrOptions = errors.New("wxmsg: bad client options")

// Options describe one account and how to reach WeChat for it.
type Options struct {
	// Base is scheme and host of the API, and a path prefix if there is one; ""
	// means https://api.weixin.qq.com.
	Base string
	// OpenBase is the same of the pages of WeChat that people are sent to; "" means
	// https://open.weixin.qq.com.
	OpenBase string
	AppID    string
	Secret   string
	// Redis shares the access token among replicas; nil keeps it in this process,
	// which stable tokens allow.
	Redis redis.UniversalClient
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Log receives what an operator should know, never a token, secret, openid or
	// body; nil means nowhere.
	Log *slog.Logger
	// MaxConns bounds the connections; 0 means 100. All calls go to one host, so it
	// is the number of idle ones kept too: fewer would reconnect all the time.
	MaxConns int
	// Timeout bounds each call, besides its context; 0 means 15 s.
	Timeout time.Duration
}

// Client calls WeChat's API for one account. It never repeats a call by itself,
// but for one recovery from a refused access token. It is safe for concurrent
// use.
type Client struct {
	base      *url.URL
	open      *url.URL
	appID     string
	secret    string
	timeout   time.Duration
	now       func() time.Time
	log       *slog.Logger
	transport *http.Transport
	http      *http.Client
	tokens    *tokenSource
	tickets   *tokenSource // of the JS-SDK
}

// credential is what app ids and secrets consist of; anything else is a
// mistake in the settings, such as a line break.
var credential = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// NewClient fails with ErrOptions when app id, secret or base can't be right.
// It makes no call.
func NewClient(o Options) (*Client, error) {
	if !credential.MatchString(o.AppID) || !credential.MatchString(o.Secret) {
		return nil, fmt.Errorf("%w: app id or secret is missing or malformed", ErrOptions)
	}
	base, ok := parseBase(cmp.Or(o.Base, officialBase))
	if !ok {
		return nil, fmt.Errorf("%w: base is no http(s) address", ErrOptions)
	}
	open, ok := parseBase(cmp.Or(o.OpenBase, officialOpen))
	if !ok {
		return nil, fmt.Errorf("%w: base of the pages is no http(s) address", ErrOptions)
	}
	if o.MaxConns < 0 || o.Timeout < 0 {
		return nil, fmt.Errorf("%w: negative limit", ErrOptions)
	}
	c := &Client{base: base, open: open, appID: o.AppID, secret: o.Secret, timeout: o.Timeout, now: o.Now, log: o.Log}
	if c.timeout == 0 {
		c.timeout = defaultTimeout
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.log = c.log.With("appid", c.appID)
	c.transport = newTransport(o.MaxConns)
	c.http = &http.Client{Transport: c.transport, CheckRedirect: refuseRedirect}
	c.tokens = newTokenSource(c, o.Redis)
	c.tickets = newTicketSource(c, o.Redis)
	installSDK()
	return c, nil
}

// newTransport keeps to HTTP/1.1: whether a request was written is then a fact
// about one connection, and the number of connections is the number of calls.
func newTransport(maxConns int) *http.Transport {
	if maxConns == 0 {
		maxConns = defaultMaxConns
	}
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: idleTimeout}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    connectTimeout,
		IdleConnTimeout:        idleTimeout,
		MaxConnsPerHost:        maxConns,
		MaxIdleConnsPerHost:    maxConns,
		MaxResponseHeaderBytes: maxHeader,
		Protocols:              protocols,
	}
}

// refuseRedirect: the API has no redirects, and following one would hand the
// token in the query to another place.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Close ends token renewals under way and idle connections. Calls under way
// finish; later calls fail.
func (c *Client) Close() {
	c.tickets.close()
	c.tokens.close()
	c.transport.CloseIdleConnections()
}

// Ping makes sure that an access token can be had, for a start-up check. It
// returns the error of the token endpoint, an *Error.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.tokens.get(ctx)
	return err
}

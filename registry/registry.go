// Package registry asks the market regulator's registry of enterprises
// (市场监管) what stands there under a code. No provider is prescribed, so it
// calls an address of the operator's by a contract of its own: docs/registry.md.
// It knows nothing of who asks, and why.
package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Registry looks enterprises up.
type Registry interface {
	// Look gives the record of a unified social credit code (18 characters) or
	// organisation code (9). Errors: ErrNotFound; *SilentError, when the
	// registry gave no answer that can be used; ctx's, when it ended first.
	Look(ctx context.Context, code string) (Record, error)
}

// Record is what the registry has of an enterprise.
type Record struct {
	Code        string `json:"code"`
	Name        string `json:"name"`
	LegalPerson string `json:"legalPerson"`
	// Status is 登记状态 in the registry's words: 存续, 注销, 吊销 …
	Status string `json:"status"`
	// Address and Industry are empty where the registry doesn't tell.
	Address  string `json:"address"`
	Industry string `json:"industry"`
}

// ErrNotFound: the registry answered that it has nothing under the code.
var ErrNotFound = errors.New("registry: nothing under that code")

// Reason is why the registry counts as silent. Its text is stable and may be
// used as a metric label.
type Reason string

const (
	// Unreachable: no connection, or it broke off.
	Unreachable Reason = "unreachable"
	// Timeout: no whole answer in time.
	Timeout Reason = "timeout"
	// Denied: the token is refused (401, 403). An operator must look.
	Denied Reason = "denied"
	// Quota: asked too often (429).
	Quota Reason = "quota"
	// Failing: any other status than 200, redirects too.
	Failing Reason = "failing"
	// Garbage: an answer that breaks the contract.
	Garbage Reason = "garbage"
	// Paused: not asked, because it was silent too often just now.
	Paused Reason = "paused"
)

// SilentError is the lack of an answer that can be used.
type SilentError struct {
	Reason Reason
	// Status is the HTTP status; 0 without one.
	Status int
	// RetryAfter is how long to wait at least; 0 when there is no hint.
	RetryAfter time.Duration

	cause error
}

// Error says what was wrong, without address, token or code.
func (e *SilentError) Error() string {
	text := "registry: silent: " + string(e.Reason)
	if e.Status != 0 {
		text += fmt.Sprintf(", HTTP %d", e.Status)
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap gives the technical cause or nil.
func (e *SilentError) Unwrap() error { return e.cause }

const (
	defaultTimeout = 5 * time.Second
	connectTimeout = 3 * time.Second
	maxAnswer      = 64 << 10 // bytes; a record has some 500
	conns          = 8
)

// Options are a client's settings.
type Options struct {
	// URL is the address to call; required.
	URL *url.URL
	// Token is the bearer token; required.
	Token string
	// Timeout bounds one call; 0: 5 s.
	Timeout time.Duration
	// Now is the clock of the pauses; nil: time.Now.
	Now func() time.Time
}

// Client calls an operator's address. It is a Registry.
type Client struct {
	url, token string
	timeout    time.Duration
	http       *http.Client
	breaker    *breaker
}

// New makes a client; it calls nothing yet.
func New(o Options) (*Client, error) {
	if o.URL == nil || o.URL.Host == "" || o.Token == "" {
		return nil, errors.New("registry: address and token are required")
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSHandshakeTimeout: connectTimeout,
		MaxConnsPerHost:     conns, MaxIdleConnsPerHost: conns,
		IdleConnTimeout:   time.Minute,
		ForceAttemptHTTP2: true,
	}
	return &Client{url: o.URL.String(), token: o.Token, timeout: o.Timeout, breaker: &breaker{now: o.Now}, http: &http.Client{
		Transport: transport,
		// The token goes to this address and no other.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Look implements Registry. After several silent calls in a row it pauses, and
// then lets one call try whether the registry is back.
func (c *Client) Look(ctx context.Context, code string) (Record, error) {
	if wait := c.breaker.enter(); wait > 0 {
		return Record{}, &SilentError{Reason: Paused, RetryAfter: wait}
	}
	record, err := c.call(ctx, code)
	switch silent, isSilent := errors.AsType[*SilentError](err); {
	case err == nil, errors.Is(err, ErrNotFound):
		c.breaker.answered()
	case ctx.Err() != nil: // the caller went away: that says nothing of the registry
		c.breaker.abandoned()
		return Record{}, fmt.Errorf("registry: %w", ctx.Err())
	case isSilent:
		c.breaker.silent(silent.RetryAfter)
	default:
		c.breaker.abandoned()
	}
	return record, err
}

// call makes one call.
func (c *Client) call(ctx context.Context, code string) (Record, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	question, err := json.Marshal(map[string]string{"code": code})
	if err != nil {
		return Record{}, fmt.Errorf("registry: write the question: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(question))
	if err != nil {
		return Record{}, fmt.Errorf("registry: make the request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return Record{}, unreachable(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if resp.StatusCode != http.StatusOK {
		return Record{}, refused(resp)
	}
	if err != nil {
		return Record{}, unreachable(err)
	}
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return Record{}, &SilentError{Reason: Garbage, Status: resp.StatusCode, cause: errors.New("the answer is not JSON")}
	}
	return decode(body, code)
}

// unreachable tells a call without a whole answer. What net/http says holds the
// address, which may hold a secret of the operator's, so only the kind is kept.
func unreachable(err error) error {
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		return &SilentError{Reason: Timeout}
	}
	return &SilentError{Reason: Unreachable}
}

// refused tells an answer of another status than 200.
func refused(resp *http.Response) error {
	e := &SilentError{Reason: Failing, Status: resp.StatusCode}
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		e.Reason = Denied
	case http.StatusTooManyRequests:
		e.Reason, e.RetryAfter = Quota, retryAfter(resp.Header.Get("Retry-After"))
	case http.StatusServiceUnavailable:
		e.RetryAfter = retryAfter(resp.Header.Get("Retry-After"))
	}
	return e
}

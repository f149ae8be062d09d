// Package webhook posts to addresses of others: over TLS, to public addresses
// only, following nobody, and bounded in time and size. It knows nothing of
// what it carries; who signs is the target's matter.
package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// defaultTimeout of a whole delivery: a receiver that stores what it gets
	// and works on it later answers in a second.
	defaultTimeout = 20 * time.Second
	// connectTimeout of TCP and of TLS each.
	connectTimeout = 5 * time.Second
	// idleTimeout is shorter than the 60–75 s after which servers close.
	idleTimeout = 30 * time.Second
	// maxHeader and maxAnswer bound what is read of an answer. Nothing in it is
	// used: reading it only keeps the connection, for as long as drainTimeout.
	maxHeader    = 16 << 10
	maxAnswer    = 4 << 10
	drainTimeout = time.Second
	// maxIdle connections are kept, few of them to one host: schools may share
	// one.
	maxIdle, maxIdlePerHost = 64, 4
)

// userAgent names us to receivers.
const userAgent = "shixi-webhook/1"

// Target is where to post to.
type Target struct {
	// URL is an address as Rules.Parse returns it.
	URL *url.URL
	// Sign sets the headers by which the receiver recognises us.
	Sign func(req *http.Request, body []byte)
}

// Options say how to post.
type Options struct {
	Rules Rules
	// Timeout of a whole delivery; 0 means 20 s.
	Timeout time.Duration
	// RootCAs vouch for receivers; nil: those of the system.
	RootCAs *x509.CertPool
	// Resolver asks for names; nil: the system's.
	Resolver *net.Resolver
}

// Client posts. It is safe for concurrent use.
type Client struct {
	rules     Rules
	timeout   time.Duration
	transport *http.Transport
	http      *http.Client
}

// New makes a client; it connects nowhere yet.
func New(o Options) *Client {
	c := &Client{rules: o.Rules, timeout: o.Timeout}
	if c.timeout == 0 {
		c.timeout = defaultTimeout
	}
	// The check is made on the address that is about to be connected to, so a
	// name that meanwhile resolves to another one gains nothing.
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: idleTimeout, Resolver: o.Resolver, ControlContext: c.control}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	c.transport = &http.Transport{
		Proxy:                  nil, // one from the environment would connect for us, unchecked
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
		TLSHandshakeTimeout:    connectTimeout,
		DisableCompression:     true,
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxIdlePerHost,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeader,
		Protocols:              protocols,
	}
	c.http = &http.Client{Transport: c.transport, CheckRedirect: stay}
	return c
}

// stay makes a redirect the answer: the next address is nobody's that an
// operator has entered.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// control refuses connections to addresses that are not permitted.
func (c *Client) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" || !c.rules.permits(to.Addr()) {
		return &AddressError{FaultPrivate}
	}
	return nil
}

// Deliver posts a body of JSON once. Only an answer with a status from 200 to
// 299 is a success; everything else is an *Error, whose class says whether the
// receiver may have it all the same.
func (c *Client) Deliver(ctx context.Context, to Target, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if fault := c.rules.fault(to.URL); fault != "" {
		return failed(&AddressError{fault}, false)
	}
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL.String(), bytes.NewReader(body))
	if err != nil {
		return failed(err, false)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", userAgent)
	to.Sign(req, body)
	res, err := c.http.Do(req)
	if err != nil {
		return failed(err, sent.Load())
	}
	defer res.Body.Close()
	drain(res.Body, cancel)
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		return nil
	}
	return answered(res)
}

// drain reads a short answer to its end, so that the connection can serve
// again; a long or slow one ends the connection.
func drain(answer io.Reader, cancel context.CancelFunc) {
	timer := time.AfterFunc(drainTimeout, cancel)
	defer timer.Stop()
	_, _ = io.CopyN(io.Discard, answer, maxAnswer) // what it says means nothing
}

// Close ends idle connections. Deliveries under way finish.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

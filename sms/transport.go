package sms

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

const (
	// maxAnswer bounds an answer, in bytes; real ones have some 300.
	maxAnswer = 256 << 10
	// connectTimeout bounds the way to the provider.
	connectTimeout = 5 * time.Second
	idleTimeout    = 60 * time.Second
)

// newTransport keeps connections: a fresh one costs more than a message.
func newTransport(conns int) *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: connectTimeout,
		MaxIdleConns:        conns, MaxIdleConnsPerHost: conns,
		IdleConnTimeout:   idleTimeout,
		ForceAttemptHTTP2: true,
	}
}

// sighting is what was seen of one call: whether its request left, and the
// status of its answer. The SDK tells neither.
type sighting struct {
	wrote  atomic.Bool
	status atomic.Int64
}

type sightingKey struct{}

// watch lets the transport find the sighting. Its hook runs before the bytes
// are flushed, so "not seen" is certain.
func (s *sighting) watch(ctx context.Context) context.Context {
	ctx = context.WithValue(ctx, sightingKey{}, s)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { s.wrote.Store(true) }})
}

// failure classes a call without a readable answer.
func (s *sighting) failure(ctx context.Context, provider string) *Error {
	if !s.wrote.Load() {
		return &Error{Provider: provider, Class: NotSent, cause: safeCause(ctx.Err(), "the provider can't be reached")}
	}
	e := s.unreadable(provider)
	if e.Status == 0 {
		e.cause = safeCause(ctx.Err(), "the answer was lost")
	}
	return e
}

// unreadable is an answer that does not say what became of the message.
func (s *sighting) unreadable(provider string) *Error {
	return &Error{Provider: provider, Class: Uncertain, Status: int(s.status.Load()), cause: errors.New("the answer can't be read")}
}

// watched is a transport that reads answers whole, bounds them, follows no
// redirect and tells the call's sighting. The SDK would read without limit, and
// take an answer for a stream if its head says so.
type watched struct{ base http.RoundTripper }

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxAnswer {
		return nil, errors.New("sms: the answer is too large")
	}
	if s, ok := r.Context().Value(sightingKey{}).(*sighting); ok {
		s.status.Store(int64(resp.StatusCode))
	}
	resp.Header.Del("Location")
	resp.Header.Set("Content-Type", "application/json")
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

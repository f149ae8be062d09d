package wxmsg

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"

	"github.com/silenceper/wechat/v2/util"
)

// The SDK has one HTTP client for the whole process. It is replaced, once, by
// one that holds nothing itself: transport and address come with the context of
// each request, so that several clients, accounts and parallel tests never meet.
//
// Only sub-packages of the SDK are imported. Its root package turns the global
// logrus logger to debug level on standard output in an init function, and its
// callback server logs decrypted messages there.

var sdkInstalled sync.Once

func installSDK() {
	sdkInstalled.Do(func() {
		util.DefaultHTTPClient = &http.Client{Transport: routedTransport{}, CheckRedirect: refuseRedirect}
	})
}

// route tells routedTransport where a request of the SDK goes.
type route struct {
	transport http.RoundTripper
	base      *url.URL
	seen      *sighting
}

type routeKey struct{}

// errNoRoute: a call of the SDK that does not pass a context of this package.
var errNoRoute = errors.New("no transport in the request's context")

// routedTransport sends a request by the route in its context to the route's
// base instead of api.weixin.qq.com. It refuses any other request.
type routedTransport struct{}

// RoundTrip implements http.RoundTripper.
func (routedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	r, ok := req.Context().Value(routeKey{}).(*route)
	if !ok || req.URL.Scheme+"://"+req.URL.Host != officialBase {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, errNoRoute
	}
	routed := req.Clone(req.Context())
	routed.URL.Scheme, routed.URL.Host = r.base.Scheme, r.base.Host
	routed.URL.Path = r.base.Path + req.URL.Path
	routed.URL.RawPath = ""
	routed.Host = ""
	resp, err := r.transport.RoundTrip(routed)
	if err != nil {
		return nil, err
	}
	r.seen.status.Store(int64(resp.StatusCode))
	resp.Body = &boundedBody{ReadCloser: resp.Body, left: MaxBody}
	return resp, nil
}

// boundedBody fails a read beyond its limit: the SDK reads without one.
type boundedBody struct {
	io.ReadCloser
	left int
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, errors.New("the answer is larger than 1 MB")
	}
	return n, err
}

// viaSDK makes a call of the SDK with this client's transport, address and
// time-out. ask returns the errcode and errmsg of the answer next to its error,
// whose text is dropped: the SDK writes addresses with secrets into it.
func (c *Client) viaSDK(ctx context.Context, op string, ask func(context.Context) (code int64, message string, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return notSent(op, err)
	}
	seen := &sighting{}
	ctx = context.WithValue(seen.trace(ctx), routeKey{}, &route{transport: c.transport, base: c.base, seen: seen})
	code, message, err := ask(ctx)
	status := int(seen.status.Load())
	switch {
	case code != 0:
		return answerError(op, status, int(code), message)
	case err == nil:
		return nil
	case status == 0: // no answer: the cause is the network's and harmless once cleaned
		return seen.failure(op, err)
	case ctx.Err() != nil:
		return ambiguous(op, status, ctx.Err())
	}
	return ambiguous(op, status, errors.New("the answer can't be read"))
}

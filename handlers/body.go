package handlers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"shixi/internship"
)

// Bodies come as streams, so that nobody fills the memory before it is known
// who they are. Fiber does not limit what is read from them; that is done here,
// and nowhere else is a body read.

// prefetched is how much of a body the server reads together with its header.
const prefetched = 8 << 10

// announcedRoom is how much memory the announcement of a body gets; more comes
// with its bytes.
const announcedRoom = 64 << 10

// byHeader tells the server what to do once it has read a header: the beginning
// of a longer body is not waited for, and an answer that is a file may take its
// time.
func (a *App) byHeader(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	var config fasthttp.RequestConfig
	if h.ContentLength() > prefetched {
		config.MaxRequestBodySize = 1 // of which as much is read ahead; longest holds the limit
	}
	path, _, _ := strings.Cut(string(h.RequestURI()), "?")
	if strings.HasPrefix(path, "/api/v1/files/") || strings.HasPrefix(path, "/partner/v1/files/") {
		config.WriteTimeout = a.downloading()
	}
	return config
}

// stream is the body of a request as it arrives.
type stream struct {
	c *fiber.Ctx
	// left is how much may still be read; one byte more shows that there is
	// too much.
	left int64
	// pace moves the connection's deadline as bytes arrive; nil: it stays.
	pace func(read int64) time.Time

	read  int64
	ended bool
}

// Read implements io.Reader. Errors: ErrTooLarge, ErrTooSlow, ErrBadRequest.
func (s *stream) Read(p []byte) (int, error) {
	from := s.c.Request().BodyStream()
	if from == nil || s.ended {
		s.ended = true
		return 0, io.EOF
	}
	if s.left < 0 {
		return 0, internship.ErrTooLarge
	}
	if s.pace != nil {
		_ = s.c.Context().Conn().SetReadDeadline(s.pace(s.read)) // a connection that is gone fails to read
	}
	n, err := from.Read(p[:min(int64(len(p)), s.left+1)])
	s.read += int64(n)
	if s.left -= int64(n); s.left < 0 {
		return 0, internship.ErrTooLarge
	}
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, io.EOF):
		s.ended = true
		return n, io.EOF
	}
	return n, cutShort(err)
}

// cutShort tells a sender who is too slow from one who has left.
func cutShort(err error) error {
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return internship.ErrTooSlow.Because(err)
	}
	return fmt.Errorf("read body: %w", internship.ErrBadRequest.With("内容没有完整收到，请重新提交").Because(err))
}

// announced refuses a body by the length that its header tells, before anything
// else is done about it.
func (a *App) announced(c *fiber.Ctx) error {
	if most := a.longest(c); int64(c.Request().Header.ContentLength()) > most {
		return tooLarge(most)
	}
	return nil
}

// longest is the limit of a request's body.
func (a *App) longest(c *fiber.Ctx) int64 {
	if c.Method() == http.MethodPost && uploadPaths[strings.TrimRight(c.Path(), "/")] {
		return a.acts.FileLimits.Most() + formRoom
	}
	// A partner's request is signed over its body, which anybody may have sent.
	if a.open[strings.TrimRight(c.Path(), "/")] || strings.HasPrefix(c.Path(), "/partner/v1/") {
		return openLimit
	}
	return bodyLimit
}

func tooLarge(most int64) error {
	return internship.ErrTooLarge.With("提交的内容不能超过 " + internship.ByteSize(most) + "，请减少内容后重试")
}

// body reads the body of a request to its end, once: a second call gives the
// same. Errors as stream's.
func (a *App) body(c *fiber.Ctx) ([]byte, error) { return readBody(c, a.longest(c)) }

func readBody(c *fiber.Ctx, most int64) ([]byte, error) {
	r := requestOf(c.UserContext())
	if r == nil {
		r = &request{}
	}
	if r.body != nil {
		return r.body, nil
	}
	if c.Request().BodyStream() == nil { // there is none, or the server has read it
		r.body = append([]byte{}, c.Request().Body()...)
		return r.body, nil
	}
	var content bytes.Buffer
	if n := c.Request().Header.ContentLength(); n > 0 {
		content.Grow(int(min(int64(n), most, announcedRoom)) + bytes.MinRead)
	}
	_, err := content.ReadFrom(&stream{c: c, left: most})
	if errors.Is(err, internship.ErrTooLarge) {
		return nil, tooLarge(most)
	}
	if err != nil {
		return nil, err
	}
	r.body = append(r.body, content.Bytes()...)
	if r.body == nil {
		r.body = []byte{}
	}
	c.Request().SetBodyRaw(r.body)
	return r.body, nil
}

// finish looks at what a request left of its body. A little that is here
// already is read away; where there may be more, the connection ends with the
// answer, since the next request on it could not be found.
func finish(c *fiber.Ctx) {
	from := c.Request().BodyStream()
	if from == nil {
		return
	}
	if n := c.Request().Header.ContentLength(); n >= 0 && n <= prefetched {
		if _, err := io.Copy(io.Discard, from); err == nil {
			return
		}
	}
	if r := requestOf(c.UserContext()); r != nil && r.drained {
		return
	}
	c.Context().SetConnectionClose()
	if conn, ok := c.Context().Conn().(*lingerer); ok {
		conn.linger.Store(true)
	}
}

// whole is a request whose body has been read.
type whole struct {
	humaContext
	body []byte
}

// humaContext is embedded by a name that hides none of its methods.
type humaContext huma.Context

// BodyReader implements huma.Context.
func (w whole) BodyReader() io.Reader { return bytes.NewReader(w.body) }

// Unwrap lets humafiber find the context within.
func (w whole) Unwrap() huma.Context { return w.humaContext }

// readWhole reads the body of a request that may have one, once it is known who
// asks.
func (a *App) readWhole(ctx huma.Context, next func(huma.Context)) {
	if !changes(ctx.Method()) {
		next(ctx)
		return
	}
	content, err := a.body(humafiber.Unwrap(ctx))
	if err != nil {
		a.refuse(ctx, err)
		return
	}
	next(whole{ctx, content})
}

// forLater is a context with a time of its own, for what goes on after the
// request's has run out: it keeps the request's values.
func forLater(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), d)
}

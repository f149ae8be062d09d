package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shixi/internship"
)

// Problem is a refusal or failure as clients see it: RFC 9457 with our stable
// code, a Chinese sentence for the user and one entry per wrong field.
type Problem struct { //nolint:errname // RFC 9457 calls it so, and so do clients
	Status    int            `json:"status" doc:"HTTP 状态码" example:"409"`
	Code      string         `json:"code" doc:"稳定的错误代码，供程序判断" example:"placement.signed_elsewhere"`
	Title     string         `json:"title" doc:"错误名称" example:"学生已被签约"`
	Detail    string         `json:"detail" doc:"给用户看的说明" example:"该学生已被其他企业签约"`
	Errors    []FieldProblem `json:"errors,omitempty" doc:"逐项说明填写有误的字段"`
	RequestID string         `json:"requestId" doc:"请求编号，联系客服时提供" example:"5f0c1e9a7b3d4c2e8a6f1b0d9c7e5a3b"`

	retryAfter int
}

// FieldProblem is one wrong field of a form or request.
type FieldProblem struct {
	Field   string `json:"field" doc:"字段的 JSON 路径" example:"majors[0]"`
	Code    string `json:"code" doc:"required 必填、too_long 过长、format 格式、check_digit 校验位、range 范围、choice 选项、type 类型、date 日期、unknown 没有这个字段，或没有它所指的对象" example:"required"`
	Message string `json:"message" doc:"显示在字段旁的说明" example:"请填写对口专业"`
}

const problemType = "application/problem+json"

// Error implements error.
func (p *Problem) Error() string { return p.Code }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemType }

// headers sets what HTTP wants said beside some statuses.
func (p *Problem) headers(set func(name, value string)) {
	if p.retryAfter > 0 {
		set(fiber.HeaderRetryAfter, strconv.Itoa(p.retryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		set(fiber.HeaderWWWAuthenticate, p.scheme())
	}
}

// schemePartner names the partners' signature where HTTP wants a scheme named;
// no browser knows it, so none asks its user for a password.
const schemePartner = "X-Partner-Signature"

// scheme is how to be let in: a session's token, or for partners a signature.
func (p *Problem) scheme() string {
	if strings.HasPrefix(p.Code, "partner.") {
		return schemePartner
	}
	return "Bearer"
}

// problem translates an error, logs it and counts it. It is the only place
// that does any of the three: refusals are told at debug, failures at error
// with their cause, and a caller who went away at debug.
func (a *App) problem(ctx context.Context, err error) *Problem {
	e := translate(err)
	level := slog.LevelDebug
	if e.Status() >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		level = slog.LevelError
	}
	a.log.Log(ctx, level, "refused", slog.String("code", e.Code), slog.Any("error", err))
	a.meter.refused(e.Code)
	p := render(e)
	if r := requestOf(ctx); r != nil {
		p.RequestID = r.id
	}
	return p
}

// render is the part of an error that clients may see.
func render(e *internship.Error) *Problem {
	p := &Problem{Status: e.Status(), Code: e.Code, Title: e.Title, Detail: e.Detail, retryAfter: e.RetryAfter}
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, FieldProblem(f))
	}
	return p
}

// translate finds the catalogue's error in any error; what is foreign to it is
// an internal error, whose cause only the log sees.
func translate(err error) *internship.Error {
	if e, ok := errors.AsType[*internship.Error](err); ok {
		return e
	}
	if f, ok := errors.AsType[internship.FieldError](err); ok {
		return internship.ErrInvalid.At(f)
	}
	if f, ok := errors.AsType[*fiber.Error](err); ok {
		return ofStatus(f.Code).Because(err)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return internship.ErrUnavailable.Because(err)
	}
	return internship.ErrInternal.Because(err)
}

// ofStatus is our error for what Fiber and Huma refuse by themselves.
func ofStatus(status int) *internship.Error {
	switch status {
	case http.StatusRequestTimeout:
		return internship.ErrTooSlow
	case http.StatusMethodNotAllowed:
		return internship.ErrMethod
	case http.StatusNotFound:
		return internship.ErrNotFound.With("没有这个接口，请检查地址和请求方法")
	case http.StatusRequestEntityTooLarge:
		return internship.ErrTooLarge
	case http.StatusRequestHeaderFieldsTooLarge, http.StatusRequestURITooLong:
		return internship.ErrBadRequest.With("请求地址或请求头过长")
	case http.StatusUnsupportedMediaType:
		return internship.ErrMediaType
	case http.StatusUnprocessableEntity:
		return internship.ErrInvalid
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return internship.ErrUnavailable
	}
	if status >= http.StatusInternalServerError {
		return internship.ErrInternal
	}
	return internship.ErrBadRequest
}

// answerError writes an error over whatever had been written of the answer.
func (a *App) answerError(c *fiber.Ctx, err error) {
	p := a.problem(c.UserContext(), err)
	p.headers(c.Set)
	if allowed := c.GetRespHeader(fiber.HeaderAllow); p.Status == http.StatusMethodNotAllowed && strings.Contains(allowed, fiber.MethodGet) && !strings.Contains(allowed, fiber.MethodHead) {
		c.Append(fiber.HeaderAllow, fiber.MethodHead)
	}
	c.Set(fiber.HeaderContentType, problemType)
	c.Status(p.Status).Response().SetBodyRaw(encode(p))
}

// onError answers what fails before or outside of a route: a body that is too
// large, a header that can't be read.
func (a *App) onError(c *fiber.Ctx, err error) error {
	if unasked(c, err) {
		_ = c.Context().Conn().Close()
		return nil
	}
	if requestOf(c.UserContext()) != nil {
		a.answerError(c, err)
		return nil
	}
	started := time.Now()
	ctx, cancel := a.begin(c)
	defer cancel()
	a.answerError(c, err)
	a.done(ctx, c, started)
	return nil
}

// unasked says whether a connection timed out before anything was asked on it,
// as those do that clients open in advance. An answer there would be taken for
// that of a request which is just being sent.
func unasked(c *fiber.Ctx, err error) bool {
	return errors.Is(err, fiber.ErrRequestTimeout) && len(c.Request().Header.RawHeaders()) == 0
}

// encode writes an answer as JSON, Chinese and < > & as they are.
func encode(v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return []byte("{}\n") // our answers are structs of plain fields: they encode
	}
	return out.Bytes()
}

package handlers

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
)

// How an H5 page holds its session: in a cookie that scripts can't read, and
// with a header that no foreign page can send. The mini-program sends a bearer
// token instead.
const (
	sessionCookie   = "shixi_session"
	headerOwnPage   = "X-Requested-With"
	ownPage         = "shixi"
	headerSession   = "X-Session"
	sessionByCookie = "cookie"
)

type sessionKey struct{}

// sessionOf is the session of a request behind signedIn.
func sessionOf(ctx context.Context) store.Session {
	s, _ := ctx.Value(sessionKey{}).(store.Session)
	return s
}

// staffOf is who acts in a request behind signedIn.
func staffOf(ctx context.Context) acts.Staff {
	s := sessionOf(ctx)
	return acts.Staff{AccountID: s.AccountID, EnterpriseID: s.EnterpriseID, Name: s.Name, Role: s.Role, Session: s.ID}
}

// signedIn lets only requests with a session pass. The session is read from
// the database each time: one that was ended is ended.
func (a *App) signedIn(ctx huma.Context, next func(huma.Context)) {
	token, byCookie := credentials(ctx)
	if byCookie && changes(ctx.Method()) && ctx.Header(headerOwnPage) != ownPage {
		a.refuse(ctx, internship.ErrForbidden.With("网页的提交请求须带请求头 X-Requested-With: shixi"))
		return
	}
	s, err := a.acts.Authenticate(ctx.Context(), token)
	if err != nil {
		a.refuse(ctx, err)
		return
	}
	if r := requestOf(ctx.Context()); r != nil {
		r.account, r.enterprise = s.AccountID, s.EnterpriseID
	}
	next(huma.WithValue(ctx, sessionKey{}, s))
}

// credentials are the token of the Authorization header or, where there is no
// such header, of the cookie.
func credentials(ctx huma.Context) (token string, byCookie bool) {
	if header := ctx.Header(fiber.HeaderAuthorization); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", false
		}
		return strings.TrimSpace(token), false
	}
	token = humafiber.Unwrap(ctx).Cookies(sessionCookie)
	return token, token != ""
}

func changes(method string) bool { return method != http.MethodGet && method != http.MethodHead }

// refuse answers a request before its handler.
func (a *App) refuse(ctx huma.Context, err error) {
	_ = huma.WriteErr(a.api, ctx, http.StatusInternalServerError, "", err) // told by WriteErr itself
}

// cookie writes the session's cookie; an empty token takes it away.
func (a *App) cookie(s store.Session, token string) string {
	c := http.Cookie{Name: sessionCookie, Value: token, Path: "/", Expires: s.Expires, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode}
	if token == "" {
		c.MaxAge = -1
	}
	return c.String()
}

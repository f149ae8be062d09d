package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shixi/acts"
	"shixi/internship"
)

// Cookies of a browser that WeChat tells us about.
const (
	// visitCookie, with the beginning of the state added, is held while the
	// browser is away: two pages may be under way at once.
	visitCookie = "shixi_visit_"
	// markCookie is who holds a browser whose next log-in is to bind him or her.
	markCookie = "shixi_wechat"
	// personCookie is who holds a browser that may answer a log-in page's code.
	personCookie = "shixi_person"

	oauthPath  = "/wx/oauth"
	oauthStart = oauthPath + "/start"
	oauthBack  = oauthPath + "/callback"
	// cookieLife bounds them; what they hold ends by itself.
	cookieLife = 10 * time.Minute

	shortestState = 8
	longestState  = 128
)

// oauthRoutes mounts what a browser in WeChat passes through (wechat.md §5.1).
func (a *App) oauthRoutes() {
	a.fiber.Get(oauthStart, a.startVisit)
	a.fiber.Get(oauthBack, a.endVisit)
	a.fiber.Get(qrPage, a.askQR)
	a.fiber.Post(qrPage, a.answerQR)
}

// startVisit sends the browser to WeChat, to come back to a page of ours logged
// in, or else to the log-in page.
func (a *App) startVisit(c *fiber.Ctx) error {
	return a.depart(c, acts.Trip{Next: a.placeOr(c.Query("next"))})
}

// depart sends the browser to WeChat and has it keep what the trip is for.
func (a *App) depart(c *fiber.Ctx, t acts.Trip) error {
	if a.options.PublicURL == nil {
		return a.showError(c, internship.ErrUnavailable, "")
	}
	t.Back = a.options.PublicURL.JoinPath(oauthBack).String()
	d, err := a.acts.Depart(t)
	if err != nil {
		return a.showError(c, err, "")
	}
	a.remember(c, visitCookie+d.State[:shortestState], d.Sealed, oauthPath)
	return c.Redirect(d.Link, http.StatusFound)
}

// remember gives the browser a short-lived cookie that no script reads.
func (a *App) remember(c *fiber.Ctx, name, value, path string) {
	addCookie(c, a.briefly(name, value, path))
}

func (a *App) briefly(name, value, path string) string {
	cookie := http.Cookie{Name: name, Value: value, Path: path, MaxAge: int(cookieLife / time.Second), HttpOnly: true, Secure: a.overTLS(), SameSite: http.SameSiteLaxMode}
	return cookie.String()
}

// endVisit takes the browser in that comes back. Only the browser that left
// with the state gets anything; of a code that it brings twice it gets the same
// twice.
func (a *App) endVisit(c *fiber.Ctx) error {
	code, state := c.Query("code"), c.Query("state")
	if len(state) < shortestState || len(state) > longestState || code == "" || len(code) > longestState {
		return a.showError(c, internship.ErrVisit, oauthStart)
	}
	w := Way{Agent: c.Get(fiber.HeaderUserAgent), Cookie: c.Cookies(deviceCookieName)}
	ctx, sealed := c.UserContext(), c.Cookies(visitCookie+state[:shortestState])
	in, err := a.acts.Arrive(ctx, acts.Return{Code: code, State: state, Sealed: sealed, Device: w.deviceOf(sealed), Address: addressOf(ctx)})
	if err != nil {
		return a.showError(c, err, oauthStart)
	}
	if in.Opened != nil && in.Opened.Device.ID != w.Cookie {
		addCookie(c, deviceCookie(in.Opened.Device.ID))
	}
	return a.arrive(c, in)
}

// arrive sends the browser on.
func (a *App) arrive(c *fiber.Ctx, in acts.Arrival) error {
	switch {
	case in.Again:
		trip := acts.Trip{Next: in.Next, Again: true, Person: strings.HasPrefix(in.Next, qrPath)}
		return a.depart(c, trip)
	case in.Opened != nil:
		addCookie(c, a.cookie(in.Opened.Session, in.Opened.Token))
	case in.Person != "":
		a.remember(c, personCookie, in.Person, qrPath)
	default:
		a.remember(c, markCookie, in.Mark, "/")
		return c.Redirect(logInPage+"?"+url.Values{"wechat": {"unbound"}, "next": {in.Next}}.Encode(), http.StatusFound)
	}
	return c.Redirect(in.Next, http.StatusFound)
}

// bindMarked binds the person whom WeChat told to the account that was just
// logged in to, and says in Chinese what came of it; "" where nobody was told.
// The log-in itself stands in any case.
func (a *App) bindMarked(ctx context.Context, opened *acts.Opened, w Way) string {
	id, secret, _ := strings.Cut(w.QR, ".")
	marks := acts.Marks{Wechat: w.Mark, QR: id, Secret: secret}
	if marks == (acts.Marks{}) {
		return ""
	}
	account, err := a.acts.BindMarked(ctx, opened.Session, marks)
	switch {
	case err != nil:
		return a.problem(ctx, err).Detail
	case account != nil:
		opened.Account = account
		return "微信绑定成功，今后可以直接用微信登录，消息也会发送到该微信"
	}
	return ""
}

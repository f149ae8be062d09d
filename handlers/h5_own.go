package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
)

// visitor is whose session the browser has. Errors: ErrUnauthorized.
func (a *App) visitor(c *fiber.Ctx) (acts.Staff, error) {
	ctx := c.UserContext()
	s, err := a.acts.Authenticate(ctx, c.Cookies(sessionCookie))
	if err != nil {
		return acts.Staff{}, err
	}
	if r := requestOf(ctx); r != nil {
		r.account, r.enterprise = s.AccountID, s.EnterpriseID
	}
	return acts.Staff{AccountID: s.AccountID, EnterpriseID: s.EnterpriseID, Name: s.Name, Role: s.Role, Session: s.ID}, nil
}

// personalPage is a page of somebody who is logged in; others log in first. fill
// adds what the page alone shows, or says where else the person belongs; nil
// where there is nothing to add.
func (a *App) personalPage(page, title string, scripts string, fill func(*view) (elsewhere string)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		s, err := a.visitor(c)
		if err != nil && translate(err).Code == internship.ErrUnauthorized.Code {
			return c.Redirect(logInPage+"?next="+url.QueryEscape(h5Path+"/"+page), http.StatusFound)
		}
		if err != nil {
			return a.showError(c, err, "")
		}
		v, err := a.ownView(c.UserContext(), s)
		if err != nil {
			return a.showError(c, err, "")
		}
		v.Page, v.Title, v.Scripts = page, title, scripts
		if fill != nil {
			if to := fill(&v); to != "" {
				return c.Redirect(to, http.StatusFound)
			}
		}
		return a.pages.show(c, http.StatusOK, v)
	}
}

// ownView is the person with the enterprise.
func (a *App) ownView(ctx context.Context, s acts.Staff) (view, error) {
	account, enterprise, err := a.acts.Me(ctx, s)
	if err != nil {
		return view{}, err
	}
	reviewed, err := a.acts.Standing(ctx, s)
	if err != nil {
		return view{}, err
	}
	me, standing := renderMe(account, enterprise), renderStanding(reviewed)
	return view{Me: &me, Standing: &standing}, nil
}

// Unfollowed says that messages no longer reach the bound person.
func (v view) Unfollowed() bool {
	f := v.Me.Account.Follower
	return f.Bound && f.Following != nil && !*f.Following
}

// unbinding is a binding that may be ended, and what that means.
type unbinding struct {
	Path, Means string
	Channel     internship.Channel
}

// Unbinds are the person's bindings.
func (v view) Unbinds() (all []unbinding) {
	if v.Me.Account.Follower.Bound {
		all = append(all, unbinding{Channel: internship.ServiceAccount, Path: "/api/v1/bindings/follower",
			Means: "解除后，报名等消息不再发送到该微信，也不能再用它扫码登录；站内消息不受影响。"})
	}
	if v.Me.Account.MiniProgram.Bound {
		all = append(all, unbinding{Channel: internship.MiniProgram, Path: "/api/v1/bindings/mini-program",
			Means: "解除后，该微信不能再直接登录小程序，须用手机号或密码登录。"})
	}
	return all
}

// Tone is how the enterprise's state is coloured.
func (v view) Tone() string {
	switch string(v.Standing.State) {
	case internship.Active:
		return ""
	case internship.Frozen, internship.Blacklisted, internship.Cancelled:
		return "stop"
	}
	return "wait"
}

// Advice says what to do about the enterprise's state; "" for nothing.
func (v view) Advice() string {
	switch string(v.Standing.State) {
	case internship.UnderReview:
		return "平台正在审核。结果在这里查看；绑定微信后，结果会发送到您的微信。"
	case internship.Returned:
		if !v.Owns() {
			return "登记已退回。请由负责人按上面的原因修改，再重新提交。"
		}
		return "登记已退回。请按上面的原因修改，再重新提交。"
	case internship.Frozen:
		return "冻结期间不能发布岗位和签约，岗位对学生隐藏。请按上面的原因联系平台。"
	}
	return ""
}

// leave ends the session of the browser. It needs no script, so the form must
// come from a page of ours.
func (a *App) leave(c *fiber.Ctx) error {
	if !a.ownForm(c) {
		return a.showError(c, internship.ErrForbidden.With("请从本站的页面退出登录"), homePage)
	}
	s, err := a.visitor(c)
	if err == nil {
		err = a.acts.LogOut(c.UserContext(), s, s.Session)
	}
	if err != nil && translate(err).Status() >= http.StatusInternalServerError {
		return a.showError(c, err, homePage)
	}
	addCookie(c, a.cookie(store.Session{}, ""))
	return c.Redirect(logInPage, http.StatusSeeOther)
}

// ownForm says whether a form was sent from a page of ours: browsers tell, and
// no page can tell otherwise.
func (a *App) ownForm(c *fiber.Ctx) bool {
	if site := c.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin, err := url.Parse(c.Get(fiber.HeaderOrigin))
	return err == nil && origin.Host != "" && (strings.EqualFold(origin.Host, c.Hostname()) || a.ownPage(origin))
}

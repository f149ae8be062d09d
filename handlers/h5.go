package handlers

import (
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shixi/internship"
)

// The H5 pages stand in where the mini-program can't: in a browser without
// WeChat, or before anybody is bound. The session is in a cookie that no script
// reads.

const h5Path = "/h5"

// Scripts of pages, in the order in which they build on each other.
const (
	scriptsOfLogin   = "api puzzle form sms qr"
	scriptsOfForms   = "api puzzle form sms"
	scriptsOfUploads = scriptsOfForms + " upload regions"
	scriptsOfHome    = "api"
	scriptsOfReturn  = "api form upload regions"
	scriptsOfBinding = "api qr unbind"
)

func (a *App) h5Routes() {
	a.assets(h5Path+"/static/:file", a.pages.assets)
	for _, entry := range []string{"/", h5Path} { // what people type
		a.fiber.Get(entry, func(c *fiber.Ctx) error { return c.Redirect(h5Path+"/home", http.StatusFound) })
	}
	a.fiber.Get(logInPage, a.loginPage)
	a.fiber.Get(h5Path+"/register", a.formPage("register", "企事业单位入驻", internship.MobilePassForm, internship.RegistrationForm))
	a.fiber.Get(h5Path+"/activate", a.activatePage)
	a.fiber.Get(h5Path+"/reset", a.formPage("reset", "忘记密码", internship.ResetForm))
	a.fiber.Get(h5Path+"/recover", a.formPage("recover", "找回账号", internship.MobilePassForm, internship.RecoveryForm))
	a.fiber.Get(h5Path+"/help/:name", a.helpPage)
	a.fiber.Get(h5Path+"/home", a.personalPage("home", "企业首页", scriptsOfHome, nil))
	a.fiber.Get(resubmitPage, a.personalPage("resubmit", "修改登记", scriptsOfReturn, a.fillReturned))
	a.fiber.Get(h5Path+"/bind", a.personalPage("bind", "微信绑定", scriptsOfBinding, nil))
	a.fiber.Post(h5Path+"/logout", a.leave)
	a.fiber.Get(h5Path+"/*", a.noPage)
}

// formPage is a page for anybody, with the fields of its forms.
func (a *App) formPage(page, title string, forms ...func() internship.Form) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v := view{Page: page, Title: title, Scripts: scriptsOfForms}
		if len(forms) > 1 { // its second step takes a certificate
			v.Scripts = scriptsOfUploads
		}
		v.Forms = a.pageForms(page, forms...)
		return a.pages.show(c, http.StatusOK, v)
	}
}

// activatePage is where the text message with an activation code leads, with
// the enterprise's code in the address.
func (a *App) activatePage(c *fiber.Ctx) error {
	v := view{Page: "activate", Title: "企业激活", Scripts: scriptsOfForms, Forms: a.pageForms("activate", internship.ActivationForm)}
	if code, _, err := internship.ParseEnterpriseCode(c.Query("code")); err == nil || internship.Unverified(err) {
		for i, f := range v.Forms["activation"] {
			if f.Name == "code" {
				v.Forms["activation"][i].Value = code
			}
		}
	}
	return a.pages.show(c, http.StatusOK, v)
}

// loginPage is where people log in; who is logged in already is sent on.
func (a *App) loginPage(c *fiber.Ctx) error {
	next, unbound := a.placeOr(c.Query("next")), c.Query("wechat") == "unbound"
	if _, err := a.visitor(c); err == nil && !unbound {
		return c.Redirect(next, http.StatusFound)
	}
	inWechat := strings.Contains(c.Get(fiber.HeaderUserAgent), "MicroMessenger")
	v := view{Page: "login", Title: "企事业单位登录", Scripts: scriptsOfLogin, Next: next,
		WechatLogin: inWechat && !unbound && a.options.PublicURL != nil,
		Forms:       a.pageForms("login", loginForm, internship.SMSLoginForm)}
	switch done := c.Query("done"); {
	case unbound:
		v.Notice = "该微信尚未绑定企业账号，请登录一次，登录后自动绑定"
	case done == "reset":
		v.Notice = "密码已重新设置，请用新密码登录"
	case done == "recover":
		v.Notice = "申请已提交，平台核实后会以短信告知结果"
	}
	return a.pages.show(c, http.StatusOK, v)
}

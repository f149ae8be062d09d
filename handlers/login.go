package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"regexp"
	"strings"
	"time"

	"shixi/acts"
	"shixi/internship"
)

// Login is a log-in by name and password (账号密码登录).
type Login struct {
	Name       string `json:"name" doc:"账号" example:"13800000000"`
	Password   string `json:"password" doc:"密码" example:"Shixi-2026"`
	Ticket     string `json:"ticket" doc:"滑动验证得到的凭据，只能用一次" example:"AXk2v9Q0"`
	WechatCode string `json:"wechatCode,omitempty" doc:"小程序 wx.login 得到的 code；带上则把该微信绑定到账号" example:"0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P"`
}

// WechatLogin is a log-in by the mini-program user alone (微信登录).
type WechatLogin struct {
	Code string `json:"code" minLength:"1" maxLength:"128" doc:"小程序 wx.login 得到的 code" example:"0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P"`
}

// PhoneLogin is a log-in by the mobile that WeChat vouches for (手机号快捷登录).
type PhoneLogin struct {
	PhoneCode  string `json:"phoneCode" minLength:"1" maxLength:"128" doc:"小程序手机号快速验证按钮回调中的 code" example:"0e1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P"`
	WechatCode string `json:"wechatCode" minLength:"1" maxLength:"128" doc:"小程序 wx.login 得到的 code" example:"0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P"`
}

// Way is how a session is to be held and from where it is asked for.
type Way struct {
	Session string `header:"X-Session" enum:"cookie" doc:"填 cookie 时，令牌以 HttpOnly Cookie 保存，不出现在回答中（供网页使用）"`
	Device  string `header:"X-Device" pattern:"^[A-Za-z0-9_-]{16,64}$" doc:"设备编号：小程序自行生成并长期保存的随机串，16 至 64 位；不带时以 Cookie 记住设备。从未见过的设备登录时，会通知账号本人" example:"d2f1c6a07b3e4f58"`
	Cookie  string `cookie:"shixi_device" hidden:"true"`
	Agent   string `header:"User-Agent" hidden:"true"`
	// Mark and QR tell who is to be bound by this log-in, see bindMarked.
	Mark string `cookie:"shixi_wechat" hidden:"true"`
	QR   string `cookie:"shixi_qr" hidden:"true"`
}

type (
	activationForm struct {
		Way
		Body Form[internship.ActivationInput]
	}
	passwordForm struct {
		Way
		Body Form[Login]
	}
	smsLoginForm struct {
		Way
		Body Form[internship.SMSLoginInput]
	}
	wechatForm struct {
		Way
		Body Form[WechatLogin]
	}
	phoneForm struct {
		Way
		Body Form[PhoneLogin]
	}
	loggedIn struct {
		SetCookie []string `header:"Set-Cookie"`
		Body      LoggedIn
	}
	loggedOut struct {
		SetCookie string `header:"Set-Cookie"`
	}
	sessionsAnswer struct{ Body SessionList }
)

// loginForm limits what is submitted to log in; who exists and which password
// fits is the act's matter.
func loginForm() internship.Form {
	return internship.Form{Name: "login", Label: "登录", Fields: []internship.Field{
		{Name: "name", Label: "账号", Required: true, Max: 64, Help: "手机号、统一社会信用代码或组织机构代码"},
		{Name: "password", Label: "密码", Required: true, Max: 64},
		internship.TicketField(),
		wechatCode("wechatCode", false),
	}}
}

func wechatCode(name string, required bool) internship.Field {
	return internship.Field{Name: name, Label: "微信登录凭证", Required: required, Max: 128}
}

func checkLogin(l Login) error {
	return invalid(loginForm().Check(map[string]string{"name": internship.Clean(l.Name), "password": l.Password, "ticket": l.Ticket, "wechatCode": l.WechatCode}))
}

func checkActivation(in internship.ActivationInput) error {
	_, _, err := in.Parse()
	return err
}

func (a *App) activate(ctx context.Context, in *activationForm) (*loggedIn, error) {
	form, err := in.Body.read(checkActivation)
	if err != nil {
		return nil, err
	}
	opened, err := a.acts.Activate(ctx, form, in.device(), addressOf(ctx))
	if err != nil {
		return nil, err
	}
	return a.loggedIn(ctx, opened, in.Way), nil
}

func (a *App) logIn(ctx context.Context, in *passwordForm) (*loggedIn, error) {
	form, err := in.Body.read(checkLogin)
	if err != nil {
		return nil, err
	}
	device := in.device()
	if form.WechatCode != "" {
		device = in.miniProgram()
	}
	opened, err := a.acts.LogIn(ctx, acts.Login{Name: internship.Clean(form.Name), Password: form.Password, Ticket: form.Ticket, WechatCode: form.WechatCode,
		Device: device, Address: addressOf(ctx)})
	if err != nil {
		return nil, err
	}
	return a.loggedIn(ctx, opened, in.Way), nil
}

func (a *App) logInBySMS(ctx context.Context, in *smsLoginForm) (*loggedIn, error) {
	form, err := in.Body.read(func(l internship.SMSLoginInput) error {
		_, err := l.Parse()
		return err
	})
	if err != nil {
		return nil, err
	}
	device := in.device()
	if form.WechatCode != "" {
		device = in.miniProgram()
	}
	opened, err := a.acts.LogInBySMS(ctx, acts.SMSLogin{SMSLoginInput: form, Device: device, Address: addressOf(ctx)})
	if err != nil {
		return nil, err
	}
	return a.loggedIn(ctx, opened, in.Way), nil
}

func (a *App) logInByWechat(ctx context.Context, in *wechatForm) (*loggedIn, error) {
	form, err := in.Body.read(func(l WechatLogin) error {
		f := internship.Form{Fields: []internship.Field{wechatCode("code", true)}}
		return invalid(f.Check(map[string]string{"code": l.Code}))
	})
	if err != nil {
		return nil, err
	}
	opened, err := a.acts.LogInByWechat(ctx, form.Code, in.miniProgram(), addressOf(ctx))
	if err != nil {
		return nil, err
	}
	return a.loggedIn(ctx, opened, in.Way), nil
}

func (a *App) logInByPhone(ctx context.Context, in *phoneForm) (*loggedIn, error) {
	form, err := in.Body.read(func(l PhoneLogin) error {
		f := internship.Form{Fields: []internship.Field{wechatCode("phoneCode", true), wechatCode("wechatCode", true)}}
		return invalid(f.Check(map[string]string{"phoneCode": l.PhoneCode, "wechatCode": l.WechatCode}))
	})
	if err != nil {
		return nil, err
	}
	opened, err := a.acts.LogInByPhone(ctx, acts.PhoneLogin{PhoneCode: form.PhoneCode, WechatCode: form.WechatCode, Device: in.miniProgram(), Address: addressOf(ctx)})
	if err != nil {
		return nil, err
	}
	return a.loggedIn(ctx, opened, in.Way), nil
}

// loggedIn answers a log-in with its token, in the body or as a cookie, and
// with what the first screen shows. It binds whom WeChat told of in this
// browser.
func (a *App) loggedIn(ctx context.Context, opened acts.Opened, w Way) *loggedIn {
	s := opened.Session
	told := a.bindMarked(ctx, &opened, w)
	out := &loggedIn{Body: LoggedIn{Token: opened.Token, Expires: local(s.Expires), Me: renderMe(opened.Account, opened.Enterprise), Wechat: told}}
	if w.Session == sessionByCookie {
		out.SetCookie, out.Body.Token = append(out.SetCookie, a.cookie(s, opened.Token)), ""
	}
	if id := opened.Device.ID; w.Device == "" && id != "" && w.Cookie != id {
		out.SetCookie = append(out.SetCookie, deviceCookie(id))
	}
	return out
}

func (a *App) listSessions(ctx context.Context, _ *nothing) (*sessionsAnswer, error) {
	sessions, err := a.acts.Sessions(ctx, staffOf(ctx))
	if err != nil {
		return nil, err
	}
	out := SessionList{Items: make([]Session, len(sessions))}
	for i, s := range sessions {
		out.Items[i] = Session{ID: s.ID, Device: s.Device, CreatedAt: local(s.CreatedAt), Expires: local(s.Expires), Current: s.ID == sessionOf(ctx).ID}
	}
	return &sessionsAnswer{out}, nil
}

func (a *App) endSession(ctx context.Context, in *ByID) (*loggedOut, error) {
	if err := a.acts.LogOut(ctx, staffOf(ctx), in.ID); err != nil {
		return nil, err
	}
	out := &loggedOut{}
	if in.ID == sessionOf(ctx).ID {
		out.SetCookie = a.cookie(sessionOf(ctx), "")
	}
	return out, nil
}

func (a *App) endOthers(ctx context.Context, _ *nothing) (*nothing, error) {
	return nil, a.acts.LogOutElsewhere(ctx, staffOf(ctx))
}

func (a *App) logOut(ctx context.Context, _ *nothing) (*loggedOut, error) {
	return a.endSession(ctx, &ByID{ID: sessionOf(ctx).ID})
}

// Names of devices in the session list.
const (
	deviceMiniProgram = "小程序"
	deviceWechat      = "微信网页"
	devicePhone       = "手机浏览器"
	deviceComputer    = "电脑浏览器"
)

// device is where a log-in comes from: roughly what it is, for the person to
// recognise it, and the id that the browser or phone keeps. One that has none
// gets one.
func (w Way) device() acts.Device { return w.deviceOr(rand.Text()) }

// deviceOf is device for a log-in whose answer may be given again: a browser
// without an id gets the same one each time, which only it can know by what it
// holds.
func (w Way) deviceOf(held string) acts.Device {
	return w.deviceOr(acts.TokenHash("device of " + held))
}

func (w Way) deviceOr(fresh string) acts.Device {
	d := acts.Device{Name: w.kind(), ID: w.Device}
	if d.ID == "" && saneDevice.MatchString(w.Cookie) {
		d.ID = w.Cookie
	}
	d.ID = cmp.Or(d.ID, fresh)
	return d
}

// miniProgram is the device of who logs in there: nobody else has WeChat's codes.
func (w Way) miniProgram() acts.Device {
	d := w.device()
	d.Name = deviceMiniProgram
	return d
}

var saneDevice = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

// deviceInFull adds system and browser, for the person to recognise a device by
// what stands before it.
func (w Way) deviceInFull() string {
	first := func(names ...string) string {
		for _, name := range names {
			mark, label, _ := strings.Cut(name, "=")
			if strings.Contains(w.Agent, mark) {
				return label
			}
		}
		return ""
	}
	system := first("Windows=Windows", "iPhone=iPhone", "iPad=iPad", "Android=Android", "HarmonyOS=鸿蒙", "Macintosh=Mac", "Linux=Linux")
	browser := first("MicroMessenger=微信", "Edg/=Edge", "Firefox/=Firefox", "QQBrowser=QQ 浏览器", "Chrome/=Chrome", "Safari/=Safari")
	if what := strings.Trim(system+" "+browser, " "); what != "" {
		return w.kind() + "（" + what + "）"
	}
	return w.kind()
}

// kind tells roughly what somebody logs in with; nothing depends on it.
func (w Way) kind() string {
	has := func(mark string) bool { return strings.Contains(strings.ToLower(w.Agent), mark) }
	switch {
	case has("miniprogram"):
		return deviceMiniProgram
	case has("micromessenger"):
		return deviceWechat
	case has("mobile"), has("android"):
		return devicePhone
	}
	return deviceComputer
}

// deviceLife is how long a browser remembers that it was here before.
const (
	deviceLife       = 365 * 24 * time.Hour
	deviceCookieName = "shixi_device"
)

func deviceCookie(id string) string {
	c := http.Cookie{Name: deviceCookieName, Value: id, Path: "/", MaxAge: int(deviceLife / time.Second), HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode}
	return c.String()
}

func loginDocs() map[string]doc {
	type errs = []*internship.Error
	form := errs{internship.ErrBadRequest, internship.ErrMediaType, internship.ErrInvalid, internship.ErrTooLarge}
	return map[string]doc{
		"activate": {Tag: tagLogin, Summary: "企业激活", Status: http.StatusCreated, Says: "用推荐学校发放的激活码开通企业的第一个账号（负责人）并登录。激活码只能使用一次。每家企业一个网络地址 15 分钟内最多试 5 次，一天内共 1000 次，与企业是否已录入无关。手机号不是学校登记的联系电话时，须以用途为 register 的短信验证码验证。",
			Errors: append(errs{internship.ErrBadActivation, internship.ErrSMSCode, internship.ErrMobileTaken, internship.ErrAlreadyActive, internship.ErrBusy, internship.ErrTooManyTries}, form...)},
		"logIn": {Tag: tagLogin, Summary: "账号密码登录", Says: "账号为手机号；负责人也可用统一社会信用代码或组织机构代码。每次须先完成滑动验证。同一账号（手机号和代码分别计算）同一地址 15 分钟内最多试 5 次，1 天最多试错 50 次（此后仍可用短信验证码登录），无论账号是否存在。",
			Errors: append(errs{internship.ErrBadLogin, internship.ErrCaptcha, internship.ErrBadWechat, internship.ErrWechatTaken, internship.ErrBusy, internship.ErrTooManyTries}, form...)},
		"logInBySMS": {Tag: tagLogin, Summary: "短信验证码登录", Says: "以用途为 login 的验证码登录，不受密码试错次数的限制；尚未设置密码的员工首次登录使用。无论手机号是否有账号，出错时的回答都相同。",
			Errors: append(errs{internship.ErrSMSCode, internship.ErrBadWechat, internship.ErrWechatTaken, internship.ErrBusy, internship.ErrTooManyTries}, form...)},
		"logInByWechat": {Tag: tagLogin, Summary: "微信登录", Says: "微信须已绑定账号：先用手机号快捷登录，或用账号密码登录一次并带上 wechatCode；已绑定服务号的同一微信自动绑定。",
			Errors: append(errs{internship.ErrNotBound, internship.ErrBadWechat, internship.ErrBusy, internship.ErrTooManyTries}, form...)},
		"listSessions": {Tag: tagLogin, Summary: "登录记录", Says: "本人尚未退出的登录，从新到旧，至多 50 条。"},
		"endSession":   {Tag: tagLogin, Summary: "退出某处登录", Says: "立即失效。", Errors: errs{internship.ErrNotFound}},
		"endOthers":    {Tag: tagLogin, Summary: "退出其他登录", Says: "除当前登录外，本人的登录全部立即失效。"},
		"logOut":       {Tag: tagLogin, Summary: "退出登录", Says: "立即失效。", Errors: errs{internship.ErrNotFound}},
	}
}

package handlers

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shixi/acts"
	"shixi/internship"
)

const (
	// qrCookie is the code's id and the secret of the browser that shows it.
	qrCookie = "shixi_qr"

	qrPath = "/wx/qr/"
	qrPage = qrPath + ":id"
)

// QRLogin is a QR code on the log-in page (扫码登录).
type QRLogin struct {
	ID       string    `json:"id" doc:"二维码编号，用于查询扫码结果" example:"MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	ImageURL string    `json:"imageUrl" format:"uri" doc:"二维码图片地址" example:"https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=TICKET"`
	Expires  time.Time `json:"expires" doc:"有效期至" example:"2026-11-23T12:05:00+08:00"`
}

// QRProgress is how a code on the log-in page stands.
type QRProgress struct {
	State    string    `json:"state" enum:"waiting,scanned,confirmed,expired" doc:"waiting 等待扫码，scanned 已扫码，confirmed 已确认并登录，expired 已失效，须换新的二维码" example:"scanned"`
	Detail   string    `json:"detail" doc:"可直接显示的说明" example:"已扫码，请在手机上确认登录"`
	LogIn    bool      `json:"logIn" doc:"扫码的微信尚未绑定账号：在本浏览器登录一次即绑定" example:"false"`
	Expires  time.Time `json:"expires" doc:"有效期至" example:"2026-11-23T12:05:00+08:00"`
	LoggedIn *LoggedIn `json:"loggedIn,omitempty" doc:"确认后的登录结果"`
}

type (
	qrRequest struct{ Way }
	qrAnswer  struct {
		SetCookie string `header:"Set-Cookie"`
		Body      QRLogin
	}
	qrPoll struct {
		Way
		ID string `path:"id" maxLength:"64" doc:"二维码编号"`
	}
	qrPollAnswer struct {
		SetCookie []string `header:"Set-Cookie"`
		Body      QRProgress
	}
)

func (a *App) loginQR(ctx context.Context, in *qrRequest) (*qrAnswer, error) {
	address := addressOf(ctx)
	code, err := a.acts.LoginQR(ctx, in.deviceInFull(), rough(address), address)
	if err != nil {
		return nil, err
	}
	return &qrAnswer{SetCookie: a.briefly(qrCookie, code.ID+"."+code.Secret, "/"),
		Body: QRLogin{ID: code.ID, ImageURL: code.ImageURL, Expires: local(code.Expires)}}, nil
}

// pollQR tells the browser that shows a code how it stands. Anybody else is
// told that there is no such code.
func (a *App) pollQR(ctx context.Context, in *qrPoll) (*qrPollAnswer, error) {
	id, secret, _ := strings.Cut(in.QR, ".")
	if id != in.ID || secret == "" {
		return nil, internship.ErrNotFound
	}
	s, err := a.acts.PollQR(ctx, id, secret, in.deviceOf(secret))
	if err != nil {
		return nil, err
	}
	out := &qrPollAnswer{Body: renderQR(s)}
	if s.Opened == nil {
		return out, nil
	}
	in.QR, in.Mark = "", "" // this log-in came from a binding and makes none
	loggedIn := a.loggedIn(ctx, *s.Opened, in.Way)
	out.SetCookie, out.Body.LoggedIn = loggedIn.SetCookie, &loggedIn.Body
	return out, nil
}

func renderQR(s acts.QRState) QRProgress {
	out := QRProgress{State: "waiting", Detail: "请用微信扫描二维码", Expires: local(s.Expires)}
	switch {
	case s.Opened != nil:
		out.State, out.Detail = "confirmed", "登录成功"
	case s.Denied:
		out.State, out.Detail = "expired", "扫码的人没有同意登录，请刷新二维码后重试"
	case s.Over:
		out.State, out.Detail = "expired", "二维码已失效，请刷新二维码后重新扫码"
	case s.LogIn:
		out.State, out.Detail, out.LogIn = "scanned", "已扫码。该微信尚未绑定账号，请在此登录一次，登录后自动绑定", true
	case s.Scanned:
		out.State, out.Detail = "scanned", "已扫码，请在手机上确认登录"
	}
	return out
}

// rough is as much of an address as a person may be shown to recognise a
// network: an IPv4 address without its end, an IPv6 network.
func rough(address string) string {
	if i := strings.LastIndexByte(address, '.'); i > 0 {
		return address[:i] + ".*"
	}
	return address
}

var qrID = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// askQR shows the person who scanned a log-in page's code what it asks for. It
// must really be that person: WeChat is asked who holds the browser.
func (a *App) askQR(c *fiber.Ctx) error {
	id := c.Params("id")
	if !qrID.MatchString(id) {
		return a.showError(c, internship.ErrQRStale, "")
	}
	openID, err := a.acts.PersonOf(c.Cookies(personCookie))
	if err != nil {
		return a.depart(c, acts.Trip{Next: qrPath + id, Person: true})
	}
	ask, err := a.acts.AskedByQR(c.UserContext(), id, openID)
	if err != nil {
		return a.showError(c, err, "")
	}
	return a.show(c, http.StatusOK, renderAsk(ask, answerKey(c)))
}

func renderAsk(ask acts.QRAsk, key string) page {
	p := page{Title: "登录确认", Key: key, Rows: []pageRow{
		{"设备", ask.Device}, {"时间", ask.At.In(internship.Zone).Format("1月2日 15:04")}, {"网络地址", ask.Place}}}
	deny := pageAnswer{Value: "no", Label: "不是我"}
	if ask.Account == nil {
		p.Text = "您扫描了登录页的二维码。该微信尚未绑定企业账号，请在显示二维码的页面上登录一次，登录后自动绑定。若不是您本人的操作，请点「不是我」。"
		p.Answers = []pageAnswer{deny}
		return p
	}
	p.Text = "有人要在下面的设备上登录您（" + ask.Account.Name + "）的企业账号。请确认二维码是您自己打开的登录页所显示的；由他人发来或展示的，请点「不是我」。"
	p.Answers = []pageAnswer{{Value: "yes", Label: "确认登录", Main: true}, deny}
	return p
}

// answerKey shows that an answer was given on our page: nobody else knows the
// cookie.
func answerKey(c *fiber.Ctx) string { return acts.TokenHash("answer " + c.Cookies(personCookie)) }

// answerQR takes the person's answer.
func (a *App) answerQR(c *fiber.Ctx) error {
	id, ctx := c.Params("id"), c.UserContext()
	openID, err := a.acts.PersonOf(c.Cookies(personCookie))
	if err == nil && (c.FormValue("key") != answerKey(c) || !qrID.MatchString(id)) {
		err = internship.ErrVisit
	}
	if err != nil {
		return a.showError(c, err, "")
	}
	done := page{Title: "已确认登录", Text: "请回到显示二维码的页面，登录即将完成。"}
	switch c.FormValue("answer") {
	case "yes":
		err = a.acts.ConfirmQR(ctx, id, openID)
	case "no":
		done = page{Title: "已拒绝登录", Text: "该二维码已作废，对方无法登录您的账号。如多次收到这样的请求，请修改密码。"}
		err = a.acts.DenyQR(ctx, id, openID)
	default:
		err = internship.ErrBadRequest
	}
	if err != nil {
		return a.showError(c, err, "")
	}
	return a.show(c, http.StatusOK, done)
}

// qrLink is the page on which a scan is answered; empty where our address is not
// known.
func (a *App) qrLink(id string) string {
	if a.options.PublicURL == nil {
		return ""
	}
	return a.options.PublicURL.JoinPath(qrPath, id).String()
}

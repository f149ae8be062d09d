package handlers

import (
	"context"
	"net/url"

	"shixi/internship"
)

// JSSDK is what a page gives to wx.config.
type JSSDK struct {
	AppID     string `json:"appId" doc:"服务号 AppID" example:"wx0123456789abcdef"`
	Timestamp int64  `json:"timestamp" doc:"签名时间，秒" example:"1764000000"`
	NonceStr  string `json:"nonceStr" doc:"随机串" example:"MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Signature string `json:"signature" doc:"签名" example:"0f9de62fce790f9a083d5c99e95740ceb90c27ed"`
}

type (
	jssdkRequest struct {
		URL string `query:"url" required:"true" minLength:"1" maxLength:"2048" doc:"当前网页的地址，# 及其后不计；须在本系统的域名下" example:"https://shixi.example.com/h5/"`
	}
	jssdkAnswer struct{ Body JSSDK }
)

// signJS signs addresses of our own pages only: a signature lets a page act in
// our name.
func (a *App) signJS(ctx context.Context, in *jssdkRequest) (*jssdkAnswer, error) {
	u, err := url.Parse(in.URL)
	if err != nil || u.User != nil || !a.ownPage(u) {
		return nil, internship.ErrInvalid.At(internship.FieldError{Field: "url", Code: "choice", Message: "参数 url 应为本系统网页的地址"})
	}
	s, err := a.acts.SignJS(ctx, in.URL)
	if err != nil {
		return nil, err
	}
	return &jssdkAnswer{JSSDK{AppID: s.AppID, Timestamp: s.Timestamp, NonceStr: s.Nonce, Signature: s.Signature}}, nil
}

// wechatDocs tell of what WeChat and log-in have to do with each other.
func wechatDocs() map[string]doc {
	type errs = []*internship.Error
	return map[string]doc{
		"logInByPhone": {Tag: tagLogin, Summary: "手机号快捷登录", Says: "小程序「手机号快速验证」登录：手机号须是账号的手机号。登录后该微信自动绑定到账号。",
			Errors: errs{internship.ErrBadRequest, internship.ErrMediaType, internship.ErrInvalid, internship.ErrTooLarge, internship.ErrBadWechat, internship.ErrPhoneUnknown,
				internship.ErrForeignPhone, internship.ErrWechatTaken, internship.ErrBusy, internship.ErrTooManyTries, internship.ErrPhoneQuota}},
		"loginQR": {Tag: tagLogin, Summary: "获取登录二维码", Says: "登录页显示的二维码，5 分钟内有效。查询结果须带回随回答设置的 Cookie：只有显示二维码的浏览器能登录。" +
			"已绑定的微信扫码后须在手机上确认；未绑定的微信扫码后，在本浏览器登录一次即绑定。",
			Errors: errs{internship.ErrTooManyTries}},
		"pollQR":   {Tag: tagLogin, Summary: "查询扫码结果", Says: "每 2 秒左右查询一次。确认后回答中带有登录结果，重复查询得到同一登录。", Errors: errs{internship.ErrNotFound}},
		"bindings": {Tag: tagEnterprise, Summary: "微信绑定", Says: "本人绑定的服务号与小程序身份。", Errors: errs{internship.ErrNotFound}},
		"unbindFollower": {Tag: tagEnterprise, Summary: "解除服务号绑定", Says: "此后微信消息不再发往该微信，也不能再用它扫码登录。没有绑定时不变。",
			Errors: errs{internship.ErrNotFound, internship.ErrBusy}},
		"unbindMiniProgram": {Tag: tagEnterprise, Summary: "解除小程序绑定", Says: "此后不能再用该微信直接登录小程序；已有的登录可在登录记录中退出。没有绑定时不变。",
			Errors: errs{internship.ErrNotFound, internship.ErrBusy}},
		"signJS": {Tag: tagClient, Summary: "JS-SDK 签名", Says: "供网页在微信中调用 wx.config。", Errors: errs{internship.ErrInvalid}},
	}
}

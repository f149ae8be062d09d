package wxmsg

import (
	"context"
	"errors"
)

const (
	opPhone = "getuserphonenumber"

	// mainland is the country code of the only numbers that enterprise staff log
	// in with.
	mainland = "86"
)

// ErrForeignPhone: the user's WeChat is bound to a number outside the mainland.
var ErrForeignPhone = errors.New("wxmsg: the phone number is not of the mainland")

// UserPhone exchanges the code of the mini-program's phone button, which works
// once and for five minutes and is not the code of wx.login, for the number the
// user's WeChat is bound to, without its country code (wechat.md §6.3). It is
// ErrForeignPhone when that is not +86, else an *Error: BadCode tells a wrong or
// used code, class Quota that the paid verifications or the day's calls are used
// up.
func (c *Client) UserPhone(ctx context.Context, code string) (string, error) {
	if code == "" || len(code) > maxCode {
		return "", badInput(opPhone, "a code has 1 to 128 characters")
	}
	var answer struct {
		Info struct {
			Pure    string `json:"purePhoneNumber"`
			Country string `json:"countryCode"`
			Mark    struct {
				AppID string `json:"appid"`
			} `json:"watermark"`
		} `json:"phone_info"`
	}
	body := map[string]string{"code": code}
	if err := c.withToken(ctx, call{op: opPhone, path: "/wxa/business/getuserphonenumber", body: body, into: &answer}); err != nil {
		return "", err
	}
	info := answer.Info
	switch {
	case info.Mark.AppID != c.appID:
		return "", ambiguous(opPhone, 200, errors.New("the number was given to another app"))
	case info.Country == "" || info.Pure == "":
		return "", ambiguous(opPhone, 200, errors.New("the answer has no number"))
	case info.Country != mainland:
		return "", ErrForeignPhone
	}
	return info.Pure, nil
}

// BadCode reports whether WeChat refused a log-in, phone or OAuth code as such:
// unknown or expired (40029) or already used (40163). A new code may well work.
func BadCode(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Code == 40029 || e.Code == 40163)
}

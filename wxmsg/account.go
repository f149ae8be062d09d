package wxmsg

import (
	"context"
	"errors"
	"net/url"
	"time"
	"unicode/utf8"
)

const (
	opQR       = "qrcode.create"
	opUserInfo = "user.info"
	opList     = "template.list"

	maxScene = 64                  // characters of a QR_STR_SCENE (wechat.md §7.2)
	maxQR    = 30 * 24 * time.Hour // 2 592 000 s
)

// QR is a temporary parametric QR code. Scanning it brings a SCAN event, or a
// subscribe event of someone new, with the scene in it; see Inbound.Scene.
type QR struct {
	Ticket  string
	URL     string // what the code says, to draw it oneself
	Expires time.Time
}

// ImageURL is where WeChat serves the code as an image.
func (q QR) ImageURL() string {
	return "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=" + url.QueryEscape(q.Ticket)
}

// CreateQR makes a temporary QR code for a scene of 1 to 64 characters that
// lives for ttl: whole seconds, at least one, at most 30 days. The error is or
// wraps an *Error; Payload when scene or ttl is out of bounds.
func (c *Client) CreateQR(ctx context.Context, scene string, ttl time.Duration) (QR, error) {
	if n := utf8.RuneCountInString(scene); n < 1 || n > maxScene || !utf8.ValidString(scene) {
		return QR{}, badInput(opQR, "a scene has 1 to 64 characters")
	}
	if ttl < time.Second || ttl > maxQR {
		return QR{}, badInput(opQR, "a code lives between 1 second and 30 days")
	}
	body := map[string]any{
		"expire_seconds": int64(ttl / time.Second),
		"action_name":    "QR_STR_SCENE",
		"action_info":    map[string]any{"scene": map[string]string{"scene_str": scene}},
	}
	var answer struct {
		Ticket  string `json:"ticket"`
		URL     string `json:"url"`
		Expires number `json:"expire_seconds"`
	}
	asked := c.now()
	if err := c.withToken(ctx, call{op: opQR, path: "/cgi-bin/qrcode/create", body: body, into: &answer}); err != nil {
		return QR{}, err
	}
	if answer.Ticket == "" {
		return QR{}, ambiguous(opQR, 200, errors.New("the answer has no ticket"))
	}
	life := ttl
	if answer.Expires > 0 && answer.Expires <= number(maxQR/time.Second) {
		life = time.Duration(answer.Expires) * time.Second
	}
	return QR{Ticket: answer.Ticket, URL: answer.URL, Expires: asked.Add(life)}, nil
}

// UserInfo is what WeChat still tells of an official account's user.
type UserInfo struct {
	Subscribed bool   // follows the account
	UnionID    string // "" until the account is bound to an open-platform account
}

// UserInfo asks about one openid of this official account. The error is or
// wraps an *Error; Refused (40003) when the openid is not this account's.
func (c *Client) UserInfo(ctx context.Context, openid string) (UserInfo, error) {
	if openid == "" {
		return UserInfo{}, badInput(opUserInfo, "no openid")
	}
	var answer struct {
		Subscribe *number `json:"subscribe"`
		UnionID   string  `json:"unionid"`
	}
	query := url.Values{"openid": {openid}, "lang": {"zh_CN"}}
	if err := c.withToken(ctx, call{op: opUserInfo, path: "/cgi-bin/user/info", query: query, into: &answer}); err != nil {
		return UserInfo{}, err
	}
	if answer.Subscribe == nil {
		return UserInfo{}, ambiguous(opUserInfo, 200, errors.New("the answer does not say whether the user follows"))
	}
	return UserInfo{Subscribed: *answer.Subscribe == 1, UnionID: answer.UnionID}, nil
}

// Templates lists the account's own template library, for Templates.CheckAccount
// at start. The error is or wraps an *Error.
func (c *Client) Templates(ctx context.Context) ([]AccountTemplate, error) {
	var answer struct {
		List []struct {
			ID      string `json:"template_id"`
			Title   string `json:"title"`
			Content string `json:"content"`
			Example string `json:"example"`
		} `json:"template_list"`
	}
	if err := c.withToken(ctx, call{op: opList, path: "/cgi-bin/template/get_all_private_template", into: &answer}); err != nil {
		return nil, err
	}
	list := make([]AccountTemplate, 0, len(answer.List))
	for _, t := range answer.List {
		list = append(list, AccountTemplate{ID: t.ID, Title: t.Title, Content: t.Content, Example: t.Example})
	}
	return list, nil
}

package wxmsg

import (
	"context"
	"errors"
)

// MiniProgram is the mini-program a message opens. AppID must be associated
// with the official account, else WeChat answers 40013.
type MiniProgram struct {
	AppID    string
	PagePath string // may carry a query; "" opens the home page
}

// TemplateMessage is one 模板消息 to one follower (wechat.md §1.1).
type TemplateMessage struct {
	ToUser     string // openid of the official account's user
	TemplateID string
	// URL opens on a tap; with MiniProgram it is the fallback for clients that
	// can't open mini-programs.
	URL         string
	MiniProgram *MiniProgram
	// Data maps keyword keys to values; see Cut and Templates.Render.
	Data map[string]string
	// ClientMsgID makes WeChat send the same message to the same user only once
	// within 10 minutes.
	ClientMsgID string
}

// Sent is WeChat's answer to an accepted message. Accepted is not delivered:
// that comes in a TEMPLATESENDJOBFINISH with the same MsgID, perhaps before this
// answer does.
type Sent struct {
	MsgID int64 // 0 if WeChat gave none
}

type messageBody struct {
	ToUser      string                 `json:"touser"`
	TemplateID  string                 `json:"template_id"`
	URL         string                 `json:"url,omitempty"`
	MiniProgram *miniProgramBody       `json:"miniprogram,omitempty"`
	Data        map[string]messageData `json:"data"`
	ClientMsgID string                 `json:"client_msg_id,omitempty"`
}

type miniProgramBody struct {
	AppID    string `json:"appid"`
	PagePath string `json:"pagepath,omitempty"`
}

type messageData struct {
	Value string `json:"value"`
}

const opTemplateSend = "template.send"

// SendTemplate sends one template message. The error is or wraps an *Error:
// its Class says what to do, Started whether the message may have gone out. A
// lost answer is never repeated here.
func (c *Client) SendTemplate(ctx context.Context, m TemplateMessage) (Sent, error) {
	if m.ToUser == "" || m.TemplateID == "" || len(m.Data) == 0 {
		return Sent{}, badInput(opTemplateSend, "receiver, template or data is missing")
	}
	body := messageBody{ToUser: m.ToUser, TemplateID: m.TemplateID, URL: m.URL, ClientMsgID: m.ClientMsgID,
		Data: make(map[string]messageData, len(m.Data))}
	if m.MiniProgram != nil {
		body.MiniProgram = &miniProgramBody{AppID: m.MiniProgram.AppID, PagePath: m.MiniProgram.PagePath}
	}
	for key, value := range m.Data {
		body.Data[key] = messageData{Value: value}
	}
	var answer struct {
		ErrCode *number `json:"errcode"`
		MsgID   number  `json:"msgid"`
	}
	err := c.withToken(ctx, call{op: opTemplateSend, path: PathTemplateSend, body: body, into: &answer})
	if err != nil {
		return Sent{}, err
	}
	if answer.ErrCode == nil && answer.MsgID == 0 {
		return Sent{}, ambiguous(opTemplateSend, 200, errors.New("the answer says neither errcode nor msgid"))
	}
	return Sent{MsgID: int64(answer.MsgID)}, nil
}

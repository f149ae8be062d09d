package wxsim

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

type subscribeSend struct {
	ToUser     string       `json:"touser"`
	TemplateID string       `json:"template_id"`
	Page       string       `json:"page"`
	State      string       `json:"miniprogram_state"`
	Lang       string       `json:"lang"`
	Data       templateData `json:"data"`
}

// valid holds the two enumerations against their lists (wechat.md §2.1).
func (in *subscribeSend) valid() bool {
	return slices.Contains([]string{"", "developer", "trial", "formal"}, in.State) &&
		slices.Contains([]string{"", "zh_CN", "en_US", "zh_HK", "zh_TW"}, in.Lang)
}

// subscribeSend is POST /cgi-bin/message/subscribe/send: one grant, one message.
func (s *Sim) subscribeSend(c *call) (any, *apiError) {
	var in subscribeSend
	if refusal := c.decode(&in); refusal != nil {
		return nil, refusal
	}
	if !in.valid() {
		return nil, refuse(errArguments)
	}
	receipt, refusal := s.acceptSubscribe(c, &in)
	if refusal != nil {
		return nil, refusal
	}
	s.dispatch(*receipt)
	return sendResult{ErrMsg: "ok", MsgID: receipt.MsgID}, nil
}

func (s *Sim) acceptSubscribe(c *call, in *subscribeSend) (*Receipt, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[in.ToUser]
	if u == nil || u.AppID != c.app.AppID {
		return nil, refuse(errOpenID)
	}
	t, refusal := c.app.template(in.TemplateID)
	if refusal != nil {
		return nil, refusal
	}
	page, _, _ := strings.Cut(in.Page, "?")
	if page != "" && len(c.app.Pages) > 0 && !slices.Contains(c.app.Pages, page) {
		return nil, refuse(errPage)
	}
	values, refusal := checkData(t, in.Data)
	if refusal != nil {
		return nil, refusal
	}
	if u.blocked || u.grants[t.ID] == 0 {
		return nil, refuse(errRefused)
	}
	u.grants[t.ID]--
	m := Message{
		AppID: c.app.AppID, AppName: c.app.Name, TemplateID: t.ID, Title: t.Title, Values: values,
		MsgID: s.nextMsgID(), Subscribe: true, At: c.now,
	}
	if in.Page != "" {
		m.MiniProgram, m.Page = c.app.AppID, in.Page
	}
	receipt := s.take(u, m)
	receipt.TemplateID = t.ID
	return receipt, nil
}

// Grant adds n one-time grants of a template without any event, as "always
// keep this choice" does (wechat.md §2.4).
func (s *Sim) Grant(appID, openID, templateID string, n int) error {
	return s.change(appID, openID, func(u *user) { u.grants[templateID] += n })
}

// Grants returns how many messages of a template the user still takes.
func (s *Sim) Grants(appID, openID, templateID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.find(appID, openID)
	if err != nil {
		return 0
	}
	return u.grants[templateID]
}

// AcceptTemplates is the user's tap on 允许 in the popup: one grant each and
// one subscribe_msg_popup_event.
func (s *Sim) AcceptTemplates(ctx context.Context, appID, openID string, templateIDs ...string) error {
	return s.popup(ctx, appID, openID, "accept", templateIDs)
}

// RejectTemplates is the user's refusal in the popup: an event, no grants.
func (s *Sim) RejectTemplates(ctx context.Context, appID, openID string, templateIDs ...string) error {
	return s.popup(ctx, appID, openID, "reject", templateIDs)
}

func (s *Sim) popup(ctx context.Context, appID, openID, choice string, templateIDs []string) error {
	err := s.change(appID, openID, func(u *user) {
		for _, id := range templateIDs {
			if choice == "accept" {
				u.grants[id]++
			}
		}
	})
	if err != nil {
		return err
	}
	list := make([]Fields, 0, len(templateIDs))
	for _, id := range templateIDs {
		list = append(list, Fields{{"TemplateId", id}, {"SubscribeStatusString", choice}, {"PopupScene", "1"}})
	}
	_, err = s.event(ctx, appID, openID, "subscribe_msg_popup_event", nested("SubscribeMsgPopupEvent", list))
	return err
}

// CancelTemplates is the user switching templates off in the settings: their
// grants are gone, and one subscribe_msg_change_event is posted.
func (s *Sim) CancelTemplates(ctx context.Context, appID, openID string, templateIDs ...string) error {
	err := s.change(appID, openID, func(u *user) {
		for _, id := range templateIDs {
			delete(u.grants, id)
		}
	})
	if err != nil {
		return err
	}
	list := make([]Fields, 0, len(templateIDs))
	for _, id := range templateIDs {
		list = append(list, Fields{{"TemplateId", id}, {"SubscribeStatusString", "reject"}})
	}
	_, err = s.event(ctx, appID, openID, "subscribe_msg_change_event", nested("SubscribeMsgChangeEvent", list))
	return err
}

// sentEvent is the receipt of a subscribe message. Only success has a code that
// is known from the field.
func sentEvent(r Receipt) extra {
	code, status := "0", "success"
	if r.Status != StatusSuccess {
		code, status = strconv.Itoa(errRefused), r.Status
	}
	return nested("SubscribeMsgSentEvent", []Fields{{
		{"TemplateId", r.TemplateID}, {"MsgID", strconv.FormatInt(r.MsgID, 10)},
		{"ErrorCode", code}, {"ErrorStatus", status},
	}})
}

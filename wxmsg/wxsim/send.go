package wxsim

import (
	"slices"
	"strings"
	"time"
)

// dedupeWindow is how long client_msg_id holds (wechat.md §1.1).
const dedupeWindow = 10 * time.Minute

const (
	maxTemplateIDSize = 64   // bytes; real ones have 43
	maxURLSize        = 1024 // bytes, as of a menu's url; the send page names no figure
)

type templateSend struct {
	ToUser      string       `json:"touser"`
	TemplateID  string       `json:"template_id"`
	URL         string       `json:"url"`
	ClientMsgID string       `json:"client_msg_id"`
	Data        templateData `json:"data"`
	MiniProgram struct {
		AppID    string `json:"appid"`
		PagePath string `json:"pagepath"`
	} `json:"miniprogram"`
}

type sendResult struct {
	ErrCode int    `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
	MsgID   int64  `json:"msgid"`
}

// templateSend is POST /cgi-bin/message/template/send. The order of the checks
// is the simulator's own, nothing is published: quota, body, openid, template,
// lengths, mini-program, values, the user's relation, de-duplication.
func (s *Sim) templateSend(c *call) (any, *apiError) {
	s.mu.Lock()
	refusal := takeQuota(c)
	s.mu.Unlock()
	if refusal != nil {
		return nil, refusal
	}
	var in templateSend
	if refusal := c.decode(&in); refusal != nil {
		return nil, refusal
	}
	message, receipt, refusal := s.acceptTemplate(c, &in)
	if refusal != nil {
		return nil, refusal
	}
	if receipt != nil {
		s.dispatch(*receipt)
	}
	return sendResult{ErrMsg: "ok", MsgID: message}, nil
}

func takeQuota(c *call) *apiError {
	if limit := c.app.MinuteQuota; limit != 0 && !c.app.minute.take(minuteOf(c.now), limit) {
		return refuse(errMinuteQuota)
	}
	if !c.app.daily.take(dayOf(c.now), c.app.DailyQuota) {
		return refuse(errDailyQuota)
	}
	return nil
}

// acceptTemplate decides about one message and, when it is taken, shows it. It
// returns its msgid and the receipt to come, nil for a repeat.
func (s *Sim) acceptTemplate(c *call, in *templateSend) (int64, *Receipt, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[in.ToUser]
	if u == nil || u.AppID != c.app.AppID {
		return 0, nil, refuse(errOpenID)
	}
	t, refusal := c.app.template(in.TemplateID)
	if refusal != nil {
		return 0, nil, refusal
	}
	if len(in.URL) > maxURLSize || len(in.MiniProgram.PagePath) > maxURLSize {
		return 0, nil, refuse(errURLSize)
	}
	if id := in.MiniProgram.AppID; id != "" && !slices.Contains(c.app.Linked, id) {
		return 0, nil, refuse(errAppID)
	}
	values, refusal := checkData(t, in.Data)
	if refusal != nil {
		return 0, nil, refusal
	}
	if refusal := u.reachable(); refusal != nil {
		return 0, nil, refusal
	}
	key := in.ToUser + "\x00" + in.ClientMsgID
	if in.ClientMsgID != "" {
		if msgID, repeat := s.dedupe.get(c.now, key); repeat {
			s.stats.Suppressed++
			return msgID, nil, nil
		}
	}
	m := Message{
		AppID: c.app.AppID, AppName: c.app.Name, TemplateID: t.ID, Title: t.Title, Values: values,
		URL: in.URL, MsgID: s.nextMsgID(), ClientMsgID: in.ClientMsgID, At: c.now,
	}
	if in.MiniProgram.AppID != "" {
		m.MiniProgram, m.Page = in.MiniProgram.AppID, in.MiniProgram.PagePath
	}
	if in.ClientMsgID != "" {
		s.dedupe.put(c.now, key, m.MsgID)
	}
	return m.MsgID, s.take(u, m), nil
}

// take accepts a message for a user and makes its receipt. Needs s.mu.
func (s *Sim) take(u *user, m Message) *Receipt {
	s.stats.Accepted++
	receipt := &Receipt{AppID: m.AppID, OpenID: u.OpenID, MsgID: m.MsgID, Status: StatusSuccess, At: m.At}
	if u.outcome != "" {
		receipt.Status = u.outcome
	}
	if receipt.Status != StatusSuccess {
		return receipt
	}
	if m.ClientMsgID != "" && slices.ContainsFunc(u.messages, func(old Message) bool { return old.ClientMsgID == m.ClientMsgID }) {
		s.stats.Repeated++
	}
	s.show(u, m)
	return receipt
}

// template finds a template that may be used. Needs s.mu.
func (a *account) template(id string) (Template, *apiError) {
	if id == "" || len(id) > maxTemplateIDSize {
		return Template{}, refuse(errTemplateIDSize)
	}
	t := a.templates[id]
	if t == nil {
		return Template{}, refuse(errTemplateID)
	}
	if t.banned {
		return Template{}, refuse(errTemplateBanned)
	}
	return t.Template, nil
}

// reachable says why a 服务号 can't message a user, nil if it can. Needs s.mu.
func (u *user) reachable() *apiError {
	switch {
	case !u.Subscribed:
		return refuse(errNotFollowing)
	case u.blacklisted:
		return refuse(errBlacklisted)
	case u.blocked:
		return refuse(errRefused)
	}
	return nil
}

type templateEntry struct {
	TemplateID      string `json:"template_id"`
	Title           string `json:"title"`
	PrimaryIndustry string `json:"primary_industry"`
	DeputyIndustry  string `json:"deputy_industry"`
	Content         string `json:"content"`
	Example         string `json:"example"`
}

// listTemplates is GET /cgi-bin/template/get_all_private_template.
func (s *Sim) listTemplates(c *call) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]templateEntry, 0, len(c.app.order))
	for _, id := range c.app.order {
		t := c.app.templates[id]
		var content strings.Builder
		for _, k := range t.Keywords {
			content.WriteString(k.Name + ":{{" + k.Key + ".DATA}}\n")
		}
		list = append(list, templateEntry{TemplateID: t.ID, Title: t.Title, Content: content.String()})
	}
	return map[string]any{"template_list": list}, nil
}

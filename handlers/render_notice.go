package handlers

import (
	"fmt"
	"strings"
	"time"

	"shixi/acts"
	"shixi/store"
	"shixi/wxmsg"
)

// Notice is an in-app notice (站内消息).
type Notice struct {
	ID          string    `json:"id" doc:"消息编号" example:"psh_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Kind        string    `json:"kind" doc:"消息种类" example:"application"`
	KindLabel   string    `json:"kindLabel" doc:"消息种类名称" example:"签约申请"`
	Text        string    `json:"text" doc:"内容" example:"卢晓东（郑州市某职业学校 电子技术应用）报名了岗位「web前端工程师」，请尽快处理"`
	At          time.Time `json:"at" doc:"时间" example:"2026-11-23T12:00:00+08:00"`
	Unread      bool      `json:"unread" doc:"是否未读" example:"true"`
	ReadAt      time.Time `json:"readAt,omitzero" doc:"已读时间；未读时不出现" example:"2026-11-23T12:05:00+08:00"`
	PlacementID string    `json:"placementId,omitempty" doc:"相关的报名记录" example:"plc_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	PositionID  string    `json:"positionId,omitempty" doc:"相关的岗位" example:"pos_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
}

// NoticePage is one page of notices.
type NoticePage struct {
	Items  []Notice `json:"items" doc:"本页的消息，从新到旧"`
	Next   string   `json:"next,omitempty" doc:"下一页的 after；最后一页时不出现"`
	Unread int      `json:"unread" maximum:"100" doc:"未读条数，至多数到 100" example:"3"`
}

// ReadCount is how many notices became read.
type ReadCount struct {
	Read int `json:"read" doc:"新标为已读的条数" example:"2"`
}

// Delivery is what became of one message to one person.
type Delivery struct {
	ID         string            `json:"id" doc:"消息编号" example:"psh_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Kind       string            `json:"kind" doc:"消息种类" example:"application"`
	KindLabel  string            `json:"kindLabel" doc:"消息种类名称" example:"签约申请"`
	Recipient  string            `json:"recipient,omitempty" doc:"收件人；已离开企业的不出现" example:"王经理"`
	State      string            `json:"state" doc:"去向" enum:"waiting,sent,delivered,refused,failed,suppressed,accepted,uncertain" example:"delivered"`
	StateLabel string            `json:"stateLabel" doc:"去向名称" example:"已送达"`
	Reason     string            `json:"reason,omitempty" doc:"未送达、或尚未送达的原因" example:"账号未绑定服务号"`
	At         time.Time         `json:"at" doc:"产生时间" example:"2026-11-23T12:00:00+08:00"`
	NextAt     time.Time         `json:"nextAt,omitzero" doc:"何时（再次）发送；只在待发送时出现" example:"2026-11-24T07:00:00+08:00"`
	ReceiptAt  time.Time         `json:"receiptAt,omitzero" doc:"微信回执时间；尚无回执时不出现" example:"2026-11-23T12:00:02+08:00"`
	Attempts   []DeliveryAttempt `json:"attempts" doc:"每次发送，从早到晚"`
}

// DeliveryAttempt is one call to WeChat.
type DeliveryAttempt struct {
	At    time.Time `json:"at" doc:"时间" example:"2026-11-23T12:00:01+08:00"`
	Code  *int      `json:"code,omitempty" doc:"微信返回码，0 为成功；没有得到应答时不出现" example:"0"`
	Label string    `json:"label" doc:"结果" example:"成功"`
}

func renderNotice(p *store.Push) (Notice, error) {
	words, err := acts.Message(p)
	if err != nil {
		return Notice{}, fmt.Errorf("render notice %s: %w", p.ID, err)
	}
	return Notice{ID: p.ID, Kind: p.Kind, KindLabel: words["label"], Text: words["text"], At: local(p.CreatedAt),
		Unread: p.Unread, ReadAt: local(p.ReadAt), PlacementID: p.PlacementID, PositionID: p.PositionID}, nil
}

func renderTrail(trail []acts.Delivery) []Delivery {
	out := make([]Delivery, len(trail))
	for i, d := range trail {
		rule, _ := acts.PushRuleOf(d.Kind)
		out[i] = Delivery{ID: d.ID, Kind: d.Kind, KindLabel: rule.Label, Recipient: d.Recipient, State: d.State,
			StateLabel: deliveryLabel(d.State), Reason: deliveryReason(d.Reason), At: local(d.CreatedAt), ReceiptAt: local(d.ReceiptAt),
			Attempts: make([]DeliveryAttempt, len(d.Attempts))}
		if d.State == store.PushWaiting {
			out[i].NextAt = local(d.Next)
		}
		for n, attempt := range d.Attempts {
			out[i].Attempts[n] = renderAttempt(attempt)
		}
	}
	return out
}

// renderAttempt tells a call that got no answer from one that succeeded: the
// row has code 0 for both.
func renderAttempt(a store.Attempt) DeliveryAttempt {
	out := DeliveryAttempt{At: local(a.At), Code: &a.Code, Label: "成功"}
	switch info, known := wxmsg.LookupCode(a.Code); {
	case a.Class == "":
	case wxmsg.Class(a.Class) == wxmsg.Ambiguous:
		out.Code, out.Label = nil, "没有得到微信的应答，结果不明"
	case a.Code == 0:
		out.Code, out.Label = nil, "消息未能提交微信"
	case known:
		out.Label = info.Meaning
	default:
		out.Label = "微信返回未知错误"
	}
	return out
}

// deliveryReason is why a message did not arrive, in the words of the rows but
// for the one that names another row.
func deliveryReason(reason string) string {
	if strings.HasPrefix(reason, "merged:") {
		return "已合并到另一条消息"
	}
	return reason
}

// deliveryLabel names the states of design.md §4.
func deliveryLabel(state string) string {
	switch state {
	case store.PushWaiting:
		return "待发送"
	case store.PushSent:
		return "已发出，等待回执"
	case store.PushDelivered:
		return "已送达"
	case store.PushRefused:
		return "用户拒收"
	case store.PushFailed:
		return "发送失败"
	case store.PushSuppressed:
		return "未单独发送"
	case store.PushAccepted:
		return "已发出，无回执"
	default:
		return "结果不明"
	}
}

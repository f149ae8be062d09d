package acts

import (
	"context"
	"fmt"
	"strings"
	"time"

	"shixi/store"
)

// Why a push ended as it did, where WeChat gave no errcode: what the delivery
// trail shows.
const (
	ReasonRemoved    = "账号已移除"
	ReasonUnbound    = "账号未绑定服务号"
	ReasonUnfollowed = "用户已取消关注服务号"
	ReasonBlocked    = "用户拒收消息"
	ReasonNoAnswer   = "未收到微信的答复，消息可能已发出"
	ReasonOffline    = "暂时无法连接微信"
	ReasonTooLate    = "超过发送时限"
)

// Receipt takes TEMPLATESENDJOBFINISH: what became of the message that WeChat
// accepted under msgID, sent to openID. It may come before the send's answer,
// twice, or for a message that is not ours; at is when it came. Errors:
// internship.ErrUnavailable, then WeChat should repeat it.
func (a *Acts) Receipt(ctx context.Context, msgID int64, openID, status string, at time.Time) error {
	state, reason := receiptState(status)
	err := a.DB.TakeReceipt(ctx, store.Receipt{
		MsgID: store.MsgIDText(msgID), OpenID: openID, Status: status, At: at, State: state, Reason: reason})
	if err != nil {
		return fmt.Errorf("acts: receipt: %w", err)
	}
	return nil
}

// receiptState is the final state that a receipt's status means. The case and
// the space after the colon vary (wechat.md §1.7).
func receiptState(status string) (state, reason string) {
	switch strings.ToLower(strings.Join(strings.Fields(status), "")) {
	case "success":
		return store.PushDelivered, ""
	case "failed:userblock":
		return store.PushRefused, ReasonBlocked
	case "failed:systemfailed":
		return store.PushFailed, "微信系统发送失败"
	case "failed:freqlimit":
		return store.PushFailed, "向该用户发送过于频繁"
	}
	return store.PushFailed, "微信未能送达"
}

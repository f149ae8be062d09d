package acts

import (
	"context"
	"fmt"
	"strings"
	"time"

	"shixi/store"
)

// Receipt records what WeChat reports of a template message that it had
// accepted (TEMPLATESENDJOBFINISH, wechat.md §1.7). msgID is decimal, status as
// it came, at the time of arrival. A receipt that overtakes its message's
// answer waits for it; one without a number says nothing.
func (a *Acts) Receipt(ctx context.Context, msgID, openID, status string, at time.Time) error {
	if msgID == "" {
		return nil
	}
	state, reason := fate(status)
	r := store.Receipt{MsgID: msgID, OpenID: openID, Status: status, At: at, State: state, Reason: reason}
	if err := a.DB.TakeReceipt(ctx, r); err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	return nil
}

// fate reads a status. The documents write it with and without spaces:
// "failed:user block", "failed: system failed".
func fate(status string) (state, reason string) {
	switch strings.ToLower(strings.Join(strings.Fields(status), "")) {
	case "success":
		return store.PushDelivered, ""
	case "failed:userblock":
		return store.PushRefused, "用户拒收"
	case "failed:freqlimit":
		return store.PushFailed, "发送过于频繁"
	default:
		return store.PushFailed, "微信发送失败"
	}
}

package handlers

import (
	"context"
	"strconv"
	"time"

	"shixi/acts"
	"shixi/internship"
	"shixi/wxmsg"
)

// What the person reads in WeChat after scanning a binding code.
const (
	boundText    = "绑定成功，学生报名、签约等消息今后会发送到这里。"
	staleText    = "二维码已失效或已被使用，请刷新后重新扫码。"
	notBoundText = "绑定未成功，请重新获取绑定二维码后再扫一次。"
)

// followers is what the events of the 服务号 change.
type followers interface {
	// Scanned does what a scanned code is for.
	Scanned(ctx context.Context, openID, scene string) (acts.Scan, error)
	Followed(ctx context.Context, openID string) error
	Unfollowed(ctx context.Context, openID string) error
	Receipt(ctx context.Context, msgID int64, openID, status string, at time.Time) error
}

// serviceAccountEvents says what an event of the 服务号 changes. Messages,
// menu clicks and unknown events change nothing and reach no database.
func serviceAccountEvents(f followers, now func() time.Time, link func(qr string) string) func(*wxmsg.Inbound) effect {
	return func(in *wxmsg.Inbound) effect {
		if in.FromUser == "" {
			return nil
		}
		switch in.Event {
		case wxmsg.EventSubscribe, wxmsg.EventScan:
			if scene, ok := in.Scene(); ok {
				return func(ctx context.Context) (string, error) { return scanned(ctx, f, in.FromUser, scene, link) }
			}
			return wordless(func(ctx context.Context) error { return f.Followed(ctx, in.FromUser) })
		case wxmsg.EventUnsubscribe:
			return wordless(func(ctx context.Context) error { return f.Unfollowed(ctx, in.FromUser) })
		case wxmsg.EventJobFinish:
			id, err := strconv.ParseInt(in.MsgID, 10, 64)
			if err != nil {
				return nil // no message of ours is meant
			}
			// The time of arrival, not the event's: that one has whole seconds
			// only and would lie before the send it reports on.
			return wordless(func(ctx context.Context) error { return f.Receipt(ctx, id, in.FromUser, in.Status, now()) })
		}
		return nil
	}
}

// miniProgramEvents: none of the mini-program's events changes anything yet.
func miniProgramEvents(*wxmsg.Inbound) effect { return nil }

// scanned tells the person who scanned what came of it.
func scanned(ctx context.Context, f followers, openID, scene string, link func(qr string) string) (string, error) {
	scan, err := f.Scanned(ctx, openID, scene)
	switch {
	case err != nil && settled(err):
		return notBoundText, nil
	case err != nil:
		return "", err
	}
	return scanText(scan, link), nil
}

// scanText is the reply to a scan. What is to be confirmed is confirmed on a
// page, where WeChat tells who holds the phone, and where the person sees what
// for.
func scanText(scan acts.Scan, link func(qr string) string) string {
	to := link(scan.QR)
	switch scan.Outcome {
	case acts.ScanBound:
		return boundText
	case acts.ScanTaken:
		return internship.ErrWechatTaken.Detail
	case acts.ScanStale:
		return staleText
	case acts.ScanConfirm:
		if to == "" {
			return "暂不能扫码登录，请用账号和密码登录。"
		}
		return "有人要用这个二维码登录您的企业账号。如是您本人，请<a href=\"" + to + "\">点此确认登录</a>；如不是，请不要理会，或点开后选择「不是我」。"
	case acts.ScanLogIn:
		text := "已扫码。该微信尚未绑定企业账号，请在显示二维码的页面上登录一次，登录后自动绑定。"
		if to != "" {
			text += "如不是您本人的操作，请<a href=\"" + to + "\">点此拒绝</a>。"
		}
		return text
	}
	return ""
}

// wordless is an effect without anything to say. What can't be changed any more
// is done with.
func wordless(do func(ctx context.Context) error) effect {
	return func(ctx context.Context) (string, error) {
		if err := do(ctx); err != nil && !settled(err) {
			return "", err
		}
		return "", nil
	}
}

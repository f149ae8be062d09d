package handlers

import (
	"context"
	"errors"
	"strconv"
	"time"

	"shixi/internship"
	"shixi/wxmsg"
)

// What the person reads in WeChat after scanning a binding code.
const (
	boundText    = "绑定成功，学生报名、签约等消息今后会发送到这里。"
	notBoundText = "绑定未成功，请重新获取绑定二维码后再扫一次。"
)

// followers is what the events of the 服务号 change.
type followers interface {
	// Scanned binds the follower who scanned a binding code and says whether.
	Scanned(ctx context.Context, openID, scene string) (bool, error)
	Followed(ctx context.Context, openID string) error
	Unfollowed(ctx context.Context, openID string) error
	Receipt(ctx context.Context, msgID int64, openID, status string, at time.Time) error
}

// serviceAccountEvents says what an event of the 服务号 changes. Messages,
// menu clicks and unknown events change nothing and reach no database.
func serviceAccountEvents(acts followers, now func() time.Time) func(*wxmsg.Inbound) effect {
	return func(in *wxmsg.Inbound) effect {
		if in.FromUser == "" {
			return nil
		}
		switch in.Event {
		case wxmsg.EventSubscribe, wxmsg.EventScan:
			if scene, ok := in.Scene(); ok {
				return func(ctx context.Context) (string, error) { return scanned(ctx, acts, in.FromUser, scene) }
			}
			return wordless(func(ctx context.Context) error { return acts.Followed(ctx, in.FromUser) })
		case wxmsg.EventUnsubscribe:
			return wordless(func(ctx context.Context) error { return acts.Unfollowed(ctx, in.FromUser) })
		case wxmsg.EventJobFinish:
			id, err := strconv.ParseInt(in.MsgID, 10, 64)
			if err != nil {
				return nil // no message of ours is meant
			}
			// The time of arrival, not the event's: that one has whole seconds
			// only and would lie before the send it reports on.
			return wordless(func(ctx context.Context) error { return acts.Receipt(ctx, id, in.FromUser, in.Status, now()) })
		}
		return nil
	}
}

// miniProgramEvents: none of the mini-program's events changes anything yet.
func miniProgramEvents(*wxmsg.Inbound) effect { return nil }

// scanned tells the person who scanned whether the binding worked.
func scanned(ctx context.Context, acts followers, openID, scene string) (string, error) {
	bound, err := acts.Scanned(ctx, openID, scene)
	switch {
	case errors.Is(err, internship.ErrWechatTaken):
		return internship.ErrWechatTaken.Detail, nil
	case err != nil && settled(err):
		return notBoundText, nil
	case err == nil && bound:
		return boundText, nil
	}
	return "", err
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

package tasks

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"strconv"
	"time"

	"shixi/acts"
	"shixi/store"
	"shixi/wxmsg"
)

const (
	// attemptsKept is how many calls a row remembers.
	attemptsKept = 20
	// retryFirst and retryMost bound the growing pause between two attempts.
	retryFirst = 2 * time.Second
	retryMost  = time.Minute
	// offlineMost is the longest pause while WeChat can't be reached at all.
	offlineMost = 5 * time.Minute
	// paceMost is the longest pause after "too fast": minutes to hours
	// (wechat.md §1.5, 43117).
	paceMost = 2 * time.Hour
	// quotaSpread is the time over which the messages leave that waited for the
	// reset of the daily quota.
	quotaSpread = 5 * time.Minute
)

// classOf is the class of an error of a Sender. One that is none of wxmsg's
// tells nothing, so the message may have been sent.
func classOf(err error) wxmsg.Class {
	if _, ok := errors.AsType[*wxmsg.Error](err); err != nil && !ok {
		return wxmsg.Ambiguous
	}
	return wxmsg.ClassOf(err)
}

// answered turns WeChat's answer into the row's next state (design.md §4,
// wechat.md §1.5).
func (d *delivery) answered(ctx context.Context, sent wxmsg.Sent, err error) {
	p, now := d.push, d.DB.Now()
	class := classOf(err)
	e := d.record(class, err)
	switch class {
	case "":
		d.end(store.PushSent, "")
		p.SentAt, p.Doubt = now, false
		if sent.MsgID != 0 {
			p.MsgID = store.MsgIDText(sent.MsgID)
		}
	case wxmsg.Refused:
		d.settle(store.PushRefused, reasonOf(e))
	case wxmsg.Ambiguous:
		p.Doubt = true
		d.wait(now.Add(d.pause(e, retryMost)), "retry", acts.ReasonNoAnswer)
	case wxmsg.Transient, wxmsg.Token:
		if !e.Started && class == wxmsg.Transient {
			d.unsent()
		}
		d.wait(now.Add(d.pause(e, retryMost)), "retry", reasonOf(e))
	case wxmsg.NotSent:
		d.unsent()
		d.wait(now.Add(d.pause(e, offlineMost)), "retry", acts.ReasonOffline)
	case wxmsg.Pace:
		d.unsent()
		d.wait(now.Add(d.pause(e, paceMost)), "paced", reasonOf(e))
	case wxmsg.Quota:
		d.quota(ctx, now, e)
	default: // Template, Payload, Config, Unknown: a person must look
		d.alarm(ctx, e)
		d.fail(reasonOf(e))
	}
}

// record adds the call to the row's attempts. It returns an error to read from
// even when there is none.
func (d *delivery) record(class wxmsg.Class, err error) *wxmsg.Error {
	e, ok := errors.AsType[*wxmsg.Error](err)
	if !ok {
		e = &wxmsg.Error{Class: class, Started: true}
	}
	code := strconv.Itoa(e.Code)
	if err != nil && e.Code == 0 {
		code = "none"
	}
	d.metrics.codes.WithLabelValues(code).Inc()
	d.push.Attempts = append(d.push.Attempts, store.Attempt{At: d.calledAt, Code: e.Code, Class: string(class), RID: e.RID})
	d.push.Attempts = d.push.Attempts[max(0, len(d.push.Attempts)-attemptsKept):]
	return e
}

// pause grows with the attempts that ended alike, from what WeChat asks for or
// 2 s, doubling up to a limit.
func (d *delivery) pause(e *wxmsg.Error, most time.Duration) time.Duration {
	alike := 0
	for i := len(d.push.Attempts) - 1; i >= 0 && d.push.Attempts[i].Class == string(e.Class); i-- {
		alike++
	}
	first := max(retryFirst, e.RetryAfter)
	return max(e.RetryAfter, min(most, first<<min(max(0, alike-1), 10)))
}

// quota stops the messages of all replicas until the reset. WeChat refused, so
// the push is as if never tried, unless an earlier attempt is in doubt.
func (d *delivery) quota(ctx context.Context, now time.Time, e *wxmsg.Error) {
	reset := quotaReset(now)
	if err := d.pacer.stop(ctx, now, reset); err != nil {
		d.alarms.ring(ctx, slog.LevelWarn, "pacing", "the quota breaker can't be shared", slog.Any("error", err))
	}
	d.alarm(ctx, e)
	d.unsent()
	d.push.Reason = reasonOf(e)
	d.hold(d.afterReset(reset).Add(heldBehind), "quota")
}

// unsent takes back that an attempt may have reached WeChat, unless an earlier
// one may have.
func (d *delivery) unsent() {
	if !d.push.Doubt {
		d.push.FirstAt = time.Time{}
	}
}

// hold lets the push wait for company: others may be merged into it.
func (d *delivery) hold(until time.Time, outcome string) {
	d.push.Held = d.push.Held || !d.push.Doubt
	d.wait(until, outcome, d.push.Reason)
}

// wait puts the next attempt off, or ends the push when that were too late. An
// attempt that made no call leaves no trace of one.
func (d *delivery) wait(next time.Time, outcome, reason string) {
	p := d.push
	if d.fresh && d.calledAt.IsZero() {
		p.FirstAt = time.Time{}
	}
	p.Reason = reason
	if !p.FirstAt.IsZero() && next.Sub(p.FirstAt) > pushWindow || next.Sub(p.CreatedAt) > pushLife {
		d.giveUp()
		return
	}
	p.State, p.Next, d.outcome = store.PushWaiting, next, outcome
}

// giveUp ends a push that can't be tried again: uncertain when a message may
// have been sent, failed otherwise.
func (d *delivery) giveUp() {
	switch {
	case d.push.Doubt:
		d.end(store.PushUncertain, acts.ReasonNoAnswer)
	case d.push.Reason != "":
		d.end(store.PushFailed, d.push.Reason)
	default:
		d.end(store.PushFailed, acts.ReasonTooLate)
	}
}

// fail ends a push that no repetition mends.
func (d *delivery) fail(reason string) { d.settle(store.PushFailed, reason) }

// settle ends a push by a refusal, WeChat's or ours. It refuses this attempt
// only: what came of an earlier one whose answer was lost stays unknown.
func (d *delivery) settle(state, reason string) {
	if d.push.Doubt {
		state, reason = store.PushUncertain, acts.ReasonNoAnswer+";"+reason
	}
	d.end(state, reason)
}

func (d *delivery) end(state, reason string) {
	d.push.State, d.push.Reason, d.outcome = state, reason, state
}

// giveBack leaves the row for another attempt after a fault of ours before the
// call.
func (d *delivery) giveBack(ctx context.Context, err error) {
	d.alarms.ring(ctx, slog.LevelWarn, "prepare", "a push could not be prepared; it is tried again",
		slog.String("push", d.push.ID), slog.Any("error", err))
	d.wait(d.DB.Now().Add(retryFirst), "retry", d.push.Reason)
}

// alarm tells an operator of an answer that needs one, once a minute per code.
func (d *delivery) alarm(ctx context.Context, e *wxmsg.Error) {
	d.alarms.ring(ctx, slog.LevelError, "errcode:"+strconv.Itoa(e.Code), "WeChat refuses messages for a reason an operator must mend",
		slog.Int("errcode", e.Code), slog.String("class", string(e.Class)), slog.String("kind", d.push.Kind),
		slog.String("push", d.push.ID), slog.String("rid", e.RID), slog.Any("error", e))
}

// reasonOf is what the row says of a refusal: errcode and its Chinese meaning.
func reasonOf(e *wxmsg.Error) string {
	meaning := "微信返回未知错误"
	if info, ok := wxmsg.LookupCode(e.Code); ok {
		meaning = info.Meaning
	}
	switch {
	case e.Code == 0:
		return "消息未能提交微信"
	case e.Field != "":
		return fmt.Sprintf("%d %s(%s)", e.Code, meaning, e.Field)
	}
	return fmt.Sprintf("%d %s", e.Code, meaning)
}

// afterReset is when the recipient's messages of the kind leave after the reset
// of the quota: all at one moment, so that one takes the others along, but not
// at that of other recipients.
func (d *delivery) afterReset(reset time.Time) time.Time {
	h := fnv.New32a()
	_, _ = h.Write([]byte(d.push.AccountID + ":" + d.push.Kind)) // never fails
	return reset.Add(quotaSpread * time.Duration(h.Sum32()%1000) / 1000)
}

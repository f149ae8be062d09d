package tasks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"shixi/acts"
	"shixi/internship"
	"shixi/sms"
	"shixi/store"
)

const (
	// smsRetryFirst and smsRetryMost bound the doubling pause between two calls.
	smsRetryFirst = 2 * time.Second
	smsRetryMost  = 10 * time.Minute
	// smsShare of the workers may send text messages at once, one at least: a
	// provider that hangs must not hold up everything else.
	smsShare = 2
	// smsPlace is how long a worker waits for such a place before it leaves the
	// row to the sweeper.
	smsPlace = time.Second
)

// Reasons of a text message's end or wait, beside those of the provider.
const (
	reasonSMSLate     = "超过有效时间，未发送"
	reasonSMSCut      = "发送时进程中断，不知是否已发出"
	reasonSMSUnknown  = "没有这种短信，或内容无法读取"
	reasonSMSProvider = "尚未配置短信服务商"
)

// noSMS stands in for a provider where none is set: messages wait as long as
// they are worth sending, in case an operator sets one.
type noSMS struct{}

func (noSMS) Send(context.Context, sms.Message) (sms.Receipt, error) {
	return sms.Receipt{}, &sms.Error{Provider: "none", Class: sms.NotSent}
}

// sms serves one row: claim, one call, outcome. An error says that no outcome
// could be written; the claim then runs out, and a row whose call had begun is
// not sent again.
func (w *Worker) sms(ctx context.Context, id string) error {
	select {
	case w.texting <- struct{}{}:
		defer func() { <-w.texting }()
	case <-time.After(smsPlace):
		w.alarms.ring(ctx, slog.LevelWarn, "sms:crowded", "text messages wait: all workers that may send them are busy")
		return nil // nobody has claimed the row: the sweeper wakes again
	}
	row, err := w.DB.ClaimSMS(ctx, id, w.Owner, w.ClaimFor)
	if errors.Is(err, internship.ErrNotFound) {
		return nil // done, not due yet, or someone else's
	}
	if err != nil {
		return fmt.Errorf("tasks: sms: %w", err)
	}
	w.metrics.observeWait(queueSMS, row.Next, w.DB.Now())
	if err := w.reach(failSMSClaimed); err != nil {
		return err
	}
	t := &texting{Worker: w, row: row}
	switch err := t.attempt(ctx); {
	case errors.Is(err, errLost):
		w.metrics.lost.WithLabelValues(store.SMSRows).Inc()
		return nil
	case err != nil:
		return err
	}
	return t.save(context.WithoutCancel(ctx))
}

// texting is one attempt at one text message.
type texting struct {
	*Worker
	row *store.SMS
	// tries is how many calls it is worth.
	tries int
	// outcome names what became of the attempt, for the metrics.
	outcome string
}

// attempt decides what becomes of the row and leaves it in its fields. An error
// means that nothing was decided.
func (t *texting) attempt(ctx context.Context) error {
	if !t.sendable(ctx) {
		return nil
	}
	mine, err := t.DB.StartSMS(ctx, t.row)
	if err != nil {
		t.unsent()
		t.wait(t.DB.Now().Add(smsRetryFirst), "retry", t.row.Reason)
		return nil // no call was made: the row waits
	}
	if !mine {
		return errLost
	}
	if err := t.reach(failSMSStarted); err != nil {
		return err
	}
	left := t.row.ClaimedUntil.Add(-callReserve).Sub(t.DB.Now())
	if left <= 0 {
		t.unsent()
		t.wait(t.DB.Now(), "late", t.row.Reason)
		return nil
	}
	callCtx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	began := time.Now()
	receipt, err := t.SMS.Send(callCtx, sms.Message{ID: t.row.ID, Mobile: t.row.Mobile, Kind: t.row.Kind, Params: t.row.Params})
	t.metrics.texting.WithLabelValues(string(sms.ClassOf(err))).Observe(time.Since(began).Seconds())
	if err := t.reach(failSMSSent); err != nil {
		return err
	}
	t.answered(ctx, receipt, err)
	return nil
}

// sendable says whether a call may be made, and ends the row where not.
func (t *texting) sendable(ctx context.Context) bool {
	row := t.row
	kind, known := acts.TextOf(row.Kind)
	t.tries = kind.Tries
	opened := t.DB.OpenSMS(row)
	switch {
	case !row.Started.IsZero():
		t.end(store.SMSUncertain, reasonSMSCut)
	case !t.DB.Now().Before(row.Expires):
		t.end(store.SMSExpired, cmp.Or(row.Reason, reasonSMSLate))
	case !known || opened != nil:
		t.alarms.ring(ctx, slog.LevelError, "sms:unreadable", "a text message can't be read: is the keyset another one?",
			slog.String("sms", row.ID), slog.String("kind", row.Kind), slog.Any("error", opened))
		t.end(store.SMSFailed, reasonSMSUnknown)
	default:
		return true
	}
	return false
}

// answered turns the provider's answer into the row's next state.
func (t *texting) answered(ctx context.Context, receipt sms.Receipt, err error) {
	now := t.DB.Now()
	e, ok := errors.AsType[*sms.Error](err)
	if !ok {
		e = &sms.Error{Class: sms.ClassOf(err), Request: receipt.Request}
	}
	t.row.Attempts = append(t.row.Attempts, store.SMSAttempt{At: t.row.Started, Code: e.Code, Class: string(e.Class), Request: e.Request})
	t.row.Attempts = t.row.Attempts[max(0, len(t.row.Attempts)-attemptsKept):]
	switch e.Class {
	case "":
		t.row.SentAt, t.row.Receipt = now, receipt.ID
		t.end(store.SMSSent, "")
	case sms.Quota:
		if e.Account {
			t.alarm(ctx, e)
		}
		t.unsent()
		t.wait(now.Add(max(e.RetryAfter, t.pause())), "quota", reasonOfSMS(e))
	case sms.NotSent:
		t.alarm(ctx, e)
		t.unsent()
		t.wait(now.Add(t.pause()), "retry", reasonOfSMS(e))
	case sms.Number:
		t.end(store.SMSFailed, reasonOfSMS(e))
	case sms.Config:
		t.alarm(ctx, e)
		t.end(store.SMSFailed, reasonOfSMS(e))
	default:
		t.end(store.SMSUncertain, reasonOfSMS(e))
	}
}

// reasonOfSMS is what the row says of a failure: code and Chinese meaning.
func reasonOfSMS(e *sms.Error) string {
	switch {
	case e.Provider == "none":
		return reasonSMSProvider
	case e.Code != "":
		return e.Code + " " + e.Meaning()
	}
	return e.Meaning()
}

// made is how many attempts there were, since an operator's retry if there was
// one.
func (t *texting) made() int { return t.row.Attempt - t.row.Retried }

// pause doubles with each attempt.
func (t *texting) pause() time.Duration {
	return min(smsRetryMost, smsRetryFirst<<min(t.made()-1, 10))
}

// unsent takes back that a call may have got through.
func (t *texting) unsent() { t.row.Started = time.Time{} }

// wait puts the next attempt off, or ends the row when that were too late or
// once too often.
func (t *texting) wait(next time.Time, outcome, reason string) {
	row := t.row
	row.Reason = reason
	if !next.Before(row.Expires) || t.made() >= t.tries {
		t.end(store.SMSFailed, cmp.Or(reason, reasonSMSLate))
		return
	}
	row.State, row.Next, t.outcome = store.SMSWaiting, next, outcome
}

func (t *texting) end(state, reason string) {
	t.row.State, t.row.Reason, t.outcome = state, reason, state
}

// alarm tells an operator of an answer that needs one, once a minute per code.
func (t *texting) alarm(ctx context.Context, e *sms.Error) {
	level := slog.LevelError
	if e.Class == sms.NotSent && e.Provider != "none" {
		level = slog.LevelWarn
	}
	t.alarms.ring(ctx, level, "sms:"+cmp.Or(e.Code, string(e.Class)), "text messages can't be sent: "+reasonOfSMS(e),
		slog.String("kind", t.row.Kind), slog.String("sms", t.row.ID), slog.Any("error", e))
}

// save writes the outcome, if the row is still this worker's.
func (t *texting) save(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, saveTimeout)
	defer cancel()
	mine, err := insist(ctx, func() (bool, error) { return t.DB.SaveSMS(ctx, t.row) })
	if err != nil {
		return fmt.Errorf("tasks: sms: %w", err)
	}
	if err := t.reach(failSMSSaved); err != nil {
		return err
	}
	if !mine {
		t.metrics.lost.WithLabelValues(store.SMSRows).Inc()
		return nil
	}
	t.metrics.texts.WithLabelValues(t.row.Kind, t.outcome).Inc()
	if t.row.State != store.SMSSent && t.row.State != store.SMSWaiting {
		t.Log.WarnContext(ctx, "a text message was not sent, or nobody knows whether it was", slog.String("sms", t.row.ID), slog.String("kind", t.row.Kind),
			slog.String("to", internship.MaskMobile(t.row.Mobile)), slog.String("state", t.row.State), slog.String("reason", t.row.Reason))
	}
	return nil
}

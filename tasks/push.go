package tasks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
	"shixi/wxmsg"
)

const (
	// pushWindow is how long after the first attempt another may start: WeChat
	// recognises a repeated message for 10 minutes (wechat.md §1.1), and the
	// last call needs time to arrive.
	pushWindow = 9 * time.Minute
	// pushLife is how long a message that never could be sent is worth sending.
	pushLife = 48 * time.Hour
	// heldBehind is how much later than the first one the others of a held burst
	// are looked at: by then it has taken them along. Those that are served at
	// the very moment it does can't be taken and wait for another burst.
	heldBehind = 10 * time.Second
	// saveTimeout bounds the writing of an outcome.
	saveTimeout = 10 * time.Second
)

// push serves one row: claim, one attempt, outcome. An error says that no
// outcome could be written; the claim then runs out and the row is served again
// as one whose message may have been sent.
func (w *Worker) push(ctx context.Context, id string) error {
	p, fresh, err := w.DB.ClaimPush(ctx, id, w.Owner, w.ClaimFor)
	if errors.Is(err, internship.ErrNotFound) {
		return nil // done, not due yet, or someone else's
	}
	if err != nil {
		return fmt.Errorf("tasks: push: %w", err)
	}
	w.metrics.observeWait(p.Urgency, p.Next, w.DB.Now())
	if err := w.reach(failPushClaimed); err != nil {
		return err
	}
	d := &delivery{Worker: w, push: p, fresh: fresh}
	switch err := d.attempt(ctx); {
	case errors.Is(err, errLost):
		w.metrics.lost.WithLabelValues("pushes").Inc()
		return nil
	case err != nil:
		return err
	}
	return d.save(context.WithoutCancel(ctx))
}

// errLost: another worker took the row over meanwhile.
var errLost = errors.New("tasks: the claim was lost")

// delivery is one attempt at one push.
type delivery struct {
	*Worker
	push *store.Push
	// fresh: no attempt before this one can have reached WeChat, so the push may
	// still be held, and without a call it stays as if never tried.
	fresh bool
	// calledAt is when this attempt's call began; zero before.
	calledAt time.Time
	// outcome names what became of the attempt, for the metrics.
	outcome string
}

// attempt decides what becomes of the push and leaves it in the row's fields.
// An error means that nothing was decided.
func (d *delivery) attempt(ctx context.Context) error {
	if d.overdue() {
		return nil
	}
	account, err := d.DB.Accounts.Get(ctx, d.push.AccountID)
	if err != nil && !errors.Is(err, internship.ErrNotFound) {
		d.giveBack(ctx, err)
		return nil
	}
	if err := d.reach(failPushAccount); err != nil {
		return err
	}
	if !d.allowed(account) {
		return nil
	}
	l := d.ask(ctx)
	if err := d.reach(failPushPaced); err != nil {
		return err
	}
	if !d.granted(ctx, l) {
		return nil
	}
	ready, err := d.prepare(ctx, account.Follower.OpenID, l.held > 0)
	if err != nil || !ready {
		return err
	}
	return d.call(ctx)
}

// overdue ends a push whose time is over, without a call.
func (d *delivery) overdue() bool {
	now := d.DB.Now()
	switch {
	case !d.fresh && now.Sub(d.push.FirstAt) > pushWindow, now.Sub(d.push.CreatedAt) > pushLife:
		d.giveUp()
		return true
	}
	return false
}

// allowed says whether the recipient can still be told, and ends the push
// where not. account is nil when it does not exist.
func (d *delivery) allowed(account *internship.Account) bool {
	switch {
	case account == nil || account.State == internship.AccountRemoved:
		d.settle(store.PushSuppressed, acts.ReasonRemoved)
	case account.Follower == nil:
		d.settle(store.PushSuppressed, acts.ReasonUnbound)
	case account.Follower.Gone:
		d.settle(store.PushRefused, acts.ReasonUnfollowed)
	case d.push.Doubt && d.push.OpenID != "" && d.push.OpenID != account.Follower.OpenID:
		d.giveUp() // another follower's phone would not recognise the repetition
	default:
		return true
	}
	return false
}

// ask asks for leave by one script. Without Redis there is no pacing, but a
// message still leaves.
func (d *delivery) ask(ctx context.Context) leave {
	now := d.DB.Now()
	var quiet time.Time
	if d.push.Urgency != acts.Danger {
		quiet = d.Quiet.until(now)
	}
	l, err := d.pacer.ask(ctx, d.push.ID, d.push.AccountID, d.push.Kind, now, d.fresh, quiet)
	if err == nil {
		return l
	}
	d.alarms.ring(ctx, slog.LevelWarn, "pacing", "messages leave without pacing", slog.Any("error", err))
	if d.fresh && !quiet.IsZero() {
		return leave{verdict: verdictHeld, until: quiet}
	}
	return leave{verdict: verdictGo}
}

// granted waits for a short turn, and puts the push off for a long one.
func (d *delivery) granted(ctx context.Context, l leave) bool {
	switch l.verdict {
	case verdictHeld:
		d.hold(l.behind(l.until), "held")
	case verdictQuota:
		d.hold(l.behind(d.afterReset(l.until)), "quota")
	case verdictPace:
		d.wait(d.DB.Now().Add(l.wait), "paced", d.push.Reason)
	default:
		if sleep(ctx, l.wait) {
			return true
		}
		d.giveBack(ctx, ctx.Err())
	}
	return false
}

// sleep waits in real time; false when ctx ended first.
func sleep(ctx context.Context, wait time.Duration) bool {
	if wait <= 0 {
		return true
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// prepare counts what the message stands for and notes in the row to whom the
// call goes and for how many events, where that is news. False: the row was
// given back.
func (d *delivery) prepare(ctx context.Context, openID string, others bool) (bool, error) {
	p := d.push
	count, err := d.count(ctx, others)
	if err != nil {
		d.giveBack(ctx, err)
		return false, nil
	}
	if err := d.reach(failPushAbsorbed); err != nil {
		return false, err
	}
	if p.OpenID == openID && max(1, p.Count) == count {
		return true, nil
	}
	p.OpenID, p.Count = openID, count
	mine, err := d.DB.NotePush(ctx, p)
	if err != nil {
		d.giveBack(ctx, err)
		return false, nil
	}
	if !mine {
		return false, errLost
	}
	return true, d.reach(failPushNoted)
}

// count merges what waits for the same recipient, if this is the first attempt
// and others were held. A repetition takes nobody along: WeChat may have shown
// the message already, and what it says must stay the same.
func (d *delivery) count(ctx context.Context, others bool) (int, error) {
	switch {
	case !d.fresh:
		return d.DB.Merged(ctx, d.push)
	case d.push.Held || others:
		return d.DB.Absorb(ctx, d.push)
	}
	return max(1, d.push.Count), nil
}

// call makes the message and sends it, if it can be over before the claim is.
func (d *delivery) call(ctx context.Context) error {
	m, err := d.message()
	if err != nil {
		d.alarms.ring(ctx, slog.LevelError, "render:"+d.push.Kind, "a message can't be made: check the template file",
			slog.String("kind", d.push.Kind), slog.Any("error", err))
		d.fail("消息模板有误，无法生成消息")
		return nil
	}
	if err := d.reach(failPushReady); err != nil {
		return err
	}
	left := d.push.ClaimedUntil.Add(-callReserve).Sub(d.DB.Now())
	if left <= 0 {
		d.wait(d.DB.Now(), "late", d.push.Reason)
		return nil
	}
	callCtx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	began := time.Now()
	d.calledAt = d.DB.Now()
	sent, err := d.Sender.SendTemplate(callCtx, m)
	d.metrics.sending.WithLabelValues(string(classOf(err))).Observe(time.Since(began).Seconds())
	if err := d.reach(failPushSent); err != nil {
		return err
	}
	d.answered(ctx, sent, err)
	return nil
}

func (d *delivery) message() (wxmsg.TemplateMessage, error) {
	words, err := acts.Message(d.push)
	if err != nil {
		return wxmsg.TemplateMessage{}, err
	}
	r, err := d.Templates.Render(d.push.Kind, words)
	if err != nil {
		return wxmsg.TemplateMessage{}, err
	}
	return r.Message(d.push.OpenID, d.MiniProgramAppID, d.push.ID), nil
}

// save writes the outcome, if the row is still this worker's, and takes the
// receipt that may have overtaken the answer.
func (d *delivery) save(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, saveTimeout)
	defer cancel()
	mine, err := insist(ctx, func() (bool, error) { return d.DB.SavePush(ctx, d.push) })
	if err != nil {
		return fmt.Errorf("tasks: push: %w", err)
	}
	if err := d.reach(failPushSaved); err != nil {
		return err
	}
	if !mine {
		d.metrics.lost.WithLabelValues("pushes").Inc()
		return nil
	}
	d.metrics.pushes.WithLabelValues(d.push.Kind, d.outcome).Inc()
	if d.push.State != store.PushSent || d.push.MsgID == "" {
		return nil
	}
	if err := d.DB.FetchReceipt(ctx, d.push.MsgID); err != nil {
		d.Log.Debug("a receipt could not be looked up; the sweeper does it", slog.Any("error", err))
	}
	return nil
}

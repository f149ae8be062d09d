package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"shixi/internship"
	"shixi/wxmsg"
)

// callbackBudget is how long the work before the answer may take: WeChat hangs
// up after 5 s and asks again (wechat.md §4.1).
const callbackBudget = 4 * time.Second

// callbackKept is how long an event is remembered as done: longer than the
// signature window of 300 s and WeChat's three attempts together, so neither a
// retry nor a replay is worked on twice.
const callbackKept = time.Hour

// Dedupe remembers which callbacks are done. Its loss does no harm: what an
// event changes is idempotent.
type Dedupe interface {
	// Seen says whether the key was marked within its ttl.
	Seen(ctx context.Context, key string) (bool, error)
	// Mark remembers the key for ttl.
	Mark(ctx context.Context, key string, ttl time.Duration) error
}

// callback is the address to which WeChat posts the events of one account. The
// receiver fixes the mode; nothing in a request can choose it (wechat.md §4.2).
type callback struct {
	account  string // "oa" or "mp": its part of the dedupe keys' space
	receiver *wxmsg.Receiver
	dedupe   Dedupe
	// effect says what an event changes; nil where it changes nothing.
	effect func(*wxmsg.Inbound) effect
	budget time.Duration
	now    func() time.Time
	log    *slog.Logger
}

// callbackRoutes mounts the addresses of the accounts that are configured.
func (a *App) callbackRoutes() {
	dedupe := a.options.Dedupe
	if dedupe == nil {
		dedupe = forgetful{}
	}
	mount := func(account string, receiver *wxmsg.Receiver, effect func(*wxmsg.Inbound) effect) {
		if receiver != nil {
			b := &callback{account: account, receiver: receiver, dedupe: dedupe, effect: effect, budget: callbackBudget, now: a.acts.Now, log: a.log}
			b.mount(a.fiber, "/wx/callback/"+account)
		}
	}
	mount("oa", a.options.ServiceAccount, serviceAccountEvents(a.acts, a.acts.Now, a.qrLink))
	mount("mp", a.options.MiniProgram, miniProgramEvents)
}

// mount puts the address under a path.
func (b *callback) mount(r fiber.Router, path string) {
	r.Get(path, b.verify)
	r.Post(path, b.receive)
}

// effect stores what one event changes and gives the text to answer, "" for
// none. It is idempotent.
type effect func(ctx context.Context) (reply string, err error)

// verify answers the request by which WeChat checks the address.
func (b *callback) verify(c *fiber.Ctx) error {
	q, err := wxmsg.ParseCallbackQuery(string(c.Request().URI().QueryString()))
	if err != nil {
		return b.refuse(c, err)
	}
	echo, err := b.receiver.Verify(q)
	if err != nil {
		return b.refuse(c, err)
	}
	c.Set(fiber.HeaderContentType, "text/plain; charset=utf-8")
	return c.Status(http.StatusOK).SendString(echo)
}

// receive checks a pushed event, stores what it changes, and only then marks it
// as done and answers: an event is never lost to a crash in between, WeChat
// repeats it.
func (b *callback) receive(c *fiber.Ctx) error {
	in, err := b.open(c)
	if err != nil {
		return b.refuse(c, err)
	}
	do := b.effect(in)
	if do == nil {
		return answerEmpty(c, http.StatusOK)
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), b.budget)
	defer cancel()
	key := b.account + ":" + in.DedupeKey()
	seen, lost := b.dedupe.Seen(ctx, key)
	if seen && lost == nil {
		return answerEmpty(c, http.StatusOK)
	}
	text, err := do(ctx)
	if err != nil {
		b.log.ErrorContext(ctx, "callback not stored, WeChat will repeat it", slog.String("account", b.account), slog.String("event", in.Event), slog.Any("error", err))
		return answerEmpty(c, http.StatusInternalServerError)
	}
	if lost == nil {
		lost = b.dedupe.Mark(ctx, key, callbackKept)
	}
	if lost != nil {
		b.log.WarnContext(ctx, "callback not marked as done, a repetition is worked on again", slog.String("account", b.account), slog.Any("error", lost))
	}
	return b.answer(c, in, text)
}

// open copies what it needs out of the request: Fiber reuses its buffers for
// the next one. The body is read as it came, without the decompression that
// Fiber offers, because WeChat does not compress.
func (b *callback) open(c *fiber.Ctx) (*wxmsg.Inbound, error) {
	q, err := wxmsg.ParseCallbackQuery(string(c.Request().URI().QueryString()))
	if err != nil {
		return nil, err
	}
	content, err := readBody(c, openLimit)
	if err != nil {
		return nil, err
	}
	return b.receiver.Receive(q, string(c.Request().Header.ContentType()), content)
}

// refuse answers a request that is not WeChat's with an empty 403. The error
// names what is wrong; query and body stay out of the log.
func (b *callback) refuse(c *fiber.Ctx, err error) error {
	b.log.InfoContext(c.UserContext(), "callback refused", slog.String("account", b.account), slog.Any("error", err))
	return answerEmpty(c, http.StatusForbidden)
}

// answer writes a passive text reply, or an empty body, which WeChat takes as
// nothing to say.
func (b *callback) answer(c *fiber.Ctx, in *wxmsg.Inbound, text string) error {
	if text == "" {
		return answerEmpty(c, http.StatusOK)
	}
	kind, body, err := b.receiver.Reply(in, in.Text(text, b.now()))
	if err != nil {
		b.log.ErrorContext(c.UserContext(), "callback reply not written", slog.String("account", b.account), slog.Any("error", err))
		return answerEmpty(c, http.StatusOK) // the event is stored, repeating it would not help
	}
	c.Set(fiber.HeaderContentType, kind)
	return c.Status(http.StatusOK).Send(body)
}

// answerEmpty answers with a body that is really empty: anything else reaches the
// user as an error message.
func answerEmpty(c *fiber.Ctx, status int) error {
	c.Status(status).Response().ResetBody()
	return nil
}

// settled says whether an error is the answer to the event, which repeating it
// would not change.
func settled(err error) bool {
	e, ok := errors.AsType[*internship.Error](err)
	return ok && e.Status() < http.StatusInternalServerError && !errors.Is(err, internship.ErrBusy) && !errors.Is(err, internship.ErrBacklog)
}

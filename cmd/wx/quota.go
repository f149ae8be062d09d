package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"shixi/internship"
	"shixi/tasks"
	"shixi/wxmsg"
)

// quotaCmd tends WeChat's daily quota of messages.
type quotaCmd struct {
	Close bool `help:"Let messages leave again before the reset, after the quota was raised or cleared at WeChat."`
	Clear bool `help:"Have WeChat set the day's counts back to nothing first. It does so 10 times a month."`
}

// Run shows the quota and the breaker that holds messages once it is used up, and opens the way again.
func (c quotaCmd) Run(ctx context.Context, s *Settings, log *slog.Logger, out *console) error {
	if s.EmbeddedMongoDB() || s.EmbeddedRedis() {
		return errors.New("MONGODB_URI and REDIS_URL are not set: point them at what the service uses, for embedded engines at the addresses shown at start")
	}
	y, err := open(ctx, s, log, io.Discard)
	if err != nil {
		return err
	}
	defer func() { _ = y.close(context.WithoutCancel(ctx)) }()
	return c.tend(ctx, y, out)
}

func (c quotaCmd) tend(ctx context.Context, y *system, out *console) error {
	if c.Clear {
		if y.gateway.official == nil {
			return errors.New("WX_OA_APPID is not set: there is no account whose quota could be cleared")
		}
		fmt.Fprintln(out.stderr, "wx: warning: WeChat clears the counts of an account 10 times a month; this is one of them")
		if err := y.gateway.official.ClearQuota(ctx); err != nil {
			return fmt.Errorf("clear the quota: %w", err)
		}
		fmt.Fprintln(out.stdout, "WeChat has set the day's counts back to nothing")
	}
	if c.Close || c.Clear {
		released, err := tasks.CloseQuotaBreaker(ctx, y.db, y.redis)
		if err != nil {
			return err
		}
		fmt.Fprintf(out.stdout, "the breaker is closed; %d messages that waited leave within minutes\n", released)
	}
	return c.show(ctx, y, out)
}

// show tells how things stand. That WeChat does not answer hinders nobody from seeing the breaker.
func (quotaCmd) show(ctx context.Context, y *system, out *console) error {
	until, err := tasks.QuotaBreaker(ctx, y.redis, y.db.Now())
	if err != nil {
		return err
	}
	if until.IsZero() {
		fmt.Fprintln(out.stdout, "breaker     closed: messages leave")
	} else {
		fmt.Fprintf(out.stdout, "breaker     open until %s: messages wait (wx quota --close)\n", until.In(internship.Zone).Format("2006-01-02 15:04:05"))
	}
	if y.gateway.official == nil {
		return nil
	}
	quota, err := y.gateway.official.Allowance(ctx, wxmsg.PathTemplateSend)
	if err != nil {
		fmt.Fprintf(out.stdout, "messages    not known: %v\n", err)
		return nil
	}
	fmt.Fprintf(out.stdout, "messages    %d of %d sent today, %d left\n", quota.Used, quota.Limit, quota.Remain)
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// unionidsCmd learns the unionids of followers who were bound before both apps belonged to one open-platform account.
type unionidsCmd struct {
	After string `help:"Account id to go on after, as an earlier run printed it." placeholder:"ID"`
}

// Run asks WeChat about the followers of all accounts, a hundred at a time. It may run while the service does, and again.
func (c unionidsCmd) Run(ctx context.Context, s *Settings, log *slog.Logger, out *console) error {
	switch {
	case s.EmbeddedMongoDB() || s.EmbeddedRedis():
		return errors.New("MONGODB_URI and REDIS_URL are not set: point them at what the service uses, for embedded engines at the addresses shown at start")
	case !s.OA.IsSet():
		return errors.New("WX_OA_APPID is not set: there are no followers to ask about")
	}
	y, err := open(ctx, s, log, io.Discard)
	if err != nil {
		return err
	}
	defer func() { _ = y.close(context.WithoutCancel(ctx)) }()
	return c.fill(ctx, y, out)
}

func (c unionidsCmd) fill(ctx context.Context, y *system, out *console) error {
	var seen, lacking, learnt int
	for after := c.After; ; {
		page, err := y.acts.FillUnions(ctx, after)
		if err != nil {
			return fmt.Errorf("%w (go on with wx unionids --after=%s)", err, after)
		}
		seen, lacking, learnt = seen+page.Seen, lacking+page.Lacking, learnt+page.Learnt
		if after = page.Next; after == "" {
			break
		}
		fmt.Fprintf(out.stdout, "%d accounts seen, up to %s\n", seen, after)
	}
	fmt.Fprintf(out.stdout, "%d accounts seen, %d followers without unionid, %d learnt\n", seen, lacking, learnt)
	if lacking > 0 && learnt == 0 {
		fmt.Fprintln(out.stdout, "WeChat told none: are the official account and the mini-program bound to one open-platform account?")
	}
	return nil
}

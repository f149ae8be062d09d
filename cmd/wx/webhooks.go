package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"text/tabwriter"
	"time"

	"shixi/internship"
	"shixi/store"
)

// webhooksCmd tends the partners' webhooks.
type webhooksCmd struct {
	List   webhooksListCmd   `cmd:"" default:"1" help:"Show every webhook: its state, the number it has come to, how many events wait, the last error, the next attempt."`
	Resume webhooksResumeCmd `cmd:"" help:"Let a dead webhook, or one that waits after a failure, go on at once where it stopped."`
}

type webhooksListCmd struct{}

// Run lists the webhooks by key.
func (webhooksListCmd) Run(ctx context.Context, s *Settings, log *slog.Logger, out *console) error {
	return withStore(ctx, s, log, func(db *store.DB) error {
		all, err := db.Subscribers(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(out.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "KEY\tSTATE\tCURSOR\tBEHIND\tDELIVERED\tFAILING SINCE\tFAILURES\tNEXT ATTEMPT\tLAST ERROR")
		for i := range all {
			row := &all[i]
			behind, err := db.Behind(ctx, row)
			if err != nil {
				return err
			}
			fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\t%d\t%s\t%s\n", row.ID, stateOf(row), row.Cursor, capped(behind), clock(row.DeliveredAt),
				clock(row.FailingSince), row.Failures, nextOf(row), row.Error)
		}
		if err := table.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(out.stdout, "%d webhooks\n", len(all))
		return nil
	})
}

// stateOf is live, paused or dead.
func stateOf(s *store.Subscriber) string {
	if s.State == store.JobWaiting {
		return store.SubscriberLive
	}
	return s.State
}

// nextOf is when the next attempt may start, for those that something waits for.
func nextOf(s *store.Subscriber) string {
	if s.State != store.JobWaiting {
		return "-"
	}
	return clock(s.Next)
}

func clock(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.In(internship.Zone).Format("2006-01-02 15:04:05")
}

func capped(n int) string {
	if n >= store.MaxCount {
		return fmt.Sprintf("%d+", store.MaxCount)
	}
	return fmt.Sprint(n)
}

type webhooksResumeCmd struct {
	Key string `arg:"" help:"Id of the partner's key."`
}

// Run puts a webhook back to work.
func (c webhooksResumeCmd) Run(ctx context.Context, s *Settings, log *slog.Logger, out *console) error {
	return withStore(ctx, s, log, func(db *store.DB) error {
		resumed, err := db.ResumeSubscriber(ctx, c.Key, store.SubscriberDead, store.JobWaiting)
		if err != nil {
			return err
		}
		if !resumed {
			return fmt.Errorf("no webhook of a key %q that is dead or waits: see wx webhooks; a paused one goes on when the partner keys name its address again", c.Key)
		}
		fmt.Fprintln(out.stdout, "put back to work")
		return nil
	})
}

// withStore opens the database for a command that looks after rows.
func withStore(ctx context.Context, s *Settings, log *slog.Logger, do func(*store.DB) error) error {
	if s.EmbeddedMongoDB() {
		return errors.New("MONGODB_URI is not set: point it at the database, for embedded documents at the address shown at start")
	}
	db, err := store.Open(store.Options{URI: s.MongoDBURI.Reveal(), Keyset: s.Keyset.Reveal(), Log: log})
	if err != nil {
		return err
	}
	return errors.Join(do(db), db.Close(context.WithoutCancel(ctx)))
}

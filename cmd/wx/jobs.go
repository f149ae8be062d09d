package main

import (
	"context"
	"fmt"
	"log/slog"

	"shixi/store"
)

// jobsCmd shows what needs a person: reactions that did not succeed.
type jobsCmd struct {
	Retry string `help:"Id of a stuck job to put back to work." placeholder:"ID"`
	Limit int    `help:"How many to show." default:"50"`
}

// Run lists the stuck jobs, oldest first, or retries one.
func (c jobsCmd) Run(ctx context.Context, s *Settings, log *slog.Logger, out *console) error {
	return withStore(ctx, s, log, func(db *store.DB) error { return c.run(ctx, db, out) })
}

func (c jobsCmd) run(ctx context.Context, db *store.DB, out *console) error {
	if c.Retry != "" {
		return retryJob(ctx, db, c.Retry, out)
	}
	jobs, err := db.StuckJobs(ctx, c.Limit)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		fmt.Fprintf(out.stdout, "%s\t%s\tattempts %d\t%s\n", j.ID, j.CreatedAt.Format("2006-01-02 15:04:05"), j.Attempt, j.Error)
	}
	fmt.Fprintf(out.stdout, "%d stuck\n", len(jobs))
	return nil
}

func retryJob(ctx context.Context, db *store.DB, id string, out *console) error {
	found, err := db.RetryJob(ctx, id)
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("no stuck job %q", id)
	}
	fmt.Fprintln(out.stdout, "put back to work")
	return nil
}

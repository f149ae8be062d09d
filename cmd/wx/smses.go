package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"shixi/internship"
	"shixi/store"
)

// smsCmd answers an operator's questions about text messages: what did not leave, and what became of those to one mobile.
type smsCmd struct {
	Mobile string `help:"Show the messages to this mobile, whatever became of them." placeholder:"NUMBER"`
	Retry  string `help:"Id of a failed or uncertain message to send again; an uncertain one may then arrive twice." placeholder:"ID"`
	Limit  int    `help:"How many of each state to show, 100 at most." default:"50"`
}

// Run lists messages, newest first, or sends one again.
func (c smsCmd) Run(ctx context.Context, s *Settings, log *slog.Logger, out *console) error {
	if s.EmbeddedMongoDB() {
		return errors.New("MONGODB_URI is not set: point it at the database, for embedded documents at the address shown at start")
	}
	db, err := store.Open(store.Options{URI: s.MongoDBURI.Reveal(), Keyset: s.Keyset.Reveal(), Log: log})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	if c.Retry != "" {
		return retrySMS(ctx, db, c.Retry, out)
	}
	rows, err := c.find(ctx, db)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := db.OpenSMS(r); err != nil {
			return err
		}
		fmt.Fprintf(out.stdout, "%s\t%s\t%s\t%s\t%s\tattempts %d\t%s\n", r.ID, r.CreatedAt.In(internship.Zone).Format("2006-01-02 15:04:05"), r.Kind,
			internship.MaskMobile(r.Mobile), r.State, r.Attempt, r.Reason)
	}
	fmt.Fprintf(out.stdout, "%d messages\n", len(rows))
	if len(rows) == 0 && c.Mobile != "" {
		fmt.Fprintln(out.stdout, "a mobile is found only with the KEYSET with which the service runs")
	}
	return nil
}

// find reads the messages to a mobile, or those that failed or of which nobody knows.
func (c smsCmd) find(ctx context.Context, db *store.DB) ([]*store.SMS, error) {
	if c.Mobile != "" {
		mobile, err := internship.ParseMobile(c.Mobile)
		if err != nil {
			return nil, errors.New("--mobile must be a mobile number of 11 digits")
		}
		return db.SMSesTo(ctx, mobile, c.Limit)
	}
	var all []*store.SMS
	for _, state := range []string{store.SMSFailed, store.SMSUncertain} {
		rows, err := db.SMSesIn(ctx, state, c.Limit)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	slices.SortFunc(all, func(a, b *store.SMS) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return all, nil
}

func retrySMS(ctx context.Context, db *store.DB, id string, out *console) error {
	found, err := db.RetrySMS(ctx, id)
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("message %q is neither failed nor uncertain, or its time is over", id)
	}
	fmt.Fprintln(out.stdout, "put back to work")
	return nil
}

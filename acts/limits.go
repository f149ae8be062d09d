package acts

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"shixi/internship"
)

// Limits are those that a place's addresses decide: behind one address of a
// mobile carrier or a school there may be thousands of people.
type Limits struct {
	// AddressHour and AddressDay are how often one address may try to get in.
	AddressHour, AddressDay int
	// PuzzlesHour and PuzzlesDay are how many puzzles one address gets.
	PuzzlesHour, PuzzlesDay int
	// SMSHour and SMSDay are how many codes one address may have sent.
	SMSHour, SMSDay int
}

// DefaultLimits are those of the settings.
func DefaultLimits() Limits {
	return Limits{AddressHour: 100, AddressDay: 1000, PuzzlesHour: 300, PuzzlesDay: 3000, SMSHour: 20, SMSDay: 100}
}

const (
	hour = time.Hour
	day  = 24 * time.Hour
	// patience is how long a request waits for its turn at what is bounded:
	// half of what a request may take, so that who is told to come back is told
	// in time.
	patience = 5 * time.Second
)

// limit counts a try and refuses it beyond the most allowed in a window. Tries
// are counted in the database, so that replicas share them, and before what is
// tried is looked at, so that many at once are no more than one after the
// other. Errors: ErrTooManyTries, which says when the window ends.
func (a *Acts) limit(ctx context.Context, key string, most int, window time.Duration) error {
	n, ends, err := a.DB.Try(ctx, key, window)
	if err != nil {
		return fmt.Errorf("limit tries: %w", err)
	}
	if n > most {
		wait := max(time.Second, ends.Sub(a.Now()))
		return internship.ErrTooManyTries.With("尝试次数过多，请 " + span(wait) + "后再试").After(int((wait + time.Second - 1) / time.Second))
	}
	return nil
}

// Keys under which an address is counted.
func addressHour(address string) string        { return "address:" + address }
func addressDay(address string) string         { return "address day:" + address }
func addressPuzzlesHour(address string) string { return "puzzles:" + address }
func addressPuzzlesDay(address string) string  { return "puzzles day:" + address }
func addressSMSHour(address string) string     { return "sms address hour:" + address }
func addressSMSDay(address string) string      { return "sms address day:" + address }

// limitAddress counts a try to get in from an address, whatever is tried. One
// that succeeds is taken back, see untry: an office or a carrier behind one
// address is no attack.
func (a *Acts) limitAddress(ctx context.Context, address string) error {
	if err := a.limit(ctx, addressHour(address), a.Limits.AddressHour, hour); err != nil {
		return err
	}
	return a.limit(ctx, addressDay(address), a.Limits.AddressDay, day)
}

// untry takes tries back that were none. What was done stands without it.
func (a *Acts) untry(ctx context.Context, keys ...string) {
	if err := a.DB.Untry(ctx, keys...); err != nil {
		a.Log.WarnContext(ctx, "tries not taken back", slog.Any("error", err))
	}
}

// span is a time to wait as people say it, rounded up.
func span(d time.Duration) string {
	up := func(unit time.Duration) int { return int((d + unit - 1) / unit) }
	switch {
	case d <= time.Minute:
		return fmt.Sprintf("%d 秒", up(time.Second))
	case d <= 2*time.Hour:
		return fmt.Sprintf("%d 分钟", up(time.Minute))
	}
	return fmt.Sprintf("%d 小时", up(time.Hour))
}

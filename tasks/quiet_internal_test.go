package tasks

import (
	"testing"
	"time"

	"shixi/internship"
)

func TestQuietHoursEnd(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		when, err := time.ParseInLocation("2006-01-02 15:04", s, internship.Zone)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	night, noon := DefaultQuiet(), Quiet{From: 12 * 60, To: 13*60 + 30}
	for _, c := range []struct {
		quiet Quiet
		now   string
		until string
	}{
		{night, "2026-11-23 21:59", ""},
		{night, "2026-11-23 22:00", "2026-11-24 07:00"},
		{night, "2026-12-31 23:59", "2027-01-01 07:00"},
		{night, "2026-11-24 00:00", "2026-11-24 07:00"},
		{night, "2026-11-24 06:59", "2026-11-24 07:00"},
		{night, "2026-11-24 07:00", ""},
		{noon, "2026-11-24 11:59", ""},
		{noon, "2026-11-24 12:00", "2026-11-24 13:30"},
		{noon, "2026-11-24 13:30", ""},
		{Quiet{}, "2026-11-24 00:00", ""},
		{Quiet{From: 600, To: 600}, "2026-11-24 10:00", ""},
	} {
		var want time.Time
		if c.until != "" {
			want = at(c.until)
		}
		// In another zone it is the same instant.
		if got := c.quiet.until(at(c.now).UTC()); !got.Equal(want) {
			t.Errorf("%+v at %s: until %s, want %s", c.quiet, c.now, got, want)
		}
	}
	if got := quotaReset(at("2026-11-23 23:59")); !got.Equal(at("2026-11-24 00:00")) {
		t.Errorf("quota reset at %s", got)
	}
}

package tasks

import (
	"time"

	"shixi/internship"
)

// Quiet are the hours, in minutes of the day in Asia/Shanghai, in which
// messages are held: from From up to To, past midnight when From is later.
// Equal values disable them.
type Quiet struct{ From, To int }

// DefaultQuiet is 22:00 to 07:00 (design.md §4).
func DefaultQuiet() Quiet { return Quiet{From: 22 * 60, To: 7 * 60} }

const minutesOfDay = 24 * 60

func (q Quiet) valid() bool {
	return q.From >= 0 && q.From < minutesOfDay && q.To >= 0 && q.To < minutesOfDay
}

// until says when the quiet hours around an instant end; the zero time when it
// lies outside them.
func (q Quiet) until(now time.Time) time.Time {
	if q.From == q.To {
		return time.Time{}
	}
	day := internship.DateOf(now).Start()
	minute := int(now.Sub(day) / time.Minute)
	end := day.Add(time.Duration(q.To) * time.Minute)
	switch {
	case q.From < q.To && minute >= q.From && minute < q.To:
		return end
	case q.From > q.To && minute < q.To:
		return end
	case q.From > q.To && minute >= q.From:
		return end.Add(minutesOfDay * time.Minute)
	}
	return time.Time{}
}

// quotaReset is when WeChat's daily quotas begin anew: the next midnight in
// Asia/Shanghai.
func quotaReset(now time.Time) time.Time { return internship.DateOf(now).End() }

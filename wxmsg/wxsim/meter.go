package wxsim

import "time"

// meter counts calls in fixed windows.
type meter struct {
	window int64
	n      int
}

// take counts one call and reports whether it is within the limit. A refused
// call counts too, as on the platform. A negative limit lets nothing through.
func (m *meter) take(window int64, limit int) bool {
	if m.window != window {
		m.window, m.n = window, 0
	}
	m.n++
	return m.n <= limit
}

// taken is how many calls the window has counted, refused ones too.
func (m *meter) taken(window int64) int {
	if m.window != window {
		return 0
	}
	return m.n
}

// dayOf numbers calendar days in China, where quotas are reset at midnight.
// Fixed at UTC+8: the zone has had no daylight saving since 1991.
func dayOf(t time.Time) int64 { return (t.Unix() + 8*3600) / 86400 }

func minuteOf(t time.Time) int64 { return t.Unix() / 60 }

package internship

import (
	"time"
)

// Zone is the time zone of every calendar day in the system (domain.md G-67).
// China has had no daylight saving since 1991, so a fixed offset is exact.
var Zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// Date is a calendar day in Zone, written 2006-01-02. Dates compare as text.
// Periods of dates are inclusive on both ends.
type Date string

// DateOf is the day on which an instant falls.
func DateOf(t time.Time) Date { return Date(t.In(Zone).Format(time.DateOnly)) }

// ParseDate accepts only an existing day in the form 2006-01-02. The refusal
// names the day by its label, e.g. 实习开始日期.
func ParseDate(label, s string) (Date, error) {
	if _, err := time.ParseInLocation(time.DateOnly, s, Zone); err != nil {
		return "", FieldError{Code: "date", Message: label + "应为存在的日期，格式如 2026-03-01"}
	}
	return Date(s), nil
}

// Start is the first instant of the day; the zero time for a malformed date.
func (d Date) Start() time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), Zone)
	if err != nil {
		return time.Time{}
	}
	return t
}

// End is the first instant after the day.
func (d Date) End() time.Time { return d.Start().AddDate(0, 0, 1) }

// lastOf is the last day of so many months that begin on the day: the day
// before the same day of that month, which in a shorter month is its last one.
func (d Date) lastOf(months int) Date {
	begin := d.Start()
	same := begin.AddDate(0, months, 0)
	if same.Day() != begin.Day() { // the month is shorter: AddDate ran over its end
		same = same.AddDate(0, 0, 1-same.Day())
	}
	return DateOf(same.AddDate(0, 0, -1))
}

// AgeOn is the number of full years between a birth date and a day. A person
// born on 29 February comes of age on 1 March of common years.
func AgeOn(birth, day Date) int {
	b, d := birth.Start(), day.Start()
	age := d.Year() - b.Year()
	if d.Month() < b.Month() || d.Month() == b.Month() && d.Day() < b.Day() {
		age--
	}
	return age
}

package wxmsg

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// moment is one point of a time or date value: an optional day in one of
// WeChat's four notations and an optional time of day, one space between them.
var moment = regexp.MustCompile(`^(?:(\d{4})(?:年(\d{1,2})月(\d{1,2})日|-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})))?( )?(?:(\d{1,2}):(\d{2})(?::(\d{2}))?)?$`)

// parseMoment says what a point consists of; ok is false when it is malformed
// or no such day or time exists.
func parseMoment(text string) (hasDay, hasTime, ok bool) {
	m := moment.FindStringSubmatch(text)
	if m == nil {
		return false, false, false
	}
	hasDay, hasTime = m[1] != "", m[11] != ""
	if (m[10] != "") != (hasDay && hasTime) {
		return false, false, false
	}
	if hasDay {
		month, day := m[2]+m[4]+m[6]+m[8], m[3]+m[5]+m[7]+m[9]
		if _, err := time.Parse("2006-1-2", m[1]+"-"+month+"-"+day); err != nil {
			return false, false, false
		}
	}
	if hasTime && (!below(m[11], 24) || !below(m[12], 60) || !below(m[13], 60)) {
		return false, false, false
	}
	return hasDay, hasTime, hasDay || hasTime
}

// below reports whether a number of at most two digits, or none, is under limit.
func below(text string, limit int) bool {
	n := 0
	for _, c := range text {
		n = n*10 + int(c-'0')
	}
	return n < limit
}

// parseTime: the time of day is what counts, a day may precede it.
func parseTime(text string) error {
	if _, hasTime, ok := parseMoment(text); !ok || !hasTime {
		return errors.New("须为 24 小时制时间，可带年月日，如 15:01 或 2019年10月1日 15:01")
	}
	return nil
}

// parseDate: the day is what counts, a time of day may follow.
func parseDate(text string) error {
	if hasDay, _, ok := parseMoment(text); !ok || !hasDay {
		return errors.New("须为年月日，可带 24 小时制时间，如 2019年10月1日 或 2019-10-01 15:01")
	}
	return nil
}

// checkMoments accepts one point, or two joined by a half-width "~".
func checkMoments(parse func(string) error) func(string) error {
	return func(value string) error {
		from, to, isRange := strings.Cut(value, "~")
		if err := parse(from); err != nil {
			return err
		}
		if isRange {
			if err := parse(to); err != nil {
				return fmt.Errorf("时间段的后一半：%w", err)
			}
		}
		return nil
	}
}

// cutTime writes a time value; a day without a time gets 00:00.
func cutTime(text string) string {
	return cutMoments(text, parseTime, func(point string) string {
		if hasDay, hasTime, ok := parseMoment(point); ok && hasDay && !hasTime {
			return point + " 00:00"
		}
		return point
	})
}

func cutDate(text string) string {
	return cutMoments(text, parseDate, func(point string) string { return point })
}

var (
	rangeMark   = regexp.MustCompile(` ?(?:~|〜|∼|至|到|—+|–|--+| - ) ?`)
	hyphenRange = regexp.MustCompile(`(:[0-9]{2}) ?- ?`) // behind a time of day a hyphen can only be a range
	aroundColon = regexp.MustCompile(` ?: ?`)
	aroundUnit  = regexp.MustCompile(` ?([年月]) ?| (日)`)
	dayThenTime = regexp.MustCompile(`([日0-9])[ T]+([0-9]{1,2}:)|(日)([0-9]{1,2}:)`)
)

// beijing is the zone WeChat users read times in; it has no daylight saving.
var beijing = time.FixedZone("Asia/Shanghai", 8*60*60)

// cutMoments normalises punctuation and spaces, splits a range and rewrites
// each point. Of a range whose end is malformed the beginning is kept.
func cutMoments(text string, parse func(string) error, rewrite func(string) string) string {
	text = strings.TrimSpace(halfWidth(text))
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.In(beijing).Format("2006-01-02 15:04")
	}
	text = aroundUnit.ReplaceAllString(text, "$1$2")
	text = aroundColon.ReplaceAllString(text, ":")
	text = dayThenTime.ReplaceAllString(text, "$1$3 $2$4")
	text = hyphenRange.ReplaceAllString(text, "$1~")
	parts := strings.Split(rangeMark.ReplaceAllString(text, "~"), "~")
	for i := range parts {
		parts[i] = rewrite(strings.TrimSpace(parts[i]))
	}
	if len(parts) == 2 && parse(parts[0]) == nil && parse(parts[1]) == nil {
		return parts[0] + "~" + parts[1]
	}
	return parts[0]
}

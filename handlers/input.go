package handlers

import (
	"fmt"
	"time"

	"shixi/internship"
)

// longestID is above the length of any id of ours.
const longestID = 64

// idPattern is what every id of ours fits.
const idPattern = `^[0-9A-Za-z_-]+$`

// ByID names one document in the path.
type ByID struct {
	ID string `path:"id" doc:"编号" example:"pos_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
}

// Paging is a place in a list.
type Paging struct {
	After string `query:"after" doc:"上一页回答中的 next；不填为第一页"`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"每页条数"`
}

// Days is a period of days in a filter.
type Days struct {
	From string `query:"from" doc:"起始日期（含），格式 YYYY-MM-DD" example:"2026-11-01"`
	To   string `query:"to" doc:"截止日期（含），格式 YYYY-MM-DD" example:"2026-12-31"`
}

// bounds are the instants between which the period lies; zero where open.
// wrong names the fields that are no dates.
func (d Days) bounds() (from, to time.Time, wrong []internship.FieldError) {
	if d.From != "" {
		day, err := internship.ParseDate("起始日期", d.From)
		wrong = append(wrong, internship.Of("from", err)...)
		from = day.Start()
	}
	if d.To != "" {
		day, err := internship.ParseDate("截止日期", d.To)
		wrong = append(wrong, internship.Of("to", err)...)
		if err == nil {
			to = day.End()
		}
	}
	if len(wrong) == 0 && d.From != "" && d.To != "" && d.To < d.From {
		wrong = append(wrong, internship.FieldError{Field: "to", Code: "range", Message: "截止日期不能早于起始日期"})
	}
	return from, to, wrong
}

// textFilter and idFilter limit what a list may be asked for.
func textFilter(name, label string) internship.Field {
	return internship.Field{Name: name, Label: label, Max: 50}
}

func idFilter(name, label string) internship.Field {
	return internship.Field{Name: name, Label: label, Max: longestID, Pattern: idPattern, Help: "请从列表中选择"}
}

// checkFilters refuses filters, and other fields that are already known wrong.
func checkFilters(values map[string]string, wrong []internship.FieldError, fields ...internship.Field) error {
	form := internship.Form{Fields: fields}
	if wrong = append(form.Check(values), wrong...); len(wrong) > 0 {
		return internship.ErrInvalid.At(wrong...)
	}
	return nil
}

// checkIDs refuses a selection of rows that is empty, too large or holds what
// can't be an id.
func checkIDs(ids []string, most int) []internship.FieldError {
	if len(ids) == 0 || len(ids) > most {
		return []internship.FieldError{{Field: "ids", Code: "range", Message: fmt.Sprintf("请选择 1 至 %d 条记录", most)}}
	}
	form := internship.Form{Fields: []internship.Field{{Name: "ids", Label: "记录编号", Required: true,
		Max: longestID, Most: most, Pattern: idPattern, Help: "请从列表中选择"}}}
	values := map[string]string{}
	internship.SetEntries(values, "ids", ids)
	return form.Check(values)
}

// local is an instant as answers show it: in the country's zone, to the
// millisecond that the database keeps. The zero time stays zero and is left
// out.
func local(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.In(internship.Zone).Truncate(time.Millisecond)
}

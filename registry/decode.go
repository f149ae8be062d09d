package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// answer is what the contract says an answer is.
type answer struct {
	Found  *bool   `json:"found"`
	Record *Record `json:"record"`
}

// maxText bounds each text of a record, in characters.
const maxText = 200

// decode reads an answer to the question about a code. It is strict, since a
// record that is half understood would be held against somebody: an unknown
// name, a missing one, a second value or a record of another code is garbage.
func decode(body []byte, code string) (Record, error) {
	garbage := func(format string, args ...any) (Record, error) {
		return Record{}, &SilentError{Reason: Garbage, Status: 200, cause: fmt.Errorf(format, args...)}
	}
	if len(body) > maxAnswer {
		return garbage("the answer is longer than %d bytes", maxAnswer)
	}
	if !utf8.Valid(body) {
		return garbage("the answer is not UTF-8")
	}
	var a answer
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&a); err != nil {
		return garbage("the answer can't be read: %s", kindOf(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return garbage("the answer goes on after its end")
	}
	switch {
	case a.Found == nil, *a.Found != (a.Record != nil):
		return garbage("found and record contradict each other")
	case !*a.Found:
		return Record{}, ErrNotFound
	}
	if wrong := a.Record.wrong(code); wrong != "" {
		return garbage("the record's %s is missing or can't be", wrong)
	}
	return *a.Record, nil
}

// kindOf says what is wrong with JSON without quoting it.
func kindOf(err error) string {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return "a value has the wrong type"
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return "a name is unknown"
	}
	return "it is not a JSON object"
}

// wrong names the first field of a record that breaks the contract.
func (r *Record) wrong(code string) string {
	for _, field := range []struct {
		name     string
		value    *string
		required bool
	}{
		{"code", &r.Code, true}, {"name", &r.Name, true}, {"legalPerson", &r.LegalPerson, true}, {"status", &r.Status, true},
		{"address", &r.Address, false}, {"industry", &r.Industry, false},
	} {
		*field.value = strings.TrimSpace(*field.value)
		v := *field.value
		if v == "" && field.required || utf8.RuneCountInString(v) > maxText || strings.ContainsFunc(v, unprintable) {
			return field.name
		}
	}
	if !sameEnterprise(r.Code, code) {
		return "code"
	}
	return ""
}

func unprintable(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError
}

// sameEnterprise tells whether a record's code is the one asked about: itself,
// or a unified social credit code with the organisation code in it (characters
// 9 to 17).
func sameEnterprise(record, asked string) bool {
	return strings.EqualFold(record, asked) || len(record) == 18 && len(asked) == 9 && strings.EqualFold(record[8:17], asked)
}

// maxWait bounds what a Retry-After may ask.
const maxWait = time.Hour

// retryAfter reads the seconds of a Retry-After; dates are not in the contract.
func retryAfter(header string) time.Duration {
	seconds, err := strconv.Atoi(strings.TrimSpace(header))
	if err != nil || seconds <= 0 {
		return 0
	}
	return min(maxWait, time.Duration(min(seconds, int(maxWait/time.Second)))*time.Second)
}

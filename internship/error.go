package internship

import (
	"errors"
	"strings"
)

// Error is what a user is told when an act is refused: a stable code for
// programs, a Chinese sentence for people and, for forms, one entry per field.
// The catalogue (catalogue.go) holds every one; an act refines an entry with
// With, Because and At and never invents its own.
type Error struct {
	// Number is the HTTP status × 100 plus a running number, e.g. 40903.
	Number int
	// Code is the stable name, e.g. "placement.signed_elsewhere".
	Code string
	// Title is the short Chinese name of the problem; it never varies.
	Title string
	// Detail is the Chinese sentence for this occurrence.
	Detail string
	// Fields says what is wrong field by field.
	Fields []FieldError
	// RetryAfter is how many seconds to wait before trying again; 0: not said.
	RetryAfter int

	cause error
}

// FieldError is one wrong field of a form or request.
type FieldError struct {
	// Field is the JSON path of the field, e.g. "salary.min".
	Field string
	// Code is one of required, too_long, format, check_digit, range, choice,
	// type, date, unknown.
	Code string
	// Message is the Chinese sentence shown beside the field.
	Message string
}

// Error implements error; the text is for logs and holds no personal data.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	for _, f := range e.Fields {
		b.WriteString(" " + f.Field + "=" + f.Code)
	}
	if e.cause != nil {
		b.WriteString(": " + e.cause.Error())
	}
	return b.String()
}

// Unwrap gives the technical cause, which only logs see.
func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is compare by code, so a refined copy still matches the
// catalogue's entry.
func (e *Error) Is(target error) bool {
	t, ok := errors.AsType[*Error](target)
	return ok && t.Code == e.Code
}

// Status is the HTTP status that belongs to the error.
func (e *Error) Status() int { return e.Number / 100 }

// With is a copy with another Chinese sentence.
func (e *Error) With(detail string) *Error {
	c := *e
	c.Detail = detail
	return &c
}

// Because is a copy with a technical cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// At is a copy that names wrong fields; the detail becomes their sentences.
func (e *Error) At(fields ...FieldError) *Error {
	c := *e
	c.Fields = append(append([]FieldError(nil), e.Fields...), fields...)
	messages := make([]string, len(c.Fields))
	for i, f := range c.Fields {
		messages[i] = f.Message
	}
	c.Detail = strings.Join(messages, "；")
	return &c
}

// After is a copy that says when to try again.
func (e *Error) After(seconds int) *Error {
	c := *e
	c.RetryAfter = seconds
	return &c
}

// Error implements error, so that a check can return a FieldError alone.
func (f FieldError) Error() string { return f.Field + " " + f.Code }

// Of is the check's error as the FieldError of a field, nil when err is nil.
func Of(field string, err error) []FieldError {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[FieldError](err); ok {
		f.Field = field
		return []FieldError{f}
	}
	return []FieldError{{Field: field, Code: "format", Message: "格式不正确"}}
}

// invalid is the ErrInvalid of the given fields, nil where there are none.
func invalid(fields []FieldError) error {
	if len(fields) == 0 {
		return nil
	}
	return ErrInvalid.At(fields...)
}

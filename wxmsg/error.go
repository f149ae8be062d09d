package wxmsg

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// Class is the kind of a failure: what a caller decides by. Its text is stable
// and may be stored and used as a metric label.
type Class string

const (
	// Transient: the platform is busy (−1). Try again with the same ClientMsgID.
	Transient Class = "transient"
	// Token: the access token was refused, also after the one recovery. Final for this call.
	Token Class = "token"
	// Quota: a daily quota is used up. Stop sending until it is reset.
	Quota Class = "quota"
	// Pace: too fast, per minute or per user. Wait RetryAfter; no breaker.
	Pace Class = "pace"
	// Refused: this user does not want or can't get messages. Stop for this user.
	Refused Class = "refused"
	// Template: the template is gone, banned or wrong. An operator must look.
	Template Class = "template"
	// Payload: what was sent is wrong and stays wrong.
	Payload Class = "payload"
	// Config: the account or its settings are wrong. An operator must look.
	Config Class = "config"
	// Ambiguous: the request left and its answer is unknown. The message may
	// have been sent; ClientMsgID protects a repetition for 10 minutes.
	Ambiguous Class = "ambiguous"
	// NotSent: it failed before the request was written. Repeating is safe.
	NotSent Class = "not_sent"
	// Unknown: a code this package does not know. Don't repeat; have it reviewed.
	Unknown Class = "unknown"
)

// Final reports whether repeating the same call can't help without someone
// changing something first. An error of the token endpoint (Op "stable_token")
// is never a verdict on the message that needed the token: nothing was sent, and
// a final one carries RetryAfter, the time until the account is tried again.
func (c Class) Final() bool {
	switch c {
	case Token, Refused, Template, Payload, Config, Unknown:
		return true
	}
	return false
}

// Error is every failure of a call to WeChat. Match it with errors.As. Its
// fields and its text never hold a URL, token, secret, openid or body.
type Error struct {
	// Op is the call: "template.send", "stable_token", "jscode2session" …
	Op string
	// Code is WeChat's errcode; 0 when there was no readable answer.
	Code int
	// Message is WeChat's errmsg without its rid and hints.
	Message string
	// RID is WeChat's id of the request, to be looked up for seven days.
	RID string
	// Field is the keyword WeChat named in a 47003, as "thing1". For display only.
	Field string
	// HTTPStatus is 0 when no answer's head arrived.
	HTTPStatus int
	Class      Class
	// Started says that the request may have reached WeChat.
	Started bool
	// RetryAfter is how long to wait at least; 0 when the platform gives no hint.
	RetryAfter time.Duration

	cause error
}

// Error says what was called and what came of it.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "wxmsg: %s: %s", e.Op, e.Class)
	if e.Code != 0 {
		fmt.Fprintf(&b, " %d", e.Code)
		if info, ok := LookupCode(e.Code); ok {
			fmt.Fprintf(&b, " %s", info.Meaning)
		}
	}
	if e.HTTPStatus != 0 && e.HTTPStatus != 200 {
		fmt.Fprintf(&b, ", HTTP %d", e.HTTPStatus)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	if e.RID != "" {
		fmt.Fprintf(&b, " (rid %s)", e.RID)
	}
	if e.cause != nil {
		fmt.Fprintf(&b, ": %v", e.cause)
	}
	return b.String()
}

// Unwrap gives context.Canceled or context.DeadlineExceeded where one of them
// ended the call, else a cleaned cause or nil.
func (e *Error) Unwrap() error { return e.cause }

// ClassOf returns the class of an error of this package, Unknown for any other
// error and "" for nil.
func ClassOf(err error) Class {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return Unknown
}

var (
	ridText   = regexp.MustCompile(`(?i)[\s,]*\brid:?\s*([0-9a-z-]{8,})`)
	hintText  = regexp.MustCompile(`(?i)[\s,]*\bhints?:?\s*\[\s*(?:req_id:?\s*)?([^\]]*?)\s*\]`)
	fieldText = regexp.MustCompile(`data\.([a-z_]+[0-9]*)\.value`)
)

// maxMessage bounds the errmsg that is kept, in bytes; real ones are shorter.
const maxMessage = 300

// answerError turns an errcode of the platform into an Error.
func answerError(op string, status, code int, message string) *Error {
	e := &Error{Op: op, Code: code, HTTPStatus: status, Class: Unknown, Started: true}
	if info, ok := LookupCode(code); ok {
		e.Class, e.RetryAfter = info.Class, info.RetryAfter
	}
	if m := hintText.FindStringSubmatch(message); m != nil {
		e.RID, message = m[1], hintText.ReplaceAllString(message, "")
	}
	if m := ridText.FindStringSubmatch(message); m != nil {
		e.RID, message = m[1], ridText.ReplaceAllString(message, "")
	}
	if m := fieldText.FindStringSubmatch(message); m != nil {
		e.Field = m[1]
	}
	e.RID = Redact(clip(e.RID))
	e.Message = Redact(clip(strings.TrimSpace(message)))
	return e
}

// clip bounds a foreign text and keeps it on one line and valid UTF-8.
func clip(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	if len(text) <= maxMessage {
		return text
	}
	end := maxMessage
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// ambiguous is a request that left without a readable answer.
func ambiguous(op string, status int, cause error) *Error {
	return &Error{Op: op, HTTPStatus: status, Class: Ambiguous, Started: true, cause: safeCause(cause)}
}

// notSent is a call that failed before its request was written.
func notSent(op string, cause error) *Error {
	return &Error{Op: op, Class: NotSent, cause: safeCause(cause)}
}

// badInput is a call refused here because of its arguments.
func badInput(op, why string) *Error {
	return &Error{Op: op, Class: Payload, cause: errors.New(why)}
}

// safeCause keeps of a cause what is useful and harmless: the two context
// errors as they are, of everything else the redacted text. net/http wraps its
// errors in *url.Error, whose text is the URL with its token.
func safeCause(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return context.Canceled
	}
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		err = urlErr.Err
	}
	return errors.New(Redact(clip(err.Error())))
}

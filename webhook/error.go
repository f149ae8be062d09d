package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Class says what is known of a delivery that failed.
type Class string

// The classes. Of Rejected, Redirect and Failing the receiver has the content;
// of Unanswered it may have.
const (
	// Address: the address, or what its name resolves to, is not permitted.
	// Nothing was sent.
	Address Class = "address"
	// NotSent: no connection, because of the name, the network or the
	// certificate. Nothing was sent.
	NotSent Class = "not_sent"
	// Unanswered: sent at least in part, and no answer came in time.
	Unanswered Class = "unanswered"
	// Redirect: the receiver sends us elsewhere, where we don't go.
	Redirect Class = "redirect"
	// Rejected: an answer with another status from 400 to 499.
	Rejected Class = "rejected"
	// Failing: an answer with any other status that is no success.
	Failing Class = "failing"
)

// Error is why a delivery failed. Its text has neither the address nor anything
// of what was sent, and of the answer its status alone.
type Error struct {
	Class Class
	// Status of the answer; 0 without one.
	Status int
	// RetryAfter is how long the receiver asks to be left alone; 0: not said.
	RetryAfter time.Duration

	cause error
}

// Error implements error.
func (e *Error) Error() string {
	text := "webhook: " + string(e.Class)
	if e.Status != 0 {
		text += fmt.Sprintf(": status %d", e.Status)
	}
	if e.cause != nil {
		text += ": " + printable(e.cause.Error())
	}
	return text
}

// Unwrap gives the cause, such as an *AddressError.
func (e *Error) Unwrap() error { return e.cause }

// ClassOf is the class of an error of Deliver; "" of any other.
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return ""
}

// failed makes the error of a call without an answer.
func failed(err error, sent bool) *Error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // the outer one repeats the address
	}
	e := &Error{Class: NotSent, cause: err}
	if _, ok := errors.AsType[*AddressError](err); ok {
		e.Class = Address
	} else if sent {
		e.Class = Unanswered
	}
	return e
}

// answered makes the error of an answer that is no success.
func answered(res *http.Response) *Error {
	e := &Error{Class: Failing, Status: res.StatusCode, RetryAfter: retryAfter(res.Header.Get("Retry-After"))}
	switch {
	case res.StatusCode >= 300 && res.StatusCode < 400:
		e.Class = Redirect
	case res.StatusCode >= 400 && res.StatusCode < 500:
		e.Class = Rejected
	}
	return e
}

// maxRetryAfter bounds what a receiver may ask for.
const maxRetryAfter = time.Hour

// retryAfter reads seconds; dates are left, our clock need not be the
// receiver's.
func retryAfter(text string) time.Duration {
	seconds, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}

// maxText bounds an error's text: some causes repeat what the receiver sent.
const maxText = 200

// printable makes a text safe to show in a terminal.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > maxText {
		return string(runes[:maxText]) + "…"
	}
	return text
}

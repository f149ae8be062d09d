package sms

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Class is the kind of a failure: what a caller decides by. Its text is stable
// and may be stored and used as a metric label.
type Class string

const (
	// Number: this mobile can't get the message, now or later.
	Number Class = "number"
	// Config: account, keys, signature, template or what is filled in is wrong
	// or unpaid. Nothing was sent; an operator must look.
	Config Class = "config"
	// Quota: too many, to this mobile or by this account. Nothing was sent; it
	// may be tried again after RetryAfter.
	Quota Class = "quota"
	// NotSent: the provider was not reached or had trouble before it took the
	// message. It may be tried again soon.
	NotSent Class = "not_sent"
	// Uncertain: the message may have left. It must not be tried again.
	Uncertain Class = "uncertain"
)

// Error is every failure of a Sender.
type Error struct {
	// Provider is "tencent", "alibaba" or "console".
	Provider string
	// Code is the provider's; "" when there was no readable answer.
	Code string
	// Request is the provider's number of the call, where it answered.
	Request string
	// Status is the HTTP status; 0 when no answer's head arrived.
	Status int
	Class  Class
	// RetryAfter is how long to wait at least; 0 when there is no hint.
	RetryAfter time.Duration
	// Account: a limit is the account's, not the mobile's: an operator should
	// know.
	Account bool

	cause error
}

// Error says what came of the call, without a word of the provider's message,
// which may quote the mobile.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "sms: %s: %s", e.Provider, e.Class)
	if e.Code != "" {
		fmt.Fprintf(&b, " %s %s", e.Code, e.Meaning())
	}
	if e.Status != 0 && e.Status != 200 {
		fmt.Fprintf(&b, ", HTTP %d", e.Status)
	}
	if e.Request != "" {
		fmt.Fprintf(&b, " (request %s)", e.Request)
	}
	if e.cause != nil {
		fmt.Fprintf(&b, ": %v", e.cause)
	}
	return b.String()
}

// Unwrap gives context.Canceled or context.DeadlineExceeded where one of them
// ended the call, else a harmless cause or nil.
func (e *Error) Unwrap() error { return e.cause }

// Meaning is the Chinese meaning of the code for an operator.
func (e *Error) Meaning() string {
	if info, ok := lookup(e.Provider, e.Code); ok {
		return info.meaning
	}
	if e.Code != "" {
		return "未收录的错误码"
	}
	switch e.Class {
	case NotSent:
		return "未能连接短信服务商"
	case Config:
		return "短信模板配置有误"
	}
	return "短信服务商的应答丢失或无法识别"
}

// ClassOf is the class of an error of a Sender; an error of another type tells
// nothing, so the message may have left.
func ClassOf(err error) Class {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return Uncertain
}

// codeForm is what a provider's code or request id may look like; anything else
// is not passed on, for it may be anything.
var codeForm = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,100}$`)

// mobileForm finds what looks like a mobile inside an id.
var mobileForm = regexp.MustCompile(`1[3-9][0-9]{9}`)

func safeID(text string) string {
	if !codeForm.MatchString(text) || mobileForm.MatchString(text) && len(text) < 16 {
		return ""
	}
	return text
}

// refused is an answer with a provider's code.
func refused(provider, code, message, request string, status int) *Error {
	e := &Error{Provider: provider, Code: safeID(code), Request: safeID(request), Status: status, Class: Uncertain}
	if info, ok := lookup(provider, e.Code); ok {
		e.Class, e.RetryAfter, e.Account = info.class, info.retry, info.account
		if info.window {
			e.RetryAfter = window(message)
		}
	}
	return e
}

// safeCause keeps of a cause what can't hold anything personal: the context's
// errors as they are, and of everything else a sentence of ours.
func safeCause(err error, otherwise string) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case otherwise == "":
		return nil
	}
	return errors.New(otherwise)
}

// Package sms sends text messages (SMS) through a provider: Tencent Cloud,
// Alibaba Cloud, or the console of a trial. It knows nothing of what the
// messages are about: their kinds, parameters and templates are data.
//
// A provider does not recognise a repeated message, so every error says by its
// class whether the message can have left (see Class). No error text holds a
// mobile, a parameter or a secret.
package sms

import (
	"context"
	"strings"
	"time"
)

// Sender sends one message. Its errors are *Error.
type Sender interface {
	Send(ctx context.Context, m Message) (Receipt, error)
}

// Message is one text message to one person.
type Message struct {
	// ID is passed on to the provider, whose delivery reports then name it. It
	// does not protect against sending twice.
	ID string
	// Mobile has 11 digits.
	Mobile string
	// Kind names the template, Params are what it says.
	Kind   string
	Params map[string]string
}

// Receipt is what a provider says of a message it has taken. Whether it
// arrives is another matter.
type Receipt struct {
	// ID is the provider's number of the message: SerialNo, BizId.
	ID string
	// Request is the provider's number of the call.
	Request string
}

// defaultTimeout bounds one call. A provider answers within a second; one that
// takes longer than this has trouble, and its answer is of no use any more.
const defaultTimeout = 10 * time.Second

// mask shows the first three and last four digits of a mobile.
func mask(mobile string) string {
	const digits, head, tail = 11, 3, 4
	if len(mobile) < digits {
		return strings.Repeat("*", len(mobile))
	}
	return mobile[:head] + strings.Repeat("*", len(mobile)-head-tail) + mobile[len(mobile)-tail:]
}

package sms

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
)

// Console writes messages for whoever tries the program out, instead of
// sending them. It shows codes in clear.
type Console struct {
	mu   sync.Mutex
	out  io.Writer // guarded by mu
	sent int       // guarded by mu
	say  func(kind string, params map[string]string) (text string, known bool)
}

var _ Sender = (*Console)(nil)

// NewConsole writes to out; say is the text of a message.
func NewConsole(out io.Writer, say func(kind string, params map[string]string) (string, bool)) *Console {
	return &Console{out: out, say: say}
}

// Send writes one line: the masked mobile and the text.
func (c *Console) Send(_ context.Context, m Message) (Receipt, error) {
	text, known := c.say(m.Kind, m.Params)
	if !known {
		return Receipt{}, &Error{Provider: "console", Class: Config, cause: errors.New("no text of this kind")}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := fmt.Fprintf(c.out, "短信 %s  %s\n", mask(m.Mobile), text); err != nil {
		return Receipt{}, &Error{Provider: "console", Class: Uncertain, cause: errors.New("the console can't be written to")}
	}
	c.sent++
	return Receipt{ID: strconv.Itoa(c.sent)}, nil
}

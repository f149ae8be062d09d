// Package smssim plays the SMS APIs of Tencent Cloud and Alibaba Cloud on one
// address, for tests and trials: it checks signatures as they do, keeps the
// messages instead of sending them, and goes wrong on demand.
package smssim

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Options say whose messages are taken.
type Options struct {
	// KeyID and KeySecret sign the requests; required.
	KeyID, KeySecret string
	// AppID is Tencent's SdkAppId; "" takes any.
	AppID string
	// Sign is the approved signature; "" takes any.
	Sign string
	// Templates are the approved ones by id; nil takes any.
	Templates map[string]Template
	// Now is the clock that requests are dated by; nil: time.Now.
	Now func() time.Time
}

// Template is an approved one.
type Template struct {
	// Params are the names in the order of the text.
	Params []string
	// Text has each parameter as {name}.
	Text string
}

// Message is one that was taken.
type Message struct {
	// Provider is "tencent" or "alibaba".
	Provider string
	// Mobile has 11 digits.
	Mobile   string
	Sign     string
	Template string
	// Params are by name at Alibaba, by "1", "2" … at Tencent.
	Params map[string]string
	// Text is the template's, filled in, under the signature; "" when any
	// template is taken.
	Text string
	// ID is what the sender calls it.
	ID string
	// Receipt is what we call it.
	Receipt string
	At      time.Time
}

// Sim is both providers. It is an http.Handler.
type Sim struct {
	options Options
	faults  faultList

	mu       sync.Mutex
	messages []Message
	nonces   map[string]bool
	changed  chan struct{} // closed and replaced when a message comes
	calls    int
	server   *http.Server
}

// New makes a simulator without messages.
func New(o Options) *Sim {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Sim{options: o, nonces: map[string]bool{}, changed: make(chan struct{})}
}

// Start serves on a loopback address, such as 127.0.0.1:0, and gives the
// address to call it by.
func (s *Sim) Start(at string) (base string, err error) {
	l, err := net.Listen("tcp", at)
	if err != nil {
		return "", fmt.Errorf("smssim: listen: %w", err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.mu.Lock()
	s.server = server
	s.mu.Unlock()
	go func() { _ = server.Serve(l) }() // ends with Close
	return "http://" + l.Addr().String(), nil
}

// Close ends what Start began, calls that hang among it.
func (s *Sim) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		_ = s.server.Close()
	}
}

// Messages are those to a mobile, oldest first; "" gives all.
func (s *Sim) Messages(mobile string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Message
	for _, m := range s.messages {
		if mobile == "" || m.Mobile == mobile {
			found = append(found, m)
		}
	}
	return found
}

// Calls is how many requests came, those that went wrong included.
func (s *Sim) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// Wait gives the first message to a mobile that fits, once it is there. Errors:
// ctx ended before.
func (s *Sim) Wait(ctx context.Context, mobile string, fits func(Message) bool) (Message, error) {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		for _, m := range s.Messages(mobile) {
			if fits == nil || fits(m) {
				return m, nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Message{}, fmt.Errorf("smssim: no such message came: %w", ctx.Err())
		}
	}
}

// keep takes a message and numbers it.
func (s *Sim) keep(m Message) Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.At = s.options.Now()
	m.Receipt = m.Provider + ":" + strconv.Itoa(len(s.messages)+1)
	if t, ok := s.options.Templates[m.Template]; ok && t.Text != "" {
		m.Text = "【" + m.Sign + "】" + t.say(m.Params)
	}
	s.messages = append(s.messages, m)
	close(s.changed)
	s.changed = make(chan struct{})
	return m
}

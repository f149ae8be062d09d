package tasks_test

import (
	"context"
	"sync"
	"time"

	"shixi/wxmsg"
)

// shown is a message on a phone.
type shown struct {
	wxmsg.TemplateMessage
	MsgID int64
	At    time.Time
}

// answer is what the platform does with one call; the zero value accepts.
type answer struct {
	// err is returned; with accept the message is shown all the same.
	err    error
	accept bool
	// hold is waited for before anything happens, but no longer than the call's
	// context.
	hold <-chan struct{}
	// then runs after a message was accepted and before the answer.
	then func(shown)
}

// phone is WeChat with its followers: it shows each message once within ten
// minutes by openid and client_msg_id (wechat.md §1.1).
type phone struct {
	now func() time.Time

	mu       sync.Mutex
	script   []answer // the next calls; then always
	always   answer
	calls    []time.Time
	messages []shown
	repeats  int
	last     int64
}

func newPhone(now func() time.Time) *phone { return &phone{now: now, last: 3_500_000_000_000_000_000} }

// SendTemplate answers by the script.
func (p *phone) SendTemplate(ctx context.Context, m wxmsg.TemplateMessage) (wxmsg.Sent, error) {
	p.mu.Lock()
	a := p.always
	if len(p.script) > 0 {
		a, p.script = p.script[0], p.script[1:]
	}
	p.calls = append(p.calls, p.now())
	p.mu.Unlock()
	if a.hold != nil {
		select {
		case <-a.hold:
		case <-ctx.Done():
			return wxmsg.Sent{}, &wxmsg.Error{Op: "template.send", Class: wxmsg.Ambiguous, Started: true}
		}
	}
	if a.err != nil && !a.accept {
		return wxmsg.Sent{}, a.err
	}
	s := p.accept(m)
	if a.then != nil {
		a.then(s)
	}
	if a.err != nil {
		return wxmsg.Sent{}, a.err
	}
	return wxmsg.Sent{MsgID: s.MsgID}, nil
}

func (p *phone) accept(m wxmsg.TemplateMessage) shown {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	for _, s := range p.messages {
		if s.ToUser == m.ToUser && s.ClientMsgID == m.ClientMsgID && now.Sub(s.At) < 10*time.Minute {
			p.repeats++
			return s
		}
	}
	p.last++
	s := shown{TemplateMessage: m, MsgID: p.last, At: now}
	p.messages = append(p.messages, s)
	return s
}

func (p *phone) next(answers ...answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = append(p.script, answers...)
}

func (p *phone) from(a answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.always = a
}

func (p *phone) screen() []shown {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]shown(nil), p.messages...)
}

func (p *phone) called() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]time.Time(nil), p.calls...)
}

// refusal is an answer with an errcode.
func refusal(code int) answer {
	e := &wxmsg.Error{Op: "template.send", Code: code, HTTPStatus: 200, Class: wxmsg.Unknown, Started: true}
	if info, ok := wxmsg.LookupCode(code); ok {
		e.Class, e.RetryAfter = info.Class, info.RetryAfter
	}
	return answer{err: e}
}

var (
	// lostAnswer: the message is shown, its answer never came.
	lostAnswer = answer{accept: true, err: &wxmsg.Error{Op: "template.send", Class: wxmsg.Ambiguous, Started: true}}
	// lostRequest: nobody saw the message, but that can't be known.
	lostRequest = answer{err: &wxmsg.Error{Op: "template.send", Class: wxmsg.Ambiguous, Started: true}}
	// offline: there is no network.
	offline = answer{err: &wxmsg.Error{Op: "template.send", Class: wxmsg.NotSent}}
)

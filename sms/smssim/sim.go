// Package smssim plays the SMS APIs of Tencent Cloud and Alibaba Cloud on one
// address, for tests and trials: it checks signatures as they do, keeps the
// messages instead of sending them, and goes wrong on demand.
package smssim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
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

// refusal is an answer with a provider's code.
type refusal struct {
	code, message string
	// status is the HTTP status; 0 means 200.
	status int
}

// request is one that was read.
type request struct {
	*http.Request
	body []byte
}

// maxRequest bounds a request, in bytes.
const maxRequest = 1 << 20

// api is what differs between the two.
type api interface {
	// check verifies who asks, and read what.
	check(s *Sim, r *request) *refusal
	read(s *Sim, r *request) (Message, *refusal)
	// accepted and refused are the bodies of the answers.
	accepted(m Message, requestID string) []byte
	refused(why *refusal, mobile, requestID string) []byte
}

func apiOf(r *http.Request) api {
	switch {
	case r.Header.Get("X-TC-Action") != "":
		return tencentAPI{}
	case r.Header.Get("X-Acs-Action") != "":
		return alibabaAPI{}
	}
	return nil
}

// ServeHTTP answers as the provider that the request is meant for.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		s.page(w)
		return
	}
	api := apiOf(r)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if api == nil || err != nil {
		http.Error(w, "no request of a provider that is known here", http.StatusNotFound)
		return
	}
	s.mu.Lock()
	s.calls++
	id := fmt.Sprintf("req-%06d", s.calls)
	s.mu.Unlock()
	f := s.faults.take()
	if f.before(w, r) {
		return
	}
	status, answer := s.answer(api, &request{r, body}, f, id)
	f.after(w, r, cmp.Or(f.Status, status), answer)
}

// answer processes a request.
func (s *Sim) answer(api api, r *request, f Fault, id string) (int, []byte) {
	why := api.check(s, r)
	var m Message
	if why == nil {
		m, why = api.read(s, r)
	}
	if why == nil && f.Code != "" {
		why = &refusal{code: f.Code, message: f.Message, status: f.Status}
	}
	if why != nil {
		return cmp.Or(why.status, http.StatusOK), api.refused(why, m.Mobile, id)
	}
	return http.StatusOK, api.accepted(s.keep(m), id)
}

// fits checks a message against what is approved; each provider has its codes.
func (s *Sim) fits(m Message, badMobile, badSign, badTemplate, badParams string) *refusal {
	t, known := s.options.Templates[m.Template]
	switch {
	case len(m.Mobile) != 11 || m.Mobile[0] != '1':
		return &refusal{code: badMobile, message: "mobile " + m.Mobile + " is wrong"}
	case m.Sign == "" || s.options.Sign != "" && m.Sign != s.options.Sign:
		return &refusal{code: badSign, message: "the signature is not approved"}
	case m.Template == "" || s.options.Templates != nil && !known:
		return &refusal{code: badTemplate, message: "the template is not approved"}
	case known && !t.takes(m.Params):
		return &refusal{code: badParams, message: "the parameters are not those of the template"}
	}
	return nil
}

// takes says whether parameters, by name or by number, are those of the
// template.
func (t Template) takes(params map[string]string) bool {
	for i, name := range t.Params {
		_, byName := params[name]
		_, byNumber := params[strconv.Itoa(i+1)]
		if !byName && !byNumber {
			return false
		}
	}
	return len(params) == len(t.Params)
}

// say fills the template in.
func (t Template) say(params map[string]string) string {
	var pairs []string
	for i, name := range t.Params {
		value, ok := params[name]
		if !ok {
			value = params[strconv.Itoa(i+1)]
		}
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(t.Text)
}

// page shows what was sent, the newest first.
func (s *Sim) page(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	all := s.Messages("")
	if len(all) == 0 {
		_, _ = io.WriteString(w, "还没有短信\n")
	}
	for _, m := range slices.Backward(all) {
		_, _ = fmt.Fprintf(w, "%s  %s  %s\n", m.At.Format(time.TimeOnly), m.Mobile, cmp.Or(m.Text, fmt.Sprint("【", m.Sign, "】", m.Template, " ", m.Params)))
	}
}

// fresh says whether a nonce is used for the first time.
func (s *Sim) fresh(nonce string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if nonce == "" || s.nonces[nonce] {
		return false
	}
	s.nonces[nonce] = true
	return true
}

// near says whether a time is within a distance of the clock.
func (s *Sim) near(at time.Time, distance time.Duration) bool {
	return at.Sub(s.options.Now()).Abs() <= distance
}

// Fault is how calls go wrong. Set what should happen; what is zero happens as
// usual.
type Fault struct {
	// Times is how many calls it hits: 0 means one, negative every one until
	// disarmed.
	Times int

	Code    string // refused with this code of the provider
	Message string // its text
	Status  int    // HTTP status of the answer

	Latency     time.Duration // passes before anything else
	Hang        bool          // no answer until the caller leaves; not processed
	HangAfter   bool          // processed, then no answer until the caller leaves
	ResetBefore bool          // connection reset, not processed
	ResetAfter  bool          // processed, then the connection is reset
	HTML        bool          // a gateway's page, not processed; status 502
	Truncate    bool          // processed, then half of the body under the length of all
	Body        string        // processed, then answered with this
}

// faultList holds what is armed.
type faultList struct {
	mu    sync.Mutex
	armed []*armed
}

type armed struct {
	Fault
	left int
}

// Fault arms f; of several the first armed is used up first. The returned
// function disarms it.
func (s *Sim) Fault(f Fault) (disarm func()) {
	a := &armed{Fault: f, left: cmp.Or(f.Times, 1)}
	l := &s.faults
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = append(l.armed, a)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.armed = slices.DeleteFunc(l.armed, func(other *armed) bool { return other == a })
	}
}

// take gives the fault of the next call, the zero one when there is none.
func (l *faultList) take() Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.armed) == 0 {
		return Fault{}
	}
	a := l.armed[0]
	if a.left--; a.left == 0 {
		l.armed = l.armed[1:]
	}
	return a.Fault
}

// before does what happens instead of processing; true when that was all.
func (f Fault) before(w http.ResponseWriter, r *http.Request) bool {
	if f.Latency > 0 {
		select {
		case <-time.After(f.Latency):
		case <-r.Context().Done():
			return true
		}
	}
	switch {
	case f.Hang:
		<-r.Context().Done()
	case f.ResetBefore:
		reset(w)
	case f.HTML:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(cmp.Or(f.Status, http.StatusBadGateway))
		_, _ = io.WriteString(w, "<html><head><title>502 Bad Gateway</title></head></html>")
	default:
		return false
	}
	return true
}

// after answers.
func (f Fault) after(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	switch {
	case f.HangAfter:
		<-r.Context().Done()
		return
	case f.ResetAfter:
		reset(w)
		return
	case f.Body != "":
		body = []byte(f.Body)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if f.Truncate {
		body = body[:len(body)/2]
	}
	_, _ = w.Write(body) // the caller may have left
}

var errNoHijack = errors.New("smssim: the server can't reset connections")

// reset closes the connection in the caller's face.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(errors.Join(errNoHijack, http.ErrAbortHandler))
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

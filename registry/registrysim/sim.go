// Package registrysim plays the market regulator's registry, as docs/registry.md
// says an operator's address answers, for tests and trials. It goes wrong on
// demand.
package registrysim

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"shixi/registry"
)

// Fault makes calls go wrong. Of what it names, each is done in this order.
type Fault struct {
	// Times is how many calls it is for; less than 0: all that follow.
	Times int
	// Latency is waited first.
	Latency time.Duration
	// Drop breaks the connection off without an answer.
	Drop bool
	// Status answers so, with RetryAfter seconds when there are any and with a
	// Location when it is a redirect.
	Status     int
	RetryAfter int
	Location   string
	// Body answers with it as if it were the answer, with ContentType or
	// application/json.
	Body        []byte
	ContentType string
}

// Sim is a registry. It is an http.Handler.
type Sim struct {
	token string

	mu      sync.Mutex
	records map[string]registry.Record
	faults  []Fault
	asked   []string
	server  *http.Server
}

// New makes a registry with records, for whom the token lets in.
func New(token string, records ...registry.Record) *Sim {
	s := &Sim{token: token, records: map[string]registry.Record{}}
	for _, r := range records {
		s.Put(r)
	}
	return s
}

// Put adds a record or replaces the one of its code.
func (s *Sim) Put(r registry.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[r.Code] = r
}

// Fault orders a fault for the calls to come, after those ordered before.
func (s *Sim) Fault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

// Asked are the codes of all calls so far whose token was right.
func (s *Sim) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

// Start serves at an address, such as 127.0.0.1:0, and gives its URL.
func (s *Sim) Start(address string) (string, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second}
	s.mu.Lock()
	s.server = server
	s.mu.Unlock()
	go func() { _ = server.Serve(listener) }() // ends by Close
	return "http://" + listener.Addr().String() + "/lookup", nil
}

// Close ends what Start began.
func (s *Sim) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server == nil {
		return nil
	}
	return s.server.Close()
}

// ServeHTTP answers one call.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || subtle.ConstantTimeCompare([]byte(given), []byte(s.token)) != 1 {
		http.Error(w, "wrong token", http.StatusUnauthorized)
		return
	}
	code, ok := question(r)
	if !ok {
		http.Error(w, "POST {\"code\": …} as application/json", http.StatusBadRequest)
		return
	}
	fault, record, found := s.next(code)
	if fault.play(r.Context(), w) {
		return
	}
	answer := map[string]any{"found": found}
	if found {
		answer["record"] = record
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(answer) // the caller may be gone
}

// question reads what is asked; ok is false when it breaks the contract.
func question(r *http.Request) (code string, ok bool) {
	var q struct {
		Code *string `json:"code"`
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 4096))
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || decoder.Decode(&q) != nil || q.Code == nil {
		return "", false
	}
	return *q.Code, true
}

// next notes a call and gives the fault that is due, if any, and what is known
// of the code: a record of its own, or one whose code has it inside.
func (s *Sim) next(code string) (f Fault, record registry.Record, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, code)
	if len(s.faults) > 0 {
		f = s.faults[0]
		if s.faults[0].Times--; s.faults[0].Times == 0 {
			s.faults = s.faults[1:]
		}
	}
	if record, found = s.records[code]; found {
		return f, record, true
	}
	for _, r := range s.records {
		if len(code) == 9 && len(r.Code) == 18 && r.Code[8:17] == code {
			return f, r, true
		}
	}
	return f, record, false
}

// play does what the fault says; it tells whether that was the answer.
func (f Fault) play(ctx context.Context, w http.ResponseWriter) bool {
	if f.Latency > 0 {
		timer := time.NewTimer(f.Latency)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	switch {
	case f.Drop:
		panic(http.ErrAbortHandler) // net/http's way to break off
	case f.Status != 0:
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		if f.Location != "" {
			w.Header().Set("Location", f.Location)
		}
		w.WriteHeader(f.Status)
	case f.Body != nil:
		kind := f.ContentType
		if kind == "" {
			kind = "application/json"
		}
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(f.Body) // the caller may be gone
	default:
		return false
	}
	return true
}

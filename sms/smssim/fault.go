package smssim

import (
	"cmp"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

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

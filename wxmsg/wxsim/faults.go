package wxsim

import (
	"cmp"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Fault is how calls of one path go wrong. Set what should happen; what is
// zero happens as usual.
type Fault struct {
	// Times is how many calls it hits: 0 means one, or every matching call
	// when Match is set; negative means every call until disarmed.
	Times int
	// Match, when set, restricts it to the calls for which it returns true. It
	// may be called concurrently and must not call Fault or ClearFaults.
	Match func(Request) bool

	Latency     time.Duration // passes before anything else
	Hang        bool          // no answer until the caller leaves; not processed
	HangAfter   bool          // processed, then no answer until the caller leaves
	ResetBefore bool          // connection reset before processing
	ResetAfter  bool          // processed, then the connection is reset: the lost answer
	HTML        bool          // a gateway's HTML page instead of processing
	Truncate    bool          // processed, then half of the JSON is answered
	Status      int           // HTTP status; default 502 with HTML, else 200. Alone: an empty body, not processed
	Errcode     int           // this error instead of processing
	Errmsg      string        // its text without rid; default the platform's
}

// Request is what a Fault's Match sees of a call.
type Request struct {
	Path  string
	Query url.Values
	Body  []byte
	JSON  map[string]any // the decoded body; nil when it is not a JSON object
}

// ArmedFault is a fault in force.
type ArmedFault struct {
	Path  string
	Fault Fault
	Left  int // calls it still hits; negative: until disarmed
}

// faultList holds what is armed, under its own lock so that a Match may ask
// the simulator anything but this.
type faultList struct {
	mu    sync.Mutex
	armed []*ArmedFault
}

// Fault arms f for calls of path, one of the Path… constants but the two that
// are no API (PathQRShow, PathAuthorize). Of several armed
// for one path the first that matches is used. The returned function disarms
// it.
func (s *Sim) Fault(path string, f Fault) (disarm func()) {
	armed := &ArmedFault{Path: path, Fault: f, Left: f.Times}
	if f.Times == 0 {
		armed.Left = 1
		if f.Match != nil {
			armed.Left = -1
		}
	}
	l := &s.faults
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = append(l.armed, armed)
	s.generation.Add(1)
	return func() { l.remove(armed) }
}

// ClearFaults disarms everything.
func (s *Sim) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.armed = nil
	s.generation.Add(1)
}

// Faults lists what is armed, in order.
func (s *Sim) Faults() []ArmedFault {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	list := make([]ArmedFault, len(s.faults.armed))
	for i, a := range s.faults.armed {
		list[i] = *a
	}
	return list
}

func (l *faultList) remove(gone *ArmedFault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = slices.DeleteFunc(l.armed, func(a *ArmedFault) bool { return a == gone })
}

// take finds the fault that hits a call and uses it up by one. The predicates
// run without the lock.
func (l *faultList) take(c *call) (f Fault, hit bool) {
	l.mu.Lock()
	armed := slices.Clone(l.armed)
	l.mu.Unlock()
	var request *Request
	for _, a := range armed {
		if a.Path != c.path {
			continue
		}
		if a.Fault.Match != nil {
			if request == nil {
				request = requestOf(c)
			}
			if !a.Fault.Match(*request) {
				continue
			}
		}
		if l.use(a) {
			return a.Fault, true
		}
	}
	return Fault{}, false
}

// use takes one hit of an armed fault; false when it was used up meanwhile.
func (l *faultList) use(a *ArmedFault) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a.Left < 0 {
		return slices.Contains(l.armed, a)
	}
	if a.Left == 0 {
		return false
	}
	a.Left--
	if a.Left == 0 {
		l.armed = slices.DeleteFunc(l.armed, func(b *ArmedFault) bool { return a == b })
	}
	return true
}

func requestOf(c *call) *Request {
	r := &Request{Path: c.path, Query: c.query, Body: c.body}
	if json.Unmarshal(c.body, &r.JSON) != nil {
		r.JSON = nil
	}
	return r
}

// failBefore does what a fault does instead of processing.
func (s *Sim) failBefore(w http.ResponseWriter, r *http.Request, c *call, f Fault) bool {
	switch {
	case f.ResetBefore:
		cutConnection(w)
	case f.Hang:
		s.hang(w, r)
	case f.HTML:
		gatewayError(w, cmp.Or(f.Status, http.StatusBadGateway))
	case f.Errcode != 0:
		refusal := &apiError{code: f.Errcode, msg: cmp.Or(f.Errmsg, errmsg(f.Errcode))}
		s.countAnswer(c.path, f.Errcode)
		body := encode(refusal.body(c.path, s.rid(s.opts.Now())))
		writeJSON(w, cmp.Or(f.Status, http.StatusOK), c.path, body)
	case f.Status != 0 && !f.Truncate && !f.HangAfter && !f.ResetAfter:
		w.WriteHeader(f.Status)
	default:
		return false
	}
	return true
}

// failAfter does what a fault does to the answer of a processed call.
func (s *Sim) failAfter(w http.ResponseWriter, r *http.Request, a answer, f Fault) bool {
	switch {
	case f.ResetAfter:
		cutConnection(w)
	case f.HangAfter:
		s.hang(w, r)
	case f.Truncate:
		w.Header().Set("Content-Type", "application/json; encoding=utf-8")
		w.WriteHeader(cmp.Or(f.Status, http.StatusOK))
		_, _ = w.Write(a.body[:len(a.body)/2])
	default:
		return false
	}
	return true
}

// hang keeps the caller waiting until it leaves or the simulator closes.
func (s *Sim) hang(w http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.life.Done():
	}
	cutConnection(w)
}

// cutConnection ends a connection with a TCP reset and no answer.
func cutConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		// net/http's own way to abort where a connection can't be taken over.
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// gatewayError answers as the web server in front of the platform does.
func gatewayError(w http.ResponseWriter, status int) {
	title := http.StatusText(status)
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" +
		title + "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"))
}

package smssim

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

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

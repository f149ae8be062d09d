package wxsim

import "maps"

// Stats counts what happened since New.
type Stats struct {
	Accepted        int // template and subscribe messages shown on a phone or failed by SetOutcome
	Suppressed      int // repeats within the 10-minute window, answered and not shown
	Repeated        int // shown again after the window, as far as the phone still remembers the first
	ReceiptsPosted  int // receipts the callback took
	ReceiptsFailed  int // receipts given up after three attempts
	ReceiptsDropped int // receipts not posted: no callback, too many waiting, or closed
}

// Stats returns the counts.
func (s *Sim) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Calls counts the calls of a path, faulted ones included.
func (s *Sim) Calls(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[path]
}

// Answers counts the answers of a path by errcode, 0 included. A processed
// call whose answer a fault lost is counted; one that was never processed and
// got no errcode is not.
func (s *Sim) Answers(path string) map[int]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := maps.Clone(s.answers[path])
	if counts == nil {
		counts = map[int]int{}
	}
	return counts
}

// Sends counts the answers of template/send by errcode.
func (s *Sim) Sends() map[int]int { return s.Answers(PathTemplateSend) }

// TokenFetches counts the calls of both token endpoints that named the appid.
func (s *Sim) TokenFetches(appID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.apps[appID]; a != nil {
		return a.fetches
	}
	return 0
}

func (s *Sim) countCall(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[path]++
}

func (s *Sim) countAnswer(path string, errcode int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answers[path] == nil {
		s.answers[path] = make(map[int]int)
	}
	s.answers[path][errcode]++
}

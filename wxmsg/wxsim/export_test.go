package wxsim

// Remembered counts the entries the platform keeps for de-duplication, codes
// and tokens.
func (s *Sim) Remembered() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.dedupe.items) + len(s.codes.items) + len(s.webTokens.items) + len(s.tokens)
}

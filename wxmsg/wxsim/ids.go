package wxsim

import (
	"fmt"
	"time"
)

const idAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

// randomString returns n characters of the URL-safe base64 alphabet. Needs s.mu.
func (s *Sim) randomString(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = idAlphabet[s.random.IntN(len(idAlphabet))]
	}
	return string(b)
}

// randomBytes fills the 16 bytes in front of an encrypted message.
func (s *Sim) randomBytes() (b [16]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range b {
		b[i] = byte(s.random.Uint32())
	}
	return b
}

// nonce is the random decimal of a callback's query.
func (s *Sim) nonce() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprint(1_000_000_000 + s.random.IntN(1_000_000_000))
}

// nextMsgID returns a growing 19-digit id. Needs s.mu.
func (s *Sim) nextMsgID() int64 {
	s.lastMsgID += 1 + s.random.Int64N(1_000_000)
	return s.lastMsgID
}

// rid is the request id in an errmsg: time and two random words in hex.
func (s *Sim) rid(now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("%08x-%08x-%08x", uint32(now.Unix()), s.random.Uint32(), s.random.Uint32())
}

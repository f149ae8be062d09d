package acts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
)

// Cost of a password hash: 19 MiB and two passes, the least that is advised
// for argon2id, so that a burst of log-ins stays within hashers × 19 MiB.
const (
	hashMemory  = 19 * 1024 // KiB
	hashPasses  = 2
	hashThreads = 1
	hashSalt    = 16
	hashLength  = 32
	// hashers is how many hashes may be computed at once: 8 × 19 MiB.
	hashers = 8
)

// Hasher hashes passwords by argon2id, a bounded number at a time.
type Hasher struct {
	turns    chan struct{}
	patience time.Duration
}

// NewHasher allows n hashes at a time, each of 19 MiB; others wait for their
// turn, no longer than patience.
func NewHasher(n int, patience time.Duration) *Hasher {
	return &Hasher{turns: make(chan struct{}, n), patience: patience}
}

// Hash makes the PHC string of a password. Errors: of ctx or patience, while
// waiting.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	var salt [hashSalt]byte
	if _, err := rand.Read(salt[:]); err != nil {
		return "", fmt.Errorf("acts: salt: %w", err)
	}
	sum, err := h.derive(ctx, password, salt[:])
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashPasses, hashThreads,
		base64.RawStdEncoding.EncodeToString(salt[:]), base64.RawStdEncoding.EncodeToString(sum)), nil
}

// Fits says whether a password belongs to a PHC string. Against an empty one it
// takes as long as ever and says no: who exists can't be told by the time.
func (h *Hasher) Fits(ctx context.Context, password, phc string) (bool, error) {
	salt, want := parsePHC(phc)
	sum, err := h.derive(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(sum, want) == 1, nil
}

func (h *Hasher) derive(ctx context.Context, password string, salt []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, h.patience)
	defer cancel()
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	case <-ctx.Done():
		return nil, fmt.Errorf("acts: wait to hash: %w", ctx.Err())
	}
	return argon2.IDKey([]byte(password), salt, hashPasses, hashMemory, hashThreads, hashLength), nil
}

// parsePHC reads the salt and sum of our own strings; others give a salt that
// fits nothing.
func parsePHC(phc string) (salt, sum []byte) {
	parts := strings.Split(phc, "$")
	if len(parts) == 6 && parts[1] == "argon2id" {
		salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
		sum, err2 := base64.RawStdEncoding.DecodeString(parts[5])
		if err1 == nil && err2 == nil && len(sum) == hashLength {
			return salt, sum
		}
	}
	return make([]byte, hashSalt), nil
}

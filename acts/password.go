package acts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"shixi/internship"
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
	// hashLine is how many requests may have a turn or wait for one; the next is
	// told at once to come back, so that a crowd costs no more memory than these.
	hashLine = 1000
)

// errHashLine says that too many wait already.
var errHashLine = errors.New("acts: too many wait to hash")

// Hasher hashes passwords by argon2id, a bounded number at a time.
type Hasher struct {
	// Derive computes the hash of a password; tests count it, or make it cheap.
	Derive func(password, salt []byte) []byte

	turns, line chan struct{}
	patience    time.Duration
}

// NewHasher allows n hashes at a time, each of 19 MiB. Others wait for their
// turn, no longer than patience, and no more of them than make line together
// with the n.
func NewHasher(n, line int, patience time.Duration) *Hasher {
	return &Hasher{Derive: argon, turns: make(chan struct{}, n), line: make(chan struct{}, line), patience: patience}
}

func argon(password, salt []byte) []byte {
	return argon2.IDKey(password, salt, hashPasses, hashMemory, hashThreads, hashLength)
}

// Line is how many have a turn or wait for one.
func (h *Hasher) Line() int { return len(h.line) }

// Hash makes the PHC string of a password. Errors: of ctx or patience, while
// waiting, or that too many wait.
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
	select {
	case h.line <- struct{}{}:
		defer func() { <-h.line }()
	default:
		return nil, errHashLine
	}
	ctx, cancel := context.WithTimeout(ctx, h.patience)
	defer cancel()
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	case <-ctx.Done():
		return nil, fmt.Errorf("acts: wait to hash: %w", ctx.Err())
	}
	return h.Derive([]byte(password), salt), nil
}

// hash makes the PHC string of a new password. Errors: ErrUnavailable when too
// many wait for their turn.
func (a *Acts) hash(ctx context.Context, password string) (string, error) {
	phc, err := a.Hasher.Hash(ctx, password)
	return phc, crowded(err)
}

// fit says whether a password belongs to a hash. Errors: ErrUnavailable when
// too many wait for their turn.
func (a *Acts) fit(ctx context.Context, password, hash string) (bool, error) {
	ok, err := a.Hasher.Fits(ctx, password, hash)
	return ok, crowded(err)
}

// crowded tells who found no turn to come back.
func crowded(err error) error {
	if err == nil {
		return nil
	}
	return internship.ErrUnavailable.With("同时登录的人过多，请稍后重试").Because(err)
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

package handlers

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"shixi/handlers/partnerapi"
	"shixi/internship"
)

// nonceKept is how long a nonce stays used: as long as its request could be
// sent again, which is the window on both sides of the clock, and a minute for
// replicas whose clocks differ.
const nonceKept = 2*partnerapi.Window + time.Minute

var nonceForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

// nonces remembers which nonces are used up.
type nonces interface {
	// UseNonce takes a key's nonce; false when it was used before.
	UseNonce(ctx context.Context, keyID, nonce string, keep time.Duration) (bool, error)
}

// partnerRequest is what of a request the signature covers, and the four
// headers (design.md §6).
type partnerRequest struct {
	method, uri string // uri: the path with the raw query, as sent
	body        []byte

	key, timestamp, nonce, signature string
}

// authenticate says whose key signed a request. Whether the key, the
// signature, the time or a header is wrong is not told apart: ErrBadSignature.
// The nonce is used up only once the signature fits, so that nobody else can
// spend it. Errors: ErrBadSignature, ErrReplayed, ErrUnavailable.
func (k *PartnerKeys) authenticate(ctx context.Context, used nonces, r partnerRequest, now time.Time) (partnerKey, error) {
	if !k.fits(r) || !partnerapi.Timely(r.timestamp, now) || !nonceForm.MatchString(r.nonce) {
		return partnerKey{}, internship.ErrBadSignature
	}
	fresh, err := used.UseNonce(ctx, r.key, r.nonce, nonceKept)
	if err != nil {
		return partnerKey{}, fmt.Errorf("partner: %w", err)
	}
	if !fresh {
		return partnerKey{}, internship.ErrReplayed
	}
	return k.byID[r.key], nil
}

// fits compares the signature in constant time, against a decoy's where the
// key is unknown.
func (k *PartnerKeys) fits(r partnerRequest) bool {
	key, known := k.byID[r.key]
	secret := key.secret
	if !known {
		secret = k.decoy
	}
	signed := partnerapi.Signed(r.signature, secret, r.method, r.uri, r.body, r.timestamp, r.nonce)
	return signed && known
}

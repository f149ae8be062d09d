package partnerapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxDelivery bounds what is read of a delivery: 256 KB, or a single event that
// is longer.
const maxDelivery = 1 << 20

var (
	// ErrNotSigned: the request was not signed with any of the secrets, or not
	// now. Answer 401.
	ErrNotSigned = errors.New("partnerapi: signature does not fit, or its time has passed")
	// ErrReplayed: a request that came before was sent again by somebody. Answer
	// 401; a delivery that is repeated for good reason has a new nonce.
	ErrReplayed = errors.New("partnerapi: nonce was used before")
)

// Event is one thing that happened, as the feed and the webhooks carry it.
type Event struct {
	// Seq grows from event to event.
	Seq int64 `json:"seq"`
	// ID is the event's own: one that has come before is to be skipped.
	ID   string    `json:"id"`
	Kind string    `json:"kind"`
	At   time.Time `json:"at"`
	By   struct {
		Kind  string `json:"kind"`
		Label string `json:"label"`
		Name  string `json:"name"`
	} `json:"by"`
	// Refs are ids of the documents it is about, such as "placementId".
	Refs map[string]string `json:"refs"`
	Data map[string]string `json:"data"`
}

// Receiver checks what is posted to a partner's webhook. Deliveries come in the
// order of their numbers, each at least once: a delivery whose answer was lost
// comes again, perhaps with more events. Skip events whose id has been seen, or
// whose number is not above the last one; answer 2xx only once the events are
// stored, within some seconds, and work on them afterwards.
type Receiver struct {
	// Secrets are those that the webhook may be signed with: two while one is
	// being changed.
	Secrets []string
	// URI is the path, with its query, of the address in the operator's file;
	// empty: that of the request, which a proxy may have changed.
	URI string
	// Fresh takes a nonce and says whether it is new; it keeps nonces for twice
	// the Window. nil: not asked, since a replay brings only events that have
	// been seen.
	Fresh func(nonce string) bool
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

// Read checks a delivery and reads its events. Errors: ErrNotSigned,
// ErrReplayed, or what is wrong with the body.
func (v *Receiver) Read(r *http.Request) ([]Event, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxDelivery+1))
	if err != nil {
		return nil, fmt.Errorf("partnerapi: read delivery: %w", err)
	}
	if len(body) > maxDelivery || !v.signed(r, body) {
		return nil, ErrNotSigned
	}
	if v.Fresh != nil && !v.Fresh(r.Header.Get(HeaderNonce)) {
		return nil, ErrReplayed
	}
	var events []Event
	if err := json.Unmarshal(body, &events); err != nil {
		return nil, fmt.Errorf("partnerapi: read delivery: %w", err)
	}
	return events, nil
}

// signed says whether one of the secrets signed the request, now.
func (v *Receiver) signed(r *http.Request, body []byte) bool {
	now := time.Now
	if v.Now != nil {
		now = v.Now
	}
	uri, timestamp, nonce := v.URI, r.Header.Get(HeaderTimestamp), r.Header.Get(HeaderNonce)
	if uri == "" {
		uri = r.RequestURI
	}
	if nonce == "" || !Timely(timestamp, now()) {
		return false
	}
	for _, secret := range v.Secrets {
		if secret != "" && Signed(r.Header.Get(HeaderSignature), secret, r.Method, uri, body, timestamp, nonce) {
			return true
		}
	}
	return false
}

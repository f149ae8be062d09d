// Package partnerapi is the partners' side: it signs requests as the server
// checks them, calls the API, and checks what is posted to a webhook.
package partnerapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers that every request carries, and every delivery to a webhook.
const (
	// HeaderKey names the key.
	HeaderKey = "X-Partner-Key"
	// HeaderTimestamp is when it was signed, Unix seconds; at most Window from
	// the checker's clock.
	HeaderTimestamp = "X-Partner-Timestamp"
	// HeaderNonce is 16 to 64 of A–Z, a–z, 0–9, "_" and "-", never used before
	// with this key.
	HeaderNonce = "X-Partner-Nonce"
	// HeaderSignature is what Signature gives.
	HeaderSignature = "X-Partner-Signature"
	// HeaderIdempotency makes a POST safe to repeat; required on each.
	HeaderIdempotency = "Idempotency-Key"
)

// Signature is the hex HMAC-SHA256, under the key's secret, of five lines:
// method, path with its raw query as sent, hex SHA-256 of the body, timestamp
// and nonce (design.md §6).
func Signature(secret, method, uri string, body []byte, timestamp, nonce string) string {
	digest := sha256.Sum256(body)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(strings.Join([]string{method, uri, hex.EncodeToString(digest[:]), timestamp, nonce}, "\n")))
	return hex.EncodeToString(mac.Sum(nil))
}

// Window is how far a timestamp may lie from the clock of whoever checks it.
const Window = 300 * time.Second

// Timely says whether a timestamp, in Unix seconds, lies within the Window
// around now.
func Timely(timestamp string, now time.Time) bool {
	at, err := strconv.ParseUint(timestamp, 10, 40) // until the year 36812
	return err == nil && now.Sub(time.Unix(int64(at), 0)).Abs() <= Window
}

// Signed says, in constant time, whether signature is that of the rest.
func Signed(signature, secret, method, uri string, body []byte, timestamp, nonce string) bool {
	got, err := hex.DecodeString(signature)
	want, _ := hex.DecodeString(Signature(secret, method, uri, body, timestamp, nonce)) // is hex
	return hmac.Equal(got, want) && err == nil
}

// Sign sets the four headers of a request whose body is body.
func Sign(req *http.Request, id, secret string, body []byte, now time.Time, nonce string) {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	req.Header.Set(HeaderKey, id)
	req.Header.Set(HeaderTimestamp, timestamp)
	req.Header.Set(HeaderNonce, nonce)
	req.Header.Set(HeaderSignature, Signature(secret, req.Method, req.URL.RequestURI(), body, timestamp, nonce))
}

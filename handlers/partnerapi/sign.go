// Package partnerapi is the client's side of the partner API: it signs requests
// as the server checks them, and calls the API.
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

// The headers that every request carries.
const (
	// HeaderKey names the key.
	HeaderKey = "X-Partner-Key"
	// HeaderTimestamp is when it was signed, Unix seconds; at most 300 s from
	// the server's clock.
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

// Sign sets the four headers of a request whose body is body.
func Sign(req *http.Request, id, secret string, body []byte, now time.Time, nonce string) {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	req.Header.Set(HeaderKey, id)
	req.Header.Set(HeaderTimestamp, timestamp)
	req.Header.Set(HeaderNonce, nonce)
	req.Header.Set(HeaderSignature, Signature(secret, req.Method, req.URL.RequestURI(), body, timestamp, nonce))
}

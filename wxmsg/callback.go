package wxmsg

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Mode is how WeChat sends messages, as switched in its console. It is a
// setting and never taken from a request: who may choose the mode may choose
// not to encrypt (wechat.md §4.2).
type Mode string

const (
	// Safe is 安全模式: encrypted and signed bodies. Use it.
	Safe Mode = "safe"
	// Plain is 明文模式: the signature covers only timestamp and nonce, so a body
	// is worth no more than the secrecy of the address and the TLS around it.
	Plain Mode = "plain"
)

// What can be wrong with a callback request, besides ErrBody and the errors of
// Cipher.Decrypt. All of them mean: answer with an error status, do nothing.
var (
	// ErrSettings: the configuration can't protect the callback.
	ErrSettings = errors.New("wxmsg: incomplete callback settings")
	// ErrQuery: a parameter is missing, empty, repeated or malformed.
	ErrQuery = errors.New("wxmsg: bad callback query")
	// ErrSignature: the signature does not fit.
	ErrSignature = errors.New("wxmsg: wrong callback signature")
	// ErrStale: the timestamp lies outside the window: a replay, or a wrong clock.
	ErrStale = errors.New("wxmsg: callback outside the time window")
	// ErrMode: the body is plain in safe mode, or encrypted in plain mode.
	ErrMode = errors.New("wxmsg: callback is not in the configured mode")
)

// defaultWindow is how far a request's timestamp may lie from now. WeChat's
// three attempts end within 15 s; the rest is for clocks that differ.
const defaultWindow = 300 * time.Second

// CallbackConfig is what the receiver of one account needs.
type CallbackConfig struct {
	AppID  string
	Token  string
	AESKey string // EncodingAESKey, 43 characters; only safe mode uses it
	Mode   Mode
	// Window is how old or early a request may be; 0 means 300 s.
	Window time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Random feeds the encryption of replies; nil means crypto/rand.
	Random io.Reader
}

// Receiver checks, decrypts and parses what WeChat posts to the callback of one
// account, and seals the replies. It is safe for concurrent use if Random is.
type Receiver struct {
	token  string
	mode   Mode
	cipher *Cipher // nil in plain mode
	window time.Duration
	now    func() time.Time
	random io.Reader
}

// NewReceiver fails with ErrSettings, or ErrKey for a malformed AES key, when
// anything is missing that the mode needs: an unset token would let anyone in.
func NewReceiver(cfg CallbackConfig) (*Receiver, error) {
	r := &Receiver{token: cfg.Token, mode: cfg.Mode, window: cfg.Window, now: cfg.Now, random: cfg.Random}
	if cfg.Token == "" {
		return nil, fmt.Errorf("%w: no token", ErrSettings)
	}
	if cfg.Window < 0 {
		return nil, fmt.Errorf("%w: negative window", ErrSettings)
	}
	switch cfg.Mode {
	case Safe:
		cipher, err := NewCipher(cfg.Token, cfg.AESKey, cfg.AppID)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSettings, err)
		}
		r.cipher = cipher
	case Plain:
	default:
		return nil, fmt.Errorf("%w: mode %q", ErrSettings, cfg.Mode)
	}
	if r.window == 0 {
		r.window = defaultWindow
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.random == nil {
		r.random = rand.Reader
	}
	return r, nil
}

// CallbackQuery is the query of a callback request. Get it from
// ParseCallbackQuery, which refuses what a plain look-up would hide.
type CallbackQuery struct {
	Signature    string
	MsgSignature string // safe mode
	Timestamp    string
	Nonce        string
	EchoStr      string // GET only
}

// ParseCallbackQuery reads a raw query string. It fails with ErrQuery when the
// string is malformed, or when a parameter used here appears twice: which of
// two the signature covers would be a guess. Unknown parameters are ignored.
func ParseCallbackQuery(raw string) (CallbackQuery, error) {
	var q CallbackQuery
	values, err := url.ParseQuery(raw)
	if err != nil {
		return q, fmt.Errorf("%w: malformed", ErrQuery)
	}
	for name, field := range map[string]*string{"signature": &q.Signature, "msg_signature": &q.MsgSignature,
		"timestamp": &q.Timestamp, "nonce": &q.Nonce, "echostr": &q.EchoStr} {
		given := values[name]
		if len(given) > 1 {
			return CallbackQuery{}, fmt.Errorf("%w: %s appears %d times", ErrQuery, name, len(given))
		}
		if len(given) == 1 {
			*field = given[0]
		}
	}
	return q, nil
}

// echo is what WeChat sends to be echoed. The signature does not cover it, so
// anything that could be markup is refused.
var echo = regexp.MustCompile(`^[A-Za-z0-9+/=_.-]{1,512}$`)

// Verify answers the GET by which WeChat checks the address: on success the
// caller writes echo back as text/plain and nothing else. Fails with ErrQuery,
// ErrSignature or ErrStale.
func (r *Receiver) Verify(q CallbackQuery) (string, error) {
	if err := r.check(q, q.Signature, Signature(r.token, q.Timestamp, q.Nonce)); err != nil {
		return "", err
	}
	if !echo.MatchString(q.EchoStr) {
		return "", fmt.Errorf("%w: echostr", ErrQuery)
	}
	return q.EchoStr, nil
}

// Receive checks, decrypts and parses a POST. The signature is compared in
// constant time before anything is decrypted; upper-case hex is accepted. The
// Content-Type only serves to refuse forms: the body's first character tells
// XML from JSON. Errors are ErrQuery, ErrSignature, ErrStale, ErrMode, ErrBody
// and those of Cipher.Decrypt.
//
// Freshness and signature don't stop a replay within the window: the caller
// keeps Inbound.DedupeKey.
func (r *Receiver) Receive(q CallbackQuery, contentType string, body []byte) (*Inbound, error) {
	if len(body) > MaxBody {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrBody, MaxBody)
	}
	if kind := strings.ToLower(contentType); strings.HasPrefix(kind, "multipart/") || strings.HasPrefix(kind, "application/x-www-form-urlencoded") {
		return nil, fmt.Errorf("%w: a form", ErrBody)
	}
	if r.mode == Safe {
		return r.receiveSafe(q, body)
	}
	return r.receivePlain(q, body)
}

func (r *Receiver) receivePlain(q CallbackQuery, body []byte) (*Inbound, error) {
	if err := r.check(q, q.Signature, Signature(r.token, q.Timestamp, q.Nonce)); err != nil {
		return nil, err
	}
	root, format, err := parseDocument(body)
	if err != nil {
		return nil, err
	}
	if root.get("MsgType") == "" && root.get("Encrypt") != "" {
		return nil, fmt.Errorf("%w: encrypted body in plain mode", ErrMode)
	}
	return newInbound(root, format, bytes.Clone(body))
}

func (r *Receiver) receiveSafe(q CallbackQuery, body []byte) (*Inbound, error) {
	if q.MsgSignature == "" {
		return nil, fmt.Errorf("%w: no msg_signature", ErrSignature)
	}
	envelope, format, err := parseDocument(body)
	if err != nil {
		return nil, err
	}
	encrypted := envelope.get("Encrypt")
	if encrypted == "" {
		return nil, fmt.Errorf("%w: plain body in safe mode", ErrMode)
	}
	if err := r.check(q, q.MsgSignature, r.cipher.Sign(q.Timestamp, q.Nonce, encrypted)); err != nil {
		return nil, err
	}
	message, err := r.cipher.Decrypt(encrypted)
	if err != nil {
		return nil, err
	}
	root, _, err := parseDocument(message)
	if err != nil {
		return nil, err
	}
	return newInbound(root, format, message)
}

// check compares a signature with the one wanted, and then the timestamp with
// the clock.
func (r *Receiver) check(q CallbackQuery, got, want string) error {
	if q.Timestamp == "" || q.Nonce == "" {
		return fmt.Errorf("%w: timestamp or nonce is empty", ErrQuery)
	}
	if subtle.ConstantTimeCompare([]byte(strings.ToLower(got)), []byte(want)) != 1 {
		return ErrSignature
	}
	at, err := strconv.ParseUint(q.Timestamp, 10, 63) // seconds, beyond 2038 too
	if err != nil {
		return fmt.Errorf("%w: timestamp is no number of seconds", ErrQuery)
	}
	now := r.now()
	if early, late := now.Add(-r.window).Unix(), now.Add(r.window).Unix(); int64(at) < early || int64(at) > late {
		return ErrStale
	}
	return nil
}

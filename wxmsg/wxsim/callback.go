package wxsim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"shixi/wxmsg"
)

const (
	callbackAttempts = 3 // in all (wechat.md §4.1)
	maxReplyBody     = 1 << 20
)

// Reply is what an account's callback answered.
type Reply struct {
	Status   int    // HTTP status of the last attempt; 0: no answer came
	Body     []byte // as it came
	Message  []byte // the passive reply, decrypted; nil when empty or "success"
	Attempts int    // 0: the account has no callback
}

// callbackClient posts to callbacks: directly, without following redirects.
func callbackClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			MaxIdleConns:        2 * maxPosting,
			MaxIdleConnsPerHost: 2 * maxPosting,
			IdleConnTimeout:     30 * time.Second,
			DisableCompression:  true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// target is what posting to an account needs, copied so that no lock is held
// meanwhile.
type target struct {
	App
	cipher *wxmsg.Cipher
}

func (s *Sim) target(appID string) (target, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps[appID]
	if a == nil {
		return target{}, fmt.Errorf("%w: %s", ErrUnknownApp, appID)
	}
	return target{App: a.App, cipher: a.cipher}, nil
}

// deliver posts a message up to three times until the callback takes it.
func (s *Sim) deliver(ctx context.Context, to target, openID string, message []byte) (Reply, error) {
	if to.Callback == "" {
		return Reply{}, nil
	}
	var reply Reply
	var err error
	for attempt := 1; attempt <= callbackAttempts; attempt++ {
		reply, err = s.post(ctx, to, openID, message, envelope{})
		reply.Attempts = attempt
		if err == nil || ctx.Err() != nil || s.life.Err() != nil {
			break
		}
	}
	if err != nil {
		s.opts.Log.Info("wxsim: callback refused", "appid", to.AppID, "status", reply.Status, "error", err)
	}
	return reply, err
}

// post makes one attempt. Timestamp, nonce and random bytes are fresh on each.
func (s *Sim) post(ctx context.Context, to target, openID string, message []byte, e envelope) (Reply, error) {
	query, body, err := s.seal(to, openID, message, e)
	if err != nil {
		return Reply{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.CallbackTimeout)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)() //nolint:contextcheck // closing the simulator ends the post too
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, withQuery(to.Callback, query), bytes.NewReader(body))
	if err != nil {
		return Reply{}, fmt.Errorf("%w: %w", ErrCallback, err)
	}
	req.Header.Set("User-Agent", "Mozilla/4.0")
	req.Header.Set("Content-Type", "text/xml")
	if to.Format == FormatJSON {
		req.Header.Set("Content-Type", "application/json")
	}
	status, answer, err := s.roundTrip(req)
	reply := Reply{Status: status, Body: answer, Attempts: 1}
	if err != nil {
		return reply, err
	}
	reply.Message, err = readReply(to, openID, answer)
	return reply, err
}

// roundTrip sends one request and reads the answer. Errors carry no URL: its
// query is a signature.
func (s *Sim) roundTrip(req *http.Request) (int, []byte, error) {
	res, err := s.client.Do(req)
	if err != nil {
		if cause, ok := errors.AsType[*url.Error](err); ok {
			err = cause.Err
		}
		return 0, nil, fmt.Errorf("%w: %w", ErrCallback, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxReplyBody+1))
	switch {
	case err != nil:
		return res.StatusCode, nil, fmt.Errorf("%w: reading the answer: %w", ErrCallback, err)
	case len(body) > maxReplyBody:
		return res.StatusCode, nil, fmt.Errorf("%w: answer larger than %d bytes", ErrCallback, maxReplyBody)
	case res.StatusCode != http.StatusOK:
		return res.StatusCode, body, fmt.Errorf("%w: status %d", ErrCallback, res.StatusCode)
	}
	return res.StatusCode, body, nil
}

// envelope says how a push differs from an honest one.
type envelope struct {
	badSignature  bool
	badCiphertext bool
	unencrypted   bool
	at            time.Time // zero: now
	nonce         string    // empty: random
	appID         string    // empty: the account's own
}

// seal signs and, in safe mode, encrypts a message: the query and body of the
// callback request (wechat.md §4.1).
func (s *Sim) seal(to target, openID string, message []byte, e envelope) (url.Values, []byte, error) {
	at, nonce := e.at, e.nonce
	if at.IsZero() {
		at = s.opts.Now()
	}
	if nonce == "" {
		nonce = s.nonce()
	}
	timestamp := strconv.FormatInt(at.Unix(), 10)
	query := url.Values{"timestamp": {timestamp}, "nonce": {nonce}, "openid": {openID}}
	query.Set("signature", wxmsg.Signature(to.Token, timestamp, nonce))
	if to.Mode == ModePlain || e.unencrypted {
		if e.badSignature {
			query.Set("signature", corrupt(query.Get("signature")))
		}
		return query, message, nil
	}
	cipher := to.cipher
	if e.appID != "" {
		other, err := wxmsg.NewCipher(to.Token, to.AESKey, e.appID)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrConfig, err)
		}
		cipher = other
	}
	sealed, err := cipher.Encrypt(message, s.randomBytes())
	if err != nil {
		return nil, nil, fmt.Errorf("encrypt a callback: %w", err)
	}
	if e.badCiphertext {
		sealed = corrupt(sealed)
	}
	query.Set("encrypt_type", "aes")
	query.Set("msg_signature", wxmsg.Signature(to.Token, timestamp, nonce, sealed))
	if e.badSignature {
		query.Set("msg_signature", corrupt(query.Get("msg_signature")))
	}
	body, err := Fields{{"ToUserName", to.OriginalID}, {"Encrypt", sealed}}.render(to.Format)
	return query, body, err
}

// corrupt changes the character in the middle of a hex or base64 text.
func corrupt(text string) string {
	b := []byte(text)
	if i := len(b) / 2; i < len(b) {
		if b[i] == 'a' {
			b[i] = 'b'
		} else {
			b[i] = 'a'
		}
	}
	return string(b)
}

// withQuery adds parameters to a URL that may have some.
func withQuery(address string, query url.Values) string {
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + query.Encode()
}

// Verify asks an account's callback to prove itself, as the console does when
// the URL is saved: GET with an echostr that must come back raw.
func (s *Sim) Verify(ctx context.Context, appID string) error {
	to, err := s.target(appID)
	if err != nil {
		return err
	}
	timestamp, nonce, echo := strconv.FormatInt(s.opts.Now().Unix(), 10), s.nonce(), s.nonce()
	query := url.Values{"timestamp": {timestamp}, "nonce": {nonce}, "echostr": {echo}}
	query.Set("signature", wxmsg.Signature(to.Token, timestamp, nonce))
	ctx, cancel := context.WithTimeout(ctx, s.opts.CallbackTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, withQuery(to.Callback, query), nil)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCallback, err)
	}
	_, body, err := s.roundTrip(req)
	if err != nil {
		return err
	}
	if string(body) != echo {
		return fmt.Errorf("%w: echostr did not come back", ErrCallback)
	}
	return nil
}

// Sealed gives the address and body with which an event would be posted to an
// app's callback now, without posting it: for load of one's own making.
func (s *Sim) Sealed(appID, openID string, message []byte) (address string, body []byte, err error) {
	to, err := s.target(appID)
	if err != nil {
		return "", nil, err
	}
	query, body, err := s.seal(to, openID, message, envelope{})
	if err != nil {
		return "", nil, err
	}
	return withQuery(to.Callback, query), body, nil
}

package wxmsg

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
)

// A call is one request to the API.
type call struct {
	op    string // name of the call in errors and logs
	path  string
	query url.Values
	body  any // nil for GET, else sent as JSON
	into  any // where a successful answer is decoded; nil to ignore it
}

// withToken makes a call that needs the access token. When WeChat refuses the
// token, the token is replaced and the call made once more; the second refusal
// is final.
func (c *Client) withToken(ctx context.Context, k call) error {
	token, err := c.tokens.get(ctx)
	if err != nil {
		return fmt.Errorf("wxmsg: %s: getting the access token: %w", k.op, err)
	}
	err = c.do(ctx, k, token)
	if ClassOf(err) != Token {
		return err
	}
	c.log.WarnContext(ctx, "WeChat refused the access token", "op", k.op, "errcode", codeOf(err))
	token, tokenErr := c.tokens.replace(ctx, token)
	if tokenErr != nil {
		return fmt.Errorf("wxmsg: %s: replacing the refused access token: %w", k.op, tokenErr)
	}
	return c.do(ctx, k, token)
}

func codeOf(err error) int {
	var e *Error
	errors.As(err, &e)
	if e == nil {
		return 0
	}
	return e.Code
}

// do makes one request and reads its answer. Every error is an *Error.
func (c *Client) do(ctx context.Context, k call, token string) error {
	if token != "" {
		query := url.Values{"access_token": {token}}
		for name, values := range k.query {
			query[name] = values
		}
		k.query = query
	}
	body, status, err := c.exchange(ctx, k)
	if err != nil {
		return err
	}
	return decodeAnswer(k.op, status, body, k.into)
}

// answerHead is what every answer may begin with; success often has no errcode.
type answerHead struct {
	ErrCode number `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
}

func decodeAnswer(op string, status int, body []byte, into any) error {
	var head answerHead
	if err := json.Unmarshal(body, &head); err != nil {
		return ambiguous(op, status, errors.New("the answer is not JSON"))
	}
	if head.ErrCode != 0 {
		return answerError(op, status, int(head.ErrCode), head.ErrMsg)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		return ambiguous(op, status, errors.New("the answer has another form than documented"))
	}
	return nil
}

// number is an integer that WeChat may also write as a string. It is never a
// float: a msgid has 19 digits.
type number int64

// UnmarshalJSON reads 5, "5" and null.
func (n *number) UnmarshalJSON(text []byte) error {
	s := strings.Trim(string(text), `"`)
	if s == "null" || s == "" {
		return nil
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return errors.New("no integer")
	}
	*n = number(v)
	return nil
}

// exchange sends the request and returns the body of an answer with status
// 200. Its errors are NotSent until the request's head was written and
// Ambiguous from then on.
func (c *Client) exchange(ctx context.Context, k call) ([]byte, int, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	seen := &sighting{}
	req, err := c.request(seen.trace(ctx), k)
	if err != nil {
		return nil, 0, &Error{Op: k.op, Class: Payload, cause: safeCause(err)}
	}
	if err := ctx.Err(); err != nil {
		return nil, 0, notSent(k.op, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, 0, seen.failure(k.op, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, resp.StatusCode, ambiguous(k.op, resp.StatusCode, nil)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	if err != nil {
		return nil, resp.StatusCode, ambiguous(k.op, resp.StatusCode, err)
	}
	if len(body) > MaxBody {
		return nil, resp.StatusCode, ambiguous(k.op, resp.StatusCode, errors.New("the answer is larger than 1 MB"))
	}
	return body, resp.StatusCode, nil
}

func (c *Client) request(ctx context.Context, k call) (*http.Request, error) {
	target := *c.base
	target.Path += k.path
	target.RawQuery = k.query.Encode()
	if k.body == nil {
		return http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	}
	body, err := marshalJSON(k.body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	return req, nil
}

// sighting watches one exchange: whether its head was written. The transport
// calls the hook before it flushes the bytes, so "not seen" is certain.
type sighting struct {
	wrote  atomic.Bool
	status atomic.Int64 // set by callers that see the answer's head themselves
}

func (s *sighting) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { s.wrote.Store(true) }})
}

// failure classes an exchange that brought no answer.
func (s *sighting) failure(op string, cause error) *Error {
	if s.wrote.Load() {
		return ambiguous(op, int(s.status.Load()), cause)
	}
	return notSent(op, cause)
}

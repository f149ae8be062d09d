package partnerapi

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxAnswer bounds what is read of an answer: a page of 100 rows is far below.
const maxAnswer = 8 << 20

// Client calls the partner API under one key. The zero HTTP and Now are
// http.DefaultClient and time.Now.
type Client struct {
	// Base is the server's address, e.g. "https://shixi.example.com".
	Base string
	// Key and Secret are the key's, as the operator issued them.
	Key, Secret string
	HTTP        *http.Client
	Now         func() time.Time
}

// Problem is a refusal, as the API writes it.
type Problem struct { //nolint:errname // RFC 9457 calls it so
	Status int    `json:"status"`
	Code   string `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Errors []struct {
		Field   string `json:"field"`
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"errors"`
	// RequestID names the request in the server's log; tell it when you ask for
	// help.
	RequestID string `json:"requestId"`
}

// Error implements error.
func (p *Problem) Error() string {
	return fmt.Sprintf("%d %s: %s (request %s)", p.Status, p.Code, p.Detail, p.RequestID)
}

// Get reads path, which may have a query, into answer.
func (c *Client) Get(ctx context.Context, path string, answer any) error {
	return c.call(ctx, http.MethodGet, path, "", nil, answer)
}

// Put keeps body under path.
func (c *Client) Put(ctx context.Context, path string, body, answer any) error {
	return c.call(ctx, http.MethodPut, path, "", body, answer)
}

// Post makes body under path. The idempotency key has to be the same when the
// same request is made again, and new for every other; a nil body is an empty
// object.
func (c *Client) Post(ctx context.Context, path, idempotencyKey string, body, answer any) error {
	if body == nil {
		body = struct{}{}
	}
	return c.call(ctx, http.MethodPost, path, idempotencyKey, body, answer)
}

// call makes one request. A refusal is a *Problem.
func (c *Client) call(ctx context.Context, method, path, idempotencyKey string, in, out any) error {
	req, err := c.request(ctx, method, path, idempotencyKey, in)
	if err != nil {
		return fmt.Errorf("partner %s: %w", method, err)
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("partner %s: %w", method, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("partner %s: %w", method, err)
	}
	if res.StatusCode >= http.StatusBadRequest {
		p := &Problem{}
		if err := json.Unmarshal(body, p); err != nil || p.Code == "" {
			return fmt.Errorf("partner %s: status %d", method, res.StatusCode)
		}
		p.Status = res.StatusCode
		return p
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("partner %s: %w", method, err)
	}
	return nil
}

// request makes the signed request.
func (c *Client) request(ctx context.Context, method, path, idempotencyKey string, in any) (*http.Request, error) {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.Base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if idempotencyKey != "" {
		req.Header.Set(HeaderIdempotency, idempotencyKey)
	}
	now := time.Now
	if c.Now != nil {
		now = c.Now
	}
	Sign(req, c.Key, c.Secret, body, now(), rand.Text())
	return req, nil
}

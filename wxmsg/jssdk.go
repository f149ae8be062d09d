package wxmsg

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const opTicket = "ticket.getticket"

// JSSignature is what a page gives to wx.config.
type JSSignature struct {
	AppID     string
	Timestamp int64 // Unix seconds
	Nonce     string
	Signature string
}

// SignJS signs an address for the JS-SDK, with the ticket that all replicas
// share. What follows a # is not part of it; the rest must be what the browser
// shows, character for character. Whose addresses are signed is the caller's to
// decide. The error is or wraps an *Error.
func (c *Client) SignJS(ctx context.Context, address string) (JSSignature, error) {
	ticket, err := c.JSTicket(ctx)
	if err != nil {
		return JSSignature{}, err
	}
	s := JSSignature{AppID: c.appID, Timestamp: c.now().Unix(), Nonce: rand.Text()}
	s.Signature = jsSignature(ticket, s.Nonce, s.Timestamp, address)
	return s, nil
}

// jsSignature is the digest of wechat.md §5.2: keys in this order, values raw.
func jsSignature(ticket, nonce string, timestamp int64, address string) string {
	address, _, _ = strings.Cut(address, "#")
	sum := sha1.Sum([]byte("jsapi_ticket=" + ticket + "&noncestr=" + nonce + "&timestamp=" + strconv.FormatInt(timestamp, 10) + "&url=" + address))
	return hex.EncodeToString(sum[:])
}

// JSTicket is the account's jsapi_ticket. The platform gives it out only a few
// times a day, so it is kept and shared exactly as the access token is. The
// error is or wraps an *Error.
func (c *Client) JSTicket(ctx context.Context) (string, error) {
	ticket, err := c.tickets.get(ctx)
	if err != nil {
		return "", fmt.Errorf("wxmsg: getting the JS ticket: %w", err)
	}
	return ticket, nil
}

// askTicket makes one request for the ticket, within the time for which a
// replica holds the right to do so. There is no forcing one.
func (c *Client) askTicket(ctx context.Context, _ bool) (string, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	var answer struct {
		Ticket  string `json:"ticket"`
		Expires number `json:"expires_in"`
	}
	err := c.withToken(ctx, call{op: opTicket, path: "/cgi-bin/ticket/getticket", query: url.Values{"type": {"jsapi"}}, into: &answer})
	if err == nil && (answer.Ticket == "" || len(answer.Ticket) > maxToken || answer.Expires <= 0 || answer.Expires > maxLife) {
		err = ambiguous(opTicket, 200, errors.New("the answer has no ticket that can be used"))
	}
	if err != nil {
		return "", 0, ticketError(err)
	}
	return answer.Ticket, time.Duration(answer.Expires) * time.Second, nil
}

// ticketError says how long not to ask again: every page that opens would.
func ticketError(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Class.Final() || e.Class == Quota {
		e.RetryAfter = max(e.RetryAfter, configPause)
	}
	return err
}

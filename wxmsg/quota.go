package wxmsg

import (
	"context"
	"errors"
)

const (
	opQuota      = "openapi.quota.get"
	opClearQuota = "clear_quota"
)

// PathTemplateSend is the API path of template messages, for Allowance.
const PathTemplateSend = "/cgi-bin/message/template/send"

// Allowance is how often one API may be called in a day, in Asia/Shanghai.
type Allowance struct {
	Limit, Used, Remain int64
}

// Allowance asks for the day's figures of an API path such as PathTemplateSend. The
// error is or wraps an *Error; Payload (76021, 76022) when the path can't be
// asked about.
func (c *Client) Allowance(ctx context.Context, path string) (Allowance, error) {
	var answer struct {
		Quota *struct {
			Limit  number `json:"daily_limit"`
			Used   number `json:"used"`
			Remain number `json:"remain"`
		} `json:"quota"`
	}
	body := map[string]string{"cgi_path": path}
	if err := c.withToken(ctx, call{op: opQuota, path: "/cgi-bin/openapi/quota/get", body: body, into: &answer}); err != nil {
		return Allowance{}, err
	}
	if answer.Quota == nil {
		return Allowance{}, ambiguous(opQuota, 200, errors.New("the answer has no quota"))
	}
	q := answer.Quota
	return Allowance{Limit: int64(q.Limit), Used: int64(q.Used), Remain: int64(q.Remain)}, nil
}

// ClearQuota sets all the day's counts of the account back to nothing. WeChat
// allows it ten times a month; then the error is an *Error with code 48006.
func (c *Client) ClearQuota(ctx context.Context) error {
	return c.withToken(ctx, call{op: opClearQuota, path: "/cgi-bin/clear_quota", body: map[string]string{"appid": c.appID}})
}

package sms

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tencenterrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	tencentsms "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/sms/v20210111"
)

const (
	tencentName = "tencent"
	// tencentRegion is where requests are counted; SMS are sent all over China
	// from each of the three there are.
	tencentRegion   = "ap-guangzhou"
	tencentEndpoint = "https://sms.tencentcloudapi.com"
)

// Account is what both providers need.
type Account struct {
	// KeyID and KeySecret sign the requests: SecretId and SecretKey at Tencent,
	// AccessKey ID and Secret at Alibaba.
	KeyID, KeySecret string
	// AppID is the SdkAppId; Tencent's alone.
	AppID string
	// Templates are the signature and the templates of the account.
	Templates *Templates
	// Endpoint stands in for the provider's address: scheme and host. nil: the
	// provider's own.
	Endpoint *url.URL
	// Timeout bounds one call; 0 means 10 s.
	Timeout time.Duration
	// MaxConns is how many connections are kept for reuse; 0 means 20.
	MaxConns int
}

// defaultConns is Account.MaxConns when it is 0.
const defaultConns = 20

func (a *Account) complete(endpoint string) error {
	if a.KeyID == "" || a.KeySecret == "" || a.Templates == nil {
		return errors.New("sms: key id, key secret and templates are required")
	}
	if a.Endpoint == nil {
		var err error
		if a.Endpoint, err = url.Parse(endpoint); err != nil {
			return fmt.Errorf("sms: endpoint: %w", err)
		}
	}
	if s := a.Endpoint.Scheme; s != "https" && s != "http" || a.Endpoint.Host == "" || strings.Trim(a.Endpoint.Path, "/") != "" {
		return errors.New("sms: the endpoint must be scheme and host, such as https://sms.tencentcloudapi.com")
	}
	a.Timeout = cmp.Or(a.Timeout, defaultTimeout)
	a.MaxConns = cmp.Or(a.MaxConns, defaultConns)
	return nil
}

// Tencent sends through Tencent Cloud SMS (API 3.0, SendSms 2021-01-11).
type Tencent struct {
	account   Account
	client    *tencentsms.Client
	transport *http.Transport
}

var _ Sender = (*Tencent)(nil)

// NewTencent makes a sender. Errors: something required is missing.
func NewTencent(a Account) (*Tencent, error) {
	if err := a.complete(tencentEndpoint); err != nil {
		return nil, err
	}
	if a.AppID == "" {
		return nil, errors.New("sms: the app id (SdkAppId) is required")
	}
	p := profile.NewClientProfile()
	p.HttpProfile.Endpoint, p.HttpProfile.Scheme = a.Endpoint.Host, strings.ToUpper(a.Endpoint.Scheme)
	p.HttpProfile.ReqTimeout = int(a.Timeout/time.Second) + 1 // a context ends calls earlier
	client, err := tencentsms.NewClient(common.NewCredential(a.KeyID, a.KeySecret), tencentRegion, p)
	if err != nil {
		return nil, fmt.Errorf("sms: tencent: %w", err)
	}
	t := &Tencent{account: a, client: client, transport: newTransport(a.MaxConns)}
	client.WithHttpTransport(&watched{t.transport})
	return t, nil
}

// Close ends the idle connections.
func (t *Tencent) Close() { t.transport.CloseIdleConnections() }

// Send sends a message once; it never repeats a call.
func (t *Tencent) Send(ctx context.Context, m Message) (Receipt, error) {
	f, err := t.account.Templates.fill(tencentName, m)
	if err != nil {
		return Receipt{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, t.account.Timeout)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return Receipt{}, &Error{Provider: tencentName, Class: NotSent, cause: safeCause(err, "")}
	}
	request := tencentsms.NewSendSmsRequest()
	request.PhoneNumberSet = common.StringPtrs([]string{"+86" + m.Mobile})
	request.SmsSdkAppId, request.SignName, request.TemplateId = &t.account.AppID, &f.sign, &f.id
	request.TemplateParamSet = common.StringPtrs(f.values)
	request.SessionContext = &m.ID
	seen := &sighting{}
	response, err := t.call(seen.watch(ctx), request)
	if err != nil {
		return Receipt{}, seen.tencentError(ctx, err)
	}
	return seen.tencentReceipt(response)
}

// call makes one call. The SDK panics at some answers, null among them.
func (t *Tencent) call(ctx context.Context, request *tencentsms.SendSmsRequest) (response *tencentsms.SendSmsResponse, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("sms: the SDK panicked with a %T", x)
		}
	}()
	return t.client.SendSmsWithContext(ctx, request)
}

// tencentError classes an error of the SDK. Its ClientError.* say that there
// was no readable answer, and quote it.
func (s *sighting) tencentError(ctx context.Context, err error) *Error {
	answered, ok := errors.AsType[*tencenterrors.TencentCloudSDKError](err)
	if ok && answered.Code != "" && !strings.HasPrefix(answered.Code, "ClientError.") {
		return refused(tencentName, answered.Code, answered.Message, answered.RequestId, int(s.status.Load()))
	}
	return s.failure(ctx, tencentName)
}

// tencentReceipt reads the one status there must be.
func (s *sighting) tencentReceipt(r *tencentsms.SendSmsResponse) (Receipt, error) {
	if r == nil || r.Response == nil || len(r.Response.SendStatusSet) != 1 || r.Response.SendStatusSet[0] == nil {
		return Receipt{}, s.unreadable(tencentName)
	}
	status, request := r.Response.SendStatusSet[0], text(r.Response.RequestId)
	switch code := text(status.Code); code {
	case "Ok":
		return Receipt{ID: safeID(text(status.SerialNo)), Request: safeID(request)}, nil
	case "":
		return Receipt{}, s.unreadable(tencentName)
	default:
		return Receipt{}, refused(tencentName, code, text(status.Message), request, int(s.status.Load()))
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

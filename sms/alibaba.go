package sms

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	dysms "github.com/alibabacloud-go/dysmsapi-20170525/v5/client"
	util "github.com/alibabacloud-go/tea-utils/v2/service"
	"github.com/alibabacloud-go/tea/tea"
)

const (
	alibabaName     = "alibaba"
	alibabaEndpoint = "https://dysmsapi.aliyuncs.com"
)

// Alibaba sends through Alibaba Cloud SMS (SendSms 2017-05-25).
//
// Its SDK knows no context: a call that the caller gives up ends in the
// background, at the latest after Account.Timeout.
type Alibaba struct {
	account Account
	client  *dysms.Client
}

var _ Sender = (*Alibaba)(nil)

// NewAlibaba makes a sender. Errors: something required is missing, or the
// environment makes the SDK print requests.
func NewAlibaba(a Account) (*Alibaba, error) {
	if err := a.complete(alibabaEndpoint); err != nil {
		return nil, err
	}
	if slices.Contains(strings.Split(os.Getenv("DEBUG"), ","), "tea") {
		return nil, errors.New("sms: the environment variable DEBUG names tea, which makes the SDK of Alibaba print every mobile and code: unset it")
	}
	client, err := dysms.NewClient(&openapi.Config{
		AccessKeyId: &a.KeyID, AccessKeySecret: &a.KeySecret, Endpoint: &a.Endpoint.Host, Protocol: tea.String(strings.ToUpper(a.Endpoint.Scheme)),
		ReadTimeout:    tea.Int(int(a.Timeout / time.Millisecond)), // of the whole call
		ConnectTimeout: tea.Int(int(connectTimeout / time.Second)), // the SDK takes it for seconds
		MaxIdleConns:   tea.Int(a.MaxConns),
	})
	if err != nil {
		return nil, errors.New("sms: the SDK of Alibaba does not take the settings") // its error may quote them
	}
	return &Alibaba{account: a, client: client}, nil
}

// alibabaAnswer is how a call ended.
type alibabaAnswer struct {
	response *dysms.SendSmsResponse
	err      error
}

// Send sends a message once; it never repeats a call.
func (a *Alibaba) Send(ctx context.Context, m Message) (Receipt, error) {
	f, err := a.account.Templates.fill(alibabaName, m)
	if err != nil {
		return Receipt{}, err
	}
	params := make(map[string]string, len(f.names))
	for i, name := range f.names {
		params[name] = f.values[i]
	}
	filledIn, err := json.Marshal(params)
	if err != nil {
		return Receipt{}, &Error{Provider: alibabaName, Class: Config, cause: errors.New("the parameters can't be written")}
	}
	if err := ctx.Err(); err != nil {
		return Receipt{}, &Error{Provider: alibabaName, Class: NotSent, cause: safeCause(err, "")}
	}
	request := &dysms.SendSmsRequest{PhoneNumbers: &m.Mobile, SignName: &f.sign, TemplateCode: &f.id,
		TemplateParam: tea.String(string(filledIn)), OutId: &m.ID}
	ended := make(chan alibabaAnswer, 1)
	go func() { ended <- a.call(request) }()
	select {
	case answer := <-ended:
		return answer.receipt()
	case <-ctx.Done():
		return Receipt{}, &Error{Provider: alibabaName, Class: Uncertain, cause: safeCause(ctx.Err(), "")}
	}
}

// call makes one call. The SDK writes to its client while it calls, so each
// call has a copy, and what it panics at must not end the process.
func (a *Alibaba) call(request *dysms.SendSmsRequest) (answer alibabaAnswer) {
	defer func() {
		if x := recover(); x != nil {
			answer = alibabaAnswer{err: fmt.Errorf("sms: the SDK panicked with a %T", x)}
		}
	}()
	client := *a.client
	answer.response, answer.err = client.SendSmsWithOptions(request, &util.RuntimeOptions{Autoretry: tea.Bool(false)})
	return answer
}

func (a alibabaAnswer) receipt() (Receipt, error) {
	if a.err != nil {
		return Receipt{}, alibabaError(a.err)
	}
	if a.response == nil || a.response.Body == nil || text(a.response.Body.Code) == "" {
		return Receipt{}, &Error{Provider: alibabaName, Class: Uncertain, cause: errors.New("the answer can't be read")}
	}
	body := a.response.Body
	if code := text(body.Code); code != "OK" {
		return Receipt{}, refused(alibabaName, code, text(body.Message), text(body.RequestId), int(tea.Int32Value(a.response.StatusCode)))
	}
	return Receipt{ID: safeID(text(body.BizId)), Request: safeID(text(body.RequestId))}, nil
}

// alibabaError classes an error of the SDK. The text of most holds the
// request's address, and with it mobile and parameters.
func alibabaError(err error) *Error {
	if answered, ok := errors.AsType[*tea.SDKError](err); ok {
		var data struct{ RequestId string }
		_ = json.Unmarshal([]byte(text(answered.Data)), &data) // then there is no request id
		return refused(alibabaName, text(answered.Code), text(answered.Message), data.RequestId, tea.IntValue(answered.StatusCode))
	}
	if neverLeft(err) {
		return &Error{Provider: alibabaName, Class: NotSent, cause: errors.New("the provider can't be reached")}
	}
	return &Error{Provider: alibabaName, Class: Uncertain, cause: safeCause(err, "the answer was lost or can't be read")}
}

// neverLeft recognises the errors of an address that is not found, a
// connection that is not made and a certificate that is not trusted.
func neverLeft(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return true
	}
	return errors.Is(err, http.ErrSchemeMismatch)
}

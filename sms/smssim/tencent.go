package smssim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tencentAPI is SendSms 2021-01-11 of API 3.0.
type tencentAPI struct{}

// tencentSkew is how far a request's time may be off.
const tencentSkew = 5 * time.Minute

// check verifies TC3-HMAC-SHA256.
func (tencentAPI) check(s *Sim, r *request) *refusal {
	if r.Method != "POST" || r.Header.Get("X-TC-Action") != "SendSms" {
		return &refusal{code: "InvalidAction", message: "only SendSms by POST"}
	}
	if r.Header.Get("X-TC-Version") != "2021-01-11" || r.Header.Get("X-TC-Region") == "" {
		return &refusal{code: "InvalidParameter", message: "version or region is wrong"}
	}
	seconds, err := strconv.ParseInt(r.Header.Get("X-TC-Timestamp"), 10, 64)
	at := time.Unix(seconds, 0).UTC()
	if err != nil || !s.near(at, tencentSkew) {
		return &refusal{code: "AuthFailure.SignatureExpire", message: "the time is off"}
	}
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	parts := authorization(rest)
	keyID, scope, _ := strings.Cut(parts["Credential"], "/")
	if scheme != "TC3-HMAC-SHA256" || scope != at.Format("2006-01-02")+"/sms/tc3_request" {
		return &refusal{code: "AuthFailure.InvalidAuthorization", message: "the authorization is malformed"}
	}
	if keyID != s.options.KeyID {
		return &refusal{code: "AuthFailure.SecretIdNotFound", message: "no such key"}
	}
	signed := strings.Split(parts["SignedHeaders"], ";")
	if !slices.Contains(signed, "host") || !slices.Contains(signed, "content-type") {
		return &refusal{code: "AuthFailure.InvalidAuthorization", message: "host and content-type must be signed"}
	}
	canonical := strings.Join([]string{r.Method, "/", r.URL.RawQuery, canonicalHeaders(r, signed), parts["SignedHeaders"], hash(r.body)}, "\n")
	text := strings.Join([]string{scheme, r.Header.Get("X-TC-Timestamp"), scope, hash([]byte(canonical))}, "\n")
	key := []byte("TC3" + s.options.KeySecret)
	for _, step := range strings.Split(scope, "/") {
		key = sign(key, step)
	}
	if !hmac.Equal([]byte(hex.EncodeToString(sign(key, text))), []byte(parts["Signature"])) {
		return &refusal{code: "AuthFailure.SignatureFailure", message: "the signature is wrong"}
	}
	return nil
}

func (tencentAPI) read(s *Sim, r *request) (Message, *refusal) {
	var body struct {
		PhoneNumberSet, TemplateParamSet                  []string
		SmsSdkAppId, SignName, TemplateId, SessionContext string
	}
	if err := json.Unmarshal(r.body, &body); err != nil {
		return Message{}, &refusal{code: "InvalidParameter", message: "no JSON"}
	}
	if len(body.PhoneNumberSet) != 1 {
		return Message{}, &refusal{code: "LimitExceeded.PhoneNumberCountLimit", message: "one mobile, please"}
	}
	m := Message{Provider: "tencent", Mobile: strings.TrimPrefix(body.PhoneNumberSet[0], "+86"), Sign: body.SignName, Template: body.TemplateId,
		ID: body.SessionContext, Params: map[string]string{}}
	for i, value := range body.TemplateParamSet {
		m.Params[strconv.Itoa(i+1)] = value
	}
	if s.options.AppID != "" && body.SmsSdkAppId != s.options.AppID {
		return m, &refusal{code: "InvalidParameterValue.SdkAppIdNotExist", message: "no such app"}
	}
	return m, s.fits(m, "InvalidParameterValue.IncorrectPhoneNumber", "FailedOperation.SignatureIncorrectOrUnapproved",
		"FailedOperation.TemplateUnapprovedOrNotExist", "FailedOperation.TemplateParamSetNotMatchApprovedTemplate")
}

type tencentStatus struct {
	SerialNo, PhoneNumber  string
	Fee                    int
	SessionContext         string
	Code, Message, IsoCode string
}

func (tencentAPI) accepted(m Message, requestID string) []byte {
	return tencentBody(requestID, tencentStatus{SerialNo: m.Receipt, PhoneNumber: "+86" + m.Mobile, Fee: 1, SessionContext: m.ID,
		Code: "Ok", Message: "send success", IsoCode: "CN"})
}

// refused answers in the status of the message, or as the gateway where that is
// what refuses.
func (tencentAPI) refused(why *refusal, mobile, requestID string) []byte {
	family, _, narrower := strings.Cut(why.code, ".")
	if mobile == "" || !narrower || family == "AuthFailure" || family == "RequestLimitExceeded" {
		return marshal(map[string]any{"Response": map[string]any{
			"Error": map[string]string{"Code": why.code, "Message": why.message}, "RequestId": requestID}})
	}
	return tencentBody(requestID, tencentStatus{PhoneNumber: "+86" + mobile, Code: why.code, Message: why.message, IsoCode: "CN"})
}

func tencentBody(requestID string, status tencentStatus) []byte {
	return marshal(map[string]any{"Response": map[string]any{"SendStatusSet": []tencentStatus{status}, "RequestId": requestID}})
}

// marshal writes what consists of strings and numbers, which always can be.
func marshal(v any) []byte {
	body, _ := json.Marshal(v)
	return body
}

// authorization reads Name=value, Name=value.
func authorization(text string) map[string]string {
	parts := map[string]string{}
	for _, part := range strings.Split(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[name] = value
	}
	return parts
}

// canonicalHeaders are the signed headers, each on a line of its own.
func canonicalHeaders(r *request, names []string) string {
	var b strings.Builder
	for _, name := range names {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		b.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	return b.String()
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func sign(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

package smssim

import (
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// alibabaAPI is SendSms 2017-05-25.
type alibabaAPI struct{}

// alibabaSkew is how far a request's time may be off.
const alibabaSkew = 15 * time.Minute

// check verifies ACS3-HMAC-SHA256.
func (alibabaAPI) check(s *Sim, r *request) *refusal {
	bad := func(code, message string) *refusal {
		return &refusal{code: code, message: message, status: http.StatusBadRequest}
	}
	if r.Method != "POST" || r.Header.Get("X-Acs-Action") != "SendSms" || r.Header.Get("X-Acs-Version") != "2017-05-25" {
		return bad("InvalidAction.NotFound", "only SendSms of 2017-05-25 by POST")
	}
	at, err := time.Parse("2006-01-02T15:04:05Z", r.Header.Get("X-Acs-Date"))
	if err != nil || !s.near(at, alibabaSkew) {
		return bad("InvalidTimeStamp.Expired", "the time is off")
	}
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	parts := authorization(rest)
	if scheme != "ACS3-HMAC-SHA256" || parts["Signature"] == "" {
		return bad("IncompleteSignature", "the authorization is malformed")
	}
	if parts["Credential"] != s.options.KeyID {
		return &refusal{code: "InvalidAccessKeyId.NotFound", message: "no such key", status: http.StatusNotFound}
	}
	signed := strings.Split(parts["SignedHeaders"], ";")
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-acs-") && !slices.Contains(signed, name) {
			return bad("IncompleteSignature", name+" is not signed")
		}
	}
	if !slices.Contains(signed, "host") || !slices.IsSorted(signed) || r.Header.Get("X-Acs-Content-Sha256") != hash(r.body) {
		return bad("SignatureDoesNotMatch", "host, order or body")
	}
	canonical := strings.Join([]string{r.Method, "/", canonicalQuery(r.URL.Query()), canonicalHeaders(r, signed), parts["SignedHeaders"], hash(r.body)}, "\n")
	text := scheme + "\n" + hash([]byte(canonical))
	if !hmac.Equal([]byte(hex.EncodeToString(sign([]byte(s.options.KeySecret), text))), []byte(parts["Signature"])) {
		return bad("SignatureDoesNotMatch", "the signature is wrong")
	}
	if !s.fresh(r.Header.Get("X-Acs-Signature-Nonce")) {
		return bad("SignatureNonceUsed", "the nonce was used before")
	}
	return nil
}

// canonicalQuery sorts by name and writes each as RFC 3986 has it.
func canonicalQuery(query url.Values) string {
	var pairs []string
	for name, values := range query {
		for _, value := range values {
			pairs = append(pairs, escape(name)+"="+escape(value))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func (alibabaAPI) read(s *Sim, r *request) (Message, *refusal) {
	q := r.URL.Query()
	m := Message{Provider: "alibaba", Mobile: q.Get("PhoneNumbers"), Sign: q.Get("SignName"), Template: q.Get("TemplateCode"), ID: q.Get("OutId")}
	if text := q.Get("TemplateParam"); text != "" {
		if err := json.Unmarshal([]byte(text), &m.Params); err != nil {
			return m, &refusal{code: "isv.INVALID_JSON_PARAM", message: "JSON of strings, please"}
		}
	}
	return m, s.fits(m, "isv.MOBILE_NUMBER_ILLEGAL", "isv.SMS_SIGNATURE_ILLEGAL", "isv.SMS_TEMPLATE_ILLEGAL", "isv.TEMPLATE_MISSING_PARAMETERS")
}

func (alibabaAPI) accepted(m Message, requestID string) []byte {
	return marshal(map[string]string{"Code": "OK", "Message": "OK", "BizId": m.Receipt, "RequestId": requestID})
}

func (alibabaAPI) refused(why *refusal, _, requestID string) []byte {
	return marshal(map[string]string{"Code": why.code, "Message": why.message, "RequestId": requestID})
}

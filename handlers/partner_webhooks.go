package handlers

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"shixi/acts"
	"shixi/handlers/partnerapi"
	"shixi/store"
	"shixi/webhook"
)

// partnerWebhook is where a key's events are posted to.
type partnerWebhook struct {
	url *url.URL
	// secret signs; empty: the key's does.
	secret string
	after  int64
}

// atEnd stands for the last event there is.
const atEnd = -1

// webhook checks the webhook of an entry.
func (l *keyLoad) webhook(entry any) (*partnerWebhook, []string) {
	settings, ok := entry.(map[string]any)
	if !ok {
		return nil, []string{"webhook 应包含 url"}
	}
	values, faults := texts(settings, "url", "secret", "secret_file", "from")
	hook := &partnerWebhook{}
	var err error
	if hook.url, err = l.addresses.Parse(values["url"]); err != nil {
		faults = append(faults, addressFault(err))
	} else if strings.HasPrefix(hook.url.Path, "/partner/") {
		// A delivery is signed like a request to the partner API, so it must not
		// be one that the API would take.
		faults = append(faults, "url 的路径不能以 /partner/ 开头")
	}
	if hook.after, ok = parseFrom(values["from"]); !ok {
		faults = append(faults, "from 应为 start、end 或事件序号")
	}
	if values["secret"] != "" || values["secret_file"] != "" {
		var fault string
		if hook.secret, fault = l.secret(values["secret"], values["secret_file"]); fault != "" {
			faults = append(faults, fault)
		}
		l.secrets[hook.secret] = true
	}
	for i, fault := range faults {
		faults[i] = "webhook 的设置有误，" + fault
	}
	return hook, faults
}

// parseFrom reads where a new webhook begins.
func parseFrom(text string) (after int64, ok bool) {
	switch text {
	case "", "end":
		return atEnd, true
	case "start":
		return 0, true
	}
	n, err := strconv.ParseUint(text, 10, 53) // JSON's whole numbers
	return int64(n), err == nil
}

// addressFault says what is wrong with an address, without repeating it.
func addressFault(err error) string {
	fault := webhook.FaultForm
	if wrong, ok := errors.AsType[*webhook.AddressError](err); ok {
		fault = wrong.Fault
	}
	switch fault {
	case webhook.FaultScheme:
		return "url 应以 https:// 开头"
	case webhook.FaultUser:
		return "url 不能包含用户名或密码"
	case webhook.FaultPort:
		return "url 的端口应为 1 至 65535"
	case webhook.FaultHost:
		return "url 的主机应为完整的域名或公网 IP 地址"
	case webhook.FaultPrivate:
		return "url 不能指向本机、内网、链路本地或其他非公网地址"
	default:
		return "url 应为完整的 https 地址，不带 # 部分"
	}
}

// Webhook is where the events that a partner may read are posted to.
type Webhook struct {
	Partner acts.Partner
	Target  webhook.Target
	// After is the number after which the events of a new subscriber begin; a
	// negative one means the last there is.
	After int64
}

// Webhooks lists the webhooks of the keys, by key. now is the clock that signs.
func (k *PartnerKeys) Webhooks(now func() time.Time) []Webhook {
	var all []Webhook
	for id, key := range k.byID {
		if hook := key.webhook; hook != nil {
			secret := cmp.Or(hook.secret, key.secret)
			sign := func(req *http.Request, body []byte) { partnerapi.Sign(req, id, secret, body, now(), rand.Text()) }
			all = append(all, Webhook{Partner: key.partner, Target: webhook.Target{URL: hook.url, Sign: sign}, After: hook.after})
		}
	}
	slices.SortFunc(all, func(x, y Webhook) int { return cmp.Compare(x.Partner.Key, y.Partner.Key) })
	return all
}

// EventJSON writes an event as the feed shows it.
func EventJSON(r store.EventRow) []byte { return bytes.TrimSpace(encode(renderEvent(r))) }

package handlers_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/handlers"
	"shixi/handlers/partnerapi"
	"shixi/internship"
	"shixi/webhook"
)

func TestLoadWebhooks(t *testing.T) {
	t.Parallel()
	key := func(hook string) string {
		return "- {id: school-41001, kind: school, school: '41001', secret: " + secretA + ", webhook: " + hook + "}"
	}
	const wrong = "第 1 项：webhook 的设置有误，"
	for hook, want := range map[string][]string{
		"{url: https://hooks.example.com/shixi}":                                  nil,
		"{url: https://hooks.example.com/, from: start, secret: " + secretB + "}": nil,
		"{url: https://hooks.example.com/, from: '42'}":                           nil,
		"{url: https://hooks.example.com/, from: end}":                            nil,
		"":                                      {"第 1 项：webhook 应包含 url。"},
		"https://hooks.example.com/":            {"第 1 项：webhook 应包含 url。"},
		"[]":                                    {"第 1 项：webhook 应包含 url。"},
		"{}":                                    {wrong + "url 应为完整的 https 地址，不带 # 部分。"},
		"{url: http://hooks.example.com/}":      {wrong + "url 应以 https:// 开头。"},
		"{url: http://127.0.0.1/}":              {wrong + "url 应以 https:// 开头。"},
		"{url: https://u:p@hooks.example.com/}": {wrong + "url 不能包含用户名或密码。"},
		"{url: 'https://hooks.example.com:0/'}": {wrong + "url 的端口应为 1 至 65535。"},
		"{url: https://hooks/}":                 {wrong + "url 的主机应为完整的域名或公网 IP 地址。"},
		"{url: https://169.254.169.254/latest}": {wrong + "url 不能指向本机、内网、链路本地或其他非公网地址。"},
		"{url: 'https://[::ffff:10.0.0.1]/'}":   {wrong + "url 不能指向本机、内网、链路本地或其他非公网地址。"},
		"{url: https://localhost/}":             {wrong + "url 不能指向本机、内网、链路本地或其他非公网地址。"},
		"{url: 'https://hooks.example.com/#a'}": {wrong + "url 应为完整的 https 地址，不带 # 部分。"},
		"{url: https://hooks.example.com/partner/v1/students}":                           {wrong + "url 的路径不能以 /partner/ 开头。"},
		"{url: https://hooks.example.com/%70artner/v1}":                                  {wrong + "url 的路径不能以 /partner/ 开头。"},
		"{url: https://hooks.example.com/, from: 42}":                                    {wrong + "from 应为文本，数字请加引号。"},
		"{url: https://hooks.example.com/, from: yesterday}":                             {wrong + "from 应为 start、end 或事件序号。"},
		"{url: https://hooks.example.com/, from: '-1'}":                                  {wrong + "from 应为 start、end 或事件序号。"},
		"{url: https://hooks.example.com/, form: start}":                                 {wrong + `没有名为 "form" 的设置。`},
		"{url: https://hooks.example.com/, secret: short}":                               {wrong + "密钥不足 32 个字符。"},
		"{url: https://hooks.example.com/, secret: " + secretA + "}":                     {wrong + "密钥与另一项相同，每个合作方应各有密钥。"},
		"{url: https://hooks.example.com/, secret: " + secretB + ", secret_file: x}":     {wrong + "secret 和 secret_file 只能填写一个。"},
		"{url: 'https://hooks.example.com/?token=" + secretB[:16] + "#x', from: " + "x}": {wrong + "url 应为完整的 https 地址，不带 # 部分。", wrong + "from 应为 start、end 或事件序号。"},
	} {
		keys, err := handlers.LoadPartnerKeys(strings.NewReader(key(hook)), webhook.Rules{})
		var problems handlers.KeyErrors
		if errors.As(err, &problems); cmp.Diff(want, []string(problems)) != "" || (err == nil) != (want == nil) {
			t.Errorf("%s: %v (-want, +got):\n%s", hook, err, cmp.Diff(want, []string(problems)))
		}
		if want == nil && (keys == nil || len(keys.Webhooks(time.Now)) != 1) {
			t.Errorf("%s: no webhook", hook)
		}
		if err != nil && strings.Contains(err.Error(), secretB[:8]) {
			t.Errorf("%s: the error repeats a secret: %v", hook, err)
		}
	}
	trial := key("{url: 'http://127.0.0.1:8081/events'}")
	if _, err := handlers.LoadPartnerKeys(strings.NewReader(trial), webhook.Rules{AllowLoopback: true}); err != nil {
		t.Errorf("loopback allowed: %v", err)
	}
}

func TestWebhooksAreListedByKey(t *testing.T) {
	t.Parallel()
	text := `
- {id: students, kind: students, secret: ` + secretA + `, webhook: {url: "https://b.example.com/b?c=d", from: "7"}}
- {id: none, kind: platform, secret: ` + secretB + `}
- {id: school, kind: school, school: "41001", secret: cccccccccccccccccccccccccccccccc, webhook: {url: "https://a.example.com"}}
`
	keys, err := handlers.LoadPartnerKeys(strings.NewReader(text), webhook.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range keys.Webhooks(time.Now) {
		got = append(got, fmt.Sprint(h.Partner.Key, " ", h.Partner.Audience(), " ", h.Target.URL, " ", h.After))
	}
	want := []string{"school " + internship.SchoolID("41001") + " https://a.example.com -1", "students  https://b.example.com/b?c=d 7"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("webhooks (-want, +got):\n%s", diff)
	}
}

// A delivery carries the events exactly as the feed shows them, signed so that
// the partners' own helper knows it, with the webhook's secret or the key's.
func TestADeliveryIsWhatTheFeedShows(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e := w.enterprise("甲 <b>&")
	w.NewStudent("卢晓东").Applies(e.Position("焊工", 1))
	w.told("enterprises", e.ID)
	rows, err := w.DB.Events(t.Context(), "", 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var parts [][]byte
	for _, r := range rows {
		parts = append(parts, handlers.EventJSON(r))
	}
	body := append(append([]byte("["), bytes.Join(parts, []byte(","))...), ']')
	var posted []handlers.Event
	if err := json.Unmarshal(body, &posted); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w.feed(w.platform, 100), posted); diff != "" || len(posted) == 0 {
		t.Errorf("%d events (-feed, +posted):\n%s", len(posted), diff)
	}
	if err := w.fitsWebhook(body); err != nil {
		t.Errorf("not as documented: %v", err)
	}

	for name, own := range map[string]string{"the key's secret": "", "its own": secretB} {
		taken := make(chan []partnerapi.Event, 1)
		receiver := &partnerapi.Receiver{Secrets: []string{"another", secretOf(own)}, Now: w.Now}
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			events, err := receiver.Read(r)
			if err != nil || r.Header.Get(partnerapi.HeaderKey) != "a" {
				t.Errorf("%s: %v, key %q", name, err, r.Header.Get(partnerapi.HeaderKey))
			}
			taken <- events
		}))
		text := fmt.Sprintf("- {id: a, kind: platform, secret: %s, webhook: {url: '%s/hook?a=b%%20c', secret: '%s'}}", secretA, server.URL, own)
		keys, err := handlers.LoadPartnerKeys(strings.NewReader(text), webhook.Rules{AllowLoopback: true})
		if err != nil {
			t.Fatal(err)
		}
		client := webhook.New(webhook.Options{Rules: webhook.Rules{AllowLoopback: true}})
		if err := client.Deliver(t.Context(), keys.Webhooks(w.Now)[0].Target, body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		read := <-taken
		if len(read) != len(posted) || read[0].Seq != posted[0].Seq || read[0].ID != posted[0].ID || !read[0].At.Equal(posted[0].At) ||
			read[0].By.Label != posted[0].By.Label || read[0].Refs["enterpriseId"] != posted[0].Refs.EnterpriseID || read[0].Data["enterprise"] != "甲 <b>&" {
			t.Errorf("%s: read %+v", name, read)
		}
		client.Close()
		server.Close()
	}
}

// fitsWebhook checks a delivery against the documentation.
func (w *partners) fitsWebhook(body []byte) error {
	c := w.contract()
	if c.webhook["type"] != "array" {
		return fmt.Errorf("documented is %v", c.webhook)
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err
	}
	return c.fits(c.webhook, value, "$")
}

// secretOf is what signs: the webhook's own secret, else the key's.
func secretOf(own string) string {
	if own == "" {
		return secretA
	}
	return own
}

// TestReceiver: whatever is changed of a delivery, or sent again, is refused.
func TestReceiver(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	const path, body = "/hook?a=b", `[{"seq":1,"id":"plc_1.1.0"}]`
	used := map[string]bool{}
	receiver := func(alter func(*partnerapi.Receiver)) *partnerapi.Receiver {
		v := &partnerapi.Receiver{Secrets: []string{secretA}, Now: func() time.Time { return now }}
		if alter != nil {
			alter(v)
		}
		return v
	}
	fresh := func(v *partnerapi.Receiver) {
		v.Fresh = func(nonce string) bool {
			defer func() { used[nonce] = true }()
			return !used[nonce]
		}
	}
	for name, c := range map[string]struct {
		spoil    func(*http.Request)
		receiver *partnerapi.Receiver
		want     error
	}{
		"as sent":        {},
		"the old secret": {receiver: receiver(func(v *partnerapi.Receiver) { v.Secrets = []string{secretB, secretA} })},
		"at the window":  {receiver: receiver(func(v *partnerapi.Receiver) { v.Now = func() time.Time { return now.Add(300 * time.Second) } })},
		"behind a proxy": {spoil: func(r *http.Request) { r.RequestURI = "/changed" }, receiver: receiver(func(v *partnerapi.Receiver) { v.URI = path })},
		"another secret": {receiver: receiver(func(v *partnerapi.Receiver) { v.Secrets = []string{secretB} }), want: partnerapi.ErrNotSigned},
		"no secret":      {receiver: receiver(func(v *partnerapi.Receiver) { v.Secrets = []string{""} }), want: partnerapi.ErrNotSigned},
		"no secrets":     {receiver: receiver(func(v *partnerapi.Receiver) { v.Secrets = nil }), want: partnerapi.ErrNotSigned},
		"late":           {receiver: receiver(func(v *partnerapi.Receiver) { v.Now = func() time.Time { return now.Add(301 * time.Second) } }), want: partnerapi.ErrNotSigned},
		"early":          {receiver: receiver(func(v *partnerapi.Receiver) { v.Now = func() time.Time { return now.Add(-301 * time.Second) } }), want: partnerapi.ErrNotSigned},
		"path":           {spoil: func(r *http.Request) { r.RequestURI = "/hook" }, want: partnerapi.ErrNotSigned},
		"method":         {spoil: func(r *http.Request) { r.Method = http.MethodPut }, want: partnerapi.ErrNotSigned},
		"body":           {spoil: func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(body + " ")) }, want: partnerapi.ErrNotSigned},
		"long body":      {spoil: func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(strings.Repeat(" ", 1<<20+1))) }, want: partnerapi.ErrNotSigned},
		"timestamp":      {spoil: func(r *http.Request) { r.Header.Set(partnerapi.HeaderTimestamp, fmt.Sprint(now.Unix()+1)) }, want: partnerapi.ErrNotSigned},
		"no timestamp":   {spoil: func(r *http.Request) { r.Header.Del(partnerapi.HeaderTimestamp) }, want: partnerapi.ErrNotSigned},
		"nonce":          {spoil: func(r *http.Request) { r.Header.Set(partnerapi.HeaderNonce, "zyxwvutsrqponmlk") }, want: partnerapi.ErrNotSigned},
		"no nonce":       {spoil: func(r *http.Request) { r.Header.Del(partnerapi.HeaderNonce) }, want: partnerapi.ErrNotSigned},
		"signature":      {spoil: func(r *http.Request) { r.Header.Set(partnerapi.HeaderSignature, strings.Repeat("0", 64)) }, want: partnerapi.ErrNotSigned},
		"no hex":         {spoil: func(r *http.Request) { r.Header.Set(partnerapi.HeaderSignature, "x") }, want: partnerapi.ErrNotSigned},
		"no signature":   {spoil: func(r *http.Request) { r.Header.Del(partnerapi.HeaderSignature) }, want: partnerapi.ErrNotSigned},
		"half a signature": {spoil: func(r *http.Request) {
			r.Header.Set(partnerapi.HeaderSignature, r.Header.Get(partnerapi.HeaderSignature)[:32])
		}, want: partnerapi.ErrNotSigned},
	} {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		partnerapi.Sign(r, "school", secretA, []byte(body), now, "abcdefghijklmnop")
		if c.spoil != nil {
			c.spoil(r)
		}
		v := c.receiver
		if v == nil {
			v = receiver(nil)
		}
		events, err := v.Read(r)
		if !errors.Is(err, c.want) || (len(events) == 1) != (c.want == nil) {
			t.Errorf("%s: %v, %v", name, events, err)
		}
	}
	once := receiver(fresh)
	for i, want := range []error{nil, partnerapi.ErrReplayed} {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		partnerapi.Sign(r, "school", secretA, []byte(body), now, "abcdefghijklmnop")
		if _, err := once.Read(r); !errors.Is(err, want) {
			t.Errorf("time %d: %v", i+1, err)
		}
	}
	nonsense := httptest.NewRequest(http.MethodPost, path, strings.NewReader("{}"))
	partnerapi.Sign(nonsense, "school", secretA, []byte("{}"), now, "abcdefghijklmnoq")
	if _, err := receiver(nil).Read(nonsense); err == nil || errors.Is(err, partnerapi.ErrNotSigned) {
		t.Errorf("nonsense: %v", err)
	}
}

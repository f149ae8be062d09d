package wxmsg

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	sampleTime  = "1714112445"
	sampleNonce = "415670741"
	sampleSign  = "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
	samplePlain = `{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714037059,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}`
)

func sampleBody() []byte {
	return []byte(`{"ToUserName":"gh_97417a04a28d","Encrypt":"` + sampleEnc + `"}`)
}

func sampleQuery() CallbackQuery {
	return CallbackQuery{Signature: "6c5c811b55cc85e0e1b54100749188c20beb3f5d", MsgSignature: sampleSign, Timestamp: sampleTime, Nonce: sampleNonce}
}

// receiver makes one for the sample account whose clock stands at the given
// Unix second.
func receiver(tb testing.TB, mode Mode, now int64) *Receiver {
	tb.Helper()
	r, err := NewReceiver(CallbackConfig{AppID: sampleAppID, Token: sampleToken, AESKey: sampleKey, Mode: mode,
		Now: func() time.Time { return time.Unix(now, 0) }})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// push seals a message as the platform does and signs it.
func push(tb testing.TB, format Format, message string, at int64) (CallbackQuery, []byte) {
	tb.Helper()
	c := mustCipher(tb, sampleToken, sampleKey, sampleAppID)
	encrypted, err := c.Encrypt([]byte(message), [16]byte{7})
	if err != nil {
		tb.Fatal(err)
	}
	q := CallbackQuery{Timestamp: strconv.FormatInt(at, 10), Nonce: "n1"}
	q.MsgSignature = c.Sign(q.Timestamp, q.Nonce, encrypted)
	if format == XML {
		return q, []byte("<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[" + encrypted + "]]></Encrypt></xml>")
	}
	return q, []byte(`{"ToUserName":"gh_1","Encrypt":"` + encrypted + `"}`)
}

func signedPlain(at int64) CallbackQuery {
	q := CallbackQuery{Timestamp: strconv.FormatInt(at, 10), Nonce: "n1"}
	q.Signature = Signature(sampleToken, q.Timestamp, q.Nonce)
	return q
}

func TestVerifyEchoesThePublishedSample(t *testing.T) {
	t.Parallel()
	q, err := ParseCallbackQuery("signature=f464b24fc39322e44b38aa78f5edd27bd1441696&echostr=4375120948345356249&timestamp=1714036504&nonce=1514711492")
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []Mode{Safe, Plain} {
		echo, err := receiver(t, mode, 1714036504).Verify(q)
		if err != nil || echo != "4375120948345356249" {
			t.Errorf("%s: got %q, %v", mode, echo, err)
		}
		if _, err := receiver(t, mode, 1714036504+301).Verify(q); !errors.Is(err, ErrStale) {
			t.Errorf("%s, old: %v", mode, err)
		}
		for _, hostile := range []string{"", "<script>alert(1)</script>", "a b", strings.Repeat("a", 513)} {
			bad := q
			bad.EchoStr = hostile
			if echo, err := receiver(t, mode, 1714036504).Verify(bad); !errors.Is(err, ErrQuery) {
				t.Errorf("%s: echoed %q, %v", mode, echo, err)
			}
		}
		wrong := q
		wrong.Nonce = "1"
		if _, err := receiver(t, mode, 1714036504).Verify(wrong); !errors.Is(err, ErrSignature) {
			t.Errorf("%s, wrong nonce: %v", mode, err)
		}
	}
}

func TestReceivePublishedSafePush(t *testing.T) {
	t.Parallel()
	in, err := receiver(t, Safe, 1714112445).Receive(sampleQuery(), "application/json", sampleBody())
	if err != nil {
		t.Fatal(err)
	}
	want := &Inbound{Raw: []byte(sampleMsg), Format: JSON, ToUser: "gh_97417a04a28d", FromUser: "o9AgO5Kd5ggOC-bXrbNODIiE3bGY",
		CreateTime: 1714112445, MsgType: "event", Event: "debug_demo"}
	if diff := cmp.Diff(want, in); diff != "" {
		t.Errorf("(-want, +got)\n%s", diff)
	}
}

func TestReceivePublishedPlainPush(t *testing.T) {
	t.Parallel()
	q := CallbackQuery{Signature: "899cf89e464efb63f54ddac96b0a0a235f53aa78", Timestamp: "1714037059", Nonce: "486452656"}
	body := []byte(samplePlain)
	in, err := receiver(t, Plain, 1714037059).Receive(q, "application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	clear(body) // a web server reuses its buffer
	want := &Inbound{Raw: []byte(samplePlain), Format: JSON, ToUser: "gh_97417a04a28d", FromUser: "o9AgO5Kd5ggOC-bXrbNODIiE3bGY",
		CreateTime: 1714037059, MsgType: "event", Event: "debug_demo"}
	if diff := cmp.Diff(want, in); diff != "" {
		t.Errorf("(-want, +got)\n%s", diff)
	}
}

// TestReceiveRefuses holds the negative cases derived from the published
// samples, and more of their kind.
func TestReceiveRefuses(t *testing.T) {
	t.Parallel()
	const now = 1714112445
	other, err := NewReceiver(CallbackConfig{AppID: "wxb11529c136998cb6", Token: sampleToken, AESKey: sampleKey, Mode: Safe,
		Now: func() time.Time { return time.Unix(now, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	safe, plain := receiver(t, Safe, now), receiver(t, Plain, now)
	with := func(change func(*CallbackQuery)) CallbackQuery {
		q := sampleQuery()
		change(&q)
		return q
	}
	resigned := func(encrypted string) (CallbackQuery, []byte) {
		q := sampleQuery()
		q.MsgSignature = Signature(sampleToken, q.Timestamp, q.Nonce, encrypted)
		return q, []byte(`{"Encrypt":"` + encrypted + `"}`)
	}
	c := mustCipher(t, sampleToken, sampleKey, sampleAppID)
	type tc struct {
		name string
		r    *Receiver
		q    CallbackQuery
		body []byte
		want error
	}
	cases := []tc{
		{"1 one digit of msg_signature changed", safe, with(func(q *CallbackQuery) { q.MsgSignature = "146e02f8204d34f8ba5fa3b1db94908f3df2e9b3" }), sampleBody(), ErrSignature},
		{"2 good signature, no msg_signature", safe, with(func(q *CallbackQuery) { q.MsgSignature = "" }), sampleBody(), ErrSignature},
		{"2 good signature as msg_signature", safe, with(func(q *CallbackQuery) { q.MsgSignature = q.Signature }), sampleBody(), ErrSignature},
		{"3 another app id", other, sampleQuery(), sampleBody(), ErrAppID},
		{"6 plain body in safe mode", safe, CallbackQuery{Signature: "899cf89e464efb63f54ddac96b0a0a235f53aa78", Timestamp: "1714037059", Nonce: "486452656"}, []byte(samplePlain), ErrSignature},
		{"6 plain body in safe mode with some msg_signature", safe, sampleQuery(), []byte(samplePlain), ErrMode},
		{"encrypted body in plain mode", plain, sampleQuery(), sampleBody(), ErrMode},
		{"7 clock 301 s ahead", receiver(t, Safe, now+301), sampleQuery(), sampleBody(), ErrStale},
		{"7 clock 301 s behind", receiver(t, Safe, now-301), sampleQuery(), sampleBody(), ErrStale},
		{"9 no timestamp", safe, with(func(q *CallbackQuery) { q.Timestamp = "" }), sampleBody(), ErrQuery},
		{"9 no nonce", safe, with(func(q *CallbackQuery) { q.Nonce = "" }), sampleBody(), ErrQuery},
		{"timestamp is no number", plain, CallbackQuery{Timestamp: "now", Nonce: "1", Signature: Signature(sampleToken, "now", "1")}, []byte(samplePlain), ErrQuery},
		{"timestamp is negative", plain, CallbackQuery{Timestamp: "-1", Nonce: "1", Signature: Signature(sampleToken, "-1", "1")}, []byte(samplePlain), ErrQuery},
		{"timestamp beyond 64 bits", plain, CallbackQuery{Timestamp: "9223372036854775808", Nonce: "1", Signature: Signature(sampleToken, "9223372036854775808", "1")}, []byte(samplePlain), ErrQuery},
		{"timestamp at the end of 64 bits", plain, CallbackQuery{Timestamp: "9223372036854775807", Nonce: "1", Signature: Signature(sampleToken, "9223372036854775807", "1")}, []byte(samplePlain), ErrStale},
		{"empty body", plain, signedPlain(now), nil, ErrBody},
		{"not XML nor JSON", plain, signedPlain(now), []byte("hello"), ErrBody},
		{"JSON array", plain, signedPlain(now), []byte("[1]"), ErrBody},
		{"text behind the JSON", plain, signedPlain(now), []byte(`{"MsgType":"text"} x`), ErrBody},
		{"cut JSON", plain, signedPlain(now), []byte(`{"MsgType":"te`), ErrBody},
		{"no MsgType", plain, signedPlain(now), []byte(`{"Event":"x"}`), ErrBody},
		{"CreateTime is no number", plain, signedPlain(now), []byte(`{"MsgType":"text","CreateTime":"1e9"}`), ErrBody},
		{"JSON nested too deep", plain, signedPlain(now), []byte(`{"MsgType":"text","x":` + strings.Repeat(`{"x":`, 40) + "1" + strings.Repeat("}", 41)), ErrBody},
		{"XML nested too deep", plain, signedPlain(now), []byte("<xml><MsgType>text</MsgType>" + strings.Repeat("<x>", 40) + strings.Repeat("</x>", 40) + "</xml>"), ErrBody},
		{"too many XML elements", plain, signedPlain(now), []byte("<xml><MsgType>text</MsgType>" + strings.Repeat("<x/>", 10001) + "</xml>"), ErrBody},
		{"10 DOCTYPE", plain, signedPlain(now), []byte(`<!DOCTYPE xml><xml><MsgType>text</MsgType></xml>`), ErrBody},
		{"10 entity", plain, signedPlain(now), []byte(`<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml><MsgType>&x;</MsgType></xml>`), ErrBody},
		{"10 undeclared entity", plain, signedPlain(now), []byte(`<xml><MsgType>&x;</MsgType></xml>`), ErrBody},
		{"unclosed XML", plain, signedPlain(now), []byte(`<xml><MsgType>text</MsgType>`), ErrBody},
		{"two XML documents", plain, signedPlain(now), []byte(`<xml><MsgType>text</MsgType></xml><xml/>`), ErrBody},
		{"text behind the XML", plain, signedPlain(now), []byte(`<xml><MsgType>text</MsgType></xml>x`), ErrBody},
		{"XML in another encoding", plain, signedPlain(now), []byte(`<?xml version="1.0" encoding="GBK"?><xml><MsgType>text</MsgType></xml>`), ErrBody},
		{"body too large", plain, signedPlain(now), []byte(`{"MsgType":"text","Content":"` + strings.Repeat("a", MaxBody) + `"}`), ErrBody},
	}
	add := func(name, encrypted string, want error) {
		q, body := resigned(encrypted)
		cases = append(cases, tc{name, safe, q, body, want})
	}
	zeroPad := frame(2, "hi"+sampleAppID)
	zeroPad[len(zeroPad)-1] = 0
	add("4 padding 0", seal(c, zeroPad), ErrPadding)
	zeroPad[len(zeroPad)-1] = 33
	add("4 padding 33", seal(c, zeroPad), ErrPadding)
	add("4 length 0xFFFFFFFF", seal(c, frame(0xFFFFFFFF, "hi"+sampleAppID)), ErrFrame)
	add("5 not whole blocks", sampleEnc[:len(sampleEnc)-8], ErrCipherLength)
	add("not base64", "%%%%", ErrBase64)
	add("message is no document", seal(c, frame(2, "hi"+sampleAppID)), ErrBody)

	for _, c := range cases {
		in, err := c.r.Receive(c.q, "text/xml", c.body)
		if !errors.Is(err, c.want) || in != nil {
			t.Errorf("%s: got %v, %v, want %v", c.name, in, err, c.want)
		}
	}
}

func TestReceiveRefusesForms(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"multipart/form-data; boundary=x", "Application/X-WWW-Form-Urlencoded"} {
		if _, err := receiver(t, Plain, 1000000).Receive(signedPlain(1000000), kind, []byte(samplePlain)); !errors.Is(err, ErrBody) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestReplayKeepsItsDedupeKey(t *testing.T) {
	t.Parallel()
	r := receiver(t, Safe, 1714112445)
	first, err := r.Receive(sampleQuery(), "", sampleBody())
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.Receive(sampleQuery(), "", sampleBody())
	if err != nil || again.DedupeKey() != first.DedupeKey() {
		t.Errorf("replay: %v, %v", again, err)
	}
}

func TestReceiveAfter2038(t *testing.T) {
	t.Parallel()
	q, body := push(t, XML, `<xml><MsgType>text</MsgType><CreateTime>2147483648</CreateTime></xml>`, 2147483648)
	in, err := receiver(t, Safe, 2147483648).Receive(q, "text/xml", body)
	if err != nil || in.CreateTime != 2147483648 {
		t.Errorf("got %+v, %v", in, err)
	}
}

func TestReceiveAcceptsUpperCaseSignature(t *testing.T) {
	t.Parallel()
	q := sampleQuery()
	q.MsgSignature = strings.ToUpper(q.MsgSignature)
	if _, err := receiver(t, Safe, 1714112445).Receive(q, "", sampleBody()); err != nil {
		t.Error(err)
	}
}

func TestParseCallbackQueryRefusesRepetition(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"nonce=1&nonce=2", "nonce=1&nonce=1", "timestamp=1&timestamp=", "signature=a&signature=b",
		"msg_signature=a&msg_signature=b", "echostr=1&echostr=2", "a=%zz", "a;b"} {
		if q, err := ParseCallbackQuery(raw); !errors.Is(err, ErrQuery) {
			t.Errorf("%s: got %+v, %v", raw, q, err)
		}
	}
	q, err := ParseCallbackQuery("signature=s&timestamp=1&nonce=2&openid=o&encrypt_type=aes&msg_signature=m&x=1&x=2")
	want := CallbackQuery{Signature: "s", MsgSignature: "m", Timestamp: "1", Nonce: "2"}
	if err != nil || q != want {
		t.Errorf("got %+v, %v", q, err)
	}
}

func TestNewReceiverFailsClosed(t *testing.T) {
	t.Parallel()
	good := CallbackConfig{AppID: sampleAppID, Token: sampleToken, AESKey: sampleKey, Mode: Safe}
	cases := map[string]func(*CallbackConfig){
		"no token":         func(c *CallbackConfig) { c.Token = "" },
		"no key":           func(c *CallbackConfig) { c.AESKey = "" },
		"no app id":        func(c *CallbackConfig) { c.AppID = "" },
		"no mode":          func(c *CallbackConfig) { c.Mode = "" },
		"unknown mode":     func(c *CallbackConfig) { c.Mode = "compatible" },
		"plain, no token":  func(c *CallbackConfig) { c.Mode, c.Token = Plain, "" },
		"a negative range": func(c *CallbackConfig) { c.Window = -1 },
	}
	for name, change := range cases {
		cfg := good
		change(&cfg)
		if _, err := NewReceiver(cfg); !errors.Is(err, ErrSettings) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewReceiver(CallbackConfig{Token: "t", Mode: Plain}); err != nil {
		t.Errorf("plain needs only a token: %v", err)
	}
}

func FuzzReceive(f *testing.F) {
	const now = 1714112445
	for _, seed := range []string{samplePlain, string(sampleBody()), jobXML, jobJSON, popupXML, popupJSONOne, popupJSONMany, mediaJSON,
		`<xml><a>`, `{"MsgType":"text","MsgId":1e400}`, `<!DOCTYPE a><a/>`} {
		f.Add([]byte(seed))
	}
	plain, safe := receiver(f, Plain, now), receiver(f, Safe, now)
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := plain.Receive(signedPlain(now), "", body)
		if err == nil {
			if in.MsgType == "" || in.DedupeKey() == "" {
				t.Errorf("accepted %+v", in)
			}
			if _, _, err := plain.Reply(in, in.Text("好", time.Unix(now, 0))); err != nil {
				t.Error(err)
			}
		}
		if _, err := safe.Receive(sampleQuery(), "", body); err == nil && string(body) != string(sampleBody()) {
			envelope, _, _ := parseDocument(body)
			if envelope.get("Encrypt") != sampleEnc {
				t.Errorf("took an unsigned body %q", body)
			}
		}
		// The same bytes behind a good signature.
		if len(body) <= MaxBody/2 {
			q, sealed := push(t, JSON, string(body), now)
			_, _ = safe.Receive(q, "", sealed)
		}
	})
}

func BenchmarkReceive(b *testing.B) {
	const now = 1714112445
	for _, format := range []Format{XML, JSON} {
		message := jobJSON
		if format == XML {
			message = jobXML
		}
		b.Run(string(format), func(b *testing.B) {
			r := receiver(b, Safe, now)
			q, body := push(b, format, message, now)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Receive(q, "text/xml", body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package handlers

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"shixi/acts"
	"shixi/wxmsg"
)

// The published samples (wechat.md §4, sets A and C).
const (
	sampleQuery = "signature=6c5c811b55cc85e0e1b54100749188c20beb3f5d&timestamp=1714112445&nonce=415670741&openid=o9AgO5Kd5ggOC-bXrbNODIiE3bGY&encrypt_type=aes&msg_signature=046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
	sampleEnc   = "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
	samplePlain = `{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714037059,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}`
	plainQuery  = "signature=899cf89e464efb63f54ddac96b0a0a235f53aa78&timestamp=1714037059&nonce=486452656"
)

func sampleBody() []byte {
	return []byte(`{"ToUserName":"gh_97417a04a28d","Encrypt":"` + sampleEnc + `"}`)
}

func TestCallbackEchoesTheSample(t *testing.T) {
	t.Parallel()
	const query = "signature=f464b24fc39322e44b38aa78f5edd27bd1441696&echostr=4375120948345356249&timestamp=1714036504&nonce=1514711492"
	for _, mode := range []wxmsg.Mode{wxmsg.Safe, wxmsg.Plain} {
		w := newCallbackWorld(t, mode, 1714036504)
		got := w.do("GET", query, "", nil)
		if got.status != 200 || got.body != "4375120948345356249" || got.kind != "text/plain; charset=utf-8" {
			t.Errorf("%s: got %+v", mode, got)
		}
		for name, bad := range map[string]string{
			"altered":            strings.Replace(query, "f464", "f465", 1),
			"echostr twice":      query + "&echostr=2",
			"signature twice":    query + "&signature=f464b24fc39322e44b38aa78f5edd27bd1441696",
			"no echostr":         strings.Replace(query, "&echostr=4375120948345356249", "", 1),
			"markup":             strings.Replace(query, "4375120948345356249", "%3Cscript%3E", 1),
			"nothing":            "",
			"malformed escape":   query + "&x=%zz",
			"semicolon as joint": strings.Replace(query, "&", ";", 1),
		} {
			if got := w.do("GET", bad, "", nil); got.status != 403 || got.body != "" {
				t.Errorf("%s, %s: got %+v", mode, name, got)
			}
		}
	}
}

func TestCallbackTakesTheSamples(t *testing.T) {
	t.Parallel()
	safe := newCallbackWorld(t, wxmsg.Safe, sampleAt)
	if got := safe.do("POST", sampleQuery, "application/json", sampleBody()); got.status != 200 || got.body != "" {
		t.Errorf("safe: got %+v", got)
	}
	plain := newCallbackWorld(t, wxmsg.Plain, 1714037059)
	if got := plain.do("POST", plainQuery, "application/json", []byte(samplePlain)); got.status != 200 || got.body != "" {
		t.Errorf("plain: got %+v", got)
	}
	for _, w := range []*callbackWorld{safe, plain} {
		if len(w.acts.done()) != 0 || w.dedupe.commands != 0 {
			t.Errorf("an unknown event reached acts %v, Redis %d times", w.acts.done(), w.dedupe.commands)
		}
	}
}

// TestCallbackRefuses holds the negative cases derived from the samples, and
// more of their kind. Each answers 403 with an empty body, changes nothing and
// leaves one line in the log that repeats neither query nor body.
func TestCallbackRefuses(t *testing.T) {
	t.Parallel()
	const msgSignature = "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
	resigned := func(encrypted string) (string, []byte) {
		q, _ := url.ParseQuery(sampleQuery)
		q.Set("msg_signature", wxmsg.Signature(sampleToken, q.Get("timestamp"), q.Get("nonce"), encrypted))
		return q.Encode(), []byte(`{"Encrypt":"` + encrypted + `"}`)
	}
	doctype := `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><MsgType>event</MsgType><Event>subscribe</Event><FromUserName>&e;</FromUserName></xml>`
	sealedDoctype, sealedDoctypeBody := platformPost(t, wxmsg.Safe, wxmsg.XML, doctype, sampleAt)
	short, shortBody := resigned(base64.StdEncoding.EncodeToString(make([]byte, 33)))
	noBase64, noBase64Body := resigned("not base64!")
	garbage, garbageBody := resigned(base64.StdEncoding.EncodeToString(make([]byte, 64)))
	follow := xmlEvent("o_1", "subscribe", sampleAt)
	followQuery, _ := platformPost(t, wxmsg.Plain, wxmsg.XML, follow, sampleAt)
	huge := []byte(`{"Encrypt":"` + strings.Repeat("A", wxmsg.MaxBody) + `"}`)

	for _, c := range []struct {
		name  string
		mode  wxmsg.Mode
		now   int64
		query string
		kind  string
		body  []byte
	}{
		{"1 one digit of msg_signature changed", wxmsg.Safe, sampleAt, strings.Replace(sampleQuery, "046e02f8", "046e02f9", 1), "", sampleBody()},
		{"2 no msg_signature", wxmsg.Safe, sampleAt, strings.Replace(sampleQuery, "&msg_signature="+msgSignature, "", 1), "", sampleBody()},
		{"2 signature in its place", wxmsg.Safe, sampleAt, strings.Replace(sampleQuery, "=046e02f8204d34f8ba5fa3b1db94908f3df2e9b3", "=6c5c811b55cc85e0e1b54100749188c20beb3f5d", 1), "", sampleBody()},
		{"4 garbage inside", wxmsg.Safe, sampleAt, garbage, "", garbageBody},
		{"5 no whole blocks", wxmsg.Safe, sampleAt, short, "", shortBody},
		{"5 no base64", wxmsg.Safe, sampleAt, noBase64, "", noBase64Body},
		{"6 plain body in safe mode", wxmsg.Safe, 1714037059, plainQuery, "", []byte(samplePlain)},
		{"6 plain body that claims to be safe", wxmsg.Safe, 1714037059, plainQuery + "&encrypt_type=aes&msg_signature=899cf89e464efb63f54ddac96b0a0a235f53aa78", "", []byte(samplePlain)},
		{"6 encrypted body in plain mode", wxmsg.Plain, sampleAt, sampleQuery, "", sampleBody()},
		{"7 too late", wxmsg.Safe, sampleAt + 301, sampleQuery, "", sampleBody()},
		{"7 too early", wxmsg.Safe, sampleAt - 301, sampleQuery, "", sampleBody()},
		{"9 empty timestamp", wxmsg.Safe, sampleAt, strings.Replace(sampleQuery, "timestamp=1714112445", "timestamp=", 1), "", sampleBody()},
		{"9 empty nonce", wxmsg.Safe, sampleAt, strings.Replace(sampleQuery, "nonce=415670741", "nonce=", 1), "", sampleBody()},
		{"9 no nonce", wxmsg.Safe, sampleAt, strings.Replace(sampleQuery, "&nonce=415670741", "", 1), "", sampleBody()},
		{"9 nonce twice", wxmsg.Safe, sampleAt, sampleQuery + "&nonce=415670741", "", sampleBody()},
		{"9 timestamp twice", wxmsg.Safe, sampleAt, "timestamp=1&" + sampleQuery, "", sampleBody()},
		{"9 msg_signature twice", wxmsg.Safe, sampleAt, sampleQuery + "&msg_signature=" + msgSignature, "", sampleBody()},
		{"10 DOCTYPE in the envelope", wxmsg.Plain, sampleAt, followQuery, "", []byte(doctype)},
		{"10 DOCTYPE inside", wxmsg.Safe, sampleAt, sealedDoctype, "", sealedDoctypeBody},
		{"another body under a plain signature, too late", wxmsg.Plain, sampleAt + 301, followQuery, "", []byte(follow)},
		{"a form", wxmsg.Plain, sampleAt, followQuery, "application/x-www-form-urlencoded", []byte(follow)},
		{"huge", wxmsg.Safe, sampleAt, sampleQuery, "", huge},
		{"empty body", wxmsg.Safe, sampleAt, sampleQuery, "", nil},
		{"no query", wxmsg.Safe, sampleAt, "", "", sampleBody()},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newCallbackWorld(t, c.mode, c.now)
			w.refused(t, w.do("POST", c.query, c.kind, c.body))
		})
	}
}

// refused holds that a request was turned away without a trace but one line.
func (w *callbackWorld) refused(tb testing.TB, got callbackAnswer) {
	tb.Helper()
	if got.status != 403 || got.body != "" {
		tb.Errorf("got %+v, want an empty 403", got)
	}
	if len(w.acts.done()) != 0 || w.dedupe.commands != 0 {
		tb.Errorf("it reached acts %v, Redis %d times", w.acts.done(), w.dedupe.commands)
	}
	line := w.log.String()
	if strings.Count(line, "\n") != 1 || !strings.Contains(line, "level=INFO") {
		tb.Errorf("want one line at info, got %q", line)
	}
	for _, private := range []string{sampleToken, "415670741", "6c5c811b", sampleEnc[:20], "o9AgO5", "passwd"} {
		if strings.Contains(line, private) {
			tb.Errorf("the log repeats %q: %q", private, line)
		}
	}
}

// TestCallbackOfAnotherAppID is the third negative case: the same key and
// token, but the message was sealed for another account.
func TestCallbackOfAnotherAppID(t *testing.T) {
	t.Parallel()
	w := newCallbackWorld(t, wxmsg.Safe, sampleAt)
	other, err := wxmsg.NewReceiver(wxmsg.CallbackConfig{AppID: "wxb11529c136998cb6", Token: sampleToken, AESKey: sampleKey, Mode: wxmsg.Safe,
		Now: func() time.Time { return time.Unix(sampleAt, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	b := w.callback
	b.receiver = other
	b.mount(w.app, "/other")
	w.refused(t, straightThrough(w.app, "POST", "/other?"+sampleQuery, "", sampleBody()))
}

// TestCallbackBeyond2038 is the eighth negative case turned round: seconds are
// 64 bits wide.
func TestCallbackBeyond2038(t *testing.T) {
	t.Parallel()
	for _, mode := range []wxmsg.Mode{wxmsg.Safe, wxmsg.Plain} {
		w := newCallbackWorld(t, mode, 2147483648)
		got := w.event(t, wxmsg.XML, 2147483648, xmlEvent("o_1", "subscribe", 2147483648))
		if got.status != 200 || len(w.acts.done()) != 1 {
			t.Errorf("%s: got %+v, %v", mode, got, w.acts.done())
		}
	}
}

func TestCallbackTakesUpperCaseHex(t *testing.T) {
	t.Parallel()
	w := newCallbackWorld(t, wxmsg.Safe, sampleAt)
	q, err := url.ParseQuery(sampleQuery)
	if err != nil {
		t.Fatal(err)
	}
	q.Set("msg_signature", strings.ToUpper(q.Get("msg_signature")))
	if got := w.do("POST", q.Encode(), "", sampleBody()); got.status != 200 {
		t.Errorf("got %+v", got)
	}
}

// TestCallbackTakesTheLegacyKey: the key of the legacy sample leaves trailing
// bits, which the console allows.
func TestCallbackTakesTheLegacyKey(t *testing.T) {
	t.Parallel()
	const legacy = "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
	w := newCallbackWorld(t, wxmsg.Safe, sampleAt)
	receiver, err := wxmsg.NewReceiver(wxmsg.CallbackConfig{AppID: "wxb11529c136998cb6", Token: "pamtest",
		AESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", Mode: wxmsg.Safe, Now: func() time.Time { return time.Unix(1409304348, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	b := w.callback
	b.receiver = receiver
	b.mount(w.app, "/legacy")
	got := straightThrough(w.app, "POST", "/legacy?timestamp=1409304348&nonce=xxxxxx&msg_signature=82c962d39941aa48552f90ef55aa323dc620cc10", "",
		[]byte("<xml><Encrypt><![CDATA["+legacy+"]]></Encrypt></xml>"))
	// Signature and cipher fit; the sample's text is no message, so it is refused for that.
	if got.status != 403 || !strings.Contains(w.log.String(), "neither XML nor JSON") {
		t.Errorf("got %+v, %s", got, w.log)
	}
}

// TestCallbackReplyOpensAgain: an encrypted reply is signed and opens with the
// account's key, in the notation of the request.
func TestCallbackReplyOpensAgain(t *testing.T) {
	t.Parallel()
	for _, format := range []wxmsg.Format{wxmsg.XML, wxmsg.JSON} {
		w := newCallbackWorld(t, wxmsg.Safe, sampleAt)
		w.acts.scan = acts.Scan{Outcome: acts.ScanBound}
		got := w.event(t, format, sampleAt, xmlEvent("o_1", "SCAN", sampleAt, "EventKey", "bind_X"))
		if got.status != 200 || !strings.HasPrefix(got.kind, "application/"+string(format)) {
			t.Fatalf("%s: got %+v", format, got)
		}
		text := openReply(t, format, got.body)
		if !strings.Contains(text, boundText) || !strings.Contains(text, "o_1") {
			t.Errorf("%s: reply %q", format, text)
		}
	}
}

// openReply checks and decrypts a reply.
func openReply(tb testing.TB, format wxmsg.Format, body string) string {
	tb.Helper()
	var e struct {
		Encrypt, MsgSignature, Nonce string
		TimeStamp                    int64
	}
	if format == wxmsg.JSON {
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			tb.Fatal(err)
		}
	} else {
		readXML(tb, body, &e)
	}
	c := sampleCipher(tb)
	if want := c.Sign(strconv.FormatInt(e.TimeStamp, 10), e.Nonce, e.Encrypt); e.MsgSignature != want {
		tb.Errorf("reply signed %q, want %q", e.MsgSignature, want)
	}
	message, err := c.Decrypt(e.Encrypt)
	if err != nil {
		tb.Fatal(err)
	}
	return string(message)
}

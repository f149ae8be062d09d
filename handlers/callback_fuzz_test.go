package handlers

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"shixi/acts"
	"shixi/wxmsg"
)

// FuzzCallback sends anything to the whole route. Whatever comes is answered
// with 200 or an empty 403, and nothing is changed on the word of a request
// that was not signed.
func FuzzCallback(f *testing.F) {
	f.Add("POST", sampleQuery, "application/json", sampleBody(), false)
	f.Add("POST", plainQuery, "text/xml", []byte(samplePlain), true)
	f.Add("GET", "signature=f464b24fc39322e44b38aa78f5edd27bd1441696&echostr=4375120948345356249&timestamp=1714036504&nonce=1514711492", "", []byte(nil), true)
	f.Add("POST", "timestamp=1&timestamp=2", "multipart/form-data; boundary=x", []byte("--x\r\n"), false)
	f.Add("POST", "%zz;&=", "", []byte("<xml><MsgType>event</MsgType></xml>"), false)
	worlds := map[bool]*callbackWorld{false: newCallbackWorld(f, wxmsg.Safe, sampleAt), true: newCallbackWorld(f, wxmsg.Plain, sampleAt)}
	f.Fuzz(func(t *testing.T, method, query, contentType string, body []byte, plain bool) {
		if method != "GET" {
			method = "POST"
		}
		w := worlds[plain]
		w.forget()
		sent := strings.Map(func(r rune) rune {
			if r <= ' ' || r == 0x7f || r == '#' { // no query can hold these
				return -1
			}
			return r
		}, query)
		for _, a := range []callbackAnswer{w.do(method, sent, contentType, body), w.do(method, url.QueryEscape(query), contentType, body)} {
			if a.status != 200 && (a.status != 403 || a.body != "") {
				t.Errorf("answered %+v", a)
			}
		}
		if len(w.acts.done()) != 0 && !plain && !strings.Contains(query, "msg_signature=") {
			t.Errorf("changed %v", w.acts.done())
		}
	})
}

// FuzzSealedCallback sends any message from someone who knows the account's
// token and key: parsing what was decrypted must not harm either.
func FuzzSealedCallback(f *testing.F) {
	f.Add(xmlEvent("o_1", "subscribe", sampleAt, "EventKey", "qrscene_bind_X"), true)
	f.Add(xmlEvent("o_1", "TEMPLATESENDJOBFINISH", sampleAt, "MsgID", "7", "Status", "success"), false)
	f.Add(samplePlain, false)
	f.Add(`<!DOCTYPE x><xml/>`, true)
	f.Add(`{"MsgType":"event","Event":{"a":[1,2,{}]}}`, false)
	w := newCallbackWorld(f, wxmsg.Safe, sampleAt)
	w.acts.scan = acts.Scan{Outcome: acts.ScanBound}
	f.Fuzz(func(t *testing.T, message string, asXML bool) {
		if len(message) > wxmsg.MaxBody {
			t.Skip()
		}
		format := wxmsg.JSON
		if asXML {
			format = wxmsg.XML
		}
		w.forget()
		got := w.event(t, format, sampleAt, message)
		if got.status != 200 && (got.status != 403 || got.body != "") {
			t.Errorf("answered %+v", got)
		}
		if got.status == 200 && got.body != "" {
			openReply(t, format, got.body)
		}
		query := "timestamp=" + strconv.Itoa(sampleAt) + "&nonce=1&signature=" + wxmsg.Signature(sampleToken, strconv.Itoa(sampleAt), "1")
		if unsealed := w.do("POST", query, "", []byte(message)); unsealed.status != 403 {
			t.Errorf("an unsealed message was answered %+v", unsealed)
		}
	})
}

package wxmsg

import (
	"encoding/json"
	"encoding/xml"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestReplyIsReadableByTheOtherSide(t *testing.T) {
	t.Parallel()
	const now = 1714112445
	for _, format := range []Format{XML, JSON} {
		message := `{"MsgType":"text","ToUserName":"gh_1","FromUserName":"u1"}`
		if format == XML {
			message = `<xml><MsgType>text</MsgType><ToUserName>gh_1</ToUserName><FromUserName>u1</FromUserName></xml>`
		}
		r := receiver(t, Safe, now)
		q, body := push(t, format, message, now)
		in, err := r.Receive(q, "", body)
		if err != nil {
			t.Fatal(err)
		}
		reply := in.Text("您好 & 欢迎 ]]> <b>", time.Unix(now, 0))
		kind, sealed, err := r.Reply(in, reply)
		if err != nil || !strings.Contains(kind, string(format)) {
			t.Fatalf("%s: %q, %v", format, kind, err)
		}
		_, again, err := r.Reply(in, reply)
		if err != nil || string(again) == string(sealed) {
			t.Errorf("%s: two replies are alike: %v", format, err)
		}
		var got struct {
			Encrypt, MsgSignature, Nonce string
			TimeStamp                    int64
		}
		unmarshal := json.Unmarshal
		if format == XML {
			unmarshal = xml.Unmarshal
		}
		if err := unmarshal(sealed, &got); err != nil {
			t.Fatalf("%s: %s: %v", format, sealed, err)
		}
		c := mustCipher(t, sampleToken, sampleKey, sampleAppID)
		if got.TimeStamp != now || got.Nonce == q.Nonce || got.Nonce == "" || got.MsgSignature != c.Sign(strconv.FormatInt(now, 10), got.Nonce, got.Encrypt) {
			t.Errorf("%s: envelope %+v", format, got)
		}
		plain, err := c.Decrypt(got.Encrypt)
		if err != nil {
			t.Fatal(err)
		}
		var text struct{ ToUserName, FromUserName, MsgType, Content string }
		if err := unmarshal(plain, &text); err != nil {
			t.Fatalf("%s: %s: %v", format, plain, err)
		}
		if text.ToUserName != "u1" || text.FromUserName != "gh_1" || text.MsgType != "text" || text.Content != "您好 & 欢迎 ]]> <b>" {
			t.Errorf("%s: %+v", format, text)
		}
	}
}

func TestReplyInPlainMode(t *testing.T) {
	t.Parallel()
	r := receiver(t, Plain, 1000000)
	in := &Inbound{Format: XML, FromUser: "u1", ToUser: "gh_1"}
	kind, body, err := r.Reply(in, in.Text("好", time.Unix(1000000, 0)))
	want := `<xml><ToUserName><![CDATA[u1]]></ToUserName><FromUserName><![CDATA[gh_1]]></FromUserName><CreateTime>1000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[好]]></Content></xml>`
	if err != nil || kind != typeXML || string(body) != want {
		t.Errorf("got %q, %s, %v", kind, body, err)
	}
	kind, body, err = r.Reply(&Inbound{Format: JSON}, map[string]string{"demo_resp": "a&b"})
	if err != nil || kind != typeJSON || string(body) != `{"demo_resp":"a&b"}` {
		t.Errorf("got %q, %s, %v", kind, body, err)
	}
}

func TestReplyNothing(t *testing.T) {
	t.Parallel()
	var none *TextReply
	for _, v := range []any{nil, none} {
		kind, body, err := receiver(t, Safe, 1).Reply(&Inbound{Format: XML}, v)
		if kind != "" || len(body) != 0 || err != nil {
			t.Errorf("got %q, %q, %v", kind, body, err)
		}
	}
}

func TestReplyReportsWhatItCannotWrite(t *testing.T) {
	t.Parallel()
	r := receiver(t, Safe, 1)
	if _, _, err := r.Reply(&Inbound{Format: JSON}, func() {}); err == nil {
		t.Error("a function was written")
	}
	r.random = strings.NewReader("too short")
	if _, _, err := r.Reply(&Inbound{Format: JSON}, "x"); err == nil {
		t.Error("sealed without randomness")
	}
}

package wxmsg

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"time"
)

const (
	typeXML  = "application/xml; charset=utf-8"
	typeJSON = "application/json; charset=utf-8"
)

// CDATA is text written as a CDATA section in XML and as a string in JSON, as
// WeChat's own replies are.
type CDATA string

type cdata struct {
	Text string `xml:",cdata"`
}

// MarshalXML writes the text as CDATA.
func (c CDATA) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	return e.EncodeElement(cdata{Text: string(c)}, start)
}

// TextReply is a passive text reply; about 2048 bytes of Content are shown.
type TextReply struct {
	ToUserName   CDATA
	FromUserName CDATA
	CreateTime   int64
	MsgType      CDATA
	Content      CDATA
}

// Text answers in with a text.
func (in *Inbound) Text(content string, now time.Time) *TextReply {
	return &TextReply{ToUserName: CDATA(in.FromUser), FromUserName: CDATA(in.ToUser),
		CreateTime: now.Unix(), MsgType: "text", Content: CDATA(content)}
}

// envelope is an encrypted reply.
type envelope struct {
	Encrypt      CDATA
	MsgSignature CDATA
	TimeStamp    int64
	Nonce        CDATA
}

// Reply renders the answer to in. A nil v gives an empty body, which WeChat
// takes as "nothing to say". Anything else is written in the notation of the
// request (XML with the root element xml, JSON without HTML escapes) and in
// safe mode encrypted, with a fresh timestamp and nonce. Answer with status 200
// in any case.
func (r *Receiver) Reply(in *Inbound, v any) (contentType string, body []byte, err error) {
	if v == nil || reflect.ValueOf(v).Kind() == reflect.Pointer && reflect.ValueOf(v).IsNil() {
		return "", nil, nil
	}
	body, err = marshal(in.Format, v)
	if err == nil && r.mode == Safe {
		body, err = r.seal(in.Format, body)
	}
	if err != nil {
		return "", nil, fmt.Errorf("wxmsg: writing a reply: %w", err)
	}
	if in.Format == XML {
		return typeXML, body, nil
	}
	return typeJSON, body, nil
}

func (r *Receiver) seal(format Format, message []byte) ([]byte, error) {
	var random [16]byte
	var number [8]byte
	if _, err := io.ReadFull(r.random, random[:]); err != nil {
		return nil, fmt.Errorf("no randomness: %w", err)
	}
	if _, err := io.ReadFull(r.random, number[:]); err != nil {
		return nil, fmt.Errorf("no randomness: %w", err)
	}
	encrypted, err := r.cipher.Encrypt(message, random)
	if err != nil {
		return nil, err
	}
	at := r.now().Unix()
	nonce := strconv.FormatUint(binary.BigEndian.Uint64(number[:]), 10)
	signature := r.cipher.Sign(strconv.FormatInt(at, 10), nonce, encrypted)
	return marshal(format, envelope{Encrypt: CDATA(encrypted), MsgSignature: CDATA(signature), TimeStamp: at, Nonce: CDATA(nonce)})
}

func marshal(format Format, v any) ([]byte, error) {
	if format != XML {
		return marshalJSON(v)
	}
	var b bytes.Buffer
	enc := xml.NewEncoder(&b)
	if err := enc.EncodeElement(v, xml.StartElement{Name: xml.Name{Local: "xml"}}); err != nil {
		return nil, err
	}
	return b.Bytes(), enc.Close()
}

// marshalJSON writes JSON without \u0026 and its like: WeChat shows or refuses
// the escapes instead of reading them (wechat.md §7.1).
func marshalJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

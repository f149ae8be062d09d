package wxsim

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"regexp"
	"slices"
	"time"

	"shixi/wxmsg"
)

// maxReplies is how many passive replies are kept per openid.
const maxReplies = 20

// PassiveReply is a reply as the phone's chat with the account shows it.
type PassiveReply struct {
	AppID   string
	AppName string
	Kind    string // MsgType
	Text    string // of a text without its markup, or the title of a news item
	URL     string // of a news item, or of the first link in a text
	At      time.Time
}

// sealedReply is an encrypted reply on the wire.
type sealedReply struct {
	XMLName      xml.Name    `xml:"xml" json:"-"`
	Encrypt      string      `xml:"Encrypt"`
	MsgSignature string      `xml:"MsgSignature"`
	TimeStamp    json.Number `xml:"TimeStamp"`
	Nonce        string      `xml:"Nonce"`
}

// passive is a reply's clear text, as far as the phone needs it.
type passive struct {
	XMLName      xml.Name    `xml:"xml" json:"-"`
	ToUserName   string      `xml:"ToUserName"`
	FromUserName string      `xml:"FromUserName"`
	CreateTime   json.Number `xml:"CreateTime"`
	MsgType      string      `xml:"MsgType"`
	Content      string      `xml:"Content"`
	Articles     []struct {
		Title string `xml:"Title"`
		URL   string `xml:"Url"`
	} `xml:"Articles>item" json:"-"`
}

// readReply holds a callback's answer against the rules: empty or "success",
// or a reply in the account's format, encrypted and signed in safe mode. Nil
// stands for nothing to show.
func readReply(to target, openID string, body []byte) ([]byte, error) {
	if len(body) == 0 || string(body) == "success" {
		return nil, nil
	}
	message := body
	if to.Mode == ModeSafe {
		var err error
		if message, err = openReply(to, body); err != nil {
			return nil, err
		}
	}
	p, err := parsePassive(to.Format, message)
	if err != nil {
		return nil, err
	}
	kinds := []string{"text", "image", "voice", "video", "music", "news", "transfer_customer_service"}
	switch {
	case !slices.Contains(kinds, p.MsgType):
		return nil, fmt.Errorf("%w: reply of type %q", ErrCallback, p.MsgType)
	case p.ToUserName != openID || p.FromUserName != to.OriginalID:
		return nil, fmt.Errorf("%w: reply not from the account to the user", ErrCallback)
	case p.CreateTime == "":
		return nil, fmt.Errorf("%w: reply without CreateTime", ErrCallback)
	case p.MsgType == "text" && p.Content == "":
		return nil, fmt.Errorf("%w: empty text reply", ErrCallback)
	}
	return message, nil
}

// openReply checks the signature of an encrypted reply and decrypts it.
func openReply(to target, body []byte) ([]byte, error) {
	var sealed sealedReply
	if err := decodeAs(to.Format, body, &sealed); err != nil {
		return nil, err
	}
	want := wxmsg.Signature(to.Token, sealed.TimeStamp.String(), sealed.Nonce, sealed.Encrypt)
	if sealed.MsgSignature != want {
		return nil, fmt.Errorf("%w: reply wrongly signed or not encrypted", ErrCallback)
	}
	message, err := to.cipher.Decrypt(sealed.Encrypt)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCallback, err)
	}
	return message, nil
}

func parsePassive(format string, message []byte) (passive, error) {
	var p passive
	err := decodeAs(format, message, &p)
	return p, err
}

func decodeAs(format string, body []byte, into any) error {
	decode := xml.Unmarshal
	if format == FormatJSON {
		decode = json.Unmarshal
	}
	if err := decode(bytes.TrimSpace(body), into); err != nil {
		return fmt.Errorf("%w: reply is not %s", ErrCallback, format)
	}
	return nil
}

// chatLink is the only markup that a text in a chat may have.
var chatLink = regexp.MustCompile(`<a href="([^"<>]*)">([^<>]*)</a>`)

// chat shows a passive reply on the phone.
func (s *Sim) chat(to target, openID string, message []byte) {
	if message == nil {
		return
	}
	p, err := parsePassive(to.Format, message)
	if err != nil {
		return
	}
	r := PassiveReply{AppID: to.AppID, AppName: to.Name, Kind: p.MsgType, Text: p.Content, At: s.opts.Now()}
	if p.MsgType == "text" {
		if link := chatLink.FindStringSubmatch(p.Content); link != nil {
			r.Text, r.URL = chatLink.ReplaceAllString(p.Content, "$2"), link[1]
		}
	}
	if len(p.Articles) > 0 {
		r.Text, r.URL = p.Articles[0].Title, p.Articles[0].URL
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[openID]
	if u == nil {
		return
	}
	if len(u.replies) >= maxReplies {
		u.replies = slices.Delete(u.replies, 0, 1)
	}
	u.replies = append(u.replies, r)
	s.generation.Add(1)
}

// Replies returns the passive replies the openid's chat shows, newest last; at
// most 20.
func (s *Sim) Replies(openID string) []PassiveReply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[openID]; u != nil {
		return slices.Clone(u.replies)
	}
	return nil
}

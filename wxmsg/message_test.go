package wxmsg

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSendTemplateWritesTheDocumentedBody(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	var got string
	f.onCall = func(w http.ResponseWriter, r *http.Request, body []byte) {
		got = r.Method + " " + r.URL.Path + " " + r.Header.Get("Content-Type") + " " + string(body)
		fmt.Fprint(w, `{"errcode":0,"errmsg":"ok","msgid":3557254367693750277}`)
	}
	c := newTestClient(t, f, Options{})
	head := "POST /cgi-bin/message/template/send application/json; charset=utf-8 "
	cases := []struct {
		m    TemplateMessage
		want string
	}{
		{TemplateMessage{ToUser: "o1", TemplateID: "t1", Data: map[string]string{"thing1": "<A&B>"}},
			`{"touser":"o1","template_id":"t1","data":{"thing1":{"value":"<A&B>"}}}`},
		{TemplateMessage{ToUser: "o1", TemplateID: "t1", URL: "https://example.com/?a=1&b=2", ClientMsgID: "p1",
			MiniProgram: &MiniProgram{AppID: "wx1", PagePath: "pages/p?id=1&x=2"}, Data: map[string]string{"time2": "10:00", "thing1": "张三"}},
			`{"touser":"o1","template_id":"t1","url":"https://example.com/?a=1&b=2","miniprogram":{"appid":"wx1","pagepath":"pages/p?id=1&x=2"},"data":{"thing1":{"value":"张三"},"time2":{"value":"10:00"}},"client_msg_id":"p1"}`},
		{TemplateMessage{ToUser: "o1", TemplateID: "t1", MiniProgram: &MiniProgram{AppID: "wx1"}, Data: map[string]string{"a": ""}},
			`{"touser":"o1","template_id":"t1","miniprogram":{"appid":"wx1"},"data":{"a":{"value":""}}}`},
	}
	for _, tc := range cases {
		sent, err := c.SendTemplate(context.Background(), tc.m)
		if err != nil || sent.MsgID != 3557254367693750277 {
			t.Errorf("got %+v, %v", sent, err)
		}
		if diff := cmp.Diff(head+tc.want, got); diff != "" {
			t.Errorf("(-want, +got)\n%s", diff)
		}
	}
}

func TestSendTemplateReadsAnswers(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, body string
		msgID      int64
		class      Class
	}{
		{"msgid as a string", `{"errcode":0,"errmsg":"ok","msgid":"3557254367693750277"}`, 3557254367693750277, ""},
		{"no errcode", `{"msgid":5}`, 5, ""},
		{"accepted without a msgid", `{"errcode":0,"errmsg":"ok"}`, 0, ""},
		{"says nothing", `{}`, 0, Ambiguous},
		{"errcode as a string", `{"errcode":"43004","errmsg":"require subscribe"}`, 0, Refused},
		{"msgid is no integer", `{"errcode":0,"msgid":3.5e18}`, 0, Ambiguous},
		{"an error has no msgid", `{"errcode":43101,"errmsg":"user refuse","msgid":7}`, 0, Refused},
	}
	for _, tc := range cases {
		f := newFakeAPI(t)
		f.onCall = answer(200, tc.body)
		sent, err := newTestClient(t, f, Options{}).SendTemplate(context.Background(), testMessage())
		if sent.MsgID != tc.msgID || ClassOf(err) != tc.class {
			t.Errorf("%s: got %+v, %v", tc.name, sent, err)
		}
	}
}

func TestEveryCodeComesBackTyped(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	c := newTestClient(t, f, Options{})
	for _, info := range append(Codes(), CodeInfo{Code: 987654, Class: Unknown}) {
		if info.Class == Token {
			continue // TestSecondRefusalIsFinal
		}
		f.set(func(f *fakeAPI) {
			f.onCall = answer(200, fmt.Sprintf(`{"errcode":%d,"errmsg":"said [%s] rid: 65f0a1b2-1c2d"}`, info.Code, testOpenID))
			f.sends = 0
		})
		err := send(c)
		var e *Error
		if !errors.As(err, &e) || e.Code != info.Code || e.Class != info.Class || e.RetryAfter != info.RetryAfter || !e.Started ||
			e.RID != "65f0a1b2-1c2d" || e.Op != opTemplateSend || e.HTTPStatus != 200 {
			t.Errorf("%d: got %+v", info.Code, err)
		}
		if strings.Contains(err.Error(), testOpenID) || !strings.Contains(err.Error(), info.Meaning) {
			t.Errorf("%d: text %q", info.Code, err)
		}
		if got := f.counts().sends; got != 1 {
			t.Errorf("%d: sent %d times", info.Code, got)
		}
	}
}

func TestSendTemplateRefusesEmptyMessages(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	c := newTestClient(t, f, Options{})
	for _, change := range []func(*TemplateMessage){
		func(m *TemplateMessage) { m.ToUser = "" },
		func(m *TemplateMessage) { m.TemplateID = "" },
		func(m *TemplateMessage) { m.Data = nil },
	} {
		m := testMessage()
		change(&m)
		_, err := c.SendTemplate(context.Background(), m)
		var e *Error
		if !errors.As(err, &e) || e.Class != Payload || e.Started {
			t.Errorf("got %v", err)
		}
	}
	if got := f.counts(); got != (counts{}) {
		t.Errorf("%+v", got)
	}
}

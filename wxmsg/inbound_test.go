package wxmsg

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	jobXML  = `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[u1]]></FromUserName><CreateTime>1714112445</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event><MsgID>3557254367693750277</MsgID><Status><![CDATA[failed:user block]]></Status></xml>`
	jobJSON = `{"ToUserName":"gh_1","FromUserName":"u1","CreateTime":1714112445,"MsgType":"event","Event":"TEMPLATESENDJOBFINISH","MsgID":3557254367693750277,"Status":"failed: system failed"}`

	popupXML = `<xml><ToUserName>gh_1</ToUserName><FromUserName>u1</FromUserName><CreateTime>1714112445</CreateTime><MsgType>event</MsgType><Event>subscribe_msg_popup_event</Event>
<SubscribeMsgPopupEvent><List><TemplateId>t1</TemplateId><SubscribeStatusString>accept</SubscribeStatusString><PopupScene>2</PopupScene></List>
<List><TemplateId>t2</TemplateId><SubscribeStatusString>reject</SubscribeStatusString><PopupScene>2</PopupScene></List></SubscribeMsgPopupEvent></xml>`
	popupJSONOne  = `{"ToUserName":"gh_1","FromUserName":"u1","CreateTime":"1714112445","MsgType":"event","Event":"subscribe_msg_popup_event","List":{"TemplateId":"t1","SubscribeStatusString":"accept","PopupScene":"2"}}`
	popupJSONMany = `{"ToUserName":"gh_1","FromUserName":"u1","CreateTime":1714112445,"MsgType":"event","Event":"subscribe_msg_popup_event","List":[{"TemplateId":"t1","SubscribeStatusString":"accept","PopupScene":2},{"TemplateId":"t2","SubscribeStatusString":"reject","PopupScene":"2"}]}`
	mediaJSON     = `{"ToUserName":"gh_1","FromUserName":"u1","CreateTime":1714112445,"MsgType":"event","Event":"wxa_media_check","appid":"wx1","trace_id":"6127a1b2","version":2,"detail":[{"strategy":"content_model","errcode":0,"suggest":"risky","label":20002,"prob":90}],"errcode":0,"errmsg":"ok","result":{"suggest":"risky","label":20002}}`
)

// receive takes a body in plain mode.
func receive(tb testing.TB, body string) *Inbound {
	tb.Helper()
	in, err := receiver(tb, Plain, 1714112445).Receive(signedPlain(1714112445), "text/xml", []byte(body))
	if err != nil {
		tb.Fatalf("%s: %v", body, err)
	}
	return in
}

func TestInboundReadsBothNotations(t *testing.T) {
	t.Parallel()
	base := Inbound{ToUser: "gh_1", FromUser: "u1", CreateTime: 1714112445, MsgType: "event"}
	with := func(change func(*Inbound)) Inbound {
		in := base
		change(&in)
		return in
	}
	accepted := Subscription{TemplateID: "t1", Accepted: true, Choice: "accept", Scene: "2"}
	rejected := Subscription{TemplateID: "t2", Choice: "reject", Scene: "2"}
	popup := func(s ...Subscription) Inbound {
		return with(func(in *Inbound) { in.Event, in.Subscriptions = EventSubscribePopup, s })
	}
	blocked := with(func(in *Inbound) {
		in.Event, in.MsgID, in.Status, in.JobStatus = EventJobFinish, "3557254367693750277", "failed:user block", JobUserBlocked
	})
	cases := []struct {
		name, body string
		want       Inbound
	}{
		{"job finish, XML", jobXML, blocked},
		{"job finish, lower case, MsgId", `<xml><ToUserName>gh_1</ToUserName><FromUserName>u1</FromUserName><CreateTime>1714112445</CreateTime><MsgType>event</MsgType><Event>templatesendjobfinish</Event><MsgId>3557254367693750277</MsgId><Status>failed:user block</Status></xml>`, blocked},
		{"job finish, a zero MsgId beside MsgID", `{"ToUserName":"gh_1","FromUserName":"u1","CreateTime":1714112445,"MsgType":"event","Event":"TEMPLATESENDJOBFINISH","MsgId":0,"MsgID":"3557254367693750277","Status":"failed:user block"}`, blocked},
		{"job finish, JSON", jobJSON, with(func(in *Inbound) {
			in.Event, in.MsgID, in.Status, in.JobStatus = EventJobFinish, "3557254367693750277", "failed: system failed", JobSystemFailed
		})},
		{"pop-up, XML", popupXML, popup(accepted, rejected)},
		{"pop-up, JSON object", popupJSONOne, popup(accepted)},
		{"pop-up, JSON array", popupJSONMany, popup(accepted, rejected)},
		{"subscribe message sent", `{"ToUserName":"gh_1","FromUserName":"u1","CreateTime":1714112445,"MsgType":"event","Event":"subscribe_msg_sent_event","List":{"TemplateId":"t1","MsgID":"1864323726461255680","ErrorCode":"0","ErrorStatus":"success"}}`,
			with(func(in *Inbound) {
				in.Event = EventSubscribeSent
				in.Subscriptions = []Subscription{{TemplateID: "t1", MsgID: "1864323726461255680", ErrorCode: "0", ErrorStatus: "success"}}
			})},
		{"media check", mediaJSON, with(func(in *Inbound) {
			in.Event, in.TraceID, in.MediaSuggest, in.MediaLabel = EventMediaCheck, "6127a1b2", "risky", 20002
		})},
		{"text, XML", `<?xml version="1.0"?><xml><ToUserName>gh_1</ToUserName><FromUserName>u1</FromUserName><CreateTime>1714112445</CreateTime><MsgType>text</MsgType><Content> 你好 &amp; 再见 </Content><MsgId>1234567890123456789</MsgId></xml>`,
			with(func(in *Inbound) {
				in.MsgType, in.Content, in.MsgID = "text", " 你好 & 再见 ", "1234567890123456789"
			})},
		{"text, JSON with a string id", "\xef\xbb\xbf" + `{"ToUserName":"gh_1","FromUserName":"u1","CreateTime":1714112445,"MsgType":"text","Content":"好","MsgId":"1234567890123456789"}`,
			with(func(in *Inbound) { in.MsgType, in.Content, in.MsgID = "text", "好", "1234567890123456789" })},
		{"menu", `<xml><ToUserName>gh_1</ToUserName><FromUserName>u1</FromUserName><CreateTime>1714112445</CreateTime><MsgType>event</MsgType><Event>VIEW</Event><EventKey>https://example.com/?a=1&amp;b=2</EventKey><MenuId>443508866</MenuId></xml>`,
			with(func(in *Inbound) {
				in.Event, in.EventKey, in.MenuID = EventView, "https://example.com/?a=1&b=2", "443508866"
			})},
	}
	for _, c := range cases {
		if diff := cmp.Diff(&c.want, receive(t, c.body), cmpopts.IgnoreFields(Inbound{}, "Raw", "Format")); diff != "" {
			t.Errorf("%s (-want, +got)\n%s", c.name, diff)
		}
	}
}

func TestJobStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]JobStatus{
		"success": JobDelivered, "Success": JobDelivered,
		"failed:user block": JobUserBlocked, "failed: user block": JobUserBlocked,
		"failed: system failed": JobSystemFailed, "failed:system failed": JobSystemFailed,
		"failed:freq limit": JobFreqLimited,
		"failed：user block": JobUserBlocked,
		"failed:other":      JobFailed, "": JobFailed,
	} {
		if got := jobStatus(status); got != want {
			t.Errorf("%q: got %s, want %s", status, got, want)
		}
	}
}

func TestScene(t *testing.T) {
	t.Parallel()
	cases := []struct {
		event, key, scene string
		ok                bool
	}{
		{"subscribe", "qrscene_bind:42", "bind:42", true},
		{"SCAN", "bind:42", "bind:42", true},
		{"subscribe", "", "", false},
		{"SCAN", "", "", false},
		{"CLICK", "bind:42", "", false},
	}
	for _, c := range cases {
		in := receive(t, `{"MsgType":"event","Event":"`+c.event+`","EventKey":"`+c.key+`","Ticket":"tk"}`)
		scene, ok := in.Scene()
		if ok != c.ok || ok && scene != c.scene || in.Ticket != "tk" {
			t.Errorf("%s %q: got %q, %v", c.event, c.key, scene, ok)
		}
	}
}

func TestDedupeKey(t *testing.T) {
	t.Parallel()
	text := func(id, from string) string {
		return `{"MsgType":"text","MsgId":` + id + `,"FromUserName":"` + from + `","CreateTime":1}`
	}
	job := func(field, id string) string {
		return `{"MsgType":"event","Event":"TEMPLATESENDJOBFINISH","` + field + `":` + id + `,"FromUserName":"u1","CreateTime":1}`
	}
	media := func(trace string) string {
		return `{"MsgType":"event","Event":"wxa_media_check","trace_id":"` + trace + `","FromUserName":"u1","CreateTime":1}`
	}
	cases := []struct {
		name, a, b string
		same       bool
	}{
		{"a message again", text("1", "u1"), strings.Replace(text("1", "u1"), "Time\":1", "Time\":2", 1), true},
		{"ids repeat across users", text("1", "u1"), text("1", "u2"), false},
		{"two messages", text("1", "u1"), text("2", "u1"), false},
		{"two job results in one second", job("MsgID", "1"), job("MsgID", "2"), false},
		{"a job result, spelt otherwise", job("MsgID", "1"), job("MsgId", `"1"`), true},
		{"media checks differ only in trace_id", media("a"), media("b"), false},
		{"a media check again", media("a"), media("a") + " ", true},
		{"two events in one second", `{"MsgType":"event","Event":"CLICK","EventKey":"a"}`, `{"MsgType":"event","Event":"CLICK","EventKey":"b"}`, false},
		{"an event again", `{"MsgType":"event","Event":"CLICK"}`, `{"MsgType":"event","Event":"CLICK"}`, true},
		{"a job result without an id is told by its body", job("MsgID", "0"), job("MsgID", `"x"`), false},
		{"a message is no job result", text("1", "u1"), job("MsgID", "1"), false},
	}
	for _, c := range cases {
		a, b := receive(t, c.a).DedupeKey(), receive(t, c.b).DedupeKey()
		if (a == b) != c.same {
			t.Errorf("%s: %s, %s", c.name, a, b)
		}
	}
	if key := receive(t, text("1", testOpenID)).DedupeKey(); strings.Contains(key, testOpenID) {
		t.Errorf("holds an openid: %s", key)
	}
}

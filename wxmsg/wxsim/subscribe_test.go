package wxsim_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shixi/wxmsg/wxsim"
)

func (f *fixture) notify(changes map[string]any) answer {
	f.t.Helper()
	m := message(map[string]any{"touser": "m-li", "page": "pages/index?id=1"})
	for k, v := range changes {
		m[k] = v
	}
	return f.call("POST", wxsim.PathSubscribeSend, withToken(f.token(mpID)), m)
}

func TestSubscribeSendNeedsAGrant(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.wantErr(f.notify(nil), 43101, "user refuse to accept the msg rid: ")
	f.must(f.Grant(mpID, "m-li", tmplID, 1))
	a := f.notify(nil)
	f.wantOK(a)
	f.wantErr(f.notify(nil), 43101, "user refuse to accept the msg")
	got := f.Phone("m-li")
	if len(got) != 1 || !got[0].Subscribe || got[0].MsgID != a.MsgID || got[0].Page != "pages/index?id=1" || got[0].Title != "报名通知" {
		t.Errorf("got %+v", got)
	}
}

func TestSubscribeSendRefuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.must(f.Grant(mpID, "m-li", tmplID, 1))
	for name, test := range map[string]struct {
		changes map[string]any
		code    int
	}{
		"openid of the 服务号": {map[string]any{"touser": "o-li"}, 40003},
		"template":          {map[string]any{"template_id": "x"}, 40037},
		"page":              {map[string]any{"page": "pages/unreleased"}, 41030},
		"value":             {map[string]any{"data": data("thing1", strings.Repeat("长", 21))}, 47003},
		"state":             {map[string]any{"miniprogram_state": "beta"}, 40097},
	} {
		if a := f.notify(test.changes); a.ErrCode != test.code {
			t.Errorf("%s: got %s, want %d", name, a.raw, test.code)
		}
	}
	f.wantErr(f.call("POST", wxsim.PathSubscribeSend, withToken(f.token(oaID)), "{}"), 48001, "api unauthorized")
	if f.Grants(mpID, "m-li", tmplID) != 1 {
		t.Error("a refusal must not use up the grant")
	}
}

func TestSubscribeEvents(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.listen(mpID)
	ctx := context.Background()
	tail := func() string {
		_, list, _ := strings.Cut(c.next().body, `"Event":`)
		return list
	}
	f.must(f.AcceptTemplates(ctx, mpID, "m-li", tmplID, "t2"))
	f.must(f.RejectTemplates(ctx, mpID, "m-li", tmplID))
	f.must(f.CancelTemplates(ctx, mpID, "m-li", "t2"))
	got := []string{tail(), tail(), tail()}
	want := []string{
		`"subscribe_msg_popup_event","List":[{"TemplateId":"signed-up","SubscribeStatusString":"accept","PopupScene":"1"},` +
			`{"TemplateId":"t2","SubscribeStatusString":"accept","PopupScene":"1"}]}`,
		`"subscribe_msg_popup_event","List":{"TemplateId":"signed-up","SubscribeStatusString":"reject","PopupScene":"1"}}`,
		`"subscribe_msg_change_event","List":{"TemplateId":"t2","SubscribeStatusString":"reject"}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if f.Grants(mpID, "m-li", tmplID) != 1 || f.Grants(mpID, "m-li", "t2") != 0 {
		t.Error("want one grant from the popup and none after the cancellation")
	}
	f.wantOK(f.notify(nil))
	if got := tail(); !strings.Contains(got, `"subscribe_msg_sent_event","List":{"TemplateId":"signed-up","MsgID":"`) ||
		!strings.Contains(got, `"ErrorCode":"0","ErrorStatus":"success"`) {
		t.Errorf("got %s", got)
	}
}

func TestSubscribeEventInXML(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.listen(oaID)
	f.must(f.AcceptTemplates(context.Background(), oaID, "o-li", tmplID))
	want := "<SubscribeMsgPopupEvent><List><TemplateId><![CDATA[signed-up]]></TemplateId>"
	if got := c.next().body; !strings.Contains(got, want) {
		t.Errorf("got %s, want %s in it", got, want)
	}
}

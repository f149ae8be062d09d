package tasks_test

import (
	"testing"
	"time"

	"shixi/store"
	"shixi/tasks"
	"shixi/wxmsg"
	"shixi/wxmsg/wxsim"
)

// platform is the simulated WeChat with the scene's account and templates.
func (s *scene) platform(t *testing.T) (*wxsim.Sim, *wxmsg.Client) {
	t.Helper()
	sim := wxsim.New(wxsim.Options{Now: s.Now})
	t.Cleanup(sim.Close)
	base, err := sim.Start("")
	if err != nil {
		t.Fatal(err)
	}
	app := s.Acts.Apps.ServiceAccount
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(sim.AddApp(wxsim.App{Kind: wxsim.OA, AppID: app, Secret: "secret-of-the-account", Linked: []string{"wx0000000000000002"}}))
	must(sim.AddTemplate(app, wxsim.Template{ID: "application-template-0001", Title: "报名通知", Keywords: []wxsim.Keyword{
		{Key: "thing1", Name: "学生"}, {Key: "thing2", Name: "岗位"}, {Key: "number3", Name: "人数"}}}))
	must(sim.SetReceipts(app, wxsim.Receipts{Hold: true}))
	client, err := wxmsg.NewClient(wxmsg.Options{Base: base, AppID: app, Secret: "secret-of-the-account", Now: s.Now, Timeout: 300 * time.Millisecond})
	must(err)
	return sim, client
}

// The real client over the simulated platform: whatever becomes of one call,
// the follower sees the message once, and the receipt finds its push.
func TestWhateverThePlatformDoesThePhoneShowsItOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	sim, client := s.platform(t)
	_, position := s.employer(t, "A")
	if err := sim.Follow(s.Acts.Apps.ServiceAccount, "o_A", ""); err != nil {
		t.Fatal(err)
	}
	w, _ := s.start(t, func(o *tasks.Options) { o.Sender, o.Burst = client, -1 })
	for i, c := range []struct {
		name     string
		path     string
		fault    wxsim.Fault
		attempts int
	}{
		{"no fault", wxsim.PathTemplateSend, wxsim.Fault{Match: func(wxsim.Request) bool { return false }}, 1},
		{"the answer is lost", wxsim.PathTemplateSend, wxsim.Fault{ResetAfter: true}, 2},
		{"the request is lost", wxsim.PathTemplateSend, wxsim.Fault{ResetBefore: true}, 2},
		{"no answer in time", wxsim.PathTemplateSend, wxsim.Fault{HangAfter: true}, 2},
		{"half an answer", wxsim.PathTemplateSend, wxsim.Fault{Truncate: true}, 2},
		{"a gateway's page", wxsim.PathTemplateSend, wxsim.Fault{HTML: true}, 2},
		{"busy", wxsim.PathTemplateSend, wxsim.Fault{Errcode: -1}, 2},
		{"the token is refused", wxsim.PathTemplateSend, wxsim.Fault{Errcode: 40001}, 1},
	} {
		disarm := sim.Fault(c.path, c.fault)
		placement := s.NewStudent("卢晓东").Applies(position)
		s.settle(t, w, 10*time.Second, 10)
		disarm()
		if p := s.pushOf(t, placement); p.State != store.PushSent || len(p.Attempts) != c.attempts {
			t.Errorf("%s: ended as %s (%s) after %d attempts, want %d", c.name, p.State, p.Reason, len(p.Attempts), c.attempts)
		}
		if n := len(sim.Phone("o_A")); n != i+1 {
			t.Fatalf("%s: the phone shows %d messages, want %d", c.name, n, i+1)
		}
	}
	for _, r := range sim.Held(s.Acts.Apps.ServiceAccount) {
		s.receipt(t, shown{MsgID: r.MsgID, TemplateMessage: wxmsg.TemplateMessage{ToUser: r.OpenID}}, r.Status)
	}
	for state, n := range s.states(t) {
		if state != store.PushDelivered {
			t.Errorf("%d pushes are %s after the receipts", n, state)
		}
	}
	if n := sim.Stats().Repeated; n != 0 {
		t.Errorf("%d messages were shown twice", n)
	}
}

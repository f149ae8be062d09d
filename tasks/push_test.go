package tasks_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/store"
	"shixi/wxmsg"
)

func TestASignUpReachesThePhone(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	w, _ := s.start(t, nil)
	_, position := s.employer(t, "A")
	placement := s.NewStudent("卢晓东").Applies(position)
	s.settle(t, w, 6*time.Second, 1)

	p := s.push(t)
	if p.State != store.PushSent || p.PlacementID != placement.ID || p.MsgID == "" {
		t.Fatalf("the push ended as %s", s.dump(t))
	}
	want := []shown{{At: s.Now(), MsgID: 3_500_000_000_000_000_001, TemplateMessage: wxmsg.TemplateMessage{
		ToUser: "o_A", TemplateID: "application-template-0001", ClientMsgID: p.ID,
		MiniProgram: &wxmsg.MiniProgram{AppID: "wx0000000000000002", PagePath: "pages/placement?id=" + placement.ID},
		Data:        map[string]string{"thing1": "卢晓东", "thing2": "焊工", "number3": "1"},
	}}}
	if diff := cmp.Diff(want, s.phone.screen()); diff != "" {
		t.Errorf("the phone shows (-want, +got):\n%s", diff)
	}
	if got := len(p.Attempts); got != 1 || p.Attempts[0].Code != 0 {
		t.Errorf("attempts %+v, want one with errcode 0", p.Attempts)
	}
}

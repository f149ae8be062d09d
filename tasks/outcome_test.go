package tasks_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
	"shixi/wxmsg"
)

// What each answer of WeChat makes of a push whose every attempt meets it, and
// how many calls it takes (wechat.md §1.5).
func TestTheClassOfAnAnswerDecides(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, nil)
	for _, c := range []struct {
		name       string
		answer     answer
		state      string
		reason     string
		least, max int
	}{
		{"43004 not following", refusal(43004), store.PushRefused, "43004 用户未关注服务号", 1, 1},
		{"43101 refuses", refusal(43101), store.PushRefused, "43101 用户拒收消息", 1, 1},
		{"40037 template gone", refusal(40037), store.PushFailed, "40037 template_id 不存在或不属于本账号", 1, 1},
		{"47003 value", refusal(47003), store.PushFailed, "47003 模板参数不合法或为空", 1, 1},
		{"40164 config", refusal(40164), store.PushFailed, "40164 调用方 IP 不在白名单", 1, 1},
		{"99999 unknown", refusal(99999), store.PushFailed, "99999 微信返回未知错误", 1, 1},
		{"-1 busy", refusal(-1), store.PushFailed, "-1 系统繁忙", 5, 20},
		{"40001 token", refusal(40001), store.PushFailed, "40001 access_token 无效或不是最新（取 token 时为 AppSecret 错误）", 5, 20},
		{"no answer", lostRequest, store.PushUncertain, acts.ReasonNoAnswer, 5, 20},
		{"not WeChat's error", answer{err: errStrange}, store.PushUncertain, acts.ReasonNoAnswer, 5, 20},
	} {
		s.Pass(time.Hour - time.Duration(s.Now().Minute())*time.Minute) // out of the last burst
		s.phone.from(c.answer)
		before := len(s.phone.called())
		placement := s.NewStudent("卢晓东").Applies(position)
		began := s.Now()
		s.settle(t, w, 30*time.Second, 40)
		p := s.pushOf(t, placement)
		if p.State != c.state || p.Reason != c.reason {
			t.Errorf("%s: ended as %s (%s), want %s (%s)", c.name, p.State, p.Reason, c.state, c.reason)
		}
		calls := s.phone.called()[before:]
		if n := len(calls); n < c.least || n > c.max || n != len(p.Attempts) {
			t.Errorf("%s: %d calls, %d attempts noted, want %d to %d", c.name, n, len(p.Attempts), c.least, c.max)
		}
		if last := calls[len(calls)-1].Sub(calls[0]); last > 9*time.Minute {
			t.Errorf("%s: the last call came %s after the first", c.name, last)
		}
		if s.Now().Sub(began) > 11*time.Minute {
			t.Errorf("%s: took %s", c.name, s.Now().Sub(began))
		}
	}
	for code, want := range map[string]int{"errcode=40037": 1, "errcode=99999": 1, "errcode=43004": 0, "errcode=-1": 0} {
		if n := strings.Count(s.log.String(), code); n != want {
			t.Errorf("%q rang %d times, want %d", code, n, want)
		}
	}
}

// An answer that is not final leaves the message to arrive later, once.
func TestTroubleThatPassesOnlyDelays(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, nil)
	for _, c := range []struct {
		name    string
		trouble []answer
		attempt []string
		within  time.Duration
	}{
		{"busy", []answer{refusal(-1), refusal(-1)}, []string{"transient", "transient", ""}, time.Minute},
		{"lost answer", []answer{lostAnswer}, []string{"ambiguous", ""}, time.Minute},
		{"lost request, busy", []answer{lostRequest, refusal(-1)}, []string{"ambiguous", "transient", ""}, time.Minute},
		{"offline", []answer{offline, offline, offline}, []string{"not_sent", "not_sent", "not_sent", ""}, time.Minute},
		{"per minute", []answer{refusal(45011)}, []string{"pace", ""}, 3 * time.Minute},
		{"per user", []answer{refusal(43117), refusal(43117)}, []string{"pace", "pace", ""}, 40 * time.Minute},
	} {
		s.Pass(time.Hour - time.Duration(s.Now().Minute())*time.Minute)
		s.phone.next(c.trouble...)
		placement := s.NewStudent("卢晓东").Applies(position)
		began := s.Now()
		s.settle(t, w, c.within/6, 6)
		s.wantOnce(t, c.name, placement)
		p := s.pushOf(t, placement)
		var classes []string
		for _, a := range p.Attempts {
			classes = append(classes, a.Class)
		}
		if diff := cmp.Diff(c.attempt, classes); diff != "" {
			t.Errorf("%s: attempts (-want, +got):\n%s", c.name, diff)
		}
		if took := s.Now().Sub(began); took > c.within {
			t.Errorf("%s: took %s, want %s at most", c.name, took, c.within)
		}
		if p.Doubt {
			t.Errorf("%s: still in doubt after an answer", c.name)
		}
	}
}

// While an earlier attempt is in doubt, a refusal of a later one ends nothing
// for certain.
func TestARefusalAfterALostAnswerIsUncertain(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	w, _ := s.start(t, nil)
	s.phone.next(lostAnswer, refusal(43004))
	s.NewStudent("卢晓东").Applies(position)
	s.settle(t, w, 10*time.Second, 10)
	if p := s.push(t); p.State != store.PushUncertain || !strings.Contains(p.Reason, "43004") {
		t.Errorf("ended as %s (%s)", p.State, p.Reason)
	}
}

// Whoever can't be told is not called at all.
func TestNobodyIsToldWhoCannotBe(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	e, position := s.employer(t, "A")
	change := func(do func(*internship.Account)) func() {
		return func() {
			t.Helper()
			_, err := s.DB.Accounts.Update(t.Context(), e.Staff.AccountID, func(a *internship.Account) error {
				do(a)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name          string
		meanwhile     func()
		state, reason string
	}{
		{"unfollowed", change(func(a *internship.Account) { a.Follower.Gone = true }), store.PushRefused, acts.ReasonUnfollowed},
		{"unbound", change(func(a *internship.Account) { a.Follower = nil }), store.PushSuppressed, acts.ReasonUnbound},
		{"removed", change(func(a *internship.Account) { a.State = internship.AccountRemoved }), store.PushSuppressed, acts.ReasonRemoved},
	} {
		placement := s.NewStudent("卢晓东").Applies(position)
		s.relay(t, placement)
		c.meanwhile()
		w, stop := s.start(t, nil)
		s.settle(t, w, 20*time.Second, 5)
		stop()
		if p := s.pushOf(t, placement); p.State != c.state || p.Reason != c.reason {
			t.Errorf("%s: ended as %s (%s), want %s (%s)", c.name, p.State, p.Reason, c.state, c.reason)
		}
	}
	if n := len(s.phone.called()); n != 0 {
		t.Errorf("WeChat was called %d times", n)
	}
}

// A message in doubt is not repeated to another follower: that phone could not
// recognise it.
func TestDoubtIsNotRepeatedToAnotherFollower(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	e, position := s.employer(t, "A")
	w, _ := s.start(t, nil)
	s.phone.next(lostAnswer)
	s.NewStudent("卢晓东").Applies(position)
	s.Pass(6 * time.Second)
	s.kick(t, w)
	s.bind(t, e.Staff.AccountID, "o_B")
	s.settle(t, w, 10*time.Second, 5)
	if p := s.push(t); p.State != store.PushUncertain {
		t.Errorf("ended as %s (%s)", p.State, p.Reason)
	}
	if n := len(s.phone.screen()); n != 1 {
		t.Errorf("%d messages shown, want 1", n)
	}
}

// A template that can't be filled in is an operator's matter, not a call.
func TestABrokenTemplateFails(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	broken, err := wxmsg.Load(strings.NewReader(`kinds: {application: {template_id: application-template-0001, title: 报名, keywords: [{key: thing1, value: "{{.nonsense}}"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	w, _ := s.start(t, func(o *taskOptions) { o.Templates = broken })
	s.NewStudent("卢晓东").Applies(position)
	s.settle(t, w, 6*time.Second, 2)
	if p := s.push(t); p.State != store.PushFailed || p.Reason == "" || len(s.phone.called()) != 0 {
		t.Errorf("ended as %s (%s) after %d calls", p.State, p.Reason, len(s.phone.called()))
	}
}

package wxsim_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"shixi/wxmsg/wxsim"
)

// TestConcurrentUse has senders, followers, readers and token thieves at work
// at once; what is checked is the race detector's silence and that repeats of
// one client_msg_id are shown once.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.listen(oaID)
	token := f.token(oaID)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 20 {
				id := fmt.Sprint("p", i)
				if _, err := f.try("POST", wxsim.PathTemplateSend, withToken(token), message(map[string]any{"client_msg_id": id})); err != nil {
					t.Error(err)
				}
				openID := fmt.Sprintf("o-%d-%d", worker, i)
				if f.Follow(oaID, openID, "") != nil || f.Block(oaID, openID) != nil || f.Unfollow(oaID, openID) != nil {
					t.Error("following failed")
				}
				f.Phone("o-li")
				f.Sends()
				f.Fault(wxsim.PathUserInfo, wxsim.Fault{Times: 1})
				f.Code(mpID, "m-li")
				if i%5 == 0 {
					f.page("/sim", nil, nil)
				}
			}
		})
	}
	wg.Wait()
	if n := len(f.Phone("o-li")); n != 20 {
		t.Errorf("the phone shows %d messages, want 20", n)
	}
	receipts := 0
	for receipts < 20 {
		if c.next().event.Event == "TEMPLATESENDJOBFINISH" {
			receipts++
		}
	}
	if got := f.Stats(); got.Accepted != 20 || got.Suppressed != 140 {
		t.Errorf("got %+v", got)
	}
}

// TestMemoryIsBounded sends for hours of fake time and checks, through the
// public doors, that old entries give way.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	clock := newClock()
	s := wxsim.New(wxsim.Options{Now: clock.Now, Seed: 1, PhoneLimit: 10})
	defer s.Close()
	if err := s.AddApp(wxsim.App{AppID: oaID, Secret: oaSecret}); err != nil {
		t.Fatal(err)
	}
	f := &fixture{Sim: s, t: t, clock: clock}
	f.must(s.AddTemplate(oaID, wxsim.Template{ID: tmplID, Keywords: []wxsim.Keyword{{Key: "thing1"}, {Key: "time2"}, {Key: "phrase3"}}}))
	f.must(s.AddUser(wxsim.User{AppID: oaID, OpenID: "o-li", Subscribed: true}))
	server := httptest.NewServer(s)
	defer server.Close()
	f.base = server.URL
	token := ""
	for i := range 300 {
		if i%20 == 0 {
			token = f.token(oaID)
		}
		f.wantOK(f.call("POST", wxsim.PathTemplateSend, withToken(token), message(map[string]any{"client_msg_id": fmt.Sprint(i)})))
		clock.Add(time.Minute)
	}
	if n := len(s.Phone("o-li")); n != 10 {
		t.Errorf("the phone keeps %d messages, want 10", n)
	}
	if n := s.Remembered(); n > 20 {
		t.Errorf("%d entries remembered after five hours, want only the last minutes'", n)
	}
}

// BenchmarkSend measures one send through HTTP; the platform must stand 10 000
// a minute beside the product.
func BenchmarkSend(b *testing.B) {
	s := wxsim.New(wxsim.Options{Seed: 1})
	defer s.Close()
	for _, err := range []error{
		s.AddApp(wxsim.App{AppID: oaID, Secret: oaSecret, DailyQuota: 1 << 30}),
		s.AddTemplate(oaID, wxsim.Template{ID: tmplID, Keywords: []wxsim.Keyword{{Key: "thing1"}, {Key: "time2"}, {Key: "phrase3"}}}),
		s.AddUser(wxsim.User{AppID: oaID, OpenID: "o-li", Subscribed: true}),
	} {
		if err != nil {
			b.Fatal(err)
		}
	}
	base, err := s.Start("")
	if err != nil {
		b.Fatal(err)
	}
	f := &fixture{Sim: s, t: &testing.T{}, base: base}
	token := f.token(oaID)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		a, err := f.try("POST", wxsim.PathTemplateSend, withToken(token), message(map[string]any{"client_msg_id": fmt.Sprint(i)}))
		if err != nil || a.ErrCode != 0 {
			b.Fatal(a, err)
		}
	}
	if err := s.Wait(context.Background(), "o-li", func(m []wxsim.Message) bool { return len(m) > 0 }); err != nil {
		b.Fatal(err)
	}
}

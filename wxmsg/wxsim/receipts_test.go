package wxsim_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shixi/wxmsg/wxsim"
)

func TestReceiptInEveryModeAndFormat(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{wxsim.ModeSafe, wxsim.ModePlain} {
		for _, format := range []string{wxsim.FormatXML, wxsim.FormatJSON} {
			t.Run(mode+" "+format, func(t *testing.T) {
				t.Parallel()
				f := newFixture(t, func(_ *wxsim.Options, a *wxsim.App) { a.Mode, a.Format = mode, format })
				c := f.listen(oaID)
				a := f.send(nil)
				got := c.next()
				want := event{
					ToUserName: "gh_oa", FromUserName: "o-li", CreateTime: f.clock.Now().Unix(), MsgType: "event",
					Event: "TEMPLATESENDJOBFINISH", MsgID: a.MsgID, Status: "success",
				}
				if diff := cmp.Diff(want, got.event); diff != "" {
					t.Error(diff)
				}
				if isXML := strings.HasPrefix(got.body, "<xml>"); isXML != (format == wxsim.FormatXML) {
					t.Errorf("body %s is not %s", got.body, format)
				}
				if safe := got.query.Get("encrypt_type") == "aes"; safe != (mode == wxsim.ModeSafe) {
					t.Errorf("query %v does not fit mode %s", got.query, mode)
				}
				if got.query.Get("openid") != "o-li" {
					t.Errorf("query has openid %q", got.query.Get("openid"))
				}
			})
		}
	}
}

func TestReceiptBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.listen(oaID)
	f.must(f.SetReceipts(oaID, wxsim.Receipts{BeforeAnswer: true}))
	a := f.send(nil)
	select {
	case p := <-c.got:
		if p.event.MsgID != a.MsgID {
			t.Errorf("receipt for %d, want %d", p.event.MsgID, a.MsgID)
		}
	default:
		t.Error("the send was answered before its receipt came")
	}
}

func TestReceiptsHeldReorderedDoubled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.listen(oaID)
	f.must(f.SetReceipts(oaID, wxsim.Receipts{Hold: true}))
	first, second := f.send(nil).MsgID, f.send(nil).MsgID
	if held := f.Held(oaID); len(held) != 2 || held[0].MsgID != first {
		t.Fatalf("held %+v", held)
	}
	c.none()
	taken, err := f.Release(oaID, func(list []wxsim.Receipt) []wxsim.Receipt {
		slices.Reverse(list)
		return append(list, list[0])
	})
	f.must(err)
	got := []int64{c.next().event.MsgID, c.next().event.MsgID, c.next().event.MsgID}
	if diff := cmp.Diff([]int64{second, first, second}, got); diff != "" || taken != 3 {
		t.Errorf("taken %d: %s", taken, diff)
	}
	if len(f.Held(oaID)) != 0 {
		t.Error("released receipts are still held")
	}
	f.must(f.SetReceipts(oaID, wxsim.Receipts{Copies: 2}))
	third := f.send(nil).MsgID
	for range 2 {
		if c.next().event.MsgID != third {
			t.Error("want the receipt twice")
		}
	}
	f.must(f.SetReceipts(oaID, wxsim.Receipts{Withhold: true}))
	f.send(nil)
	c.none()
	if got := f.Stats().ReceiptsDropped; got != 1 {
		t.Errorf("dropped %d, want 1", got)
	}
}

func TestReceiptStatuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.listen(oaID)
	for _, status := range []string{wxsim.StatusUserBlock, wxsim.StatusSystemFailed} {
		f.must(f.SetOutcome(oaID, "o-li", status))
		f.wantOK(f.send(nil))
		if got := c.next().event.Status; got != status {
			t.Errorf("got status %q, want %q", got, status)
		}
	}
	if n := len(f.Phone("o-li")); n != 0 {
		t.Errorf("the phone shows %d messages that failed", n)
	}
}

func TestReceiptIsTriedThreeTimes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.listen(oaID)
	f.must(f.SetReceipts(oaID, wxsim.Receipts{BeforeAnswer: true}))
	tries := 0
	c.answer(func(pushed) (int, string) {
		tries++
		if tries%3 == 1 {
			return 500, ""
		}
		return 200, "oops"
	})
	a := f.send(nil)
	nonces := map[string]bool{}
	for range 3 {
		p := c.next()
		nonces[p.query.Get("nonce")] = true
		if p.event.MsgID != a.MsgID {
			t.Errorf("receipt for %d, want %d", p.event.MsgID, a.MsgID)
		}
	}
	c.none()
	if len(nonces) != 3 {
		t.Error("each attempt must have its own nonce")
	}
	if got := f.Stats(); got.ReceiptsFailed != 1 || got.ReceiptsPosted != 0 {
		t.Errorf("got %+v", got)
	}
	c.answer(func(pushed) (int, string) {
		tries++
		if tries == 6 {
			return 200, ""
		}
		return 302, ""
	})
	f.send(nil)
	if got := f.Stats(); got.ReceiptsPosted != 1 {
		t.Errorf("got %+v, want the third attempt to succeed", got)
	}
}

func TestSlowCallbackTimesOut(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *wxsim.Options, _ *wxsim.App) { o.CallbackTimeout = 20 * time.Millisecond })
	c := f.listen(oaID)
	release := make(chan struct{})
	defer close(release)
	c.answer(func(pushed) (int, string) {
		<-release
		return 200, ""
	})
	reply, err := f.Scan(context.Background(), oaID, "o-li", f.scene("s1"))
	if err == nil || reply.Attempts != 3 || reply.Status != 0 {
		t.Errorf("got %+v, %v; want three attempts without answer", reply, err)
	}
}

func TestDelayedReceiptsEndWithClose(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.listen(oaID)
	f.must(f.SetReceipts(oaID, wxsim.Receipts{Delay: time.Hour}))
	f.send(nil)
	f.Close()
	c.none()
	if got := f.Stats().ReceiptsDropped; got != 1 {
		t.Errorf("dropped %d, want 1", got)
	}
}

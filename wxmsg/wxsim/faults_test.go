package wxsim_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"shixi/wxmsg/wxsim"
)

func TestFaultErrcode(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.Fault(wxsim.PathTemplateSend, wxsim.Fault{Errcode: 45009, Times: 2})
	f.wantErr(f.send(nil), 45009, "reach max api daily quota limit")
	f.wantErr(f.send(nil), 45009, "reach max api daily quota limit")
	f.wantOK(f.send(nil))
	f.Fault(wxsim.PathTemplateSend, wxsim.Fault{Errcode: 12345, Errmsg: "made up"})
	f.wantErr(f.send(nil), 12345, "made up rid: ")
	if got := f.Sends(); got[45009] != 2 || got[0] != 1 || got[12345] != 1 || f.Calls(wxsim.PathTemplateSend) != 4 {
		t.Errorf("counted %v", got)
	}
	disarm := f.Fault(wxsim.PathTemplateSend, wxsim.Fault{Errcode: -1, Times: -1})
	for range 3 {
		f.wantErr(f.send(nil), -1, "system error")
	}
	disarm()
	f.wantOK(f.send(nil))
	f.Fault(wxsim.PathTemplateSend, wxsim.Fault{Errcode: -1, Times: -1})
	f.ClearFaults()
	f.wantOK(f.send(nil))
}

func TestFaultMatches(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	toLi := func(r wxsim.Request) bool { return r.JSON["touser"] == "o-li" && r.Query.Get("access_token") != "" }
	f.Fault(wxsim.PathTemplateSend, wxsim.Fault{Errcode: 43117, Match: toLi})
	for range 2 {
		f.wantErr(f.send(nil), 43117, "sending to this user too frequently")
		f.wantErr(f.send(map[string]any{"touser": "o-wang"}), 43004, "require subscribe")
	}
	if got := f.Faults(); len(got) != 1 || got[0].Left != -1 {
		t.Errorf("got %+v", got)
	}
}

// trySend sends once with its own connection and reports what the caller sees.
func (f *fixture) trySend(changes map[string]any, timeout time.Duration) (*http.Response, string, error) {
	f.t.Helper()
	token := f.token(oaID)
	payload, err := json.Marshal(message(changes))
	f.must(err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: timeout}
	res, err := client.Post(f.base+wxsim.PathTemplateSend+"?access_token="+token, "application/json", strings.NewReader(string(payload)))
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res, string(body), err
}

func TestFaultsOfTheConnection(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault wxsim.Fault
		shown int
		lost  bool // the caller gets no answer
	}{
		{"reset before", wxsim.Fault{ResetBefore: true}, 0, true},
		{"reset after", wxsim.Fault{ResetAfter: true}, 1, true},
		{"hang", wxsim.Fault{Hang: true}, 0, true},
		{"hang after", wxsim.Fault{HangAfter: true}, 1, true},
		{"html", wxsim.Fault{HTML: true}, 0, false},
		{"status", wxsim.Fault{Status: 503}, 0, false},
		{"truncate", wxsim.Fault{Truncate: true}, 1, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.Fault(wxsim.PathTemplateSend, test.fault)
			once := map[string]any{"client_msg_id": "p1"}
			timeout := 5 * time.Second
			if test.fault.Hang || test.fault.HangAfter {
				timeout = 50 * time.Millisecond
			}
			res, body, err := f.trySend(once, timeout)
			if (err != nil) != test.lost {
				t.Fatalf("got %v, %q, %v", res, body, err)
			}
			if err == nil && json.Valid([]byte(body)) && body != "" {
				t.Errorf("got whole JSON %s", body)
			}
			if test.fault.HTML && (res.StatusCode != 502 || !strings.Contains(body, "<html>")) {
				t.Errorf("got %s: %s", res.Status, body)
			}
			if n := len(f.Phone("o-li")); n != test.shown {
				t.Fatalf("the phone shows %d messages, want %d", n, test.shown)
			}
			f.wantOK(f.send(once))
			if n := len(f.Phone("o-li")); n != 1 {
				t.Errorf("after the retry the phone shows %d messages, want 1", n)
			}
		})
	}
}

func TestLatencyProcessesWhatTheCallerGaveUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.Fault(wxsim.PathTemplateSend, wxsim.Fault{Latency: 100 * time.Millisecond})
	if _, _, err := f.trySend(nil, 20*time.Millisecond); err == nil {
		t.Fatal("want a time-out")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	f.must(f.Wait(ctx, "o-li", func(m []wxsim.Message) bool { return len(m) == 1 }))
}

func TestCloseEndsHangingCalls(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.token(oaID)
	arrived := make(chan struct{})
	f.Fault(wxsim.PathTemplateSend, wxsim.Fault{Hang: true, Times: 1, Match: func(wxsim.Request) bool {
		close(arrived)
		return true
	}})
	result := make(chan error, 1)
	go func() {
		_, err := f.try("POST", wxsim.PathTemplateSend, withToken(token), message(nil))
		result <- err
	}()
	<-arrived
	f.Close()
	if err := <-result; err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the connection cut", err)
	}
}

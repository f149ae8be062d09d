package handlers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp/fasthttputil"

	"shixi/wxmsg"
)

// TestCallbacksDoNotMix: Fiber reuses its buffers from one request to the
// next, so nothing of a request may be kept as a view of them. Hundreds of
// openids arrive over few connections, and each must arrive as sent.
func TestCallbacksDoNotMix(t *testing.T) {
	t.Parallel()
	const connections, each = 16, 25
	for _, mode := range bothModes {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			w := newCallbackWorld(t, mode, sampleAt)
			client := w.serve(t)
			var want []string
			var group sync.WaitGroup
			for n := range connections {
				for i := range each {
					want = append(want, fmt.Sprintf("scanned o_%03d_%03d bind_%03d_%03d", n, i, n, i))
				}
				group.Go(func() {
					for i := range each {
						message := xmlEvent(fmt.Sprintf("o_%03d_%03d", n, i), "SCAN", sampleAt, "EventKey", fmt.Sprintf("bind_%03d_%03d", n, i))
						query, body := platformPost(t, mode, wxmsg.XML, message, sampleAt)
						res, err := client.Post("http://callback/wx/callback/oa?"+query, "text/xml", bytes.NewReader(body))
						if err != nil {
							t.Error(err)
							return
						}
						_, _ = io.Copy(io.Discard, res.Body)
						_ = res.Body.Close()
						if res.StatusCode != http.StatusOK {
							t.Errorf("status %d", res.StatusCode)
						}
					}
				})
			}
			group.Wait()
			got := w.acts.done()
			slices.Sort(got)
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want, +got)\n%s", diff)
			}
		})
	}
}

// serve serves the world over connections in memory, which are kept alive as
// WeChat's are.
func (w *callbackWorld) serve(tb testing.TB) *http.Client {
	tb.Helper()
	listener := fasthttputil.NewInmemoryListener()
	go func() { _ = w.app.Listener(listener) }()
	transport := &http.Transport{
		MaxIdleConnsPerHost: 16,
		DialContext:         func(context.Context, string, string) (net.Conn, error) { return listener.Dial() },
	}
	tb.Cleanup(func() {
		transport.CloseIdleConnections() // the server waits for them
		_ = w.app.Shutdown()
	})
	return &http.Client{Transport: transport}
}

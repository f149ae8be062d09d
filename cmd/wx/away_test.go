package main

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"shixi/internship"
	"shixi/store/embedded"
	"shixi/tasks/redistest"
)

// deadline is how long any request may take to be answered, whatever is away: its 10 s and something for the machine.
const deadline = 12 * time.Second

// ready is what the first process answers to its probe: the status and the parts.
func (r *replicas) ready() (status int, parts map[string]string) {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, r.bases[0]+"/readyz", nil)
	r.must(err)
	res, err := http.DefaultClient.Do(req)
	r.must(err)
	defer res.Body.Close()
	var health struct{ Parts map[string]string }
	r.must(json.NewDecoder(res.Body).Decode(&health))
	return res.StatusCode, health.Parts
}

func (r *replicas) expectReady(status int, part, says string) {
	r.Helper()
	if got, parts := r.ready(); got != status || parts[part] != says {
		r.Errorf("readyz: %d %v, want %d with %s %s", got, parts, status, part, says)
	}
}

// unavailable sends requests of every audience at once: each is answered that the system is away, within its deadline.
func (r *replicas) unavailable() {
	r.Helper()
	row := "plc_any"
	ticket, err := r.y.acts.DB.SealToken("ticket", map[string]any{"id": "away", "expires": time.Now().Add(time.Minute)})
	r.must(err)
	var group sync.WaitGroup
	for name, do := range map[string]func() error{
		"list":    func() error { return r.boss.api.call(r.Context(), http.MethodGet, "/api/v1/placements", nil, nil) },
		"accept":  func() error { return accept(r, 0, r.boss.api.token, row) },
		"partner": func() error { return r.d.school.Get(r.Context(), "/partner/v1/events", nil) },
		"log-in": func() error {
			return r.at(0, "").call(r.Context(), http.MethodPost, "/api/v1/login", map[string]string{"name": r.boss.Mobile, "password": demoPassword, "ticket": ticket}, nil)
		},
	} {
		group.Go(func() {
			from := time.Now()
			if answer := answerOf(do()); answer != internship.ErrUnavailable.Code {
				r.Errorf("%s: %s", name, answer)
			}
			if took := time.Since(from); took > deadline {
				r.Errorf("%s took %s", name, took)
			}
		})
	}
	group.Wait()
}

// TestSilentDatabase: MongoDB takes commands and answers none. Nobody hangs, and when it is back everything goes on.
func TestSilentDatabase(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 1, testLog())
	r.expectReady(http.StatusOK, "mongodb", "ok")
	free := make(chan struct{})
	r.engine.Watch(func(embedded.Command) embedded.Fault { <-free; return embedded.Fault{} })
	release := sync.OnceFunc(func() { r.engine.Watch(nil); close(free) })
	t.Cleanup(release)
	r.expectReady(http.StatusServiceUnavailable, "mongodb", "failed")
	r.unavailable()
	release()
	r.recovers()
}

// TestGoneDatabase: MongoDB is not there at all, and comes back at its address with what it had.
func TestGoneDatabase(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 1, testLog())
	address := r.engine.Addr()
	r.must(r.engine.Close())
	r.expectReady(http.StatusServiceUnavailable, "mongodb", "failed")
	r.unavailable()
	engine, err := embedded.Open(embedded.Options{Dir: r.dir, Listen: address})
	r.must(err)
	t.Cleanup(func() { _ = r.leave(); _ = engine.Close() })
	r.recovers()
}

// recovers waits until the process is ready again, and works.
func (r *replicas) recovers() {
	r.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		if status, _ := r.ready(); status == http.StatusOK {
			break
		}
		if time.Now().After(end) {
			r.Fatal("not ready again")
		}
		r.must(pause(r.Context(), 20*time.Millisecond))
	}
	r.must(r.boss.api.call(r.Context(), http.MethodGet, "/api/v1/placements", nil, nil))
}

// TestGoneRedis: the queue is away. The process is not ready but answers everyone; a new Redis that knows nothing gets
// the message that waits, and the phone shows it once.
func TestGoneRedis(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 1, testLog())
	ctx := t.Context()
	_, err := r.d.bind(ctx)
	r.must(err)
	address := r.queue.Addr
	r.queue.Close()
	r.expectReady(http.StatusServiceUnavailable, "redis", "failed")
	from := time.Now()
	_, err = r.d.apply(ctx)
	r.must(err)
	r.must(r.boss.api.call(ctx, http.MethodGet, "/api/v1/placements", nil, nil))
	if _, err := r.d.sim.Text(ctx, demoOAAppID, r.boss.OpenID, "在吗"); err != nil {
		t.Errorf("a callback: %v", err)
	}
	if took := time.Since(from); took > deadline {
		t.Errorf("without Redis it took %s", took)
	}
	redistest.StartAt(t, address)
	r.recovers()
	for _, s := range r.d.staff {
		if _, err := r.d.onPhone(ctx, s, "签约申请提醒"); err != nil {
			t.Error(err)
		}
	}
	r.must(r.leave())
	for _, s := range r.d.staff {
		if shown := r.d.work(s.OpenID); len(shown) != 1 {
			t.Errorf("%s sees %d messages", s.Owner, len(shown))
		}
	}
}

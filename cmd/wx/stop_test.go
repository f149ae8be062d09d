package main

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shixi/store/embedded"
	"shixi/wxmsg/wxsim"
)

// holdPositions makes every search for positions wait in the database: reached tells that one does, release lets all go.
func (r *replicas) holdPositions() (reached <-chan struct{}, release func()) {
	r.Helper()
	arrived, free := make(chan struct{}, 100), make(chan struct{})
	r.engine.Watch(func(c embedded.Command) embedded.Fault {
		_, err := c.Body.LookupErr("filter", "relayAt") // the sweeper's look for outboxes is no request
		if err != nil && c.Name == "find" && c.Collection == "positions" {
			arrived <- struct{}{}
			<-free
		}
		return embedded.Fault{}
	})
	release = sync.OnceFunc(func() { close(free) })
	r.Cleanup(release)
	return arrived, release
}

// gone waits until nobody listens at the first process's address.
func (r *replicas) gone() {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), 20*time.Second)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.bases[0]+"/readyz", nil)
		r.must(err)
		req.Close = true
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			r.must(ctx.Err())
			return
		}
		res.Body.Close()
		r.must(pause(ctx, 5*time.Millisecond))
	}
}

// TestStopFinishesWhatIsUnderWay stops a server in the middle of a request and of a message: the request is answered, the
// message's outcome is written, and nobody new is let in.
func TestStopFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 1, testLog())
	_, err := r.d.bind(t.Context())
	r.must(err)
	var leaving atomic.Bool
	r.d.sim.Fault(wxsim.PathTemplateSend, wxsim.Fault{Times: -1, Latency: time.Second, Match: func(q wxsim.Request) bool {
		about := strings.Contains(string(q.Body), "demo-application")
		leaving.CompareAndSwap(false, about)
		return about
	}})
	row := r.student(1, r.boss.positions[0])[0]
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for !leaving.Load() {
		r.must(pause(ctx, time.Millisecond))
	}
	reached, release := r.holdPositions()
	answered := make(chan error, 1)
	go func() { answered <- r.boss.api.call(ctx, http.MethodGet, "/api/v1/positions", nil, nil) }()
	<-reached
	left := make(chan error, 1)
	go func() { left <- r.leave() }()
	r.gone()
	release()
	if err := <-answered; err != nil {
		t.Errorf("the request under way: %v", err)
	}
	if err := <-left; err != nil {
		t.Errorf("the stop: %v", err)
	}
	if shown := r.d.work(r.boss.OpenID); len(shown) != 1 {
		t.Errorf("%d messages shown", len(shown))
	}
	r.toldOnce(row.ID)
}

// toldOnce looks into the database that the process left behind: its one message has an outcome and no owner.
func (r *replicas) toldOnce(placement string) {
	r.Helper()
	db := r.database()
	pushes, err := db.Deliveries(r.Context(), placement)
	r.must(err)
	if len(pushes) != 1 || pushes[0].MsgID == "" || pushes[0].Owner != "" {
		r.Errorf("left behind: %+v", pushes)
	}
}

// TestStopHasALimit: a request that never ends holds the stop no longer than SHUTDOWN_GRACE.
func TestStopHasALimit(t *testing.T) {
	t.Parallel()
	const grace = 2 * time.Second
	r := newReplicas(t, 1, testLog(), func(s *Settings) { s.ShutdownGrace = grace })
	reached, _ := r.holdPositions()
	go func() { _ = r.boss.api.call(t.Context(), http.MethodGet, "/api/v1/positions", nil, nil) }()
	<-reached
	from := time.Now()
	if err := r.leave(); err == nil { // which part was still busy depends on the machine
		t.Error("the stop does not say that work was cut off")
	}
	if took := time.Since(from); took > grace+10*time.Second {
		t.Errorf("the stop took %s, SHUTDOWN_GRACE is %s", took, grace)
	}
}

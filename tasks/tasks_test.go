package tasks_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"shixi/store"
	"shixi/tasks"
)

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for name, spoil := range map[string]func(*tasks.Options){
		"no database":   func(o *tasks.Options) { o.DB = nil },
		"no acts":       func(o *tasks.Options) { o.Acts = nil },
		"no redis":      func(o *tasks.Options) { o.Redis = nil },
		"short claim":   func(o *tasks.Options) { o.ClaimFor = 5 * time.Second },
		"negative pace": func(o *tasks.Options) { o.PerMinute = -1 },
		"quiet hours":   func(o *tasks.Options) { o.Quiet = tasks.Quiet{From: 0, To: 24 * 60} },
	} {
		o := s.options(t)
		spoil(&o)
		if _, err := tasks.New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	o := s.options(t)
	o.Sender = nil
	w, err := tasks.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Worker.Run(t.Context()); err == nil {
		t.Error("a worker ran without a sender")
	}
}

func TestMetricsTellWhatHappened(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	reg := prometheus.NewRegistry()
	_, position := s.employer(t, "A")
	w, _ := s.start(t, func(o *tasks.Options) { o.Registerer = reg })
	s.start(t, func(o *tasks.Options) { o.Registerer = reg }) // shares them
	s.phone.next(refusal(40037))
	s.apply(1, position)
	s.settle(t, w, 6*time.Second, 2)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range families {
		text.WriteString(f.String() + "\n")
	}
	for _, want := range []string{"shixi_push_outcomes_total", "shixi_wechat_errcodes_total", `"40037"`, "shixi_wechat_send_seconds", "shixi_jobs_stuck",
		"shixi_pushes_uncertain", "shixi_queue_age_seconds", "shixi_job_outcomes_total", "shixi_sweeps_total", "shixi_relay_total"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %s", want)
		}
	}
}

// Redis is away: events are passed on all the same, and when it is back the
// sweep wakes the workers.
func TestTheRelayDoesNotNeedRedis(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, position := s.employer(t, "A")
	placement := s.apply(1, position)[0]
	s.redis.Close()
	s.relay(t, placement)
	if left, err := s.DB.Outbox(t.Context(), "placements", placement.ID); err != nil || len(left) != 0 {
		t.Errorf("%d events left, %v", len(left), err)
	}
	if p := s.push(t); p.State != store.PushWaiting {
		t.Errorf("the push is %s", p.State)
	}
	if !strings.Contains(s.log.String(), "the queue can't be reached") {
		t.Errorf("nothing in the log:\n%s", s.log.String())
	}
}

package tasks

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what an operator watches. Labels come from tables, never from
// outside.
type metrics struct {
	relayed   *prometheus.CounterVec   // result
	pushes    *prometheus.CounterVec   // kind, outcome
	codes     *prometheus.CounterVec   // errcode
	sending   *prometheus.HistogramVec // class
	waited    *prometheus.HistogramVec // queue
	jobs      *prometheus.CounterVec   // reaction, outcome
	texts     *prometheus.CounterVec   // kind, outcome
	texting   *prometheus.HistogramVec // class
	lost      *prometheus.CounterVec   // rows
	sweeps    *prometheus.CounterVec   // sweep, result
	woken     *prometheus.CounterVec   // rows
	stuck     prometheus.Gauge
	uncertain prometheus.Gauge
	numbered  prometheus.Counter

	hooks        *prometheus.CounterVec   // result
	posting      *prometheus.HistogramVec // result
	posted       prometheus.Counter
	hooksFailing prometheus.Gauge
	hooksDead    prometheus.Gauge
}

// newMetrics registers the metrics; those that are there already, from other
// tasks of the process, are shared.
func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	r := &registrar{reg: reg}
	m := &metrics{
		relayed:   r.counters("relay_total", "Documents whose events were passed on, by result.", "result"),
		pushes:    r.counters("push_outcomes_total", "Outcomes written to push rows; a row that waits again counts as held, retry or paced.", "kind", "outcome"),
		codes:     r.counters("wechat_errcodes_total", "Answers of WeChat to messages by errcode; 0 is success, none: no readable answer.", "errcode"),
		sending:   r.histograms("wechat_send_seconds", "How long a call to WeChat took, by class of its outcome.", prometheus.ExponentialBuckets(0.02, 2, 11), "class"),
		waited:    r.histograms("queue_age_seconds", "How long rows were due before a worker claimed them, by queue.", prometheus.ExponentialBuckets(0.05, 3, 10), "queue"),
		jobs:      r.counters("job_outcomes_total", "Outcomes written to job rows.", "reaction", "outcome"),
		texts:     r.counters("sms_outcomes_total", "Outcomes written to SMS rows; a row that waits again counts as retry, quota or late.", "kind", "outcome"),
		texting:   r.histograms("sms_send_seconds", "How long a call to the SMS provider took, by class of its outcome.", prometheus.ExponentialBuckets(0.02, 2, 11), "class"),
		lost:      r.counters("claims_lost_total", "Outcomes refused because another worker had the row by then.", "rows"),
		sweeps:    r.counters("sweeps_total", "Passes of the sweepers by result.", "sweep", "result"),
		woken:     r.counters("sweep_wakes_total", "Rows that a sweeper had to wake.", "rows"),
		stuck:     r.gauge("jobs_stuck", "Jobs that need a person."),
		uncertain: r.gauge("pushes_uncertain", "Pushes of which nobody knows whether they arrived."),
		numbered:  r.counter("events_numbered_total", "Events that got their number in the partners' feed."),

		hooks:        r.counters("webhook_deliveries_total", "Deliveries to webhooks by result: done, or the class of the failure.", "result"),
		posting:      r.histograms("webhook_seconds", "How long a delivery to a webhook took, by result.", prometheus.ExponentialBuckets(0.02, 2, 11), "result"),
		posted:       r.counter("webhook_events_total", "Events that webhooks took."),
		hooksFailing: r.gauge("webhooks_failing", "Webhooks whose last delivery failed and is tried again."),
		hooksDead:    r.gauge("webhooks_dead", "Webhooks that failed for so long that they need a person."),
	}
	return m, r.err
}

// observeWait notes how long a row had been due when it was claimed.
func (m *metrics) observeWait(queue string, due, now time.Time) {
	m.waited.WithLabelValues(queue).Observe(max(0, now.Sub(due).Seconds()))
}

// registrar registers collectors and keeps the first error.
type registrar struct {
	reg prometheus.Registerer
	err error
}

func (r *registrar) counters(name, help string, labels ...string) *prometheus.CounterVec {
	return register(r, prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "shixi", Name: name, Help: help}, labels))
}

func (r *registrar) counter(name, help string) prometheus.Counter {
	return register(r, prometheus.NewCounter(prometheus.CounterOpts{Namespace: "shixi", Name: name, Help: help}))
}

func (r *registrar) gauge(name, help string) prometheus.Gauge {
	return register(r, prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "shixi", Name: name, Help: help}))
}

func (r *registrar) histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return register(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "shixi", Name: name, Help: help, Buckets: buckets}, labels))
}

func register[C prometheus.Collector](r *registrar, c C) C {
	if r.reg == nil {
		return c
	}
	err := r.reg.Register(c)
	if already, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if old, ok := already.ExistingCollector.(C); ok {
			return old
		}
	}
	if err != nil && r.err == nil {
		r.err = err
	}
	return c
}

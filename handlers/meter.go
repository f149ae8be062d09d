package handlers

import (
	"errors"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// meter counts requests and refusals.
type meter struct {
	requests *prometheus.HistogramVec
	refusals *prometheus.CounterVec
	gatherer prometheus.Gatherer
}

func newMeter(r prometheus.Registerer, g prometheus.Gatherer) *meter {
	if r == nil || g == nil {
		own := prometheus.NewRegistry()
		r, g = own, own
	}
	return &meter{gatherer: g,
		requests: registered(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "shixi_http_request_seconds", Help: "Time from a request to its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route", "status"})),
		refusals: registered(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shixi_http_refusals_total", Help: "Answers that are an error, by its code.",
		}, []string{"code"})),
	}
}

// registered registers a collector, or gives the one that is there already.
func registered[C prometheus.Collector](r prometheus.Registerer, c C) C {
	if again, ok := errors.AsType[prometheus.AlreadyRegisteredError](r.Register(c)); ok {
		if old, ok := again.ExistingCollector.(C); ok {
			return old
		}
	}
	return c
}

// request counts one request. Routes are patterns, so that there are few.
func (m *meter) request(method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

func (m *meter) refused(code string) { m.refusals.WithLabelValues(code).Inc() }

// handler shows the metrics in Prometheus' text form.
func (m *meter) handler() fiber.Handler {
	return adaptor.HTTPHandler(promhttp.HandlerFor(m.gatherer, promhttp.HandlerOpts{}))
}

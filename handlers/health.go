package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// probeBudget is how long a part may take to answer /readyz: well below the
// patience of load balancers.
const probeBudget = 2 * time.Second

// Health is what a probe is told.
type Health struct {
	Status string            `json:"status" doc:"ok 或 unavailable" enum:"ok,unavailable" example:"ok"`
	Parts  map[string]string `json:"parts,omitempty" doc:"各部件：ok 或 failed" example:"{\"mongodb\":\"ok\",\"redis\":\"ok\"}"`
}

type healthAnswer struct {
	Status int
	Body   Health
}

type nothing struct{}

// live says that the process answers at all.
func (a *App) live(context.Context, *nothing) (*healthAnswer, error) {
	return &healthAnswer{Status: http.StatusOK, Body: Health{Status: "ok"}}, nil
}

// ready asks every part at once and tells which of them fail, not why: that
// stands in the log.
func (a *App) ready(ctx context.Context, _ *nothing) (*healthAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, probeBudget)
	defer cancel()
	var (
		mu     sync.Mutex
		wait   sync.WaitGroup
		health = Health{Status: "ok", Parts: map[string]string{}}
	)
	for name, ping := range a.options.Ready {
		wait.Go(func() {
			err := ping(ctx)
			mu.Lock()
			defer mu.Unlock()
			health.Parts[name] = "ok"
			if err != nil {
				health.Status, health.Parts[name] = "unavailable", "failed"
				a.log.WarnContext(ctx, "not ready", slog.String("part", name), slog.Any("error", err))
			}
		})
	}
	wait.Wait()
	if a.draining.Load() {
		health.Status = "unavailable"
	}
	if health.Status != "ok" {
		return &healthAnswer{Status: http.StatusServiceUnavailable, Body: health}, nil
	}
	return &healthAnswer{Status: http.StatusOK, Body: health}, nil
}

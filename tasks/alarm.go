package tasks

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// alarmEvery is how often one alarm may be repeated: a fault that hits ten
// thousand rows is one fault.
const alarmEvery = time.Minute

// maxAlarms bounds what is remembered; beyond it everything may ring again.
const maxAlarms = 1000

// alarms log what a person must look at, each once a minute.
type alarms struct {
	log *slog.Logger
	now func() time.Time

	mu   sync.Mutex
	rang map[string]time.Time // guarded by mu
}

func newAlarms(log *slog.Logger, now func() time.Time) *alarms {
	return &alarms{log: log, now: now, rang: map[string]time.Time{}}
}

// ring logs unless the same key rang within the last minute.
func (a *alarms) ring(ctx context.Context, level slog.Level, key, message string, attrs ...slog.Attr) {
	now := a.now()
	a.mu.Lock()
	last, known := a.rang[key]
	quiet := known && now.Sub(last) < alarmEvery && !now.Before(last)
	if !quiet {
		if len(a.rang) >= maxAlarms {
			clear(a.rang)
		}
		a.rang[key] = now
	}
	a.mu.Unlock()
	if !quiet {
		a.log.LogAttrs(ctx, level, message, attrs...)
	}
}

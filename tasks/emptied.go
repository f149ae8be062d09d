package tasks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"

	"shixi/store"
)

// markerKey is in Redis while the queue holds what it should: a Redis that was
// emptied or replaced has lost it together with the wakes.
const markerKey = "shixi:queue:filled"

// emptied fills the queue again when the marker is missing: every row that may
// be served now is woken. The marker is set last, so a fill that fails is done
// again; what is lost between the fill and the marker is due for its next wake
// soon anyway.
func (s *sweeper) emptied(ctx context.Context) error {
	err := s.Redis.Get(ctx, markerKey).Err()
	if err == nil {
		return nil
	}
	if !errors.Is(err, redis.Nil) {
		return fmt.Errorf("tasks: marker of the queue: %w", err)
	}
	s.Log.InfoContext(ctx, "the queue is empty: waking every row that waits", slog.String("owner", s.Owner))
	for _, collection := range []string{"jobs", "pushes", store.SMSRows, "subscribers"} {
		if err := s.fill(ctx, collection); err != nil {
			return err
		}
	}
	if err := s.Redis.Set(ctx, markerKey, s.Owner, 0).Err(); err != nil {
		return fmt.Errorf("tasks: marker of the queue: %w", err)
	}
	return nil
}

// fill wakes the rows whose next wake lies within the grace of a first one.
func (s *sweeper) fill(ctx context.Context, collection string) error {
	until := s.DB.Now().Add(wakeGrace)
	for {
		rows, err := s.DB.ServableRows(ctx, collection, until, 2*wakeGrace, sweepBatch)
		if err := s.wakeAll(ctx, collection, rows, err); err != nil {
			return err
		}
		if len(rows) < sweepBatch {
			return nil
		}
	}
}

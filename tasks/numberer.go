package tasks

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

const (
	// numberPause lets the events of a moment be numbered together.
	numberPause = 50 * time.Millisecond
	// numberLease is how long one process has the numbering for itself after a
	// batch; another one waits no longer than this.
	numberLease = 2 * time.Second
	// numberTimeout bounds one pass.
	numberTimeout = 30 * time.Second
)

// numberer gives the events of the feed their numbers, soon after a relay. The
// lease spares two of them the race; the unique index is what decides it.
type numberer struct {
	*common
	poked chan struct{}
}

func newNumberer(c *common) *numberer {
	return &numberer{common: c, poked: make(chan struct{}, 1)}
}

// poke says that there are events without a number; it never blocks.
func (n *numberer) poke() {
	select {
	case n.poked <- struct{}{}:
	default:
	}
}

func (n *numberer) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.poked:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(numberPause):
		}
		if err := n.number(context.WithoutCancel(ctx)); err != nil {
			n.alarms.ring(ctx, slog.LevelWarn, "number", "events could not be numbered; the sweeper tries again", slog.Any("error", err))
		}
	}
}

// number numbers what waits, unless another process is at it, and tells the
// subscribers.
func (n *numberer) number(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, numberTimeout)
	defer cancel()
	mine, err := n.DB.Lease(ctx, "numberer", n.Owner, numberLease)
	if err != nil || !mine {
		return err
	}
	for total := 0; ; {
		done, err := n.DB.NumberEvents(ctx)
		n.metrics.numbered.Add(float64(done))
		if err != nil {
			return fmt.Errorf("tasks: number events: %w", err)
		}
		if total += done; done > 0 {
			continue
		}
		if err := n.reach(failNumbered); err != nil || total == 0 {
			return err
		}
		return n.tell(ctx)
	}
}

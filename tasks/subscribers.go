package tasks

import (
	"context"
	"fmt"
	"log/slog"

	"shixi/store"
)

// tell notes in the subscribers' rows what was numbered since it was done last,
// and wakes workers for those that something waits for. Where there is no
// subscriber it asks nothing.
func (c *common) tell(ctx context.Context) error {
	if len(c.Webhooks) == 0 {
		return nil
	}
	for {
		told, err := c.DB.TellSubscribers(ctx)
		if err != nil {
			return fmt.Errorf("tasks: tell subscribers: %w", err)
		}
		if told == 0 {
			break
		}
	}
	if err := c.reach(failTold); err != nil {
		return err
	}
	return c.due(ctx, "subscribers")
}

// subscribers brings the rows in line with the operator's file, and shows those
// that fail.
func (s *sweeper) subscribers(ctx context.Context) error {
	rows, err := s.DB.Subscribers(ctx)
	if err != nil {
		return err
	}
	there := map[string]*store.Subscriber{}
	for i := range rows {
		there[rows[i].ID] = &rows[i]
	}
	for _, hook := range s.Webhooks {
		if err := s.subscribe(ctx, hook, there[hook.Partner.Key]); err != nil {
			return fmt.Errorf("tasks: subscribe: %w", err)
		}
		delete(there, hook.Partner.Key)
	}
	for id := range there {
		paused, err := s.DB.PauseSubscriber(ctx, id)
		if err != nil {
			return fmt.Errorf("tasks: pause: %w", err)
		}
		if paused {
			s.Log.InfoContext(ctx, "a webhook is paused: the partner keys name no address for it any more", slog.String("key", id))
		}
	}
	s.show(ctx, rows)
	return nil
}

// subscribe makes the row of a subscriber, or sets it going again where it was
// away from the file. A dead one stays dead: that its address is in the file
// says nothing new.
func (s *sweeper) subscribe(ctx context.Context, hook Webhook, row *store.Subscriber) error {
	id, audience := hook.Partner.Key, hook.Partner.Audience()
	if row == nil {
		s.Log.InfoContext(ctx, "a webhook is new", slog.String("key", id))
		return s.DB.AddSubscriber(ctx, id, audience, hook.After)
	}
	resumable := []string{store.SubscriberPaused}
	if row.Audience != audience {
		if err := s.DB.DirectSubscriber(ctx, id, audience); err != nil {
			return err
		}
		resumable = append(resumable, store.SubscriberLive)
	} else if row.State != store.SubscriberPaused {
		return nil
	}
	_, err := s.DB.ResumeSubscriber(ctx, id, resumable...)
	return err
}

// show sets the gauges and rings for what needs a person.
func (s *sweeper) show(ctx context.Context, rows []store.Subscriber) {
	failing, dead := 0, 0
	for _, row := range rows {
		switch {
		case row.State == store.SubscriberDead:
			dead++
		case row.State == store.JobWaiting && row.Failures > 0:
			failing++
		}
	}
	s.metrics.hooksFailing.Set(float64(failing))
	s.metrics.hooksDead.Set(float64(dead))
	if dead > 0 {
		s.alarms.ring(ctx, slog.LevelWarn, "dead", "webhooks are dead and need a person: see wx webhooks", slog.Int("webhooks", dead))
	}
}

package main

import (
	"context"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	"shixi/acts"
	"shixi/handlers"
	"shixi/internship"
	"shixi/store"
	"shixi/tasks"
	"shixi/webhook"
)

// taker is a receiver that takes everything.
type taker struct{ deliveries, bytes atomic.Int64 }

func (p *taker) Deliver(_ context.Context, _ webhook.Target, body []byte) error {
	p.bytes.Add(int64(len(body)))
	p.deliveries.Add(1)
	return nil
}

// delivering posts a full batch to each of many schools, so that the queue is full.
func (b *bench) delivering(table *costTable) {
	const schools, batch = 200, 100
	ctx, poster, o := b.Context(), &taker{}, b.options
	o.Poster, o.EventJSON = poster, handlers.EventJSON
	var audience []string
	for i := range schools {
		school := internship.SchoolID(fmt.Sprintf("42%04d", i))
		audience = append(audience, school)
		o.Webhooks = append(o.Webhooks, tasks.Webhook{After: -1, Target: webhook.Target{URL: &url.URL{}},
			Partner: acts.Partner{Kind: internship.BySchool, SchoolID: school, Key: fmt.Sprintf("hook-%d", i)}})
	}
	all, err := tasks.New(o)
	b.must(err)
	b.must(all.Worker.Kick(ctx)) // makes the rows
	b.until(all, func() bool { return b.resting() == schools && b.woken() == 0 })
	b.happen(1, audience[:1])
	table.add("webhooks told of an event that concerns one of them", b.of(func() { _, err := b.y.db.TellSubscribers(ctx); b.must(err) }))
	b.until(all, func() bool { return b.resting() == schools && b.woken() == 0 })
	b.happen(batch, audience)
	delivered := b.of(func() {
		b.until(all, func() bool { return poster.deliveries.Load() == schools+1 })
	})
	if least := int64(schools * batch * 100); poster.bytes.Load() < least {
		b.Errorf("%d bytes posted, want %d at least", poster.bytes.Load(), least)
	}
	table.add("delivery of 100 events to a webhook", delivered.per(schools))
}

// until runs a worker until something is so.
func (b *bench) until(all *tasks.Tasks, so func() bool) {
	b.Helper()
	ctx, stop := context.WithTimeout(b.Context(), 3*time.Minute)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- all.Worker.Run(ctx) }()
	for !so() {
		b.must(pause(ctx, 5*time.Millisecond))
	}
	stop()
	b.must(<-ended)
}

// resting counts the subscribers that nothing waits for.
func (b *bench) resting() (n int) {
	b.Helper()
	rows, err := b.y.db.Subscribers(b.Context())
	b.must(err)
	for _, row := range rows {
		if row.State == store.SubscriberLive {
			n++
		}
	}
	return n
}

// woken counts the wakes of subscribers that nobody has taken yet.
func (b *bench) woken() int64 {
	b.Helper()
	n, err := b.y.redis.LLen(b.Context(), "asynq:{webhooks}:pending").Result()
	b.must(err)
	return n
}

// happen numbers events that concern schools.
func (b *bench) happen(n int, schools []string) {
	b.Helper()
	ctx := b.Context()
	events := make([]internship.Event, n)
	for i := range events {
		events[i] = internship.Event{ID: store.NewID(ctx, "evt"), Kind: internship.PlacementApplied, At: time.Now(), Audience: schools,
			By: internship.Actor{Kind: internship.ByStudent, Name: "卢晓东"}, Data: map[string]string{"position": "web前端工程师"}}
	}
	b.must(b.y.db.AddEvents(ctx, events))
	for done := 1; done > 0; {
		var err error
		done, err = b.y.db.NumberEvents(ctx)
		b.must(err)
	}
}

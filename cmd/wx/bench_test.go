package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/hibiken/asynq"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/tasks"
	"shixi/wxmsg/wxsim"
)

// compare runs ours and bare alternately, so that both meet the same machine, and reports how many times bare's time
// ours takes.
func compare(b *testing.B, ours, bare func()) {
	b.Helper()
	for range 10 {
		ours()
		bare()
	}
	var mine, theirs time.Duration
	n := 0
	for b.Loop() {
		from := time.Now()
		ours()
		middle := time.Now()
		bare()
		mine, theirs = mine+middle.Sub(from), theirs+time.Since(middle)
		n++
	}
	b.ReportMetric(float64(mine)/float64(theirs), "×bare")
	b.ReportMetric(float64(mine.Microseconds())/float64(n), "µs/ours")
	b.ReportMetric(float64(theirs.Microseconds())/float64(n), "µs/bare")
	b.ReportMetric(0, "ns/op") // the two together say nothing
}

// bareFiber serves one route and gives its address.
func bareFiber(b *testing.B, handler fiber.Handler) string {
	b.Helper()
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.All("/", handler)
	l, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = app.Listener(l) }()
	b.Cleanup(func() { _ = app.Shutdown() })
	return "http://" + l.Addr().String() + "/"
}

func request(b *testing.B, method, url, token string, body []byte) {
	req, err := http.NewRequestWithContext(b.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
		b.Fatalf("status %d %v", res.StatusCode, err)
	}
}

// BenchmarkListPage: a page of 20 with session and total, against a bare route that runs the same find.
func BenchmarkListPage(b *testing.B) {
	w := newBench(b, nil)
	w.placements(0, 2000)
	client, err := mongo.Connect(options.Client().ApplyURI(w.y.engine.URI()))
	w.must(err)
	b.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	rows := client.Database("shixi").Collection("placements")
	bare := bareFiber(b, func(c *fiber.Ctx) error {
		cur, err := rows.Find(c.UserContext(), bson.D{{Key: "enterpriseId", Value: w.boss.id}},
			options.Find().SetSort(bson.D{{Key: "order", Value: -1}}).SetLimit(21).SetBatchSize(22))
		if err != nil {
			return err
		}
		var page []bson.M
		if err := cur.All(c.UserContext(), &page); err != nil {
			return err
		}
		return c.JSON(page)
	})
	compare(b, func() { request(b, http.MethodGet, w.d.base+"/api/v1/placements?limit=20", w.boss.api.token, nil) },
		func() { request(b, http.MethodGet, bare, "", nil) })
}

// BenchmarkCallback: an encrypted event that came before and changes nothing, against a bare route with the same Redis
// command.
func BenchmarkCallback(b *testing.B) {
	w := newBench(b, nil)
	bare := bareFiber(b, func(c *fiber.Ctx) error {
		return w.y.redis.Exists(c.UserContext(), "bench:"+c.Query("key")).Err()
	})
	unfollow := w.unfollow("oNobodyBoundToAnAccount00001")
	compare(b, func() {
		url, body := unfollow()
		request(b, http.MethodPost, url, "", body)
	}, func() { request(b, http.MethodPost, bare+"?key=event", "", nil) })
}

// BenchmarkAccept: an acceptance with session and idempotency key; there is no bare form of it.
func BenchmarkAccept(b *testing.B) {
	w := newBench(b, nil)
	w.placements(0, 1)
	n := 0
	for b.Loop() {
		b.StopTimer()
		n++
		w.placements(n, n+1)
		b.StartTimer()
		body := []byte(fmt.Sprintf(`{"ids":["plc_bulk%06d"]}`, n))
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, w.d.base+"/api/v1/placements/accept", bytes.NewReader(body))
		w.must(err)
		req.Header.Set("Authorization", "Bearer "+w.boss.api.token)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", fmt.Sprintf("bench-%d", n))
		res, err := http.DefaultClient.Do(req)
		w.must(err)
		_, err = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		w.must(err)
	}
}

// BenchmarkPush: messages from their rows to WeChat's answer without latency, against asynq tasks that do nothing, each
// with the same number of workers; a batch an operation.
func BenchmarkPush(b *testing.B) {
	const batch = 150
	w := newBench(b, func(o *tasks.Options) { o.Burst, o.Concurrency = -1, 60 })
	w.staff(batch)
	w.must(w.d.sim.SetReceipts(demoOAAppID, wxsim.Receipts{Withhold: true}))
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.y.tasks.Worker.Run(ctx) }()
	defer func() { stop(); w.must(<-ended) }()
	var idle atomic.Int64
	server := asynq.NewServerFromRedisClient(w.y.redis, asynq.Config{Concurrency: 60, Queues: map[string]int{"bare": 1}, LogLevel: asynq.FatalLevel, TaskCheckInterval: 200 * time.Millisecond})
	w.must(server.Start(asynq.HandlerFunc(func(context.Context, *asynq.Task) error { idle.Add(1); return nil })))
	defer server.Shutdown()
	client := asynq.NewClientFromRedisClient(w.y.redis)
	n := int64(100)
	ours := func() {
		n++
		sent := w.d.sim.Stats().Accepted
		row := w.student(n, w.d.staff[1].positions[0])[0]
		w.must(w.y.tasks.Relay.One(ctx, "placements", row.ID))
		for w.d.sim.Stats().Accepted < sent+batch {
			w.must(pause(ctx, time.Millisecond))
		}
	}
	compare(b, ours, func() {
		done := idle.Load()
		for range batch {
			if _, err := client.EnqueueContext(ctx, asynq.NewTask("bare", nil), asynq.Queue("bare")); err != nil {
				b.Fatal(err)
			}
		}
		for idle.Load() < done+batch {
			w.must(pause(ctx, time.Millisecond))
		}
	})
	b.ReportMetric(batch, "messages/op")
}

package tasks_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/store"
	"shixi/tasks"
)

// counter counts the commands of a Redis client that serve one task: the
// enqueuing, taking and removal by asynq and the pacing, told apart from
// heartbeats and the like by their first key.
type counter struct{ n *atomic.Int64 }

func (c counter) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (c counter) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if args := cmd.Args(); cmd.Name() == "evalsha" && len(args) > 3 {
			key := fmt.Sprint(args[3])
			if strings.HasSuffix(key, ":pending") || strings.HasSuffix(key, ":active") || strings.Contains(key, ":t:") || strings.HasPrefix(key, "{shixi:push}") {
				c.n.Add(1)
			}
		}
		return next(ctx, cmd)
	}
}

func (c counter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// What one push costs with its enqueuing and its receipt, while the queue is
// full, and what the relay of its event does (design.md §7). The queue is the
// one that asynq asks last most often.
func TestWhatAPushCosts(t *testing.T) {
	t.Parallel()
	const pushes = 40
	s := newScene(t)
	_, position := s.employer(t, "A")
	alone := func(o *tasks.Options) { o.Burst, o.Concurrency = -1, 1 }
	withdrawn := func(n int) []*internship.Placement {
		all := s.apply(n, position)
		for _, p := range all {
			s.React("placements", p.ID)
			if _, err := s.Acts.Withdraw(t.Context(), actstest.StudentsApp, p.StudentID, p.ID); err != nil {
				t.Fatal(err)
			}
		}
		return all
	}
	withdrawn(1)
	w, stop := s.start(t, alone) // loads the scripts, once for all
	s.settle(t, w, 6*time.Second, 2)
	stop()

	placements := withdrawn(pushes)
	relay, err := tasks.New(s.options(t))
	if err != nil {
		t.Fatal(err)
	}
	mongodb, commands := s.mongodb.Load(), s.commands.Load()
	for _, p := range placements {
		if err := relay.Relay.One(t.Context(), "placements", p.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.mongodb.Load() - mongodb; got > 8*pushes {
		t.Errorf("the relay of an event takes %.1f commands of MongoDB, want 8 at most", float64(got)/pushes)
	}
	enqueuing := s.commands.Load() - commands

	mongodb, commands = s.mongodb.Load(), s.commands.Load()
	var atLast atomic.Int64 // Redis commands when the last message was sent
	s.phone.from(answer{then: func(shown) { atLast.Store(s.commands.Load()) }})
	_, stop = s.start(t, alone)
	eventually(t, "all is sent", func() bool { return s.states(t)[store.PushSent] == pushes+1 })
	stop()
	serving := s.mongodb.Load() - mongodb
	mongodb = s.mongodb.Load()
	for _, m := range s.phone.screen()[1:] {
		s.receipt(t, m, "success")
	}
	receipts := s.mongodb.Load() - mongodb

	redis := float64(enqueuing+atLast.Load()-commands+1) / pushes // the last one's removal comes after its call
	t.Logf("a push and its event's job: %.2f commands of MongoDB, %.2f of Redis", float64(serving+receipts)/pushes, redis)
	// Starting and stopping a worker takes some commands that are nobody's: the
	// first pass of the sweeps.
	const start = 40
	// A withdrawal also causes the job that looks whether the position's last
	// intern has ended: 3 of MongoDB, and 3 of Redis to serve it.
	if serving+receipts > (5+3)*pushes+start {
		t.Errorf("a push and its event's job take %.2f commands of MongoDB, want 8", float64(serving+receipts)/pushes)
	}
	// 5.7 are expected of the push, the draw of asynq's order of queues spreads
	// them by 0.2, and those of the job likewise.
	if redis > 6.5+3 {
		t.Errorf("a push and its event's job take %.2f commands of Redis, want 9 at most", redis)
	}
}

package main

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/event"
)

// odometer counts what a process asks of MongoDB and Redis.
type odometer struct {
	mongo, redis atomic.Int64
	examined     func() int64

	mu sync.Mutex
	// empty are the queues that asynq found empty since it last drew a task.
	empty map[string]bool
}

func (o *odometer) monitor() *event.CommandMonitor {
	return &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		if e.CommandName != "endSessions" {
			o.mongo.Add(1)
		}
	}}
}

// DialHook implements redis.Hook.
func (o *odometer) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook counts a command; loading a script is once a server's life and left out.
func (o *odometer) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		name, queue := cmd.Name(), drawnFrom(cmd)
		switch {
		case name == "hello", name == "client", name == "evalsha" && redis.HasErrorPrefix(err, "NOSCRIPT"):
		case queue != "":
			o.redis.Add(o.draw(queue, err == nil))
		default:
			o.redis.Add(1)
		}
		return err
	}
}

// ProcessPipelineHook counts every command of a pipeline but those that greet a new connection.
func (o *odometer) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		for _, cmd := range cmds {
			if name := cmd.Name(); name != "hello" && name != "client" {
				o.redis.Add(1)
			}
		}
		return next(ctx, cmds)
	}
}

// drawnFrom is the queue out of which a command of asynq draws a task; empty for any other command.
func drawnFrom(cmd redis.Cmder) string {
	if args := cmd.Args(); cmd.Name() == "evalsha" && len(args) > 3 {
		if key, ok := args[3].(string); ok && strings.HasSuffix(key, ":pending") {
			return key
		}
	}
	return ""
}

// draw is what drawing a task cost: the queues that were found empty on the way are part of it, a round in which all
// were empty is nobody's, for only the clock says how many there are.
func (o *odometer) draw(queue string, found bool) int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	if strings.Contains(queue, "webhooks") { // drawn from by a server of its own
		if found {
			return 1
		}
		return 0
	}
	if o.empty == nil || o.empty[queue] { // a new round
		o.empty = map[string]bool{}
	}
	if !found {
		o.empty[queue] = true
		return 0
	}
	n := int64(len(o.empty) + 1)
	o.empty = nil
	return n
}

func (o *odometer) read() cost {
	return cost{float64(o.mongo.Load()), float64(o.redis.Load()), float64(o.examined())}
}

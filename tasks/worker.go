package tasks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"

	"shixi/internship"
)

// Worker serves the rows that the queue wakes it for, and sweeps.
type Worker struct {
	*common
	relay   *Relay
	pacer   *pacer
	sweeper *sweeper
	// hooks are the subscribers by their key.
	hooks map[string]Webhook
	// stopped is set while Run ends: long jobs stop at their next page.
	stopped atomic.Bool
	// texting holds one place for each text message that may be sent at once.
	texting chan struct{}
}

func newWorker(c *common, relay *Relay) *Worker {
	w := &Worker{common: c, relay: relay, pacer: newPacer(c.Redis, c.Burst, c.PerMinute), sweeper: newSweeper(c, relay), hooks: map[string]Webhook{},
		texting: make(chan struct{}, max(1, c.Concurrency/smsShare))}
	for _, hook := range c.Webhooks {
		w.hooks[hook.Partner.Key] = hook
	}
	return w
}

// delayedInterval is how often asynq looks for delayed tasks and for those to be
// repeated. There are none, the rows hold both; each look costs two commands
// for each queue.
const delayedInterval = 10 * time.Second

// Run serves and sweeps until ctx is done; then it takes nothing new, gives
// what runs the length of a claim to end, and returns. It does not need Redis
// to start: workers begin when it answers. Errors: Sender or Templates are
// missing.
func (w *Worker) Run(ctx context.Context) error {
	if w.Sender == nil || w.Templates == nil {
		return errors.New("tasks: a worker needs Sender and Templates")
	}
	servers := []*asynq.Server{w.server(ctx, queueWeights(), w.Concurrency)}
	if len(w.hooks) > 0 {
		servers = append(servers, w.server(ctx, map[string]int{queueHooks: 1}, hookConcurrency))
	}
	w.stopped.Store(false)
	var started []*asynq.Server
	defer func() { shutDown(started) }()
	for _, server := range servers {
		if err := server.Start(asynq.HandlerFunc(w.serve)); err != nil {
			return fmt.Errorf("tasks: start the worker: %w", err)
		}
		started = append(started, server)
	}
	var sweeping sync.WaitGroup
	sweeping.Go(func() { w.sweeper.run(ctx) })
	<-ctx.Done()
	w.stopped.Store(true)
	sweeping.Wait()
	return nil
}

// shutDown stops servers together: each takes as long as its slowest task.
func shutDown(servers []*asynq.Server) {
	var ending sync.WaitGroup
	for _, server := range servers {
		ending.Go(server.Shutdown)
	}
	ending.Wait()
}

// server takes tasks from queues, for so many rows at a time.
func (w *Worker) server(ctx context.Context, queues map[string]int, concurrency int) *asynq.Server {
	return asynq.NewServerFromRedisClient(w.Redis, asynq.Config{
		BaseContext:              func() context.Context { return context.WithoutCancel(ctx) },
		Concurrency:              concurrency,
		Queues:                   queues,
		TaskCheckInterval:        w.Intervals.Poll,
		DelayedTaskCheckInterval: delayedInterval,
		ShutdownTimeout:          w.ClaimFor,
		Logger:                   queueLog{w.Log},
		LogLevel:                 asynq.InfoLevel,
		ErrorHandler:             asynq.ErrorHandlerFunc(w.unserved),
	})
}

// Kick runs every sweep once, now, whoever leads: for tests and operators.
func (w *Worker) Kick(ctx context.Context) error { return w.sweeper.kick(ctx) }

func (w *Worker) stopping(ctx context.Context) bool { return w.stopped.Load() || ctx.Err() != nil }

// serve handles a task. It returns nil whatever happens: what is still to be
// done stands in the row, and asynq's own retry would only repeat the wake.
func (w *Worker) serve(ctx context.Context, task *asynq.Task) error {
	id, err := parsePayload(task.Payload())
	if err != nil {
		w.Log.Error("a task can't be read", slog.String("type", task.Type()), slog.Any("error", err))
		return nil
	}
	defer func() {
		if x := recover(); x != nil {
			w.Log.Error("serving a row panicked; it is served again when its claim ends", slog.String("row", id),
				slog.Any("panic", x), slog.String("stack", string(debug.Stack())))
		}
	}()
	switch task.Type() {
	case TaskJob:
		err = w.job(ctx, id)
	case TaskPush:
		err = w.push(ctx, id)
	case TaskSMS:
		err = w.sms(ctx, id)
	case TaskHook:
		err = w.deliver(ctx, id)
	default:
		err = fmt.Errorf("tasks: no task of type %q", task.Type())
	}
	if err != nil {
		w.alarms.ring(ctx, slog.LevelWarn, "serve:"+task.Type(), "a row could not be served; it is served again when its claim ends",
			slog.String("row", id), slog.Any("error", err))
	}
	return nil
}

// unserved hears from asynq that a handler outlived its time or its lease.
func (w *Worker) unserved(ctx context.Context, task *asynq.Task, err error) {
	w.alarms.ring(ctx, slog.LevelWarn, "unserved:"+task.Type(), "the queue gave a task up; its row decides", slog.Any("error", err))
}

const (
	saveTries = 3
	savePause = 100 * time.Millisecond
)

// insist repeats a guarded write whose answer was lost: it can't happen twice,
// and what it did the first time counts.
func insist(ctx context.Context, write func() (bool, error)) (bool, error) {
	for try := 1; ; try++ {
		mine, err := write()
		if err == nil {
			return mine || try > 1, nil
		}
		if !errors.Is(err, internship.ErrUnavailable) || try == saveTries || !sleep(ctx, savePause) {
			return false, err
		}
	}
}

// queueLog passes asynq's log on; its everyday news are debugging to us.
type queueLog struct{ log *slog.Logger }

func (l queueLog) Debug(args ...any) { l.log.Debug("asynq: " + fmt.Sprint(args...)) }
func (l queueLog) Info(args ...any)  { l.log.Debug("asynq: " + fmt.Sprint(args...)) }
func (l queueLog) Warn(args ...any)  { l.log.Warn("asynq: " + fmt.Sprint(args...)) }
func (l queueLog) Error(args ...any) { l.log.Error("asynq: " + fmt.Sprint(args...)) }

// Fatal only logs: ending the process is not a library's decision.
func (l queueLog) Fatal(args ...any) { l.log.Error("asynq: " + fmt.Sprint(args...)) }

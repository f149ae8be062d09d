package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"shixi/acts"
	"shixi/store"
)

// Types of queue tasks. A task says which row to look at and nothing else.
const (
	TaskJob  = "job:run"
	TaskPush = "push:send"
	TaskSMS  = "sms:send"
	TaskHook = "webhook:deliver"
)

// queueJobs is the queue of reactions; pushes wait in the queue of their
// urgency.
const queueJobs = "jobs"

// queueSMS names text messages in the metrics. They wait in the queue of the
// most urgent pushes, which is next to empty: somebody looks at a phone and
// waits for a code, and a burst of other messages must not come before it. A
// queue of their own would cost a Redis command at each look.
const queueSMS = "sms"

// queueHooks is the queue of subscribers. It has workers of its own: those that
// wait for slow receivers must not be missing for messages.
const queueHooks = "webhooks"

// queueWeights share the workers out when several queues are full. They are
// close together because asynq asks the queues one by one: a rarely asked
// queue costs a Redis command for each that is asked before it.
func queueWeights() map[string]int {
	return map[string]int{acts.Danger: 3, acts.High: 3, queueJobs: 2, acts.Normal: 2}
}

// payloadVersion is raised when the payload changes its meaning.
const payloadVersion = 1

// payload is the body of a task: no documents, no openids.
type payload struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
}

func parsePayload(body []byte) (id string, err error) {
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return "", fmt.Errorf("tasks: payload: %w", err)
	}
	if p.Version != payloadVersion || p.ID == "" {
		return "", fmt.Errorf("tasks: payload of version %d", p.Version)
	}
	return p.ID, nil
}

// enqueueTimeout bounds one command to the queue: a Redis that hangs must not
// hold the relay up, the sweeper wakes the row later.
const enqueueTimeout = 2 * time.Second

// handling bounds the time asynq gives a handler, beyond what any row needs:
// when it runs out asynq archives the task, which means nothing to the row.
const handling = 10 * time.Minute

// enqueuePause is how long nothing is enqueued after a failure: each try would
// cost the relay the whole timeout.
const enqueuePause = time.Second

var errQueueDown = errors.New("tasks: the queue did not answer a moment ago")

// queue wakes workers.
type queue struct {
	redis  redis.UniversalClient
	client *asynq.Client
	// downUntil is the end of the pause, in Unix nanoseconds.
	downUntil atomic.Int64
}

func newQueue(r redis.UniversalClient) *queue {
	return &queue{redis: r, client: asynq.NewClientFromRedisClient(r)}
}

// ping says whether the queue answers.
func (q *queue) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, enqueueTimeout)
	defer cancel()
	if err := q.redis.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("tasks: queue: %w", err)
	}
	q.downUntil.Store(0)
	return nil
}

// wakeJob tells the workers of a job row.
func (q *queue) wakeJob(ctx context.Context, w store.Wake) error {
	return q.wake(ctx, TaskJob, queueJobs, w)
}

// wakePush tells the workers of a push row.
func (q *queue) wakePush(ctx context.Context, w store.Wake) error {
	name := w.Urgency
	if _, ok := queueWeights()[name]; !ok {
		name = acts.Normal
	}
	return q.wake(ctx, TaskPush, name, w)
}

// wakeSMS tells the workers of an SMS row.
func (q *queue) wakeSMS(ctx context.Context, w store.Wake) error {
	return q.wake(ctx, TaskSMS, acts.Danger, w)
}

// wakeHook tells the workers of a subscriber's row.
func (q *queue) wakeHook(ctx context.Context, w store.Wake) error {
	return q.wake(ctx, TaskHook, queueHooks, w)
}

// wake enqueues a task. Its id holds attempt and generation, because asynq
// keeps the id of a killed or archived task; an id that is there already is a
// wake that is on its way. asynq neither repeats nor keeps tasks: the row
// decides (design.md §4).
func (q *queue) wake(ctx context.Context, kind, name string, w store.Wake) error {
	if time.Now().UnixNano() < q.downUntil.Load() {
		return errQueueDown
	}
	body, err := json.Marshal(payload{Version: payloadVersion, ID: w.ID})
	if err != nil {
		return fmt.Errorf("tasks: payload: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, enqueueTimeout)
	defer cancel()
	_, err = q.client.EnqueueContext(ctx, asynq.NewTask(kind, body), asynq.Queue(name),
		asynq.TaskID(fmt.Sprintf("%s:%d:%d", w.ID, w.Attempt, w.Generation)), asynq.MaxRetry(0), asynq.Timeout(handling))
	if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		q.downUntil.Store(time.Now().Add(enqueuePause).UnixNano())
		return fmt.Errorf("tasks: enqueue: %w", err)
	}
	return nil
}

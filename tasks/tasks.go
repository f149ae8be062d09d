// Package tasks is what happens later: the relay that passes events on, the
// jobs (reactions), pushes and deliveries to webhooks that follow, and the
// sweepers that find whatever was left lying (design.md §4).
//
// The truth is in the rows of the database: state, attempt, next time, claim.
// The queue only wakes a worker, so an emptied Redis, a killed worker or a task
// delivered twice changes nothing but the time it takes.
package tasks

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"shixi/acts"
	"shixi/sms"
	"shixi/store"
	"shixi/webhook"
	"shixi/wxmsg"
)

// Sender sends a template message; *wxmsg.Client is one. Its errors are
// *wxmsg.Error: the class decides what becomes of the push.
type Sender interface {
	SendTemplate(ctx context.Context, m wxmsg.TemplateMessage) (wxmsg.Sent, error)
}

// Renderer fills in the template of a kind of message; *wxmsg.Templates is one.
type Renderer interface {
	Render(kind string, words map[string]string) (wxmsg.Rendered, error)
}

// Poster posts to a subscriber's address once; *webhook.Client is one. Its
// errors are *webhook.Error: the class is counted, and some say when to try
// again.
type Poster interface {
	Deliver(ctx context.Context, to webhook.Target, body []byte) error
}

// Webhook is a subscriber: a partner, and where the events that it may read are
// posted to.
type Webhook struct {
	// Partner's Key is the id of the subscriber's row.
	Partner acts.Partner
	Target  webhook.Target
	// After is the number after which the events of a new subscriber begin; a
	// negative one means the last there is.
	After int64
}

// Options say what the tasks work with. Rows live by the clock of DB; the
// queue's wake-ups and the intervals are real time.
type Options struct {
	// DB holds the rows; required. Its OnSaved should call Relay.Saved.
	DB *store.DB
	// Acts run the reactions; required.
	Acts *acts.Acts
	// Redis holds the queue and the shared pacing; required. It stays open.
	Redis redis.UniversalClient
	// Sender and Templates make messages; required by Worker.Run alone.
	Sender    Sender
	Templates Renderer
	// SMS sends text messages; nil: none can be sent, they wait for their time.
	SMS sms.Sender
	// MiniProgramAppID is the mini-program that messages open; empty: none.
	MiniProgramAppID string

	// Webhooks are the subscribers; those that have a row and are not among them
	// are paused.
	Webhooks []Webhook
	// Poster posts to them, and EventJSON writes an event as the feed shows it;
	// required with Webhooks.
	Poster    Poster
	EventJSON func(store.EventRow) []byte

	// Quiet are the hours in which only danger is told, see DefaultQuiet; the
	// zero value has none.
	Quiet Quiet
	// Burst is how long after a message to someone the next ones of the same
	// kind are held, to leave as one; 0 means 60 s, negative: not at all.
	Burst time.Duration
	// PerMinute bounds the calls of all replicas together; 0 means 12 000.
	PerMinute int

	// Concurrency is how many rows one process serves at a time; 0 means 64:
	// at 300 ms a call that is 12 800 messages a minute.
	Concurrency int
	// ClaimFor is how long a worker has a row; 0 means 30 s. A call to WeChat
	// ends 5 s before that, so it must be longer than 5 s.
	ClaimFor time.Duration
	// Intervals of the loops; zero fields take their defaults.
	Intervals Intervals

	// Owner names this process in claims and leases; empty: a random name.
	Owner string
	// Log is told what no caller can be; nil: discarded.
	Log *slog.Logger
	// Registerer takes the metrics; nil: they are kept but not shown.
	Registerer prometheus.Registerer
	// FailPoint, in tests, is called between any two steps with one of
	// FailPoints; its error means that the process died there. nil otherwise.
	FailPoint func(name string) error
}

// Intervals are how often the loops look, in real time.
type Intervals struct {
	// Sweep is for what should take seconds: due rows and outboxes, parked
	// receipts, numbers; 0 means 1 s.
	Sweep time.Duration
	// Slow is for what may take minutes: silent messages, gauges; 0 means 15 s.
	Slow time.Duration
	// Poll is how often an idle worker asks the queue; 0 means 200 ms.
	Poll time.Duration
}

// Tasks are the relay and the worker over one database and queue.
type Tasks struct {
	// Relay passes events on; a process that only serves requests runs it too.
	Relay *Relay
	// Worker serves jobs, pushes and subscribers, and sweeps.
	Worker *Worker
}

// New puts the parts together; nothing runs yet. Errors: a required option is
// missing or one makes no sense.
func New(o Options) (*Tasks, error) {
	if o.DB == nil || o.Acts == nil || o.Redis == nil {
		return nil, errors.New("tasks: DB, Acts and Redis are required")
	}
	if err := o.complete(); err != nil {
		return nil, err
	}
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, fmt.Errorf("tasks: metrics: %w", err)
	}
	c := &common{Options: o, metrics: m, queue: newQueue(o.Redis), alarms: newAlarms(o.Log, o.DB.Now)}
	relay := newRelay(c)
	return &Tasks{Relay: relay, Worker: newWorker(c, relay)}, nil
}

// common is what all parts share.
type common struct {
	Options
	metrics *metrics
	queue   *queue
	alarms  *alarms
}

// Defaults; the reasons stand at the options.
const (
	defaultBurst       = time.Minute
	defaultPerMinute   = 12_000
	defaultConcurrency = 64
	defaultClaim       = 30 * time.Second
	defaultSweep       = time.Second
	defaultSlow        = 15 * time.Second
	defaultPoll        = 200 * time.Millisecond
)

// callReserve is how long before its claim's end a call must be over, so that
// the outcome is written while the row is still the worker's.
const callReserve = 5 * time.Second

// wakeGrace is how long a fresh wake may take before the sweeper wakes again.
const wakeGrace = 10 * time.Second

func (o *Options) complete() error {
	o.Burst = cmp.Or(o.Burst, defaultBurst)
	o.PerMinute = cmp.Or(o.PerMinute, defaultPerMinute)
	o.Concurrency = cmp.Or(o.Concurrency, defaultConcurrency)
	o.ClaimFor = cmp.Or(o.ClaimFor, defaultClaim)
	o.Intervals.Sweep = cmp.Or(o.Intervals.Sweep, defaultSweep)
	o.Intervals.Slow = cmp.Or(o.Intervals.Slow, defaultSlow)
	o.Intervals.Poll = cmp.Or(o.Intervals.Poll, defaultPoll)
	if o.SMS == nil {
		o.SMS = noSMS{}
	}
	o.Owner = cmp.Or(o.Owner, "wrk_"+rand.Text())
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if len(o.Webhooks) > 0 && (o.Poster == nil || o.EventJSON == nil) {
		return errors.New("tasks: Webhooks need Poster and EventJSON")
	}
	if o.ClaimFor <= callReserve || o.PerMinute < 0 || o.Concurrency < 0 || !o.Quiet.valid() {
		return errors.New("tasks: claim too short, or a negative limit, or quiet hours outside the day")
	}
	return nil
}

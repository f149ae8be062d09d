package tasks_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/store"
	"shixi/tasks"
	"shixi/tasks/redistest"
	"shixi/wxmsg"
)

const templates = `
kinds:
  application:
    template_id: application-template-0001
    title: 报名通知
    page: pages/placement?id={{.placementId}}
    keywords:
      - {key: thing1, value: "{{.student}}", name: 学生}
      - {key: thing2, value: "{{.position}}", name: 岗位}
      - {key: number3, value: "{{.count}}", name: 人数}
  reconfirmed: {template_id: reconfirmed-template-0001, title: 重新确认, keywords: [{key: thing1, value: "{{.student}}"}]}
  withdrawn: {template_id: withdrawn-template-000001, title: 撤回通知, keywords: [{key: thing1, value: "{{.student}}"}]}
  school_cancelled: {template_id: cancelled-template-000001, title: 取消签约, keywords: [{key: thing1, value: "{{.student}}"}]}
  objected: {template_id: objected-template-0000001, title: 学校未通过, keywords: [{key: thing1, value: "{{.reason}}"}]}
  lost: {template_id: lost-template-0000000001, title: 失效通知, keywords: [{key: thing1, value: "{{.student}}"}]}
  position_closed: {template_id: closed-template-00000001, title: 岗位关闭, keywords: [{key: thing1, value: "{{.position}}"}]}
  recruiting_ended: {template_id: ended-template-000000001, title: 结束招收, keywords: [{key: thing1, value: "{{.position}}"}]}
  bound: {template_id: bound-template-000000001, title: 绑定成功, keywords: [{key: thing1, value: "{{.channel}}"}]}
`

// scene is a world with a queue, workers and a phone. Nothing is relayed or
// swept but by kick, so that a test decides when things happen.
type scene struct {
	*actstest.World
	redis  *redistest.Server
	raw    *mongo.Database
	client *redis.Client
	phone  *phone
	log    *logBuffer
	dying  atomic.Pointer[func(string) error]
	// mongodb and commands count what the store and the tasks ask.
	mongodb  atomic.Int64
	commands atomic.Int64
}

func newScene(t *testing.T) *scene {
	t.Helper()
	r := redistest.Start(t)
	o, err := redis.ParseURL(r.URL())
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{redis: r, client: redis.NewClient(o), log: &logBuffer{}}
	s.World = actstest.New(t, func(o *store.Options) {
		o.Monitor = &event.CommandMonitor{Started: func(context.Context, *event.CommandStartedEvent) { s.mongodb.Add(1) }}
	})
	s.client.AddHook(counter{&s.commands})
	t.Cleanup(func() { _ = s.client.Close() })
	s.phone = newPhone(s.Now)
	raw, err := mongo.Connect(options.Client().ApplyURI(cmp.Or(os.Getenv("MONGODB_URI"), s.Server.URI)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Disconnect(context.Background()) })
	s.raw = raw.Database(s.Server.Database)
	return s
}

// options are those of one process of the scene.
func (s *scene) options(t *testing.T) tasks.Options {
	t.Helper()
	rendered, err := wxmsg.Load(strings.NewReader(templates))
	if err != nil {
		t.Fatal(err)
	}
	return tasks.Options{
		DB: s.DB, Acts: s.Acts, Redis: s.client, Sender: s.phone, Templates: rendered, MiniProgramAppID: "wx0000000000000002",
		Concurrency: 4, Intervals: tasks.Intervals{Sweep: time.Hour, Slow: time.Hour, Poll: 25 * time.Millisecond},
		Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelWarn})),
		FailPoint: func(name string) error {
			if die := s.dying.Load(); die != nil {
				return (*die)(name)
			}
			return nil
		},
	}
}

// start runs a worker until the test ends, or until the returned stop.
func (s *scene) start(t *testing.T, alter func(*tasks.Options)) (*tasks.Tasks, func()) {
	t.Helper()
	o := s.options(t)
	if alter != nil {
		alter(&o)
	}
	all, err := tasks.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- all.Worker.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("worker: %v", err)
		}
	})
	t.Cleanup(stop)
	return all, stop
}

// dieAt lets the process die at a fail point, the first n times.
func (s *scene) dieAt(point string, n int) *atomic.Int64 {
	var died atomic.Int64
	die := func(name string) error {
		if name == point && died.Add(1) <= int64(n) {
			return fmt.Errorf("died at %s", name)
		}
		return nil
	}
	s.dying.Store(&die)
	return &died
}

// kick sweeps once and waits until the workers have nothing left to do.
func (s *scene) kick(t *testing.T, w *tasks.Tasks) {
	t.Helper()
	_ = w.Worker.Kick(t.Context()) // a pass that fails is done again
	s.idle(t)
}

// idle waits until no task is queued or being served.
func (s *scene) idle(t *testing.T) {
	t.Helper()
	eventually(t, "the queue is empty", func() bool {
		for _, q := range []string{"danger", "high", "normal", "jobs", "webhooks"} {
			for _, list := range []string{"pending", "active"} {
				if n, err := s.client.LLen(t.Context(), "asynq:{"+q+"}:"+list).Result(); err != nil || n > 0 {
					return false
				}
			}
		}
		return true
	})
}

// settle lets time go by until no push and no job waits, at most for the given
// number of steps.
func (s *scene) settle(t *testing.T, w *tasks.Tasks, step time.Duration, steps int) {
	t.Helper()
	for range steps {
		s.Pass(step)
		s.kick(t, w)
		if s.settled(t) {
			return
		}
	}
	t.Fatalf("not settled after %d steps:\n%s\n%s", steps, s.dump(t), s.log.String())
}

func (s *scene) settled(t *testing.T) bool {
	t.Helper()
	if slices.ContainsFunc(s.pushes(t), func(p store.Push) bool { return p.State == store.PushWaiting }) ||
		slices.ContainsFunc(s.jobs(t), func(j store.Job) bool { return j.State == store.JobWaiting }) {
		return false
	}
	for _, collection := range store.Collections() {
		ids, err := s.DB.DueOutboxes(t.Context(), collection, 1)
		if err != nil || len(ids) > 0 {
			return false
		}
	}
	return true
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// rows reads all rows of a machinery collection, past the store: it offers no
// such question.
func rows[T any](t *testing.T, s *scene, collection string) []T {
	t.Helper()
	cur, err := s.raw.Collection(collection).Find(t.Context(),
		bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: ""}}}}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	if err := cur.All(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func (s *scene) pushes(t *testing.T) []store.Push {
	t.Helper()
	return rows[store.Push](t, s, "pushes")
}

func (s *scene) jobs(t *testing.T) []store.Job {
	t.Helper()
	return rows[store.Job](t, s, "jobs")
}

// push is the only push there is.
func (s *scene) push(t *testing.T) store.Push {
	t.Helper()
	all := s.pushes(t)
	if len(all) != 1 {
		t.Fatalf("%d pushes, want 1:\n%s", len(all), s.dump(t))
	}
	return all[0]
}

// states counts the pushes by state.
func (s *scene) states(t *testing.T) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, p := range s.pushes(t) {
		n[p.State]++
	}
	return n
}

func (s *scene) dump(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, p := range s.pushes(t) {
		fmt.Fprintf(&b, "push %s %s attempt=%d next=%s first=%s doubt=%v %q\n", p.ID, p.State, p.Attempt, p.Next.Sub(s.Now()), p.FirstAt, p.Doubt, p.Reason)
	}
	for _, j := range s.jobs(t) {
		fmt.Fprintf(&b, "job %s %s attempt=%d %q\n", j.ID, j.State, j.Attempt, j.Error)
	}
	return b.String()
}

// employer is an enterprise whose owner follows the 服务号, with a position.
// Its own events are passed on and forgotten.
func (s *scene) employer(t *testing.T, name string) (*actstest.Enterprise, *internship.Position) {
	t.Helper()
	e := s.Enterprise(name)
	s.bind(t, e.Staff.AccountID, "o_"+name)
	p := e.Position("焊工", 50)
	for collection, id := range map[string]string{"enterprises": e.ID, "accounts": e.Staff.AccountID, "positions": p.ID} {
		s.React(collection, id)
	}
	return e, p
}

// bind binds a follower to an account, of which nobody is told: these tests
// count messages.
func (s *scene) bind(t *testing.T, accountID, openID string) {
	t.Helper()
	_, err := s.DB.Accounts.Update(t.Context(), accountID, func(a *internship.Account) error {
		a.Follower = &internship.Identity{AppID: s.Acts.Apps.ServiceAccount, OpenID: openID, BoundAt: s.Now()}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// logBuffer keeps the log of a scene.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

type taskOptions = tasks.Options

var errStrange = errors.New("strange")

// pushOf is the only push about a placement.
func (s *scene) pushOf(t *testing.T, placement *internship.Placement) store.Push {
	t.Helper()
	var found []store.Push
	for _, p := range s.pushes(t) {
		if p.PlacementID == placement.ID {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d pushes, want 1:\n%s", len(found), s.dump(t))
	}
	return found[0]
}

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return ctx, cancel
}

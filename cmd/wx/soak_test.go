package main

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"shixi/tasks"
	"shixi/wxmsg/wxsim"
)

// The load of the soak: a burst of 10 000 messages a minute, kept up.
const (
	soakPerMinute = 10_000
	soakStaff     = 150
	soakLatency   = 300 * time.Millisecond
	soakDefault   = 3 * time.Minute
)

// errDead is what a killed worker meets at its next step: no clean-up, no outcome.
var errDead = errors.New("this worker was killed")

// TestSoak keeps 10 000 messages a minute up from one process while a second worker is killed in the middle of its work.
// Every message is shown once, and memory stays flat. It runs by `make soak`; SOAK may be its length, such as 10m.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("SOAK"))
	if os.Getenv("SOAK") == "" {
		t.Skip("runs by make soak")
	}
	if err != nil {
		length = soakDefault
	}
	b := newBench(t, func(o *tasks.Options) { o.Burst, o.Intervals = -1, tasks.Intervals{} })
	b.d.sim.Fault(wxsim.PathTemplateSend, wxsim.Fault{Times: -1, Latency: soakLatency})
	b.staff(soakStaff)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 2)
	go func() { ended <- b.y.tasks.Worker.Run(ctx) }()
	go func() { ended <- b.victimWorker(ctx, length/3) }()

	started, sent := time.Now(), 0
	var heaps []uint64
	for n := int64(1000); time.Since(started) < length; n++ {
		row := b.student(n, b.d.staff[1].positions[0])[0]
		b.must(b.y.tasks.Relay.One(ctx, "placements", row.ID))
		sent += soakStaff
		due := started.Add(time.Duration(sent) * time.Minute / soakPerMinute)
		if sent%(soakStaff*20) == 0 {
			heaps = append(heaps, heap())
			t.Logf("%5.0f s  %6d told of  %6d shown  heap %d MB", time.Since(started).Seconds(), sent, b.d.sim.Stats().Accepted, heaps[len(heaps)-1]>>20)
		}
		b.must(pause(ctx, time.Until(due)))
	}
	took := b.drain(ctx, sent)
	t.Logf("%d messages in %.0f s, %.0f a minute; the last after %.1f s", sent, time.Since(started).Seconds(), float64(sent)/time.Since(started).Minutes(), took.Seconds())
	b.flat(heaps)
	stop()
	for range 2 {
		b.must(<-ended)
	}
}

// victimWorker is a second worker on the same documents and queue that dies in the middle of its work.
func (b *bench) victimWorker(ctx context.Context, life time.Duration) error {
	var dead atomic.Bool
	o := tasks.Options{DB: b.y.db, Acts: b.y.acts, Redis: b.y.redis, Sender: b.y.gateway.official, Burst: -1, Concurrency: 20, Log: testLog(), Owner: "victim",
		FailPoint: func(string) error {
			if dead.Load() {
				return errDead
			}
			return nil
		}}
	var err error
	if o.Templates, err = loadTemplates(b.d.settings.Templates); err != nil {
		return err
	}
	victim, err := tasks.New(o)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	time.AfterFunc(life, func() { dead.Store(true); stop() })
	return victim.Worker.Run(ctx)
}

// drain waits until every message was shown, and checks that none was shown twice.
func (b *bench) drain(ctx context.Context, sent int) time.Duration {
	b.Helper()
	from := time.Now()
	for b.d.sim.Stats().Accepted < sent {
		if time.Since(from) > 3*time.Minute {
			b.Fatalf("%d of %d messages were shown", b.d.sim.Stats().Accepted, sent)
		}
		b.must(pause(ctx, 100*time.Millisecond))
	}
	if shown := b.d.sim.Stats().Accepted; shown != sent {
		b.Errorf("%d messages shown for %d sent", shown, sent)
	}
	return time.Since(from)
}

// flat fails when memory grew by more than half beyond the first third of the run. The documents of the embedded engine
// are in this process too, so some growth is theirs.
func (b *bench) flat(heaps []uint64) {
	b.Helper()
	if len(heaps) < 6 {
		return
	}
	early, late := heaps[len(heaps)/3], heaps[len(heaps)-1]
	b.Logf("heap after a third %d MB, at the end %d MB", early>>20, late>>20)
	if late > early*2+64<<20 {
		b.Errorf("memory grows: %d MB, then %d MB", early>>20, late>>20)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

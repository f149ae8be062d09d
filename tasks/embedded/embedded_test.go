package embedded_test

import (
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"shixi/tasks/embedded"
)

func open(t *testing.T) (*embedded.Server, *redis.Client) {
	t.Helper()
	s, err := embedded.Open(embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	o, err := redis.ParseURL(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	t.Cleanup(func() { _ = c.Close() })
	return s, c
}

func TestKeysExpireByRealTime(t *testing.T) {
	t.Parallel()
	_, c := open(t)
	ctx := t.Context()
	if err := c.Set(ctx, "short", 1, 10*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	if err := c.Set(ctx, "long", 1, time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); !errors.Is(c.Get(ctx, "short").Err(), redis.Nil); {
		if time.Now().After(deadline) {
			t.Fatal("the key did not expire")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := c.Get(ctx, "long").Err(); err != nil {
		t.Errorf("the other key: %v", err)
	}
}

func TestFlushForgets(t *testing.T) {
	t.Parallel()
	s, c := open(t)
	if err := c.Set(t.Context(), "k", 1, 0).Err(); err != nil {
		t.Fatal(err)
	}
	before := s.Commands()
	s.Flush()
	if err := c.Get(t.Context(), "k").Err(); !errors.Is(err, redis.Nil) {
		t.Errorf("after Flush: %v", err)
	}
	if got := s.Commands() - before; got != 1 {
		t.Errorf("counted %d commands, want 1", got)
	}
}

func TestOnlyThisMachineMayListen(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.org:0", "nonsense"} {
		if s, err := embedded.Open(embedded.Options{Listen: listen}); err == nil {
			s.Close()
			t.Errorf("%q was accepted", listen)
		}
	}
	s, err := embedded.Open(embedded.Options{Listen: "localhost:0"})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	s.Close()
}

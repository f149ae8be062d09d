// Package redistest opens queues for tests: the embedded one, or with
// REDIS_SERVER set a real Redis of their own, run by the program that it names.
// A server of somebody else would not do: tests empty theirs, and have it go
// away.
package redistest

import (
	"cmp"
	"context"
	"net"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"shixi/tasks/embedded"
)

// Server is a queue for one test.
type Server struct {
	// Addr is where it listens, as host:port.
	Addr  string
	flush func()
	close func()
}

// Start runs a server until the test ends.
func Start(tb testing.TB) *Server {
	tb.Helper()
	return StartAt(tb, "")
}

// StartAt is Start at an address, such as that of a server that was closed;
// empty: a free one.
func StartAt(tb testing.TB, address string) *Server {
	tb.Helper()
	program := os.Getenv("REDIS_SERVER")
	if program == "" {
		return embeddedAt(tb, address)
	}
	return realAt(tb, program, cmp.Or(address, free(tb)))
}

func embeddedAt(tb testing.TB, address string) *Server {
	tb.Helper()
	e, err := embedded.Open(embedded.Options{Listen: address})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(e.Close)
	return &Server{Addr: e.Addr(), flush: e.Flush, close: e.Close}
}

// free is an address on which nobody listens.
func free(tb testing.TB) string {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// realAt runs a server that keeps nothing, and waits until it answers.
func realAt(tb testing.TB, program, address string) *Server {
	tb.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		tb.Fatal(err)
	}
	outlives := context.WithoutCancel(tb.Context()) // what cleans up behind the test still needs it
	c := exec.CommandContext(outlives, program, "--bind", host, "--port", port, "--dir", tb.TempDir(), "--save", "", "--appendonly", "no")
	if err := c.Start(); err != nil {
		tb.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }() // it is killed
	client := redis.NewClient(&redis.Options{Addr: address, DisableIdentity: true})
	s := &Server{Addr: address,
		flush: func() {
			if err := client.FlushAll(outlives).Err(); err != nil {
				tb.Error(err)
			}
		},
		close: sync.OnceFunc(func() { _ = client.Close(); _ = c.Process.Kill(); <-ended }),
	}
	tb.Cleanup(s.Close)
	for deadline := time.Now().Add(30 * time.Second); client.Ping(tb.Context()).Err() != nil; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("%s at %s does not answer", program, address)
		}
	}
	return s
}

// URL is the connection string for a client.
func (s *Server) URL() string { return "redis://" + s.Addr + "/0" }

// Flush forgets everything, as a Redis that was replaced.
func (s *Server) Flush() { s.flush() }

// Close ends the server and cuts its connections. Calling it again does
// nothing.
func (s *Server) Close() { s.close() }

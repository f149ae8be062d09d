// Package embedded is a Redis inside the process, for trials and tests: what
// the queue needs and nothing that lasts. It is emptied by each start, and the
// sweeper fills it again from the database (design.md §5).
package embedded

import (
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// Options say where the server listens.
type Options struct {
	// Listen is the loopback address host:port; empty: a free port on 127.0.0.1.
	Listen string
}

// Server is a running Redis.
type Server struct {
	redis  *miniredis.Miniredis
	stop   chan struct{}
	ticked sync.WaitGroup
	once   sync.Once
}

// tick is how often the expiry of keys is looked at. The server's own clock
// would walk through every key with each command.
const tick = time.Second

// Open starts a server that only this machine reaches, because it asks for no
// password. Errors: the address is not a loopback one, or is taken.
func Open(o Options) (*Server, error) {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	host, port, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("embedded: listen address: %w", err)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("embedded: %s is not a loopback address", o.Listen)
	}
	s := &Server{redis: miniredis.NewMiniRedis(), stop: make(chan struct{})}
	if err := s.redis.StartAddr(net.JoinHostPort(host, port)); err != nil {
		return nil, fmt.Errorf("embedded: listening: %w", err)
	}
	s.ticked.Go(s.age)
	return s, nil
}

// age lets keys expire by the time that really passed.
func (s *Server) age() {
	t := time.NewTicker(tick)
	defer t.Stop()
	last := time.Now()
	for {
		select {
		case <-s.stop:
			return
		case <-t.C:
			now := time.Now()
			s.redis.FastForward(now.Sub(last))
			last = now
		}
	}
}

// Addr is the address the server listens on, as host:port.
func (s *Server) Addr() string { return s.redis.Addr() }

// URL is the connection string for a client.
func (s *Server) URL() string { return "redis://" + s.Addr() + "/0" }

// Flush forgets everything, as a Redis that was replaced.
func (s *Server) Flush() { s.redis.FlushAll() }

// Commands counts the commands received since Open, those inside of scripts
// not included.
func (s *Server) Commands() int { return s.redis.CommandCount() }

// Close stops the server and cuts its connections. Calling it again does
// nothing.
func (s *Server) Close() {
	s.once.Do(func() {
		close(s.stop)
		s.ticked.Wait()
		s.redis.Close()
	})
}

package handlers_test

import (
	"context"
	"io"
	"net"
	"testing"
	"time"
)

// TestUnusedConnectionIsClosedInSilence: clients open connections in advance;
// an answer nobody asked for would be taken for that of their next request.
func TestUnusedConnectionIsClosedInSilence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := w.app.Fiber().Server()
	server.ReadTimeout = 20 * time.Millisecond
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = w.app.Fiber().Listener(l) }()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(conn); err != nil || len(answer) > 0 {
		t.Errorf("got %q %v", answer, err)
	}
}

// TestUnusedConnectionDoesNotHoldUpAStop: the server would wait for its read
// time-out.
func TestUnusedConnectionDoesNotHoldUpAStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = w.app.Fiber().Listener(l) }()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := w.app.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

package handlers

import (
	"io"
	"net"
	"sync/atomic"
	"time"
)

// How long and how much a refused sender is still listened to.
const (
	lingerTime  = time.Second
	lingerBytes = 1 << 20
)

// Serve answers the requests that come to a listener until Shutdown.
func (a *App) Serve(l net.Listener) error { return a.fiber.Listener(lingering{l}) }

// lingering lets a sender read why its body was refused. Closing a connection
// while bytes arrive resets it, and the answer is lost on the way.
type lingering struct{ net.Listener }

// Accept implements net.Listener.
func (l lingering) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &lingerer{Conn: conn}, nil
}

// lingerer is a connection that may listen a little longer when it is closed.
type lingerer struct {
	net.Conn
	linger atomic.Bool
}

// Close implements net.Conn.
func (l *lingerer) Close() error {
	if half, ok := l.Conn.(interface{ CloseWrite() error }); ok && l.linger.Load() && half.CloseWrite() == nil {
		_ = l.SetReadDeadline(time.Now().Add(lingerTime))
		_, _ = io.CopyN(io.Discard, l.Conn, lingerBytes) // whatever ends it, ends it
	}
	return l.Conn.Close()
}

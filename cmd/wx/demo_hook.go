package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"shixi/handlers/partnerapi"
)

// demoHook is the school's system, which gets the events by its webhook, as partners may copy it.
type demoHook struct {
	receiver *partnerapi.Receiver
	listener net.Listener
	server   *http.Server

	mu     sync.Mutex
	events []partnerapi.Event // guarded by mu
	last   int64              // guarded by mu
}

// newDemoHook listens for deliveries signed with the secret.
func newDemoHook(secret string) (*demoHook, error) {
	h := &demoHook{receiver: &partnerapi.Receiver{Secrets: []string{secret}}}
	var err error
	if h.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("listen for the school's webhook: %w", err)
	}
	h.server = &http.Server{Handler: h, ReadTimeout: 10 * time.Second}
	go func() { _ = h.server.Serve(h.listener) }()
	return h, nil
}

func (h *demoHook) url() string { return "http://" + h.listener.Addr().String() + "/events" }

func (h *demoHook) close() {
	if h != nil {
		_ = h.server.Close()
	}
}

// ServeHTTP takes a delivery: checked, kept, and only then answered. What comes again is skipped by its number.
func (h *demoHook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	events, err := h.receiver.Read(r)
	if err != nil {
		http.Error(w, "not signed", http.StatusUnauthorized)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range events {
		if e.Seq > h.last {
			h.events, h.last = append(h.events, e), e.Seq
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// got lists the kinds of what has come.
func (h *demoHook) got() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	kinds := make([]string, len(h.events))
	for i, e := range h.events {
		kinds[i] = e.Kind
	}
	return kinds
}

// wait returns what has come when an event of the kind is among it.
func (h *demoHook) wait(ctx context.Context, kind string) ([]string, error) {
	for {
		kinds := h.got()
		for _, k := range kinds {
			if k == kind {
				return kinds, nil
			}
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return nil, fmt.Errorf("the webhook gets no %s: %w", kind, err)
		}
	}
}

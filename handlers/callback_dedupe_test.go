package handlers

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"shixi/wxmsg"
)

func TestRedisDedupe(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), DisableIdentity: true})
	t.Cleanup(func() { _ = client.Close() })
	d := redisDedupe{client, time.Minute} // a busy machine's Redis is slow, not gone
	ctx := t.Context()
	if seen, err := d.Seen(ctx, "oa:job:7"); seen || err != nil {
		t.Errorf("new: %v, %v", seen, err)
	}
	if err := d.Mark(ctx, "oa:job:7", callbackKept); err != nil {
		t.Fatal(err)
	}
	if seen, err := d.Seen(ctx, "oa:job:7"); !seen || err != nil {
		t.Errorf("marked: %v, %v", seen, err)
	}
	if seen, _ := d.Seen(ctx, "mp:job:7"); seen {
		t.Error("two accounts share a key")
	}
	for _, key := range server.Keys() {
		if strings.Contains(key, "job") || server.TTL(key) != callbackKept {
			t.Errorf("key %q lives %v", key, server.TTL(key))
		}
	}
	server.FastForward(callbackKept)
	if seen, _ := d.Seen(ctx, "oa:job:7"); seen {
		t.Error("kept for ever")
	}
	server.Close()
	gone := NewRedisDedupe(client)
	if _, err := gone.Seen(ctx, "oa:job:7"); err == nil {
		t.Error("no error without Redis")
	}
	if err := gone.Mark(ctx, "oa:job:7", time.Second); err == nil {
		t.Error("no error without Redis")
	}
}

// TestCallbackWithHangingRedis: a Redis that takes connections and says
// nothing, and a client that would wait for ever, don't keep the event waiting.
func TestCallbackWithHangingRedis(t *testing.T) {
	t.Parallel()
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	client := redis.NewClient(&redis.Options{Addr: silent.Addr().String(), DisableIdentity: true, MaxRetries: -1, ReadTimeout: -1, DialTimeout: time.Hour})
	t.Cleanup(func() { _ = client.Close() })
	w := newCallbackWorld(t, wxmsg.Safe, sampleAt)
	b := w.callback
	b.dedupe = NewRedisDedupe(client)
	b.mount(w.app, "/hanging")
	query, body := platformPost(t, wxmsg.Safe, wxmsg.XML, xmlEvent("o_1", "subscribe", sampleAt), sampleAt)
	got := straightThrough(w.app, "POST", "/hanging?"+query, "", body)
	if got.status != 200 || len(w.acts.done()) != 1 {
		t.Errorf("got %+v, done %v", got, w.acts.done())
	}
}

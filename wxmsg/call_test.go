package wxmsg

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAnswerLostAfterTheRequestLeft(t *testing.T) {
	t.Parallel()
	hijacked := func(write string) func(http.ResponseWriter, *http.Request, []byte) {
		return func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			conn, buf, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			fmt.Fprint(buf, write)
			buf.Flush()
			conn.Close()
		}
	}
	cases := map[string]func(http.ResponseWriter, *http.Request, []byte){
		"500":            answer(500, `{"errcode":0,"msgid":1}`),
		"404":            answer(404, ""),
		"redirect":       func(w http.ResponseWriter, r *http.Request, _ []byte) { http.Redirect(w, r, "/elsewhere", 307) },
		"HTML":           answer(200, "<html>busy</html>"),
		"empty":          answer(200, ""),
		"truncated JSON": answer(200, `{"errcode":0,"msg`),
		"too large":      answer(200, `{"errmsg":"`+strings.Repeat("a", MaxBody)+`","errcode":0}`),
		"closed":         hijacked(""),
		"closed midway":  hijacked("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"errcode\":0"),
		"not HTTP":       hijacked("hello access_token=" + testToken + "\r\n\r\n"),
		"time-out":       func(_ http.ResponseWriter, r *http.Request, _ []byte) { <-r.Context().Done() },
		"time-out midway": func(w http.ResponseWriter, r *http.Request, _ []byte) {
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	}
	for name, call := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeAPI(t)
			f.onCall = call
			c := newTestClient(t, f, Options{Timeout: 500 * time.Millisecond})
			if err := c.Ping(context.Background()); err != nil {
				t.Fatal(err)
			}
			err := send(c)
			var e *Error
			if !errors.As(err, &e) || e.Class != Ambiguous || !e.Started || e.Code != 0 {
				t.Fatalf("got %+v", err)
			}
			if f.counts().sends != 1 {
				t.Errorf("sent %d times", f.counts().sends)
			}
			if strings.HasPrefix(name, "time-out") && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("not recognised as a time-out: %v", err)
			}
			if strings.Contains(err.Error(), testToken) {
				t.Errorf("leaks: %v", err)
			}
		})
	}
}

func TestFailedBeforeTheRequestLeft(t *testing.T) {
	t.Parallel()
	want := func(t *testing.T, err error, cause error) {
		t.Helper()
		var e *Error
		if !errors.As(err, &e) || e.Class != NotSent || e.Started || cause != nil && !errors.Is(err, cause) {
			t.Errorf("got %+v", err)
		}
	}
	t.Run("context over", func(t *testing.T) {
		t.Parallel()
		f := newFakeAPI(t)
		c := newTestClient(t, f, Options{})
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := c.SendTemplate(ctx, testMessage())
		want(t, err, context.Canceled)
		if err := c.Ping(context.Background()); err != nil {
			t.Fatal(err)
		}
		_, err = c.SendTemplate(ctx, testMessage())
		want(t, err, context.Canceled)
		_, err = c.Code2Session(ctx, "code")
		want(t, err, context.Canceled)
		if f.counts().sends != 0 {
			t.Error("something was sent")
		}
	})
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		f := newFakeAPI(t)
		c := newTestClient(t, f, Options{})
		if err := c.Ping(context.Background()); err != nil {
			t.Fatal(err)
		}
		f.Close()
		c.transport.CloseIdleConnections() // writing into one that is just being closed is ambiguous, rightly
		want(t, send(c), nil)
		_, err := c.Code2Session(context.Background(), "code")
		want(t, err, nil)
	})
	t.Run("all connections busy", func(t *testing.T) {
		t.Parallel()
		f := newFakeAPI(t)
		release, busy := make(chan struct{}), make(chan struct{})
		var once sync.Once
		f.onCall = func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			once.Do(func() { close(busy) })
			<-release
			fmt.Fprint(w, `{"errcode":0,"msgid":1}`)
		}
		c := newTestClient(t, f, Options{MaxConns: 1})
		first := make(chan error, 1)
		go func() { first <- send(c) }()
		<-busy
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		_, err := c.SendTemplate(ctx, testMessage())
		want(t, err, context.DeadlineExceeded)
		close(release)
		if err := <-first; err != nil {
			t.Error(err)
		}
		if f.counts().sends != 1 {
			t.Errorf("sent %d times", f.counts().sends)
		}
	})
	t.Run("TLS fails", func(t *testing.T) {
		t.Parallel()
		f := newFakeAPI(t)
		c := newTestClient(t, f, Options{Base: strings.Replace(f.URL, "http:", "https:", 1)})
		want(t, send(c), nil)
	})
}

func TestCancelledWhileWaitingForTheAnswer(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	arrived := make(chan struct{})
	f.onCall = func(_ http.ResponseWriter, r *http.Request, _ []byte) { close(arrived); <-r.Context().Done() }
	c := newTestClient(t, f, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := c.SendTemplate(ctx, testMessage())
		done <- err
	}()
	<-arrived
	cancel()
	err := <-done
	if ClassOf(err) != Ambiguous || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

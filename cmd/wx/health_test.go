package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	answers := map[string]int{"/readyz": http.StatusOK, "/livez": http.StatusOK}
	for name, tc := range map[string]struct {
		args  []string
		ready int
		code  int
	}{
		"ready":               {nil, http.StatusOK, exitOK},
		"not ready":           {nil, http.StatusServiceUnavailable, exitFailed},
		"redirect":            {nil, http.StatusFound, exitFailed},
		"live though unready": {[]string{"--live"}, http.StatusServiceUnavailable, exitOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				status := answers[r.URL.Path]
				if r.URL.Path == "/readyz" {
					status = tc.ready
				}
				w.Header().Set("Location", "/livez")
				w.WriteHeader(status)
			}))
			defer server.Close()
			listen := strings.TrimPrefix(server.URL, "http://")
			// Other settings may be wrong, and the server may listen everywhere.
			env := environment("LISTEN", strings.Replace(listen, "127.0.0.1", "0.0.0.0", 1), "LOG_LEVEL", "x")
			if code, _, stderr := wx(t, env, append([]string{"healthcheck"}, tc.args...)...); code != tc.code {
				t.Errorf("exit code %d, want %d: %s", code, tc.code, stderr)
			}
		})
	}
}

func TestHealthcheckOfNoServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	listen := strings.TrimPrefix(server.URL, "http://")
	server.Close()
	for _, address := range []string{listen, "127.0.0.1:0", "nonsense"} {
		if code, _, stderr := wx(t, environment("LISTEN", address), "healthcheck"); code != exitFailed || stderr == "" {
			t.Errorf("LISTEN %s: exit code %d, stderr %q", address, code, stderr)
		}
	}
}

func TestHealthcheckEndsWithItsContext(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer server.Close()
	defer close(hang)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ask(ctx, server.URL); !errors.Is(err, context.Canceled) {
		t.Errorf("ask = %v, want context.Canceled", err)
	}
}

package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"shixi/store/embedded"
	queue "shixi/tasks/embedded"
)

// TestServersRefuseAnUnmigratedDatabase: on a database without its indexes neither service nor worker starts; each says
// what to run, and after that both do.
func TestServersRefuseAnUnmigratedDatabase(t *testing.T) {
	t.Parallel()
	engine, err := embedded.Open(embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	redis, err := queue.Open(queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.Close)
	env := environment("MONGODB_URI", engine.URI(), "REDIS_URL", redis.URL(), "KEYSET", keyset(t), "LISTEN", "127.0.0.1:0")
	servers := map[string][]string{"listening": {"serve"}, "working": {"worker"}}
	for _, command := range servers {
		if code, _, stderr := wx(t, env, command...); code != exitFailed || !strings.Contains(stderr, "`wx migrate`") {
			t.Errorf("%v on a bare database: exit %d, %s", command, code, stderr)
		}
	}
	for _, want := range []string{"created placements.", "all indexes are there"} {
		if code, stdout, stderr := wx(t, env, "migrate"); code != exitOK || !strings.Contains(stdout, want) {
			t.Errorf("migrate: exit %d, %q is not said: %s%s", code, want, stdout, stderr)
		}
	}
	for said, command := range servers {
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		out, errs := &watched{want: said, seen: stop}, &watched{}
		if code := run(ctx, command, out, errs, env); code != exitOK || !strings.Contains(out.String(), said) {
			t.Errorf("%v after migrate: exit %d, %s%s", command, code, out, errs)
		}
		stop()
	}
}

// TestMigrateIsForRealServers: embedded documents get their indexes at each start.
func TestMigrateIsForRealServers(t *testing.T) {
	t.Parallel()
	if code, _, stderr := wx(t, environment(), "migrate"); code != exitFailed || !strings.Contains(stderr, "MONGODB_URI") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}

// TestWorkerAloneNeedsRealServers: two processes share nothing embedded.
func TestWorkerAloneNeedsRealServers(t *testing.T) {
	t.Parallel()
	if code, _, stderr := wx(t, environment(), "worker"); code != exitFailed || !strings.Contains(stderr, "wx serve --worker") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}

package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"shixi/internship"
	"shixi/store"
	"shixi/store/embedded"
)

// TestWebhooksCommand: a dead webhook is shown with what an operator needs, and put back to work by its key.
func TestWebhooksCommand(t *testing.T) {
	t.Parallel()
	engine, err := embedded.Open(embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	secret := keyset(t)
	env := environment("MONGODB_URI", engine.URI(), "REDIS_URL", "redis://127.0.0.1:1", "KEYSET", secret)
	db, err := store.Open(store.Options{URI: engine.URI(), Keyset: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(t.Context()) })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = db.Migrate(t.Context())
	must(err)
	for _, id := range []string{"school-1", "school-2"} {
		must(db.AddSubscriber(t.Context(), id, "sch_1", -1))
	}
	must(db.AddEvents(t.Context(), []internship.Event{{ID: "plc_1.1.0", Audience: []string{"sch_1"}}, {ID: "plc_2.1.0", Audience: []string{"sch_2"}}}))
	_, err = db.NumberEvents(t.Context())
	must(err)
	row, err := db.ClaimSubscriber(t.Context(), "school-1", "test", time.Minute)
	must(err)
	row.State, row.Failures, row.FailingSince, row.Error = store.SubscriberDead, 80, time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC), "webhook: failing: status 500"
	if ok, err := db.SaveSubscriber(t.Context(), row); !ok || err != nil {
		t.Fatal(ok, err)
	}

	line := func(key string) string {
		t.Helper()
		code, stdout, stderr := wx(t, env, "webhooks")
		if code != exitOK || !strings.Contains(stdout, "2 webhooks") {
			t.Fatalf("exit %d: %s%s", code, stdout, stderr)
		}
		for l := range strings.Lines(stdout) {
			if fields := strings.Fields(l); len(fields) > 0 && fields[0] == key {
				return strings.Join(fields, " ")
			}
		}
		t.Fatalf("no line of %s: %s", key, stdout)
		return ""
	}
	if got, want := line("school-1"), "school-1 dead 0 1 - 2026-11-20 12:00:00 80 - webhook: failing: status 500"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := line("school-2"); !strings.HasPrefix(got, "school-2 live 0 1 - - 0 20") {
		t.Errorf("%q", got)
	}
	if code, stdout, stderr := wx(t, env, "webhooks", "resume", "school-1"); code != exitOK || !strings.Contains(stdout, "put back to work") {
		t.Errorf("resume: exit %d, %s%s", code, stdout, stderr)
	}
	if got := line("school-1"); !strings.HasPrefix(got, "school-1 live 0 1 - - 0 20") {
		t.Errorf("resumed: %q", got)
	}
	for _, args := range [][]string{{"webhooks", "resume", "nobody"}, {"webhooks", "resume"}} {
		if code, _, stderr := wx(t, env, args...); code == exitOK || stderr == "" {
			t.Errorf("%v: exit %d, %s", args, code, stderr)
		}
	}
	if code, _, stderr := wx(t, environment(), "webhooks"); code != exitFailed || !strings.Contains(stderr, "MONGODB_URI") {
		t.Errorf("without a database: exit %d, %s", code, stderr)
	}
}

// TestConfigReadsWebhooks: an address that a start would refuse is told by wx config, and the demo's is one of those.
func TestConfigReadsWebhooks(t *testing.T) {
	t.Parallel()
	keys := writeFile(t, "- {id: a, kind: platform, secret: "+strings.Repeat("k", 32)+", webhook: {url: 'http://127.0.0.1:8081/events'}}\n", 0o600)
	if code, _, stderr := wx(t, environment("PARTNER_KEYS", keys), "config"); code == exitOK || !strings.Contains(stderr, "url 应以 https:// 开头") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if code, _, stderr := wx(t, environment("PARTNER_KEYS", keys, "WEBHOOK_ALLOW_LOOPBACK", "on"), "config"); code != exitOK {
		t.Errorf("loopback allowed: exit %d: %s", code, stderr)
	}
}

// TestDemoHook: the receiver that partners may copy takes nothing unsigned.
func TestDemoHook(t *testing.T) {
	t.Parallel()
	h, err := newDemoHook("secret")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	res, err := http.Post(h.url(), "application/json", strings.NewReader(`[{"seq":1,"kind":"placement.lapsed"}]`))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized || len(h.got()) != 0 {
		t.Errorf("status %d, got %v", res.StatusCode, h.got())
	}
}

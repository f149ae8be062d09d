package handlers

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/store"
)

// TestHangingDatabase: a database that takes requests and says nothing is told
// as such within the budget, to readers and writers alike, and everything goes
// on once it answers.
func TestHangingDatabase(t *testing.T) {
	t.Parallel()
	if os.Getenv("MONGODB_URI") != "" {
		t.Skip("needs the embedded engine")
	}
	var line *wire
	w := actstest.New(t, func(o *store.Options) {
		line = newWire(t, o.URI)
		o.URI = strings.Replace(o.URI, hostOf(o.URI), line.listener.Addr().String(), 1)
	})
	e := w.Enterprise("甲")
	position := e.Position("焊工", 1)
	ask := func(budget time.Duration, method, path string) *http.Response {
		t.Helper()
		req := httptest.NewRequest(method, path, nil)
		req.Header.Set("Authorization", "Bearer "+e.Token)
		res, err := New(Options{Acts: w.Acts, Budget: budget}).Fiber().Test(req, -1)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		return res
	}
	line.hold(true)
	for method, path := range map[string]string{http.MethodGet: "/api/v1/positions", http.MethodPost: "/api/v1/positions/" + position.ID + "/close"} {
		res := ask(50*time.Millisecond, method, path)
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		var problem struct{ Code, Detail string }
		if err := json.Unmarshal(body, &problem); err != nil || res.StatusCode != http.StatusServiceUnavailable ||
			problem.Code != internship.ErrUnavailable.Code || problem.Detail != internship.ErrUnavailable.Detail || res.Header.Get("Retry-After") == "" {
			t.Errorf("%s %s: %d %s %v", method, path, res.StatusCode, body, err)
		}
	}
	line.hold(false)
	if res := ask(time.Minute, http.MethodGet, "/api/v1/positions"); res.StatusCode != http.StatusOK {
		t.Errorf("once it answers: %d", res.StatusCode)
	}
}

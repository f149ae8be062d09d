package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
	"shixi/store"
)

// TestBuffersAreNotShared sends many different texts at once over few kept
// connections and looks at what is stored: Fiber reuses its buffers, so a
// text that is not copied turns into another request's (peers.md, traps).
func TestBuffersAreNotShared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.listen()
	base := "http://" + w.listener.Addr().String()
	enterprises := []*actstest.Enterprise{w.enterprise("A"), w.enterprise("B"), w.enterprise("C"), w.enterprise("D")}
	const each = 25
	var wait sync.WaitGroup
	for i, e := range enterprises {
		wait.Go(func() {
			client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
			defer client.CloseIdleConnections()
			for n := range each {
				mark := fmt.Sprintf("%s%02d", strings.Repeat(string(rune('a'+i)), n+1), n)
				form := actstest.Terms("岗位"+mark, n+1)
				form.Address.Detail, form.Majors = "地址"+mark, []string{"专业" + mark}
				send(t, client, base, e.Token, mark, form)
			}
		})
	}
	wait.Wait()
	for i, e := range enterprises {
		page, err := w.DB.EnterprisePositions(t.Context(), e.ID, store.PositionFilter{Limit: 100})
		if err != nil || len(page.Items) != each {
			t.Fatalf("%d positions of enterprise %d, want %d: %v", len(page.Items), i, each, err)
		}
		for _, p := range page.Items {
			n := p.Terms.Headcount - 1
			mark := fmt.Sprintf("%s%02d", strings.Repeat(string(rune('a'+i)), n+1), n)
			if p.Terms.Name != "岗位"+mark || p.Terms.Workplace.Detail != "地址"+mark || p.Terms.Majors[0] != "专业"+mark || p.History[0].By.ID != e.Staff.AccountID {
				t.Errorf("stored %+v, want mark %s", p.Terms, mark)
			}
		}
	}
}

// send posts a form under a key and reads a name back in a query.
func send(tb testing.TB, client *http.Client, base, token, mark string, form internship.PositionInput) {
	ask := func(method, path, key string, body string) *http.Response {
		req, err := http.NewRequestWithContext(tb.Context(), method, base+path, strings.NewReader(body))
		if err != nil {
			tb.Error(err)
			return nil
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Request-Id", "request-"+mark)
		if key != "" {
			req.Header.Set("Idempotency-Key", key)
		}
		res, err := client.Do(req)
		if err != nil {
			tb.Error(err)
			return nil
		}
		if got := res.Header.Get("X-Request-Id"); got != "request-"+mark {
			tb.Errorf("request id %q, want that of %s", got, mark)
		}
		return res
	}
	res := ask(http.MethodPost, "/api/v1/positions", "key-"+mark, string(mustJSON(tb, form)))
	if res == nil {
		return
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		tb.Errorf("%s: %d", mark, res.StatusCode)
	}
	if res = ask(http.MethodGet, "/api/v1/positions?limit=1&name="+mark, "", ""); res == nil {
		return
	}
	defer res.Body.Close()
	var page handlers.PositionPage
	mustDecode(tb, res.Body, &page)
	if len(page.Items) != 1 || page.Items[0].Name != form.Name {
		tb.Errorf("asked for %s, got %+v", mark, page.Items)
	}
}

// TestFiftyAcceptancesOfOneStudent runs the race through HTTP on two
// server processes over one database (G-21): a student may apply to five, so
// five enterprises race with ten requests each.
func TestFiftyAcceptancesOfOneStudent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	student := w.NewStudent("卢晓东")
	second := handlers.New(handlers.Options{Acts: w.Acts, Log: w.Acts.Log, Budget: time.Minute})
	var callers []caller
	var rows []string
	for i := range internship.MaxOpen {
		e := w.enterprise(fmt.Sprintf("企业%d", i))
		me := w.owner(e)
		if i%2 == 1 {
			other := *w
			other.app = second
			me.w = &other
		}
		callers, rows = append(callers, me), append(rows, student.Applies(e.Position("焊工", 1)).ID)
	}
	var (
		mu    sync.Mutex
		wins  = map[string]int{}
		codes = map[string]int{}
		wait  sync.WaitGroup
	)
	for n := range 10 * internship.MaxOpen {
		i := n % internship.MaxOpen
		wait.Go(func() {
			out := read[handlers.PlacementResults](callers[i].post("/api/v1/placements/accept", ids(rows[i])))
			mu.Lock()
			defer mu.Unlock()
			if r := out.Results[0]; r.OK {
				wins[r.ID]++
			} else {
				codes[r.Error.Code]++
			}
		})
	}
	wait.Wait()
	if len(wins) != 1 || codes["placement.signed_elsewhere"] != 40 { // a click too many finds what the first one did
		t.Errorf("wins %v, refusals %v", wins, codes)
	}
	for id := range wins {
		if p, err := w.DB.Placements.Get(t.Context(), id); err != nil || wins[id] != 10 || len(p.History) != 2 {
			t.Errorf("%d times accepted: %+v %v", wins[id], p.History, err)
		}
	}
}

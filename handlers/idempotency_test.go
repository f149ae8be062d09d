package handlers_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"

	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
	"shixi/store"
)

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()

	t.Run("the answer is given again and the act runs once", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		e := w.enterprise("A")
		me := w.owner(e).once("key-1")
		first := me.post("/api/v1/positions", actstest.Terms("焊工", 1)).ok(http.StatusCreated)
		again := me.post("/api/v1/positions", actstest.Terms("焊工", 1)).ok(http.StatusCreated)
		if !bytes.Equal(first.body, again.body) || again.header.Get("Idempotency-Replayed") != "true" || first.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("first %s, again %s", first.body, again.body)
		}
		if n := len(read[handlers.PositionPage](me.get("/api/v1/positions")).Items); n != 1 {
			t.Errorf("%d positions, want 1", n)
		}
		me.post("/api/v1/positions", actstest.Terms("电工", 1)).refused(internship.ErrKeyReused)
		w.Pass(25 * time.Hour)
	})

	t.Run("callers and routes have keys of their own", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		a, b := w.enterprise("A"), w.enterprise("B")
		one := read[handlers.Position](w.owner(a).once("k").post("/api/v1/positions", a.Terms("焊工", 1)))
		two := read[handlers.Position](w.owner(b).once("k").post("/api/v1/positions", actstest.Terms("焊工", 1)))
		if one.ID == two.ID {
			t.Fatal("two enterprises share a position")
		}
		other := read[handlers.Position](w.owner(a).once("k2").post("/api/v1/positions", a.Terms("电工", 1)))
		me := w.owner(a).once("publish")
		for _, id := range []string{one.ID, other.ID} {
			if p := read[handlers.Position](me.post("/api/v1/positions/"+id+"/publish", actstest.Publication())); p.ID != id {
				t.Errorf("published %s, want %s", p.ID, id)
			}
		}
	})

	t.Run("a refusal is given again, one for the moment is not", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		e := w.enterprise("A")
		position := e.Position("焊工", 1)
		me := w.owner(e).once("k")
		path := "/api/v1/positions/" + position.ID + "/publish"
		me.post(path, actstest.Publication()).refused(internship.ErrWrongState)
		if _, err := w.Acts.ClosePosition(t.Context(), e.Staff, position.ID); err != nil {
			t.Fatal(err)
		}
		if a := me.post(path, actstest.Publication()); a.header.Get("Idempotency-Replayed") != "true" {
			t.Error("the refusal is not kept")
		} else {
			a.refused(internship.ErrWrongState)
		}
		w.wechat.down = true
		me.post("/api/v1/bindings/follower", nil).refused(internship.ErrUnavailable)
		w.wechat.down = false
		me.post("/api/v1/bindings/follower", nil).ok(http.StatusOK)
	})

	t.Run("rights are asked each time", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		e := w.enterprise("A")
		mentor := w.account(e, "赵师傅", internship.Mentor).once("k")
		mentor.post("/api/v1/positions", actstest.Terms("焊工", 1)).refused(internship.ErrForbidden)
		if a := mentor.post("/api/v1/positions", actstest.Terms("焊工", 1)); a.header.Get("Idempotency-Replayed") != "" {
			t.Error("the refusal is kept")
		}
		w.owner(e).once("k").post("/api/v1/logout", nil).ok(http.StatusNoContent)
		w.owner(e).once("k").post("/api/v1/logout", nil).refused(internship.ErrUnauthorized)
	})

	t.Run("malformed keys", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		me := w.owner(w.enterprise("A"))
		for _, key := range []string{strings.Repeat("k", 129), "with space", "键", "a\tb"} {
			p := me.once(key).post("/api/v1/positions", actstest.Terms("焊工", 1)).refused(internship.ErrBadRequest)
			if len(p.Errors) != 1 || p.Errors[0].Field != "Idempotency-Key" {
				t.Errorf("%q: %+v", key, p)
			}
		}
		w.anyone().once("a b").post("/api/v1/activation", w.entered()).refused(internship.ErrBadRequest)
		me.once(strings.Repeat("k", 128)).post("/api/v1/positions", actstest.Terms("焊工", 1)).ok(http.StatusCreated)
	})
}

// TestRequestsInFlight: of many equal requests at once one runs, and those who
// are too early are told so.
func TestRequestsInFlight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	me := w.owner(e).once("k")
	answers := make([]answer, 20)
	var wait sync.WaitGroup
	for i := range answers {
		wait.Go(func() { answers[i] = me.post("/api/v1/positions", actstest.Terms("焊工", 1)) })
	}
	wait.Wait()
	var made string
	for _, a := range answers {
		if a.status == http.StatusConflict {
			a.refused(internship.ErrInFlight)
			continue
		}
		p := read[handlers.Position](a)
		if made != "" && p.ID != made {
			t.Errorf("two positions: %s, %s", made, p.ID)
		}
		made = p.ID
	}
	if n := len(read[handlers.PositionPage](me.get("/api/v1/positions")).Items); made == "" || n != 1 {
		t.Errorf("%d positions, want 1", n)
	}
}

// TestAbandonedRequests: a process that died before it could answer leaves a
// key in flight; after a while the same request runs again under the same op,
// and what it had done already is recognised.
func TestAbandonedRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	placement := w.NewStudent("卢晓东").Applies(e.Position("焊工", 1))
	me := w.owner(e).once("k")

	// The answer is lost: the row is put back to where it was before EndOnce.
	first := read[handlers.PlacementResults](me.post("/api/v1/placements/accept", ids(placement.ID)))
	op := store.DeriveID("op", "account:"+e.Staff.AccountID, "POST", "/api/v1/placements/accept", "k")
	if _, err := w.Server.Raw(t).Collection("idempotency").DeleteOne(t.Context(), bson.D{{Key: "_id", Value: op}}); err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"ids":[%q]}`, placement.ID)
	if _, err := w.DB.BeginOnce(t.Context(), op, hashOf(body)); err != nil {
		t.Fatal(err)
	}
	a := me.post("/api/v1/placements/accept", body)
	a.refused(internship.ErrInFlight)
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	w.Pass(31 * time.Second)
	again := read[handlers.PlacementResults](me.post("/api/v1/placements/accept", body).ok(http.StatusOK))
	if !again.Results[0].OK || !again.Results[0].Placement.SignedAt.Equal(first.Results[0].Placement.SignedAt) {
		t.Errorf("again = %+v", again.Results[0])
	}
	stored, err := w.DB.Placements.Get(t.Context(), placement.ID)
	if err != nil || len(stored.History) != 2 {
		t.Errorf("history = %+v, %v: signed twice", stored.History, err)
	}
}

// TestPassingRows: a row that failed for the moment only is tried again by the
// same request.
func TestPassingRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	position := e.Position("焊工", 2)
	one, two := w.NewStudent("卢晓东").Applies(position), w.NewStudent("张三").Applies(position)
	broken, err := w.DB.Placements.Get(t.Context(), two.ID)
	if err != nil {
		t.Fatal(err)
	}
	// More events than a document may hold: the act is refused with "later".
	_, err = w.DB.Placements.Change(t.Context(), broken, func(p *internship.Placement) error {
		p.Outbox = make([]internship.Event, internship.MaxOutbox)
		for i := range p.Outbox {
			p.Outbox[i] = internship.Event{ID: fmt.Sprint("e", i), Kind: "test", At: w.Now()}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	me := w.owner(e).once("k")
	out := read[handlers.PlacementResults](me.post("/api/v1/placements/accept", ids(one.ID, two.ID)).ok(http.StatusOK))
	if !out.Results[0].OK || out.Results[1].Error == nil || out.Results[1].Error.Code != "outbox.full" {
		t.Fatalf("results = %+v", out.Results)
	}
	_, err = w.DB.Placements.Update(t.Context(), two.ID, func(p *internship.Placement) error { p.Outbox = nil; return nil })
	if err != nil {
		t.Fatal(err)
	}
	a := me.post("/api/v1/placements/accept", ids(one.ID, two.ID))
	if out = read[handlers.PlacementResults](a); !out.Results[0].OK || !out.Results[1].OK || a.header.Get("Idempotency-Replayed") != "" {
		t.Errorf("again = %s", a.body)
	}
}

// TestCosts counts MongoDB commands up to the answer (design.md §7).
func TestCosts(t *testing.T) {
	t.Parallel()
	commands := &commandLog{}
	w := newWorld(t, func(o *store.Options) { o.Monitor = commands.monitor() })
	e := w.enterprise("A")
	position := e.Position("焊工", 30)
	var placements []*internship.Placement
	for i := range 21 {
		placements = append(placements, w.NewStudent(fmt.Sprintf("学生%d", i)).Applies(position))
	}
	me := w.owner(e)
	for _, c := range []struct {
		what string
		most int
		do   func()
	}{
		{"accept", 8, func() { me.once("k").post("/api/v1/placements/accept", ids(placements[0].ID)).ok(http.StatusOK) }},
		{"list", 3, func() { me.get("/api/v1/placements").ok(http.StatusOK) }},
		{"list by state", 3, func() { me.get("/api/v1/placements?state=applied").ok(http.StatusOK) }},
		{"read", 3, func() { me.get("/api/v1/placements/" + placements[1].ID).ok(http.StatusOK) }},
		{"notices", 3, func() { me.get("/api/v1/notices").ok(http.StatusOK) }},
		{"me", 3, func() { me.get("/api/v1/me").ok(http.StatusOK) }},
		{"position", 3, func() { me.get("/api/v1/positions/" + position.ID).ok(http.StatusOK) }},
		{"refused without a session", 0, func() { w.anyone().get("/api/v1/me").refused(internship.ErrUnauthorized) }},
		{"refused by its key", 1, func() { me.once("a b").post("/api/v1/logout", nil).refused(internship.ErrBadRequest) }},
	} {
		commands.reset()
		c.do()
		if got := commands.names(); len(got) > c.most {
			t.Errorf("%s: %d commands, want at most %d: %v", c.what, len(got), c.most, got)
		}
	}
}

type commandLog struct {
	mu   sync.Mutex
	list []string
}

func (l *commandLog) monitor() *event.CommandMonitor {
	return &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.list = append(l.list, e.CommandName)
	}}
}

func (l *commandLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = nil
}

func (l *commandLog) names() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.list...)
}

func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

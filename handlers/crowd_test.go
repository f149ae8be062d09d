package handlers_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
)

// What docs/architecture.md says of log-ins at once.
const (
	hashesAtOnce = 8
	hashMemory   = 19 << 20
	lineLength   = 1000
	// lineShare is what one request that waits for its turn may cost, with the connection, its stack and, in this test,
	// its sender.
	lineShare = 128 << 10
	// openForm is the longest form of somebody who has shown nothing yet.
	openForm = 32 << 10
)

// TestThousandLogInsAtOnce fills the line before the hasher, measures, and lets go. Every hash has the memory that a real
// one has; how long it takes does not matter. The test runs alone, since it measures the heap.
func TestThousandLogInsAtOnce(t *testing.T) {
	w := newWorld(t)
	e := w.enterprise("A")
	usual := w.Acts.Hasher
	w.Acts.Limits = plenty()
	var now, most atomic.Int64
	open := make(chan struct{})
	const patience = 10 * time.Minute // how long it takes to line them up does not matter either
	w.app = handlers.New(handlers.Options{Acts: w.Acts, Log: w.Acts.Log, Budget: patience})
	w.Acts.Hasher = acts.NewHasher(hashesAtOnce, lineLength, patience)
	w.Acts.Hasher.Derive = func(password, _ []byte) []byte {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		select {
		case <-open: // it has been measured
			return make([]byte, 32)
		default:
		}
		memory := make([]byte, hashMemory)
		<-open
		copy(memory, password)
		return memory[:32:32]
	}
	forms := make([][]byte, lineLength)
	for i := range forms {
		forms[i] = mustJSON(t, handlers.Login{Name: fmt.Sprintf("133%08d", i), Password: "Wrong-2026", Ticket: w.Ticket()})
		forms[i] = append(forms[i], bytes.Repeat([]byte(" "), openForm-len(forms[i]))...) // as much as one may send
	}
	w.listen()

	before := inUse()
	conns := make([]net.Conn, lineLength)
	for i, form := range forms {
		conns[i] = w.dial()
		fmt.Fprintf(conns[i], "POST /api/v1/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(form), form)
		if n := i + 1; n%50 == 0 { // more at a time make a slow machine's database seem away
			waitUntil(t, fmt.Sprint(n, " are in the line"), func() bool { return w.Acts.Hasher.Line() == n && now.Load() == hashesAtOnce })
		}
	}
	grown := inUse() - before
	t.Logf("the heap and stacks grew by %d MB, of which the hashes have %d", grown>>20, hashesAtOnce*hashMemory>>20)
	if grown > hashesAtOnce*hashMemory+lineLength*lineShare {
		t.Errorf("the heap and stacks grew by %d MB, want %d at most", grown>>20, (hashesAtOnce*hashMemory+lineLength*lineShare)>>20)
	}
	for range 7 { // more than the tries that one has: who is not looked at has not tried
		a := w.anyone().post("/api/v1/login", w.login(e.Mobile, "Wrong-2026"))
		a.refused(internship.ErrUnavailable)
		if a.header.Get("Retry-After") == "" {
			t.Error("who finds no place in the line is not told when to come back")
		}
	}
	close(open)
	for i, conn := range conns {
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(i, err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusUnauthorized {
			t.Fatalf("the %dth is answered %d %s", i, res.StatusCode, body)
		}
	}
	if most.Load() != hashesAtOnce || w.Acts.Hasher.Line() != 0 {
		t.Errorf("%d hashes at once, want %d; %d in the line at the end", most.Load(), hashesAtOnce, w.Acts.Hasher.Line())
	}
	w.Acts.Hasher = usual
	w.log.never(read[handlers.LoggedIn](w.anyone().post("/api/v1/login", w.login(e.Mobile, actstest.Password)).ok(http.StatusOK)).Token)
}

// TestPatienceOfTheLine: who waits too long for a turn is told to come back, too.
func TestPatienceOfTheLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open, begun := make(chan struct{}), make(chan struct{})
	w.Acts.Hasher = acts.NewHasher(1, 10, time.Millisecond)
	w.Acts.Hasher.Derive = func([]byte, []byte) []byte {
		close(begun)
		<-open
		return make([]byte, 32)
	}
	form := w.login("13300000001", "Wrong-2026")
	first := make(chan answer)
	go func() { first <- w.anyone().post("/api/v1/login", form) }()
	<-begun
	w.anyone().post("/api/v1/login", w.login("13300000002", "Wrong-2026")).refused(internship.ErrUnavailable)
	close(open)
	if a := <-first; a.status != http.StatusUnauthorized {
		t.Errorf("who had a turn is answered %d", a.status)
	}
}

// TestOpenFormsAreSmall: who has shown nothing yet may not send what only others need.
func TestOpenFormsAreSmall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := fmt.Sprintf(`{"name":"13300000001","password":"%032768d"}`, 0)
	for _, path := range []string{"/api/v1/login", "/api/v1/activation", "/api/v1/sms-codes", "/api/v1/captcha/solve", "/api/v1/login/sms", "/api/v1/registration/pass"} {
		w.anyone().post(path, long).refused(internship.ErrTooLarge)
	}
	for _, path := range []string{"/api/v1/registration", "/api/v1/recoveries"} { // any pass will do, before it is looked at
		w.as("sp_WHATEVER").post(path, long).refused(internship.ErrTooLarge)
	}
	w.owner(w.enterprise("A")).put("/api/v1/enterprise", long).refused(internship.ErrInvalid)
}

// inUse are the bytes of heap and stacks that are alive.
func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// waitUntil waits for a condition.
func waitUntil(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("%s: not in time", what)
		}
	}
}

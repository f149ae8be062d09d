package handlers_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shixi/acts"
	"shixi/internship"
)

// begin sends the header of an upload and the beginning of its form, up to the
// file's content. length "" sends chunks.
func (w *world) begin(token, length, kind string) net.Conn {
	w.TB.Helper()
	conn := w.dial()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	framing := "Transfer-Encoding: chunked"
	if length != "" {
		framing = "Content-Length: " + length
	}
	head := "--b\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\n" + kind +
		"\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n"
	if length == "" {
		head = fmt.Sprintf("%x\r\n%s\r\n", len(head), head)
	}
	fmt.Fprintf(conn, "POST /api/v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: multipart/form-data; boundary=b\r\n%s\r\n\r\n%s",
		token, framing, head)
	return conn
}

// ends says whether the server closes a connection after its answer.
func ends(conn net.Conn) bool {
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	_, err := io.Copy(io.Discard, conn)
	return err == nil
}

// TestUploadIsRefusedBeforeItIsRead announces much and sends almost nothing.
func TestUploadIsRefusedBeforeItIsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	for what, c := range map[string]struct {
		token, length string
		want          *internship.Error
	}{
		"nobody":       {"sx_none", "10000000", internship.ErrUnauthorized},
		"nobody, anew": {"sx_none", "", internship.ErrUnauthorized},
		"too much":     {e.Token, "20000000", internship.ErrTooLarge},
	} {
		conn := w.begin(c.token, c.length, "certificate")
		a := readAnswer(t, w, conn)
		a.refused(c.want)
		if !ends(conn) {
			t.Errorf("%s: the connection goes on", what)
		}
	}
}

// TestEndlessUpload sends chunks until it is told to stop.
func TestEndlessUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	conn := w.begin(e.Token, "", "policy")
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 64<<10, bytes.Repeat([]byte("0"), 64<<10))
	var sent atomic.Int64
	go func() {
		for {
			n, err := io.WriteString(conn, chunk)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	}()
	if p := readAnswer(t, w, conn).refused(internship.ErrTooLarge); !strings.Contains(p.Detail, "10 MB") {
		t.Error(p.Detail)
	}
	if n := sent.Load(); n > 32<<20 {
		t.Errorf("%d bytes were taken", n)
	}
}

// TestSlowUpload sends a byte now and then, with and without a length; what a
// slow sender held is free again.
func TestSlowUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.app.Fiber().Server().ReadTimeout = 200 * time.Millisecond
	e := w.enterprise("A")
	for _, length := range []string{"1000000", ""} {
		for range 3 { // as many as an owner may make at once
			conn := w.begin(e.Token, length, "certificate")
			stop := make(chan struct{})
			go func() {
				for {
					select {
					case <-stop:
						return
					case <-time.After(20 * time.Millisecond):
						if length == "" {
							_, _ = io.WriteString(conn, "1\r\n0\r\n")
						} else {
							_, _ = io.WriteString(conn, "0")
						}
					}
				}
			}()
			readAnswer(t, w, conn).refused(internship.ErrTooSlow)
			close(stop)
			if !ends(conn) {
				t.Error("the connection goes on")
			}
		}
	}
	w.owner(e).upload("/api/v1/files", photo()...).ok(http.StatusCreated)
}

// TestCutUpload leaves in the middle, more often than may be at once.
func TestCutUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	for range 8 {
		conn := w.begin(e.Token, "1000000", "certificate")
		_, _ = io.WriteString(conn, "%PDF-1.7")
		_ = conn.Close()
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		a := w.owner(e).upload("/api/v1/files", photo()...)
		if a.status == http.StatusCreated {
			break
		}
		if a.refused(internship.ErrUploadBusy); time.Now().After(deadline) {
			t.Fatal("the places of those who left stay taken")
		}
	}
	if n := w.count("uploads.files"); n != 1 {
		t.Errorf("%d files are kept", n)
	}
}

// TestConnectionServesAfterAnUpload: a form that has been read leaves nothing
// that would be taken for the next request.
func TestConnectionServesAfterAnUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.enterprise("A")
	conn := w.dial()
	answers := bufio.NewReader(conn)
	mediaType, body := form(t, photo()...)
	for _, chunked := range []bool{false, true, false} {
		if chunked {
			fmt.Fprintf(conn, "POST /api/v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", e.Token, mediaType, len(body), body)
		} else {
			fmt.Fprintf(conn, "POST /api/v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", e.Token, mediaType, len(body), body)
		}
		res, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusCreated || res.Close {
			t.Errorf("chunked %t: %d, closed %t", chunked, res.StatusCode, res.Close)
		}
	}
}

// TestSmuggledRequest hides a request in a body that is not read.
func TestSmuggledRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inner := "DELETE /api/v1/positions/pos_1 HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, framing := range []string{
		fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(inner), inner),
		fmt.Sprintf("Content-Length: %d\r\n\r\n%s%s", 20_000+len(inner), strings.Repeat(" ", 20_000), inner),
		fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(inner), inner),
	} {
		for _, target := range []string{"GET /livez", "POST /api/v1/files", "POST /nothing", "PUT /livez"} {
			conn := w.dial()
			fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: x\r\n%s", target, framing)
			fmt.Fprintf(conn, "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			all, _ := io.ReadAll(conn)
			if n := strings.Count(string(all), "HTTP/1.1 "); n == 0 || n > 2 || strings.Contains(string(all), "auth.required") && !strings.Contains(target, "files") {
				t.Errorf("%s: %d answers: %s", target, n, all)
			}
		}
	}
}

// TestManyUploadsAtOnce fills the memory that uploads may have, and no more.
// It runs alone, since it measures the heap.
func TestManyUploadsAtOnce(t *testing.T) {
	w := newWorld(t)
	const size, callers = 10<<20 - 2048, 30
	document := bigDocument(size)
	tokens := make([]string, callers)
	for i := range tokens {
		tokens[i] = w.enterprise(fmt.Sprint("企业", i)).Token
	}
	w.listen()
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	var most uint64
	stop := make(chan struct{})
	var watch, all sync.WaitGroup
	watch.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapInuse)
			}
		}
	})
	var stored, busy atomic.Int64
	for _, token := range tokens {
		all.Go(func() {
			switch status := w.send(token, document); status {
			case http.StatusCreated:
				stored.Add(1)
			case http.StatusServiceUnavailable:
				busy.Add(1)
			default:
				t.Errorf("answered %d", status)
			}
		})
	}
	all.Wait()
	close(stop)
	watch.Wait()
	if stored.Load() == 0 || stored.Load()+busy.Load() != callers {
		t.Errorf("%d stored, %d told to come back", stored.Load(), busy.Load())
	}
	const decoding, slack = 160 << 20, 96 << 20
	if grown := int64(most) - int64(before.HeapInuse); grown > acts.UploadMemory+decoding+slack {
		t.Errorf("the heap grew by %d MB", grown>>20)
	} else {
		t.Logf("%d stored, %d told to come back, the heap grew by %d MB", stored.Load(), busy.Load(), grown>>20)
	}
}

// bigDocument is a PDF document of a size, with one large drawing.
func bigDocument(size int) []byte {
	var out bytes.Buffer
	at := []int{}
	object := func(format string, args ...any) {
		at = append(at, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n", len(at))
		fmt.Fprintf(&out, format, args...)
		out.WriteString("\nendobj\n")
	}
	out.WriteString("%PDF-1.4\n")
	object("<</Type /Catalog /Pages 2 0 R>>")
	object("<</Type /Pages /Count 1 /Kids [3 0 R]>>")
	object("<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources <<>> /Contents 4 0 R>>")
	object("<</Length %d>>\nstream\n%s\nendstream", size-1000, strings.Repeat("0 0 m ", (size-1000)/6+1)[:size-1000])
	table := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&out, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, table)
	return out.Bytes()
}

// send uploads a policy over a connection of its own and gives the status.
func (w *world) send(token string, document []byte) int {
	head := "--b\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\npolicy\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n"
	tail := "\r\n--b--\r\n"
	conn, err := net.Dial("tcp", w.listener.Addr().String())
	if err != nil {
		return 0
	}
	defer conn.Close()
	go func() { // the answer may come before all is sent
		fmt.Fprintf(conn, "POST /api/v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n%s",
			token, len(head)+len(document)+len(tail), head)
		_, _ = conn.Write(document)
		_, _ = io.WriteString(conn, tail)
	}()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return -1
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// count is how many documents a collection has.
func (w *world) count(collection string) int {
	w.TB.Helper()
	n, err := w.Server.Raw(w.TB).Collection(collection).EstimatedDocumentCount(w.TB.Context())
	if err != nil {
		w.TB.Fatal(err)
	}
	return int(n)
}

package handlers_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"shixi/internship"
)

// TestUploadThatKeepsPace takes longer than a request may take to be read, as ten megabytes do over 3G.
func TestUploadThatKeepsPace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const timeout = 2 * time.Second
	w.app.Fiber().Server().ReadTimeout = timeout
	conn := w.begin(w.enterprise("A").Token, "", internship.FileCertificate)
	document := bigDocument(512 << 10)
	half := len(document) / 2 // for which an upload gets four seconds more
	fmt.Fprintf(conn, "%x\r\n%s\r\n", half, document[:half])
	<-time.After(timeout + timeout/10)
	rest := string(document[half:]) + "\r\n--b--\r\n"
	fmt.Fprintf(conn, "%x\r\n%s\r\n0\r\n\r\n", len(rest), rest)
	if a := readAnswer(t, w, conn); a.status != http.StatusCreated {
		t.Errorf("%d %s", a.status, a.body)
	}
}

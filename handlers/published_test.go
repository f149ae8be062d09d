package handlers_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"shixi/handlers"
	"shixi/internship"
)

func TestRegionsArePublished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.anyone().get("/api/v1/regions").ok(http.StatusOK)
	var table handlers.RegionTable
	a.into(&table)
	if table.Edition != internship.RegionsEdition || len(table.Provinces) != len(internship.Regions()) {
		t.Errorf("edition %q of %d provinces", table.Edition, len(table.Provinces))
	}
	for _, p := range table.Provinces {
		if p.Code == "410000" && (p.Name != "河南省" || p.Parts[0].Parts[0].Name != "中原区") {
			t.Errorf("河南 = %+v", p)
		}
	}
	if h := a.header; !strings.Contains(h.Get("Cache-Control"), "public, max-age=") || h.Get("ETag") == "" || h.Get("Content-Encoding") != "" {
		t.Errorf("headers %v", h)
	}
	tag := a.header.Get("ETag")
	for _, known := range []string{tag, strings.TrimPrefix(tag, "W/"), `"x", ` + tag, "*"} {
		if again := w.anyone().with("If-None-Match", known).get("/api/v1/regions").ok(http.StatusNotModified); len(again.body) > 0 || again.header.Get("ETag") != tag {
			t.Errorf("%s: %d bytes, ETag %s", known, len(again.body), again.header.Get("ETag"))
		}
	}
	w.anyone().with("If-None-Match", `"x"`).get("/api/v1/regions").ok(http.StatusOK)
	if len(a.body) > 150<<10 {
		t.Errorf("%d bytes", len(a.body))
	}
}

// The answer is packed for who can unpack it, and the same.
func TestPublicationsArePacked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	clear := w.anyone().get("/api/v1/regions").ok(http.StatusOK).body
	for accepted, packed := range map[string]bool{"": false, "identity": false, "br": false, "gzip;q=0": false, "gzip;q=x": false, "xgzip": false,
		"gzip": true, "br, GZIP": true, "deflate, gzip;q=0.5": true} {
		req := httptest.NewRequest(http.MethodGet, "/api/v1/regions", nil)
		req.Header.Set("Accept-Encoding", accepted)
		res, err := w.app.Fiber().Test(req, -1)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		if got := res.Header.Get("Content-Encoding") == "gzip"; got != packed || res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: packed %v, Vary %q", accepted, got, res.Header.Get("Vary"))
			continue
		}
		body, err := io.ReadAll(res.Body)
		if packed && err == nil {
			if len(body) > 32<<10 {
				t.Errorf("%d bytes packed", len(body))
			}
			var z *gzip.Reader
			if z, err = gzip.NewReader(bytes.NewReader(body)); err == nil {
				body, err = io.ReadAll(z)
			}
		}
		if err != nil || !bytes.Equal(body, clear) || !json.Valid(body) {
			t.Errorf("%q: another answer of %d bytes, %v", accepted, len(body), err)
		}
	}
}

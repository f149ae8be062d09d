package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"shixi/handlers"
	"shixi/handlers/partnerapi"
	"shixi/internship"
)

func TestPartnerSignature(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	const path = "/partner/v1/plans?limit=5"
	const nonce = "abcdefghijklmnop-"
	signed := func() http.Header { return w.school.sign("GET", path, nil, w.Now(), nonce+"x") }
	with := func(name, value string) http.Header {
		h := signed()
		h.Set(name, value)
		return h
	}
	at := func(d time.Duration) http.Header {
		return w.school.sign("GET", path, nil, w.Now().Add(d), nonce+"x")
	}
	noncing := func(nonce string) http.Header { return w.school.sign("GET", path, nil, w.Now(), nonce) }
	foreign := w.other
	foreign.id = w.school.id
	unknown := w.school
	unknown.id = "nobody"

	for name, h := range map[string]http.Header{
		"no headers":              {},
		"no key":                  with(partnerapi.HeaderKey, ""),
		"no timestamp":            with(partnerapi.HeaderTimestamp, ""),
		"no nonce":                with(partnerapi.HeaderNonce, ""),
		"no signature":            with(partnerapi.HeaderSignature, ""),
		"altered key":             with(partnerapi.HeaderKey, w.other.id),
		"altered timestamp":       with(partnerapi.HeaderTimestamp, "1795406401"),
		"altered nonce":           with(partnerapi.HeaderNonce, nonce+"y"),
		"altered signature":       with(partnerapi.HeaderSignature, strings.Repeat("0", 64)),
		"signature cut":           with(partnerapi.HeaderSignature, signed().Get(partnerapi.HeaderSignature)[:62]),
		"signature no hex":        with(partnerapi.HeaderSignature, strings.Repeat("z", 64)),
		"too old":                 at(-301 * time.Second),
		"too early":               at(301 * time.Second),
		"timestamp no number":     with(partnerapi.HeaderTimestamp, "now"),
		"negative timestamp":      with(partnerapi.HeaderTimestamp, "-1"),
		"huge timestamp":          with(partnerapi.HeaderTimestamp, "99999999999999999999"),
		"nonce too short":         noncing("abcdefghijklmno"),
		"nonce too long":          noncing(strings.Repeat("a", 65)),
		"nonce of other letters":  noncing("abcdefghijklmno:"),
		"nonce in Chinese":        noncing("一二三四五六七八九十一二三四五六七"),
		"another school's secret": foreign.sign("GET", path, nil, w.Now(), nonce+"x"),
		"an unknown key":          unknown.sign("GET", path, nil, w.Now(), nonce+"x"),
		"another method":          w.school.sign("PUT", path, nil, w.Now(), nonce+"x"),
		"another path":            w.school.sign("GET", "/partner/v1/students?limit=5", nil, w.Now(), nonce+"x"),
		"another query":           w.school.sign("GET", "/partner/v1/plans?limit=6", nil, w.Now(), nonce+"x"),
		"without the query":       w.school.sign("GET", "/partner/v1/plans", nil, w.Now(), nonce+"x"),
		"query decoded":           w.school.sign("GET", "/partner/v1/plans?limit=%35", nil, w.Now(), nonce+"x"),
		"another body":            w.school.sign("GET", path, []byte("{}"), w.Now(), nonce+"x"),
	} {
		t.Run(name, func(t *testing.T) {
			caller{w.world, h}.get(path).refused(internship.ErrBadSignature)
		})
	}
	// None of them has used the nonce up.
	caller{w.world, signed()}.get(path).ok(http.StatusOK)
	caller{w.world, signed()}.get(path).refused(internship.ErrReplayed)

	t.Run("at the edges of the window", func(t *testing.T) {
		for _, d := range []time.Duration{-300 * time.Second, 300 * time.Second} {
			h := w.school.sign("GET", path, nil, w.Now().Add(d), nonce+d.String()[:1]+"edge")
			caller{w.world, h}.get(path).ok(http.StatusOK)
			caller{w.world, h}.get(path).refused(internship.ErrReplayed)
		}
	})
	t.Run("upper-case hex", func(t *testing.T) {
		h := noncing(nonce + "upper")
		h.Set(partnerapi.HeaderSignature, strings.ToUpper(h.Get(partnerapi.HeaderSignature)))
		caller{w.world, h}.get(path).ok(http.StatusOK)
	})
	t.Run("the same nonce of another key", func(t *testing.T) {
		caller{w.world, w.other.sign("GET", path, nil, w.Now(), nonce+"x")}.get(path).ok(http.StatusOK)
	})
	t.Run("a replay as long as its time is good", func(t *testing.T) {
		h := w.school.sign("GET", path, nil, w.Now().Add(300*time.Second), nonce+"long")
		caller{w.world, h}.get(path).ok(http.StatusOK)
		w.Pass(600 * time.Second)
		caller{w.world, h}.get(path).refused(internship.ErrReplayed)
		w.Pass(time.Second)
		caller{w.world, h}.get(path).refused(internship.ErrBadSignature)
	})
}

func TestPartnerSignatureCoversTheBody(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	const path = "/partner/v1/school"
	body := `{"name":"郑州市某职业学校"}`
	h := w.school.sign("PUT", path, []byte(body), w.Now(), "abcdefghijklmnop")
	caller{w.world, h}.put(path, `{"name":"别的学校"}`).refused(internship.ErrBadSignature)
	caller{w.world, h}.put(path, body+" ").refused(internship.ErrBadSignature)
	caller{w.world, h}.put(path, body).ok(http.StatusOK)
	packed := caller{w.world, w.school.sign("PUT", path, []byte(body), w.Now(), "abcdefghijklmnoq")}.with("Content-Encoding", "gzip")
	packed.put(path, body).refused(internship.ErrMediaType)
}

// TestPartnerBodiesAreShort: a request is read before it is known who signed it.
func TestPartnerBodiesAreShort(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	long := strings.Repeat(" ", 32<<10) + "x"
	for _, path := range []string{"/partner/v1/enterprises", "/partner/v1/placements/plc_1/object"} {
		if p := (partner{w: w.world}).post(path, long).refused(internship.ErrTooLarge); !strings.Contains(p.Detail, "32 KB") {
			t.Errorf("the limit is not named: %s", p.Detail)
		}
		w.school.post(path, long).refused(internship.ErrTooLarge)
	}
}

func TestPartnerAPIWithoutKeysIsClosed(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	w.app = handlers.New(handlers.Options{Acts: w.Acts, Log: w.Acts.Log})
	a := w.school.get("/partner/v1/plans")
	p := a.refused(internship.ErrBadSignature)
	if scheme := a.header.Get("WWW-Authenticate"); scheme != "X-Partner-Signature" {
		t.Errorf("WWW-Authenticate = %q", scheme)
	}
	for _, check := range []string{"密钥", "内容", "时钟"} {
		if !strings.Contains(p.Detail, check) {
			t.Errorf("the refusal %q does not say to check %s", p.Detail, check)
		}
	}
	nobody := partner{w: w.world}
	nobody.get("/partner/v1/plans").refused(internship.ErrBadSignature)
}

package handlers

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// publication is an answer that only a new version of the program changes. It
// is written when it is first asked for, in clear and packed.
type publication struct {
	body, packed []byte
	etag         string
}

// readsPublication is what callers say of what they have and can read.
type readsPublication struct {
	IfNoneMatch    string `header:"If-None-Match" doc:"上次得到的 ETag；未变时回答 304"`
	AcceptEncoding string `header:"Accept-Encoding" doc:"含 gzip 时，回答以 gzip 压缩"`
}

type publicationAnswer struct {
	Status          int
	ContentType     string `header:"Content-Type"`
	ContentEncoding string `header:"Content-Encoding"`
	ETag            string `header:"ETag"`
	CacheControl    string `header:"Cache-Control"`
	Vary            string `header:"Vary"`
	Body            []byte
}

// publish declares a route that anyone may read, whose answer is always what
// write gives. The answer is kept by clients for an hour, and asked for again
// by its ETag.
func publish[T any](a *App, path, id string, write func() (T, error)) {
	d := a.docs[id]
	d.Body = *new(T)
	a.docs[id] = d
	once := sync.OnceValues(func() (publication, error) {
		value, err := write()
		if err != nil {
			return publication{}, err
		}
		return newPublication(value)
	})
	endpoint(a, access{}, http.MethodGet, path, id, func(_ context.Context, in *readsPublication) (*publicationAnswer, error) {
		p, err := once()
		if err != nil {
			return nil, err
		}
		return p.answer(in.IfNoneMatch, in.AcceptEncoding), nil
	})
}

func newPublication(value any) (publication, error) {
	p := publication{body: encode(value)}
	p.etag = "W/" + etagOf(p.body)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(p.body); err != nil {
		return p, err
	}
	err := z.Close()
	p.packed = packed.Bytes()
	return p, err
}

func (p publication) answer(ifNoneMatch, acceptEncoding string) *publicationAnswer {
	out := &publicationAnswer{Status: http.StatusOK, ContentType: "application/json", ETag: p.etag,
		CacheControl: "public, max-age=3600", Vary: "Accept-Encoding", Body: p.body}
	switch {
	case matches(ifNoneMatch, strings.TrimPrefix(p.etag, "W/")):
		out.Status, out.Body, out.ContentType = http.StatusNotModified, nil, ""
	case readsGzip(acceptEncoding):
		out.ContentEncoding, out.Body = "gzip", p.packed
	}
	return out
}

// readsGzip reads an Accept-Encoding header.
func readsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, weighted := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
		return !weighted || err == nil && q > 0
	}
	return false
}

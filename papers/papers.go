// Package papers looks into uploaded files: whether each is a picture or a PDF
// document and nothing else besides, whether it is whole, and whether it does
// anything when it is opened. It decodes what it is given, within memory and
// time that are set beforehand, and knows nothing of what the files are for.
package papers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/semaphore"
)

// The media types that are known.
const (
	JPEG = "image/jpeg"
	PNG  = "image/png"
	PDF  = "application/pdf"
)

// Reason says why a file is refused.
type Reason string

// The reasons.
const (
	// Unknown is content of no type that is known.
	Unknown Reason = "unknown"
	// Broken is content that can't be decoded, or ends early.
	Broken Reason = "broken"
	// Mixed is a file that holds something else before, behind or beside what
	// it shows.
	Mixed Reason = "mixed"
	// TooLarge is a picture of too many pixels.
	TooLarge Reason = "too_large"
	// TooComplex is a document that takes too much memory or time to read.
	TooComplex Reason = "too_complex"
	// TooManyPages is a document with more pages than MaxPages.
	TooManyPages Reason = "too_many_pages"
	// Encrypted is a document that needs a password, or is sealed without one.
	Encrypted Reason = "encrypted"
	// Active is a document that runs something or carries other files.
	Active Reason = "active"
)

// RefusedError is the error about a file that is not kept.
type RefusedError struct {
	Reason Reason
	cause  error
}

// Error implements error; the text is for logs.
func (r *RefusedError) Error() string {
	if r.cause == nil {
		return "papers: " + string(r.Reason)
	}
	return fmt.Sprintf("papers: %s: %v", r.Reason, r.cause)
}

// Unwrap gives the technical cause.
func (r *RefusedError) Unwrap() error { return r.cause }

func refuse(reason Reason, format string, args ...any) error {
	return &RefusedError{reason, fmt.Errorf(format, args...)}
}

// ErrBusy says that there was no memory to look into a file before the caller
// lost patience.
var ErrBusy = errors.New("papers: no memory free")

// Limits bound what is looked into.
type Limits struct {
	// Memory is how many bytes all files together may take while they are
	// decoded, their own bytes not counted; a file that alone would take more
	// is refused.
	Memory int64
	// Pixels and Side bound a picture: its area and each of its sides.
	Pixels, Side int
	// Pages bounds a document.
	Pages int
	// Time bounds the look into one document.
	Time time.Duration
}

// Usual are limits that scans of A3 at 300 dpi and pictures of present phones
// stay within.
func Usual() Limits {
	return Limits{Memory: 160 << 20, Pixels: 40_000_000, Side: 12_000, Pages: 200, Time: 10 * time.Second}
}

// Examiner looks into files. It is safe for concurrent use.
type Examiner struct {
	limits Limits
	memory *semaphore.Weighted
}

// New makes an examiner.
func New(l Limits) *Examiner {
	return &Examiner{limits: l, memory: semaphore.NewWeighted(l.Memory)}
}

// Examine decodes a whole file and gives its media type. Errors: *RefusedError;
// ErrBusy when ctx ends before there is memory for it.
func (e *Examiner) Examine(ctx context.Context, content []byte) (mediaType string, err error) {
	look := e.looks(content)
	if look == nil {
		return "", refuse(Unknown, "begins with % x", content[:min(len(content), 8)])
	}
	if name, ok := archive(content); ok {
		return "", refuse(Mixed, "is an archive too: %s", name)
	}
	return look(ctx, content)
}

// looks chooses by the first bytes, which must stand at the very beginning.
func (e *Examiner) looks(content []byte) func(context.Context, []byte) (string, error) {
	switch {
	case bytes.HasPrefix(content, []byte("\xff\xd8\xff")):
		return e.jpeg
	case bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1a\n")):
		return e.png
	case bytes.HasPrefix(content, []byte("%PDF-")):
		return e.pdf
	}
	return nil
}

// take waits for memory and gives what returns it. A file that needs more than
// there is at all is refused.
func (e *Examiner) take(ctx context.Context, need int64, tooMuch Reason) (func(), error) {
	const least = 1 << 20 // the decoders' own tables and buffers
	need = max(need, least)
	if need > e.limits.Memory {
		return nil, refuse(tooMuch, "would take %d bytes of memory", need)
	}
	if err := e.memory.Acquire(ctx, need); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return func() { e.memory.Release(need) }, nil
}

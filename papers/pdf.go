package papers

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/validate"
)

// pdf reads and validates a document. The look runs on its own: one that is
// over its time is left alone, and keeps its memory until it ends by itself, so
// that what is bounded stays bounded.
func (e *Examiner) pdf(ctx context.Context, content []byte) (string, error) {
	if page(content) {
		return "", refuse(Mixed, "begins like a page")
	}
	if end := bytes.LastIndex(content, []byte("%%EOF")); end < 0 {
		return "", refuse(Broken, "no end of file")
	} else if !blank(content[end+len("%%EOF"):]) {
		return "", refuse(Mixed, "%d bytes behind the document", len(content)-end)
	}
	deadline, cancel := context.WithTimeout(ctx, e.limits.Time)
	text, err := weigh(deadline, content)
	if err != nil {
		cancel()
		return "", err
	}
	most := need(content, text)
	free, err := e.take(ctx, int64(len(content))+most, TooComplex) // its own bytes may outlast the upload
	if err != nil {
		cancel()
		return "", err
	}
	ended := make(chan error, 1)
	go func() {
		defer cancel()
		defer free()
		ended <- e.readPDF(deadline, content, most)
	}()
	select {
	case err = <-ended:
	case <-deadline.Done():
		select {
		case err = <-ended: // that is what ended the time
		default:
			err = refuse(TooComplex, "read: %w", deadline.Err())
		}
	}
	if err != nil {
		return "", err
	}
	return PDF, nil
}

// perTextByte is how much memory a byte of objects takes once they are read:
// "0 " becomes an interface with a number behind it.
const perTextByte = 20

// readPDF reads a document as pdfcpu does, leniently, and then looks at every
// object. pdfcpu is not told of a configuration folder, so it makes none.
func (e *Examiner) readPDF(ctx context.Context, content []byte, most int64) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer func() {
		if p := recover(); p != nil {
			err = refuse(Broken, "panic: %v", p)
		}
	}()
	m := &meter{Reader: bytes.NewReader(content), ctx: ctx, stop: stop, content: content, left: most, packed: map[int]bool{}}
	doc, err := pdfcpu.ReadWithContext(ctx, m, e.settings(content))
	if err != nil {
		return refusedPDF(ctx, content, err)
	}
	if doc.Encrypt != nil {
		return refuse(Encrypted, "opens without a password")
	}
	if err := inspect(ctx, doc); err != nil {
		return err
	}
	if err := dropMetadata(doc); err != nil {
		return refusedPDF(ctx, content, err)
	}
	if err := validate.XRefTable(doc); err != nil {
		return refusedPDF(ctx, content, err)
	}
	if err := doc.EnsurePageCount(); err != nil || doc.PageCount < 1 {
		return refuse(Broken, "no pages: %w", err)
	}
	if doc.PageCount > e.limits.Pages {
		return refuse(TooManyPages, "%d pages", doc.PageCount)
	}
	return nil
}

// dropMetadata takes the catalogue's metadata out of what pdfcpu validates, not
// out of the file: it is the one stream that pdfcpu unpacks then, to half a
// gigabyte and in disregard of the settings' limits.
func dropMetadata(doc *model.Context) error {
	catalogue, err := doc.Catalog()
	if err != nil {
		return fmt.Errorf("catalogue: %w", err)
	}
	for key := range catalogue {
		if string(unescape([]byte(key))) == "Metadata" {
			delete(catalogue, key)
		}
	}
	return nil
}

func refusedPDF(ctx context.Context, content []byte, err error) error {
	switch {
	case ctx.Err() != nil:
		return refuse(TooComplex, "%w", ctx.Err())
	case errors.Is(err, pdfcpu.ErrWrongPassword), bytes.Contains(content, []byte("/Encrypt")):
		return refuse(Encrypted, "%w", err)
	}
	return refuse(Broken, "%w", err)
}

// settings are pdfcpu's for one look: lenient as readers are, without network,
// and with limits that fit ours.
func (e *Examiner) settings(content []byte) *model.Configuration {
	l := model.DefaultResourceLimits()
	l.MaxStreamBytes, l.MaxDecodeBytes = int64(len(content)), mostText
	l.MaxObjectCount, l.MaxXRefEntries, l.MaxObjectStreamCount = mostObjects, mostObjects, mostObjects
	l.MaxObjectStreamFirst = 2 << 20
	return &model.Configuration{Reader15: true, ValidationMode: model.ValidationRelaxed, Cmd: model.VALIDATE, Offline: true, Limits: l}
}

// mostObjects bounds what a table of objects may name; a book has some ten
// thousand.
const mostObjects = 200_000

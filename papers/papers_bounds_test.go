package papers_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"shixi/papers"
)

// TestTransparentGreyTakesMemory: a grey picture with a transparent colour
// becomes four bytes a pixel, of which its header tells one.
func TestTransparentGreyTakesMemory(t *testing.T) {
	t.Parallel()
	l := papers.Usual()
	l.Memory = 2 << 20
	e := papers.New(l)
	if _, err := e.Examine(t.Context(), blankPNG(t, 1000, 1000)); err != nil {
		t.Errorf("grey: %v", err)
	}
	var refused *papers.RefusedError
	if _, err := e.Examine(t.Context(), blankPNG(t, 1000, 1000, chunk("tRNS", []byte{0, 0}))); !errors.As(err, &refused) || refused.Reason != papers.TooLarge {
		t.Errorf("transparent: %v", err)
	}
}

// TestWeighingEnds: each of many streams in letters may go on to the end of the
// file, as far as can be told.
func TestWeighingEnds(t *testing.T) {
	t.Parallel()
	l := papers.Usual()
	l.Time = 100 * time.Millisecond
	content := "%PDF-1.7\n" + strings.Repeat("<</Filter/A85>>stream\nendstream\n", 10_000) + "%%EOF\n"
	began := time.Now()
	_, err := papers.New(l).Examine(t.Context(), []byte(content))
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("%d KB took %v: %v", len(content)>>10, took, err)
	}
}

package papers_test

import (
	"bytes"
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

// TestWhatIsNamedOftenTakesMemoryOften: what a document becomes when it is read
// stays within what was taken for it, whatever its tables make of its bytes.
func TestWhatIsNamedOftenTakesMemoryOften(t *testing.T) {
	t.Parallel()
	l := papers.Usual()
	l.Memory = 32 << 20
	e := papers.New(l)
	zeros := "[" + strings.Repeat("0 ", 500_000) + "]"
	long := func(objects []byte) (string, []byte) {
		return flate(append(bytes.Clone(objects), zeros...))
	}
	for name, c := range map[string]struct {
		content []byte
		want    papers.Reason
	}{
		"a stream once":             {repeated(1, stream("", make([]byte, 100_000))), ""},
		"a stream a thousand times": {repeated(1000, stream("", make([]byte, 100_000))), papers.TooComplex},
		"a list once":               {repeated(1, zeros[:200_000]+"]"), ""},
		"a list a hundred times":    {repeated(100, zeros[:200_000]+"]"), papers.TooComplex},
		"a list within a stream":    {within(zeros + zeros + zeros), papers.TooComplex},
		"lists after a comment":     {within("%" + strings.Repeat(" ", 5000) + "\n" + zeros + zeros + zeros), papers.TooComplex},
		"streams longer than all":   {document("", pages(1, "", many(20, "<</Length 60000000>>\nstream\nx\nendstream")...)...), papers.Broken},
		"packed objects once":       {tabledOften(0, long), ""},
		"packed objects often":      {tabledOften(50, long), papers.TooComplex},
	} {
		_, err := e.Examine(t.Context(), c.content)
		var refused *papers.RefusedError
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &refused) || refused.Reason != c.want) {
			t.Errorf("%s, of %d KB: %v", name, len(c.content)>>10, err)
		}
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

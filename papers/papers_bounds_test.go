package papers_test

import (
	"errors"
	"testing"

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

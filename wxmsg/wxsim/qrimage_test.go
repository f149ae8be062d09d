package wxsim

import (
	"strings"
	"testing"
)

// readQR undoes qrEncode from the modules alone: format, mask, codewords, and
// checks the error correction by its syndromes.
func readQR(t *testing.T, g *qrGrid) string {
	t.Helper()
	var pattern qrGrid
	pattern.drawPatterns()
	pattern.drawFormat()
	words := make([]byte, qrData+qrCorrection+1)
	i := 0
	pattern.walk(func(row, col int) {
		if g.black[row][col] != ((row+col)%2 == 0) {
			words[i/8] |= 0x80 >> (i % 8)
		}
		i++
	})
	if want := 8*(qrData+qrCorrection) + 7; i != want {
		t.Fatalf("%d modules for data, want %d", i, want)
	}
	words = words[:qrData+qrCorrection]
	root := byte(1)
	for range qrCorrection {
		sum := byte(0)
		for _, w := range words {
			sum = qrMultiply(sum, root) ^ w
		}
		if sum != 0 {
			t.Fatal("the codewords are not a Reed–Solomon word")
		}
		root = qrMultiply(root, 2)
	}
	if words[0]>>4 != 4 {
		t.Fatalf("mode %d, want bytes", words[0]>>4)
	}
	n := int(words[0]&15)<<4 | int(words[1]>>4)
	text := make([]byte, n)
	for i := range text {
		text[i] = words[1+i]<<4 | words[2+i]>>4
	}
	return string(text)
}

func TestQRHoldsItsText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "http://weixin.qq.com/q/02abcDEF", strings.Repeat("é", qrCapacity/2)} {
		g, err := qrEncode(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := readQR(t, g); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
		for _, corner := range [][2]int{{0, 0}, {0, qrSize - 7}, {qrSize - 7, 0}} {
			for i := range 7 {
				if !g.black[corner[0]][corner[1]+i] || !g.black[corner[0]+6][corner[1]+i] {
					t.Fatal("a finder pattern is not whole")
				}
			}
		}
		// The first format copy, read bit 14 first: level L with mask 0.
		if format := g.black[8][0:6]; !format[0] || !format[1] || !format[2] || format[3] || !format[4] || !format[5] {
			t.Errorf("format starts %v", format)
		}
	}
	if _, err := qrEncode(strings.Repeat("a", qrCapacity+1)); err == nil {
		t.Error("want an error for too long a text")
	}
}

package wxsim

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
)

// A QR code after ISO/IEC 18004, always version 5 with error correction L and
// mask 0: one block of 108 data and 26 correction codewords holds 106 bytes,
// twice what a WeChat link needs, and no version needs choosing.
const (
	qrSize       = 37
	qrData       = 108
	qrCorrection = 26
	qrCapacity   = qrData - 2
	qrFormat     = 0x77c4 // level L, mask 0, with its BCH code and mask
	qrAlign      = 30     // centre of the only alignment pattern
	qrQuiet      = 4      // modules of white around
	qrScale      = 10     // pixels per module
)

var errQRTooLong = errors.New("wxsim: text too long for a QR code")

// qrGrid is the code's modules, [row][column], true for black.
type qrGrid struct {
	black [qrSize][qrSize]bool
	fixed [qrSize][qrSize]bool // not for data
}

// qrPNG draws a text as a QR code.
func qrPNG(text string) ([]byte, error) {
	grid, err := qrEncode(text)
	if err != nil {
		return nil, err
	}
	side := (qrSize + 2*qrQuiet) * qrScale
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			row, col := y/qrScale-qrQuiet, x/qrScale-qrQuiet
			if row >= 0 && row < qrSize && col >= 0 && col < qrSize && grid.black[row][col] {
				img.SetColorIndex(x, y, 1)
			}
		}
	}
	var b bytes.Buffer
	err = png.Encode(&b, img)
	return b.Bytes(), err
}

func qrEncode(text string) (*qrGrid, error) {
	if len(text) > qrCapacity {
		return nil, errQRTooLong
	}
	data := qrCodewords(text)
	data = append(data, qrRemainder(data)...)
	var g qrGrid
	g.drawPatterns()
	g.drawFormat()
	g.drawData(data)
	return &g, nil
}

// qrCodewords is the data block: mode "bytes", length, text, end mark, padding.
func qrCodewords(text string) []byte {
	data := make([]byte, 0, qrData+qrCorrection)
	half := byte(0b0100)
	put := func(b byte) { // everything is shifted by the mode's four bits
		data = append(data, half<<4|b>>4)
		half = b & 15
	}
	put(byte(len(text)))
	for i := range len(text) {
		put(text[i])
	}
	data = append(data, half<<4) // the low four bits are the end mark
	for pad := byte(0xec); len(data) < qrData; pad ^= 0xec ^ 0x11 {
		data = append(data, pad)
	}
	return data
}

// qrRemainder is the Reed–Solomon code of the data over GF(256), 0x11d.
func qrRemainder(data []byte) []byte {
	generator := make([]byte, qrCorrection) // without the leading 1
	generator[qrCorrection-1] = 1
	root := byte(1)
	for range qrCorrection {
		for i := range generator {
			generator[i] = qrMultiply(generator[i], root)
			if i+1 < len(generator) {
				generator[i] ^= generator[i+1]
			}
		}
		root = qrMultiply(root, 2)
	}
	rest := make([]byte, qrCorrection)
	for _, b := range data {
		factor := b ^ rest[0]
		copy(rest, rest[1:])
		rest[qrCorrection-1] = 0
		for i, g := range generator {
			rest[i] ^= qrMultiply(g, factor)
		}
	}
	return rest
}

func qrMultiply(x, y byte) byte {
	product := 0
	for i := 7; i >= 0; i-- {
		product = product<<1 ^ (product>>7)*0x11d
		product ^= int(y>>i&1) * int(x)
	}
	return byte(product)
}

func (g *qrGrid) set(row, col int, black bool) {
	if row >= 0 && row < qrSize && col >= 0 && col < qrSize {
		g.black[row][col], g.fixed[row][col] = black, true
	}
}

// drawPatterns draws timing, finder and alignment patterns.
func (g *qrGrid) drawPatterns() {
	for i := range qrSize {
		g.set(6, i, i%2 == 0)
		g.set(i, 6, i%2 == 0)
	}
	for _, centre := range [][2]int{{3, 3}, {3, qrSize - 4}, {qrSize - 4, 3}} {
		g.drawRings(centre[0], centre[1], 4, func(ring int) bool { return ring != 2 && ring != 4 })
	}
	g.drawRings(qrAlign, qrAlign, 2, func(ring int) bool { return ring != 1 })
}

func (g *qrGrid) drawRings(row, col, radius int, black func(ring int) bool) {
	for dr := -radius; dr <= radius; dr++ {
		for dc := -radius; dc <= radius; dc++ {
			g.set(row+dr, col+dc, black(max(dr, -dr, dc, -dc)))
		}
	}
}

// drawFormat draws both copies of the format and the module that is always black.
func (g *qrGrid) drawFormat() {
	bit := func(i int) bool { return qrFormat>>i&1 == 1 }
	for i := range 15 {
		switch {
		case i < 6:
			g.set(i, 8, bit(i))
		case i < 8:
			g.set(i+1, 8, bit(i))
		case i == 8:
			g.set(8, 7, bit(i))
		default:
			g.set(8, 14-i, bit(i))
		}
		if i < 8 {
			g.set(8, qrSize-1-i, bit(i))
		} else {
			g.set(qrSize-15+i, 8, bit(i))
		}
	}
	g.set(qrSize-8, 8, true)
}

// drawData lays the codewords in two-column strips from the right, up and down
// in turn, and applies mask 0.
func (g *qrGrid) drawData(data []byte) {
	i := 0
	g.walk(func(row, col int) {
		black := i < 8*len(data) && data[i/8]>>(7-i%8)&1 == 1
		g.black[row][col] = black != ((row+col)%2 == 0)
		i++
	})
}

// walk visits the modules for data in their order.
func (g *qrGrid) walk(visit func(row, col int)) {
	for right := qrSize - 1; right >= 1; right -= 2 {
		if right == 6 {
			right = 5 // the timing column belongs to no strip
		}
		upward := (right+1)&2 == 0
		for step := range qrSize {
			row := step
			if upward {
				row = qrSize - 1 - step
			}
			for _, col := range []int{right, right - 1} {
				if !g.fixed[row][col] {
					visit(row, col)
				}
			}
		}
	}
}

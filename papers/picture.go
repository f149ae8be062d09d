package papers

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

// decoder is one of the standard library's.
type decoder struct {
	config func(r *bytes.Reader) (image.Config, error)
	decode func(r *bytes.Reader) (image.Image, error)
}

// picture decodes a picture after its dimensions have been looked at, so that
// a small file can't ask for a large memory.
func (e *Examiner) picture(ctx context.Context, content []byte, d decoder, bytesOf func(image.Config) int64) error {
	c, err := d.config(bytes.NewReader(content))
	if err != nil {
		return refuse(Broken, "read dimensions: %w", err)
	}
	switch {
	case c.Width <= 0 || c.Height <= 0:
		return refuse(Broken, "%d × %d pixels", c.Width, c.Height)
	case c.Width > e.limits.Side || c.Height > e.limits.Side || c.Width*c.Height > e.limits.Pixels:
		return refuse(TooLarge, "%d × %d pixels", c.Width, c.Height)
	}
	free, err := e.take(ctx, bytesOf(c), TooLarge)
	if err != nil {
		return err
	}
	defer free()
	if _, err := d.decode(bytes.NewReader(content)); err != nil {
		return refuse(Broken, "decode: %w", err)
	}
	return nil
}

func (e *Examiner) jpeg(ctx context.Context, content []byte) (string, error) {
	frame, end, err := walkJPEG(content)
	if err != nil {
		return "", err
	}
	if !blank(content[end:]) {
		return "", refuse(Mixed, "%d bytes behind the picture", len(content)-end)
	}
	d := decoder{func(r *bytes.Reader) (image.Config, error) { return jpeg.DecodeConfig(r) },
		func(r *bytes.Reader) (image.Image, error) { return jpeg.Decode(r) }}
	if err := e.picture(ctx, content, d, frame.bytes); err != nil {
		return "", err
	}
	return JPEG, nil
}

// frame is what a JPEG's header says of memory.
type frame struct {
	progressive bool
	// samples are all components' together, of one block of pixels; area is
	// the pixels of that block.
	samples, area int64
}

// bytes is what Go's decoder takes: a byte for each sample, 16-bit sums for
// colours that it must turn, and for progressive pictures four bytes for each
// coefficient until the last scan.
func (f frame) bytes(c image.Config) int64 {
	const block = 64 // pixels are decoded in whole blocks of at most 32 × 32
	pixels := int64(c.Width+block) * int64(c.Height+block)
	size := pixels * f.samples / f.area
	if c.ColorModel == color.CMYKModel {
		size += pixels * 4
	}
	if c.ColorModel == color.RGBAModel {
		size += pixels * 4
	}
	if f.progressive {
		size += 4 * pixels * f.samples / f.area
	}
	return size
}

// mostScans is how often a progressive picture may be refined: each time costs
// a walk over all its pixels and next to no bytes. Encoders make about ten.
const mostScans = 40

// walkJPEG follows the segments to the end of the picture.
func walkJPEG(content []byte) (f frame, end int, err error) {
	at, scans := 2, 0
	for {
		for at < len(content) && content[at] != 0xff { // entropy-coded data
			at++
		}
		for at < len(content) && content[at] == 0xff { // a marker may have fill bytes before it
			at++
		}
		if at >= len(content) {
			return f, 0, refuse(Broken, "no end of image")
		}
		marker := content[at]
		at++
		switch {
		case marker == 0xd9:
			if f.area == 0 {
				return f, 0, refuse(Broken, "no frame")
			}
			return f, at, nil
		case marker == 0 || marker == 1 || marker >= 0xd0 && marker <= 0xd7: // a stuffed byte, or a marker without a segment
			continue
		}
		if at+2 > len(content) {
			return f, 0, refuse(Broken, "segment %x is cut off", marker)
		}
		size := int(binary.BigEndian.Uint16(content[at:]))
		if size < 2 || at+size > len(content) {
			return f, 0, refuse(Broken, "segment %x is cut off", marker)
		}
		switch marker {
		case 0xc0, 0xc1, 0xc2:
			if f.area != 0 {
				return f, 0, refuse(Broken, "two frames")
			}
			if f, err = readFrame(content[at:at+size], marker == 0xc2); err != nil {
				return f, 0, err
			}
		case 0xda:
			if scans++; scans > mostScans {
				return f, 0, refuse(TooLarge, "more than %d scans", mostScans)
			}
		}
		at += size
	}
}

// readFrame reads the sampling factors of a frame header.
func readFrame(segment []byte, progressive bool) (frame, error) {
	if len(segment) < 8 || len(segment) < 8+3*int(segment[7]) {
		return frame{}, refuse(Broken, "frame is cut off")
	}
	var most, samples [2]int64
	for i := range int(segment[7]) {
		h, v := int64(segment[8+3*i+1]>>4), int64(segment[8+3*i+1]&15)
		if h < 1 || h > 4 || v < 1 || v > 4 {
			return frame{}, refuse(Broken, "sampling factors %d, %d", h, v)
		}
		most[0], most[1] = max(most[0], h), max(most[1], v)
		samples[0] += h * v
	}
	if samples[0] == 0 {
		return frame{}, refuse(Broken, "no components")
	}
	return frame{progressive, samples[0], most[0] * most[1]}, nil
}

func (e *Examiner) png(ctx context.Context, content []byte) (string, error) {
	layout, end, err := walkPNG(content)
	if err != nil {
		return "", err
	}
	if !blank(content[end:]) {
		return "", refuse(Mixed, "%d bytes behind the picture", len(content)-end)
	}
	d := decoder{func(r *bytes.Reader) (image.Config, error) { return png.DecodeConfig(r) },
		func(r *bytes.Reader) (image.Image, error) { return png.Decode(r) }}
	err = e.picture(ctx, content, d, func(c image.Config) int64 {
		size := int64(c.Width) * int64(c.Height) * layout.pixelBytes(c.ColorModel)
		if layout.interlaced { // the passes are pictures of their own, the largest of half the size
			size += size / 2
		}
		return size
	})
	if err != nil {
		return "", err
	}
	return PNG, nil
}

// layout is what a PNG's chunks say of memory.
type layout struct {
	interlaced bool
	// transparent: a colour stands for nothing, so that grey is decoded to
	// colours with transparency, which the picture's header does not tell.
	transparent bool
}

// pixelBytes is how many bytes a pixel of a PNG takes once it is decoded.
func (l layout) pixelBytes(m color.Model) int64 {
	switch m {
	case color.GrayModel:
		if l.transparent {
			return 4
		}
		return 1
	case color.Gray16Model:
		if l.transparent {
			return 8
		}
		return 2
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	case color.RGBAModel, color.NRGBAModel:
		return 4
	}
	return 1 // a palette's index
}

// walkPNG follows the chunks to the last one.
func walkPNG(content []byte) (l layout, end int, err error) {
	const frame = 12 // length, type and checksum
	at := 8
	for at+frame <= len(content) {
		size := int64(binary.BigEndian.Uint32(content[at:]))
		next := int64(at) + frame + size
		if next > int64(len(content)) {
			break
		}
		switch string(content[at+4 : at+8]) {
		case "IHDR":
			l.interlaced = size == 13 && content[at+20] != 0
		case "tRNS":
			l.transparent = true
		case "IEND":
			return l, int(next), nil
		}
		at = int(next)
	}
	return l, 0, refuse(Broken, "no end of image")
}

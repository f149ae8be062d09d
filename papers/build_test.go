package papers_test

import (
	"bytes"
	"compress/zlib"
	"encoding/ascii85"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"
)

// photo is a picture whose content does not repeat.
func photo(width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	_, _ = rand.NewChaCha8([32]byte{}).Read(img.Pix)
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 0xff
	}
	return img
}

func jpegOf(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func pngOf(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// blankPNG is a grey picture of any size: a bomb where it is large, which its
// header alone tells. more are chunks before its content.
func blankPNG(tb testing.TB, width, height int, more ...[]byte) []byte {
	tb.Helper()
	header := binary.BigEndian.AppendUint32(nil, uint32(width))
	header = binary.BigEndian.AppendUint32(header, uint32(height))
	header = append(header, 8, 0, 0, 0, 0)
	out := []byte("\x89PNG\r\n\x1a\n")
	out = append(out, chunk("IHDR", header)...)
	for _, m := range more {
		out = append(out, m...)
	}
	rows := min(int64(height)*int64(width+1), 36_000_000)
	out = append(out, chunk("IDAT", deflated(rows))...)
	return append(out, chunk("IEND", nil)...)
}

func chunk(kind string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// deflated packs n zeros, without checking their sum. All whole megabytes but
// the first look alike.
func deflated(n int64) []byte {
	var out bytes.Buffer
	z, _ := zlib.NewWriterLevel(&out, zlib.BestSpeed)
	write := func(n int64) []byte {
		from := out.Len()
		_, _ = z.Write(make([]byte, n))
		_ = z.Flush()
		return out.Bytes()[from:]
	}
	const mega = 1 << 20
	if n <= 36*mega {
		_, _ = z.Write(make([]byte, n))
		_ = z.Close()
		return out.Bytes()
	}
	write(mega)
	more := bytes.Repeat(write(mega), int(n/mega)-2)
	return append(out.Bytes(), more...)
}

func packed(content []byte) []byte {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	_, _ = z.Write(content)
	_ = z.Close()
	return out.Bytes()
}

// lettered writes content in letters and signs (ASCII 85).
func lettered(content []byte) []byte {
	out := make([]byte, ascii85.MaxEncodedLen(len(content)))
	return append(out[:ascii85.Encode(out, content)], "~>"...)
}

// stream is an object with a content.
func stream(dict string, content []byte) string {
	return fmt.Sprintf("<<%s /Length %d>>\nstream\n%s\nendstream", dict, len(content), content)
}

// document is a PDF of numbered objects from 1, the first of which is the
// catalogue; trailer holds further entries.
func document(trailer string, objects ...string) []byte {
	var out bytes.Buffer
	out.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	at := make([]int, len(objects))
	for i, o := range objects {
		at[i] = out.Len()
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	table := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range at {
		fmt.Fprintf(&out, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, trailer, table)
	return out.Bytes()
}

// pages are the first objects of a document: a catalogue with further entries
// and n pages.
func pages(n int, catalogue string, more ...string) []string {
	kids := make([]string, n)
	objects := []string{"<</Type /Catalog /Pages 2 0 R " + catalogue + ">>", "",
		stream("", []byte("BT ET"))}
	for i := range kids {
		kids[i] = fmt.Sprintf("%d 0 R", 4+i)
		objects = append(objects, "<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources <<>> /Contents 3 0 R>>")
	}
	objects[1] = fmt.Sprintf("<</Type /Pages /Count %d /Kids [%s]>>", n, strings.Join(kids, " "))
	return append(objects, more...)
}

// scanned is a document of one page with a picture on it, as scanners write.
func scanned(tb testing.TB) []byte {
	tb.Helper()
	img := jpegOf(tb, photo(80, 60))
	objects := pages(1, "", stream("/Type /XObject /Subtype /Image /Width 80 /Height 60 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode", img))
	objects[3] = strings.Replace(objects[3], "/Resources <<>>", "/Resources <</XObject <</Im0 5 0 R>>>>", 1)
	return document("", objects...)
}

// repeated is a document in whose table n numbers stand for one object.
func repeated(n int, object string) []byte {
	d := document("", pages(1, "", append([]string{object}, many(n-1, "null")...)...)...)
	const row, first = 20, 5
	place := fmt.Appendf(nil, "%010d", bytes.Index(d, []byte("\n5 0 obj"))+1)
	rows := bytes.LastIndex(d, []byte("0000000000 65535 f"))
	for i := first; i < first+n; i++ {
		copy(d[rows+i*row:], place)
	}
	return d
}

// within is a document with an object inside a stream, which its table names.
func within(object string) []byte {
	d := document("", pages(1, "", stream("", []byte("6 0 obj\n"+object+"\nendobj\n")), "null")...)
	rows := bytes.LastIndex(d, []byte("0000000000 65535 f"))
	copy(d[rows+6*20:], fmt.Appendf(nil, "%010d", bytes.Index(d, []byte("6 0 obj"))))
	return d
}

// tabled is a document of PDF 1.5: its objects are packed, and so is the table.
func tabled(objStm func(objects []byte) (dict string, content []byte)) []byte {
	return tabledOften(0, objStm)
}

// tabledOften is tabled with further numbers for the packed objects as a whole.
func tabledOften(times int, objStm func(objects []byte) (dict string, content []byte)) []byte {
	inner := []string{"<</Type /Catalog /Pages 2 0 R>>", "<</Type /Pages /Count 1 /Kids [3 0 R]>>",
		"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources <<>>>>"}
	var index, body strings.Builder
	for i, o := range inner {
		fmt.Fprintf(&index, "%d %d ", i+1, body.Len())
		body.WriteString(o + " ")
	}
	dict, content := objStm([]byte(index.String() + body.String()))
	var out bytes.Buffer
	out.WriteString("%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
	at4 := out.Len()
	fmt.Fprintf(&out, "4 0 obj\n%s\nendobj\n", stream(fmt.Sprintf("/Type /ObjStm /N %d /First %d %s", len(inner), index.Len(), dict), content))
	at5 := out.Len()
	var rows []byte
	row := func(kind byte, field uint16, gen byte) {
		rows = append(binary.BigEndian.AppendUint16(append(rows, kind), field), gen)
	}
	row(0, 0, 0)
	for i := range inner {
		row(2, 4, byte(i))
	}
	row(1, uint16(at4), 0)
	row(1, uint16(at5), 0)
	for i := range times {
		row(1, uint16(at4), 0)
		row(2, uint16(6+2*i), 0)
	}
	fmt.Fprintf(&out, "5 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n",
		stream(fmt.Sprintf("/Type /XRef /Size %d /W [1 2 1] /Root 1 0 R /Filter /FlateDecode", 6+2*times), packed(rows)), at5)
	return out.Bytes()
}

func flate(objects []byte) (string, []byte) { return "/Filter /FlateDecode", packed(objects) }

// archive is a small ZIP file.
const archive = "PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"PK\x05\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

func grey(width, height int) image.Image {
	img := image.NewGray(image.Rect(0, 0, width, height))
	img.Set(0, 0, color.White)
	return img
}

package papers

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"context"
	"io"
	"regexp"
	"strconv"
)

// Bounds of what a document unpacks to.
const (
	// mostText bounds the packed objects and tables, which are all read.
	mostText = 8 << 20
	// mostOthers bounds what else is packed: the pages' drawing, fonts.
	mostOthers = 64 << 20
	// mostPicture bounds one packed picture, mostPictures all of them: A4 at
	// 600 dpi, forty sheets at 300.
	mostPicture  = 112 << 20
	mostPictures = 1 << 30
	// mostLayers bounds how often one stream may be packed.
	mostLayers = 2
)

// weigh unpacks every stream of a document without keeping any of it, and gives
// how many bytes of objects a reader will meet. It goes by the word "stream"
// alone and not by the document's tables, which may lie.
func weigh(ctx context.Context, content []byte) (int64, error) {
	var w weight
	for rest := content; len(rest) > 0; {
		if err := ctx.Err(); err != nil { // each stream may be long to look through
			return 0, refuse(TooComplex, "weigh: %w", err)
		}
		head, body, found := bytes.Cut(rest, []byte("stream"))
		w.text += int64(len(head))
		plain := unescape(head)
		if name := activeText.Find(plain); name != nil {
			return 0, refuse(Active, "%s", name)
		}
		if !found || bytes.HasSuffix(head, []byte("end")) {
			rest = body
			continue
		}
		raw := body
		if end := bytes.Index(body, []byte("endstream")); end >= 0 {
			raw, body = body[:end], body[end:]
		}
		dict := unescape(lastDict(head))
		if objectsName.Match(plain) { // only a dictionary of packed objects has that name, however long it is
			dict = plain
		}
		if err := w.stream(ctx, dict, rest[len(head)+len("stream"):], int64(len(raw))); err != nil {
			return 0, err
		}
		rest = body
	}
	return w.text, nil
}

// weight is what a document unpacks to.
type weight struct{ text, pictures, others int64 }

// stream adds one stream: its dictionary, what follows the word, and the bytes
// up to its end as the file has them. A stream that is packed may go on behind
// that end.
func (w *weight) stream(ctx context.Context, dict, follows []byte, size int64) error {
	n, err := unpacked(ctx, skipBlanks(follows))
	if err != nil {
		return err
	}
	n = max(n, size)
	switch {
	case tableDict.Match(dict):
		if foreignFilter.Match(dict) {
			return refuse(TooComplex, "objects are packed in an unusual way")
		}
		w.text += n
	case pictureDict.Match(dict) && !bytes.Contains(dict, []byte("/Metadata")):
		w.pictures += n
	default:
		odd, err := oddly(ctx, dict, follows, size)
		if err != nil {
			return err
		}
		w.others += max(n, odd)
	}
	if w.text > mostText || w.others > mostOthers || w.pictures > mostPictures {
		return refuse(TooComplex, "unpacks to %d bytes of objects, %d of pictures, %d of others", w.text, w.pictures, w.others)
	}
	return nil
}

var (
	objectsName   = regexp.MustCompile(`/ObjStm\b`)
	tableDict     = regexp.MustCompile(`/(ObjStm|XRef|Index|W)\b`)
	pictureDict   = regexp.MustCompile(`/Subtype\s*/Image\b`)
	foreignFilter = regexp.MustCompile(`/(LZW|LZWDecode|RL|RunLengthDecode|A85|ASCII85Decode|AHx|ASCIIHexDecode)\b|/Filter\s+\d`)
)

// lastDict is what stands before the word stream, back to its object's begin.
func lastDict(head []byte) []byte {
	const longest = 4 << 10
	head = head[max(0, len(head)-longest):]
	if at := bytes.LastIndex(head, []byte(" obj")); at >= 0 {
		head = head[at:]
	}
	return head
}

// activeText finds what is active also in objects that nothing refers to, or
// that pdfcpu passes over while other readers may not.
var activeText = regexp.MustCompile(`/(JavaScript|JS|Launch|SubmitForm|ImportData|GoToE|EmbeddedFiles?|RichMedia|XFA)\b`)

var escaped = regexp.MustCompile(`#[0-9A-Fa-f]{2}`)

// unescape turns #4f in names into the letter it stands for.
func unescape(dict []byte) []byte {
	if !bytes.ContainsRune(dict, '#') {
		return dict
	}
	return escaped.ReplaceAllFunc(dict, func(code []byte) []byte {
		n, _ := strconv.ParseUint(string(code[1:]), 16, 8) // the pattern fits
		return []byte{byte(n)}
	})
}

// unpacked counts what a stream unpacks to, all its layers together: 0 for one
// that is not packed. One that is damaged behind its beginning counts as far as
// it goes.
func unpacked(ctx context.Context, content io.Reader) (int64, error) {
	c := &count{ctx: ctx}
	r := bufio.NewReader(content)
	for layer := 0; ; layer++ {
		if head, _ := r.Peek(2); len(head) < 2 || head[0]&15 != 8 || (int(head[0])<<8|int(head[1]))%31 != 0 {
			break
		}
		if layer == mostLayers {
			return 0, refuse(TooComplex, "packed more than %d times", mostLayers)
		}
		z, err := zlib.NewReader(r)
		if err != nil {
			break // it only looks packed
		}
		r = bufio.NewReader(io.TeeReader(z, c))
	}
	_, _ = io.Copy(io.Discard, r) // damage ends it
	return c.n, c.err
}

// count counts what is written to it, until that is too much or ctx ends.
type count struct {
	ctx context.Context //nolint:containedctx // as long as one call
	n   int64
	err error
}

func (c *count) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	switch {
	case c.ctx.Err() != nil:
		c.err = refuse(TooComplex, "unpack: %w", c.ctx.Err())
	case c.n > mostPicture:
		c.err = refuse(TooComplex, "a stream unpacks to more than %d bytes", mostPicture)
	}
	return len(p), c.err
}

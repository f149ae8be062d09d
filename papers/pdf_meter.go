package papers

import (
	"bytes"
	"context"
	"regexp"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

// meter is a document as pdfcpu reads it. It holds what is read, and kept from
// then on, against the memory that was taken: the document's own tables say
// where its objects are, and may name one of them a thousand times, or objects
// within objects, so that what they become says the reader alone.
type meter struct {
	*bytes.Reader
	ctx     context.Context //nolint:containedctx // as long as one look
	stop    context.CancelFunc
	content []byte
	left    int64

	// fresh: the next read begins a new part. Of each part free bytes cost
	// nothing more, and every one behind them costs rate.
	fresh      bool
	free, rate int64
	// packed are the ends of the word "stream" before packed objects, and whether
	// they are packed in an unusual way.
	packed map[int]bool
}

const (
	// perDocument is what is read more than once: tables, and what refers to them.
	perDocument = 1 << 20
	// perObject is what an object takes beside its text.
	perObject = 2 << 10
	// readAhead is how much is read of an object, however short it is.
	readAhead = 4 << 10
)

// objectProlog is what stands before the word "obj" where an object begins:
// numbers, blanks and comments. Anything else that pdfcpu reads it keeps as it
// is, if at all.
var objectProlog = regexp.MustCompile(`^([^A-Za-z()<>\[\]{}/%]|%[^\r\n]*)*$`)

func objectBegins(rest []byte) bool {
	at := bytes.Index(rest, []byte("obj"))
	return at >= 0 && objectProlog.Match(rest[:at])
}

// need is how much memory a document takes beside its own bytes: as much again
// for its streams, and its objects.
func need(content []byte, text int64) int64 {
	return int64(len(content)) + text*perTextByte + int64(bytes.Count(content, []byte(" obj")))*perObject + perDocument
}

// spend ends the look once there is nothing left.
func (m *meter) spend(n int64) {
	if m.left -= n; m.left < 0 {
		m.stop()
	}
}

// Seek implements io.Seeker: each part that is read begins with it.
func (m *meter) Seek(offset int64, whence int) (int64, error) {
	m.fresh = true
	return m.Reader.Seek(offset, whence)
}

// Read implements io.Reader.
func (m *meter) Read(p []byte) (int, error) {
	if m.fresh {
		m.fresh = false
		p = p[:m.begin(p)]
	}
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.Reader.Read(p)
	if m.free -= int64(n); m.free < 0 {
		m.spend(-m.free * m.rate)
		m.free = 0
	}
	return n, err
}

// begin looks at what is read next, and says how much of it there is to give: of
// a short stream no more than that, though the reader would take more at once.
func (m *meter) begin(p []byte) int {
	at := len(m.content) - m.Len()
	rest := m.content[at:]
	m.unpack(at)
	m.free, m.rate = 0, 1
	if objectBegins(rest) {
		text, packed := m.object(rest)
		m.free, m.rate = max(readAhead, 3*text), perTextByte
		m.spend(perObject + text*perTextByte)
		if packed {
			m.packed[at+int(text)+len("stream")] = foreignFilter.Match(unescape(rest[:text]))
		}
		return len(p)
	}
	if len(p) > readAhead { // a stream, for which as much memory is there as it says to have
		m.free = int64(len(p))
		m.spend(m.free)
		return len(p)
	}
	if end := bytes.Index(rest[:min(len(p), len(rest))], []byte("endstream")); end > 0 {
		return end
	}
	return len(p)
}

// unpack counts what packed objects become, where they begin here.
func (m *meter) unpack(at int) {
	unusual, packed := m.packed[len(bytes.TrimRight(m.content[:at], blanks))]
	if !packed {
		return
	}
	n, err := unpacked(m.ctx, bytes.NewReader(m.content[at:]))
	if err != nil || unusual {
		n = mostText
	}
	m.spend(n * perTextByte)
}

// object is how long the text of an object is, to its end or to its stream, and
// whether that holds packed objects.
func (m *meter) object(rest []byte) (text int64, packed bool) {
	for size := 1 << 10; ; size *= 2 {
		window := string(rest[:min(size, len(rest))])
		end, stream, err := model.DetectKeywordsWithContext(m.ctx, window)
		if err == nil && end > 0 && (stream < 0 || end < stream) {
			return int64(end), false
		}
		if err == nil && stream > 0 && bytes.HasSuffix(bytes.TrimRight(rest[:stream], blanks), []byte(">>")) {
			return int64(stream), tableDict.Match(unescape(rest[:stream]))
		}
		if len(window) == len(rest) {
			return int64(len(rest)), false
		}
	}
}

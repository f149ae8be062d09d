package papers

import (
	"bytes"
	"context"
	"encoding/ascii85"
	"encoding/hex"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Kinds of filters by their names in a document. Flate is what documents are
// packed with; the others are older, and those for pictures unpack to pictures.
var (
	filterEntry  = regexp.MustCompile(`/Filter\s*(\[[^\]]*\]|/[A-Za-z0-9]+|\d+)`)
	filterName   = regexp.MustCompile(`/([A-Za-z0-9]+)`)
	lettersNames = set("ASCII85Decode", "A85")
	digitsNames  = set("ASCIIHexDecode", "AHx")
	// growths are how much a byte may become at the most, where it can't be said
	// by a look at the beginning.
	growths = map[string]int64{"LZWDecode": 1366, "LZW": 1366, "RunLengthDecode": 64, "RL": 64}
)

// foreign says whether a filter is none of the packing that unpacked counts,
// nor for pictures.
func foreign(name string) bool {
	return lettersNames[name] || digitsNames[name] || growths[name] > 0
}

// oddly counts what a stream unpacks to that is written in letters, or packed
// in an older way: 0 for any other. What can't be counted is refused, such as
// layers within layers.
func oddly(ctx context.Context, dict, follows []byte, size int64) (int64, error) {
	names, readable := filters(dict)
	if !readable {
		return 0, refuse(TooComplex, "is packed in a way that stands elsewhere")
	}
	if !slices.ContainsFunc(names, foreign) {
		return 0, nil
	}
	first, rest := names[0], names[1:]
	switch {
	case slices.ContainsFunc(rest, foreign) || len(rest) > 1:
	case lettersNames[first]:
		text, _, _ := bytes.Cut(follows, []byte("~>"))
		return unpacked(ctx, ascii85.NewDecoder(bytes.NewReader(text)))
	case digitsNames[first]:
		text, _, _ := bytes.Cut(follows, []byte(">"))
		return unpacked(ctx, hex.NewDecoder(&unblanked{text}))
	case len(rest) == 0:
		return size * growths[first], nil
	}
	return 0, refuse(TooComplex, "is packed in an unusual way: %s", names)
}

// filters are the names in a stream's dictionary; readable is false where they
// stand elsewhere, or twice.
func filters(dict []byte) (names []string, readable bool) {
	entries := filterEntry.FindAllSubmatch(dict, -1)
	switch len(entries) {
	case 0:
		return nil, true
	case 1:
	default:
		return nil, false
	}
	for _, name := range filterName.FindAllSubmatch(entries[0][1], -1) {
		names = append(names, string(name[1]))
	}
	besides := filterName.ReplaceAll(entries[0][1], nil)
	return names, len(bytes.Trim(besides, "[]"+blanks)) == 0
}

const blanks = "\x00\t\n\f\r "

// unblanked reads text without its white space.
type unblanked struct{ rest []byte }

func (u *unblanked) Read(p []byte) (n int, err error) {
	for n < len(p) && len(u.rest) > 0 {
		if b := u.rest[0]; strings.IndexByte(blanks, b) < 0 {
			p[n] = b
			n++
		}
		u.rest = u.rest[1:]
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// skipBlanks leaves out the end of the line before a stream's content.
func skipBlanks(follows []byte) io.Reader {
	begin := follows[:min(len(follows), 4)]
	return io.MultiReader(bytes.NewReader(bytes.TrimLeft(begin, "\r\n\t ")), bytes.NewReader(follows[len(begin):]))
}

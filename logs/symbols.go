package logs

import (
	"strconv"
	"strings"
)

// symbolAt reads the punctuation mark at i, in whatever way the text was escaped: by backslashes, as many as quoting
// more than once gives, as \u0022, as %22, or as an entity of HTML. Any other character is returned as its first byte.
// width is 0 at the end of the text.
func symbolAt(text string, i int) (c byte, width int) {
	if i >= len(text) {
		return 0, 0
	}
	switch text[i] {
	case '\\':
		c, width = backslashed(text[i:])
	case '%':
		c, width = percented(text[i:])
	case 0xEF:
		if strings.HasPrefix(text[i:], "：") {
			return ':', len("：")
		}
		return text[i], 1
	default:
		c, width = text[i], 1
	}
	if c == '&' {
		if mark, n := entity(text[i+width:]); n > 0 {
			return mark, width + n
		}
	}
	return c, width
}

// backslashed reads what stands after a run of backslashes.
func backslashed(text string) (c byte, width int) {
	n := 0
	for n < len(text) && text[n] == '\\' {
		n++
	}
	rest := text[n:]
	switch {
	case rest == "":
		return '\\', n
	case len(rest) >= 5 && rest[:3] == "u00" && isHex(rest[3:5]):
		return fromHex(rest[3:5]), n + 5
	case len(rest) >= 3 && rest[0] == 'x' && isHex(rest[1:3]):
		return fromHex(rest[1:3]), n + 3
	case strings.IndexByte("\"'`/", rest[0]) >= 0:
		return rest[0], n + 1
	case rest[0] == 't':
		return '\t', n + 1
	}
	return '\\', n
}

// percented reads %22, and %2522 where a URL stands in a URL.
func percented(text string) (c byte, width int) {
	if len(text) < 3 || !isHex(text[1:3]) {
		return '%', 1
	}
	c, width = fromHex(text[1:3]), 3
	for c == '%' && len(text) >= width+2 && isHex(text[width:width+2]) {
		c, width = fromHex(text[width:width+2]), width+2
	}
	return c, width
}

// entities are those of HTML, without their "&", by the mark they stand for.
var entities = []struct {
	text string
	mark byte
}{
	{"quot;", '"'}, {"#34;", '"'}, {"#39;", '\''}, {"apos;", '\''}, {"amp;", '&'},
	{"lt;", '<'}, {"#60;", '<'}, {"gt;", '>'}, {"#62;", '>'}, {"#61;", '='}, {"#58;", ':'},
}

func entity(text string) (mark byte, width int) {
	for _, e := range entities {
		if strings.HasPrefix(text, e.text) {
			return e.mark, len(e.text)
		}
	}
	return 0, 0
}

// escapeLength is the length of the escape sequence at the head of text, so that the letters in it are not taken for
// the head of a word: \n, \u003c, %3D; 1 when there is none.
func escapeLength(text string) int {
	if text[0] == '%' {
		_, width := percented(text)
		return width
	}
	n := 0
	for n < len(text) && text[n] == '\\' {
		n++
	}
	rest := text[n:]
	switch {
	case len(rest) >= 5 && rest[0] == 'u' && isHex(rest[1:5]):
		return n + 5
	case len(rest) >= 3 && rest[0] == 'x' && isHex(rest[1:3]):
		return n + 3
	case rest != "" && strings.IndexByte("abfnrtv", rest[0]) >= 0:
		return n + 1
	}
	return n
}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

func isHex(text string) bool {
	for i := range len(text) {
		if c := text[i] | 0x20; !isDigit(text[i]) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// fromHex reads two digits that isHex has accepted.
func fromHex(text string) byte {
	n, _ := strconv.ParseUint(text, 16, 8)
	return byte(n)
}

package papers

import (
	"bytes"
	"encoding/binary"
)

// archive says whether a reader of archives would open the content: those of ZIP
// look for the directory's end from the back, the others for where it begins,
// whatever stands before it.
func archive(content []byte) (string, bool) {
	const (
		endSize = 22
		longest = endSize + 1<<16 // with its comment
	)
	tail := content[max(0, len(content)-longest):]
	for at := bytes.LastIndex(tail, []byte("PK\x05\x06")); at >= 0; at = bytes.LastIndex(tail[:at], []byte("PK\x05\x06")) {
		if rest := tail[at:]; len(rest) >= endSize && endSize+int(binary.LittleEndian.Uint16(rest[20:])) <= len(rest) {
			return "zip", true
		}
	}
	for _, magic := range []string{"Rar!\x1a\x07", "7z\xbc\xaf\x27\x1c"} {
		if bytes.Contains(content, []byte(magic)) {
			return magic, true
		}
	}
	return "", false
}

// page says whether a browser that guesses types would take the beginning for
// a page or a script.
func page(content []byte) bool {
	head := bytes.ToLower(content[:min(len(content), 1024)])
	for _, tag := range []string{"<html", "<script", "<!doctype", "<svg", "<?php", "<body", "<iframe"} {
		if bytes.Contains(head, []byte(tag)) {
			return true
		}
	}
	return false
}

// blank says whether nothing but a little white space or padding is left.
func blank(rest []byte) bool {
	const little = 64
	return len(rest) <= little && len(bytes.Trim(rest, "\x00\t\n\f\r ")) == 0
}

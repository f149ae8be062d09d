package internship

import "strings"

// Masks of personal data for lists and notices (domain.md §3.2). They take
// anything: what is too short to be masked part by part is masked whole.

const (
	maskHead = 3 // characters of a number shown at its start
	maskTail = 4 // and at its end
)

// MaskMobile shows the first three and last four digits: 138****8000. A number
// of fewer than 11 characters is masked whole.
func MaskMobile(s string) string { return maskMiddle(s, mobileLength) }

// MaskIDNumber shows the first three and last four characters:
// 410***********0014. A number of fewer than 18 characters is masked whole.
func MaskIDNumber(s string) string { return maskMiddle(s, idLength) }

// MaskName shows the first character: 卢*. A name of one character is masked.
func MaskName(s string) string {
	name := []rune(s)
	if len(name) < 2 {
		return stars(len(name))
	}
	return string(name[:1]) + stars(len(name)-1)
}

// maskMiddle masks all but head and tail of a text of at least whole runes.
func maskMiddle(s string, whole int) string {
	text := []rune(s)
	if len(text) < whole {
		return stars(len(text))
	}
	tail := len(text) - maskTail
	return string(text[:maskHead]) + stars(tail-maskHead) + string(text[tail:])
}

func stars(n int) string { return strings.Repeat("*", n) }

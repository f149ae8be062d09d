package logs

import (
	"net/url"
	"strconv"
	"strings"
)

// What stands in place of a private value. None of them is itself redacted, so redacting twice changes nothing.
const (
	hiddenValue  = "***"
	hiddenOpenID = "*openid*"
	hiddenMobile = "*mobile*"
	hiddenID     = "*id-number*"
	hiddenToken  = "*token*"
)

// shortestSecret is the length from which a known secret is looked for by value: a shorter one, say "abc", is part of
// ordinary words.
const shortestSecret = 8

// A Redactor takes private values out of text. It is safe for concurrent use.
type Redactor struct {
	secrets []string
}

// NewRedactor gives a Redactor that also knows these secrets by value, in the forms in which they may appear: as they
// are, in a URL, in a quoted string.
func NewRedactor(secrets ...string) *Redactor {
	r := &Redactor{}
	for _, secret := range secrets {
		if len(secret) < shortestSecret {
			continue
		}
		quoted := strconv.Quote(secret)
		forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), quoted[1 : len(quoted)-1]}
		for i, form := range forms {
			if i == 0 || form != secret {
				r.secrets = append(r.secrets, form)
			}
		}
	}
	return r
}

// Redact is the text without its private values. Text without any comes back as it is, without a copy.
func (r *Redactor) Redact(text string) string {
	for _, secret := range r.secrets {
		if strings.Contains(text, secret) {
			text = strings.ReplaceAll(text, secret, hiddenValue)
		}
	}
	return Redact(text)
}

// Redact is the text without what is private by name or shape. Use a [Redactor] where the program's own secrets are
// known.
func Redact(text string) string {
	s := scanner{text: text}
	for i := 0; i < len(text); {
		i = s.step(i)
	}
	return s.result()
}

// scanner reads a text once, from left to right, and copies it only from the first change on.
type scanner struct {
	text   string
	out    []byte
	copied int // text before this stands in out, changed or not

	// noUser is, for each way in which userinfo reads a URL, where the last one without a user ended: so that a text
	// of nothing but schemes doesn't cost its square.
	noUser [4]int
}

// hide puts mark in place of text[from:to] and tells where to read on.
func (s *scanner) hide(from, to int, mark string) int {
	if s.text[from:to] == mark {
		return to
	}
	s.out = append(s.out, s.text[s.copied:from]...)
	s.out = append(s.out, mark...)
	s.copied = to
	return to
}

func (s *scanner) result() string {
	if s.copied == 0 {
		return s.text
	}
	return string(append(s.out, s.text[s.copied:]...))
}

// step deals with what begins at i and tells where the next thing begins.
func (s *scanner) step(i int) int {
	switch c := s.text[i]; {
	case isWord(c):
		return s.word(i)
	case c == '\\' || c == '%':
		return i + escapeLength(s.text[i:])
	case c >= 0x80:
		return s.wide(i)
	default:
		return i + 1
	}
}

// word deals with a run of identifier characters: the scheme of a URL, a private name with its value, the head of a
// credential, or a value that is private by its shape.
func (s *scanner) word(i int) int {
	end := i + 1
	for end < len(s.text) && isWord(s.text[end]) {
		end++
	}
	word := s.text[i:end]
	if next, ok := s.userinfo(word, end); ok {
		return next
	}
	if next, ok := s.namedValue(word, i, end); ok {
		return next
	}
	if next, ok := s.credential(word, end); ok {
		return next
	}
	if looksRandom(word) {
		return s.hide(i, endOfJWT(s.text, i, end), hiddenToken)
	}
	if from, to, ok := openIDIn(word); ok {
		return s.hide(i+from, i+to, hiddenOpenID)
	}
	return s.numbers(i, end)
}

// endOfJWT takes the further parts of a token of several parts set off by dots.
func endOfJWT(text string, from, end int) int {
	if !strings.HasPrefix(text[from:], "eyJ") {
		return end
	}
	for end < len(text) && (isWord(text[end]) || text[end] == '.' && end+1 < len(text) && isWord(text[end+1])) {
		end++
	}
	return end
}

// numbers looks for mobile and ID numbers that begin inside the word text[i:end]. One that is grouped by spaces may
// end outside it.
func (s *scanner) numbers(i, end int) int {
	afterDigit := false
	for i < end {
		if !isDigit(s.text[i]) {
			afterDigit = false
			i++
			continue
		}
		if !afterDigit {
			if next, ok := s.number(i); ok {
				if next >= end {
					return next
				}
				i = next
				continue
			}
		}
		afterDigit = true
		i++
	}
	return i
}

func (s *scanner) number(i int) (next int, ok bool) {
	if i+2 >= len(s.text) || s.text[i+2] < 0x80 && !isDigit(s.text[i+2]) {
		return i, false // both begin with three digits at least, and most runs are shorter
	}
	if end, ok := mobileAt(s.text, i); ok {
		return s.hide(i, end, hiddenMobile), true
	}
	if end, ok := idNumberAt(s.text, i); ok {
		return s.hide(i, end, hiddenID), true
	}
	return i, false
}

// credential hides what follows a word such as Bearer, as in an Authorization header.
func (s *scanner) credential(word string, end int) (next int, ok bool) {
	if !isCredentialWord(word) {
		return 0, false
	}
	from := end
	for from < len(s.text) && s.text[from] == ' ' {
		from++
	}
	to := from
	for to < len(s.text) && (isWord(s.text[to]) || strings.IndexByte("._~+/=:", s.text[to]) >= 0) {
		to++
	}
	if from == end || to == from || isPlainWord(s.text[from:to]) {
		return 0, false
	}
	return s.hide(from, to, hiddenToken), true
}

func isCredentialWord(word string) bool {
	return len(word) == len("bearer") && strings.EqualFold(word, "bearer") ||
		len(word) == len("basic") && strings.EqualFold(word, "basic")
}

// wide deals with what begins with a byte outside ASCII: full-width digits and Chinese names of private values.
func (s *scanner) wide(i int) int {
	if s.text[i] < 0xC0 { // inside a character
		return i + 1
	}
	if _, width := digitAt(s.text, i); width > 0 {
		if next, ok := s.number(i); ok {
			return next
		}
		for width > 0 {
			i += width
			_, width = digitAt(s.text, i)
		}
		return i
	}
	for _, name := range privateWords {
		if strings.HasPrefix(s.text[i:], name) {
			if next, ok := s.namedValue(name, i, i+len(name)); ok {
				return next
			}
		}
	}
	return i + 1
}

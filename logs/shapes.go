package logs

// The shapes of values that are private whatever their name.

const (
	openIDLength                  = 28 // "o" and 27 of [A-Za-z0-9_-]; WeChat promises no length, and its samples differ:
	shortestOpenID, longestOpenID = 26, 39

	randomLength = 40 // mixed-case runs from here on are keys or tokens: 256 bits in base64url are 43
	jwtLength    = 16 // the shortest first part of a JWT worth hiding; it begins with eyJ, which is {" in base64
)

// makeup is what a word consists of.
type makeup struct{ lower, upper, digit bool }

func makeupOf(word string) (m makeup) {
	for i := range len(word) {
		switch c := word[i]; {
		case isDigit(c):
			m.digit = true
		case c >= 'A' && c <= 'Z':
			m.upper = true
		case c >= 'a' && c <= 'z':
			m.lower = true
		}
	}
	return m
}

// looksRandom tells keys and tokens from names: ids in lower-case hex are not random in this sense, since our own
// request and document ids look so.
func looksRandom(word string) bool {
	if len(word) >= jwtLength && word[:3] == "eyJ" {
		return true
	}
	if len(word) < randomLength {
		return false
	}
	m := makeupOf(word)
	return m.lower && m.upper && m.digit
}

// openIDIn finds an openid in word: the word itself, or a part set off by "_" or "-", as in a key made of ids. An openid
// may itself hold these, so one of another length than usual is looked for only where a word or a part begins.
func openIDIn(word string) (from, to int, ok bool) {
	for from = 0; from+shortestOpenID <= len(word); from++ {
		if word[from] != 'o' || from > 0 && !isJoint(word[from-1]) {
			continue
		}
		to = from + openIDLength
		if to <= len(word) && (to == len(word) || isJoint(word[to])) {
			if m := makeupOf(word[from:to]); m.digit || m.upper {
				return from, to, true
			}
		}
		m := makeupOf(word[from:])
		if len(word)-from <= longestOpenID && m.lower && m.upper && m.digit {
			return from, len(word), true
		}
	}
	return 0, 0, false
}

func isJoint(c byte) bool { return c == '_' || c == '-' }

// mobileAt tells where a mainland mobile number that starts at i ends: 1[3-9] and nine digits, bare or grouped 3-4-4,
// with or without the country code. The caller has checked that no digit stands before i.
func mobileAt(s string, i int) (end int, ok bool) {
	if c := s[i]; c < 0x80 && c != '1' && c != '8' && c != '0' {
		return 0, false
	}
	for _, prefix := range [...]string{"", "86", "0086", "0"} {
		at, fits := digitsAt(s, i, prefix)
		if !fits {
			continue
		}
		if end, ok = groupedAt(s, at, 3, 4, 4); !ok {
			continue
		}
		first, width := digitAt(s, at)
		second, _ := digitAt(s, at+width)
		if first == 1 && second >= 3 {
			return end, true
		}
	}
	return 0, false
}

// idNumberAt tells where an ID number of 18 characters that starts at i ends: region, a date of birth that can be,
// sequence, check character. The check character is not computed: a mistyped number is private too.
func idNumberAt(s string, i int) (end int, ok bool) {
	end, ok = groupedAt(s, i, 6, 8, 4)
	if !ok {
		return 0, false
	}
	var digits [17]int
	at := i
	for n := range digits {
		d, width := digitAt(s, at)
		if width == 0 {
			at++ // the separator between groups
			d, width = digitAt(s, at)
		}
		digits[n] = d
		at += width
	}
	century := digits[6]*10 + digits[7]
	month := digits[10]*10 + digits[11]
	day := digits[12]*10 + digits[13]
	return end, digits[0] != 0 && (century >= 18 && century <= 20) &&
		month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// groupedAt matches three groups of digits at i, each set off from the next by at most one space or hyphen, with no
// digit after. When the groups make 18 characters the last may be an X.
func groupedAt(s string, i int, groups ...int) (end int, ok bool) {
	total := 0
	for g, size := range groups {
		total += size
		if g > 0 && i < len(s) && (s[i] == ' ' || s[i] == '-') {
			i++
		}
		for n := range size {
			_, width := digitAt(s, i)
			if width == 0 && total == 18 && n == size-1 && i < len(s) && s[i]|0x20 == 'x' {
				width = 1
			}
			if width == 0 {
				return 0, false
			}
			i += width
		}
	}
	_, more := digitAt(s, i)
	return i, more == 0
}

// digitsAt tells whether prefix stands at i, and where it ends.
func digitsAt(s string, i int, prefix string) (end int, ok bool) {
	for n := range len(prefix) {
		d, width := digitAt(s, i)
		if width == 0 || byte(d)+'0' != prefix[n] {
			return 0, false
		}
		i += width
	}
	return i, true
}

// digitAt reads the digit at i, ASCII or full-width (which Chinese input methods produce); width is 0 when there is
// none.
func digitAt(s string, i int) (digit, width int) {
	if i >= len(s) {
		return 0, 0
	}
	if isDigit(s[i]) {
		return int(s[i] - '0'), 1
	}
	if s[i] == 0xEF && i+2 < len(s) && s[i+1] == 0xBC && s[i+2] >= 0x90 && s[i+2] <= 0x99 { // U+FF10..U+FF19
		return int(s[i+2] - 0x90), 3
	}
	return 0, 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isWord tells the characters of base64url, which are also those of identifiers.
func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || isJoint(c)
}

// isPlainWord tells an ordinary English word, in lower case but for its first letter, from a value.
func isPlainWord(word string) bool {
	if word == "" || len(word) > 20 {
		return false
	}
	for i := range len(word) {
		c := word[i]
		if c >= 'a' && c <= 'z' || i == 0 && c >= 'A' && c <= 'Z' {
			continue
		}
		return false
	}
	return true
}

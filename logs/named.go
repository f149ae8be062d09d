package logs

import "strings"

// namedValue hides the value after a private name, in the many ways in which text puts the two together:
// name=value, name: value, "name":"value", \"name\":\"value\", name%3Dvalue, <name>value</name>, map[name:[value]].
func (s *scanner) namedValue(name string, from, end int) (next int, ok bool) {
	if end < len(s.text) && s.text[end] == ' ' && end+1 < len(s.text) && isWord(s.text[end+1]) {
		return 0, false // two words of a sentence: by far the commonest case
	}
	sep, ok := separatorAt(s.text, from, end)
	if !ok {
		return 0, false
	}
	kind := privacyOf(name)
	if kind == public {
		return 0, false
	}
	if sep.weak && kind == token && isPlainWord(wordAt(s.text, sep.end)) {
		return 0, false // "fetch token: context deadline exceeded" is a sentence
	}
	stop := endOfValue(s.text, sep.end, sep.closer, kind)
	if stop == sep.end {
		return 0, false
	}
	return s.hide(sep.end, stop, hiddenValue), true
}

// separator is what stands between a name and its value.
type separator struct {
	end    int    // where the value begins
	closer string // what ends the value, "" when it is not quoted
	weak   bool   // a colon and a space after a bare word, which may be prose
}

// separatorAt reads the separator after the name text[name:i].
func separatorAt(text string, name, i int) (sep separator, ok bool) {
	bare := i
	c, width := symbolAt(text, i)
	for isQuote(c) || c == ']' { // ["name"]=
		i += width
		c, width = symbolAt(text, i)
	}
	quotedName := i > bare
	i = skipSpaces(text, i)
	switch c, width = symbolAt(text, i); {
	case c == '=', c == ':':
		i += width
		sep.weak = c == ':' && !quotedName && skipSpaces(text, i) > i
	case c == '>' && endsInTag(text[:name]):
		return contentAt(text, i+width, text[i:i+width]), true
	default:
		return separator{}, false
	}
	if c, width = symbolAt(text, i); c == '=' || c == '>' { // == and =>
		i += width
	}
	i = skipSpaces(text, i)
	if c, width = symbolAt(text, i); isQuote(c) {
		sep.closer = text[i : i+width]
		sep.weak = false
		i += width
	}
	sep.end = i
	return sep, true
}

// closingMark turns the end of an opening tag into the head of a closing one, in any of the forms of endsInTag.
var closingMark = strings.NewReplacer(">", "<", "3e", "3c", "3E", "3C", "gt", "lt", "62", "60")

// contentAt reads the content of an XML element whose opening tag ends before i with the given mark.
func contentAt(text string, i int, mark string) separator {
	less := closingMark.Replace(mark)
	const open, shut = "![CDATA[", "]]"
	if strings.HasPrefix(text[i:], less+open) {
		return separator{end: i + len(less) + len(open), closer: shut}
	}
	return separator{end: i, closer: less}
}

// endsInTag tells whether text ends with the "<" of a tag, in any of its forms.
func endsInTag(text string) bool {
	for _, less := range [...]string{"<", "003c", "003C", "%3C", "%3c", "&lt;", "&#60;"} {
		if strings.HasSuffix(text, less) {
			return true
		}
	}
	return false
}

// endOfValue tells where the value that begins at i ends. A value whose end is not found takes the rest of the text:
// hiding too much is the lesser evil.
func endOfValue(text string, i int, closer string, kind privacy) int {
	if closer != "" {
		return endOfQuoted(text, i, closer)
	}
	if after := i + len(hiddenValue); strings.HasPrefix(text[i:], hiddenValue) && (after == len(text) || !isWord(text[after])) {
		return after
	}
	if i < len(text) && (text[i] == '[' || text[i] == '{') {
		return endOfBrackets(text, i)
	}
	stops := " \t\r\n\"'`<&"
	switch kind {
	case token:
		stops += ",;)}]"
	case header:
		stops = "\r\n\"'`"
	}
	end := i
	for end < len(text) && strings.IndexByte(stops, text[end]) < 0 {
		end++
	}
	if isCredentialWord(text[i:end]) && end+1 < len(text) && text[end] == ' ' {
		return endOfValue(text, end+1, "", kind) // token=Bearer abc
	}
	for end > i && end < len(text) && text[end-1] == '\\' {
		end-- // these belong to the quote that follows
	}
	return end
}

// endOfQuoted finds closer from i on. A quote with more backslashes before it than closer has stands inside the value.
func endOfQuoted(text string, i int, closer string) int {
	quote := strings.TrimLeft(closer, `\`)
	slashes := len(closer) - len(quote)
	for at := i; ; {
		n := strings.Index(text[at:], quote)
		if n < 0 {
			return len(text)
		}
		at += n
		before := 0
		for at-before > i && text[at-before-1] == '\\' {
			before++
		}
		// Each level of quoting doubles the backslashes: what is left over must be whole backslashes of the value.
		if before >= slashes && (before-slashes)%(2*(slashes+1)) == 0 {
			return at - slashes
		}
		at += len(quote)
	}
}

// endOfBrackets finds the bracket that closes the one at i.
func endOfBrackets(text string, i int) int {
	depth := 0
	for ; i < len(text); i++ {
		switch text[i] {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

// networkSchemes are those of connection strings, where a password may hold anything but a space and a quote.
var networkSchemes = []string{"mongodb", "srv", "redis", "rediss", "unix", "amqp", "amqps", "postgres", "mysql"}

// userinfo hides the user and password of a URL whose scheme ends at end.
func (s *scanner) userinfo(scheme string, end int) (next int, ok bool) {
	if end == len(s.text) || isWord(s.text[end]) || s.text[end] == ' ' {
		return 0, false
	}
	start := end
	for _, want := range [...]byte{':', '/', '/'} {
		c, width := symbolAt(s.text, start)
		if c != want {
			return 0, false
		}
		start += width
	}
	kind, stops, at := 0, " \t\r\n\"'`<>/?#", "@"
	if isNetworkScheme(scheme) {
		kind, stops = 1, " \t\r\n\"'`<>"
	}
	if s.text[end] == '%' {
		kind, at = kind+2, "%40"
	}
	if start <= s.noUser[kind] {
		return start, true
	}
	stop := len(s.text)
	if n := strings.IndexAny(s.text[start:], stops); n >= 0 {
		stop = start + n
	}
	host := strings.LastIndex(s.text[start:stop], at)
	if host <= 0 {
		s.noUser[kind] = stop
		return start, true
	}
	s.hide(start, start+host, hiddenValue)
	return start + host + len(at), true
}

func isNetworkScheme(scheme string) bool {
	for _, network := range networkSchemes {
		if strings.EqualFold(scheme, network) {
			return true
		}
	}
	return false
}

// wordAt is the word at i when it ends where a word of prose does, "" otherwise.
func wordAt(text string, i int) string {
	end := i
	for end < len(text) && isWord(text[end]) {
		end++
	}
	if end < len(text) && text[end] < 0x80 && strings.IndexByte(" \t\r\n:,.;!?)\"'\\", text[end]) < 0 {
		return ""
	}
	return text[i:end]
}

func skipSpaces(text string, i int) int {
	for {
		c, width := symbolAt(text, i)
		if c != ' ' && c != '\t' {
			return i
		}
		i += width
	}
}

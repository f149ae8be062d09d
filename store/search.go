package store

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// maxGrams bounds the search array of one document.
const maxGrams = 400

// grams are the lower-cased single characters and bigrams of a text: with
// them an equality on the array finds any substring's candidates.
func grams(text string) []string {
	seen := map[string]bool{}
	var out []string
	add := func(g string) {
		if !seen[g] && len(out) < maxGrams {
			seen[g] = true
			out = append(out, g)
		}
	}
	for _, word := range words(text) {
		runes := []rune(word)
		for i, r := range runes {
			add(string(r))
			if i+1 < len(runes) {
				add(string(runes[i : i+2]))
			}
		}
	}
	return out
}

// probe is the gram by which candidates for a needle are found, "" when the
// needle has nothing to search for: the bigram that is likely rarest, i.e.
// the last of its longest word.
func probe(needle string) string {
	ws := words(needle)
	if len(ws) == 0 {
		return ""
	}
	longest := slices.MaxFunc(ws, func(a, b string) int { return len(a) - len(b) })
	runes := []rune(longest)
	return string(runes[max(0, len(runes)-2):])
}

// matches verifies a candidate: every word of the needle stands in the text.
func matches(text, needle string) bool {
	text = strings.ToLower(text)
	for _, w := range words(needle) {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), unicode.IsSpace)
}

// orderKey is the place of a document in lists: fixed-width milliseconds and
// the id, so that it sorts by time and is unique.
func orderKey(t time.Time, id string) string { return orderBound(t) + "-" + id }

// orderBound is where the documents of an instant begin.
func orderBound(t time.Time) string { return fmt.Sprintf("%012x", max(0, t.UnixMilli())) }

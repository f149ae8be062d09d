package shixi_test

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// mixed finds half-width punctuation beside a Chinese character.
var mixed = regexp.MustCompile(`[\p{Han}」）][,;:?!()]|[,;:?!()][\p{Han}「（]`)

// choices are the lists in field tags, which a library splits at its commas.
var choices = regexp.MustCompile(`enum:"[^"]*"`)

// TestPunctuation: every sentence that a user sees is punctuated in one way,
// full-width. Literals that are mostly Latin, such as tables for developers
// with a Chinese term in them, and regular expressions are none.
func TestPunctuation(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files := token.NewFileSet()
		file := files.AddFile(path, files.Base(), len(source))
		var s scanner.Scanner
		s.Init(file, source, nil, 0)
		for {
			at, kind, literal := s.Scan()
			if kind == token.EOF {
				return nil
			}
			literal = choices.ReplaceAllString(literal, "")
			if kind == token.STRING && mostlyChinese(literal) && mixed.MatchString(literal) {
				t.Errorf("%s: %s: half-width punctuation at %q", files.Position(at), literal, mixed.FindString(literal))
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func mostlyChinese(literal string) bool {
	han, latin := 0, 0
	for _, r := range literal {
		switch {
		case strings.ContainsRune(`\^[]|`, r):
			latin += 2 // of an expression, not a sentence
		case unicode.Is(unicode.Han, r):
			han++
		case unicode.IsLetter(r):
			latin++
		}
	}
	return 2*han > latin
}

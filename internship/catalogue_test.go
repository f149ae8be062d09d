package internship

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

func TestCatalogueIsWholeAndUnique(t *testing.T) {
	t.Parallel()
	numbers, codes := map[int]bool{}, map[string]bool{}
	for i, e := range Catalogue() {
		if numbers[e.Number] || codes[e.Code] {
			t.Errorf("%d %s twice", e.Number, e.Code)
		}
		numbers[e.Number], codes[e.Code] = true, true
		if e.Title == "" || e.Detail == "" || e.Status() < 400 || e.Status() > 599 {
			t.Errorf("%s is not whole", e.Code)
		}
		if i > 0 && Catalogue()[i-1].Number >= e.Number {
			t.Errorf("%s is out of order", e.Code)
		}
	}
	if declared := declaredErrors(t); declared != len(codes) {
		t.Errorf("%d errors declared, %d listed", declared, len(codes))
	}
}

// declaredErrors counts the errors of catalogue.go and its sister files.
func declaredErrors(t *testing.T) int {
	t.Helper()
	names, err := filepath.Glob("catalogue*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if spec, ok := node.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Err") {
				n++
			}
			return true
		})
	}
	return n
}

func TestErrorRefinements(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("accept: %w", ErrBusy.With("请稍候").Because(errors.New("clash")).After(3))
	if !errors.Is(err, ErrBusy) || errors.Is(err, ErrNotFound) {
		t.Error("codes are not compared")
	}
	e, _ := errors.AsType[*Error](err)
	if e.Detail != "请稍候" || e.RetryAfter != 3 || ErrBusy.RetryAfter != 1 || !strings.Contains(e.Error(), "clash") {
		t.Errorf("%+v", e)
	}
	f := ErrInvalid.At(FieldError{"name", "required", "请填写姓名"}).At(FieldError{"mobile", "format", "手机号不正确"})
	if len(f.Fields) != 2 || f.Detail != "请填写姓名；手机号不正确" || len(ErrInvalid.Fields) != 0 {
		t.Errorf("%+v", f)
	}
}

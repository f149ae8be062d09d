package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"shixi/internship"
)

// Form is a JSON body of type T as it came: what could be read, and which
// fields could not. Reading never stops at the first wrong field, so that
// read, together with the domain's own check, tells all of them at once, with
// the domain's sentences. T is a struct of strings, integers, booleans, lists
// and such structs.
type Form[T any] struct {
	value T
	wrong []internship.FieldError
}

// maxWrong bounds the answer to a body made of wrong fields only.
const maxWrong = 50

var errNotObject = errors.New("handlers: body is not a JSON object")

// Schema implements huma.SchemaProvider: clients see T.
func (Form[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "")
}

// UnmarshalJSON reads the body. Wrong and unknown fields are noted; only a body
// that is no JSON object is an error.
func (f *Form[T]) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return fmt.Errorf("handlers: read body: %w", err)
	}
	object, ok := tree.(map[string]any)
	if !ok {
		return errNotObject
	}
	var r bodyReader
	r.object(reflect.ValueOf(&f.value).Elem(), object, "")
	f.wrong = r.wrong
	return nil
}

// read gives the body, or ErrInvalid with every wrong field: those of a wrong
// type or name and what check refuses of the others.
func (f Form[T]) read(check func(T) error) (T, error) {
	err := check(f.value)
	if len(f.wrong) == 0 {
		return f.value, err
	}
	wrong := slices.Clone(f.wrong)
	if e, ok := errors.AsType[*internship.Error](err); ok {
		for _, field := range e.Fields {
			if !f.refused(field.Field) {
				wrong = append(wrong, field)
			}
		}
	}
	return f.value, internship.ErrInvalid.At(wrong...)
}

// refused says whether a field, what holds it or an entry of it is already
// wrong: the domain sees it as missing, which would be a second complaint.
func (f Form[T]) refused(path string) bool {
	return slices.ContainsFunc(f.wrong, func(w internship.FieldError) bool {
		return w.Code != "unknown" && (w.Field == path || within(path, w.Field) || within(w.Field, path))
	})
}

func within(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, parent)
	return ok && (strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "["))
}

// bodyReader fills a struct from decoded JSON and notes what doesn't fit.
type bodyReader struct{ wrong []internship.FieldError }

func (r *bodyReader) refuse(path, code, message string) {
	if len(r.wrong) < maxWrong {
		r.wrong = append(r.wrong, internship.FieldError{Field: path, Code: code, Message: message})
	}
}

// object reads the members of a struct. Names are exact, as they are
// everywhere else in JSON.
func (r *bodyReader) object(v reflect.Value, object map[string]any, path string) {
	known := map[string]bool{}
	r.members(v, object, path, known)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !known[name] {
			name = shown(name)
			r.refuse(path+name, "unknown", "没有「"+name+"」这个字段，请检查拼写")
		}
	}
}

// members reads the members that a struct knows; those of an embedded struct
// are its own, as everywhere in Go's JSON.
func (r *bodyReader) members(v reflect.Value, object map[string]any, path string, known map[string]bool) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Anonymous {
			r.members(v.Field(i), object, path, known)
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		known[name] = true
		if member, ok := object[name]; ok {
			label, _, _ := strings.Cut(field.Tag.Get("doc"), "，")
			label, _, _ = strings.Cut(label, "；")
			r.value(v.Field(i), member, path+name, label)
		}
	}
}

// value reads one value; null counts as absent.
func (r *bodyReader) value(v reflect.Value, member any, path, label string) {
	if member == nil {
		return
	}
	switch v.Kind() {
	case reflect.String:
		if s, ok := member.(string); ok {
			v.SetString(s)
			return
		}
		r.refuse(path, "type", label+"应为文字")
	case reflect.Int, reflect.Int64:
		if n, ok := member.(json.Number); ok {
			if i, err := n.Int64(); err == nil && !v.OverflowInt(i) {
				v.SetInt(i)
				return
			}
		}
		r.refuse(path, "type", label+"应为整数")
	case reflect.Bool:
		if b, ok := member.(bool); ok {
			v.SetBool(b)
			return
		}
		r.refuse(path, "type", label+"应为 true 或 false")
	case reflect.Slice:
		r.list(v, member, path, label)
	case reflect.Struct:
		if o, ok := member.(map[string]any); ok {
			r.object(v, o, path+".")
			return
		}
		r.refuse(path, "type", label+"应为对象")
	default:
		r.refuse(path, "type", label+"无法读取")
	}
}

func (r *bodyReader) list(v reflect.Value, member any, path, label string) {
	entries, ok := member.([]any)
	if !ok {
		r.refuse(path, "type", label+"应为列表")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(entries), len(entries)))
	for i, entry := range entries {
		r.value(v.Index(i), entry, fmt.Sprintf("%s[%d]", path, i), label)
	}
}

// shown makes a name that the caller chose fit to be told back: short, and
// without what can't be seen.
func shown(name string) string {
	const longest = 40
	visible := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return '?'
		}
		return r
	}, name)
	if runes := []rune(visible); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return visible
}

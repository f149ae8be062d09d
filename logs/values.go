package logs

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"unicode/utf8"
)

const (
	// longestText is how much of one value is written: enough for a WeChat answer and a stack, while a hostile body
	// can't flood the log.
	longestText = 8 << 10

	// longestRead bounds the work on one value.
	longestRead = 64 << 10

	// longestShape is more than any value that is recognised by its whole shape. So much of the end of a value is
	// dropped when its reading was cut short there, since it may be the half of something private.
	longestShape = 128
)

// attr is the ReplaceAttr of the JSON handler, the one place through which every attribute and message passes.
func (r *Redactor) attr(groups []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindTime, slog.KindBool, slog.KindDuration:
		return a // these hold nothing private, under any name
	}
	if len(groups) == 0 && (a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
		return r.builtIn(a)
	}
	if privacyOf(a.Key) != public || anyPrivate(groups) {
		return slog.String(r.Redact(a.Key), hiddenValue)
	}
	return slog.Attr{Key: r.Redact(a.Key), Value: r.value(a.Value)}
}

// builtIn deals with the level and the message, and with attributes of the caller's that took their names.
func (r *Redactor) builtIn(a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindAny {
		if _, ok := a.Value.Any().(slog.Level); ok {
			return a
		}
	}
	return slog.Attr{Key: a.Key, Value: r.value(a.Value)}
}

func anyPrivate(groups []string) bool {
	for _, group := range groups {
		if privacyOf(group) != public {
			return true
		}
	}
	return false
}

// value is v without what is private by its shape. Numbers stay numbers unless they look like a phone or ID number.
func (r *Redactor) value(v slog.Value) slog.Value {
	switch v.Kind() {
	case slog.KindString:
		return slog.StringValue(r.text(v.String()))
	case slog.KindInt64:
		return r.number(v, strconv.FormatInt(v.Int64(), 10))
	case slog.KindUint64:
		return r.number(v, strconv.FormatUint(v.Uint64(), 10))
	case slog.KindFloat64:
		return r.number(v, strconv.FormatFloat(v.Float64(), 'f', -1, 64))
	case slog.KindAny:
		return slog.AnyValue(r.any(v.Any()))
	default:
		return v
	}
}

func (r *Redactor) number(v slog.Value, text string) slog.Value {
	if hidden := r.Redact(text); hidden != text {
		return slog.StringValue(hidden)
	}
	return v
}

// text redacts and then cuts.
func (r *Redactor) text(s string) string {
	full := len(s)
	s = r.Redact(s[:min(full, longestRead)])
	end := len(s)
	if full > longestRead {
		end = max(0, end-longestShape)
	}
	if end == len(s) && end <= longestText {
		return s
	}
	end = min(end, longestText)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "… (" + strconv.Itoa(full) + " bytes)"
}

// any gives what JSON shall show of a value of any type: its own text where it has one, else its fields.
func (r *Redactor) any(v any) (shown any) {
	defer func() {
		if recover() != nil { // a nil receiver or a broken method must not cost the line
			shown = fmt.Sprintf("(%T)", v)
		}
	}()
	switch v := v.(type) {
	case nil, bool, json.Number:
		return r.tree(v)
	case error:
		return r.text(v.Error())
	case fmt.Stringer:
		return r.text(v.String())
	case json.RawMessage:
		return r.text(string(v))
	case []byte:
		return r.bytes(v)
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		if err != nil {
			return r.text(err.Error())
		}
		return r.text(string(text))
	}
	return r.fields(v)
}

func (r *Redactor) bytes(b []byte) any {
	if !utf8.Valid(b) {
		return "(" + strconv.Itoa(len(b)) + " bytes)"
	}
	return r.text(string(b))
}

// fields goes through JSON, which knows the names of struct fields and map keys.
func (r *Redactor) fields(v any) any {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Sprintf("(%T)", v)
	}
	decoder := json.NewDecoder(&buffer)
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return fmt.Sprintf("(%T)", v)
	}
	return r.tree(tree)
}

// tree redacts a decoded JSON value.
func (r *Redactor) tree(v any) any {
	switch v := v.(type) {
	case string:
		return r.text(v)
	case json.Number:
		if hidden := r.Redact(v.String()); hidden != v.String() {
			return hidden
		}
		return v
	case []any:
		for i := range v {
			v[i] = r.tree(v[i])
		}
		return v
	case map[string]any:
		shown := make(map[string]any, len(v))
		for key, value := range v {
			_, isBool := value.(bool)
			if privacyOf(key) != public && value != nil && !isBool {
				value = hiddenValue
			} else {
				value = r.tree(value)
			}
			shown[r.Redact(key)] = value
		}
		return shown
	default:
		return v
	}
}

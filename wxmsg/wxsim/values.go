package wxsim

import (
	"encoding/json"
	"fmt"
	"slices"

	"shixi/wxmsg"
)

// templateData is the data object of both send endpoints. Only value counts; a
// colour is ignored, as since 2023 (wechat.md §1.3).
type templateData map[string]struct {
	Value *json.RawMessage `json:"value"`
}

// checkData holds data against a template and returns the rows to show.
//
// first and remark are dropped silently (wechat.md §1.3). Any other key that
// the template has not is refused with 47003: no page says what the platform
// does with it, and it is a mistake in every case.
func checkData(t Template, data templateData) ([]Value, *apiError) {
	values := make([]Value, 0, len(t.Keywords))
	for _, k := range t.Keywords {
		value, refusal := valueOf(data, k.Key)
		if refusal != nil {
			return nil, refusal
		}
		if !allowed(k, value) {
			return nil, badValue(k.Key, "invalid")
		}
		values = append(values, Value{Key: k.Key, Name: k.Name, Value: value})
	}
	for key := range data {
		known := slices.ContainsFunc(t.Keywords, func(k Keyword) bool { return k.Key == key })
		if !known && key != "first" && key != "remark" {
			return nil, badValue(key, "invalid")
		}
	}
	return values, nil
}

// valueOf reads one value: it must be there, a string and not empty.
func valueOf(data templateData, key string) (string, *apiError) {
	raw := data[key].Value
	if raw == nil {
		return "", badValue(key, "is empty")
	}
	var value string
	if json.Unmarshal(*raw, &value) != nil {
		return "", refuse(errDataFormat)
	}
	if value == "" {
		return "", badValue(key, "is empty")
	}
	return value, nil
}

// allowed applies the limits of the key's type (wechat.md §1.4), or the list
// of an enumerated row.
func allowed(k Keyword, value string) bool {
	if len(k.Allowed) > 0 {
		return slices.Contains(k.Allowed, value)
	}
	kind, err := wxmsg.TypeOf(k.Key)
	return err == nil && wxmsg.Valid(kind, value) == nil
}

func badValue(key, what string) *apiError {
	return &apiError{code: errArgument, msg: fmt.Sprintf("argument invalid! data.%s.value %s", key, what)}
}

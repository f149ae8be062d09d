package handlers_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// contract is /openapi.json as it is served. It checks every answer of the
// suite: what is not documented is a failure.
type contract struct {
	schemas map[string]any
	paths   map[*regexp.Regexp]map[string]any
	// webhook is the schema of what is posted to partners.
	webhook map[string]any
}

// binary stands for a body that is a file and has no schema.
const binary = "file"

var parameter = regexp.MustCompile(`\\\{[^/]+\\\}`)

func readContract(document []byte) (*contract, error) {
	var doc struct {
		OpenAPI    string
		Paths      map[string]map[string]any
		Webhooks   map[string]any
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") {
		return nil, fmt.Errorf("OpenAPI %s, want 3.1", doc.OpenAPI)
	}
	c := &contract{schemas: doc.Components.Schemas, paths: map[*regexp.Regexp]map[string]any{}}
	body := object(object(object(doc.Webhooks["events"])["post"])["requestBody"])
	c.webhook = object(object(object(body["content"])["application/json"])["schema"])
	for path, item := range doc.Paths {
		pattern := "^" + parameter.ReplaceAllString(regexp.QuoteMeta(path), "[^/]+") + "$"
		c.paths[regexp.MustCompile(pattern)] = item
	}
	return c, nil
}

// check says what is wrong with an answer to a documented operation. Answers
// outside of any (an unknown path) must be problems.
func (c *contract) check(method, path string, status int, header http.Header, body []byte) error {
	kind, schema, err := c.expected(method, path, status)
	if err != nil {
		return err
	}
	if schema == nil {
		if len(body) > 0 {
			return fmt.Errorf("%d has a body, none is documented: %.200s", status, body)
		}
		return nil
	}
	if kind == binary {
		return nil
	}
	if got := header.Get("Content-Type"); got != kind {
		return fmt.Errorf("content type %q, documented is %q", got, kind)
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return fmt.Errorf("body is not JSON: %w: %.200s", err, body)
	}
	return c.fits(schema, value, "$")
}

// expected finds the documented answer: its media type and schema.
func (c *contract) expected(method, path string, status int) (kind string, schema map[string]any, err error) {
	operation := c.operation(method, path)
	if operation == nil {
		if status < 400 {
			return "", nil, fmt.Errorf("%d from an operation that is not documented", status)
		}
		return "application/problem+json", map[string]any{"$ref": "#/components/schemas/Problem"}, nil
	}
	responses := object(operation["responses"])
	response := object(responses[strconv.Itoa(status)])
	if response == nil {
		if status < 400 {
			return "", nil, fmt.Errorf("%d is not documented", status)
		}
		response = object(responses["default"])
	}
	content := object(response["content"])
	if len(content) == 0 {
		return "", nil, nil
	}
	for _, media := range content {
		if object(object(media)["schema"])["format"] == "binary" {
			return binary, map[string]any{}, nil
		}
	}
	kind = slices.Collect(maps.Keys(content))[0]
	return kind, object(object(content[kind])["schema"]), nil
}

func (c *contract) operation(method, path string) map[string]any {
	var found map[string]any
	for pattern, item := range c.paths {
		if pattern.MatchString(path) {
			if o := object(item[strings.ToLower(method)]); o != nil && (found == nil || !strings.Contains(pattern.String(), "[^/]+")) {
				found = o
			}
		}
	}
	return found
}

func object(v any) map[string]any { m, _ := v.(map[string]any); return m }

// known are the keywords that fits understands or that say nothing of values.
var known = []string{"$ref", "type", "properties", "required", "additionalProperties", "items", "enum", "minimum", "maximum",
	"minLength", "maxLength", "minItems", "maxItems", "pattern", "format", "description", "examples", "title", "default", "writeOnly"}

// fits validates a value against a JSON schema.
func (c *contract) fits(schema map[string]any, value any, at string) error {
	for keyword := range schema {
		if !slices.Contains(known, keyword) {
			return fmt.Errorf("%s: keyword %q is not understood by this check", at, keyword)
		}
	}
	if ref, ok := schema["$ref"].(string); ok {
		target := object(c.schemas[strings.TrimPrefix(ref, "#/components/schemas/")])
		if target == nil {
			return fmt.Errorf("%s: %s leads nowhere", at, ref)
		}
		return c.fits(target, value, at)
	}
	if enum, ok := schema["enum"].([]any); ok && !slices.Contains(enum, value) {
		return fmt.Errorf("%s: %v is none of %v", at, value, enum)
	}
	switch value := value.(type) {
	case map[string]any:
		return c.fitsObject(schema, value, at)
	case []any:
		return c.fitsList(schema, value, at)
	case string:
		return fitsString(schema, value, at)
	case float64:
		return fitsNumber(schema, value, at)
	case bool:
		return typed(schema, "boolean", at)
	}
	return fmt.Errorf("%s: null is not documented", at)
}

func typed(schema map[string]any, kind, at string) error {
	if t, ok := schema["type"]; ok && t != kind && (t != "integer" || kind != "number") {
		return fmt.Errorf("%s: a %s, documented is %v", at, kind, t)
	}
	return nil
}

func (c *contract) fitsObject(schema, value map[string]any, at string) error {
	if err := typed(schema, "object", at); err != nil {
		return err
	}
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, ok := value[name.(string)]; !ok {
			return fmt.Errorf("%s: %s is missing", at, name)
		}
	}
	properties, others := object(schema["properties"]), schema["additionalProperties"]
	for name, member := range value {
		s := object(properties[name])
		if s == nil {
			s = object(others)
		}
		if s == nil {
			return fmt.Errorf("%s: %s is not documented", at, name)
		}
		if err := c.fits(s, member, at+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func (c *contract) fitsList(schema map[string]any, value []any, at string) error {
	if err := typed(schema, "array", at); err != nil {
		return err
	}
	if most, ok := schema["maxItems"].(float64); ok && len(value) > int(most) {
		return fmt.Errorf("%s: %d items", at, len(value))
	}
	for i, item := range value {
		if err := c.fits(object(schema["items"]), item, fmt.Sprintf("%s[%d]", at, i)); err != nil {
			return err
		}
	}
	return nil
}

func fitsString(schema map[string]any, value, at string) error {
	if err := typed(schema, "string", at); err != nil {
		return err
	}
	if most, ok := schema["maxLength"].(float64); ok && utf8.RuneCountInString(value) > int(most) {
		return fmt.Errorf("%s: longer than %v", at, most)
	}
	if pattern, ok := schema["pattern"].(string); ok && !regexp.MustCompile(pattern).MatchString(value) {
		return fmt.Errorf("%s: %q does not match %s", at, value, pattern)
	}
	switch schema["format"] {
	case "date-time":
		if t, err := time.Parse(time.RFC3339, value); err != nil || !strings.HasSuffix(value, "+08:00") || t.IsZero() {
			return fmt.Errorf("%s: %q is no time at +08:00", at, value)
		}
	case "date":
		if _, err := time.Parse(time.DateOnly, value); err != nil {
			return fmt.Errorf("%s: %q is no date", at, value)
		}
	}
	return nil
}

func fitsNumber(schema map[string]any, value float64, at string) error {
	if err := typed(schema, "number", at); err != nil {
		return err
	}
	if schema["type"] == "integer" && value != float64(int64(value)) {
		return fmt.Errorf("%s: %v is no integer", at, value)
	}
	if least, ok := schema["minimum"].(float64); ok && value < least {
		return fmt.Errorf("%s: %v < %v", at, value, least)
	}
	if most, ok := schema["maximum"].(float64); ok && value > most {
		return fmt.Errorf("%s: %v > %v", at, value, most)
	}
	return nil
}

package wxmsg

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Format is the notation of a callback body.
type Format string

// The two notations the console offers.
const (
	XML  Format = "xml"
	JSON Format = "json"
)

// ErrBody: the body is not the XML or JSON WeChat sends, or more than MaxBody.
var ErrBody = errors.New("wxmsg: unreadable callback body")

const (
	maxDepth    = 16    // of nested elements; WeChat's deepest event has four levels
	maxElements = 10000 // an envelope is parsed before its signature can be checked
)

// element is one value of a body, the same for both notations: a JSON array is
// a repeated element, as it is in XML. Numbers stay text, so ids keep all their
// digits.
type element struct {
	name string
	text string
	kids []element
}

// formatOf tells the notation by the first character, which is reliable where
// the Content-Type WeChat sends is not.
func formatOf(body []byte) (Format, error) {
	switch trimmed := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n"); {
	case len(trimmed) == 0:
		return "", fmt.Errorf("%w: empty", ErrBody)
	case trimmed[0] == '<':
		return XML, nil
	case trimmed[0] == '{':
		return JSON, nil
	}
	return "", fmt.Errorf("%w: neither XML nor JSON", ErrBody)
}

func parseDocument(body []byte) (element, Format, error) {
	if len(body) > MaxBody {
		return element{}, "", fmt.Errorf("%w: more than %d bytes", ErrBody, MaxBody)
	}
	format, err := formatOf(body)
	if err != nil {
		return element{}, "", err
	}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	var root element
	if format == XML {
		root, err = parseXML(body)
	} else {
		root, err = parseJSON(body)
	}
	return root, format, err
}

// parseXML reads one document. DOCTYPE and every other directive is refused,
// and with it any entity of its own; the decoder never loads anything.
func parseXML(body []byte) (element, error) {
	dec := xml.NewDecoder(bytes.NewReader(body))
	stack := []openElement{{}} // the bottom collects the root
	for count := 0; ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return element{}, fmt.Errorf("%w: malformed XML", ErrBody)
		}
		top := &stack[len(stack)-1]
		switch token := token.(type) {
		case xml.Directive:
			return element{}, fmt.Errorf("%w: XML with a DOCTYPE", ErrBody)
		case xml.StartElement:
			if count++; count > maxElements || len(stack) > maxDepth {
				return element{}, fmt.Errorf("%w: too many or too deep elements", ErrBody)
			}
			stack = append(stack, openElement{element: element{name: token.Name.Local}})
		case xml.CharData:
			top.chars = append(top.chars, token...)
		case xml.EndElement:
			top.text = string(top.chars)
			stack = stack[:len(stack)-1]
			stack[len(stack)-1].kids = append(stack[len(stack)-1].kids, top.element)
		}
	}
	if root := stack[0]; len(root.kids) != 1 || len(bytes.TrimSpace(root.chars)) != 0 {
		return element{}, fmt.Errorf("%w: not one XML element", ErrBody)
	}
	return stack[0].kids[0], nil
}

// openElement is an element whose end has not been read yet.
type openElement struct {
	element
	chars []byte
}

func parseJSON(body []byte) (element, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var value map[string]any
	if err := dec.Decode(&value); err != nil {
		return element{}, fmt.Errorf("%w: malformed JSON", ErrBody)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return element{}, fmt.Errorf("%w: text behind the JSON", ErrBody)
	}
	var root element
	if err := root.add("", value, 0); err != nil {
		return element{}, err
	}
	return root.kids[0], nil
}

// add appends a JSON value as child elements: an array as repeated ones.
func (e *element) add(name string, value any, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: nested too deep", ErrBody)
	}
	child := element{name: name}
	switch value := value.(type) {
	case map[string]any:
		names := make([]string, 0, len(value))
		for n := range value {
			names = append(names, n)
		}
		slices.Sort(names) // a map's order is random, what is read must not be
		for _, n := range names {
			if err := child.add(n, value[n], depth+1); err != nil {
				return err
			}
		}
	case []any:
		for _, item := range value {
			if err := e.add(name, item, depth+1); err != nil {
				return err
			}
		}
		return nil
	case string:
		child.text = value
	case json.Number:
		child.text = value.String()
	case bool:
		child.text = fmt.Sprint(value)
	}
	e.kids = append(e.kids, child)
	return nil
}

// find returns the first child called name, exactly if there is one, else
// without regard to case: WeChat writes MsgId here and MsgID there.
func (e element) find(name string) (element, bool) {
	for _, k := range e.kids {
		if k.name == name {
			return k, true
		}
	}
	for _, k := range e.kids {
		if strings.EqualFold(k.name, name) {
			return k, true
		}
	}
	return element{}, false
}

// get returns the trimmed text of a child, "" when it is missing.
func (e element) get(name string) string {
	child, _ := e.find(name)
	return strings.TrimSpace(child.text)
}

// id returns a child's decimal id; "" when it is missing, zero or no number.
func (e element) id(name string) string {
	text := e.get(name)
	if text == "" || strings.Trim(text, "0") == "" || strings.Trim(text, "0123456789") != "" {
		return ""
	}
	return text
}

// all returns every child called name.
func (e element) all(name string) []element {
	var found []element
	for _, k := range e.kids {
		if strings.EqualFold(k.name, name) {
			found = append(found, k)
		}
	}
	return found
}

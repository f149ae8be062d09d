package wxsim

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// Field is one element of a pushed message: a string, an integer, Fields
// nested in it, or []Fields repeated under its name.
type Field struct {
	Name  string
	Value any
}

// Fields are the elements of a pushed message, in order.
type Fields []Field

// render writes the message in a callback format.
func (f Fields) render(format string) ([]byte, error) {
	var b bytes.Buffer
	if format == FormatJSON {
		err := f.writeJSON(&b)
		return b.Bytes(), err
	}
	b.WriteString("<xml>")
	err := f.writeXML(&b)
	b.WriteString("</xml>")
	return b.Bytes(), err
}

func (f Fields) writeXML(b *bytes.Buffer) error {
	for _, field := range f {
		if repeated, ok := field.Value.([]Fields); ok {
			for _, item := range repeated {
				if err := (Fields{{field.Name, item}}).writeXML(b); err != nil {
					return err
				}
			}
			continue
		}
		b.WriteString("<" + field.Name + ">")
		if err := writeXMLValue(b, field.Value); err != nil {
			return fmt.Errorf("element %s: %w", field.Name, err)
		}
		b.WriteString("</" + field.Name + ">")
	}
	return nil
}

func writeXMLValue(b *bytes.Buffer, value any) error {
	switch v := value.(type) {
	case Fields:
		return v.writeXML(b)
	case string:
		b.WriteString("<![CDATA[" + strings.ReplaceAll(v, "]]>", "]]]]><![CDATA[>") + "]]>")
		return nil
	case int:
		b.WriteString(strconv.Itoa(v))
		return nil
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
		return nil
	}
	return xml.EscapeText(b, []byte(fmt.Sprint(value)))
}

// writeJSON writes an object. A single repeated element is an object, several
// are an array (wechat.md §2.4).
func (f Fields) writeJSON(b *bytes.Buffer) error {
	b.WriteByte('{')
	for i, field := range f {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(encode(field.Name))
		b.WriteByte(':')
		if err := writeJSONValue(b, field.Value); err != nil {
			return fmt.Errorf("member %s: %w", field.Name, err)
		}
	}
	b.WriteByte('}')
	return nil
}

func writeJSONValue(b *bytes.Buffer, value any) error {
	switch v := value.(type) {
	case Fields:
		return v.writeJSON(b)
	case []Fields:
		if len(v) == 1 {
			return v[0].writeJSON(b)
		}
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := item.writeJSON(b); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	}
	if _, err := json.Marshal(value); err != nil {
		return err
	}
	b.Write(encode(value))
	return nil
}

// extra is what an event has beyond the common elements. A list stands in a
// wrapper element in XML and at the top in JSON (wechat.md §2.4).
type extra struct {
	plain   Fields
	wrapper string
	list    []Fields
}

func nested(wrapper string, list []Fields) extra { return extra{wrapper: wrapper, list: list} }

func (e extra) fields(format string) Fields {
	switch {
	case e.wrapper == "":
		return e.plain
	case format == FormatJSON:
		return Fields{{"List", e.list}}
	}
	return Fields{{e.wrapper, Fields{{"List", e.list}}}}
}

package embedded

import (
	"bytes"
	"encoding/binary"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Limits of what a client may send, as a real server sets them (the nesting
// depth is narrower: a real server stops near 180).
const (
	maxDocument = 16 << 20
	maxMessage  = 48_000_000
	maxDepth    = 100
)

// validate checks that doc is one well-formed BSON document that fills its
// bytes, is not nested deeper than maxDepth and holds no type that the engine
// refuses by name. Everything behind it may walk the bytes without checks.
func validate(doc []byte) error { return validateDepth(doc, maxDepth) }

func validateDepth(doc []byte, depth int) error {
	if depth == 0 {
		return errorf(codeOverflow, "document exceeds the nesting depth of %d", maxDepth)
	}
	if len(doc) < 5 || int(int32(binary.LittleEndian.Uint32(doc))) != len(doc) || doc[len(doc)-1] != 0 {
		return errorf(codeInvalidBSON, "invalid BSON: length of a document does not match its bytes")
	}
	rest := doc[4 : len(doc)-1]
	for len(rest) > 0 {
		t := bson.Type(rest[0])
		end := bytes.IndexByte(rest[1:], 0)
		if end < 0 {
			return errorf(codeInvalidBSON, "invalid BSON: a field name does not end")
		}
		body := rest[2+end:]
		size := valueSize(t, body)
		if size < 0 {
			return errorf(codeInvalidBSON, "invalid BSON: a value of type %d is cut short or unknown", byte(t))
		}
		if err := validateValue(t, body[:size], depth); err != nil {
			return err
		}
		rest = body[size:]
	}
	return nil
}

func validateValue(t bson.Type, b []byte, depth int) error {
	switch t {
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		return validateDepth(b, depth-1)
	case bson.TypeString:
		if b[len(b)-1] != 0 {
			return errorf(codeInvalidBSON, "invalid BSON: a string does not end")
		}
	case bson.TypeBoolean:
		if b[0] > 1 {
			return errorf(codeInvalidBSON, "invalid BSON: a boolean is neither 0 nor 1")
		}
	case bson.TypeDecimal128, bson.TypeUndefined, bson.TypeDBPointer, bson.TypeSymbol,
		bson.TypeJavaScript, bson.TypeCodeWithScope:
		return errorf(codeBadValue, "BSON type %s is not supported by the embedded engine", t)
	}
	return nil
}

package embedded

import (
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// CommandError is what a command answers when it fails: the code, its name and
// a message, with a real server's numbers. A fault hook may return one.
type CommandError struct {
	// Code is the server's error number, such as 11000 for a duplicate key.
	Code int32
	// Name is the code's name, such as "DuplicateKey"; empty: looked up.
	Name string
	// Message is the text for the reader.
	Message string
	// Labels are error labels, such as "RetryableWriteError".
	Labels []string

	// detail holds further fields of the answer (keyPattern, keyValue).
	detail bson.Raw
}

// Error gives the message with the code and its name.
func (e *CommandError) Error() string {
	return fmt.Sprintf("(%s %d) %s", e.codeName(), e.Code, e.Message)
}

// Codes the engine answers with, as MongoDB numbers them.
const (
	codeInternalError        = 1
	codeBadValue             = 2
	codeFailedToParse        = 9
	codeTypeMismatch         = 14
	codeOverflow             = 15
	codeIllegalOperation     = 20
	codeInvalidBSON          = 22
	codeNamespaceNotFound    = 26
	codeIndexNotFound        = 27
	codePathNotViable        = 28
	codeConflictingUpdate    = 40
	codeCursorNotFound       = 43
	codeNamespaceExists      = 48
	codeDollarPrefixedField  = 52
	codeInvalidIDField       = 53
	codeCommandNotFound      = 59
	codeImmutableField       = 66
	codeCannotCreateIndex    = 67
	codeInvalidOptions       = 72
	codeInvalidNamespace     = 73
	codeUnknownReplWrite     = 79
	codeIndexOptionsConflict = 85
	codeIndexSpecsConflict   = 86
	codeMemoryLimit          = 146
	codeParallelArrays       = 171
	codeNoQueryPlan          = 291
	codeDuplicateKey         = 11000
	codeShutdown             = 11600
	codeResultTooLarge       = 17419
	codeUnsupportedOpQuery   = 352
)

var codeNames = map[int32]string{
	codeInternalError:        "InternalError",
	codeBadValue:             "BadValue",
	codeFailedToParse:        "FailedToParse",
	codeTypeMismatch:         "TypeMismatch",
	codeOverflow:             "Overflow",
	codeIllegalOperation:     "IllegalOperation",
	codeInvalidBSON:          "InvalidBSON",
	codeNamespaceNotFound:    "NamespaceNotFound",
	codeIndexNotFound:        "IndexNotFound",
	codePathNotViable:        "PathNotViable",
	codeConflictingUpdate:    "ConflictingUpdateOperators",
	codeCursorNotFound:       "CursorNotFound",
	codeNamespaceExists:      "NamespaceExists",
	codeDollarPrefixedField:  "DollarPrefixedFieldName",
	codeInvalidIDField:       "InvalidIdField",
	codeCommandNotFound:      "CommandNotFound",
	codeImmutableField:       "ImmutableField",
	codeCannotCreateIndex:    "CannotCreateIndex",
	codeInvalidOptions:       "InvalidOptions",
	codeInvalidNamespace:     "InvalidNamespace",
	codeUnknownReplWrite:     "UnknownReplWriteConcern",
	codeIndexOptionsConflict: "IndexOptionsConflict",
	codeIndexSpecsConflict:   "IndexKeySpecsConflict",
	codeMemoryLimit:          "ExceededMemoryLimit",
	codeParallelArrays:       "CannotIndexParallelArrays",
	codeNoQueryPlan:          "NoQueryExecutionPlans",
	codeDuplicateKey:         "DuplicateKey",
	codeShutdown:             "InterruptedAtShutdown",
	codeUnsupportedOpQuery:   "UnsupportedOpQueryCommand",
}

func (e *CommandError) codeName() string {
	if e.Name != "" {
		return e.Name
	}
	if name := codeNames[e.Code]; name != "" {
		return name
	}
	return fmt.Sprintf("Location%d", e.Code)
}

func errorf(code int32, format string, args ...any) *CommandError {
	return &CommandError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// unsupported refuses by name an option or operator that the engine does not
// know and that would change the result.
func unsupported(kind, name string) *CommandError {
	return errorf(codeBadValue, "%s %s is not supported by the embedded engine", kind, name)
}

// asCommandError gives err as what goes over the wire.
func asCommandError(err error) *CommandError {
	var ce *CommandError
	if errors.As(err, &ce) {
		return ce
	}
	return &CommandError{Code: codeInternalError, Message: err.Error()}
}

// appendFields appends the error as fields of an answer.
func (e *CommandError) appendFields(dst []byte) []byte {
	dst = bsoncore.AppendDoubleElement(dst, "ok", 0)
	dst = bsoncore.AppendStringElement(dst, "errmsg", e.Message)
	dst = bsoncore.AppendInt32Element(dst, "code", e.Code)
	dst = bsoncore.AppendStringElement(dst, "codeName", e.codeName())
	if len(e.detail) > 0 {
		dst = append(dst, e.detail[4:len(e.detail)-1]...)
	}
	if len(e.Labels) > 0 {
		var at int32
		at, dst = bsoncore.AppendArrayElementStart(dst, "errorLabels")
		for i, label := range e.Labels {
			dst = bsoncore.AppendStringElement(dst, fmt.Sprint(i), label)
		}
		dst, _ = bsoncore.AppendArrayEnd(dst, at)
	}
	return dst
}

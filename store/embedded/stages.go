package embedded

import (
	"bytes"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

type matchStage struct{ filter *node }

func (s *matchStage) push(doc bson.Raw, pass func(bson.Raw) bool) (bool, error) {
	return !s.filter.match(doc) || pass(doc), nil
}
func (s *matchStage) end(func(bson.Raw) bool) error { return nil }

type skipStage struct{ n int64 }

func (s *skipStage) push(doc bson.Raw, pass func(bson.Raw) bool) (bool, error) {
	if s.n > 0 {
		s.n--
		return true, nil
	}
	return pass(doc), nil
}
func (s *skipStage) end(func(bson.Raw) bool) error { return nil }

type limitStage struct{ n int64 }

func (s *limitStage) push(doc bson.Raw, pass func(bson.Raw) bool) (bool, error) {
	if s.n == 0 {
		return false, nil
	}
	s.n--
	return pass(doc) && s.n > 0, nil
}
func (s *limitStage) end(func(bson.Raw) bool) error { return nil }

type projectStage struct{ projection *projection }

func (s *projectStage) push(doc bson.Raw, pass func(bson.Raw) bool) (bool, error) {
	return pass(s.projection.append(nil, doc)), nil
}
func (s *projectStage) end(func(bson.Raw) bool) error { return nil }

// sortStage holds everything back, within the bound of a sort in memory unless
// the documents are the pipeline's own.
type sortStage struct {
	by   []sortField
	docs []bson.Raw
	held int
}

func (s *sortStage) push(doc bson.Raw, _ func(bson.Raw) bool) (bool, error) {
	s.docs = append(s.docs, doc)
	if s.held += len(doc); s.held > maxResults {
		return false, errorf(codeMemoryLimit, "$sort holds more than %d bytes", maxResults)
	}
	return true, nil
}

func (s *sortStage) end(pass func(bson.Raw) bool) error {
	slices.SortStableFunc(s.docs, func(a, b bson.Raw) int {
		return bytes.Compare(sortKey(a, s.by), sortKey(b, s.by))
	})
	for _, doc := range s.docs {
		if !pass(doc) {
			break
		}
	}
	return nil
}

// countStage is $count: one document with the number of those before it.
type countStage struct {
	name string
	n    int64
}

func parseCountStage(arg value) (stage, error) {
	name := arg.str()
	if arg.t != bson.TypeString || name == "" || name[0] == '$' || strings.ContainsAny(name, ".\x00") {
		return nil, errorf(40156, "the count field must be a non-empty string without $ and dots")
	}
	return &countStage{name: name}, nil
}

func (s *countStage) push(bson.Raw, func(bson.Raw) bool) (bool, error) {
	s.n++
	return true, nil
}

func (s *countStage) end(pass func(bson.Raw) bool) error {
	if s.n > 0 {
		n, _ := addNumbers(int32Value(0), narrow(s.n))
		pass(bsoncore.BuildDocument(nil, appendElement(nil, s.name, n)))
	}
	return nil
}

// narrow gives a number as int32 where it fits.
func narrow(n int64) value {
	if n == int64(int32(n)) {
		return int32Value(int32(n))
	}
	return int64Value(n)
}

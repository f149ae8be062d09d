package embedded

import (
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// path is a dotted field name, split.
type path []string

func parsePath(name string) path { return strings.Split(name, ".") }

func (p path) String() string { return strings.Join(p, ".") }

func (p path) equal(q path) bool {
	if len(p) != len(q) {
		return false
	}
	for i := range p {
		if p[i] != q[i] {
			return false
		}
	}
	return true
}

// numeric reports whether any part of the path is a number, which may address
// an item of an array.
func (p path) numeric() bool {
	for _, part := range p {
		if _, ok := arrayIndex(part); ok {
			return true
		}
	}
	return false
}

// arrayIndex reads a path's part as the position of an array's item.
func arrayIndex(part string) (int, bool) {
	if part == "" || len(part) > 9 || len(part) > 1 && part[0] == '0' {
		return 0, false
	}
	for _, c := range []byte(part) {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(part)
	return n, err == nil
}

// item gives the n-th item of an array.
func item(array []byte, n int) (value, bool) {
	it := fields(array)
	for _, v, ok := it.next(); ok; _, v, ok = it.next() {
		if n == 0 {
			return v, true
		}
		n--
	}
	return value{}, false
}

// undefined is how an array without items is indexed and sorted.
var undefined = value{t: bson.TypeUndefined}

// indexed appends the values that an index on the path keeps for doc: each item
// of an array by itself, null for what is missing. multi reports whether an
// array was met.
func indexed(doc []byte, p path, dst []value) (vals []value, multi bool) {
	v, ok := lookup(doc, p[0])
	switch {
	case !ok:
		return append(dst, value{}), false
	case len(p) == 1 && !v.isArray():
		return append(dst, v), false
	case len(p) == 1:
		return indexedItems(v.b, dst), true
	case v.isDocument():
		return indexed(v.b, p[1:], dst)
	case v.isArray():
		return indexedWithin(v.b, p[1:], dst), true
	}
	return append(dst, value{}), false
}

func indexedItems(array []byte, dst []value) []value {
	if isEmpty(array) {
		return append(dst, undefined)
	}
	it := fields(array)
	for _, v, ok := it.next(); ok; _, v, ok = it.next() {
		dst = append(dst, v)
	}
	return dst
}

// indexedWithin goes on below each document of an array.
func indexedWithin(array []byte, p path, dst []value) []value {
	if isEmpty(array) {
		return append(dst, value{})
	}
	it := fields(array)
	for _, v, ok := it.next(); ok; _, v, ok = it.next() {
		if v.isDocument() {
			dst, _ = indexed(v.b, p, dst)
		} else {
			dst = append(dst, value{})
		}
	}
	return dst
}

package store

// NewCollection opens a collection of a test's own documents.
func NewCollection[T any, P pointer[T]](db *DB, name string) *Collection[T, P] {
	return newCollection[T, P](db, name)
}

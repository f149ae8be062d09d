//go:build !race

package store_test

// long is the length of a long list.
const long = 20_000

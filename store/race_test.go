//go:build race

package store_test

// long is the length of a long list: the race detector makes it slow.
const long = 11_000

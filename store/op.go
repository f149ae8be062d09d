package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"

	"shixi/internship"
)

type opKey struct{}

// WithOp names the change that follows, so that the same request made again
// is recognised in the document it changed (design.md §3, §6).
func WithOp(ctx context.Context, op string) context.Context {
	return context.WithValue(ctx, opKey{}, op)
}

// SubOp narrows the op of ctx to one row of a batch or one of several changes
// of an act; without an op nothing changes.
func SubOp(ctx context.Context, part string) context.Context {
	if op, ok := ctx.Value(opKey{}).(string); ok {
		return WithOp(ctx, DeriveID("op", op, part))
	}
	return ctx
}

// OpOf is the op id of ctx, a random one where there is none.
func OpOf(ctx context.Context) string {
	if op, ok := ctx.Value(opKey{}).(string); ok {
		return op
	}
	return rand.Text()
}

// NewID is an id for a new document: random, or derived from the op of ctx, so
// that a request made again creates the same document.
func NewID(ctx context.Context, prefix string) string {
	if op, ok := ctx.Value(opKey{}).(string); ok {
		return DeriveID(prefix, op)
	}
	return prefix + "_" + rand.Text()
}

// did says whether the change op has been made to a document: its last ops
// tell, or its history, which goes back to the beginning, or its id, which
// NewID derived from the op that created it.
func did(root *internship.Root, op string) bool {
	prefix := root.ID[:max(0, strings.LastIndexByte(root.ID, '_'))]
	return root.Did(op) || root.ID == DeriveID(prefix, op) ||
		slices.ContainsFunc(root.History, func(c internship.Change) bool { return c.Op == op })
}

// DeriveID is the id that belongs to the parts, always the same.
func DeriveID(prefix string, parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return prefix + "_" + base32.StdEncoding.EncodeToString(h.Sum(nil))[:26]
}

package handlers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"shixi/internship"
	"shixi/store"
)

const (
	headerKey      = "Idempotency-Key"
	headerReplayed = "Idempotency-Replayed"
	longestKey     = 128
	// noting is how long the answer may take to be kept once it is known.
	noting = 2 * time.Second
)

// scope names whose keys they are: two callers may use the same key.
type scope func(context.Context) string

// once makes a POST safe to repeat (design.md §6): under the same
// Idempotency-Key the act runs once and its answer is given again. A request
// whose answer was never written runs again after a while, under the same op
// id, so that what it had changed is recognised. With required the header must
// be there; else a request without it just runs.
func (a *App) once(of scope, required bool) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		key := ctx.Header(headerKey)
		if key == "" && !required {
			next(ctx)
			return
		}
		if err := checkKey(key); err != nil {
			a.refuse(ctx, err)
			return
		}
		c := humafiber.Unwrap(ctx)
		op := store.DeriveID("op", of(ctx.Context()), c.Method(), c.Path(), key)
		kept, err := a.acts.DB.BeginOnce(ctx.Context(), op, bodyHash(ctx.Context()))
		switch {
		case err != nil:
			a.refuse(ctx, err)
		case kept != nil:
			replay(ctx, kept)
		default:
			a.runOnce(ctx, op, c, next)
		}
	}
}

// runOnce runs the act under its op id and keeps the answer, or forgets the
// key where a repetition should try again. A panic forgets it too.
func (a *App) runOnce(ctx huma.Context, op string, c *fiber.Ctx, next func(huma.Context)) {
	keep := false
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx.Context()), noting)
		defer cancel()
		var err error
		if keep {
			err = a.acts.DB.EndOnce(ctx, op, store.Answer{Status: c.Response().StatusCode(), Body: bytes.Clone(c.Response().Body())})
		} else {
			err = a.acts.DB.DropOnce(ctx, op)
		}
		if err != nil {
			a.log.WarnContext(ctx, "answer not kept: a repetition runs again after a while", slog.Any("error", err))
		}
	}()
	next(huma.WithContext(ctx, store.WithOp(ctx.Context(), op)))
	keep = lasting(ctx.Context(), c)
}

// lasting says whether a repetition should get this answer: not what depends
// on the caller's rights or on the moment, nor a failure of ours.
func lasting(ctx context.Context, c *fiber.Ctx) bool {
	status := c.Response().StatusCode()
	switch {
	case status >= http.StatusInternalServerError, status == http.StatusUnauthorized, status == http.StatusForbidden:
		return false
	case len(c.Response().Header.Peek(fiber.HeaderRetryAfter)) > 0:
		return false
	}
	r := requestOf(ctx)
	return r == nil || !r.passing
}

func replay(ctx huma.Context, kept *store.Answer) {
	ctx.SetHeader(headerReplayed, "true")
	switch {
	case kept.Status >= http.StatusBadRequest:
		ctx.SetHeader(fiber.HeaderContentType, problemType)
	case len(kept.Body) > 0:
		ctx.SetHeader(fiber.HeaderContentType, "application/json")
	}
	ctx.SetStatus(kept.Status)
	_, _ = ctx.BodyWriter().Write(kept.Body) // into Fiber's buffer, which takes it
}

// sameOp makes a POST safe to repeat whose answer must not be kept, because it
// holds a token: with an Idempotency-Key the act runs under an op id of key
// and body, and recognises what it did before.
func (a *App) sameOp(ctx huma.Context, next func(huma.Context)) {
	key := ctx.Header(headerKey)
	if key == "" {
		next(ctx)
		return
	}
	if err := checkKey(key); err != nil {
		a.refuse(ctx, err)
		return
	}
	c := humafiber.Unwrap(ctx)
	op := store.DeriveID("op", c.Method(), c.Path(), key, bodyHash(ctx.Context()))
	next(huma.WithContext(ctx, store.WithOp(ctx.Context(), op)))
}

func checkKey(key string) error {
	if key == "" {
		return internship.ErrKeyMissing
	}
	wrong := len(key) > longestKey
	for i := range len(key) {
		wrong = wrong || key[i] <= ' ' || key[i] > '~'
	}
	if wrong {
		return internship.ErrBadRequest.At(internship.FieldError{Field: headerKey, Code: "format",
			Message: "Idempotency-Key 应为 1 至 128 个可见的英文字符"})
	}
	return nil
}

// bodyHash is the digest of a body that has been read.
func bodyHash(ctx context.Context) string {
	var body []byte
	if r := requestOf(ctx); r != nil {
		body = r.body
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

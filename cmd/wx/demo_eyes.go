package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"sync"

	"shixi/acts"
	"shixi/captcha"
)

// eyes look over the shoulder of who draws the puzzles, so that the demo's people, who are programs, solve them as people
// do: by their pictures.
type eyes struct {
	drawn acts.Puzzles
	mu    sync.Mutex
	seen  map[[sha256.Size]byte]int
}

func newEyes(drawn acts.Puzzles) *eyes {
	return &eyes{drawn: drawn, seen: map[[sha256.Size]byte]int{}}
}

// Make implements acts.Puzzles.
func (e *eyes) Make(ctx context.Context) (captcha.Puzzle, error) {
	p, err := e.drawn.Make(ctx)
	if err == nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.seen[sha256.Sum256(p.Picture)] = p.Target
	}
	return p, err
}

// target is where the tile belongs in a picture, given as a data URL.
func (e *eyes) target(picture string) (int, bool) {
	_, data, _ := strings.Cut(picture, ",")
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return 0, false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	x, ok := e.seen[sha256.Sum256(raw)]
	return x, ok
}

// ticket solves a puzzle of the server that the client calls.
func (e *eyes) ticket(ctx context.Context, c *demoClient) (string, error) {
	var puzzle struct{ Token, Picture string }
	if err := c.call(ctx, http.MethodPost, "/api/v1/captcha", nil, &puzzle); err != nil {
		return "", err
	}
	x, ok := e.target(puzzle.Picture)
	if !ok {
		return "", errors.New("a puzzle was not drawn here")
	}
	var solved struct{ Ticket string }
	err := c.call(ctx, http.MethodPost, "/api/v1/captcha/solve", map[string]any{"token": puzzle.Token, "x": x}, &solved)
	return solved.Ticket, err
}

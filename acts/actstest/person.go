package actstest

import (
	"context"

	"shixi/acts"
	"shixi/captcha"
	"shixi/internship"
)

// Puzzles are puzzles that every test can solve: the tile belongs at Target.
type Puzzles struct{}

// Target is where the tile of every puzzle of a world belongs.
const Target = 137

// Make implements acts.Puzzles.
func (Puzzles) Make(context.Context) (captcha.Puzzle, error) {
	return captcha.Puzzle{Picture: []byte("picture"), Tile: []byte("tile"), PictureType: "image/jpeg", TileType: "image/png",
		Width: 300, Height: 220, TileWidth: 60, TileHeight: 60, TileX: 5, TileY: 80, Target: Target}, nil
}

// Ticket solves a puzzle.
func (w *World) Ticket() string {
	w.TB.Helper()
	c, err := w.Acts.Challenge(w.TB.Context(), "127.0.0.1")
	w.must(err)
	t, err := w.Acts.Solve(w.TB.Context(), c.Token, Target)
	w.must(err)
	return t.Text
}

// SMS is the newest text message to a mobile; false when there is none, or its
// words are forgotten.
func (w *World) SMS(mobile string) (kind string, params map[string]string, found bool) {
	w.TB.Helper()
	rows, err := w.DB.SMSesTo(w.TB.Context(), mobile, 1)
	w.must(err)
	if len(rows) == 0 {
		return "", nil, false
	}
	w.must(w.DB.OpenSMS(rows[0]))
	return rows[0].Kind, rows[0].Params, rows[0].Params != nil
}

// SMSCode has a code sent to a mobile and reads it there. A mobile gets one a
// minute.
func (w *World) SMSCode(purpose, mobile string) string {
	w.TB.Helper()
	_, err := w.Acts.SendCode(w.TB.Context(), internship.CodeRequestInput{Mobile: mobile, Purpose: purpose, Ticket: w.Ticket()}, "127.0.0.1")
	w.must(err)
	return w.ReadCode(mobile)
}

// ReadCode is the code in the newest text message to a mobile.
func (w *World) ReadCode(mobile string) string {
	w.TB.Helper()
	kind, params, found := w.SMS(mobile)
	if !found || kind != "code" {
		w.TB.Fatalf("no code was sent, but %q %v", kind, found)
	}
	return params["code"]
}

// Admit is a pass for a mobile, as whoever holds the phone gets it.
func (w *World) Admit(purpose, mobile string) acts.Admitted {
	w.TB.Helper()
	code := w.SMSCode(purpose, mobile)
	p, err := w.Acts.Admit(w.TB.Context(), purpose, internship.MobilePassInput{Mobile: mobile, SMSCode: code}, "127.0.0.1")
	w.must(err)
	return p
}

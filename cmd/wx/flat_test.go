package main

import (
	"context"

	"shixi/captcha"
)

// flat draws the same puzzle always, in no time. The demo's own test uses the real thing.
type flat struct{}

// Make implements acts.Puzzles.
func (flat) Make(context.Context) (captcha.Puzzle, error) {
	return captcha.Puzzle{Picture: []byte("flat"), Tile: []byte("tile"), PictureType: "image/png", TileType: "image/png",
		Width: 300, Height: 220, TileWidth: 60, TileHeight: 60, TileY: 80, Target: 137}, nil
}

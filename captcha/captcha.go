// Package captcha draws slide puzzles.
package captcha

// Puzzle is a picture with a gap and the tile that belongs there.
type Puzzle struct {
	Picture, Tile                                      []byte
	PictureType, TileType                              string
	Width, Height, TileWidth, TileHeight, TileX, TileY int
	// Target is the x at which the tile belongs.
	Target int
}

// Fits says whether a tile dropped at x is near enough to where it belongs.
func Fits(target, x int) bool { return x-target <= 5 && target-x <= 5 }

// Package captcha makes slide puzzles: a picture with a gap, and the tile that a person moves sideways until it fits.
// It keeps nothing: who asks for a puzzle seals the target and compares later (Fits).
//
// A puzzle is a brake and not a wall. Someone who has a program compare tile and picture finds the gap, so what stands
// behind a puzzle still counts its tries.
package captcha

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"runtime"

	"github.com/wenlng/go-captcha-assets/resources/imagesv2"
	"github.com/wenlng/go-captcha-assets/resources/tiles"
	"github.com/wenlng/go-captcha/v2/base/option"
	"github.com/wenlng/go-captcha/v2/slide"
)

const (
	// Width is the picture's in pixels: as wide as the narrowest phones in use.
	Width = 320
	// Height is the picture's in pixels.
	Height = 200
	// TileSide is the tile's width and height in pixels. One size only, and even: with an odd one the library may put
	// the gap one pixel beyond the picture's edge.
	TileSide = 60
	// Pad is how many pixels a tile may lie left or right of its place and still fit: a finger's precision. Targets
	// spread evenly over MinTarget to MaxTarget, so a blind guess fits once in sixteen.
	Pad = 5
	// MinTarget is the least place of a tile's left edge. The gap lies right of where the tile starts.
	MinTarget = TileSide + 25
	// MaxTarget is the greatest place of a tile's left edge.
	MaxTarget = Width - TileSide

	pictureQuality = option.QualityLevel3
)

// Puzzle is one puzzle. Pixels count from the picture's upper left corner. Picture is 6 to 17 KB of JPEG (40 KB at
// most), Tile 4 to 7 KB of PNG with a transparent edge.
type Puzzle struct {
	Picture, Tile         []byte
	PictureType, TileType string // media types
	Width, Height         int    // of the picture
	TileWidth, TileHeight int
	TileX, TileY          int // where the tile's upper left corner is at first; only x is to be moved
	Target                int // the x where the tile belongs. Never sent to whom is asked
}

// Options are a maker's settings.
type Options struct {
	// Parallel is how many puzzles are made at once; more wait. 0 stands for half the processors, at least one,
	// which leaves room for everybody else.
	Parallel int
}

// Maker makes puzzles, for many goroutines. It holds the decoded backgrounds and tiles for its life, 7 MB, and
// allocates 3.1 MB for each puzzle in the making, of which 15 KB, the puzzle, remain. A puzzle takes 20 ms of one
// processor. So Options.Parallel bounds what a flood of requests can take (docs/benchmarks.md).
type Maker struct {
	slots    chan struct{}
	generate func() (slide.CaptchaData, error)
}

// New decodes the pictures, some 0.15 s of work: make one Maker and keep it.
func New(options Options) (*Maker, error) {
	if options.Parallel < 0 {
		return nil, fmt.Errorf("captcha: %d puzzles at once: want 1 or more, 0 for half the processors", options.Parallel)
	}
	if options.Parallel == 0 {
		options.Parallel = max(1, runtime.GOMAXPROCS(0)/2)
	}
	backgrounds, err := imagesv2.GetImages()
	if err != nil {
		return nil, fmt.Errorf("captcha: decode the backgrounds: %w", err)
	}
	shapes, err := tiles.GetTiles()
	if err != nil {
		return nil, fmt.Errorf("captcha: decode the tiles: %w", err)
	}
	var graphs []*slide.GraphImage
	for _, shape := range shapes {
		graphs = append(graphs, &slide.GraphImage{OverlayImage: shape.OverlayImage, ShadowImage: shape.ShadowImage, MaskImage: shape.MaskImage})
	}
	return &Maker{slots: make(chan struct{}, options.Parallel), generate: drawer(Height, backgrounds, graphs).Generate}, nil
}

// drawer is the library with our sizes.
func drawer(height int, backgrounds []image.Image, graphs []*slide.GraphImage) slide.Captcha {
	builder := slide.NewBuilder(
		slide.WithImageSize(option.Size{Width: Width, Height: height}),
		slide.WithRangeGraphSize(option.RangeVal{Min: TileSide, Max: TileSide}),
	)
	builder.SetResources(slide.WithBackgrounds(backgrounds), slide.WithGraphImages(graphs))
	return builder.Make()
}

// Make makes a puzzle, after waiting for its turn. The library draws the target, the background and its cut from
// crypto/rand. Errors: ctx's when it ends before the turn comes; a puzzle begun is finished, in some 20 ms.
func (m *Maker) Make(ctx context.Context) (Puzzle, error) {
	if err := ctx.Err(); err != nil { // select would choose between a free slot and an ended ctx at random
		return Puzzle{}, fmt.Errorf("captcha: wait for a turn: %w", err)
	}
	select {
	case m.slots <- struct{}{}:
		defer func() { <-m.slots }()
	case <-ctx.Done():
		return Puzzle{}, fmt.Errorf("captcha: wait for a turn: %w", ctx.Err())
	}
	data, err := m.generate()
	if err != nil {
		return Puzzle{}, fmt.Errorf("captcha: draw a puzzle: %w", err)
	}
	return encode(data)
}

// encode writes the drawn pictures and refuses what could not be solved.
func encode(data slide.CaptchaData) (Puzzle, error) {
	block := data.GetData()
	if block.X < MinTarget || block.X > MaxTarget || block.Y < 0 || block.Y+block.Height > Height {
		return Puzzle{}, errors.New("captcha: the drawn gap leaves the picture")
	}
	picture, err := opaqueJPEG(data.GetMasterImage().Get())
	if err != nil {
		return Puzzle{}, fmt.Errorf("captcha: encode the picture: %w", err)
	}
	tile, err := data.GetTileImage().ToBytes()
	if err != nil {
		return Puzzle{}, fmt.Errorf("captcha: encode the tile: %w", err)
	}
	return Puzzle{
		Picture: picture, PictureType: "image/jpeg", Width: Width, Height: Height,
		Tile: tile, TileType: "image/png", TileWidth: block.Width, TileHeight: block.Height,
		TileX: block.DX, TileY: block.DY, Target: block.X,
	}, nil
}

// opaqueJPEG encodes a picture without transparent pixels. As image.RGBA: the library's own encoding takes its NRGBA
// pixel by pixel, and a third of a puzzle's time.
func opaqueJPEG(picture image.Image) ([]byte, error) {
	opaque := image.NewRGBA(image.Rect(0, 0, Width, Height))
	draw.Draw(opaque, opaque.Rect, picture, picture.Bounds().Min, draw.Src)
	var out bytes.Buffer
	err := jpeg.Encode(&out, opaque, &jpeg.Options{Quality: pictureQuality})
	return out.Bytes(), err
}

// Fits tells whether a tile whose left edge was left at x lies in its place, Pad pixels more or less.
func Fits(target, x int) bool {
	return x >= target-Pad && x <= target+Pad
}

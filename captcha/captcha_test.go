package captcha

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/wenlng/go-captcha/v2/slide"
)

// shared is one maker for the tests that only read: decoding takes longer than they do.
var shared = sync.OnceValues(func() (*Maker, error) { return New(Options{}) })

func maker(t testing.TB) *Maker {
	t.Helper()
	m, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFits(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		target, x int
		want      bool
	}{
		{100, 100, true},
		{100, 100 - Pad, true},
		{100, 100 + Pad, true},
		{100, 100 - Pad - 1, false},
		{100, 100 + Pad + 1, false},
		{100, 0, false},
		{100, -100, false},
		{MinTarget, MinTarget - Pad, true},
		{MaxTarget, MaxTarget + Pad, true},
		{MaxTarget, math.MaxInt, false},
		{MinTarget, math.MinInt, false},
	} {
		if got := Fits(tc.target, tc.x); got != tc.want {
			t.Errorf("Fits(%d, %d) = %v, want %v", tc.target, tc.x, got, tc.want)
		}
	}
}

func TestNewRefusesNegativeParallel(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{Parallel: -1}); err == nil {
		t.Error("a maker of -1 puzzles at once")
	}
}

func TestPuzzleIsWhatItSays(t *testing.T) {
	t.Parallel()
	for range 8 {
		p, err := maker(t).Make(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		picture, tile := decoded(t, p)
		if size := picture.Bounds().Size(); size != (image.Point{X: p.Width, Y: p.Height}) {
			t.Errorf("picture is %v, says %d×%d", size, p.Width, p.Height)
		}
		if size := tile.Bounds().Size(); size != (image.Point{X: p.TileWidth, Y: p.TileHeight}) {
			t.Errorf("tile is %v, says %d×%d", size, p.TileWidth, p.TileHeight)
		}
		if len(p.Picture) > 40<<10 || len(p.Tile) > 10<<10 {
			t.Errorf("picture of %d and tile of %d bytes are too large for a phone", len(p.Picture), len(p.Tile))
		}
		if p.TileX < 0 || p.TileX+p.TileWidth > p.Width || p.TileY < 0 || p.TileY+p.TileHeight > p.Height {
			t.Errorf("tile starts outside the picture, at %d,%d", p.TileX, p.TileY)
		}
		if Fits(p.Target, p.TileX) {
			t.Errorf("tile fits where it starts: x %d, target %d", p.TileX, p.Target)
		}
	}
}

// The tile looks like the darkened picture where it belongs, and unlike most other places of its row: the puzzle can be
// solved, and its answer is the target. (Few places elsewhere are alike by chance: where a picture is dark and even.)
func TestTileBelongsAtTarget(t *testing.T) {
	t.Parallel()
	const puzzles = 6
	answers := map[int]bool{}
	var elsewhere float64
	for range puzzles {
		p, err := maker(t).Make(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		picture, tile := decoded(t, p)
		if unlike := difference(picture, tile, image.Pt(p.Target, p.TileY)); unlike > 8 {
			t.Errorf("tile and gap differ by %.1f of 255 at the target %d", unlike, p.Target)
		}
		var others []float64
		for x := 0; x+p.TileWidth <= p.Width; x += 2 {
			if x < p.Target-TileSide/2 || x > p.Target+TileSide/2 {
				others = append(others, difference(picture, tile, image.Pt(x, p.TileY)))
			}
		}
		slices.Sort(others)
		elsewhere += others[len(others)/2] / puzzles
		answers[p.Target] = true
	}
	if elsewhere < 20 {
		t.Errorf("tile and picture differ by %.1f of 255 elsewhere: every place looks like the gap", elsewhere)
	}
	if len(answers) < 3 {
		t.Errorf("%d puzzles have %d answers", puzzles, len(answers))
	}
}

// difference is the mean difference, 0 to 255, between the picture at that point and the tile's middle as it would look
// in the shadow of the gap. The assets put 12 % of white over a tile and 49 % of near-black over a gap.
func difference(picture, tile image.Image, at image.Point) float64 {
	var n, sum float64
	for y := 18; y < TileSide-18; y++ {
		for x := 18; x < TileSide-18; x++ {
			if _, _, _, alpha := tile.At(x, y).RGBA(); alpha < 0xffff {
				continue // beyond the tile's outline
			}
			bare := (grey(tile, x, y) - 0.12*255) / 0.88
			sum += math.Abs(bare*0.51 + 0.49*20 - grey(picture, at.X+x, at.Y+y))
			n++
		}
	}
	return sum / n
}

func grey(img image.Image, x, y int) float64 {
	r, g, b, _ := img.At(x, y).RGBA()
	return (0.3*float64(r) + 0.6*float64(g) + 0.1*float64(b)) / 256
}

func decoded(t *testing.T, p Puzzle) (picture, tile image.Image) {
	t.Helper()
	if p.PictureType != "image/jpeg" || p.TileType != "image/png" {
		t.Fatalf("types %q and %q", p.PictureType, p.TileType)
	}
	picture, err := jpeg.Decode(bytes.NewReader(p.Picture))
	if err != nil {
		t.Fatal(err)
	}
	tile, err = png.Decode(bytes.NewReader(p.Tile))
	if err != nil {
		t.Fatal(err)
	}
	return picture, tile
}

// Targets spread evenly between their bounds: chi-squared over 4 bands. The bound of 33 at 3 degrees of freedom is
// passed by chance once in three million runs; a band that is never met gives over 50. Low pictures of one colour: the
// target depends on neither.
func TestTargetsSpread(t *testing.T) {
	t.Parallel()
	const bands, draws = 4, 200
	dot := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	quick := drawer(TileSide+10, []image.Image{dot}, []*slide.GraphImage{{OverlayImage: dot, ShadowImage: dot, MaskImage: dot}})
	var count, expected [bands]float64
	places := MaxTarget - MinTarget + 1
	for i := range places {
		expected[i*bands/places] += draws / float64(places)
	}
	for range draws {
		data, err := quick.Generate()
		if err != nil {
			t.Fatal(err)
		}
		x := data.GetData().X
		if x < MinTarget || x > MaxTarget {
			t.Fatalf("target %d, want %d to %d", x, MinTarget, MaxTarget)
		}
		count[(x-MinTarget)*bands/places]++
	}
	var squared float64
	for i := range count {
		squared += (count[i] - expected[i]) * (count[i] - expected[i]) / expected[i]
	}
	if squared > 33 {
		t.Errorf("targets in bands %v, chi-squared %.0f", count, squared)
	}
}

// However many ask, no more than Parallel puzzles are in the making, and all are made.
func TestParallelIsBounded(t *testing.T) {
	t.Parallel()
	const parallel, askers = 3, 12
	var now, most atomic.Int64
	m := &Maker{slots: make(chan struct{}, parallel)}
	m.generate = func() (slide.CaptchaData, error) {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer now.Add(-1)
		runtime.Gosched()
		return maker(t).generate()
	}
	var group sync.WaitGroup
	for range askers {
		group.Go(func() {
			if _, err := m.Make(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if most.Load() > parallel {
		t.Errorf("%d at once, want at most %d", most.Load(), parallel)
	}
	if len(m.slots) != 0 {
		t.Errorf("%d slots are still taken", len(m.slots))
	}
}

// Who waits for a turn is freed by the end of its ctx, and an ended ctx gets none even when a slot is free.
func TestMakeWaitsOnContext(t *testing.T) {
	t.Parallel()
	begun, finish := make(chan struct{}), make(chan struct{})
	m := &Maker{slots: make(chan struct{}, 1)}
	m.generate = func() (slide.CaptchaData, error) {
		close(begun)
		<-finish
		return nil, slide.GenerateDataErr
	}
	first := make(chan error, 1)
	go func() {
		_, err := m.Make(context.Background())
		first <- err
	}()
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error, 1)
	go func() {
		_, err := m.Make(ctx)
		second <- err
	}()
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("waiting: %v, want %v", err, context.Canceled)
	}
	close(finish)
	if err := <-first; !errors.Is(err, slide.GenerateDataErr) {
		t.Errorf("first: %v, want the library's error", err)
	}
	if _, err := m.Make(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("with a free slot: %v, want %v", err, context.Canceled)
	}
}

// BenchmarkMake tells time and memory of one puzzle, and its size as sent.
func BenchmarkMake(b *testing.B) {
	m := maker(b)
	b.ReportAllocs()
	var sent, largest int
	for b.Loop() {
		p, err := m.Make(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		sent += len(p.Picture) + len(p.Tile)
		largest = max(largest, len(p.Picture))
	}
	b.ReportMetric(float64(sent)/float64(b.N), "sent-B/op")
	b.ReportMetric(float64(largest), "largest-picture-B")
}

// BenchmarkNew tells what a process pays once, and keeps.
func BenchmarkNew(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var kept *Maker
	for b.Loop() {
		m, err := New(Options{})
		if err != nil {
			b.Fatal(err)
		}
		kept = m
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc)-float64(before.HeapAlloc), "kept-B")
	runtime.KeepAlive(kept)
}

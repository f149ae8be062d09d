package papers_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"shixi/papers"
)

func usual() *papers.Examiner { return papers.New(papers.Usual()) }

func TestWholeFilesPass(t *testing.T) {
	t.Parallel()
	e := usual()
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"photo":              {jpegOf(t, photo(640, 480)), papers.JPEG},
		"grey photo":         {jpegOf(t, grey(31, 17)), papers.JPEG},
		"padded photo":       {append(jpegOf(t, photo(16, 16)), "\r\n\x00\x00"...), papers.JPEG},
		"screenshot":         {pngOf(t, photo(300, 200)), papers.PNG},
		"16 bits":            {pngOf(t, image.NewNRGBA64(image.Rect(0, 0, 40, 40))), papers.PNG},
		"palette":            {pngOf(t, image.NewPaletted(image.Rect(0, 0, 9, 9), color.Palette{color.Black, color.White})), papers.PNG},
		"scan of A4 in grey": {blankPNG(t, 2480, 3508), papers.PNG},
		"document":           {document("", pages(3, "")...), papers.PDF},
		"scanned document":   {scanned(t), papers.PDF},
		"packed document":    {tabled(flate), papers.PDF},
		"drawing in letters": {document("", pages(1, "", stream("/Filter [ /ASCII85Decode /FlateDecode ]", lettered(packed([]byte("BT ET")))))...), papers.PDF},
		"drawing in digits":  {document("", pages(1, "", stream("/Filter /ASCIIHexDecode", []byte("42 54\n20 45 54>")))...), papers.PDF},
		"a little LZW":       {document("", pages(1, "", stream("/Filter/LZW", make([]byte, 1<<10)))...), papers.PDF},
		"a link": {document("", pages(1, "/OpenAction 5 0 R",
			"<</S /URI /URI (https://example.com/)>>")...), papers.PDF},
	} {
		if got, err := e.Examine(t.Context(), c.content); got != c.want || err != nil {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	small, shot, scan := jpegOf(t, photo(64, 64)), pngOf(t, photo(64, 64)), scanned(t)
	add := func(parts ...any) []byte {
		var all []byte
		for _, p := range parts {
			switch p := p.(type) {
			case string:
				all = append(all, p...)
			case []byte:
				all = append(all, p...)
			}
		}
		return all
	}
	flipped := bytes.Clone(shot)
	flipped[len(flipped)-30] ^= 0xff
	cases := map[string]struct {
		content []byte
		want    papers.Reason
	}{
		"nothing":                 {nil, papers.Unknown},
		"text":                    {[]byte("hello"), papers.Unknown},
		"page":                    {[]byte("<html><script>alert(1)</script>"), papers.Unknown},
		"program":                 {[]byte("MZ\x90\x00"), papers.Unknown},
		"GIF":                     {[]byte("GIF89a\x01\x00\x01\x00"), papers.Unknown},
		"archive":                 {[]byte(archive), papers.Unknown},
		"byte before photo":       {add("\n", small), papers.Unknown},
		"bytes before document":   {add("HTTP/1.1 200 OK\r\n\r\n", scan), papers.Unknown},
		"only the magic of JPEG":  {[]byte("\xff\xd8\xff\xe0"), papers.Broken},
		"only the magic of PNG":   {[]byte("\x89PNG\r\n\x1a\n0123456789"), papers.Broken},
		"only the magic of PDF":   {[]byte("%PDF-1.7\n0123456789"), papers.Broken},
		"half a photo":            {small[:len(small)/2], papers.Broken},
		"photo without end":       {small[:len(small)-2], papers.Broken},
		"half a screenshot":       {shot[:len(shot)/2], papers.Broken},
		"damaged screenshot":      {flipped, papers.Broken},
		"half a document":         {scan[:len(scan)/2], papers.Broken},
		"photo and archive":       {add(small, archive), papers.Mixed},
		"photo and page":          {add(small, "<html><script>alert(1)</script>"), papers.Mixed},
		"photo and script":        {add(small, "\n*/=1;alert(1)"), papers.Mixed},
		"screenshot and archive":  {add(shot, archive), papers.Mixed},
		"screenshot and document": {add(shot, scan), papers.Mixed},
		"document and archive":    {add(scan, archive), papers.Mixed},
		"document and page":       {add(scan, "<script>alert(1)</script>"), papers.Mixed},
		"archive in a document":   {add(scan[:len(scan)-6], archive[:len(archive)-2], "\x06\x00%%EOF\n"), papers.Mixed},
		"document that is a page": {bytes.Replace(scan, []byte("%PDF-1.7\n"), []byte("%PDF-1.7\n<html><script>alert(1)</script>\n"), 1), papers.Mixed},
		"archive in a chunk":      {blankPNG(t, 9, 9, chunk("raRa", []byte("Rar!\x1a\x07\x01\x00"))), papers.Mixed},
		"much padding":            {add(small, strings.Repeat("\x00", 4096)), papers.Mixed},
		"900 megapixels":          {blankPNG(t, 30_000, 30_000), papers.TooLarge},
		"a long strip":            {blankPNG(t, 12_001, 1), papers.TooLarge},
		"41 megapixels":           {blankPNG(t, 10_250, 4_000), papers.TooLarge},
		"too many scans":          {manyScans(small), papers.TooLarge},
		"no page":                 {document("", "<</Type /Catalog /Pages 2 0 R>>", "<</Type /Pages /Count 0 /Kids []>>"), papers.Broken},
		"a catalogue in a circle": {document("", "<</Type /Catalog /Pages 1 0 R>>"), papers.Broken},
		"201 pages":               {document("", pages(201, "")...), papers.TooManyPages},
		"script at opening":       {document("", pages(1, "/OpenAction 5 0 R", "<</S /JavaScript /JS (app.alert(1))>>")...), papers.Active},
		"script by another name":  {document("", pages(1, "/OpenAction 5 0 R", "<</S /Java#53cript /J#53 (app.alert(1))>>")...), papers.Active},
		"script by reference":     {document("", pages(1, "/OpenAction 5 0 R", "<</S 6 0 R /X (app.alert(1))>>", "/JavaScript")...), papers.Active},
		"unused script":           {document("", pages(1, "", "<</S /JavaScript /JS 6 0 R>>", stream("", []byte("app.alert(1)")))...), papers.Active},
		"program at opening":      {document("", pages(1, "/OpenAction <</S /Launch /F (cmd.exe)>>")...), papers.Active},
		"form that submits":       {document("", pages(1, "/OpenAction <</S /SubmitForm /F (https://example.com)>>")...), papers.Active},
		"files inside":            {document("", pages(1, "/Names <</EmbeddedFiles <</Names [(a) 5 0 R]>>>>", "<</Type /Filespec /F (a) /EF <</F 6 0 R>>>>", stream("/Type /EmbeddedFile", []byte("x")))...), papers.Active},
		"script in a packed object": {tabled(func(objects []byte) (string, []byte) {
			return flate(bytes.Replace(objects, []byte("/Resources <<>>"), []byte("/AA<</O<</S/JavaScript/JS(a)>>>>"), 1))
		}), papers.Active},
		"sealed":                {document("/Encrypt 5 0 R /ID [(0123456789abcdef) (0123456789abcdef)]", pages(1, "", "<</Filter /Standard /V 1 /R 2 /P -4 /O (0123456789abcdef0123456789abcdef) /U (0123456789abcdef0123456789abcdef)>>")...), papers.Encrypted},
		"sealed somehow":        {document("/Encrypt 5 0 R", pages(1, "", "<</Filter /Other>>")...), papers.Encrypted},
		"drawing of 66 MB":      {document("", pages(1, "", stream("/Filter /FlateDecode", deflated(66<<20)))...), papers.TooComplex},
		"picture of 120 MB":     {document("", pages(1, "", stream("/Subtype /Image /Filter /FlateDecode", deflated(120<<20)))...), papers.TooComplex},
		"drawing in letters":    {document("", pages(1, "", stream("/Filter [/ASCII85Decode /FlateDecode]", lettered(deflated(66<<20))))...), papers.TooComplex},
		"drawing in digits":     {document("", pages(1, "", stream("/Filter[/AHx/Fl]", fmt.Appendf(nil, "%x>", deflated(66<<20))))...), papers.TooComplex},
		"digits within":         {document("", pages(1, "", stream("/Filter [/FlateDecode /ASCIIHexDecode /FlateDecode]", packed(fmt.Appendf(nil, "%x>", packed([]byte("x"))))))...), papers.TooComplex},
		"filter half elsewhere": {document("", pages(1, "", stream("/Filter [/ASCII85Decode 6 0 R]", []byte("x")), "/FlateDecode")...), papers.TooComplex},
		"digits far apart":      {document("", pages(1, "", stream("/Filter[/AHx/Fl]", bytes.ReplaceAll(fmt.Appendf(nil, "% x>", deflated(66<<20)), []byte(" "), []byte(" \n"))))...), papers.TooComplex},
		"filter elsewhere":      {document("", pages(1, "", stream("/Filter 6 0 R", []byte("x")), "[/ASCIIHexDecode /FlateDecode]")...), papers.TooComplex},
		"much LZW":              {document("", pages(1, "", stream("/Filter /LZWDecode", make([]byte, 64<<10)))...), papers.TooComplex},
		"packed thrice":         {document("", pages(1, "", stream("/Filter [/FlateDecode /FlateDecode /FlateDecode]", packed(packed(packed([]byte("x"))))))...), papers.TooComplex},
		"many drawings":         {document("", pages(1, "", many(33, stream("/Filter /FlateDecode", deflated(2<<20)))...)...), papers.TooComplex},
		"objects of 32 MB":      {tabled(func([]byte) (string, []byte) { return "/Filter /FlateDecode", deflated(32 << 20) }), papers.TooComplex},
		"objects of long kind": {tabled(func([]byte) (string, []byte) {
			return "/Filter /FlateDecode /Pad (" + strings.Repeat("x", 5<<10) + ")", deflated(32 << 20)
		}), papers.TooComplex},
		"objects of two kinds": {tabled(func([]byte) (string, []byte) { return "/Filter /FlateDecode /Pad ( obj )", deflated(32 << 20) }), papers.TooComplex},
		"objects oddly hidden": {tabled(func(o []byte) (string, []byte) { return "/Filter [/ASCIIHexDecode /Fl] /Pad ( obj )", o }), papers.TooComplex},
		"objects packed oddly": {tabled(func(o []byte) (string, []byte) { return "/Filter [/ASCIIHexDecode /Fl]", o }), papers.TooComplex},
		"ten million numbers":  {document("", pages(1, "", "["+strings.Repeat("0 ", 5_000_000)+"]")...), papers.TooComplex},
	}
	e := usual()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := e.Examine(t.Context(), c.content)
			var refused *papers.RefusedError
			if !errors.As(err, &refused) || refused.Reason != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func many(n int, object string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = object
	}
	return all
}

// manyScans repeats the scan of a photo.
func manyScans(photo []byte) []byte {
	at := bytes.Index(photo, []byte("\xff\xda"))
	scan := photo[at : len(photo)-2]
	out := bytes.Clone(photo[:at])
	for range 200 {
		out = append(out, scan...)
	}
	return append(out, "\xff\xd9"...)
}

// TestLoopsEnd gives documents whose tables and trees lead back to themselves.
func TestLoopsEnd(t *testing.T) {
	t.Parallel()
	own := document("/Prev 9 /XRefStm 9", pages(1, "")...)
	table := bytes.Index(own, []byte("xref"))
	for name, content := range map[string][]byte{
		"table before itself": bytes.Replace(own, []byte("/Prev 9"), []byte("/Prev "+itoa(table)), 1),
		"pages in a circle": document("", "<</Type /Catalog /Pages 2 0 R>>", "<</Type /Pages /Count 1 /Kids [3 0 R]>>",
			"<</Type /Pages /Count 1 /Kids [2 0 R] /Parent 2 0 R>>"),
		"outlines in a circle": document("", pages(1, "/Outlines 5 0 R", "<</First 6 0 R /Last 6 0 R /Count 1>>", "<</Title (a) /Parent 5 0 R /Next 6 0 R /First 6 0 R /Last 6 0 R>>")...),
		"length is itself":     document("", pages(1, "", "<</Length 5 0 R>>\nstream\nx\nendstream")...),
		"deeply nested":        document("", pages(1, "/Nest "+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000))...),
		"names in a circle":    document("", pages(1, "/Names <</Dests 5 0 R>>", "<</Kids [5 0 R]>>")...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			_, err := usual().Examine(t.Context(), content)
			if took := time.Since(began); took > papers.Usual().Time+time.Second {
				t.Errorf("took %v", took)
			}
			t.Logf("%v", err)
		})
	}
}

func itoa(n int) string {
	var b [12]byte
	i := len(b)
	for i--; ; i-- {
		b[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			return string(b[i:])
		}
	}
}

// TestMemoryIsShared lets many large pictures in at once: they wait for each
// other, and who has no patience is told.
func TestMemoryIsShared(t *testing.T) {
	l := papers.Usual()
	l.Memory = 16 << 20
	e := papers.New(l)
	picture := blankPNG(t, 4000, 2500) // 10 MB each
	runtime.GC()
	var before, peak runtime.MemStats
	runtime.ReadMemStats(&before)
	stop := make(chan struct{})
	var watch, all sync.WaitGroup
	var most uint64
	watch.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
				runtime.ReadMemStats(&peak)
				most = max(most, peak.HeapAlloc)
			}
		}
	})
	for range 8 {
		all.Go(func() {
			if _, err := e.Examine(t.Context(), picture); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	close(stop)
	watch.Wait()
	if grown := int64(most) - int64(before.HeapAlloc); grown > 3*l.Memory {
		t.Errorf("the heap grew by %d MB of %d", grown>>20, l.Memory>>20)
	}
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	l.Memory = 1 << 20
	if _, err := papers.New(l).Examine(impatient, pngOf(t, grey(9, 9))); err != nil && !errors.Is(err, papers.ErrBusy) {
		t.Errorf("got %v", err)
	}
	var refused *papers.RefusedError
	if _, err := papers.New(l).Examine(t.Context(), picture); !errors.As(err, &refused) || refused.Reason != papers.TooLarge {
		t.Errorf("more than there is: %v", err)
	}
}

// TestNothingIsWrittenAtHome: pdfcpu keeps a folder of settings unless told
// otherwise.
func TestNothingIsWrittenAtHome(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	if _, err := usual().Examine(t.Context(), scanned(t)); err != nil {
		t.Error(err)
	}
	if _, err := usual().Examine(t.Context(), tabled(flate)); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(home)
	if err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
}

func FuzzExamine(f *testing.F) {
	f.Add(jpegOf(f, photo(17, 9)))
	f.Add(pngOf(f, photo(17, 9)))
	f.Add(scanned(f))
	f.Add(tabled(flate))
	f.Add(document("", pages(2, "/OpenAction <</S /Launch>>")...))
	l := papers.Usual()
	l.Time, l.Memory = 2*time.Second, 32<<20
	e := papers.New(l)
	f.Fuzz(func(t *testing.T, content []byte) {
		kind, err := e.Examine(t.Context(), content)
		var refused *papers.RefusedError
		if (err == nil) != (kind == papers.JPEG || kind == papers.PNG || kind == papers.PDF) && err == nil || err != nil && !errors.As(err, &refused) {
			t.Errorf("%q %v", kind, err)
		}
	})
}

// TestMetadataAreNotUnpacked: pdfcpu would unpack those of the catalogue to half a gigabyte, whatever its limits say.
func TestMetadataAreNotUnpacked(t *testing.T) { //nolint:paralleltest // counts what the process allocates
	const most = 64 << 20
	for name, entry := range map[string]string{"plain": "/Metadata", "escaped": "/Meta#64ata"} {
		long := "/Type /Metadata /Subtype /XML /Filter [/ASCIIHexDecode /FlateDecode] /Pad (" + strings.Repeat("x", 8<<10) + ")"
		content := document("", pages(1, entry+" 5 0 R", stream(long, fmt.Appendf(nil, "%x>", deflated(400<<20))))...)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := usual().Examine(t.Context(), content)
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > most {
			t.Errorf("%s: %d MB for a document of %d KB: %v", name, grown>>20, len(content)>>10, err)
		}
	}
}

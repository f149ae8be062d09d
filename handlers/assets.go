package handlers

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// builtIn reads a file that is part of the program.
func builtIn(from fs.FS, name string) []byte {
	content, err := fs.ReadFile(from, name)
	if err != nil {
		panic(err) // the program was built without it
	}
	return content
}

// asset is a file of a page, which only a new version of the program changes.
type asset struct {
	kind, etag string
	content    []byte
	packed     bool
}

// assetKinds are media types by extension; the system's table differs from
// machine to machine.
var assetKinds = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".png": "image/png"}

func newAsset(name string, content []byte, packed bool) asset {
	return asset{kind: assetKinds[path.Ext(name)], etag: etagOf(content), content: content, packed: packed}
}

// version names the content in the address of an asset, so that browsers may
// keep it for good.
func (f asset) version() string { return strings.Trim(f.etag, `"`) }

// assets serves files by their names.
func (a *App) assets(route string, files map[string]asset) {
	a.fiber.Get(route, func(c *fiber.Ctx) error {
		f, ok := files[c.Params("file")]
		if !ok {
			return fiber.ErrNotFound
		}
		c.Set(fiber.HeaderContentType, f.kind)
		c.Set(fiber.HeaderETag, f.etag)
		c.Set(fiber.HeaderCacheControl, "public, max-age=300")
		if c.Query("v") == f.version() {
			c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
		}
		c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
		if matches(c.Get(fiber.HeaderIfNoneMatch), f.etag) {
			return c.SendStatus(http.StatusNotModified)
		}
		if !f.packed {
			return c.Send(f.content)
		}
		if readsGzip(c.Get(fiber.HeaderAcceptEncoding)) {
			c.Set(fiber.HeaderContentEncoding, "gzip")
			return c.Send(f.content)
		}
		plain, err := gzip.NewReader(bytes.NewReader(f.content))
		if err != nil {
			return fmt.Errorf("handlers: unpack %s: %w", c.Params("file"), err)
		}
		return c.SendStream(plain)
	})
}

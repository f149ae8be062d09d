package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"unicode"

	"go.mongodb.org/mongo-driver/v2/bson"

	"shixi/internship"
)

const (
	// chunkBytes is the size of a chunk, GridFS's usual.
	chunkBytes = 255 << 10
	// sniffBytes is how much of a file tells its type.
	sniffBytes = 512
	// maxFileName is how many characters of a file's name are kept.
	maxFileName = 100
)

// examine checks what can be told before anything is stored, and gives the
// content back whole.
func examine(kind internship.FileKind, r io.Reader) (mediaType string, content io.Reader, err error) {
	head := make([]byte, sniffBytes)
	n, _, err := fill(r, head)
	if err != nil {
		return "", nil, err
	}
	mediaType = http.DetectContentType(head[:n])
	if err := kind.Check(mediaType, int64(n)); err != nil {
		return "", nil, internship.ErrInvalid.At(internship.Of("file", err)...)
	}
	return mediaType, io.MultiReader(bytes.NewReader(head[:n]), r), nil
}

// writeChunks stores the content and notes its length and digest in the row.
// A chunk that goes beyond the kind's limit is not stored.
func (db *DB) writeChunks(ctx context.Context, row *fileRow, kind internship.FileKind, content io.Reader) error {
	digest, chunk := sha256.New(), make([]byte, chunkBytes)
	for n := int32(0); ; n++ {
		size, end, err := fill(content, chunk)
		if err != nil {
			return err
		}
		row.Length += int64(size)
		if err := kind.Check(row.Metadata.MediaType, row.Length); err != nil {
			return internship.ErrInvalid.At(internship.Of("file", err)...)
		}
		if size > 0 {
			digest.Write(chunk[:size])
			_, err := db.chunks().InsertOne(ctx, bson.D{{Key: "_id", Value: bson.NewObjectID()}, {Key: "files_id", Value: row.Object},
				{Key: "n", Value: n}, {Key: "data", Value: chunk[:size]}})
			if err != nil {
				return machineryError("save file", err)
			}
		}
		if end {
			row.Metadata.SHA256 = hex.EncodeToString(digest.Sum(nil))
			return nil
		}
	}
}

// FileName keeps the last part of a name without what a terminal, a header or a
// file system might take for more than a letter; label where nothing is left.
func FileName(name, label string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || strings.ContainsRune(`"<>|:*?`, r) {
			return -1
		}
		return r
	}, name))
	if strings.Trim(name, "./") == "" {
		return label
	}
	if runes := []rune(name); len(runes) > maxFileName {
		ext := []rune(path.Ext(name))
		if len(ext) > 10 {
			ext = nil
		}
		name = string(runes[:maxFileName-len(ext)]) + string(ext)
	}
	return name
}

// SHA256 is the digest of a content as File tells it.
func SHA256(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// fill reads until the buffer is full or the content ends. It tells the end
// from content that breaks off, which io.ReadFull does not.
func fill(r io.Reader, buf []byte) (n int, end bool, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	switch {
	case err == nil:
		return n, false, nil
	case errors.Is(err, io.EOF):
		return n, true, nil
	}
	return n, false, fmt.Errorf("store: read upload: %w", internship.ErrBadRequest.With("文件没有完整收到，请重新上传").Because(err))
}

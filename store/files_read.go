package store

import (
	"context"
	"errors"
	"fmt"
	"io"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

// download reads a file chunk by chunk. The driver's own stream asks for all of
// them at once, 16 MiB in one answer.
type download struct {
	ctx  context.Context //nolint:containedctx // that of OpenFile, as io.Reader has none
	db   *DB
	row  fileRow
	next int32
	rest []byte
	read int64
}

// Read implements io.Reader. Errors: internship.ErrNotFound where the file is
// deleted meanwhile, internship.ErrUnavailable.
func (d *download) Read(p []byte) (int, error) {
	if len(d.rest) == 0 {
		if d.read == d.row.Length {
			return 0, io.EOF
		}
		if err := d.chunk(); err != nil {
			return 0, err
		}
	}
	n := copy(p, d.rest)
	d.rest = d.rest[n:]
	d.read += int64(n)
	return n, nil
}

func (d *download) chunk() error {
	var row struct{ Data []byte }
	err := d.db.chunks().FindOne(d.ctx, bson.D{{Key: "files_id", Value: d.row.Object}, {Key: "n", Value: d.next}},
		options.FindOne().SetProjection(bson.D{{Key: "data", Value: 1}})).Decode(&row)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return fmt.Errorf("store: read file: %w", internship.ErrNotFound)
	}
	if err != nil {
		return machineryError("read file", err)
	}
	if len(row.Data) == 0 || d.read+int64(len(row.Data)) > d.row.Length {
		return fmt.Errorf("store: read file: chunk %d: %w", d.next, internship.ErrInternal)
	}
	d.rest, d.next = row.Data, d.next+1
	return nil
}

// Close implements io.Closer.
func (d *download) Close() error { return nil }

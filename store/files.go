package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

// Files are kept as GridFS lays them out, in a bucket of their own. They are
// written here and not by the driver's stream, which takes 16 MiB of memory
// for each and must know at its start what is only known at the end.
const (
	bucketName = "uploads"
	// discardTime is how long a refused file may take to be cleared away.
	discardTime = 5 * time.Second
)

var (
	filesByID    = &Index{Collection: bucketName + ".files", Name: "id", Keys: []string{"metadata.id"}, Unique: true, Exists: []string{"metadata.id"}}
	filesLoose   = &Index{Collection: bucketName + ".files", Name: "loose", Keys: []string{"loose"}, Exists: []string{"loose"}}
	chunksByFile = &Index{Collection: bucketName + ".chunks", Name: "file", Keys: []string{"files_id", "n"}, Unique: true}
)

var fileIndexes = []*Index{filesByID, filesLoose, chunksByFile}

// NewFile says what a file to be stored is for and whose it is.
type NewFile struct {
	// Kind is the name of an internship.FileKind.
	Kind         string
	EnterpriseID string
	// Name is the file's name as its owner sees it; it is made harmless.
	Name string
	// Uploader is the account that brought it.
	Uploader string
}

// File is a stored file.
type File struct {
	ID           string
	EnterpriseID string
	Kind         string
	Name         string
	// MediaType is the type sniffed from the content.
	MediaType string
	Size      int64
	// SHA256 of the content, in lower-case hex.
	SHA256   string
	Uploader string
	At       time.Time
}

// fileRow is a document of the bucket's files. The object in _id is one
// attempt to store; metadata.id is the file's id once that has succeeded.
type fileRow struct {
	Object    bson.ObjectID `bson:"_id"`
	Length    int64         `bson:"length"`
	ChunkSize int32         `bson:"chunkSize"`
	At        time.Time     `bson:"uploadDate"`
	Name      string        `bson:"filename"`
	Metadata  fileMetadata  `bson:"metadata"`
	// Loose is since when the object belongs to no file: it is being written,
	// or deleted, or was left behind by a crash.
	Loose *time.Time `bson:"loose,omitempty"`
}

type fileMetadata struct {
	ID           string `bson:"id,omitempty"`
	EnterpriseID string `bson:"enterpriseId"`
	Kind         string `bson:"kind"`
	MediaType    string `bson:"mediaType"`
	SHA256       string `bson:"sha256,omitempty"`
	Uploader     string `bson:"uploader"`
}

// SaveFile stores a file while it reads it. Its id comes from NewID: the same
// request made again gives the file that is already there, unread. Errors:
// internship.ErrInvalid with the kind's sentence when the content is empty, of
// a type the kind does not allow or one byte too long, internship.ErrBadRequest
// when r fails, internship.ErrUnavailable; none leaves anything behind, except
// where the database is away: SweepFiles clears that.
func (db *DB) SaveFile(ctx context.Context, f NewFile, r io.Reader) (File, error) {
	kind, ok := internship.FileKindOf(f.Kind)
	if !ok {
		return File{}, internship.ErrInvalid.At(internship.FieldError{Field: "kind", Code: "choice", Message: "未知的文件类别"})
	}
	id := NewID(ctx, "fil")
	if row, err := db.fileRow(ctx, f.EnterpriseID, id); !Absent(err) {
		return row.file(), err
	}
	mediaType, content, err := examine(kind, r)
	if err != nil {
		return File{}, err
	}
	now := db.now()
	row := fileRow{Object: bson.NewObjectID(), ChunkSize: chunkBytes, At: now, Loose: &now, Name: fileName(f.Name, kind),
		Metadata: fileMetadata{EnterpriseID: f.EnterpriseID, Kind: kind.Name, MediaType: mediaType, Uploader: f.Uploader}}
	if _, err := db.files().InsertOne(ctx, row); err != nil {
		return File{}, machineryError("save file", err)
	}
	kept := false
	defer func() {
		if !kept {
			db.abandon(ctx, row.Object)
		}
	}()
	if err := db.writeChunks(ctx, &row, kind, content); err != nil {
		return File{}, err
	}
	row.Metadata.ID = id
	switch kept, err = db.tie(ctx, row); {
	case mongo.IsDuplicateKeyError(err): // the same request, run twice at once
		other, err := db.fileRow(ctx, f.EnterpriseID, id)
		return other.file(), err
	case err != nil:
		return File{}, machineryError("save file", err)
	case !kept: // so slow that it was swept
		return File{}, internship.ErrUnavailable
	}
	return row.file(), nil
}

// tie makes the object the file of its id; false when the object is gone.
func (db *DB) tie(ctx context.Context, row fileRow) (bool, error) {
	res, err := db.files().UpdateOne(ctx, bson.D{{Key: "_id", Value: row.Object}}, bson.D{
		{Key: "$set", Value: bson.D{{Key: "length", Value: row.Length}, {Key: "metadata", Value: row.Metadata}}},
		{Key: "$unset", Value: bson.D{{Key: "loose", Value: ""}}}})
	if err != nil {
		return false, err
	}
	return res.MatchedCount > 0, nil
}

// OpenFile gives a file of an enterprise and its content, to be read before ctx
// ends and closed. Errors: internship.ErrNotFound, also for another
// enterprise's file, internship.ErrUnavailable, also while reading.
func (db *DB) OpenFile(ctx context.Context, enterpriseID, id string) (File, io.ReadCloser, error) {
	row, err := db.fileRow(ctx, enterpriseID, id)
	if err != nil {
		return File{}, nil, err
	}
	content, err := db.bucket().OpenDownloadStream(ctx, row.Object)
	if errors.Is(err, mongo.ErrFileNotFound) { // deleted in between
		return File{}, nil, fmt.Errorf("store: open file: %w", internship.ErrNotFound)
	}
	if err != nil {
		return File{}, nil, machineryError("open file", err)
	}
	return row.file(), download{content}, nil
}

// download is a file's content with our errors.
type download struct{ *mongo.GridFSDownloadStream }

func (d download) Read(p []byte) (int, error) {
	n, err := d.GridFSDownloadStream.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = machineryError("read file", err)
	}
	return n, err
}

// DeleteFile deletes a file of an enterprise. Errors as OpenFile.
func (db *DB) DeleteFile(ctx context.Context, enterpriseID, id string) error {
	row, err := db.fileRow(ctx, enterpriseID, id)
	if err != nil {
		return err
	}
	return machineryError("delete file", db.discard(ctx, row.Object))
}

// SweepFiles clears away what crashes have left: objects that have belonged to
// no file since before the given time, at most limit of them. An upload that
// takes longer than that fails. It returns how many it cleared.
func (db *DB) SweepFiles(ctx context.Context, before time.Time, limit int) (int, error) {
	cur, err := db.files().Find(ctx, bson.D{{Key: "loose", Value: bson.D{{Key: "$exists", Value: true}, {Key: "$lte", Value: before}}}},
		options.Find().SetSort(bson.D{{Key: "loose", Value: 1}}).SetLimit(int64(limit)).SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return 0, machineryError("sweep files", err)
	}
	var rows []fileRow
	if err := cur.All(ctx, &rows); err != nil {
		return 0, machineryError("sweep files", err)
	}
	for n, row := range rows {
		if err := db.discard(ctx, row.Object); err != nil {
			return n, machineryError("sweep files", err)
		}
	}
	return len(rows), nil
}

// discard deletes an object. It first belongs to no file, so that a crash
// after that leaves it to SweepFiles; its row goes last.
func (db *DB) discard(ctx context.Context, object bson.ObjectID) error {
	_, err := db.files().UpdateOne(ctx, bson.D{{Key: "_id", Value: object}}, bson.D{
		{Key: "$set", Value: bson.D{{Key: "loose", Value: db.now()}}}, {Key: "$unset", Value: bson.D{{Key: "metadata.id", Value: ""}}}})
	if err != nil {
		return err
	}
	if _, err := db.chunks().DeleteMany(ctx, bson.D{{Key: "files_id", Value: object}}); err != nil {
		return err
	}
	_, err = db.files().DeleteOne(ctx, bson.D{{Key: "_id", Value: object}})
	return err
}

// abandon discards the object of an upload that failed, even when that was
// because its caller has left.
func (db *DB) abandon(ctx context.Context, object bson.ObjectID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discardTime)
	defer cancel()
	_ = db.discard(ctx, object) // what stays is swept
}

func (db *DB) fileRow(ctx context.Context, enterpriseID, id string) (fileRow, error) {
	var row fileRow
	err := db.files().FindOne(ctx, bson.D{{Key: "metadata.id", Value: id}, {Key: "metadata.enterpriseId", Value: enterpriseID}}).Decode(&row)
	return row, machineryError("file", err)
}

func (r fileRow) file() File {
	m := r.Metadata
	return File{ID: m.ID, EnterpriseID: m.EnterpriseID, Kind: m.Kind, Name: r.Name, MediaType: m.MediaType,
		Size: r.Length, SHA256: m.SHA256, Uploader: m.Uploader, At: r.At}
}

func (db *DB) bucket() *mongo.GridFSBucket {
	return db.database.GridFSBucket(options.GridFSBucket().SetName(bucketName))
}

func (db *DB) files() *mongo.Collection  { return db.database.Collection(bucketName + ".files") }
func (db *DB) chunks() *mongo.Collection { return db.database.Collection(bucketName + ".chunks") }

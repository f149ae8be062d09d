package store

import (
	"context"
	"io"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"shixi/internship"
)

// Files are kept as GridFS lays them out, in a bucket of their own. They are
// written here and not by the driver's stream, which takes 16 MiB of memory
// for each and must know at its start what is only known at the end.
const (
	bucketName = "uploads"
	// discardTime is how long a refused file may take to be cleared away.
	discardTime = 5 * time.Second
	// writing is longer than storing a file takes.
	writing = time.Hour
	// FileGrace is how long a file stays that no document names: time to fill
	// in a form.
	FileGrace = 24 * time.Hour
)

var (
	filesByID    = &Index{Collection: bucketName + ".files", Name: "id", Keys: []string{"metadata.id"}, Unique: true, Exists: []string{"metadata.id"}}
	filesDue     = &Index{Collection: bucketName + ".files", Name: "due", Keys: []string{"due"}, Exists: []string{"due"}}
	chunksByFile = &Index{Collection: bucketName + ".chunks", Name: "file", Keys: []string{"files_id", "n"}, Unique: true}
)

var fileIndexes = []*Index{filesByID, filesDue, chunksByFile}

// NewFile says what a file to be stored is for and whose it is.
type NewFile struct {
	Kind internship.FileKind
	// Owner is the enterprise, or the pass of a registration that is under
	// way.
	Owner string
	// Name is the file's name as its owner sees it; it is made harmless.
	Name string
	// Uploader is the account, or the pass, that brought it.
	Uploader string
}

// File is a stored file.
type File struct {
	ID    string
	Owner string
	Kind  string
	Name  string
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
	// Due is when the sweeper looks at the object: what is no file yet, or no
	// more, or a file that no document names then, goes. A file that one names
	// stays, and Due is taken away until a document begins or ceases to name it
	// (see Filed).
	Due *time.Time `bson:"due,omitempty"`
}

type fileMetadata struct {
	ID        string `bson:"id,omitempty"`
	Owner     string `bson:"owner"`
	Kind      string `bson:"kind"`
	MediaType string `bson:"mediaType"`
	SHA256    string `bson:"sha256,omitempty"`
	Uploader  string `bson:"uploader"`
}

// SaveFile stores a file while it reads it. Its id comes from NewID: the same
// request made again gives the file that is already there, unread. It stays for
// FileGrace unless a document names it. Errors: internship.ErrInvalid with the
// kind's sentence when the content is empty, of a type the kind does not allow
// or one byte too long, internship.ErrBadRequest when r fails,
// internship.ErrUnavailable; none leaves anything behind, except where the
// database is away: SweepFiles clears that.
func (db *DB) SaveFile(ctx context.Context, f NewFile, r io.Reader) (File, error) {
	id := NewID(ctx, "fil")
	if row, err := db.fileRow(ctx, f.Owner, id); !Absent(err) {
		return row.file(), err
	}
	mediaType, content, err := examine(f.Kind, r)
	if err != nil {
		return File{}, err
	}
	now := db.now()
	due := now.Add(writing)
	row := fileRow{Object: bson.NewObjectID(), ChunkSize: chunkBytes, At: now, Due: &due, Name: FileName(f.Name, f.Kind.Label),
		Metadata: fileMetadata{Owner: f.Owner, Kind: f.Kind.Name, MediaType: mediaType, Uploader: f.Uploader}}
	if _, err := db.files().InsertOne(ctx, row); err != nil {
		return File{}, machineryError("save file", err)
	}
	kept := false
	defer func() {
		if !kept {
			db.abandon(ctx, row.Object)
		}
	}()
	if err := db.writeChunks(ctx, &row, f.Kind, content); err != nil {
		return File{}, err
	}
	row.Metadata.ID = id
	switch kept, err = db.tie(ctx, row); {
	case mongo.IsDuplicateKeyError(err): // the same request, run twice at once
		other, err := db.fileRow(ctx, f.Owner, id)
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
		{Key: "$set", Value: bson.D{{Key: "length", Value: row.Length}, {Key: "metadata", Value: row.Metadata}, {Key: "due", Value: db.now().Add(FileGrace)}}}})
	if err != nil {
		return false, err
	}
	return res.MatchedCount > 0, nil
}

// OpenFile gives a file of an owner and its content, to be read before ctx ends
// and closed. Errors: internship.ErrNotFound, also for another's file,
// internship.ErrUnavailable, also while reading.
func (db *DB) OpenFile(ctx context.Context, owner, id string) (File, io.ReadCloser, error) {
	row, err := db.fileRow(ctx, owner, id)
	if err != nil {
		return File{}, nil, err
	}
	return row.file(), &download{ctx: ctx, db: db, row: row}, nil
}

// DeleteFile deletes a file of an owner. Errors as OpenFile.
func (db *DB) DeleteFile(ctx context.Context, owner, id string) error {
	row, err := db.fileRow(ctx, owner, id)
	if err != nil {
		return err
	}
	return machineryError("delete file", db.discard(ctx, row.Object))
}

// discard deletes an object. It first belongs to no file, so that a crash
// after that leaves it to SweepFiles; its row goes last.
func (db *DB) discard(ctx context.Context, object bson.ObjectID) error {
	_, err := db.files().UpdateOne(ctx, bson.D{{Key: "_id", Value: object}}, bson.D{
		{Key: "$set", Value: bson.D{{Key: "due", Value: db.now()}}}, {Key: "$unset", Value: bson.D{{Key: "metadata.id", Value: ""}}}})
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

func (db *DB) fileRow(ctx context.Context, owner, id string) (fileRow, error) {
	var row fileRow
	err := db.files().FindOne(ctx, bson.D{{Key: "metadata.id", Value: id}, {Key: "metadata.owner", Value: owner}}).Decode(&row)
	return row, machineryError("file", err)
}

func (r fileRow) file() File {
	m := r.Metadata
	return File{ID: m.ID, Owner: m.Owner, Kind: m.Kind, Name: r.Name, MediaType: m.MediaType,
		Size: r.Length, SHA256: m.SHA256, Uploader: m.Uploader, At: r.At}
}

func (db *DB) files() *mongo.Collection  { return db.database.Collection(bucketName + ".files") }
func (db *DB) chunks() *mongo.Collection { return db.database.Collection(bucketName + ".chunks") }

package store

import (
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"shixi/internship"
)

// Filed is an aggregate that names files: their ids, in any order. A document
// that is saved keeps them, and what it ceases to name is deleted a day later,
// unless another document names it.
//
// No write of the file's row belongs to a save, so nothing can be lost between
// the two: before it names a file anew, or ceases to, the sweeper's look at it
// is put off by FileGrace, which no save outlasts; at that look the documents
// themselves tell whether one names it.
type Filed interface{ Files() []string }

// filing are the collections whose documents may name files.
var filing = []string{"enterprises", "positions", "recoveries"}

// filesNamed is the index by which the sweeper asks.
func filesNamed(collection string) *Index {
	return &Index{Collection: collection, Name: "files", Keys: []string{"files"}, Exists: []string{"files"}}
}

func filesOf(doc any) []string {
	f, ok := doc.(Filed)
	if !ok {
		return nil
	}
	ids := slices.DeleteFunc(slices.Clone(f.Files()), func(id string) bool { return id == "" })
	slices.Sort(ids)
	return slices.Compact(ids)
}

// keepFiles prepares the save of a document that named the files before and
// will name those after. Errors: internship.ErrFileGone when one of them is not
// there.
func (db *DB) keepFiles(ctx context.Context, before, after []string) error {
	for _, id := range after {
		if slices.Contains(before, id) {
			continue
		}
		there, err := db.putOff(ctx, id)
		if err != nil {
			return err
		}
		if !there {
			return &refusal{fmt.Errorf("store: file %s: %w", id, internship.ErrFileGone)}
		}
	}
	for _, id := range before {
		if slices.Contains(after, id) {
			continue
		}
		if _, err := db.putOff(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// putOff lets the sweeper look at a file in FileGrace, and says whether there is
// such a file.
func (db *DB) putOff(ctx context.Context, id string) (bool, error) {
	res, err := db.files().UpdateOne(ctx, bson.D{{Key: "metadata.id", Value: id}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "due", Value: db.now().Add(FileGrace)}}}})
	if err != nil {
		return false, err
	}
	return res.MatchedCount > 0, nil
}

// OwnFile finds a file by its owner and kind. Errors: internship.ErrFileGone
// when there is none such, internship.ErrUnavailable.
func (db *DB) OwnFile(ctx context.Context, owner, kind, id string) (File, error) {
	row, err := db.fileRow(ctx, owner, id)
	if Absent(err) {
		return File{}, fmt.Errorf("store: own file: %w", internship.ErrFileGone)
	}
	if wanted, _ := internship.FileKindOf(kind); err == nil && row.Metadata.Kind != kind {
		return File{}, fmt.Errorf("store: own file: %w", internship.ErrFileGone.With("该文件不是「"+wanted.Label+"」，请以该类别重新上传"))
	}
	return row.file(), err
}

// AdoptFile gives a file that a pass brought to its enterprise, whether or not
// that was done before. Errors as OwnFile.
func (db *DB) AdoptFile(ctx context.Context, uploader, owner, kind, id string) error {
	res, err := db.files().UpdateOne(ctx, bson.D{{Key: "metadata.id", Value: id}, {Key: "metadata.uploader", Value: uploader}, {Key: "metadata.kind", Value: kind}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "metadata.owner", Value: owner}, {Key: "due", Value: db.now().Add(FileGrace)}}}})
	if err != nil {
		return machineryError("adopt file", err)
	}
	if res.MatchedCount == 0 {
		return fmt.Errorf("store: adopt file: %w", internship.ErrFileGone)
	}
	return nil
}

// SweepFiles clears away what is due: what crashes and deletions left, and
// files that no document names; at most limit of them. A file that one names is
// not due any more. It returns how many objects it cleared.
func (db *DB) SweepFiles(ctx context.Context, limit int) (int, error) {
	now := db.now()
	cur, err := db.files().Find(ctx, bson.D{{Key: "due", Value: bson.D{{Key: "$exists", Value: true}, {Key: "$lte", Value: now}}}},
		options.Find().SetSort(bson.D{{Key: "due", Value: 1}}).SetLimit(int64(limit)))
	if err != nil {
		return 0, machineryError("sweep files", err)
	}
	var rows []fileRow
	if err := cur.All(ctx, &rows); err != nil {
		return 0, machineryError("sweep files", err)
	}
	cleared := 0
	for _, row := range rows {
		gone, err := db.sweepFile(ctx, row)
		if err != nil {
			return cleared, machineryError("sweep files", err)
		}
		if gone {
			cleared++
		}
	}
	return cleared, nil
}

// sweepFile settles one object that is due. Whoever puts it off meanwhile wins.
func (db *DB) sweepFile(ctx context.Context, row fileRow) (gone bool, err error) {
	same := bson.D{{Key: "_id", Value: row.Object}, {Key: "due", Value: row.Due}}
	change := bson.D{{Key: "$unset", Value: bson.D{{Key: "metadata.id", Value: ""}}}}
	if row.Metadata.ID != "" {
		named, err := db.fileNamed(ctx, row.Metadata.ID)
		if err != nil {
			return false, err
		}
		if named {
			change = bson.D{{Key: "$unset", Value: bson.D{{Key: "due", Value: ""}}}}
		}
		res, err := db.files().UpdateOne(ctx, same, change)
		if err != nil || named || res.MatchedCount == 0 {
			return false, err
		}
	}
	return true, db.discard(ctx, row.Object)
}

// fileNamed says whether any document names a file.
func (db *DB) fileNamed(ctx context.Context, id string) (bool, error) {
	for _, name := range filing {
		n, err := db.database.Collection(name).CountDocuments(ctx, bson.D{{Key: "files", Value: id}}, options.Count().SetLimit(1))
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}

// Naming reads the documents that name a file, at most ten. Errors as Get.
func (c *Collection[T, P]) Naming(ctx context.Context, fileID string) ([]P, error) {
	const most = 10
	cur, err := c.coll.Find(ctx, bson.D{{Key: "files", Value: fileID}}, options.Find().SetLimit(most))
	if err != nil {
		return nil, readError(err)
	}
	return c.openAll(ctx, cur)
}

func (c *Collection[T, P]) openAll(ctx context.Context, cur *mongo.Cursor) ([]P, error) {
	var envs []envelope[T]
	if err := cur.All(ctx, &envs); err != nil {
		return nil, readError(err)
	}
	docs := make([]P, len(envs))
	for i := range envs {
		var err error
		if docs[i], err = c.open(&envs[i]); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

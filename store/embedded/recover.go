package embedded

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Names of the files in the journal's folder.
const (
	journalFile = "journal"
	compactFile = "journal.new"
	lockFile    = "lock"
)

// ErrLocked is the error of Open for a folder that another engine uses.
var ErrLocked = errors.New("another process uses this folder")

// openJournal takes the folder for this process, reads the journal into the
// catalog, rewrites it without what is superseded and opens it for more.
func openJournal(dir string, into *catalog) (*journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockDir(filepath.Join(dir, lockFile))
	if err != nil {
		return nil, err
	}
	j := &journal{dir: dir, lock: lock}
	if err := j.recover(into); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return j, nil
}

func (j *journal) recover(into *catalog) error {
	name := filepath.Join(j.dir, journalFile)
	content, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil && len(content) > 0 {
		if err := replay(content, into); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return j.compact(into)
}

// replay applies the records of a journal. Secondary indexes are built at the
// end, which is faster and needs no order between their records and others.
func replay(content []byte, into *catalog) error {
	pending := map[namespace][]indexSpec{}
	_, err := readRecords(content, func(r journalRecord) error {
		return applyRecord(r, into, pending)
	})
	if err != nil {
		return err
	}
	for ns, specs := range pending {
		coll := into.colls[ns]
		for _, spec := range specs {
			if _, err := coll.addIndex(spec); err != nil {
				return fmt.Errorf("%w: index %s of %s: %w", ErrCorrupt, spec.name, ns, err)
			}
		}
	}
	return nil
}

func applyRecord(r journalRecord, into *catalog, pending map[namespace][]indexSpec) error {
	if r.op == recordEnd {
		return nil
	}
	if err := validate(r.body); err != nil {
		return err
	}
	coll := into.colls[r.ns]
	if coll == nil && r.op != recordCreate {
		return fmt.Errorf("unknown collection %s", r.ns)
	}
	switch r.op {
	case recordCreate:
		into.colls[r.ns] = newCollection(r.ns, nil)
	case recordDrop:
		delete(into.colls, r.ns)
		delete(pending, r.ns)
	case recordPut:
		return coll.replayPut(slices.Clone(r.body))
	case recordDelete:
		return coll.replayDelete(r.body)
	case recordCreateIndex:
		spec, err := parseIndexSpec(r.body)
		if err != nil {
			return err
		}
		pending[r.ns] = append(pending[r.ns], spec)
	case recordDropIndex:
		name, _ := lookup(r.body, "name")
		pending[r.ns] = slices.DeleteFunc(pending[r.ns], func(s indexSpec) bool { return s.name == name.str() })
	default:
		return fmt.Errorf("unknown operation %d", r.op)
	}
	return nil
}

func (c *collection) replayPut(doc bson.Raw) error {
	id, ok := lookup(doc, "_id")
	if !ok {
		return errors.New("document without _id")
	}
	_, _, err := c.put(c.byID(id), doc)
	return err
}

func (c *collection) replayDelete(body []byte) error {
	id, _ := lookup(body, "_id")
	rec := c.byID(id)
	if rec == nil {
		return errors.New("deletes a document that is not there")
	}
	_, err := c.remove(rec)
	return err
}

// compact writes the catalog as a new journal, puts it in place of the old one
// and goes on behind it.
func (j *journal) compact(from *catalog) error {
	name := filepath.Join(j.dir, compactFile)
	file, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	size, err := writeSnapshot(file, from)
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("compacting: %w", err), file.Close())
	}
	// A file that is open may not be renamed everywhere, so it is closed first.
	if err := file.Close(); err != nil {
		return err
	}
	if err := os.Rename(name, filepath.Join(j.dir, journalFile)); err != nil {
		return err
	}
	if err := syncDir(j.dir); err != nil {
		return err
	}
	file, err = os.OpenFile(filepath.Join(j.dir, journalFile), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	j.start(file, size)
	return nil
}

// writeSnapshot writes the shortest journal that makes the catalog, documents
// in the order of their insertion.
func writeSnapshot(file *os.File, from *catalog) (size int64, err error) {
	w := bufio.NewWriterSize(file, 1<<20)
	emit := func(b []byte) {
		if err == nil {
			_, err = w.Write(b)
			size += int64(len(b))
		}
	}
	emit([]byte(journalMagic))
	var buf []byte
	for _, coll := range from.list("") {
		emit(appendRecord(buf[:0], 0, recordCreate, coll.ns, emptyDocument))
		for _, rec := range coll.byInsertion() {
			buf = appendRecord(buf[:0], 0, recordPut, coll.ns, rec.raw)
			emit(buf)
		}
		for _, x := range coll.indexes[1:] {
			emit(appendRecord(buf[:0], 0, recordCreateIndex, coll.ns, x.spec.document()))
		}
	}
	// The mark says that all before it is on stable storage, which is true by
	// the time the file has its name.
	emit(appendRecord(buf[:0], size, recordEnd, namespace{}, emptyDocument))
	if err == nil {
		err = w.Flush()
	}
	return size, err
}

func (c *collection) byInsertion() []*record {
	out := make([]*record, 0, c.count())
	c.indexes[0].tree.Scan(func(e entry) bool {
		out = append(out, e.rec)
		return true
	})
	slices.SortFunc(out, func(a, b *record) int {
		if a.rid < b.rid {
			return -1
		}
		return 1
	})
	return out
}

package embedded

import (
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
// catalog, rewrites it without what is superseded or torn and opens it for more.
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
	var offset int64
	if len(content) > 0 {
		if offset, err = replay(content, into); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	r, err := j.create(into.snapshot(func() int64 { return offset }))
	if err != nil {
		return err
	}
	file, err := j.install(r)
	if err != nil {
		return err
	}
	j.start(file, r.size, offset)
	return nil
}

// replay applies the records of a journal. Secondary indexes are built at the
// end, which is faster and needs no order between their records and others.
func replay(content []byte, into *catalog) (offset int64, err error) {
	pending := map[namespace][]indexSpec{}
	_, offset, err = readRecords(content, func(r journalRecord) error {
		return applyRecord(r, into, pending)
	})
	if err != nil {
		return 0, err
	}
	for ns, specs := range pending {
		coll := into.colls[ns]
		for _, spec := range specs {
			if _, err := coll.addIndex(spec); err != nil {
				return 0, fmt.Errorf("%w: index %s of %s: %w", ErrCorrupt, spec.name, ns, err)
			}
		}
	}
	return offset, nil
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

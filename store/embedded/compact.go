package embedded

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// leastRoom is how large a journal may always grow before it is rewritten.
const leastRoom = 256 << 20

// roomFor tells how large a journal may grow that begins with a snapshot of
// this size.
func roomFor(snapshot int64) int64 { return max(leastRoom, 4*snapshot) }

// snapshot is the state of all collections at one offset of the journal.
type snapshot struct {
	offset int64
	colls  []collectionSnapshot
}

type collectionSnapshot struct {
	ns    namespace
	docs  []found
	specs []indexSpec
}

// snapshot takes the state while no change can happen. Documents are never
// changed in place, so only references are taken.
func (c *catalog) snapshot(offset func() int64) snapshot {
	c.mu.RLock()
	defer c.mu.RUnlock()
	colls := make([]*collection, 0, len(c.colls))
	for _, coll := range c.colls {
		colls = append(colls, coll)
		coll.mu.RLock()
	}
	slices.SortFunc(colls, func(a, b *collection) int { return cmp.Compare(a.ns.String(), b.ns.String()) })
	snap := snapshot{offset: offset()}
	for _, coll := range colls {
		one := collectionSnapshot{ns: coll.ns, docs: coll.all()}
		for _, x := range coll.indexes[1:] {
			one.specs = append(one.specs, x.spec)
		}
		snap.colls = append(snap.colls, one)
		coll.mu.RUnlock()
	}
	return snap
}

func (c *collection) all() []found {
	docs := make([]found, 0, c.count())
	c.indexes[0].tree.Scan(func(e entry) bool {
		docs = append(docs, found{e.rec, e.rec.raw})
		return true
	})
	return docs
}

// write writes the shortest journal that makes the snapshot, documents in the
// order of their insertion. Its end lies at the snapshot's offset.
func (s *snapshot) write(file *os.File) (size int64, err error) {
	w := bufio.NewWriterSize(file, 1<<20)
	emit := func(b []byte) {
		if err == nil {
			_, err = w.Write(b)
			size += int64(len(b))
		}
	}
	emit(appendJournalHeader(nil, 0))
	var buf []byte
	for _, coll := range s.colls {
		emit(appendRecord(nil, 0, recordCreate, coll.ns, emptyDocument))
		slices.SortFunc(coll.docs, func(a, b found) int { return cmp.Compare(a.rec.rid, b.rec.rid) })
		for _, doc := range coll.docs {
			buf = appendRecord(buf[:0], 0, recordPut, coll.ns, doc.raw)
			emit(buf)
		}
		for _, spec := range coll.specs {
			emit(appendRecord(nil, 0, recordCreateIndex, coll.ns, spec.document()))
		}
	}
	// The mark says that all before it is on stable storage, which is true by
	// the time the file has its name.
	emit(appendRecord(nil, s.offset, recordEnd, namespace{}, emptyDocument))
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		_, err = file.WriteAt(appendJournalHeader(nil, s.offset-size), 0)
	}
	return size, err
}

// rewrite is a journal file that begins with a snapshot and is to take the
// place of the present one.
type rewrite struct {
	file   *os.File
	size   int64
	offset int64 // up to which it holds everything
	err    error // why it could not take the file's place
}

// create writes a snapshot into a new file, synced.
func (j *journal) create(snap snapshot) (*rewrite, error) {
	file, err := os.OpenFile(filepath.Join(j.dir, compactFile), os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	size, err := snap.write(file)
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("compacting: %w", err), file.Close())
	}
	return &rewrite{file: file, size: size, offset: snap.offset}, nil
}

// install gives the new file its name, and opens it for more.
func (j *journal) install(r *rewrite) (*os.File, error) {
	// A file that is open may not be renamed everywhere, so it is closed first.
	if err := r.file.Close(); err != nil {
		return nil, err
	}
	name := filepath.Join(j.dir, journalFile)
	if err := os.Rename(filepath.Join(j.dir, compactFile), name); err != nil {
		return nil, err
	}
	if err := syncDir(j.dir); err != nil {
		return nil, err
	}
	return os.OpenFile(name, os.O_APPEND|os.O_RDWR, 0o600)
}

// compactLoop rewrites the journal whenever it has grown far beyond what it
// holds.
func (s *Server) compactLoop() {
	defer s.running.Done()
	for {
		select {
		case <-s.closing:
			return
		case <-s.journal.crowded:
			if err := s.compact(); err != nil {
				s.log.Error("embedded: compacting the journal", "err", err)
			}
		}
	}
}

// compact writes a snapshot beside the journal while writers go on, and leaves
// the exchange to the writing goroutine.
func (s *Server) compact() error {
	j := s.journal
	snap := s.catalog.snapshot(func() int64 {
		j.mu.Lock()
		defer j.mu.Unlock()
		return j.end
	})
	r, err := j.create(snap)
	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil {
		j.roomy = 2 * j.size // not again with the next write
		return err
	}
	j.swap = r
	j.wake.Signal()
	for j.swap == r && j.err == nil {
		j.changed.Wait()
	}
	if j.swap == r {
		return errors.Join(j.err, r.file.Close())
	}
	return r.err
}

// exchange copies behind the snapshot what was written since, and goes on with
// the shorter file. mu is held: writers wait meanwhile, but the tail is short.
func (j *journal) exchange() {
	r := j.swap
	if r.offset > j.written {
		j.writeOut() // the snapshot is ahead of the file
		return
	}
	j.swap = nil
	defer j.changed.Broadcast()
	tail := j.written - r.offset
	_, err := io.Copy(r.file, io.NewSectionReader(j.file, j.size-tail, tail))
	if err == nil {
		err = r.file.Sync()
	}
	if err != nil {
		r.err = errors.Join(fmt.Errorf("copying the journal's tail: %w", err), r.file.Close())
		j.roomy = 2 * j.size
		return
	}
	file, err := j.file, j.file.Close()
	if err == nil {
		file, err = j.install(r)
	}
	if err != nil {
		r.err = err
		j.fail(err)
		return
	}
	j.file, j.size = file, r.size+tail
	j.roomy = roomFor(r.size)
	j.synced = j.written
}

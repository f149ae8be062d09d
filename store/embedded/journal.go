package embedded

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// journal is the append-only file of changes. Writers append records to a
// buffer under their collection's lock and wait for them outside of it; one
// goroutine writes the buffer out, so that writers who wait at the same time
// share one fsync. What they wait for is an offset, which only grows.
type journal struct {
	dir  string
	lock *os.File

	mu      sync.Mutex
	wake    *sync.Cond // for the writing goroutine
	changed *sync.Cond // for those who wait: written, synced or err moved
	file    *os.File
	size    int64 // of the file
	buf     []byte
	spare   []byte
	end     int64 // offset behind everything appended
	written int64 // offset handed to the operating system
	synced  int64 // offset on stable storage
	wanted  int64 // someone waits for this to be synced
	err     error // sticky: after a failed write nothing is acknowledged any more
	armed   bool  // a sync in the background is due
	closing bool
	stopped chan struct{}

	crowded chan struct{} // gets a token when the file has grown beyond roomy
	roomy   int64
	swap    *rewrite // a shorter file is ready to take the file's place
}

// maxUnwritten bounds the buffer: whoever appends more waits.
const maxUnwritten = 64 << 20

// syncEvery is how long an acknowledged write that asked for no fsync may stay
// without one, as on a real server.
const syncEvery = 100 * time.Millisecond

// errJournalClosed is given to writers that come after the end.
var errJournalClosed = errorf(codeShutdown, "the server is closing")

// start takes a file that ends at an offset, and begins to write.
func (j *journal) start(file *os.File, size, offset int64) {
	j.file, j.size, j.end, j.written, j.synced = file, size, offset, offset, offset
	j.roomy = roomFor(size)
	j.wake, j.changed = sync.NewCond(&j.mu), sync.NewCond(&j.mu)
	j.stopped = make(chan struct{})
	j.crowded = make(chan struct{}, 1)
	go j.writeLoop()
}

// append adds a record and gives the offset to wait for.
func (j *journal) append(o recordOp, ns namespace, body []byte) int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.buf) > maxUnwritten && j.err == nil && !j.closing {
		j.changed.Wait()
	}
	if j.err != nil {
		return j.end // commit tells
	}
	before := len(j.buf)
	j.buf = appendRecord(j.buf, j.synced, o, ns, body)
	j.end += int64(len(j.buf) - before)
	if before == 0 {
		j.wake.Signal()
	}
	return j.end
}

// commit waits until everything up to an offset has been written, and if
// durable is set has reached stable storage.
func (j *journal) commit(to int64, durable bool) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if durable && j.wanted < to {
		j.wanted = to
		j.wake.Signal()
	}
	for j.err == nil && (j.written < to || durable && j.synced < to) {
		j.changed.Wait()
	}
	return j.err
}

// writeLoop writes and syncs until the journal is closed or fails.
func (j *journal) writeLoop() {
	defer close(j.stopped)
	timer := time.AfterFunc(time.Hour, j.syncSoon)
	defer timer.Stop()
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.err == nil {
		switch {
		case j.swap != nil:
			j.exchange()
		case len(j.buf) > 0:
			j.writeOut()
			if j.written > j.synced && !j.armed {
				j.armed = true
				timer.Reset(syncEvery)
			}
		case j.wanted > j.synced:
			j.sync()
		case j.closing:
			return
		default:
			j.wake.Wait()
		}
	}
}

// syncSoon asks for a sync of what nobody waits for.
func (j *journal) syncSoon() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.armed = false
	j.wanted = max(j.wanted, j.written)
	j.wake.Signal()
}

// writeOut writes the buffer, and syncs at once if someone waits for that. mu
// is held, and let go of during the system calls.
func (j *journal) writeOut() {
	buf, to := j.buf, j.end
	j.buf, j.spare = j.spare[:0], nil
	sync := j.wanted > j.synced
	j.mu.Unlock()
	_, err := j.file.Write(buf)
	if err == nil && sync {
		err = j.file.Sync()
	}
	j.mu.Lock()
	if cap(buf) <= 4<<20 {
		j.spare = buf
	}
	if err != nil {
		j.fail(err)
		return
	}
	j.size += int64(len(buf))
	j.written = to
	if sync {
		j.synced = to
	}
	if j.size > j.roomy {
		select {
		case j.crowded <- struct{}{}:
		default:
		}
	}
	j.changed.Broadcast()
}

func (j *journal) sync() {
	to := j.written
	j.mu.Unlock()
	err := j.file.Sync()
	j.mu.Lock()
	if err != nil {
		j.fail(err)
		return
	}
	j.synced = max(j.synced, to)
	j.changed.Broadcast()
}

// fail refuses everything from now on: what was written since the last sync is
// in doubt, and only a restart can tell.
func (j *journal) fail(err error) {
	j.err = errorf(codeInternalError, "the journal cannot be written: %v", err)
	j.changed.Broadcast()
}

// close writes everything out, marks the end as a clean one and lets go of the
// folder.
func (j *journal) close() error {
	j.mu.Lock()
	j.closing = true
	j.wanted = j.end
	j.wake.Signal()
	j.changed.Broadcast()
	j.mu.Unlock()
	<-j.stopped

	j.mu.Lock()
	defer j.mu.Unlock()
	err := j.err
	if err == nil {
		_, err = j.file.Write(appendRecord(nil, j.end, recordEnd, namespace{}, emptyDocument))
	}
	if err == nil {
		err = j.file.Sync()
	}
	j.err = errJournalClosed
	if err = errors.Join(err, j.file.Close(), j.lock.Close()); err != nil {
		return fmt.Errorf("embedded: closing journal: %w", err)
	}
	return nil
}

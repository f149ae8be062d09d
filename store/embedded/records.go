package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
)

// recordOp is what a record of the journal does.
type recordOp byte

const (
	recordPut         recordOp = 1 // a document, new or in place of the one with its _id
	recordDelete      recordOp = 2 // {_id}
	recordCreate      recordOp = 3 // a collection
	recordDrop        recordOp = 4 // a collection
	recordCreateIndex recordOp = 5 // the specification
	recordDropIndex   recordOp = 6 // {name}
	recordEnd         recordOp = 7 // the journal was closed in order
)

// ErrCorrupt is the error of Open for a journal that is damaged before its
// end: something that was acknowledged is lost. A record that was cut short at
// the end by a crash is no such damage.
var ErrCorrupt = errors.New("journal is corrupt")

// journalMagic begins every journal file, recordMagic every record.
const (
	journalMagic = "shixi journal 1\n"
	recordMagic  = 0x9d4a52f1
)

// journalHeader is the magic and the base: what to add to a place in the file
// to get its offset. Offsets go on growing when the file is rewritten shorter.
const journalHeader = len(journalMagic) + 8

func appendJournalHeader(dst []byte, base int64) []byte {
	return binary.LittleEndian.AppendUint64(append(dst, journalMagic...), uint64(base))
}

// A record is: magic, length of the payload, checksum of all that follows,
// the offset up to which all was known to be on stable storage; then the
// payload: op, length of the namespace, namespace, body.
const recordHeader = 4 + 4 + 4 + 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func appendRecord(dst []byte, synced int64, o recordOp, ns namespace, body []byte) []byte {
	start := len(dst)
	full := ns.db + "." + ns.coll
	dst = slices.Grow(dst, recordHeader+3+len(full)+len(body))
	dst = binary.LittleEndian.AppendUint32(dst, recordMagic)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(3+len(full)+len(body)))
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(synced))
	dst = append(dst, byte(o))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(full)))
	dst = append(dst, full...)
	dst = append(dst, body...)
	binary.LittleEndian.PutUint32(dst[start+8:], checksum(dst[start:]))
	return dst
}

// checksum covers a record but for its magic and the checksum itself.
func checksum(rec []byte) uint32 {
	sum := crc32.Update(0, castagnoli, rec[4:8])
	return crc32.Update(sum, castagnoli, rec[12:])
}

// journalRecord is one record read back.
type journalRecord struct {
	op     recordOp
	ns     namespace
	body   []byte
	synced int64
	size   int
}

// parseRecord reads the record at the start of b; ok is false when it is not
// whole.
func parseRecord(b []byte) (r journalRecord, ok bool) {
	if len(b) < recordHeader+3 || binary.LittleEndian.Uint32(b) != recordMagic {
		return r, false
	}
	length := int64(binary.LittleEndian.Uint32(b[4:]))
	if length < 3 || length > int64(len(b)-recordHeader) {
		return r, false
	}
	r.size = recordHeader + int(length)
	if checksum(b[:r.size]) != binary.LittleEndian.Uint32(b[8:]) {
		return r, false
	}
	r.synced = int64(binary.LittleEndian.Uint64(b[12:]))
	payload := b[recordHeader:r.size]
	r.op = recordOp(payload[0])
	nsLen := int(binary.LittleEndian.Uint16(payload[1:]))
	if 3+nsLen > len(payload) {
		return r, false
	}
	r.ns.db, r.ns.coll, _ = strings.Cut(string(payload[3:3+nsLen]), ".")
	r.body = payload[3+nsLen:]
	return r, true
}

// readRecords gives each record to apply. The result is where the whole
// records end, as a place in the file and as an offset. What follows there is a
// torn tail when no later record says that more was on stable storage before
// it was written, else it is damage.
func readRecords(b []byte, apply func(journalRecord) error) (at int, offset int64, err error) {
	if len(b) < journalHeader || string(b[:len(journalMagic)]) != journalMagic {
		return 0, 0, fmt.Errorf("%w: it does not begin like a journal", ErrCorrupt)
	}
	base := int64(binary.LittleEndian.Uint64(b[len(journalMagic):]))
	for at = journalHeader; at < len(b); {
		r, ok := parseRecord(b[at:])
		if !ok {
			return at, base + int64(at), checkTail(b, at, base)
		}
		if err := apply(r); err != nil {
			return at, 0, fmt.Errorf("%w: record at byte %d: %w", ErrCorrupt, at, err)
		}
		at += r.size
	}
	return at, base + int64(at), nil
}

// checkTail looks behind a broken record for one that proves it was whole once.
func checkTail(b []byte, broken int, base int64) error {
	magic := binary.LittleEndian.AppendUint32(nil, recordMagic)
	for at := broken + 1; ; at++ {
		next := bytes.Index(b[at:], magic)
		if next < 0 {
			return nil
		}
		at += next
		if r, ok := parseRecord(b[at:]); ok && r.synced > base+int64(broken) {
			return fmt.Errorf("%w: the record at byte %d is damaged, but later ones are whole", ErrCorrupt, broken)
		}
	}
}

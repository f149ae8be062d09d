package embedded

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// reopen opens a folder, looks at it and closes it again.
func reopen(t *testing.T, dir string, look func(s *Server, db *mongo.Database)) {
	t.Helper()
	s, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	look(s, connect(t, s))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestJournalKeepsEverything(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	reopen(t, dir, func(_ *Server, db *mongo.Database) {
		coll := db.Collection("c")
		if _, err := coll.Indexes().CreateMany(t.Context(), []mongo.IndexModel{
			{Keys: d("u", 1), Options: options.Index().SetUnique(true).SetPartialFilterExpression(d("u", d("$exists", true)))},
			{Keys: d("at", -1), Options: options.Index().SetExpireAfterSeconds(5)},
			{Keys: d("gone", 1)},
		}); err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			if _, err := coll.InsertOne(t.Context(), d("_id", i, "u", i)); err != nil {
				t.Fatal(err)
			}
		}
		_, err1 := coll.ReplaceOne(t.Context(), d("_id", 3), d("u", "three"))
		_, err2 := coll.DeleteOne(t.Context(), d("_id", 4))
		err3 := coll.Indexes().DropOne(t.Context(), "gone_1")
		_, err4 := db.Collection("dropped").InsertOne(t.Context(), d("x", 1))
		err5 := db.Collection("dropped").Drop(t.Context())
		if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
			t.Fatal(err)
		}
	})
	for range 2 { // the second time from the compacted journal
		reopen(t, dir, func(_ *Server, db *mongo.Database) {
			coll := db.Collection("c")
			n, err := coll.EstimatedDocumentCount(t.Context())
			if err != nil || n != 9 {
				t.Errorf("documents: %d, %v", n, err)
			}
			if err := coll.FindOne(t.Context(), d("_id", 3, "u", "three")).Err(); err != nil {
				t.Errorf("replaced document: %v", err)
			}
			if _, err := coll.InsertOne(t.Context(), d("_id", 99, "u", "three")); !mongo.IsDuplicateKeyError(err) {
				t.Errorf("unique index: %v", err)
			}
			specs, err := coll.Indexes().ListSpecifications(t.Context())
			if err != nil || len(specs) != 3 || *specs[2].ExpireAfterSeconds != 5 {
				t.Errorf("indexes: %v, %v", specs, err)
			}
			names, err := db.ListCollectionNames(t.Context(), d())
			if err != nil || len(names) != 1 {
				t.Errorf("collections: %v, %v", names, err)
			}
		})
	}
}

// TestMain lets the test binary be the engine of another process, which a test
// kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv("EMBEDDED_TEST_SERVE"); dir != "" {
		s, err := Open(Options{Dir: dir})
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(3)
		}
		fmt.Println(s.URI())
		select {}
	}
	os.Exit(m.Run())
}

// TestKilledEngineKeepsWhatItAcknowledged writes from several clients, kills
// the engine's process in the middle and looks for every acknowledged write.
func TestKilledEngineKeepsWhatItAcknowledged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for round := range 2 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "EMBEDDED_TEST_SERVE="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		uri, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		acknowledged := writeUntilKilled(t, strings.TrimSpace(uri), round, cmd)
		reopen(t, dir, func(_ *Server, db *mongo.Database) {
			for _, want := range acknowledged {
				var got struct{ N int }
				if err := db.Collection("c").FindOne(t.Context(), d("_id", want.id)).Decode(&got); err != nil || got.N < want.n {
					t.Errorf("%s: acknowledged %d, found %d, %v", want.id, want.n, got.N, err)
				}
			}
		})
	}
}

type acknowledgement struct {
	id string
	n  int
}

// writeUntilKilled inserts and replaces documents from eight clients, kills the
// process once there are enough answers, and gives what was answered.
func writeUntilKilled(t *testing.T, uri string, round int, cmd *exec.Cmd) (all []acknowledgement) {
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetTimeout(5 * time.Second).SetWriteConcern(writeconcern.Majority()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(t.Context()) }()
	coll := client.Database("test").Collection("c")
	var mu sync.Mutex
	enough := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				ack := acknowledgement{fmt.Sprintf("r%d-w%d-%d", round, w, i/3), i % 3}
				var err error
				if ack.n == 0 {
					_, err = coll.InsertOne(t.Context(), d("_id", ack.id, "n", 0, "text", strings.Repeat("x", 300)))
				} else {
					_, err = coll.ReplaceOne(t.Context(), d("_id", ack.id), d("n", ack.n))
				}
				if err != nil {
					return
				}
				mu.Lock()
				all = append(all, ack)
				if len(all) == 400 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	wg.Wait()
	return all
}

func TestFolderIsTakenOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, Options{Dir: dir})
	if _, err := Open(Options{Dir: dir}); !errors.Is(err, ErrLocked) {
		t.Errorf("second engine in this process: %v", err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "EMBEDDED_TEST_SERVE="+dir)
	out, err := cmd.Output()
	if err == nil || !bytes.Contains(out, []byte(ErrLocked.Error())) {
		t.Errorf("second process: %s, %v", out, err)
	}
}

// journalOf makes a journal whose documents have the ids 0 to n-1, as left by a
// process that did not close it, and gives its bytes.
func journalOf(t *testing.T, n int) []byte {
	t.Helper()
	ns := namespace{"db", "c"}
	b := appendJournalHeader(nil, 0)
	b = appendRecord(b, 0, recordCreate, ns, emptyDocument)
	for i := range n {
		// Each record was written after the one before had been synced.
		b = appendRecord(b, int64(len(b)), recordPut, ns, doc(t, d("_id", i, "text", strings.Repeat("t", 20))))
	}
	return b
}

func openBytes(t *testing.T, content []byte) (documents int, err error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, journalFile), content, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(Options{Dir: dir})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	coll := s.catalog.get(namespace{"db", "c"})
	if coll == nil {
		return 0, nil
	}
	return coll.count(), nil
}

func TestTornTailIsCut(t *testing.T) {
	t.Parallel()
	whole := journalOf(t, 5)
	four := len(journalOf(t, 4))
	for cut := four; cut < len(whole); cut += 7 {
		n, err := openBytes(t, whole[:cut])
		if err != nil || n != 4 {
			t.Errorf("cut at %d: %d documents, %v", cut, n, err)
		}
	}
	// A tail that was never synced may be whole behind a hole.
	ns := namespace{"db", "c"}
	torn := bytes.Clone(whole)
	synced := int64(four)
	torn = appendRecord(torn[:four], synced, recordPut, ns, doc(t, d("_id", 5)))
	for i := four; i < len(torn); i++ {
		torn[i] = 0
	}
	torn = appendRecord(torn, synced, recordPut, ns, doc(t, d("_id", 6)))
	if n, err := openBytes(t, torn); err != nil || n != 4 {
		t.Errorf("hole in the unsynced tail: %d documents, %v", n, err)
	}
}

func TestDamagedMiddleIsRefused(t *testing.T) {
	t.Parallel()
	whole := journalOf(t, 6)
	two := len(journalOf(t, 2))
	for _, at := range []int{two + 1, two + 5, two + 9, two + 15, two + 25, two + 50} {
		damaged := bytes.Clone(whole)
		damaged[at] ^= 0x40
		if n, err := openBytes(t, damaged); !errors.Is(err, ErrCorrupt) {
			t.Errorf("damage at %d: %d documents, %v", at, n, err)
		}
	}
	if _, err := openBytes(t, []byte("something else entirely")); !errors.Is(err, ErrCorrupt) {
		t.Errorf("another file: %v", err)
	}
	twice := appendRecord(journalOf(t, 1), 0, recordDelete, namespace{"db", "c"}, doc(t, d("_id", 77)))
	if _, err := openBytes(t, twice); !errors.Is(err, ErrCorrupt) {
		t.Errorf("deletion of what is not there: %v", err)
	}
	// After an orderly end, the last record too is known to have been there.
	dir := t.TempDir()
	reopen(t, dir, func(_ *Server, db *mongo.Database) {
		if _, err := db.Collection("c").InsertOne(t.Context(), d("_id", 1)); err != nil {
			t.Fatal(err)
		}
	})
	content, err := os.ReadFile(filepath.Join(dir, journalFile))
	if err != nil {
		t.Fatal(err)
	}
	content[bytes.LastIndex(content, []byte("_id"))] ^= 1
	if _, err := openBytes(t, content); !errors.Is(err, ErrCorrupt) {
		t.Errorf("damaged last document: %v", err)
	}
}

func FuzzJournal(f *testing.F) {
	ns := namespace{"db", "c"}
	good := appendJournalHeader(nil, 0)
	good = appendRecord(good, 0, recordCreate, ns, emptyDocument)
	good = appendRecord(good, 0, recordPut, ns, doc(f, d("_id", 1, "a", bson.A{1})))
	good = appendRecord(good, 0, recordCreateIndex, ns, doc(f, d("key", d("a", 1), "name", "a_1")))
	good = appendRecord(good, 0, recordDelete, ns, doc(f, d("_id", 1)))
	f.Add(good)
	f.Fuzz(func(t *testing.T, b []byte) {
		// Make checksums right, so that more than them is tried.
		for at := journalHeader; at+recordHeader < len(b); {
			size := recordHeader + int(binary.LittleEndian.Uint16(b[at+4:]))
			if at+size > len(b) {
				break
			}
			binary.LittleEndian.PutUint32(b[at:], recordMagic)
			binary.LittleEndian.PutUint16(b[at+6:], 0)
			binary.LittleEndian.PutUint32(b[at+8:], checksum(b[at:at+size]))
			at += size
		}
		c := &catalog{}
		c.init(nil)
		_, _ = replay(b, c)
	})
}

// TestJournalIsRewrittenWhileInUse compacts while writers write, kills nothing
// but takes the files as they are, and finds everything.
func TestJournalIsRewrittenWhileInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, db := open(t, Options{Dir: dir})
	coll := db.Collection("c")
	if _, err := coll.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: d("n", 1)}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 150 {
				_, err := coll.ReplaceOne(t.Context(), d("_id", w*10+i%10), d("n", i, "text", strings.Repeat("x", 500)), options.Replace().SetUpsert(true))
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 5 {
		if err := s.compact(); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	for i := range 10 {
		if _, err := coll.ReplaceOne(t.Context(), d("_id", "again"), d("i", i), options.Replace().SetUpsert(true)); err != nil {
			t.Fatal(err)
		}
	}
	written := s.journal.length()
	if err := s.compact(); err != nil {
		t.Error(err)
	}
	if after := s.journal.length(); after >= written {
		t.Errorf("journal of %d bytes was rewritten to %d", written, after)
	}
	if _, err := coll.InsertOne(t.Context(), d("_id", "last")); err != nil {
		t.Fatal(err)
	}
	// A journal that has grown too large is rewritten without being asked.
	s.journal.mu.Lock()
	s.journal.roomy = s.journal.size
	s.journal.mu.Unlock()
	if _, err := coll.InsertOne(t.Context(), d("_id", "large")); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the journal to be rewritten", func() bool {
		s.journal.mu.Lock()
		defer s.journal.mu.Unlock()
		return s.journal.roomy == leastRoom
	})
	// A copy taken without closing is what a crash would leave.
	content, err := os.ReadFile(filepath.Join(dir, journalFile))
	if err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	if err := os.WriteFile(filepath.Join(copied, journalFile), content, 0o600); err != nil {
		t.Fatal(err)
	}
	reopen(t, copied, func(_ *Server, db *mongo.Database) {
		coll := db.Collection("c")
		for id := range 40 {
			var got struct{ N int }
			if err := coll.FindOne(t.Context(), d("_id", id)).Decode(&got); err != nil || got.N != 140+id%10 {
				t.Errorf("document %d: %+v, %v", id, got, err)
			}
		}
		if n, err := coll.CountDocuments(t.Context(), d("n", d("$gte", 0))); err != nil || n != 40 {
			t.Errorf("by index: %d, %v", n, err)
		}
		if err := coll.FindOne(t.Context(), d("_id", "last")).Err(); err != nil {
			t.Errorf("written after the rewrite: %v", err)
		}
	})
}

func (j *journal) length() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.size
}

// TestFailedJournalAcknowledgesNothing takes the file away under the engine.
func TestFailedJournalAcknowledgesNothing(t *testing.T) {
	t.Parallel()
	s, err := Open(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	db := connect(t, s)
	if _, err := db.Collection("c").InsertOne(t.Context(), d("_id", 1)); err != nil {
		t.Fatal(err)
	}
	s.journal.file.Close()
	for range 2 {
		if _, err := db.Collection("c").InsertOne(t.Context(), d("x", 1)); err == nil {
			t.Error("a write that the journal does not have was acknowledged")
		}
	}
	if err := s.Close(); err == nil {
		t.Error("Close hides that the journal failed")
	}
}

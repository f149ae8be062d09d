package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"shixi/internship"
	"shixi/store"
	"shixi/store/embedded"
	"shixi/store/storetest"
)

const (
	png = "\x89PNG\r\n\x1a\n" + "0123456789"
	pdf = "%PDF-1.7\n" + "0123456789"
)

// scan is a PDF of a size, with content that does not repeat.
func scan(size int) []byte {
	content := make([]byte, size)
	r := rand.NewChaCha8([32]byte{byte(size)})
	_, _ = r.Read(content)
	copy(content, pdf)
	return content
}

func kind(name string) internship.FileKind {
	k, _ := internship.FileKindOf(name)
	return k
}

var certificate = store.NewFile{Kind: kind("certificate"), Owner: "ent_1", Name: "营业执照.pdf", Uploader: "acc_1"}

func read(t *testing.T, db *store.DB, enterprise, id string) (store.File, []byte) {
	t.Helper()
	f, content, err := db.OpenFile(t.Context(), enterprise, id)
	if err != nil {
		t.Errorf("open: %v", err)
		return f, nil
	}
	defer content.Close()
	got, err := io.ReadAll(content)
	if err != nil {
		t.Errorf("read: %v", err)
	}
	return f, got
}

// kept counts what the bucket holds.
func kept(t *testing.T, s *storetest.Server) (files, chunks int) {
	t.Helper()
	for name, n := range map[string]*int{"uploads.files": &files, "uploads.chunks": &chunks} {
		cur, err := s.Raw(t).Collection(name).Find(t.Context(), bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: bson.ObjectID{}}}}})
		if err != nil {
			t.Fatal(err)
		}
		var docs []bson.Raw
		if err := cur.All(t.Context(), &docs); err != nil {
			t.Fatal(err)
		}
		*n = len(docs)
	}
	return files, chunks
}

func expectKept(t *testing.T, s *storetest.Server, files, chunks int) {
	t.Helper()
	if f, c := kept(t, s); f != files || c != chunks {
		t.Errorf("%d files of %d chunks are kept, want %d of %d", f, c, files, chunks)
	}
}

func TestFileComesBackAsItWas(t *testing.T) {
	t.Parallel()
	s, db, clock := openAt(t)
	for _, size := range []int{20, 511, 512, 513, 255 << 10, 255<<10 + 1, 600_000, 2 << 20} {
		content := scan(size)
		r := iotest.HalfReader(bytes.NewReader(content))
		if size < 1000 {
			r = iotest.DataErrReader(iotest.OneByteReader(bytes.NewReader(content)))
		}
		f, err := db.SaveFile(t.Context(), certificate, r)
		if err != nil {
			t.Fatal(err)
		}
		digest := sha256.Sum256(content)
		want := store.File{ID: f.ID, Owner: "ent_1", Kind: "certificate", Name: "营业执照.pdf", MediaType: "application/pdf",
			Size: int64(size), SHA256: hex.EncodeToString(digest[:]), Uploader: "acc_1", At: clock.Now().UTC()}
		opened, got := read(t, db, "ent_1", f.ID)
		f.At, opened.At = f.At.UTC(), opened.At.UTC()
		if diff := cmp.Diff([]store.File{want, want}, []store.File{f, opened}); diff != "" || !strings.HasPrefix(f.ID, "fil_") {
			t.Errorf("%d bytes (-want, +got)\n%s", size, diff)
		}
		if !bytes.Equal(got, content) {
			t.Errorf("%d bytes: other content", size)
		}
		if err := db.DeleteFile(t.Context(), "ent_1", f.ID); err != nil {
			t.Error(err)
		}
	}
	expectKept(t, s, 0, 0)
}

func TestFileOfAnotherEnterpriseIsNotFound(t *testing.T) {
	t.Parallel()
	s, db, _ := openAt(t)
	ctx := store.WithOp(t.Context(), "upload")
	f, err := db.SaveFile(ctx, certificate, strings.NewReader(png))
	if err != nil {
		t.Fatal(err)
	}
	foreign := certificate
	foreign.Owner = "ent_2"
	tries := map[string]error{
		"open":    second2(db.OpenFile(t.Context(), "ent_2", f.ID)),
		"delete":  db.DeleteFile(t.Context(), "ent_2", f.ID),
		"unknown": second2(db.OpenFile(t.Context(), "ent_1", "fil_none")),
	}
	for what, err := range tries {
		if !errors.Is(err, internship.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := db.SaveFile(ctx, foreign, strings.NewReader(png)); err == nil {
		t.Error("another enterprise under the same op")
	}
	if _, got := read(t, db, "ent_1", f.ID); string(got) != png {
		t.Errorf("got %q", got)
	}
	if err := db.DeleteFile(t.Context(), "ent_1", f.ID); err != nil {
		t.Error(err)
	}
	if err := db.DeleteFile(t.Context(), "ent_1", f.ID); !errors.Is(err, internship.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	expectKept(t, s, 0, 0)
}

func second2[A, B any](_ A, _ B, err error) error { return err }

// endless gives a beginning and then bytes without end; it counts them.
type endless struct {
	head io.Reader
	n    int64
}

func (e *endless) Read(p []byte) (int, error) {
	n, err := e.head.Read(p)
	if errors.Is(err, io.EOF) {
		n, err = len(p), nil
	}
	e.n += int64(n)
	return n, err
}

func TestRefusedFilesLeaveNothing(t *testing.T) {
	t.Parallel()
	s, db, _ := openAt(t)
	long := &endless{head: strings.NewReader(pdf)}
	cases := map[string]struct {
		kind    string
		content io.Reader
		want    error
		says    string
	}{
		"empty":         {"certificate", strings.NewReader(""), internship.ErrInvalid, "企业证件是空文件，请重新选择"},
		"a page":        {"certificate", strings.NewReader("<html><script>"), internship.ErrInvalid, "企业证件只支持 JPG、PNG、PDF 格式，请重新选择文件"},
		"a drawing":     {"certificate", strings.NewReader(`<?xml version="1.0"?><svg onload="x">`), internship.ErrInvalid, "企业证件只支持 JPG、PNG、PDF 格式，请重新选择文件"},
		"a program":     {"evidence", strings.NewReader("MZ\x90\x00"), internship.ErrInvalid, "佐证材料只支持 JPG、PNG、PDF 格式，请重新选择文件"},
		"another kind":  {"policy", strings.NewReader(png), internship.ErrInvalid, "保单附件只支持 PDF 格式，请重新选择文件"},
		"one byte more": {"certificate", bytes.NewReader(scan(2<<20 + 1)), internship.ErrInvalid, "企业证件不能超过 2 MB，请压缩后重新上传"},
		"endless":       {"certificate", long, internship.ErrInvalid, "企业证件不能超过 2 MB，请压缩后重新上传"},
		"fails at once": {"certificate", iotest.ErrReader(errors.New("reset")), internship.ErrBadRequest, "文件没有完整收到，请重新上传"},
		"fails later":   {"certificate", io.MultiReader(bytes.NewReader(scan(600_000)), iotest.ErrReader(errors.New("reset"))), internship.ErrBadRequest, "文件没有完整收到，请重新上传"},
		"breaks off":    {"certificate", io.MultiReader(bytes.NewReader(scan(600_000)), iotest.ErrReader(io.ErrUnexpectedEOF)), internship.ErrBadRequest, "文件没有完整收到，请重新上传"},
		"stops short":   {"certificate", io.MultiReader(strings.NewReader(png), iotest.ErrReader(io.ErrUnexpectedEOF)), internship.ErrBadRequest, "文件没有完整收到，请重新上传"},
	}
	for name, c := range cases {
		_, err := db.SaveFile(t.Context(), store.NewFile{Kind: kind(c.kind), Owner: "ent_1"}, c.content)
		var told *internship.Error
		if !errors.Is(err, c.want) || !errors.As(err, &told) || told.Detail != c.says {
			t.Errorf("%s: %v %+v", name, err, told)
		}
	}
	if long.n > 2<<20+600<<10 {
		t.Errorf("%d bytes were read of what is too long", long.n)
	}
	expectKept(t, s, 0, 0)
}

func TestPanickingReaderLeavesNothing(t *testing.T) {
	t.Parallel()
	s, db, _ := openAt(t)
	func() {
		defer func() { _ = recover() }()
		_, _ = db.SaveFile(t.Context(), certificate, io.MultiReader(bytes.NewReader(scan(600_000)), panicking{}))
		t.Error("panic swallowed")
	}()
	expectKept(t, s, 0, 0)
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("read") }

func TestRepeatedUploadIsTheSameFile(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	sides := []*store.DB{s.Open(t, nil), s.Open(t, nil)}
	ctx := store.WithOp(t.Context(), "upload")
	content := scan(700_000)
	var mu sync.Mutex
	ids := map[string]bool{}
	won, _ := race(t, 6, func(i int) error {
		f, err := sides[i%2].SaveFile(ctx, certificate, bytes.NewReader(content))
		mu.Lock()
		ids[f.ID] = true
		mu.Unlock()
		return err
	}, is(nil))
	if won != 6 || len(ids) != 1 {
		t.Errorf("%d saved, ids %v", won, ids)
	}
	f, err := sides[0].SaveFile(ctx, certificate, iotest.ErrReader(errors.New("not read again")))
	if err != nil || !ids[f.ID] {
		t.Errorf("%+v %v", f, err)
	}
	if _, got := read(t, sides[1], "ent_1", f.ID); !bytes.Equal(got, content) {
		t.Error("other content")
	}
	expectKept(t, s, 1, 3)
}

// TestUploadSurvivesCuts cuts the connection at every command of an upload in
// turn: it fails and leaves nothing that a sweep does not find, or it is whole;
// made again it is whole.
func TestUploadSurvivesCuts(t *testing.T) {
	t.Parallel()
	engine(t, storetest.Start(t))
	content := scan(300_000)
	var wg sync.WaitGroup
	var servers []*storetest.Server
	for _, fault := range []embedded.Fault{{CutBefore: true}, {CutAfter: true}} {
		s, db, clock := openAt(t)
		servers = append(servers, s)
		inBucket := func(c embedded.Command) bool { return strings.HasPrefix(c.Collection, "uploads.") }
		wg.Go(func() {
			for at := int64(0); at < 10; at++ {
				ctx := store.WithOp(t.Context(), fmt.Sprint("upload-", at))
				hook, _ := cut("", at, 1, fault)
				s.Engine.Watch(func(c embedded.Command) embedded.Fault {
					if !inBucket(c) {
						return embedded.Fault{}
					}
					c.Collection = ""
					return hook(c)
				})
				_, first := db.SaveFile(ctx, certificate, bytes.NewReader(content))
				s.Engine.Watch(nil)
				f, err := db.SaveFile(ctx, certificate, bytes.NewReader(content))
				if err != nil {
					t.Errorf("cut at %d: %v, again: %v", at, first, err)
					return
				}
				if _, got := read(t, db, "ent_1", f.ID); !bytes.Equal(got, content) {
					t.Errorf("cut at %d: other content", at)
				}
				if err := db.DeleteFile(t.Context(), "ent_1", f.ID); err != nil {
					t.Error(err)
				}
			}
			clock.Pass(2 * time.Hour)
			if _, err := db.SweepFiles(t.Context(), 100); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, s := range servers {
		expectKept(t, s, 0, 0)
	}
}

// TestSweepClearsWhatCrashesLeft stops an upload and a deletion in their
// middle, as a crash would.
func TestSweepClearsWhatCrashesLeft(t *testing.T) {
	t.Parallel()
	s, db, clock := openAt(t)
	engine(t, s)
	whole, err := db.SaveFile(t.Context(), certificate, strings.NewReader(png))
	if err != nil {
		t.Fatal(err)
	}
	doomed, err := db.SaveFile(t.Context(), certificate, bytes.NewReader(scan(300_000)))
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(name string) func(embedded.Command) embedded.Fault {
		return func(c embedded.Command) embedded.Fault {
			if c.Name == name && strings.HasPrefix(c.Collection, "uploads.") {
				return embedded.Fault{Err: &embedded.CommandError{Code: 11600, Message: "shutting down"}}
			}
			return embedded.Fault{}
		}
	}
	s.Engine.Watch(refuse("delete"))
	if err := db.DeleteFile(t.Context(), "ent_1", doomed.ID); !errors.Is(err, internship.ErrUnavailable) {
		t.Errorf("half deleted: %v", err)
	}
	s.Engine.Watch(refuse("update"))
	if _, err := db.SaveFile(t.Context(), certificate, bytes.NewReader(scan(300_000))); !errors.Is(err, internship.ErrUnavailable) {
		t.Errorf("half stored: %v", err)
	}
	s.Engine.Watch(nil)
	if _, _, err := db.OpenFile(t.Context(), "ent_1", doomed.ID); !errors.Is(err, internship.ErrNotFound) {
		t.Errorf("half deleted, opened: %v", err)
	}
	expectKept(t, s, 3, 5)
	sweep := func(want ...int) {
		t.Helper()
		for _, want := range want {
			if n, err := db.SweepFiles(t.Context(), 1); n != want || err != nil {
				t.Errorf("swept %d, want %d: %v", n, want, err)
			}
		}
	}
	sweep(1, 0) // what is half stored may still be under way
	clock.Pass(2 * time.Hour)
	sweep(1, 0)
	expectKept(t, s, 1, 1)
	if _, got := read(t, db, "ent_1", whole.ID); string(got) != png {
		t.Errorf("the whole file: %q", got)
	}
}

// TestUploadSweptWhileItRuns is an upload slower than the sweeper waits.
func TestUploadSweptWhileItRuns(t *testing.T) {
	t.Parallel()
	s, db, clock := openAt(t)
	swept := readerFunc(func([]byte) (int, error) {
		clock.Pass(2 * time.Hour)
		if _, err := db.SweepFiles(t.Context(), 10); err != nil {
			t.Error(err)
		}
		return 0, io.EOF
	})
	if _, err := db.SaveFile(t.Context(), certificate, io.MultiReader(bytes.NewReader(scan(300_000)), swept)); !errors.Is(err, internship.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	expectKept(t, s, 0, 0)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestCallerWhoLeavesLeavesNothing ends the context in the middle.
func TestCallerWhoLeavesLeavesNothing(t *testing.T) {
	t.Parallel()
	s, db, _ := openAt(t)
	ctx, cancel := context.WithCancel(t.Context())
	left := readerFunc(func([]byte) (int, error) {
		cancel()
		return 0, io.EOF
	})
	if _, err := db.SaveFile(ctx, certificate, io.MultiReader(bytes.NewReader(scan(300_000)), left)); !errors.Is(err, internship.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	expectKept(t, s, 0, 0)
}

func TestFileNamesAreMadeHarmless(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	cases := map[string]string{
		"营业执照.pdf":                        "营业执照.pdf",
		"../../etc/passwd":                "passwd",
		`C:\文档\执照 1.PDF`:                  "执照 1.PDF",
		"a\r\nSet-Cookie: x=1.pdf":        "aSet-Cookie x=1.pdf",
		"\u202efdp.exe":                   "fdp.exe",
		`"quoted".png`:                    "quoted.png",
		"":                                "企业证件",
		"..":                              "企业证件",
		" / ":                             "企业证件",
		"\xff\xfe.png":                    ".png",
		strings.Repeat("长", 300) + ".png": strings.Repeat("长", 96) + ".png",
	}
	for name, want := range cases {
		named := certificate
		named.Name = name
		f, err := db.SaveFile(t.Context(), named, strings.NewReader(png))
		if err != nil || f.Name != want {
			t.Errorf("%q is kept as %q, want %q (%v)", name, f.Name, want, err)
		}
	}
}

package acts_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/internship"
	"shixi/store"
)

var office = acts.Uploader{Owner: "ent_1", By: "acc_1"}

func TestSavedFileIsTheOwners(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	f, err := w.Acts.SaveFile(t.Context(), office, "internshipPlan", "../实习\u202e方案", actstest.Document())
	if err != nil || f.Name != "实习方案.pdf" || f.MediaType != "application/pdf" || f.Owner != "ent_1" {
		t.Fatalf("%+v %v", f, err)
	}
	_, content, err := w.Acts.ReadFile(t.Context(), acts.Staff{EnterpriseID: "ent_1", Role: internship.HR}, f.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	if got, err := io.ReadAll(content); err != nil || !bytes.Equal(got, actstest.Document()) {
		t.Errorf("%q %v", got, err)
	}
	if _, _, err := w.Acts.ReadFile(t.Context(), acts.Staff{EnterpriseID: "ent_2", Role: internship.HR}, f.ID); !errors.Is(err, internship.ErrNotFound) {
		t.Errorf("read by another: %v", err)
	}
}

func TestUnsuitableFilesAreRefused(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	w.Acts.FileLimits.Document = 1 << 20
	photo, document := actstest.Photo(), actstest.Document()
	for what, c := range map[string]struct {
		kind, name string
		content    []byte
		want       *internship.Error
		says       string
	}{
		"no kind":         {"avatar", "a.jpg", photo, internship.ErrInvalid, "请选择文件的类别：企业证件（certificate）、学生实习方案（internshipPlan）"},
		"empty":           {"certificate", "a.jpg", nil, internship.ErrInvalid, "企业证件是空文件，请重新选择"},
		"too long":        {"certificate", "a.jpg", make([]byte, 2<<20+1), internship.ErrInvalid, "企业证件不能超过 2 MB，请压缩后重新上传"},
		"operator's":      {"internshipPlan", "a.pdf", make([]byte, 1<<20+1), internship.ErrInvalid, "学生实习方案不能超过 1 MB，请压缩后重新上传"},
		"text":            {"certificate", "a.jpg", []byte("hello"), internship.ErrFileType, ""},
		"broken":          {"certificate", "a.jpg", photo[:len(photo)-9], internship.ErrFileBroken, ""},
		"more":            {"certificate", "a.jpg", append(bytes.Clone(photo), "<script>"...), internship.ErrFileMixed, ""},
		"sealed":          {"internshipPlan", "a.pdf", bytes.Replace(document, []byte("/Root"), []byte("/Encrypt 3 0 R /Root"), 1), internship.ErrFileLocked, ""},
		"script":          {"internshipPlan", "a.pdf", bytes.Replace(document, []byte("/Resources <<>>"), []byte("/AA <</JS(a)>> "), 1), internship.ErrFileActive, ""},
		"no document":     {"internshipPlan", "a.jpg", photo, internship.ErrInvalid, "学生实习方案只支持 PDF 格式，请重新选择文件"},
		"another ending":  {"certificate", "a.png", photo, internship.ErrFileName, ""},
		"a program's":     {"certificate", "a.jpg.exe", photo, internship.ErrFileName, ""},
		"a page's ending": {"certificate", "a.html", document, internship.ErrFileName, ""},
	} {
		_, err := w.Acts.SaveFile(t.Context(), office, c.kind, c.name, c.content)
		told, _ := errors.AsType[*internship.Error](err)
		if !errors.Is(err, c.want) || !strings.HasPrefix(told.Detail, c.says) {
			t.Errorf("%s: %v %+v", what, err, told)
		}
	}
}

func TestRepeatedUploadIsOneFile(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	ctx := store.WithOp(t.Context(), "op")
	first, err := w.Acts.SaveFile(ctx, office, "certificate", "a.jpg", actstest.Photo())
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.Acts.SaveFile(ctx, office, "certificate", "a.jpg", actstest.Photo())
	if err != nil || again.ID != first.ID {
		t.Errorf("%s, then %s %v", first.ID, again.ID, err)
	}
	if _, err := w.Acts.SaveFile(ctx, office, "certificate", "a.pdf", actstest.Document()); !errors.Is(err, internship.ErrKeyReused) {
		t.Errorf("another file under the same key: %v", err)
	}
}

func TestUploadsAreBounded(t *testing.T) {
	t.Parallel()
	w := actstest.New(t, nil)
	const mega = 1 << 20
	var ends []func()
	begin := func(owner string, size int64, want error) {
		t.Helper()
		end, err := w.Acts.BeginUpload(t.Context(), owner, size)
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", owner, err, want)
		}
		if err == nil {
			ends = append(ends, end)
		}
	}
	for range 3 {
		begin("ent_1", mega, nil)
	}
	begin("ent_1", mega, internship.ErrUploadBusy)
	for i := range 9 {
		begin(strings.Repeat("x", i+1), 10*mega, nil)
	}
	begin("ent_2", 10*mega, internship.ErrUploadBusy)
	begin("ent_2", 3*mega, nil)
	for _, end := range ends {
		end()
		end() // once is enough
	}
	begin("ent_2", acts.UploadMemory, nil)
	ends[len(ends)-1]()
	var wait sync.WaitGroup
	for range 60 - 3 {
		wait.Go(func() {
			for {
				end, err := w.Acts.BeginUpload(t.Context(), "ent_1", mega)
				if err == nil {
					end()
					return
				}
				if !errors.Is(err, internship.ErrUploadBusy) {
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	begin("ent_1", mega, internship.ErrUploads)
	begin("ent_3", mega, nil)
}

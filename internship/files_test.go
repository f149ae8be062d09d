package internship

import (
	"net/http"
	"testing"
)

func TestFileKindsAreDistinctAndLimited(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range FileKinds() {
		if k.Name == "" || k.Label == "" || len(k.Types) == 0 || k.MaxBytes <= 0 || seen[k.Name] || seen[k.Label] {
			t.Errorf("bad kind %+v", k)
		}
		seen[k.Name], seen[k.Label] = true, true
		if got, ok := FileKindOf(k.Name); !ok || got.Label != k.Label {
			t.Errorf("FileKindOf(%q) = %+v, %t", k.Name, got, ok)
		}
	}
	if _, ok := FileKindOf("certificate "); ok {
		t.Error("an unknown kind is found")
	}
	FileKinds()[0].Types[0] = "text/html"
	if FileKinds()[0].Types[0] != "image/jpeg" {
		t.Error("a caller can change the table")
	}
}

func TestFileKindChecksTypeAndSize(t *testing.T) {
	t.Parallel()
	pdf := http.DetectContentType([]byte("%PDF-1.7\n"))
	for _, c := range []struct {
		kind, mediaType string
		size            int64
		code, message   string
	}{
		{"certificate", "image/jpeg", 2 << 20, "", ""},
		{"certificate", "image/png", 1, "", ""},
		{"certificate", pdf, 1, "", ""},
		{"policy", "Application/PDF; charset=binary", 10 << 20, "", ""},
		{"internshipPlan", pdf, 10 << 20, "", ""},
		{"certificate", "image/jpeg", 2<<20 + 1, "too_long", "企业证件不能超过 2 MB，请压缩后重新上传"},
		{"certificate", "image/gif", 1, "type", "企业证件只支持 JPG、PNG、PDF 格式，请重新选择文件"},
		{"policy", "image/png", 1, "type", "保单附件只支持 PDF 格式，请重新选择文件"},
		{"internshipPlan", "", 1, "type", "学生实习方案只支持 PDF 格式，请重新选择文件"},
		{"agreement", pdf, 10<<20 + 1, "too_long", "三方协议不能超过 10 MB，请压缩后重新上传"},
		{"agreement", pdf, 0, "required", "三方协议是空文件，请重新选择"},
	} {
		kind, _ := FileKindOf(c.kind)
		err := kind.Check(c.mediaType, c.size)
		if c.code == "" {
			if err != nil {
				t.Errorf("%s %s %d: %v", c.kind, c.mediaType, c.size, err)
			}
			continue
		}
		wantRefusal(t, c.kind, err, c.code, c.message)
	}
	small := FileKind{Label: "照片", Types: []string{"image/webp"}, MaxBytes: 512 << 10}
	wantRefusal(t, "small", small.Check("image/webp", 1<<20), "too_long", "照片不能超过 512 KB，请压缩后重新上传")
	wantRefusal(t, "small", small.Check("image/png", 1), "type", "照片只支持 image/webp 格式，请重新选择文件")
}

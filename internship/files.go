package internship

import (
	"fmt"
	"slices"
	"strings"
)

const (
	typeJPEG = "image/jpeg"
	typePNG  = "image/png"
	typePDF  = "application/pdf"

	megabyte = 1 << 20
)

// FileKind is one purpose for which a file may be uploaded (domain.md G-09).
type FileKind struct {
	// Name is the stable name, e.g. "certificate".
	Name string `json:"name"`
	// Label is the Chinese name.
	Label string `json:"label"`
	// Types are the media types allowed, as sniffed from the content and never
	// as the client claims them.
	Types []string `json:"types"`
	// MaxBytes is the greatest size. The table holds the defaults; an operator
	// may set others.
	MaxBytes int64 `json:"maxBytes"`
}

// FileKinds lists every kind of file. Certificates keep the manual's 2 MB;
// documents, often scans of many pages, get 10 MB.
func FileKinds() []FileKind {
	scan := []string{typeJPEG, typePNG, typePDF}
	pdf := []string{typePDF}
	return []FileKind{
		{"certificate", "企业证件", slices.Clone(scan), 2 * megabyte},
		{"internshipPlan", "学生实习方案", slices.Clone(pdf), 10 * megabyte},
		{"exemption", "夜班加班备案材料", slices.Clone(scan), 10 * megabyte},
		{"agreement", "三方协议", slices.Clone(scan), 10 * megabyte},
		{"consent", "知情同意书", slices.Clone(scan), 10 * megabyte},
		{"training", "岗前培训记录", slices.Clone(scan), 10 * megabyte},
		{"policy", "保单附件", slices.Clone(pdf), 10 * megabyte},
		{"termination", "解约材料", slices.Clone(scan), 10 * megabyte},
		{"evidence", "佐证材料", slices.Clone(scan), 10 * megabyte},
		{"cooperation", "校企合作协议", slices.Clone(scan), 10 * megabyte},
	}
}

// FileKindOf is the kind of a name.
func FileKindOf(name string) (FileKind, bool) {
	kinds := FileKinds()
	i := slices.IndexFunc(kinds, func(k FileKind) bool { return k.Name == name })
	if i < 0 {
		return FileKind{}, false
	}
	return kinds[i], true
}

// Check refuses a file by its sniffed media type (parameters are ignored) and
// its size in bytes. The error is a FieldError: required when the file is
// empty, type, or too_long.
func (k FileKind) Check(mediaType string, size int64) error {
	mediaType, _, _ = strings.Cut(mediaType, ";")
	switch {
	case size <= 0:
		return FieldError{Code: "required", Message: k.Label + "是空文件，请重新选择"}
	case !slices.Contains(k.Types, strings.ToLower(strings.TrimSpace(mediaType))):
		return FieldError{Code: "type", Message: k.Label + "只支持 " + k.Formats() + " 格式，请重新选择文件"}
	case size > k.MaxBytes:
		return FieldError{Code: "too_long", Message: fmt.Sprintf("%s不能超过 %s，请压缩后重新上传", k.Label, byteSize(k.MaxBytes))}
	}
	return nil
}

// Formats names the allowed formats for people: JPG、PNG、PDF.
func (k FileKind) Formats() string {
	names := make([]string, len(k.Types))
	for i, t := range k.Types {
		switch t {
		case typeJPEG:
			names[i] = "JPG"
		case typePNG:
			names[i] = "PNG"
		case typePDF:
			names[i] = "PDF"
		default:
			names[i] = t
		}
	}
	return strings.Join(names, "、")
}

// byteSize writes a limit as whole megabytes or, below one, kilobytes.
func byteSize(n int64) string {
	if n >= megabyte {
		return fmt.Sprintf("%d MB", n/megabyte)
	}
	return fmt.Sprintf("%d KB", n/1024)
}

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

// Names of kinds that forms name.
const (
	FileCertificate = "certificate"
	FilePlan        = "internshipPlan"
	FileExemption   = "exemption"
)

// FileKind is one purpose for which a file may be uploaded (domain.md G-09).
type FileKind struct {
	// Name is the stable name, e.g. "certificate".
	Name string `json:"name" doc:"文件类别" example:"certificate"`
	// Label is the Chinese name.
	Label string `json:"label" doc:"类别名称" example:"企业证件"`
	// Types are the media types allowed, as sniffed from the content and never
	// as the client claims them.
	Types []string `json:"types" doc:"允许的媒体类型" example:"[\"image/jpeg\",\"image/png\",\"application/pdf\"]"`
	// MaxBytes is the greatest size. The table holds the defaults; an operator
	// may set others.
	MaxBytes int64 `json:"maxBytes" doc:"最大字节数" example:"2097152"`
}

// FileKinds lists every kind of file. Certificates keep the manual's 2 MB;
// documents, often scans of many pages, get 10 MB.
func FileKinds() []FileKind {
	scan := []string{typeJPEG, typePNG, typePDF}
	pdf := []string{typePDF}
	return []FileKind{
		{FileCertificate, "企业证件", slices.Clone(scan), 2 * megabyte},
		{FilePlan, "学生实习方案", slices.Clone(pdf), 10 * megabyte},
		{FileExemption, "夜班加班备案材料", slices.Clone(scan), 10 * megabyte},
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

// FileLimits are the greatest sizes in bytes that an operator allows; zero ones
// stay as the table has them (domain.md G-09).
type FileLimits struct{ Certificate, Document int64 }

// Kind is the kind of a name within the limits.
func (l FileLimits) Kind(name string) (FileKind, bool) {
	k, ok := FileKindOf(name)
	most := l.Document
	if name == FileCertificate {
		most = l.Certificate
	}
	if most > 0 {
		k.MaxBytes = most
	}
	return k, ok
}

// Most is the greatest size of any kind within the limits.
func (l FileLimits) Most() int64 {
	most := int64(0)
	for _, k := range FileKinds() {
		within, _ := l.Kind(k.Name)
		most = max(most, within.MaxBytes)
	}
	return most
}

// extensions are how the names of each type end.
func extensions(mediaType string) []string {
	switch mediaType {
	case typeJPEG:
		return []string{".jpg", ".jpeg", ".jfif"}
	case typePNG:
		return []string{".png"}
	case typePDF:
		return []string{".pdf"}
	}
	return nil
}

// NameFile checks that a name ends as its content is, and gives a name without
// an ending the usual one. Errors: ErrFileName.
func NameFile(name, mediaType string) (string, error) {
	known := extensions(mediaType)
	at := strings.LastIndexByte(name, '.')
	if at < 0 || at == len(name)-1 || len(known) == 0 {
		if len(known) == 0 {
			return "", ErrFileType
		}
		return strings.TrimSuffix(name, ".") + known[0], nil
	}
	if !slices.Contains(known, strings.ToLower(name[at:])) {
		return "", ErrFileName
	}
	return name, nil
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
		return FieldError{Code: "too_long", Message: fmt.Sprintf("%s不能超过 %s，请压缩后重新上传", k.Label, ByteSize(k.MaxBytes))}
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

// ByteSize writes a limit for people: whole megabytes or, below one, kilobytes.
func ByteSize(n int64) string {
	if n >= megabyte {
		return fmt.Sprintf("%d MB", n/megabyte)
	}
	return fmt.Sprintf("%d KB", n/1024)
}

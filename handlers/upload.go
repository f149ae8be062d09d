package handlers

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
)

const (
	// formRoom is what an upload's form may have beside the file.
	formRoom = 16 << 10
	// uploadRate is the slowest an upload may come, in bytes a second, after
	// a grace of readTimeout: half a megabit, which 3G manages. Whoever is
	// slower holds memory and a place that others wait for.
	uploadRate = 64 << 10
	// examining is how long it may take to look into a file and to store it,
	// waiting for its turn included.
	examining = 30 * time.Second
)

// uploadPaths take files; everything else takes JSON.
var uploadPaths = map[string]bool{"/api/v1/files": true, "/api/v1/registration/files": true}

// StoredFile is an uploaded file.
type StoredFile struct {
	ID   string `json:"id" doc:"文件编号，填写在表单中" example:"fil_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Kind string `json:"kind" doc:"文件类别" example:"certificate"`
	Name string `json:"name" doc:"文件名" example:"营业执照.jpg"`
	Size int64  `json:"size" doc:"字节数" example:"183204"`
	Type string `json:"type" doc:"由内容判断的媒体类型" example:"image/jpeg"`
}

type storedAnswer struct{ Body StoredFile }

type incomingKey struct{}

// incoming lets an upload's handler read the body, which nobody has read yet.
func (a *App) incoming(ctx huma.Context, next func(huma.Context)) {
	c := humafiber.Unwrap(ctx)
	began := time.Now()
	s := &stream{c: c, left: a.longest(c), pace: func(read int64) time.Time {
		return began.Add(a.fiber.Server().ReadTimeout + time.Duration(read)*time.Second/uploadRate)
	}}
	next(huma.WithValue(ctx, incomingKey{}, s))
}

// sameUpload gives an upload the op of its Idempotency-Key. The content is not
// part of it: it has not been read yet, and is compared by the act.
func (a *App) sameUpload(who func(context.Context) string) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		key := ctx.Header(headerKey)
		if key == "" {
			next(ctx)
			return
		}
		if err := checkKey(key); err != nil {
			a.refuse(ctx, err)
			return
		}
		op := store.DeriveID("op", who(ctx.Context()), ctx.Method(), ctx.Operation().Path, key)
		next(huma.WithContext(ctx, store.WithOp(ctx.Context(), op)))
	}
}

// uploadFile takes a file of the own enterprise.
func (a *App) uploadFile(ctx context.Context, _ *nothing) (*storedAnswer, error) {
	by, err := staffOf(ctx).Uploader()
	if err != nil {
		return nil, err
	}
	return a.upload(ctx, by)
}

// uploadWithPass takes a file of an enterprise that is registering.
func (a *App) uploadWithPass(ctx context.Context, _ *nothing) (*storedAnswer, error) {
	by, err := a.acts.PassUploader(ctx, passTokenOf(ctx))
	if err != nil {
		return nil, err
	}
	return a.upload(ctx, by)
}

// upload reads a form with a file, once there is room for it, and saves the
// file.
func (a *App) upload(ctx context.Context, by acts.Uploader) (*storedAnswer, error) {
	s, _ := ctx.Value(incomingKey{}).(*stream)
	boundary, err := boundaryOf(s.c)
	if err != nil {
		return nil, err
	}
	most := a.acts.FileLimits.Most()
	size := most + 1
	if n := int64(s.c.Request().Header.ContentLength()); n >= 0 {
		size = min(size, n)
	}
	end, err := a.acts.BeginUpload(ctx, by.Owner, size)
	if err != nil {
		return nil, err
	}
	defer end()
	form, err := readForm(s, boundary, size, most)
	if err != nil {
		if errors.Is(err, internship.ErrTooLarge) {
			err = tooLarge(most)
		}
		return nil, err
	}
	if r := requestOf(ctx); r != nil {
		_, err := io.CopyN(io.Discard, s, formRoom) // what follows the form
		r.drained = errors.Is(err, io.EOF)
	}
	ctx, cancel := forLater(ctx, examining)
	defer cancel()
	f, err := a.acts.SaveFile(ctx, by, form.kind, form.name, form.content)
	if err != nil {
		return nil, err
	}
	return &storedAnswer{StoredFile{ID: f.ID, Kind: f.Kind, Name: f.Name, Size: f.Size, Type: f.MediaType}}, nil
}

// boundaryOf is what separates the parts of the form. Errors: ErrMediaType.
func boundaryOf(c *fiber.Ctx) (string, error) {
	kind, parameters, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || kind != "multipart/form-data" || parameters["boundary"] == "" {
		return "", internship.ErrMediaType.With("请以 multipart/form-data 格式上传文件")
	}
	return parameters["boundary"], nil
}

// fileForm is what an upload submits.
type fileForm struct {
	kind, name string
	content    []byte

	given map[string]bool
}

// bounded reads no more than is left. A header of a part is kept whole, and may
// be as long as the form else; the memory for an upload is that of its file.
type bounded struct {
	from io.Reader
	left int64
}

// Read implements io.Reader. Errors: ErrBadRequest once nothing is left.
func (r *bounded) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, internship.ErrBadRequest.With("上传的表单无法识别，请重新上传")
	}
	n, err := r.from.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	return n, err
}

// readForm reads a form of one kind and one file, in any order, the file into
// size bytes of memory. Errors: ErrInvalid with every wrong field, ErrTooLarge,
// ErrBadRequest.
func readForm(from io.Reader, boundary string, size, most int64) (*fileForm, error) {
	form := &fileForm{given: map[string]bool{}}
	body := &bounded{from: from}
	r := multipart.NewReader(body, boundary)
	var wrong []internship.FieldError
	for {
		body.left = formRoom // the header
		part, err := r.NextPart()
		if err == io.EOF { //nolint:errorlint // wrapped, it says that the form breaks off
			break
		}
		if err != nil {
			return nil, unreadable(err)
		}
		body.left = size + formRoom // the content, whether it is kept or not
		field, err := form.take(part, size, most)
		if err == nil {
			err = part.Close()
		}
		if err != nil {
			return nil, unreadable(err)
		}
		if field != nil {
			wrong = append(wrong, *field)
		}
		if len(wrong) > maxWrong {
			break
		}
	}
	if !form.given["kind"] {
		wrong = append(wrong, internship.FieldError{Field: "kind", Code: "required", Message: "请选择文件的类别"})
	}
	if !form.given["file"] {
		wrong = append(wrong, internship.FieldError{Field: "file", Code: "required", Message: "请选择文件"})
	}
	if len(wrong) > 0 {
		return nil, internship.ErrInvalid.At(wrong...)
	}
	return form, nil
}

// take reads one part of the form.
func (f *fileForm) take(part *multipart.Part, size, most int64) (*internship.FieldError, error) {
	name := part.FormName()
	switch {
	case name != "kind" && name != "file":
		name = shown(name)
		return &internship.FieldError{Field: name, Code: "unknown", Message: "没有「" + name + "」这个字段，请检查拼写"}, nil
	case f.given[name]:
		return &internship.FieldError{Field: name, Code: "range", Message: "一次只能上传一个文件"}, nil
	}
	f.given[name] = true
	if name == "kind" {
		value, err := io.ReadAll(io.LimitReader(part, longestID))
		f.kind = string(value)
		return nil, err
	}
	if part.FileName() == "" {
		return &internship.FieldError{Field: name, Code: "type", Message: "请选择文件"}, nil
	}
	f.name = rawName(part)
	var err error
	f.content, err = readPart(part, size, most)
	return nil, err
}

// rawName is the file's name as it was sent: Part.FileName cuts a path off at
// the slashes of this machine only.
func rawName(part *multipart.Part) string {
	_, parameters, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return part.FileName()
	}
	return parameters["filename"]
}

// readPart reads a file into memory that is taken once. Errors: ErrTooLarge.
func readPart(part io.Reader, size, most int64) ([]byte, error) {
	content := bytes.NewBuffer(make([]byte, 0, size))
	for {
		room := content.AvailableBuffer()
		if cap(room) == 0 { // is that all?
			var more [1]byte
			n, err := io.ReadFull(part, more[:])
			if n > 0 {
				return nil, internship.ErrTooLarge
			}
			if errors.Is(err, io.EOF) {
				return content.Bytes(), nil
			}
			return nil, err
		}
		n, err := part.Read(room[:cap(room)])
		content.Write(room[:n])
		if int64(content.Len()) > most {
			return nil, internship.ErrTooLarge
		}
		if errors.Is(err, io.EOF) {
			return content.Bytes(), nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// unreadable is a form that breaks off or isn't one.
func unreadable(err error) error {
	if e, ok := errors.AsType[*internship.Error](err); ok {
		return e
	}
	return internship.ErrBadRequest.With("上传的表单无法识别，请重新上传").Because(err)
}

// uploadEndpoint declares a route that takes a file.
func uploadEndpoint(a *App, who access, path, id string, scope func(context.Context) string, do func(context.Context, *nothing) (*storedAnswer, error)) {
	op := a.operation(who, http.MethodPost, path, id, keyParameter(false))
	op.Middlewares = append(op.Middlewares, a.incoming, a.sameUpload(scope))
	kinds := make([]any, 0, 10)
	for _, k := range internship.FileKinds() {
		kinds = append(kinds, k.Name)
	}
	huma.Register(a.api, op, do)
	// Told afterwards: Huma would read the body that it knew of.
	a.api.OpenAPI().Paths[path].Post.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"kind", "file"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{
			"kind": {Type: huma.TypeString, Enum: kinds, Description: "文件类别"},
			"file": {Type: huma.TypeString, Format: "binary", Description: "文件，须有文件名"},
		}}}}}
}

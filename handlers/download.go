package handlers

import (
	"context"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"shixi/internship"
	"shixi/store"
)

// downloading is how long a file may take to be sent: the largest at the rate
// that uploads must have, too.
func (a *App) downloading() time.Duration {
	return writeTimeout + time.Duration(a.acts.FileLimits.Most())*time.Second/uploadRate
}

// opener finds a file that the caller may read.
type opener func(ctx context.Context, id string) (store.File, io.ReadCloser, error)

// readFile gives a file of the own enterprise.
func (a *App) readFile(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
	return a.download(ctx, in.ID, func(ctx context.Context, id string) (store.File, io.ReadCloser, error) {
		return a.acts.ReadFile(ctx, staffOf(ctx), id)
	})
}

// readPartnerFile gives a file that a partner has to look at.
func (a *App) readPartnerFile(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
	return a.download(ctx, in.ID, func(ctx context.Context, id string) (store.File, io.ReadCloser, error) {
		return a.acts.ReadFileAs(ctx, partnerOf(ctx), id)
	})
}

// download answers with a file as it is read from the database. It is sent
// after the handler has returned, so it has a time of its own.
func (a *App) download(ctx context.Context, id string, open opener) (*huma.StreamResponse, error) {
	ctx, cancel := forLater(ctx, a.downloading())
	f, content, err := open(ctx, id)
	if err != nil {
		cancel()
		return nil, err
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		c := humafiber.Unwrap(ctx)
		c.Set(fiber.HeaderContentType, f.MediaType)
		c.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
		c.Set(fiber.HeaderContentSecurityPolicy, "sandbox; default-src 'none'; frame-ancestors 'none'")
		c.Set(fiber.HeaderCacheControl, "private, no-store")
		c.Context().SetBodyStream(&sending{content, cancel}, int(f.Size))
	}}, nil
}

// sending is a file on its way.
type sending struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close implements io.Closer; the server calls it when it is done.
func (s *sending) Close() error {
	defer s.cancel()
	return s.ReadCloser.Close()
}

// downloadEndpoint declares a route that gives a file.
func downloadEndpoint(a *App, who access, path, id string, do func(context.Context, *ByID) (*huma.StreamResponse, error)) {
	op := a.operation(who, http.MethodGet, path, id)
	content := map[string]*huma.MediaType{}
	for _, kind := range internship.FileKinds() {
		for _, t := range kind.Types {
			content[t] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
		}
	}
	op.Responses[strconv.Itoa(http.StatusOK)] = &huma.Response{Description: "文件的内容", Content: content,
		Headers: map[string]*huma.Header{fiber.HeaderContentDisposition: {Description: "文件名", Schema: &huma.Schema{Type: huma.TypeString}}}}
	huma.Register(a.api, op, do)
}

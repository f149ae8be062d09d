package handlers_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"shixi/acts"
	"shixi/acts/actstest"
	"shixi/handlers"
	"shixi/internship"
	"shixi/store"
)

// part is one part of a form; a name of a file makes it a file.
type part struct {
	field, file string
	content     []byte
}

func kindPart(kind string) part { return part{field: "kind", content: []byte(kind)} }

// photo is a certificate to upload.
func photo() []part {
	return []part{kindPart("certificate"), {"file", "营业执照.jpg", actstest.Photo()}}
}

// form writes a form and gives its media type.
func form(tb testing.TB, parts ...part) (mediaType string, body []byte) {
	tb.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for _, p := range parts {
		header := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q`, p.field)}}
		if p.file != "" {
			header.Set("Content-Disposition", fmt.Sprintf(`form-data; name=%q; filename="%s"`, p.field, p.file))
		}
		to, err := w.CreatePart(header)
		if err != nil {
			tb.Fatal(err)
		}
		_, _ = to.Write(p.content)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return w.FormDataContentType(), out.Bytes()
}

// upload posts a form.
func (c caller) upload(path string, parts ...part) answer {
	c.w.TB.Helper()
	mediaType, body := form(c.w.TB, parts...)
	req := httptest.NewRequest(http.MethodPost, "http://shixi.test"+path, bytes.NewReader(body))
	for name, values := range c.header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", mediaType)
	return c.send(req, path)
}

// download gets a file, which is not JSON.
func (c caller) download(method, path string) (*http.Response, []byte) {
	c.w.TB.Helper()
	req := httptest.NewRequest(method, "http://shixi.test"+path, nil)
	for name, values := range c.header {
		req.Header[name] = values
	}
	res, err := c.w.app.Fiber().Test(req, -1)
	if err != nil {
		c.w.TB.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.w.TB.Fatal(err)
	}
	return res, body
}

func TestUploadedFileComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me, other := w.owner(w.enterprise("A")), w.owner(w.enterprise("B"))
	f := read[handlers.StoredFile](me.upload("/api/v1/files", photo()...).ok(http.StatusCreated))
	if f.Kind != "certificate" || f.Name != "营业执照.jpg" || f.Type != "image/jpeg" || f.Size != int64(len(actstest.Photo())) {
		t.Errorf("%+v", f)
	}
	path := "/api/v1/files/" + f.ID
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		res, body := me.download(method, path)
		want := map[string]string{"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store",
			"Content-Disposition":     "attachment; filename*=utf-8''%E8%90%A5%E4%B8%9A%E6%89%A7%E7%85%A7.jpg",
			"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'", "Content-Length": fmt.Sprint(f.Size)}
		for name, value := range want {
			if got := res.Header.Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", method, name, got, value)
			}
		}
		if res.StatusCode != http.StatusOK || method == http.MethodGet && !bytes.Equal(body, actstest.Photo()) || method == http.MethodHead && len(body) > 0 {
			t.Errorf("%s: %d, %d bytes", method, res.StatusCode, len(body))
		}
	}
	other.get(path).refused(internship.ErrNotFound)
	w.anyone().get(path).refused(internship.ErrUnauthorized)
	me.get("/api/v1/files/fil_none").refused(internship.ErrNotFound)
}

func TestRepeatedUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.owner(w.enterprise("A")).once("upload-1")
	first := read[handlers.StoredFile](me.upload("/api/v1/files", photo()...))
	if again := read[handlers.StoredFile](me.upload("/api/v1/files", photo()...)); again != first {
		t.Errorf("%+v, then %+v", first, again)
	}
	me.upload("/api/v1/files", kindPart("policy"), part{"file", "a.pdf", actstest.Document()}).refused(internship.ErrKeyReused)
	if other := read[handlers.StoredFile](me.once("upload-2").upload("/api/v1/files", photo()...)); other.ID == first.ID {
		t.Error("another key gives the same file")
	}
	w.owner(w.enterprise("B")).once("键").upload("/api/v1/files", photo()...).refused(internship.ErrBadRequest)
}

func TestUploadsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	image, document := actstest.Photo(), actstest.Document()
	file := func(name string, content []byte) part { return part{"file", name, content} }
	certificate := kindPart("certificate")
	for what, c := range map[string]struct {
		parts  []part
		want   *internship.Error
		fields string
	}{
		"nothing":           {nil, internship.ErrInvalid, "kind=required file=required"},
		"no kind":           {[]part{file("a.jpg", image)}, internship.ErrInvalid, "kind=required"},
		"no file":           {[]part{certificate}, internship.ErrInvalid, "file=required"},
		"unknown kind":      {[]part{kindPart("avatar"), file("a.jpg", image)}, internship.ErrInvalid, "kind=choice"},
		"endless kind":      {[]part{kindPart(strings.Repeat("certificate", 1000)), file("a.jpg", image)}, internship.ErrInvalid, "kind=choice"},
		"two files":         {[]part{certificate, file("a.jpg", image), file("b.jpg", image)}, internship.ErrInvalid, "file=range"},
		"two kinds":         {[]part{certificate, certificate, file("a.jpg", image)}, internship.ErrInvalid, "kind=range"},
		"another field":     {[]part{certificate, {"owner", "", []byte("ent_2")}, file("a.jpg", image)}, internship.ErrInvalid, "owner=unknown"},
		"a text as file":    {[]part{certificate, {"file", "", image}}, internship.ErrInvalid, "file=type"},
		"empty":             {[]part{certificate, file("a.jpg", nil)}, internship.ErrInvalid, "file=required"},
		"too long":          {[]part{certificate, file("a.jpg", make([]byte, 2<<20+1))}, internship.ErrInvalid, "file=too_long"},
		"no plan":           {[]part{kindPart("internshipPlan"), file("a.jpg", image)}, internship.ErrInvalid, "file=type"},
		"page":              {[]part{certificate, file("a.jpg", []byte("<html>"))}, internship.ErrFileType, ""},
		"page behind":       {[]part{certificate, file("a.jpg", append(bytes.Clone(image), "<html>"...))}, internship.ErrFileMixed, ""},
		"half":              {[]part{certificate, file("a.jpg", image[:len(image)/2])}, internship.ErrFileBroken, ""},
		"wrong ending":      {[]part{certificate, file("a.png", image)}, internship.ErrFileName, ""},
		"script inside":     {[]part{certificate, file("a.pdf", bytes.Replace(document, []byte("/Resources <<>>"), []byte("/AA <</JS(a)>> "), 1))}, internship.ErrFileActive, ""},
		"far too long":      {[]part{certificate, file("a.jpg", make([]byte, 10<<20+20<<10))}, internship.ErrTooLarge, ""},
		"long for any kind": {[]part{file("a.jpg", make([]byte, 10<<20+1)), certificate}, internship.ErrTooLarge, ""},
	} {
		me := w.owner(w.enterprise(what))
		p := me.upload("/api/v1/files", c.parts...).refused(c.want)
		if got := strings.Join(fields(p), " "); got != c.fields {
			t.Errorf("%s: %s, want %s", what, got, c.fields)
		}
		if c.want == internship.ErrTooLarge && !strings.Contains(p.Detail, "10 MB") {
			t.Errorf("%s: the limit is not named: %s", what, p.Detail)
		}
	}
	me := w.owner(w.enterprise("A"))
	endless := strings.Repeat("x", 1<<20) // a header of a part is kept whole, beside the memory that an upload has
	for what, form := range map[string]string{
		"name":          "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + endless + ".jpg\"\r\n\r\nx\r\n--x--\r\n",
		"header":        "--x\r\nX-Long: " + endless + "\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\ncertificate\r\n--x--\r\n",
		"many headers":  "--x\r\n" + strings.Repeat("X-Short: x\r\n", 1<<16) + "\r\n\r\n--x--\r\n",
		"before a part": endless + "\r\n--x--\r\n",
	} {
		if p := me.with("Content-Type", "multipart/form-data; boundary=x").post("/api/v1/files", form).refused(internship.ErrBadRequest); p.Detail != "上传的表单无法识别，请重新上传" {
			t.Errorf("%s: %s", what, p.Detail)
		}
	}
	me.post("/api/v1/files", `{"kind":"certificate"}`).refused(internship.ErrMediaType)
	me.with("Content-Type", "multipart/form-data").post("/api/v1/files", "x").refused(internship.ErrMediaType)
	me.with("Content-Type", "multipart/form-data; boundary=x").post("/api/v1/files", "x").refused(internship.ErrBadRequest)
	w.anyone().upload("/api/v1/files", photo()...).refused(internship.ErrUnauthorized)
	w.anyone().with("Cookie", "shixi_session=sx_x").upload("/api/v1/files", photo()...).refused(internship.ErrForbidden)
}

// TestUploadHeldToTheCost: sixty an hour.
func TestUploadsOfAnHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.owner(w.enterprise("A"))
	for range 60 {
		me.upload("/api/v1/files", kindPart("certificate")).refused(internship.ErrInvalid)
	}
	if p := me.upload("/api/v1/files", photo()...); p.refused(internship.ErrUploads).Detail == "" || p.header.Get("Retry-After") == "" {
		t.Errorf("%s", p.body)
	}
	w.Pass(time.Hour)
	me.upload("/api/v1/files", photo()...).ok(http.StatusCreated)
}

func TestUploadWithPass(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := "sp_ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	pass := store.Pass{ID: acts.TokenHash(token), Purpose: internship.CodeForRegister, Mobile: "13800000001", Expires: w.Now().Add(time.Hour)}
	if err := w.DB.AddPass(t.Context(), pass); err != nil {
		t.Fatal(err)
	}
	w.log.never(token)
	const path = "/api/v1/registration/files"
	me := w.as(token)
	f := read[handlers.StoredFile](me.upload(path, photo()...).ok(http.StatusCreated))
	if _, err := w.DB.OwnFile(t.Context(), pass.ID, "certificate", f.ID); err != nil {
		t.Error(err)
	}
	me.upload(path, kindPart("policy"), part{"file", "a.pdf", actstest.Document()}).refused(internship.ErrInvalid)
	w.as("sp_none").upload(path, photo()...).refused(internship.ErrPass)
	w.anyone().upload(path, photo()...).refused(internship.ErrPass)
	w.owner(w.enterprise("A")).upload(path, photo()...).refused(internship.ErrPass)
	me.upload("/api/v1/files", photo()...).refused(internship.ErrUnauthorized)
	me.get("/api/v1/files/" + f.ID).refused(internship.ErrUnauthorized)
	for range 18 { // with the two above, one of them refused
		me.upload(path, photo()...).ok(http.StatusCreated)
	}
	if spent := me.upload(path, photo()...); !strings.Contains(spent.refused(internship.ErrUploads).Detail, "重新验证手机号") || spent.header.Get("Retry-After") != "" {
		t.Errorf("told to wait with a pass that is spent: %v", spent.header)
	}
	w.Pass(time.Hour)
	me.upload(path, photo()...).refused(internship.ErrPass)
}

// TestPartnersReadFiles holds who may look at what.
func TestPartnersReadFiles(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	e := w.enterprise("A")
	certificate, loose := w.File(e.ID, e.ID, internship.FileCertificate), w.File(e.ID, e.ID, internship.FileCertificate)
	name := func(state string) {
		t.Helper()
		if _, err := w.DB.Enterprises.Update(t.Context(), e.ID, func(x *internship.Enterprise) error {
			x.Certificate, x.State = certificate, state
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	path := "/partner/v1/files/" + certificate
	name(internship.UnderReview)
	got := w.platform.do(http.MethodGet, path, nil)
	if got.status != http.StatusOK || !bytes.Equal(got.body, actstest.Photo()) {
		t.Errorf("%d %s", got.status, got.body)
	}
	w.platform.do(http.MethodGet, "/partner/v1/files/"+loose, nil).refused(internship.ErrNotFound)
	for _, p := range []partner{w.school, w.other, w.students} {
		p.do(http.MethodGet, path, nil).refused(internship.ErrNotFound)
	}
	name(internship.Active)
	w.platform.do(http.MethodGet, path, nil).refused(internship.ErrNotFound)
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.owner(w.enterprise("A"))
	for path, want := range map[string]int{"/livez": 200, "/readyz": 200, "/metrics": 200, "/openapi.json": 200, "/api/v1/me": 200,
		"/api/v1/forms": 200, "/api/v1/positions/pos_none": 404, "/api/v1/login": 405, "/nothing": 404} {
		res, body := me.download(http.MethodHead, path)
		if res.StatusCode != want || len(body) > 0 || want == 200 && res.ContentLength == 0 {
			t.Errorf("%s: %d, %d bytes", path, res.StatusCode, len(body))
		}
	}
}

func TestWrongMethodIsToldWithTheRightOnes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, want := range map[string]string{"POST /livez": "GET, HEAD", "DELETE /api/v1/positions": "GET, POST, HEAD", "GET /api/v1/login": "POST",
		"PUT /metrics": "GET, HEAD", "GET /partner/v1/school": "PUT", "OPTIONS /api/v1/files": "POST"} {
		method, path, _ := strings.Cut(path, " ")
		a := w.anyone().do(method, path, nil)
		a.refused(internship.ErrMethod)
		allowed := strings.Split(a.header.Get("Allow"), ", ")
		if len(allowed) != len(strings.Split(want, ", ")) || !strings.Contains(want, allowed[0]) {
			t.Errorf("%s %s: allowed %q, want %q", method, path, allowed, want)
		}
	}
}

package actstest

import (
	"bytes"
	"image"
	"image/jpeg"

	"shixi/acts"
)

// Photo is a small picture that every kind of file but plans and policies may
// be.
func Photo() []byte {
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, 16, 16)), nil); err != nil {
		panic(err) // it was checked when this was written
	}
	return out.Bytes()
}

// Document is a PDF document of one empty page.
func Document() []byte {
	return []byte("%PDF-1.4\n" +
		"1 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n" +
		"2 0 obj\n<</Type /Pages /Count 1 /Kids [3 0 R]>>\nendobj\n" +
		"3 0 obj\n<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources <<>>>>\nendobj\n" +
		"xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000056 00000 n \n0000000111 00000 n \n" +
		"trailer\n<</Size 4 /Root 1 0 R>>\nstartxref\n196\n%%EOF\n")
}

// File uploads a file of a kind and gives its id. Its owner is an enterprise or
// a pass; by is an account or that pass.
func (w *World) File(owner, by, kind string) string {
	w.TB.Helper()
	name, content := "证件.jpg", Photo()
	if kind == "internshipPlan" || kind == "policy" {
		name, content = "方案.pdf", Document()
	}
	f, err := w.Acts.SaveFile(w.TB.Context(), acts.Uploader{Owner: owner, By: by}, kind, name, content)
	if err != nil {
		w.TB.Fatal(err)
	}
	return f.ID
}

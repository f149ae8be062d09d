package acts

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"shixi/internship"
	"shixi/papers"
	"shixi/store"
)

// Uploader is who brings a file, and whose it then is.
type Uploader struct {
	// Owner is an enterprise, or the pass of a registration under way.
	Owner string
	// By is the account, or that pass.
	By string
	// Only is the one kind that may be brought; "": any.
	Only string
}

// Uploader is the enterprise, by the account. Errors: ErrForbidden for a mentor.
func (s Staff) Uploader() (Uploader, error) {
	return Uploader{Owner: s.EnterpriseID, By: s.AccountID}, s.mayManage()
}

// passUploads is how many files may be brought with one pass: a certificate,
// after some that were refused or could not be read.
const passUploads = 20

// PassUploader is who holds a pass, for one more file: a certificate. Errors:
// ErrPass, ErrUploads.
func (a *Acts) PassUploader(ctx context.Context, token string) (Uploader, error) {
	p, err := a.pass(ctx, token)
	if err != nil {
		return Uploader{}, err
	}
	there, err := a.DB.CountUpload(ctx, p.ID, passUploads)
	if err != nil {
		return Uploader{}, err
	}
	if !there {
		return Uploader{}, internship.ErrUploads.With("用这次验证上传的文件过多，或者入驻信息已经提交，请重新验证手机号").After(0) // no waiting makes this pass good again
	}
	return Uploader{Owner: p.ID, By: p.ID, Only: internship.FileCertificate}, nil
}

// Papers looks into files before they are kept.
type Papers interface {
	// Examine decodes a file and gives its media type. Errors:
	// *papers.RefusedError, papers.ErrBusy.
	Examine(ctx context.Context, content []byte) (mediaType string, err error)
}

// SaveFile looks into a file and keeps it for its owner: for store.FileGrace,
// and for as long as a document names it. The same request made again gives the
// same file. Errors: ErrInvalid for an unknown kind, an empty, too long or
// unsuitable file, ErrFileType, ErrFileBroken, ErrFileMixed, ErrFileLocked,
// ErrFileActive, ErrFileComplex, ErrFileName, ErrKeyReused where the same
// request brought another content, ErrUploadBusy.
func (a *Acts) SaveFile(ctx context.Context, by Uploader, kind, name string, content []byte) (store.File, error) {
	k, ok := a.FileLimits.Kind(kind)
	if !ok || by.Only != "" && by.Only != kind {
		return store.File{}, internship.ErrInvalid.At(by.unknownKind())
	}
	if len(content) == 0 || int64(len(content)) > k.MaxBytes {
		return store.File{}, internship.ErrInvalid.At(internship.Of("file", k.Check(k.Types[0], int64(len(content))))...)
	}
	mediaType, err := a.Papers.Examine(ctx, content)
	if err != nil {
		return store.File{}, refusedPaper(err)
	}
	if err := k.Check(mediaType, int64(len(content))); err != nil {
		return store.File{}, internship.ErrInvalid.At(internship.Of("file", err)...)
	}
	if name, err = internship.NameFile(store.FileName(name, k.Label), mediaType); err != nil {
		return store.File{}, err
	}
	saved, err := a.DB.SaveFile(ctx, store.NewFile{Kind: k, Owner: by.Owner, Name: name, Uploader: by.By}, bytes.NewReader(content))
	if err != nil {
		return store.File{}, err
	}
	if saved.SHA256 != store.SHA256(content) || saved.Kind != k.Name {
		return store.File{}, internship.ErrKeyReused
	}
	return saved, nil
}

// unknownKind names the kinds that may be brought, as the request writes them.
func (by Uploader) unknownKind() internship.FieldError {
	var kinds []string
	for _, k := range internship.FileKinds() {
		if by.Only == "" || by.Only == k.Name {
			kinds = append(kinds, k.Label+"（"+k.Name+"）")
		}
	}
	return internship.FieldError{Field: "kind", Code: "choice", Message: "请选择文件的类别：" + strings.Join(kinds, "、")}
}

// refusedPaper tells the user what to do about a file that is not kept.
func refusedPaper(err error) error {
	refused, ok := errors.AsType[*papers.RefusedError](err)
	if !ok {
		return internship.ErrUploadBusy.Because(err)
	}
	e := internship.ErrFileBroken
	switch refused.Reason {
	case papers.Unknown:
		e = internship.ErrFileType
	case papers.Mixed:
		e = internship.ErrFileMixed
	case papers.TooLarge, papers.TooComplex, papers.TooManyPages:
		e = internship.ErrFileComplex
	case papers.Encrypted:
		e = internship.ErrFileLocked
	case papers.Active:
		e = internship.ErrFileActive
	case papers.Broken:
	}
	return e.Because(err)
}

// ReadFile gives a file of the own enterprise and its content, to be closed.
// Errors: ErrNotFound, also for another's, ErrForbidden for a mentor.
func (a *Acts) ReadFile(ctx context.Context, s Staff, id string) (store.File, io.ReadCloser, error) {
	if err := s.mayManage(); err != nil {
		return store.File{}, nil, err
	}
	return a.DB.OpenFile(ctx, s.EnterpriseID, id)
}

// ReadFileAs gives a file that a partner has to look at, and its content, to be
// closed: the platform certificates that are under review or with which an
// account is asked for, schools the 实习方案 and 夜班加班备案 of positions that
// were published to them, the platform and the students' app those of positions
// that were published to anybody. Errors: ErrNotFound.
func (a *Acts) ReadFileAs(ctx context.Context, p Partner, id string) (store.File, io.ReadCloser, error) {
	owner, err := a.shownBy(ctx, p, id)
	if owner == "" && err == nil && p.Kind == internship.ByPlatform {
		owner, err = a.reviewedIn(ctx, id)
	}
	if err != nil {
		return store.File{}, nil, err
	}
	if owner == "" {
		return store.File{}, nil, internship.ErrNotFound
	}
	return a.DB.OpenFile(ctx, owner, id)
}

// shownBy is the enterprise whose published position shows a file to a partner,
// empty for none.
func (a *Acts) shownBy(ctx context.Context, p Partner, id string) (owner string, err error) {
	named, err := a.DB.Positions.Naming(ctx, id)
	for _, x := range named {
		if x.Shows(id, p.SchoolID) {
			return x.EnterpriseID, nil
		}
	}
	return "", err
}

// reviewedIn is whose file the platform has to decide about, the enterprise's or
// the pass's of a recovery, empty for none.
func (a *Acts) reviewedIn(ctx context.Context, id string) (owner string, err error) {
	named, err := a.DB.Enterprises.Naming(ctx, id)
	for _, e := range named {
		if e.State == internship.UnderReview || e.Waiting != nil {
			return e.ID, nil
		}
	}
	if err != nil {
		return "", err
	}
	asked, err := a.DB.Recoveries.Naming(ctx, id)
	for _, r := range asked {
		if r.State == internship.RecoveryPending {
			return r.Pass, nil
		}
	}
	return "", err
}

// ownFile checks that a file which a form names is the owner's and of the kind.
// Nothing else must be done to keep it: the save of a document that names it
// does (store.Filed). Errors: ErrFileGone.
func (a *Acts) ownFile(ctx context.Context, owner, kind, id string) error {
	_, err := a.DB.OwnFile(ctx, owner, kind, id)
	return err
}

// adoptFile gives a file that came with a pass to the enterprise that the pass
// becomes, before that is saved; it may be done again. Errors: ErrFileGone.
func (a *Acts) adoptFile(ctx context.Context, passID, enterpriseID, kind, id string) error {
	return a.DB.AdoptFile(ctx, passID, enterpriseID, kind, id)
}

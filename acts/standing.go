package acts

import (
	"context"
	"errors"
	"fmt"

	"shixi/internship"
	"shixi/store"
)

// Standing gives the person's enterprise: its data, how its review stands, and
// who registered it, where it registered itself.
func (a *Acts) Standing(ctx context.Context, s Staff) (Reviewed, error) {
	return a.Review(ctx, s.EnterpriseID)
}

// CompleteProfile saves the data that the enterprise changes by itself;
// core data wait for review, see RequestChange. Errors: ErrForbidden but for
// the owner, ErrInvalid, ErrWrongState, ErrCoreLocked, ErrBlacklisted.
func (a *Acts) CompleteProfile(ctx context.Context, s Staff, in internship.ProfileInput) (Reviewed, error) {
	if s.Role != internship.Owner {
		return Reviewed{}, internship.ErrForbidden
	}
	update, err := in.Parse()
	if err != nil {
		return Reviewed{}, err
	}
	if err := a.ownCertificate(ctx, s.EnterpriseID, update.Certificate); err != nil {
		return Reviewed{}, err
	}
	return a.decide(ctx, s.EnterpriseID, func(e *internship.Enterprise) error { return e.CompleteProfile(update, a.do(s, "")) })
}

// Resubmit hands in a corrected registration. Errors: ErrForbidden but for the
// owner, ErrInvalid, ErrWrongState, ErrBlacklisted, ErrCodeTaken.
func (a *Acts) Resubmit(ctx context.Context, s Staff, in internship.ResubmissionInput) (Reviewed, error) {
	if s.Role != internship.Owner {
		return Reviewed{}, internship.ErrForbidden
	}
	submission, registrant, err := in.Parse(a.Now())
	if err != nil {
		return Reviewed{}, err
	}
	if err := a.ownCertificate(ctx, s.EnterpriseID, submission.Core.Certificate); err != nil {
		return Reviewed{}, err
	}
	e, err := a.DB.Enterprises.Get(ctx, s.EnterpriseID)
	if err != nil {
		return Reviewed{}, err
	}
	resubmit := func(e *internship.Enterprise) error { return e.Resubmit(submission, a.do(s, "")) }
	if tried := *e; !e.Did(store.OpOf(ctx)) {
		if err := resubmit(&tried); err != nil {
			return Reviewed{}, err
		}
	}
	owner, err := a.DB.Accounts.Update(store.SubOp(ctx, "registrant"), s.AccountID, func(x *internship.Account) error {
		return x.Identify(registrant, a.do(s, ""))
	})
	if err != nil {
		return Reviewed{}, fmt.Errorf("resubmit: %w", err)
	}
	if err := a.DB.RenameSessions(ctx, owner.ID, owner.Name); err != nil {
		return Reviewed{}, err
	}
	e, err = a.DB.Enterprises.Update(ctx, s.EnterpriseID, resubmit)
	if err = firstHeld(err); errors.Is(err, internship.ErrCodeTaken) {
		err = a.codeTaken(ctx, submission.Core)
	}
	return Reviewed{Enterprise: e, Owner: owner}, err
}

// codeTaken says what becomes of a code that another enterprise has, and no more
// of that than a registration by the code does. Errors: ErrCodeTaken.
func (a *Acts) codeTaken(ctx context.Context, core internship.Core) error {
	other, err := a.DB.EnterpriseByCode(ctx, core.Code, core.CodeKind)
	if err == nil && other.State == internship.Entered {
		return internship.ErrCodeTaken.With("该代码已由学校录入、尚未激活，请用学校发放的激活码激活；没有激活码的，请向推荐学校索取或联系平台")
	}
	return internship.ErrCodeTaken.With("该代码已被录入，请对照证件核对；确为本单位代码的，请联系平台处理")
}

// RequestChange hands in new core data (G-10). Errors: ErrForbidden but for the
// owner, ErrInvalid, ErrWrongState, ErrChangeWaiting, ErrNothingChanged,
// ErrCodeTaken, ErrBlacklisted.
func (a *Acts) RequestChange(ctx context.Context, s Staff, in internship.ChangeInput) (Reviewed, error) {
	if s.Role != internship.Owner {
		return Reviewed{}, internship.ErrForbidden
	}
	core, err := in.Parse()
	if err != nil {
		return Reviewed{}, err
	}
	if err := a.ownCertificate(ctx, s.EnterpriseID, core.Certificate); err != nil {
		return Reviewed{}, err
	}
	other, err := a.DB.EnterpriseByCode(ctx, core.Code, core.CodeKind)
	if err != nil && !store.Absent(err) {
		return Reviewed{}, fmt.Errorf("request change: %w", err)
	}
	if other != nil && other.ID != s.EnterpriseID {
		return Reviewed{}, a.codeTaken(ctx, core)
	}
	return a.decide(ctx, s.EnterpriseID, func(e *internship.Enterprise) error { return e.RequestChange(core, a.do(s, "")) })
}

// WithdrawChange takes the waiting change back. Errors: ErrForbidden but for
// the owner, ErrWrongState, ErrNoChange, ErrBlacklisted.
func (a *Acts) WithdrawChange(ctx context.Context, s Staff) (Reviewed, error) {
	if s.Role != internship.Owner {
		return Reviewed{}, internship.ErrForbidden
	}
	return a.decide(ctx, s.EnterpriseID, func(e *internship.Enterprise) error { return e.WithdrawChange(a.do(s, "")) })
}

// ownCertificate checks that the scan which a form names was uploaded by the
// enterprise; one that is not named is not checked.
func (a *Acts) ownCertificate(ctx context.Context, owner, id string) error {
	if id == "" {
		return nil
	}
	return noFile("certificate", a.ownFile(ctx, owner, internship.FileCertificate, id))
}

// noFile tells at its field of a form that a file is gone or of another kind.
func noFile(field string, err error) error {
	gone, ok := errors.AsType[*internship.Error](err)
	if !ok || gone.Code != internship.ErrFileGone.Code {
		return err
	}
	return internship.ErrInvalid.At(internship.FieldError{Field: field, Code: "choice", Message: gone.Detail})
}

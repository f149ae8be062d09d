package acts

import (
	"context"
	"errors"
	"fmt"

	"shixi/internship"
	"shixi/store"
)

// Recover asks the platform for an enterprise's account (账号和密码都忘记了). It
// is kept and answered in the same way whether or not there is such an
// enterprise. Errors: ErrInvalid, ErrPass, ErrRecoveryWaiting.
func (a *Acts) Recover(ctx context.Context, passToken string, in internship.RecoveryInput) (*internship.Recovery, error) {
	pass, err := a.passFor(ctx, internship.CodeForRecovery, passToken)
	if err != nil {
		return nil, err
	}
	r, err := in.Parse(a.Now())
	if err != nil {
		return nil, err
	}
	if err := a.ownCertificate(ctx, pass.ID, r.Certificate); err != nil {
		return nil, err
	}
	r.ID, r.Mobile, r.Pass = store.DeriveID("rcv", pass.ID), pass.Mobile, pass.ID
	if err := r.Submit(internship.Do{By: internship.Actor{Kind: internship.ByEnterprise, Name: r.Name}, At: a.Now()}); err != nil {
		return nil, err
	}
	saved, err := a.DB.Recoveries.Create(ctx, r)
	if _, held := errors.AsType[*store.HeldError](err); held {
		return a.recoveredBefore(ctx, r)
	}
	return saved, err
}

// recoveredBefore answers a form handed in twice like the first time; one pass
// is one recovery. Errors: ErrPass for another form with the same pass,
// ErrRecoveryWaiting where another pass's waits.
func (a *Acts) recoveredBefore(ctx context.Context, r *internship.Recovery) (*internship.Recovery, error) {
	earlier, err := a.DB.Recoveries.Get(ctx, r.ID)
	switch {
	case store.Absent(err):
		return nil, internship.ErrRecoveryWaiting
	case err != nil:
		return nil, fmt.Errorf("recover: %w", err)
	case !earlier.Same(r):
		return nil, internship.ErrPass
	}
	return earlier, nil
}

// Recoveries lists those in a state, newest first, for the platform.
func (a *Acts) Recoveries(ctx context.Context, state, after string, limit int) (store.RecoveryPage, error) {
	return a.DB.RecoveriesIn(ctx, state, after, limit)
}

// Claim is a recovery with what the platform needs to decide: whose enterprise
// the code names, if any, and how the ID number compares with the registrant's.
type Claim struct {
	*internship.Recovery
	Enterprise *internship.Enterprise
	Owner      *internship.Account
	Match      internship.Match
}

// Recovery reads one for the platform. Errors: ErrNotFound.
func (a *Acts) Recovery(ctx context.Context, id string) (Claim, error) {
	r, err := a.DB.Recoveries.Get(ctx, id)
	if err != nil {
		return Claim{}, fmt.Errorf("recovery: %w", err)
	}
	return a.claim(ctx, r)
}

func (a *Acts) claim(ctx context.Context, r *internship.Recovery) (Claim, error) {
	c := Claim{Recovery: r}
	enterprise, err := a.DB.EnterpriseByCode(ctx, r.Code, r.CodeKind)
	if err != nil && !store.Absent(err) {
		return c, fmt.Errorf("claim: %w", err)
	}
	if enterprise != nil {
		c.Enterprise = enterprise
		if c.Owner, err = a.DB.Owner(ctx, enterprise.ID); err != nil && !store.Absent(err) {
			return c, fmt.Errorf("claim: %w", err)
		}
	}
	c.Match = r.Compare(c.Owner)
	return c, nil
}

// ApproveRecovery gives the enterprise's account to the person: it gets the
// verified mobile and no password, all sessions end, and its WeChat is unbound,
// since who has the lost phone must not go on reading. Staff accounts are left
// as they are. Errors: ErrNotFound, ErrWrongState, ErrNothingToGive,
// ErrMobileTaken, where it became so in between with the recovery refused.
func (a *Acts) ApproveRecovery(ctx context.Context, p Partner, id string) (Claim, error) {
	c, err := a.Recovery(ctx, id)
	if err != nil {
		return c, err
	}
	if err := a.mobileFree(ctx, c); err != nil {
		return c, err
	}
	do := a.partnerDo(p, "", "", "")
	saved, err := a.DB.Recoveries.Change(ctx, c.Recovery, func(r *internship.Recovery) error { return r.Approve(c.Owner, do) })
	if err != nil {
		return c, err
	}
	if err := a.applyRecovery(ctx, saved, internship.Do{By: internship.System(), At: a.Now()}); err != nil {
		return c, err // the reaction to its event does it again
	}
	return a.claim(ctx, saved)
}

// mobileFree refuses to give an account a mobile that is another account's.
func (a *Acts) mobileFree(ctx context.Context, c Claim) error {
	if c.State != internship.RecoveryPending {
		return nil // what else is wrong outranks it
	}
	other, err := a.DB.AccountByLogin(ctx, c.Mobile, "")
	if store.Absent(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("mobile free: %w", err)
	}
	if other.State == internship.AccountOpening {
		err := a.reclaim(ctx, c.Mobile)
		if !errors.Is(err, internship.ErrMobileTaken) {
			return err
		}
	}
	if c.Owner == nil || other.ID != c.Owner.ID {
		return internship.ErrMobileTaken.With("该手机号已绑定其他账号，请拒绝并请申请人换用未使用的手机号")
	}
	return nil
}

// mobileGone is why an approval is taken back, as the person is told.
const mobileGone = "该手机号已绑定其他账号，请换用未使用的手机号重新申请"

// applyRecovery moves the owner's account to what was approved; again it
// changes nothing. Where the mobile became another account's since the platform
// looked, the approval is taken back: trying again would never end. Errors:
// ErrMobileTaken then.
func (a *Acts) applyRecovery(ctx context.Context, r *internship.Recovery, do internship.Do) error {
	if r.State != internship.RecoveryApproved {
		return takenBack()
	}
	owner, err := a.DB.Accounts.Get(ctx, r.AccountID)
	if err != nil {
		return fmt.Errorf("apply recovery: %w", err)
	}
	err = a.withMobile(ctx, r.Mobile, func() error {
		own := *owner // a change that fails leaves traces
		return a.secure(store.SubOp(ctx, "account"), &own, "", func(x *internship.Account) error {
			news, err := x.Recover(r, do)
			if err == nil && !news {
				return store.Unchanged
			}
			return err
		})
	})
	err = firstHeld(err)
	if errors.Is(err, internship.ErrMobileTaken) {
		do.Note = mobileGone
		if err = a.takeBack(ctx, r, do); err == nil {
			err = takenBack()
		}
	}
	if err != nil {
		return fmt.Errorf("apply recovery: %w", err)
	}
	return nil
}

// takeBack ends an approval that can't be carried out; the person is told why
// by the reaction to its event.
func (a *Acts) takeBack(ctx context.Context, r *internship.Recovery, do internship.Do) error {
	_, err := a.DB.Recoveries.Change(store.SubOp(ctx, "take back"), r, func(r *internship.Recovery) error {
		ended, err := r.TakeBack(do)
		if err == nil && !ended {
			return store.Unchanged
		}
		return err
	})
	return err
}

// takenBack is what the platform is told of an approval that was taken back.
func takenBack() error {
	return internship.ErrMobileTaken.With("该手机号刚刚绑定了其他账号，本申请已自动拒绝，申请人会收到短信")
}

// RefuseRecovery ends one with a reason, which the person is told by SMS.
// Errors: ErrNotFound, ErrInvalid, ErrWrongState.
func (a *Acts) RefuseRecovery(ctx context.Context, p Partner, id, reason string) (Claim, error) {
	r, err := a.DB.Recoveries.Update(ctx, id, func(r *internship.Recovery) error { return r.Refuse(a.partnerDo(p, "", "", reason)) })
	if err != nil {
		return Claim{}, err
	}
	return a.claim(ctx, r)
}

// ExpireRecovery ends one that nobody decided in time; others stay as they are.
func (a *Acts) ExpireRecovery(ctx context.Context, id string) error {
	_, err := a.DB.Recoveries.Update(ctx, id, func(r *internship.Recovery) error {
		ended, err := r.Expire(internship.Do{By: internship.System(), At: a.Now()})
		if err == nil && !ended {
			return store.Unchanged
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("expire recovery: %w", err)
	}
	return nil
}

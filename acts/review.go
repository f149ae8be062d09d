package acts

import (
	"context"
	"fmt"

	"shixi/internship"
	"shixi/store"
)

// platformName is how the platform's reviewers stand in histories.
const platformName = "省级平台"

func (a *Acts) platformDo(p Partner, note string) internship.Do {
	return a.partnerDo(p, p.Key, platformName, note)
}

// Reviewed is an enterprise as the platform sees it, with its owner, where it
// has one.
type Reviewed struct {
	Enterprise *internship.Enterprise
	Owner      *internship.Account
}

// Reviews lists what waits for the platform, or the enterprises of a state,
// what has waited longest first. Errors: ErrBadCursor.
func (a *Acts) Reviews(ctx context.Context, f store.ReviewFilter) (store.EnterprisePage, error) {
	return a.DB.Reviews(ctx, f)
}

// Review reads one enterprise with all that a reviewer needs. Errors:
// ErrNotFound.
func (a *Acts) Review(ctx context.Context, id string) (Reviewed, error) {
	e, err := a.DB.Enterprises.Get(ctx, id)
	if err != nil {
		return Reviewed{}, err
	}
	return a.reviewed(ctx, e)
}

func (a *Acts) reviewed(ctx context.Context, e *internship.Enterprise) (Reviewed, error) {
	r := Reviewed{Enterprise: e}
	if e.OwnerID == "" {
		return r, nil
	}
	owner, err := a.DB.Accounts.Get(ctx, e.OwnerID)
	if err != nil && !store.Absent(err) {
		return r, fmt.Errorf("review: %w", err)
	}
	r.Owner = owner
	return r, nil
}

// decide makes a move of the platform or the owner and gives what became of it.
func (a *Acts) decide(ctx context.Context, id string, move func(*internship.Enterprise) error) (Reviewed, error) {
	e, err := a.DB.Enterprises.Update(ctx, id, move)
	if err != nil {
		return Reviewed{}, err
	}
	return a.reviewed(ctx, e)
}

// PassReview admits a registration to the library. Errors: ErrInvalid,
// ErrNotFound, ErrWrongState, ErrStaleRound, ErrNotRegistered,
// ErrRegistryPending, ErrRegistrantMissing.
func (a *Acts) PassReview(ctx context.Context, p Partner, id string, in internship.PassRoundInput) (Reviewed, error) {
	if err := in.Parse(); err != nil {
		return Reviewed{}, err
	}
	return a.decide(ctx, id, func(e *internship.Enterprise) error { return e.Pass(in.Round, a.platformDo(p, "")) })
}

// ReturnReview gives a registration back with the reason. Errors: ErrInvalid,
// ErrNotFound, ErrWrongState, ErrStaleRound, ErrNotRegistered.
func (a *Acts) ReturnReview(ctx context.Context, p Partner, id string, in internship.VerdictInput) (Reviewed, error) {
	reason, err := in.Parse()
	if err != nil {
		return Reviewed{}, err
	}
	return a.decide(ctx, id, func(e *internship.Enterprise) error { return e.Return(in.Round, a.platformDo(p, reason)) })
}

// PassChange puts a change of core data in force. Where the code changes, the
// index decides whether another enterprise has it by now. Errors: ErrInvalid,
// ErrNotFound, ErrWrongState, ErrNoChange, ErrStaleRound, ErrRegistryPending,
// ErrCodeTaken.
func (a *Acts) PassChange(ctx context.Context, p Partner, id string, in internship.PassRoundInput) (Reviewed, error) {
	if err := in.Parse(); err != nil {
		return Reviewed{}, err
	}
	r, err := a.decide(ctx, id, func(e *internship.Enterprise) error { return e.PassChange(in.Round, a.platformDo(p, "")) })
	return r, firstHeld(err)
}

// ReturnChange drops a change with the reason. Errors: ErrInvalid, ErrNotFound,
// ErrWrongState, ErrNoChange, ErrStaleRound.
func (a *Acts) ReturnChange(ctx context.Context, p Partner, id string, in internship.VerdictInput) (Reviewed, error) {
	reason, err := in.Parse()
	if err != nil {
		return Reviewed{}, err
	}
	return a.decide(ctx, id, func(e *internship.Enterprise) error { return e.ReturnChange(in.Round, a.platformDo(p, reason)) })
}

// Freeze hides an enterprise while it is looked into (domain.md §2.1); its
// positions follow by reaction. Errors: ErrInvalid, ErrNotFound, ErrWrongState.
func (a *Acts) Freeze(ctx context.Context, p Partner, id string, in internship.ReasonInput) (Reviewed, error) {
	reason, err := in.Parse()
	if err != nil {
		return Reviewed{}, err
	}
	return a.decide(ctx, id, func(e *internship.Enterprise) error { return e.Freeze(a.platformDo(p, reason)) })
}

// Lift ends a freeze. Errors: ErrNotFound, ErrWrongState.
func (a *Acts) Lift(ctx context.Context, p Partner, id string) (Reviewed, error) {
	return a.decide(ctx, id, func(e *internship.Enterprise) error { return e.Lift(a.platformDo(p, "")) })
}

// Revealed are personal data in clear, for one pair of eyes.
type Revealed struct{ Name, IDNumber, Mobile, Phone string }

// Reveal shows the registrant's ID number and the numbers by which he or she is
// reached, and notes who looked and why before anything is shown. Errors:
// ErrInvalid, ErrNotFound, ErrWrongState.
func (a *Acts) Reveal(ctx context.Context, p Partner, id string, in internship.ReasonInput) (Revealed, error) {
	reason, err := in.Parse()
	if err != nil {
		return Revealed{}, err
	}
	r, err := a.decide(ctx, id, func(e *internship.Enterprise) error { return e.Reveal(a.platformDo(p, reason)) })
	if err != nil {
		return Revealed{}, err
	}
	out := Revealed{Phone: r.Enterprise.Profile.Phone}
	if r.Owner != nil {
		out.Name, out.IDNumber, out.Mobile = r.Owner.Name, r.Owner.IDNumber, r.Owner.Mobile
	}
	return out, nil
}

package acts

import (
	"context"
	"fmt"

	"shixi/internship"
	"shixi/store"
)

// MaxBatch is how many rows one request may accept or refuse.
const MaxBatch = 100

// maxPicks bounds how often a place is picked again when others are faster.
const maxPicks = 50

// Placements lists the enterprise's sign-ups and placements (manual §4.1).
// Errors: ErrForbidden for a mentor, who sees the own groups only.
func (a *Acts) Placements(ctx context.Context, s Staff, f store.PlacementFilter) (store.PlacementPage, error) {
	if err := s.mayManage(); err != nil {
		return store.PlacementPage{}, err
	}
	return a.DB.EnterprisePlacements(ctx, s.EnterpriseID, f)
}

// Delivery is one message about a placement and the name of the person it was
// for, "" for one who has left.
type Delivery struct {
	*store.Push
	Recipient string
}

// Placement reads one of the enterprise's rows and the messages sent about it,
// newest first. Errors: ErrNotFound, also for another enterprise's; ErrForbidden
// for a mentor.
func (a *Acts) Placement(ctx context.Context, s Staff, id string) (*internship.Placement, []Delivery, error) {
	if err := s.mayManage(); err != nil {
		return nil, nil, err
	}
	p, err := a.placement(ctx, s, id)
	if err != nil {
		return nil, nil, err
	}
	pushes, err := a.DB.Deliveries(ctx, id)
	if err != nil || len(pushes) == 0 {
		return p, nil, err
	}
	staff, err := a.DB.Staff(ctx, s.EnterpriseID)
	if err != nil {
		return nil, nil, err
	}
	names := map[string]string{}
	for _, account := range staff {
		names[account.ID] = account.Name
	}
	trail := make([]Delivery, len(pushes))
	for i, push := range pushes {
		trail[i] = Delivery{push, names[push.AccountID]}
	}
	return p, trail, nil
}

func (a *Acts) placement(ctx context.Context, s Staff, id string) (*internship.Placement, error) {
	p, err := a.DB.Placements.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if p.EnterpriseID != s.EnterpriseID {
		return nil, internship.ErrNotFound
	}
	return p, nil
}

// Accept signs a student (同意签约), or finds that it has: the first enterprise to confirm wins, and
// no more are accepted than the position has places (R-10, G-17, G-21).
// Errors: ErrNotFound, ErrSignedElsewhere, ErrPositionFull, ErrReconfirm,
// ErrWrongState, ErrNotEligible, ErrNotRecruiting, ErrTooManyInterns, ErrFrozen,
// ErrIndustryBarred, ErrBusy.
func (a *Acts) Accept(ctx context.Context, s Staff, id string) (*internship.Placement, error) {
	if err := s.mayManage(); err != nil {
		return nil, err
	}
	p, err := a.placement(ctx, s, id)
	if err != nil {
		return nil, err
	}
	if accepted(ctx, p) {
		return p, nil
	}
	enterprise, err := a.DB.Enterprises.Get(ctx, s.EnterpriseID)
	if err != nil {
		return nil, err
	}
	if err := enterprise.MayAct(); err != nil {
		return nil, err
	}
	position, err := a.DB.Positions.Get(ctx, p.PositionID)
	if err != nil {
		return nil, err
	}
	if err := position.MayAccept(p, a.Now()); err != nil {
		return nil, a.unless(p, err)
	}
	if err := a.shareLeft(ctx, enterprise); err != nil {
		return nil, a.unless(p, err)
	}
	return a.acceptAtPlace(ctx, s, p, position)
}

// shareLeft refuses one more intern where the policy holds the share of staff
// and it is used up. It counts, so that acceptances at the same instant may
// pass it by their number: the regulation says "as a rule".
func (a *Acts) shareLeft(ctx context.Context, e *internship.Enterprise) error {
	if a.InternShare != internship.ShareBlock {
		return nil
	}
	interns, err := a.interns(ctx, e)
	if err != nil {
		return err
	}
	return internship.InternShare(interns+1, e.Profile.Staff)
}

// acceptAtPlace picks a free place and signs, picking again when another
// acceptance took that place meanwhile.
func (a *Acts) acceptAtPlace(ctx context.Context, s Staff, p *internship.Placement, position *internship.Position) (*internship.Placement, error) {
	for range maxPicks {
		taken, err := a.DB.TakenPlaces(ctx, position.ID)
		if err != nil {
			return nil, err
		}
		place, free := internship.FreePlace(taken, position.Terms.Headcount, pick)
		if !free {
			return a.refusedAsFull(ctx, s, p.ID)
		}
		signed, err := a.DB.Placements.Change(ctx, p, func(p *internship.Placement) error {
			if p.IsSigned() {
				return store.Unchanged
			}
			return p.Accept(place, a.do(s, ""))
		})
		switch {
		case store.Held(err, "signed"):
			return nil, internship.ErrSignedElsewhere
		case !store.Held(err, "place"):
			return signed, err
		}
		if p, err = a.placement(ctx, s, p.ID); err != nil {
			return nil, err
		}
	}
	return nil, internship.ErrBusy
}

// refusedAsFull reads the sign-up once more: the last place may have gone to
// this very row a moment ago.
func (a *Acts) refusedAsFull(ctx context.Context, s Staff, id string) (*internship.Placement, error) {
	p, err := a.placement(ctx, s, id)
	if err != nil {
		return nil, err
	}
	if accepted(ctx, p) {
		return p, nil
	}
	return nil, a.unless(p, internship.ErrPositionFull)
}

// accepted says whether the enterprise has accepted already, by this very
// request or by another one: a second click finds what the first one did.
func accepted(ctx context.Context, p *internship.Placement) bool {
	return p.Did(store.OpOf(ctx)) || p.IsSigned()
}

// unless is why a sign-up can't be accepted at its position, unless there is
// a reason of its own, such as that the student is gone: that one outranks it.
func (a *Acts) unless(p *internship.Placement, position error) error {
	tried := *p
	if err := tried.Accept(1, internship.Do{By: internship.Actor{Kind: internship.ByEnterprise}, At: a.Now()}); err != nil {
		return err
	}
	return position
}

// Refuse declines a sign-up (拒绝签约), or finds that it has, with an optional reason (G-26). Errors:
// ErrNotFound, ErrSignedElsewhere, ErrWrongState, ErrInvalid for the reason.
func (a *Acts) Refuse(ctx context.Context, s Staff, id, reason string) (*internship.Placement, error) {
	if err := s.mayManage(); err != nil {
		return nil, err
	}
	reason = internship.Clean(reason)
	if err := internship.CheckRefusal(reason); err != nil {
		return nil, err
	}
	p, err := a.placement(ctx, s, id)
	if err != nil {
		return nil, err
	}
	return a.DB.Placements.Change(ctx, p, func(p *internship.Placement) error {
		if p.State == internship.Refused { // by a first click
			return store.Unchanged
		}
		return p.Refuse(a.do(s, reason))
	})
}

// Row is the result of one row of a batch: the placement or why not.
type Row struct {
	ID        string
	Placement *internship.Placement
	Err       error
}

// AcceptAll accepts a batch, one result per row, in the order given.
func (a *Acts) AcceptAll(ctx context.Context, s Staff, ids []string) ([]Row, error) {
	return batch(ctx, ids, func(ctx context.Context, id string) (*internship.Placement, error) { return a.Accept(ctx, s, id) })
}

// RefuseAll refuses a batch with one reason, one result per row.
func (a *Acts) RefuseAll(ctx context.Context, s Staff, ids []string, reason string) ([]Row, error) {
	return batch(ctx, ids, func(ctx context.Context, id string) (*internship.Placement, error) {
		return a.Refuse(ctx, s, id, reason)
	})
}

// batch does one row after the other; an id given twice counts once.
func batch(ctx context.Context, ids []string, do func(context.Context, string) (*internship.Placement, error)) ([]Row, error) {
	if len(ids) == 0 || len(ids) > MaxBatch {
		return nil, internship.ErrInvalid.At(internship.FieldError{Field: "ids", Code: "range", Message: fmt.Sprintf("请选择 1 至 %d 条记录", MaxBatch)})
	}
	seen := map[string]bool{}
	rows := make([]Row, 0, len(ids))
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		p, err := do(store.SubOp(ctx, id), id)
		rows = append(rows, Row{ID: id, Placement: p, Err: err})
	}
	return rows, nil
}

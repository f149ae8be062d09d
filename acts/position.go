package acts

import (
	"context"

	"shixi/internship"
	"shixi/store"
)

// position reads one of the enterprise's own positions: a foreign or deleted
// one is not found.
func (a *Acts) position(ctx context.Context, s Staff, id string) (*internship.Position, error) {
	p, err := a.DB.Positions.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if p.EnterpriseID != s.EnterpriseID || p.State == internship.Deleted {
		return nil, internship.ErrNotFound
	}
	return p, nil
}

// Position reads one of the enterprise's positions and how many students are
// signed for it. Errors: ErrNotFound, ErrForbidden for a mentor.
func (a *Acts) Position(ctx context.Context, s Staff, id string) (*internship.Position, int, error) {
	if err := s.mayManage(); err != nil {
		return nil, 0, err
	}
	p, err := a.position(ctx, s, id)
	if err != nil {
		return nil, 0, err
	}
	taken, err := a.DB.TakenPlaces(ctx, id)
	return p, len(taken), err
}

// Positions lists the enterprise's positions (manual §3). Errors: ErrForbidden
// for a mentor.
func (a *Acts) Positions(ctx context.Context, s Staff, f store.PositionFilter) (store.PositionPage, error) {
	if err := s.mayManage(); err != nil {
		return store.PositionPage{}, err
	}
	return a.DB.EnterprisePositions(ctx, s.EnterpriseID, f)
}

// CreatePosition saves a new, unpublished position (manual §3.1). Errors:
// ErrInvalid, ErrForbidden.
func (a *Acts) CreatePosition(ctx context.Context, s Staff, in internship.PositionInput) (*internship.Position, error) {
	if err := s.mayManage(); err != nil {
		return nil, err
	}
	terms, from, to, err := in.Parse()
	if err != nil {
		return nil, err
	}
	p := &internship.Position{Root: internship.Root{ID: store.NewID(ctx, "pos")}, EnterpriseID: s.EnterpriseID,
		Terms: terms, EnrolFrom: from, EnrolTo: to}
	if err := p.Create(a.do(s, "")); err != nil {
		return nil, err
	}
	return a.DB.Positions.Create(ctx, p)
}

// EditPosition saves a new edition and un-publishes the position.
// Errors: ErrInvalid, ErrNotFound, ErrWrongState in 实习中, ErrHeadcountTooLow.
func (a *Acts) EditPosition(ctx context.Context, s Staff, id string, in internship.PositionInput) (*internship.Position, error) {
	terms, from, to, err := in.Parse()
	if err != nil {
		return nil, err
	}
	taken, err := a.DB.TakenPlaces(ctx, id)
	if err != nil {
		return nil, err
	}
	return a.changePosition(ctx, s, id, func(p *internship.Position) error {
		return p.Edit(terms, from, to, len(taken), a.do(s, ""))
	})
}

// PublishPosition makes a position choosable. Errors: ErrNotFound,
// ErrWrongState, ErrFrozen, ErrProfileMissing, ErrInvalid when the enrolment
// is over.
func (a *Acts) PublishPosition(ctx context.Context, s Staff, id string) (*internship.Position, error) {
	enterprise, err := a.DB.Enterprises.Get(ctx, s.EnterpriseID)
	if err != nil {
		return nil, err
	}
	return a.changePosition(ctx, s, id, func(p *internship.Position) error {
		return p.Publish(enterprise, a.do(s, ""))
	})
}

// ClosePosition ends recruiting; open applications lapse by reaction (R-08,
// G-15). Errors: ErrNotFound, ErrWrongState.
func (a *Acts) ClosePosition(ctx context.Context, s Staff, id string) (*internship.Position, error) {
	return a.changePosition(ctx, s, id, func(p *internship.Position) error { return p.Close(a.do(s, "")) })
}

// DeletePosition removes a position that nobody ever applied for (G-15).
// Errors: ErrNotFound, ErrWrongState, ErrHasApplicants.
func (a *Acts) DeletePosition(ctx context.Context, s Staff, id string) error {
	applied, err := a.DB.AnyPlacement(ctx, s.EnterpriseID, id)
	if err != nil {
		return err
	}
	if applied {
		return internship.ErrHasApplicants
	}
	_, err = a.changePosition(ctx, s, id, func(p *internship.Position) error { return p.Delete(a.do(s, "")) })
	return err
}

// changePosition changes one of the enterprise's own positions.
func (a *Acts) changePosition(ctx context.Context, s Staff, id string, change func(*internship.Position) error) (*internship.Position, error) {
	if err := s.mayManage(); err != nil {
		return nil, err
	}
	p, err := a.position(ctx, s, id)
	if err != nil {
		return nil, err
	}
	return a.DB.Positions.Change(ctx, p, func(p *internship.Position) error {
		if p.EnterpriseID != s.EnterpriseID || p.State == internship.Deleted {
			return internship.ErrNotFound
		}
		return change(p)
	})
}

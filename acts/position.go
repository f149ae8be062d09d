package acts

import (
	"context"
	"errors"

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
// ErrInvalid, also for files that are not the enterprise's, ErrForbidden,
// ErrBlacklisted, ErrFrozen.
func (a *Acts) CreatePosition(ctx context.Context, s Staff, in internship.PositionInput) (*internship.Position, error) {
	if err := s.mayManage(); err != nil {
		return nil, err
	}
	sheet, err := a.sheet(ctx, s, in)
	if err != nil {
		return nil, err
	}
	p := &internship.Position{Root: internship.Root{ID: store.NewID(ctx, "pos")}, EnterpriseID: s.EnterpriseID, Sheet: sheet}
	if err := p.Create(a.do(s, "")); err != nil {
		return nil, err
	}
	return a.DB.Positions.Create(ctx, p)
}

// sheet checks a form and that the files it names are the enterprise's own. A
// blacklisted or cancelled enterprise may not even write positions down; any
// other that is not 正常 may, and publishes none.
func (a *Acts) sheet(ctx context.Context, s Staff, in internship.PositionInput) (internship.Sheet, error) {
	sheet, err := in.Parse()
	if err != nil {
		return sheet, err
	}
	enterprise, err := a.DB.Enterprises.Get(ctx, s.EnterpriseID)
	if err != nil {
		return sheet, err
	}
	if err := enterprise.MayWrite(); err != nil {
		return sheet, err
	}
	var wrong []internship.FieldError
	for _, file := range []struct{ field, kind, id string }{
		{"planFile", internship.FilePlan, sheet.Terms.Plan}, {"exemption.file", internship.FileExemption, sheet.Exemption.File},
	} {
		if file.id == "" {
			continue
		}
		err := noFile(file.field, a.ownFile(ctx, s.EnterpriseID, file.kind, file.id))
		refused, ok := errors.AsType[*internship.Error](err)
		switch {
		case ok && refused.Code == internship.ErrInvalid.Code:
			wrong = append(wrong, refused.Fields...)
		case err != nil:
			return sheet, err
		}
	}
	if wrong != nil {
		return sheet, internship.ErrInvalid.At(wrong...)
	}
	return sheet, nil
}

// EditPosition saves a new edition and un-publishes the position.
// Errors: those of CreatePosition, ErrNotFound, ErrWrongState in 实习中,
// ErrHeadcountTooLow, ErrTermsChanged where the form names an edition and there
// is another by now.
func (a *Acts) EditPosition(ctx context.Context, s Staff, id string, in internship.PositionInput) (*internship.Position, error) {
	if err := s.mayManage(); err != nil {
		return nil, err
	}
	sheet, err := a.sheet(ctx, s, in)
	if err != nil {
		return nil, err
	}
	taken, err := a.DB.TakenPlaces(ctx, id)
	if err != nil {
		return nil, err
	}
	return a.changePosition(ctx, s, id, func(p *internship.Position) error {
		if err := p.Seen(in.Edition); err != nil {
			return err
		}
		return p.Edit(sheet, len(taken), a.do(s, ""))
	})
}

// PublishPosition makes a position choosable under the enterprise's
// declaration, and says what the enterprise should know of it. Errors:
// ErrNotFound, ErrInvalid and ErrDeclarationOld for the declaration, those of
// internship.Position.Publish.
func (a *Acts) PublishPosition(ctx context.Context, s Staff, id string, in internship.PublicationInput) (*internship.Position, []internship.Warning, error) {
	declared, err := in.Parse()
	if err != nil {
		return nil, nil, err
	}
	of := internship.Publication{Declared: declared, Policy: a.InternShare}
	if of.Enterprise, err = a.DB.Enterprises.Get(ctx, s.EnterpriseID); err != nil {
		return nil, nil, err
	}
	if of.Interns, err = a.interns(ctx, of.Enterprise); err != nil {
		return nil, nil, err
	}
	taken, err := a.DB.TakenPlaces(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	of.Taken = len(taken)
	var warnings []internship.Warning
	p, err := a.changePosition(ctx, s, id, func(p *internship.Position) error {
		var err error
		warnings, err = p.Publish(of, a.do(s, ""))
		return err
	})
	return p, warnings, err
}

// interns counts the enterprise's signed students of all schools, as far as
// that matters to its share of staff (G-17).
func (a *Acts) interns(ctx context.Context, e *internship.Enterprise) (int, error) {
	return a.DB.SignedInterns(ctx, e.ID, max(store.MaxCount, e.Profile.Staff)+1)
}

// EndRecruiting leaves the position to those who are signed; open applications
// lapse by reaction (domain.md §2.2). Errors: ErrNotFound, ErrWrongState,
// ErrNoInterns.
func (a *Acts) EndRecruiting(ctx context.Context, s Staff, id string) (*internship.Position, error) {
	taken, err := a.DB.TakenPlaces(ctx, id)
	if err != nil {
		return nil, err
	}
	return a.changePosition(ctx, s, id, func(p *internship.Position) error { return p.EndRecruiting(len(taken), a.do(s, "")) })
}

// ClosePosition ends recruiting; open applications lapse by reaction (R-08,
// G-15). Errors: ErrNotFound, ErrWrongState.
func (a *Acts) ClosePosition(ctx context.Context, s Staff, id string) (*internship.Position, error) {
	return a.changePosition(ctx, s, id, func(p *internship.Position) error { return p.Close(a.do(s, "")) })
}

// DeletePosition removes a position that nobody ever applied for (G-15).
// Errors: ErrNotFound, ErrWrongState, ErrHasApplicants.
func (a *Acts) DeletePosition(ctx context.Context, s Staff, id string) error {
	if err := s.mayManage(); err != nil {
		return err // before anything is told
	}
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
	return a.DB.Positions.Change(ctx, p, change)
}

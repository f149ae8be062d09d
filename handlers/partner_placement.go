package handlers

import (
	"context"

	"shixi/internship"
)

// Objection is why a school does not accept a signed placement.
type Objection struct {
	Reason string `json:"reason" doc:"原因，会告知企业和学生" example:"岗位与专业不符"`
}

// Cancellation is why a school takes a signed placement back.
type Cancellation struct {
	Reason string `json:"reason,omitempty" doc:"原因，选填" example:"学生因病不能参加实习"`
}

type (
	objectionForm struct {
		ByID
		Body Form[Objection]
	}
	cancellationForm struct {
		ByID
		Body Form[Cancellation]
	}
)

// checkObjection wants a reason, which the placement keeps.
func checkObjection(o Objection) error {
	reason := internship.Clean(o.Reason)
	if reason == "" {
		return internship.ErrInvalid.At(internship.FieldError{Field: "reason", Code: "required", Message: "请填写不予通过的原因"})
	}
	return internship.CheckRefusal(reason)
}

func checkCancellation(c Cancellation) error {
	return internship.CheckRefusal(internship.Clean(c.Reason))
}

func (a *App) listSchoolPlacements(ctx context.Context, in *Paging) (*partnerPlacementsPage, error) {
	found, err := a.acts.SchoolPlacements(ctx, partnerOf(ctx), in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	return &partnerPlacementsPage{renderPartnerPlacements(found, a.acts.Now())}, nil
}

func (a *App) readSchoolPlacement(ctx context.Context, in *ByID) (*partnerPlacement, error) {
	return a.partnerPlacement(a.acts.SchoolPlacement(ctx, partnerOf(ctx), in.ID))
}

func (a *App) approvePlacement(ctx context.Context, in *ByID) (*partnerPlacement, error) {
	return a.partnerPlacement(a.acts.Approve(ctx, partnerOf(ctx), in.ID))
}

func (a *App) objectPlacement(ctx context.Context, in *objectionForm) (*partnerPlacement, error) {
	form, err := in.Body.read(checkObjection)
	if err != nil {
		return nil, err
	}
	return a.partnerPlacement(a.acts.Object(ctx, partnerOf(ctx), in.ID, form.Reason))
}

func (a *App) cancelPlacement(ctx context.Context, in *cancellationForm) (*partnerPlacement, error) {
	form, err := in.Body.read(checkCancellation)
	if err != nil {
		return nil, err
	}
	return a.partnerPlacement(a.acts.CancelBySchool(ctx, partnerOf(ctx), in.ID, form.Reason))
}

// partnerPlacement renders what an act gave.
func (a *App) partnerPlacement(p *internship.Placement, err error) (*partnerPlacement, error) {
	if err != nil {
		return nil, err
	}
	return &partnerPlacement{renderPartnerPlacement(p, a.acts.Now())}, nil
}

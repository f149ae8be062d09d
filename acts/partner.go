package acts

import (
	"context"
	"fmt"

	"shixi/internship"
	"shixi/store"
)

// PutSchool keeps what a school says of itself.
func (a *Acts) PutSchool(ctx context.Context, p Partner, code string, in internship.SchoolInput) (*internship.School, error) {
	name, err := in.Parse(code)
	if err != nil {
		return nil, err
	}
	id := internship.SchoolID(code)
	return a.DB.Schools.Put(ctx, &internship.School{Root: internship.Root{ID: id}, Code: code}, func(s *internship.School) error {
		if s.Name == name {
			return store.Unchanged
		}
		s.Keep(name, a.partnerDo(p, id, name, ""))
		return nil
	})
}

// PutPlan keeps one of the school's plans under its own number.
func (a *Acts) PutPlan(ctx context.Context, p Partner, number string, in internship.PlanInput) (*internship.Plan, error) {
	plan, err := in.Parse(number)
	if err != nil {
		return nil, err
	}
	school, err := a.school(ctx, p.SchoolID)
	if err != nil {
		return nil, err
	}
	plan.ID, plan.SchoolID = store.PlanID(school.ID, plan.Number), school.ID
	do := a.partnerDo(p, school.ID, school.Name, "")
	return a.DB.Plans.Put(ctx, &internship.Plan{Root: internship.Root{ID: plan.ID}}, func(x *internship.Plan) error {
		if !x.Keep(plan, do) {
			return store.Unchanged
		}
		return nil
	})
}

// PutStudent keeps one of the school's students under its own number. Errors:
// ErrInvalid, ErrStudentTaken when another student has the ID number.
func (a *Acts) PutStudent(ctx context.Context, p Partner, number string, in internship.StudentInput) (*internship.Student, error) {
	student, err := in.Parse(number, a.Now())
	if err != nil {
		return nil, err
	}
	school, err := a.school(ctx, p.SchoolID)
	if err != nil {
		return nil, err
	}
	student.ID, student.SchoolID = store.StudentID(school.ID, student.Number), school.ID
	do := a.partnerDo(p, school.ID, school.Name, "")
	saved, err := a.DB.Students.Put(ctx, &internship.Student{Root: internship.Root{ID: student.ID}}, func(x *internship.Student) error {
		if !x.Keep(student, do) {
			return store.Unchanged
		}
		return nil
	})
	return saved, firstHeld(err)
}

// Plans lists the school's plans by number, after a number.
func (a *Acts) Plans(ctx context.Context, p Partner, after string, limit int) ([]*internship.Plan, error) {
	return a.DB.SchoolPlans(ctx, p.SchoolID, after, limit)
}

// Students lists the school's students by number, after a number.
func (a *Acts) Students(ctx context.Context, p Partner, after string, limit int) ([]*internship.Student, error) {
	return a.DB.SchoolStudents(ctx, p.SchoolID, after, limit)
}

// Enterprises lists those that the school recommends, newest first.
func (a *Acts) Enterprises(ctx context.Context, p Partner, after string, limit int) (store.EnterprisePage, error) {
	return a.DB.RecommendedEnterprises(ctx, p.SchoolID, after, limit)
}

// Offers lists the positions a school's students may choose.
func (a *Acts) Offers(ctx context.Context, schoolID string, f store.OfferFilter) (store.PositionPage, error) {
	return a.DB.OfferedPositions(ctx, schoolID, f)
}

// Offer reads one such position. Errors: ErrNotFound where it is not offered.
func (a *Acts) Offer(ctx context.Context, schoolID, id string) (*internship.Position, error) {
	p, err := a.DB.Positions.Get(ctx, id)
	if err == nil && (!p.OfferedTo(schoolID) || p.State != internship.Recruiting) {
		err = internship.ErrNotFound
	}
	return p, err
}

// SchoolPlacements lists the rows of the school's students, newest first.
func (a *Acts) SchoolPlacements(ctx context.Context, p Partner, after string, limit int) (store.PlacementPage, error) {
	return a.DB.SchoolPlacements(ctx, p.SchoolID, after, limit)
}

// SchoolPlacement reads one row of the school's students. Errors: ErrNotFound
// for another school's.
func (a *Acts) SchoolPlacement(ctx context.Context, p Partner, id string) (*internship.Placement, error) {
	x, err := a.DB.Placements.Get(ctx, id)
	if err == nil && x.SchoolID != p.SchoolID {
		err = internship.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return x, nil
}

// Approve records the school's consent to a signed placement. Errors:
// ErrNotFound for another school's, ErrWrongState.
func (a *Acts) Approve(ctx context.Context, p Partner, id string) (*internship.Placement, error) {
	return a.schoolMove(ctx, p, id, "", (*internship.Placement).Approve)
}

// Object ends a signed placement on the school's word, with a reason. Errors:
// ErrNotFound, ErrWrongState, ErrInvalid without a reason.
func (a *Acts) Object(ctx context.Context, p Partner, id, reason string) (*internship.Placement, error) {
	return a.schoolMove(ctx, p, id, reason, (*internship.Placement).Object)
}

// CancelBySchool takes a signed placement back before grouping.
func (a *Acts) CancelBySchool(ctx context.Context, p Partner, id, reason string) (*internship.Placement, error) {
	return a.schoolMove(ctx, p, id, reason, (*internship.Placement).Cancel)
}

func (a *Acts) schoolMove(ctx context.Context, p Partner, id, reason string, move func(*internship.Placement, internship.Do) error) (*internship.Placement, error) {
	reason = internship.Clean(reason)
	if err := internship.CheckRefusal(reason); err != nil {
		return nil, err
	}
	school, err := a.school(ctx, p.SchoolID)
	if err != nil {
		return nil, err
	}
	return a.DB.Placements.Update(ctx, id, func(x *internship.Placement) error {
		if x.SchoolID != school.ID {
			return internship.ErrNotFound
		}
		return move(x, a.partnerDo(p, school.ID, school.Name, reason))
	})
}

// Audience is the school whose events the partner may see; empty: all.
func (p Partner) Audience() string {
	if p.Kind == internship.BySchool {
		return p.SchoolID
	}
	return ""
}

// Events reads the numbered events a partner may see, after a cursor: a school
// those that concern it, the others all.
func (a *Acts) Events(ctx context.Context, p Partner, after int64, limit int) ([]store.EventRow, error) {
	rows, err := a.DB.Events(ctx, p.Audience(), after, limit)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return rows, nil
}

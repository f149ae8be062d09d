package acts

import (
	"context"
	"errors"
	"slices"

	"shixi/internship"
	"shixi/store"
)

// Application is what a student asks for through the students' app.
type Application struct {
	StudentID  string
	PlanID     string
	PositionID string
	// Edition is the one of the position that the student saw and agrees to.
	Edition int
}

// Apply signs a student up for a position (报名). Errors: ErrNotFound, which
// names the field where the plan or the position is meant,
// ErrNotEligible, ErrEnrolmentClosed, ErrNotRecruiting, ErrNotOffered,
// ErrAlreadySigned, ErrAlreadyChosen, ErrTooManyOpen, ErrFrozen,
// ErrIndustryBarred, ErrPositionFull (G-14), ErrTermsChanged when the student
// saw another edition. A request made again gets what its first run made, also
// where nobody could apply any more.
func (a *Acts) Apply(ctx context.Context, p Partner, in Application) (*internship.Placement, error) {
	id := store.NewID(ctx, "plc")
	made, err := a.apply(ctx, p, id, in)
	if err == nil {
		return made, nil
	}
	before, lost := a.DB.Placements.Get(ctx, id)
	if lost != nil || before.StudentID != in.StudentID {
		return nil, err
	}
	return before, nil
}

func (a *Acts) apply(ctx context.Context, p Partner, id string, in Application) (*internship.Placement, error) {
	student, err := a.student(ctx, in.StudentID)
	if err != nil {
		return nil, err
	}
	plan, err := a.DB.Plans.Get(ctx, in.PlanID)
	if err != nil {
		return nil, unknown(err, "planId", "没有找到该实习计划，请检查计划编号")
	}
	position, err := a.DB.Positions.Get(ctx, in.PositionID)
	if err != nil {
		return nil, unknown(err, "positionId", "没有找到该岗位，请检查岗位编号")
	}
	school, err := a.DB.Schools.Get(ctx, student.SchoolID)
	if err != nil {
		return nil, err
	}
	if err := a.recruits(ctx, position); err != nil {
		return nil, err
	}
	if err := position.ShownAs(in.Edition); err != nil {
		return nil, err
	}
	do := a.partnerDo(p, student.ID, student.Name, "")
	placement, err := internship.Apply(student, plan, school, position, 0, do)
	if err != nil {
		return nil, err
	}
	placement.ID = id
	if signed, err := a.DB.SignedIn(ctx, student.ID, plan.ID); err != nil {
		return nil, err
	} else if signed != nil {
		return nil, internship.ErrAlreadySigned
	}
	if err := a.hasPlace(ctx, position); err != nil {
		return nil, err
	}
	return a.applyInSlot(ctx, placement, do)
}

// unknown names the field whose document was not found.
func unknown(err error, field, message string) error {
	if !errors.Is(err, internship.ErrNotFound) {
		return err
	}
	return internship.ErrNotFound.Because(err).At(internship.FieldError{Field: field, Code: "unknown", Message: message})
}

// student reads the student for whom the students' app acts. Errors: ErrNotFound
// with what is meant, for schools have a number of their own for each.
func (a *Acts) student(ctx context.Context, id string) (*internship.Student, error) {
	s, err := a.DB.Students.Get(ctx, id)
	return s, unknown(err, "studentId", "没有找到该学生，请使用学校登记学生时得到的学生编号（stu_ 开头），不是学号")
}

// hasPlace says whether any of the position's places is free now.
func (a *Acts) hasPlace(ctx context.Context, position *internship.Position) error {
	taken, err := a.DB.TakenPlaces(ctx, position.ID)
	if err == nil && len(taken) >= position.Terms.Headcount {
		err = internship.ErrPositionFull.With("该岗位的实习人数已满，请选择其他岗位，或等有名额空出后再报名")
	}
	return err
}

// recruits says why the position's enterprise takes nobody now.
func (a *Acts) recruits(ctx context.Context, position *internship.Position) error {
	e, err := a.DB.Enterprises.Get(ctx, position.EnterpriseID)
	if err != nil {
		return err
	}
	return e.MayAct()
}

// applyInSlot takes one of the student's free slots, and another one when a
// parallel application took it meanwhile.
func (a *Acts) applyInSlot(ctx context.Context, draft *internship.Placement, do internship.Do) (*internship.Placement, error) {
	for range 4 * internship.MaxOpen {
		taken, err := a.DB.OpenSlots(ctx, draft.StudentID, draft.PlanID)
		if err != nil {
			return nil, err
		}
		p := *draft
		p.Slot = freeSlot(taken)
		full := p.Slot == 0
		if full {
			p.Slot = 1 // taken: the clash tells whether this position is chosen already
		}
		if err := p.Begin(do); err != nil {
			return nil, err
		}
		saved, err := a.DB.Placements.Create(ctx, &p)
		switch {
		case store.Held(err, "chosen"):
			return nil, internship.ErrAlreadyChosen
		case store.Held(err, "open") && full:
			return nil, internship.ErrTooManyOpen
		case !store.Held(err, "open"):
			return saved, err
		}
	}
	return nil, internship.ErrBusy
}

// freeSlot picks one of the slots that are not taken; 0 when all are.
func freeSlot(taken []int) int {
	var free []int
	for n := 1; n <= internship.MaxOpen; n++ {
		if !slices.Contains(taken, n) {
			free = append(free, n)
		}
	}
	if len(free) == 0 {
		return 0
	}
	return free[pick(len(free))]
}

// Withdraw takes the student's application back, or the signed placement
// before it is grouped. Errors: ErrNotFound for another student's,
// ErrWrongState.
func (a *Acts) Withdraw(ctx context.Context, p Partner, studentID, id string) (*internship.Placement, error) {
	return a.studentMove(ctx, p, studentID, id, func(x *internship.Placement, do internship.Do) error {
		if x.IsSigned() {
			return x.Cancel(do)
		}
		return x.Withdraw(do)
	})
}

// Reconfirm accepts a position's new terms (G-16) as the student saw them in
// an edition. Errors as Withdraw, ErrNotRecruiting, ErrTermsChanged.
func (a *Acts) Reconfirm(ctx context.Context, p Partner, studentID, id string, edition int) (*internship.Placement, error) {
	placement, err := a.DB.Placements.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	position, err := a.DB.Positions.Get(ctx, placement.PositionID)
	if err != nil {
		return nil, err
	}
	return a.studentMove(ctx, p, studentID, id, func(x *internship.Placement, do internship.Do) error {
		return x.Reconfirm(position, edition, do)
	})
}

func (a *Acts) studentMove(ctx context.Context, p Partner, studentID, id string, move func(*internship.Placement, internship.Do) error) (*internship.Placement, error) {
	return a.DB.Placements.Update(ctx, id, func(x *internship.Placement) error {
		if x.StudentID != studentID {
			return internship.ErrNotFound
		}
		return move(x, a.partnerDo(p, x.StudentID, x.Student.Name, ""))
	})
}

// StudentOffers lists the positions that a student may choose. Errors:
// ErrNotFound for an unknown student.
func (a *Acts) StudentOffers(ctx context.Context, studentID string, f store.OfferFilter) (store.PositionPage, error) {
	student, err := a.student(ctx, studentID)
	if err != nil {
		return store.PositionPage{}, err
	}
	return a.Offers(ctx, student.SchoolID, f)
}

// StudentOffer reads one such position. Errors: ErrNotFound where it is not
// offered to the student's school.
func (a *Acts) StudentOffer(ctx context.Context, studentID, id string) (*internship.Position, error) {
	student, err := a.student(ctx, studentID)
	if err != nil {
		return nil, err
	}
	return a.Offer(ctx, student.SchoolID, id)
}

// StudentPlans lists the plans that mean the student, by number. Errors:
// ErrNotFound for an unknown student.
func (a *Acts) StudentPlans(ctx context.Context, studentID string) ([]*internship.Plan, error) {
	student, err := a.student(ctx, studentID)
	if err != nil {
		return nil, err
	}
	var mine []*internship.Plan
	for after, more := "", true; more; {
		page, err := a.DB.SchoolPlans(ctx, student.SchoolID, after, store.MaxLimit)
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			if after = p.Number; p.Means(student) {
				mine = append(mine, p)
			}
		}
		more = len(page) == store.MaxLimit
	}
	return mine, nil
}

// StudentPlacement reads one of the student's own rows. Errors: ErrNotFound for
// another student's.
func (a *Acts) StudentPlacement(ctx context.Context, studentID, id string) (*internship.Placement, error) {
	x, err := a.DB.Placements.Get(ctx, id)
	if err == nil && x.StudentID != studentID {
		err = internship.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return x, nil
}

// StudentPlacements lists the student's own rows, newest first.
func (a *Acts) StudentPlacements(ctx context.Context, studentID, after string, limit int) (store.PlacementPage, error) {
	return a.DB.StudentPlacements(ctx, studentID, after, limit)
}

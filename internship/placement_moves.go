package internship

import "slices"

// Apply begins a placement: the student chooses a position in a plan, taking
// one of the five slots. Errors: ErrEnrolmentClosed, ErrNotRecruiting,
// ErrNotOffered, ErrNotEligible.
func Apply(student *Student, plan *Plan, school *School, position *Position, slot int, do Do) (*Placement, error) {
	if err := mayApply(student, plan, position, do); err != nil {
		return nil, err
	}
	p := &Placement{
		EnterpriseID: position.EnterpriseID, EnterpriseName: position.EnterpriseName,
		SchoolID: plan.SchoolID, SchoolName: school.Name,
		PlanID: plan.ID, PlanName: plan.Name, PlanFirstDay: plan.FirstDay, PlanLastDay: plan.LastDay,
		PositionID: position.ID, StudentID: student.ID,
		Student: Applicant{Name: student.Name, Sex: student.Sex(), Birth: student.Birth(),
			Education: student.Education, Grade: student.Grade, Major: student.Major, Class: student.Class},
		Terms: position.Terms, Edition: position.Edition,
		Slot: slot, AppliedAt: do.At,
	}
	return p, nil
}

// Begin makes the first transition of a placement that Apply prepared, once
// its id is known.
func (p *Placement) Begin(do Do) error { return p.fire("apply", do) }

func mayApply(student *Student, plan *Plan, position *Position, do Do) error {
	if !plan.Means(student) {
		return ErrNotEligible.With("该实习计划不面向该学生的年级、专业或班级")
	}
	if !plan.Enrolling(do.At) {
		return ErrEnrolmentClosed.With("当前不在该实习计划的报名时间内（" + string(plan.EnrolFrom) + " 至 " + string(plan.EnrolTo) + "）")
	}
	if !position.OfferedTo(plan.SchoolID) {
		return ErrNotOffered
	}
	if err := position.MayApply(do.At); err != nil {
		return err
	}
	if err := Eligible(student.Birth(), student.Grade, plan, do.At); err != nil {
		return err
	}
	return position.Terms.Suits(student.Birth(), student.Sex(), max(DateOf(do.At), plan.FirstDay))
}

// Withdraw takes an open application back.
func (p *Placement) Withdraw(do Do) error { return p.fire("withdraw", do) }

// Cancel takes a signed placement back before the school has grouped it.
func (p *Placement) Cancel(do Do) error {
	if err := p.fire("cancel", do); err != nil {
		return err
	}
	p.end(do.Note)
	return nil
}

// Accept signs the student at one of the position's places (R-10, G-21).
// Errors: ErrSignedElsewhere when another enterprise was first, ErrReconfirm
// while new terms wait for the student, ErrNotEligible.
func (p *Placement) Accept(place int, do Do) error {
	switch {
	case p.State == Lapsed && p.Reason == SignedByAnother:
		return ErrSignedElsewhere
	case p.State == AwaitingStudent:
		return ErrReconfirm
	}
	plan := &Plan{FirstDay: p.PlanFirstDay, LastDay: p.PlanLastDay}
	if err := Eligible(p.Student.Birth, p.Student.Grade, plan, do.At); err != nil {
		return err
	}
	if err := p.fire("accept", do); err != nil {
		return err
	}
	p.Place, p.SignedAt = place, do.At
	return nil
}

// Refuse declines an application; the reason is optional (G-26).
func (p *Placement) Refuse(do Do) error {
	if p.State == Lapsed && p.Reason == SignedByAnother {
		return ErrSignedElsewhere
	}
	if err := p.fire("refuse", do); err != nil {
		return err
	}
	p.Reason = do.Note
	return nil
}

// Lapse ends an open application for a reason that neither side chose.
func (p *Placement) Lapse(reason string, do Do) error {
	do.Note = reason
	if err := p.fire("lapse", do); err != nil {
		return err
	}
	p.Reason = reason
	return nil
}

// Approve records that the school is content with the enterprise's answer.
func (p *Placement) Approve(do Do) error {
	if err := p.fire("approve", do); err != nil {
		return err
	}
	p.ApprovedAt = do.At
	return nil
}

// Object ends a signed placement on the school's word and frees its place.
func (p *Placement) Object(do Do) error {
	if do.Note == "" {
		return ErrInvalid.At(FieldError{"reason", "required", "请填写不予通过的原因"})
	}
	if err := p.fire("object", do); err != nil {
		return err
	}
	p.end(do.Note)
	return nil
}

// AskAgain puts an application back to the student after a material change
// of the position (G-16).
func (p *Placement) AskAgain(do Do) error { return p.fire("ask_again", do) }

// Reconfirm takes the new terms over, which must be those that the student
// saw. It is no new application: the end of the enrolment doesn't matter
// (G-19). Errors: ErrNotRecruiting, ErrTermsChanged, ErrWrongState.
func (p *Placement) Reconfirm(position *Position, seen int, do Do) error {
	if position.State != Recruiting {
		return ErrNotRecruiting
	}
	if err := position.ShownAs(seen); err != nil {
		return err
	}
	if err := p.fire("reconfirm", do); err != nil {
		return err
	}
	p.Terms, p.Edition = position.Terms, position.Edition
	return nil
}

// end leaves the signed states: the place is free for others.
func (p *Placement) end(reason string) {
	p.Place, p.Reason = 0, reason
}

// FreePlace picks a place number for a new signature, given the numbers taken:
// any free n ≤ L, where L is the greatest number with L + taken(n > L) ≤
// headcount, so that no more than headcount places are ever taken even where
// numbers above the headcount are in use (design.md §3). pick chooses among
// the free ones and is given their count. ok is false when none is free.
func FreePlace(taken []int, headcount int, pick func(n int) int) (place int, ok bool) {
	limit := headcount
	sorted := slices.Sorted(slices.Values(taken))
	for limit > 0 && limit+above(sorted, limit) > headcount {
		limit--
	}
	var free []int
	for n := 1; n <= limit; n++ {
		if _, found := slices.BinarySearch(sorted, n); !found {
			free = append(free, n)
		}
	}
	if len(free) == 0 {
		return 0, false
	}
	return free[pick(len(free))], true
}

// above counts the numbers greater than limit in a sorted list.
func above(sorted []int, limit int) int {
	i, _ := slices.BinarySearch(sorted, limit+1)
	return len(sorted) - i
}

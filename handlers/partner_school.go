package handlers

import (
	"context"

	"shixi/internship"
)

// ByNumber names one of a school's documents by the school's own number. What
// may be a number is the form's matter.
type ByNumber struct {
	Number string `path:"number" doc:"学校自己的编号：字母、数字、下划线或连字符" example:"2026-1"`
}

// numberPage is a place in a list by number.
type numberPage struct {
	After string `query:"after" maxLength:"64" pattern:"^[A-Za-z0-9_-]*$" doc:"上一页回答中的 next；不填为第一页"`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"每页条数"`
}

// next is the cursor after a full page; the one after the last is empty.
func (p numberPage) next(found int, last func() string) string {
	if found < p.Limit {
		return ""
	}
	return last()
}

type (
	schoolForm struct {
		Body Form[internship.SchoolInput]
	}
	planForm struct {
		ByNumber
		Body Form[internship.PlanInput]
	}
	studentForm struct {
		ByNumber
		Body Form[internship.StudentInput]
	}
	entryForm struct {
		Body Form[internship.EntryInput]
	}
	renewalForm struct {
		ByID
		Body *Form[internship.RenewalInput] // nothing to correct: no body
	}
	schoolAnswer          struct{ Body School }
	planAnswer            struct{ Body SchoolPlan }
	planPageAnswer        struct{ Body SchoolPlanPage }
	studentAnswer         struct{ Body Student }
	studentPageAnswer     struct{ Body StudentPage }
	entryAnswer           struct{ Body Entry }
	enterprisePageAnswer  struct{ Body EnterprisePage }
	partnerPlacement      struct{ Body PartnerPlacement }
	partnerPlacementsPage struct{ Body PartnerPlacementPage }
)

func (a *App) putSchool(ctx context.Context, in *schoolForm) (*schoolAnswer, error) {
	code := partnerKeyOf(ctx).schoolCode
	form, err := in.Body.read(func(s internship.SchoolInput) error { _, err := s.Parse(code); return err })
	if err != nil {
		return nil, err
	}
	s, err := a.acts.PutSchool(ctx, partnerOf(ctx), code, form)
	if err != nil {
		return nil, err
	}
	return &schoolAnswer{School{ID: s.ID, Code: s.Code, Name: s.Name}}, nil
}

func (a *App) putPlan(ctx context.Context, in *planForm) (*planAnswer, error) {
	form, err := in.Body.read(func(p internship.PlanInput) error { _, err := p.Parse(in.Number); return err })
	if err != nil {
		return nil, err
	}
	p, err := a.acts.PutPlan(ctx, partnerOf(ctx), in.Number, form)
	if err != nil {
		return nil, err
	}
	return &planAnswer{renderPlan(p, a.acts.Now())}, nil
}

func (a *App) listPlans(ctx context.Context, in *numberPage) (*planPageAnswer, error) {
	found, err := a.acts.Plans(ctx, partnerOf(ctx), in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := renderPlans(found, a.acts.Now())
	out.Next = in.next(len(found), func() string { return found[len(found)-1].Number })
	return &planPageAnswer{out}, nil
}

func (a *App) putStudent(ctx context.Context, in *studentForm) (*studentAnswer, error) {
	form, err := in.Body.read(func(s internship.StudentInput) error { _, err := s.Parse(in.Number, a.acts.Now()); return err })
	if err != nil {
		return nil, err
	}
	s, err := a.acts.PutStudent(ctx, partnerOf(ctx), in.Number, form)
	if err != nil {
		return nil, err
	}
	return &studentAnswer{renderStudent(s)}, nil
}

func (a *App) listStudents(ctx context.Context, in *numberPage) (*studentPageAnswer, error) {
	found, err := a.acts.Students(ctx, partnerOf(ctx), in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := StudentPage{Items: make([]Student, len(found))}
	for i, s := range found {
		out.Items[i] = renderStudent(s)
	}
	out.Next = in.next(len(found), func() string { return found[len(found)-1].Number })
	return &studentPageAnswer{out}, nil
}

func (a *App) enterEnterprise(ctx context.Context, in *entryForm) (*entryAnswer, error) {
	form, err := in.Body.read(func(e internship.EntryInput) error { _, err := e.Parse(); return err })
	if err != nil {
		return nil, err
	}
	e, err := a.acts.EnterEnterprise(ctx, partnerOf(ctx), form)
	if err != nil {
		return nil, err
	}
	return &entryAnswer{renderEntry(e)}, nil
}

func (a *App) renewCode(ctx context.Context, in *renewalForm) (*entryAnswer, error) {
	var form internship.RenewalInput
	if in.Body != nil {
		var err error
		if form, err = in.Body.read(func(r internship.RenewalInput) error { _, err := r.Parse(); return err }); err != nil {
			return nil, err
		}
	}
	e, err := a.acts.RenewCode(ctx, partnerOf(ctx), in.ID, form)
	if err != nil {
		return nil, err
	}
	return &entryAnswer{renderEntry(e)}, nil
}

func (a *App) listEnterprises(ctx context.Context, in *Paging) (*enterprisePageAnswer, error) {
	found, err := a.acts.Enterprises(ctx, partnerOf(ctx), in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := EnterprisePage{Items: make([]Enterprise, len(found.Items)), Next: found.Next}
	for i, e := range found.Items {
		out.Items[i] = renderEnterprise(e)
	}
	return &enterprisePageAnswer{out}, nil
}

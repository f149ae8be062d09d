package handlers

import (
	"context"
	"math"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
)

// Application is the choice of a position in a plan by a student (报名).
type Application struct {
	PlanID     string `json:"planId" doc:"实习计划编号" example:"pln_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	PositionID string `json:"positionId" doc:"岗位编号" example:"pos_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Edition    int    `json:"edition" minimum:"1" doc:"学生看到的岗位版本，即查看岗位时的 edition" example:"2"`
}

// Reconfirmation is the agreement to a position's new terms.
type Reconfirmation struct {
	Edition int `json:"edition" minimum:"1" doc:"学生看到的岗位版本，即查看岗位时的 edition" example:"3"`
}

// OfStudent names the student for whom the students' app acts.
type OfStudent struct {
	StudentID string `path:"studentId" maxLength:"64" doc:"学生编号，即学校提交学生后得到的 id" example:"stu_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
}

// ofStudentRow names one of the student's rows, or a position.
type ofStudentRow struct {
	OfStudent
	ByID
}

// OfferFilter narrows what may be chosen.
type OfferFilter struct {
	Text      string `query:"text" doc:"岗位名称或企业名称中的文字" example:"前端"`
	Major     string `query:"major" doc:"对口专业中的文字" example:"电子技术应用"`
	Education string `query:"education" doc:"学历要求；「不限」的岗位总在其中" example:"中专"`
	Salary    string `query:"salary" doc:"薪资待遇" example:"2K-3K"`
	Paging
}

type (
	studentOffers struct {
		OfStudent
		OfferFilter
	}
	studentRows struct {
		OfStudent
		Paging
	}
	applicationForm struct {
		OfStudent
		Body Form[Application]
	}
	reconfirmationForm struct {
		OfStudent
		ByID
		Body Form[Reconfirmation]
	}
	nominationForm struct {
		OfStudent
		Body Form[internship.NominationInput]
	}
	nominationAnswer struct{ Body NominationResult }
	offerAnswer      struct{ Body Offer }
	offerPageAnswer  struct{ Body OfferPage }
)

// filter checks what was asked for. A salary band may be written as the
// position's form takes it.
func (f OfferFilter) filter() (store.OfferFilter, error) {
	values := map[string]string{"text": internship.Clean(f.Text), "major": internship.Clean(f.Major),
		"education": internship.Clean(f.Education), "salary": internship.Clean(f.Salary)}
	var wrong []internship.FieldError
	if band, ok := internship.SalaryOf(values["salary"]); ok {
		values["salary"] = band.Band
	} else if values["salary"] != "" {
		wrong = append(wrong, internship.FieldError{Field: "salary", Code: "choice", Message: "请选择薪资待遇：1K-2K、2K-3K、3K以上"})
	}
	err := checkFilters(values, wrong, textFilter("text", "查找文字"), textFilter("major", "专业"), textFilter("education", "学历"))
	return store.OfferFilter{Text: values["text"], Major: values["major"], Education: values["education"], Salary: values["salary"],
		After: f.After, Limit: f.Limit}, err
}

func (a *App) listStudentPlans(ctx context.Context, in *OfStudent) (*planPageAnswer, error) {
	found, err := a.acts.StudentPlans(ctx, in.StudentID)
	if err != nil {
		return nil, err
	}
	return &planPageAnswer{renderPlans(found, a.acts.Now())}, nil
}

func (a *App) listOffers(ctx context.Context, in *studentOffers) (*offerPageAnswer, error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	return a.offers(a.acts.StudentOffers(ctx, in.StudentID, filter))
}

func (a *App) listSchoolOffers(ctx context.Context, in *OfferFilter) (*offerPageAnswer, error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	return a.offers(a.acts.Offers(ctx, partnerOf(ctx).SchoolID, filter))
}

// offers renders a page of what may be chosen.
func (a *App) offers(found store.PositionPage, err error) (*offerPageAnswer, error) {
	if err != nil {
		return nil, err
	}
	out := OfferPage{Items: make([]OfferSummary, len(found.Items)), Next: found.Next}
	for i, p := range found.Items {
		out.Items[i] = summarizeOffer(p, a.acts.Now())
	}
	return &offerPageAnswer{out}, nil
}

func (a *App) readOffer(ctx context.Context, in *ofStudentRow) (*offerAnswer, error) {
	return a.offer(a.acts.StudentOffer(ctx, in.StudentID, in.ID))
}

func (a *App) readSchoolOffer(ctx context.Context, in *ByID) (*offerAnswer, error) {
	return a.offer(a.acts.Offer(ctx, partnerOf(ctx).SchoolID, in.ID))
}

func (a *App) offer(p *internship.Position, err error) (*offerAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &offerAnswer{renderOffer(p, a.acts.Now())}, nil
}

// checkApplication looks at the form only; who may apply is the act's matter.
func checkApplication(in Application) error {
	plan, position := idFilter("planId", "实习计划"), idFilter("positionId", "岗位")
	plan.Required, position.Required = true, true
	form := internship.Form{Fields: []internship.Field{plan, position, editionField()}}
	return invalid(form.Check(map[string]string{"planId": in.PlanID, "positionId": in.PositionID, "edition": internship.Number(in.Edition)}))
}

func editionField() internship.Field {
	return internship.Field{Name: "edition", Label: "岗位版本", Required: true, Least: 1, Greatest: math.MaxInt32}
}

func checkReconfirmation(in Reconfirmation) error {
	form := internship.Form{Fields: []internship.Field{editionField()}}
	return invalid(form.Check(map[string]string{"edition": internship.Number(in.Edition)}))
}

func (a *App) apply(ctx context.Context, in *applicationForm) (*partnerPlacement, error) {
	form, err := in.Body.read(checkApplication)
	if err != nil {
		return nil, err
	}
	return a.partnerPlacement(a.acts.Apply(ctx, partnerOf(ctx), acts.Application{
		StudentID: in.StudentID, PlanID: form.PlanID, PositionID: form.PositionID, Edition: form.Edition}))
}

func (a *App) listApplications(ctx context.Context, in *studentRows) (*partnerPlacementsPage, error) {
	found, err := a.acts.StudentPlacements(ctx, in.StudentID, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	return &partnerPlacementsPage{renderPartnerPlacements(found, a.acts.Now())}, nil
}

func (a *App) readApplication(ctx context.Context, in *ofStudentRow) (*partnerPlacement, error) {
	return a.partnerPlacement(a.acts.StudentPlacement(ctx, in.StudentID, in.ID))
}

func (a *App) withdraw(ctx context.Context, in *ofStudentRow) (*partnerPlacement, error) {
	return a.partnerPlacement(a.acts.Withdraw(ctx, partnerOf(ctx), in.StudentID, in.ID))
}

func (a *App) reconfirm(ctx context.Context, in *reconfirmationForm) (*partnerPlacement, error) {
	form, err := in.Body.read(checkReconfirmation)
	if err != nil {
		return nil, err
	}
	return a.partnerPlacement(a.acts.Reconfirm(ctx, partnerOf(ctx), in.StudentID, in.ID, form.Edition))
}

func (a *App) nominate(ctx context.Context, in *nominationForm) (*nominationAnswer, error) {
	form, err := in.Body.read(func(n internship.NominationInput) error { _, err := n.Parse(); return err })
	if err != nil {
		return nil, err
	}
	n, err := a.acts.Nominate(ctx, partnerOf(ctx), in.StudentID, form)
	if err != nil {
		return nil, err
	}
	return &nominationAnswer{renderNomination(n)}, nil
}

package internship

import (
	"errors"
	"slices"
	"time"
)

// positionMachine is domain.md §2.2.
var positionMachine = Machine{
	Name: "position", Label: "岗位",
	States: []State{
		{Unpublished, "未发布", false},
		{Recruiting, "发布中", false},
		{Running, "实习中", false},
		{Closed, "已关闭", false},
		{Deleted, "已删除", true},
	},
	Transitions: []Transition{
		{Name: "create", Label: "新增", To: Unpublished, By: []ActorKind{ByEnterprise}},
		{Name: "edit", Label: "编辑", From: []string{Unpublished, Closed, Recruiting}, To: Unpublished, By: []ActorKind{ByEnterprise},
			Emits: PositionEdited, Needs: "headcount not below the signed number"},
		{Name: "publish", Label: "发布", From: []string{Unpublished, Closed}, To: Recruiting, By: []ActorKind{ByEnterprise},
			Emits: PositionPublished, Needs: "the edition that was seen; enterprise 正常, complete and of no barred industry; sheet complete; whole current declaration; nights and overtime filed; pay ≥ 80 % of the same post; enrolment not over; no more staff in the post than at all; with INTERN_SHARE=block shares of staff ≤ 10 % and 20 %"},
		{Name: "end_recruiting", Label: "结束招收", From: []string{Recruiting}, To: Running, By: []ActorKind{ByEnterprise, BySystem},
			Emits: PositionEnded, Needs: "at least one signed intern; by the system when enrolment is over and every place taken"},
		{Name: "close", Label: "关闭", From: []string{Recruiting, Running}, To: Closed, By: []ActorKind{ByEnterprise}, Emits: PositionClosed},
		{Name: "force_close", Label: "强制关闭", From: []string{Unpublished, Recruiting, Running}, To: Closed, By: []ActorKind{BySystem}, Emits: PositionClosed,
			Needs: "enterprise blacklisted"},
		{Name: "last_intern_ended", Label: "末位实习生结束", From: []string{Running}, To: Closed, By: []ActorKind{BySystem}},
		{Name: "correct_headcount", Label: "更正实习人数", From: []string{Unpublished, Recruiting, Running, Closed}, By: []ActorKind{BySystem},
			Needs: "more signed than places, because a sign-up was accepted while the headcount was being lowered"},
		{Name: "delete", Label: "删除", From: []string{Unpublished, Closed}, To: Deleted, By: []ActorKind{ByEnterprise},
			Needs: "never applied for (G-15)"},
	},
}

func (p *Position) fire(name string, do Do) error {
	data := map[string]string{"position": p.Terms.Name, "department": p.Terms.Department}
	if do.Note != "" {
		data["reason"] = do.Note
	}
	refs := Refs{EnterpriseID: p.EnterpriseID, PositionID: p.ID}
	if err := p.Root.fire(positionMachine, &p.State, name, do, refs, data, slices.Concat(p.OpenTo, p.HiddenFrom)...); err != nil {
		return err
	}
	if p.State != Recruiting {
		p.LookOn = ""
	}
	return nil
}

// Create begins an unpublished position from a checked form.
func (p *Position) Create(do Do) error {
	p.Edition, p.CreatedAt = 1, do.At
	return p.fire("create", do)
}

// Edit saves a new edition and takes the position off the market. The
// signed number is what the headcount must not fall below.
func (p *Position) Edit(sheet Sheet, signed int, do Do) error {
	if sheet.Terms.Headcount < signed {
		return ErrHeadcountTooLow
	}
	if err := p.fire("edit", do); err != nil {
		return err
	}
	p.Sheet = sheet
	p.Edition++
	return nil
}

// Publication is what publishing rests on besides the position itself.
type Publication struct {
	Enterprise *Enterprise
	// Declared names the edition that was seen, 0 for none.
	Declared Declared
	// Interns are the enterprise's signed students of all schools, those of
	// this position among them; Taken are the latter.
	Interns, Taken int
	Policy         SharePolicy
}

// Seen refuses what a person does to a position that a colleague has changed
// since he or she looked: edition is the one that was seen, 0 where it was not
// said. Errors: ErrTermsChanged.
func (p *Position) Seen(edition int) error {
	if edition != 0 && edition != p.Edition {
		return ErrTermsChanged
	}
	return nil
}

// Publish makes the position choosable and says what the enterprise
// should know of it. Where the terms differ materially from those published
// before, the event says so and waiting applicants must agree again (G-16).
// Errors: those of Enterprise.MayPublish, ErrTermsChanged where another edition
// was seen, ErrIncomplete with every missing field, ErrNotExempted,
// ErrPayTooLow, ErrInvalid when enrolment is over or the post has more staff
// than the enterprise, ErrTooManyInterns and ErrTooManyInPost by policy,
// ErrWrongState.
func (p *Position) Publish(of Publication, do Do) ([]Warning, error) {
	e := of.Enterprise
	if err := e.MayPublish(); err != nil {
		if errors.Is(err, ErrProfileMissing) {
			err = ErrProfileMissing.At(append(e.Profile.Missing(), p.Missing()...)...)
		}
		return nil, err
	}
	if err := p.Seen(of.Declared.Edition); err != nil {
		return nil, err
	}
	if err := p.publishable(e, do.At); err != nil {
		return nil, err
	}
	warnings, err := p.shares(of)
	if err != nil {
		return nil, err
	}
	p.introduce(e)
	p.OpenTo, p.HiddenFrom = e.Audience(), nil
	if p.PublishedTerms != nil && p.Terms.Material(*p.PublishedTerms) {
		do.Note = MaterialChange
	}
	terms, declared := p.Terms, of.Declared
	declared.Edition, declared.By, declared.At = p.Edition, do.By, do.At
	p.Declarations = append(p.Declarations, declared)
	p.Published, p.PublishedTerms, p.PublishedAt = p.Edition, &terms, do.At
	for _, file := range []string{terms.Plan, p.Exemption.File} {
		if file != "" && !slices.Contains(p.Shown, file) {
			p.Shown = append(p.Shown, file)
		}
	}
	p.LookOn = DateOf(p.EnrolTo.End())
	return append(p.Warnings(do.At), warnings...), p.fire("publish", do)
}

// publishable says why the sheet may not be published by its enterprise.
func (p *Position) publishable(e *Enterprise, now time.Time) error {
	if missing := p.Missing(); len(missing) > 0 {
		return ErrIncomplete.At(missing...)
	}
	for _, err := range []error{p.exempted(), p.paid(), p.enrolls(now), p.staffed(e.Profile.Staff)} {
		if err != nil {
			return err
		}
	}
	return nil
}

// shares compares the interns with the staff: what is above the usual share is
// told, or refused, as the policy says.
func (p *Position) shares(of Publication) ([]Warning, error) {
	free := max(0, p.Terms.Headcount-of.Taken)
	var warnings []Warning
	for _, err := range []error{InternShare(of.Interns+free, of.Enterprise.Profile.Staff), p.postShare()} {
		e, over := errors.AsType[*Error](err)
		switch {
		case !over:
		case of.Policy == ShareBlock:
			return nil, err
		default:
			warnings = append(warnings, Warning{Code: e.Code, Field: e.Fields[0].Field, Message: e.Detail})
		}
	}
	return warnings, nil
}

// MaterialChange is the note of a publication whose terms differ materially
// from the published ones before.
const MaterialChange = "岗位条件有重大变更"

// CorrectHeadcount raises the headcount to the signed number where the two
// were changed at the same instant; it says whether that was so.
func (p *Position) CorrectHeadcount(signed int, do Do) (bool, error) {
	if p.State == Deleted || signed <= p.Terms.Headcount {
		return false, nil
	}
	do.Note = "已签约人数多于实习人数，按已签约人数更正"
	p.Terms.Headcount = signed
	return true, p.fire("correct_headcount", do)
}

// EndRecruiting leaves the position to those who are signed; whoever still
// waits for an answer lapses (domain.md §2.2). Errors: ErrNoInterns,
// ErrWrongState.
func (p *Position) EndRecruiting(signed int, do Do) error {
	if p.State == Recruiting && signed == 0 {
		return ErrNoInterns
	}
	return p.fire("end_recruiting", do)
}

// LookedOn notes that the system has found places left when enrolment was
// over: from now on only an acceptance can fill the position.
func (p *Position) LookedOn() { p.LookOn = "" }

// LastInternEnded closes a position without interns whose recruiting is over.
func (p *Position) LastInternEnded(do Do) error { return p.fire("last_intern_ended", do) }

// Close ends recruiting; signed placements go on (G-15).
func (p *Position) Close(do Do) error { return p.fire("close", do) }

// Delete removes a position that nobody ever applied for (G-15).
func (p *Position) Delete(do Do) error { return p.fire("delete", do) }

// Follow shows a recruiting position to the schools that its enterprise says,
// or hides it from all of them while the enterprise may take nobody (domain.md
// §2.2: freezing changes no state of positions). A reading of the enterprise
// that is older than the one it follows changes nothing. It says whether
// anything changed.
func (p *Position) Follow(e *Enterprise) bool {
	if p.State != Recruiting || e.Reach <= p.Reach {
		return false
	}
	p.introduce(e)
	if p.OpenTo, p.HiddenFrom = e.Audience(), nil; e.Hidden() {
		p.OpenTo, p.HiddenFrom = nil, p.OpenTo
	}
	return true
}

// introduce takes over what is shown of the enterprise, as of its reach.
func (p *Position) introduce(e *Enterprise) {
	p.EnterpriseName, p.Source, p.Recommenders, p.Reach = e.Name, e.Source, slices.Clone(e.Recommenders), e.Reach
}

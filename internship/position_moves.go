package internship

import "slices"

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
			Emits: PositionPublished, Needs: "enterprise 正常 with a complete profile"},
		{Name: "end_recruiting", Label: "结束招收", From: []string{Recruiting}, To: Running, By: []ActorKind{ByEnterprise, BySystem},
			Emits: PositionClosed, Needs: "at least one active intern"},
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
	return p.Root.fire(positionMachine, &p.State, name, do, refs, data, slices.Concat(p.OpenTo, p.HiddenFrom)...)
}

// Create begins an unpublished position from a checked form.
func (p *Position) Create(do Do) error {
	p.Edition, p.CreatedAt = 1, do.At
	return p.fire("create", do)
}

// Edit saves a new edition and takes the position off the market. The
// signed number is what the headcount must not fall below.
func (p *Position) Edit(terms Terms, enrolFrom, enrolTo Date, signed int, do Do) error {
	if terms.Headcount < signed {
		return ErrHeadcountTooLow
	}
	if err := p.fire("edit", do); err != nil {
		return err
	}
	p.Terms, p.EnrolFrom, p.EnrolTo = terms, enrolFrom, enrolTo
	p.Edition++
	return nil
}

// Publish makes the position choosable. Where the terms differ
// materially from those published before, the event says so and waiting
// applicants must agree again (G-16).
func (p *Position) Publish(e *Enterprise, do Do) error {
	if err := e.MayPublish(); err != nil {
		return err
	}
	if p.EnrolTo < DateOf(do.At) {
		return ErrInvalid.At(FieldError{"enrolTo", "range", "报名截止日期已过，请先修改报名日期"})
	}
	p.EnterpriseName, p.OpenTo, p.HiddenFrom, p.Reach = e.Name, e.Audience(), nil, e.Reach
	if p.PublishedTerms != nil && p.Terms.Material(*p.PublishedTerms) {
		do.Note = MaterialChange
	}
	terms := p.Terms
	p.Published, p.PublishedTerms, p.PublishedAt = p.Edition, &terms, do.At
	return p.fire("publish", do)
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

// Close ends recruiting; signed placements go on (G-15).
func (p *Position) Close(do Do) error { return p.fire("close", do) }

// Delete removes a position that nobody ever applied for (G-15).
func (p *Position) Delete(do Do) error { return p.fire("delete", do) }

// Follow shows a recruiting position to the schools that its enterprise says,
// or hides it from all of them while the enterprise is not 正常 (domain.md
// §2.2: freezing changes no state of positions). A reading of the enterprise
// that is older than the one it follows changes nothing. It says whether
// anything changed.
func (p *Position) Follow(e *Enterprise) bool {
	if p.State != Recruiting || e.Reach <= p.Reach {
		return false
	}
	p.EnterpriseName, p.Reach = e.Name, e.Reach
	if p.OpenTo, p.HiddenFrom = e.Audience(), nil; e.State != Active {
		p.OpenTo, p.HiddenFrom = nil, p.OpenTo
	}
	return true
}

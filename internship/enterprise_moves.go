package internship

import (
	"crypto/subtle"
	"strings"
)

// enterpriseMachine is domain.md §2.1.
var enterpriseMachine = Machine{
	Name: "enterprise", Label: "企业",
	States: []State{
		{Entered, "已录入·待激活", false},
		{UnderReview, "待审核", false},
		{Returned, "已退回", false},
		{Active, "正常", false},
		{Frozen, "冻结", false},
		{Blacklisted, "黑名单", false},
		{Cancelled, "注销", true},
	},
	Transitions: []Transition{
		{Name: "enter", Label: "录入", To: Entered, By: []ActorKind{BySchool}, Emits: EnterpriseEntered, Needs: "valid code, not known yet"},
		{Name: "recommend", Label: "推荐", From: []string{Entered, UnderReview, Returned, Active, Frozen}, By: []ActorKind{BySchool}, Emits: EnterpriseRecommended,
			Needs: "not yet recommended by that school"},
		{Name: "renew_code", Label: "重新发放激活码", From: []string{Entered}, By: []ActorKind{BySchool}, Needs: "a recommending school; may correct the contact"},
		{Name: "activate", Label: "激活", From: []string{Entered}, To: Active, By: []ActorKind{ByEnterprise}, Emits: EnterpriseActivated,
			Needs: "the school's code: right, unexpired"},
		{Name: "register", Label: "入驻登记", To: UnderReview, By: []ActorKind{ByEnterprise}, Emits: EnterpriseRegistered,
			Needs: "a verified mobile and the whole form; the code not known yet"},
		{Name: "nominate", Label: "学生推荐", To: UnderReview, By: []ActorKind{ByStudent}, Emits: EnterpriseNominated, Needs: "the code not known yet"},
		{Name: "claim", Label: "补全登记", From: []string{UnderReview}, By: []ActorKind{ByEnterprise}, Emits: EnterpriseRegistered,
			Needs: "nominated by a student, and nobody has registered it yet"},
		{Name: "pass", Label: "审核通过", From: []string{UnderReview}, To: Active, By: []ActorKind{ByPlatform}, Emits: EnterprisePassed,
			Needs: "registered, registry asked, the registrant's ID number where review needs it; the round that the reviewer saw"},
		{Name: "return", Label: "审核退回", From: []string{UnderReview}, To: Returned, By: []ActorKind{ByPlatform}, Emits: EnterpriseReturned,
			Needs: "registered; a reason; the round that the reviewer saw"},
		{Name: "resubmit", Label: "重新提交", From: []string{Returned}, To: UnderReview, By: []ActorKind{ByEnterprise}, Emits: EnterpriseResubmitted,
			Needs: "the registrant's ID number where review needs it"},
		{Name: "complete", Label: "完善企业信息", From: []string{Active, Frozen}, By: []ActorKind{ByEnterprise}, Needs: "name, code, legal person and certificate as they are, once they are filled in"},
		{Name: "change_industry", Label: "变更所属行业", From: []string{Active}, By: []ActorKind{ByEnterprise}, Emits: EnterpriseIndustry,
			Needs: "between one that may take interns and one that may not"},
		{Name: "request_change", Label: "申请变更", From: []string{Active}, By: []ActorKind{ByEnterprise}, Emits: EnterpriseChangeRequested,
			Needs: "no change waiting; something differs"},
		{Name: "withdraw_change", Label: "撤回变更", From: []string{Active, Frozen}, By: []ActorKind{ByEnterprise}, Emits: EnterpriseChangeWithdrawn, Needs: "a change waiting"},
		{Name: "pass_change", Label: "变更通过", From: []string{Active}, By: []ActorKind{ByPlatform}, Emits: EnterpriseChangePassed,
			Needs: "a change waiting, registry asked; the round that the reviewer saw"},
		{Name: "return_change", Label: "变更退回", From: []string{Active}, By: []ActorKind{ByPlatform}, Emits: EnterpriseChangeReturned,
			Needs: "a change waiting; a reason; the round that the reviewer saw"},
		{Name: "freeze", Label: "冻结", From: []string{Active}, To: Frozen, By: []ActorKind{ByPlatform}, Emits: EnterpriseFrozen, Needs: "a reason"},
		{Name: "lift", Label: "解除冻结", From: []string{Frozen}, To: Active, By: []ActorKind{ByPlatform}, Emits: EnterpriseLifted, Undoes: "freeze"},
		{Name: "note_registry", Label: "市场监管信息查询", From: []string{UnderReview, Active, Frozen}, By: []ActorKind{BySystem},
			Needs: "of the round that was asked about"},
		{Name: "invite_again", Label: "重新发送短信", From: []string{Entered, UnderReview}, By: []ActorKind{ByPlatform}, Needs: "entered and not activated, or nominated and not registered"},
		{Name: "reveal", Label: "查看身份证号", From: []string{Entered, UnderReview, Returned, Active, Frozen, Blacklisted}, By: []ActorKind{ByPlatform}, Needs: "a reason"},
	},
}

// fire makes a transition. A blacklisted enterprise is refused as such,
// whatever it or somebody else wants of it; the platform alone may act.
func (e *Enterprise) fire(name string, do Do) error {
	if e.State == Blacklisted && do.By.Kind != ByPlatform && do.By.Kind != BySystem {
		return ErrBlacklisted
	}
	refs, data := Refs{EnterpriseID: e.ID}, map[string]string{"enterprise": e.Name}
	if do.By.Kind == BySchool {
		refs.SchoolID = do.By.ID
	}
	if do.Note != "" {
		data["reason"] = do.Note
	}
	from := e.State
	if err := e.Root.fire(enterpriseMachine, &e.State, name, do, refs, data, e.hearers(name)...); err != nil {
		return err
	}
	if e.State != from {
		e.StateAt = do.At
	}
	return nil
}

// hearers are the schools that are told: of what touches their students'
// choice all who may choose, of the rest those that recommend it.
func (e *Enterprise) hearers(transition string) []string {
	switch transition {
	case "pass", "pass_change", "change_industry", "freeze", "lift":
		return e.Audience()
	}
	return e.recommenderIDs()
}

// Enter begins an enterprise on a school's word.
func (e *Enterprise) Enter(school *School, code Activation, do Do) error {
	e.Source, e.CreatedAt, e.Activation = FromSchool, do.At, &code
	e.Recommenders = []Recommender{{school.ID, school.Name, do.At}}
	return e.fire("enter", do)
}

// Recommend adds a school to those that recommend the enterprise (G-10).
func (e *Enterprise) Recommend(school *School, do Do) error {
	if e.State == Blacklisted {
		return ErrBlacklisted
	}
	if e.RecommendedBy(school.ID) {
		return ErrAlreadyEnterHere
	}
	e.Recommenders = append(e.Recommenders, Recommender{school.ID, school.Name, do.At})
	e.Reach++
	return e.fire("recommend", do)
}

// RenewCode replaces a lost or expired code, or one that went to a wrong
// contact, who is corrected by the same write.
func (e *Enterprise) RenewCode(school *School, contact RenewalInput, code Activation, do Do) error {
	if !e.RecommendedBy(school.ID) {
		return ErrNotFound
	}
	if e.State == Active {
		return ErrAlreadyActive.With("该企业已激活，无需重新发放激活码")
	}
	var corrected []string
	for _, c := range []struct {
		label, to string
		of        *string
	}{{"联系人", contact.Contact, &e.Profile.Contact}, {"联系电话", contact.Phone, &e.Profile.Phone}} {
		if c.to != "" && c.to != *c.of {
			*c.of, corrected = c.to, append(corrected, c.label)
		}
	}
	if corrected != nil {
		do.Note = "更正" + strings.Join(corrected, "和")
	}
	e.Activation = &code
	return e.fire("renew_code", do)
}

// Activate opens the account with the school's code. The digest is compared
// in constant time.
func (e *Enterprise) Activate(digest string, do Do) error {
	if !e.CodeFits(digest, do) {
		return ErrBadActivation
	}
	e.Activation = nil
	return e.fire("activate", do)
}

// CodeFits says whether a digest is that of the unexpired, unused code.
func (e *Enterprise) CodeFits(digest string, do Do) bool {
	a := e.Activation
	return e.State == Entered && a != nil && do.At.Before(a.Expires) &&
		subtle.ConstantTimeCompare([]byte(a.Hash), []byte(digest)) == 1
}

package internship

import "crypto/subtle"

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
		{Name: "renew_code", Label: "重新发放激活码", From: []string{Entered}, By: []ActorKind{BySchool}, Needs: "a recommending school"},
		{Name: "activate", Label: "激活", From: []string{Entered}, To: Active, By: []ActorKind{ByEnterprise}, Emits: EnterpriseActivated,
			Needs: "the school's code: right, unexpired, at most 10 tries"},
		{Name: "complete", Label: "完善企业信息", From: []string{Active}, By: []ActorKind{ByEnterprise}},
	},
}

func (e *Enterprise) fire(name string, do Do) error {
	refs := Refs{EnterpriseID: e.ID}
	if do.By.Kind == BySchool {
		refs.SchoolID = do.By.ID
	}
	return e.Root.fire(enterpriseMachine, &e.State, name, do, refs, map[string]string{"enterprise": e.Name}, e.recommenderIDs()...)
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
	return e.fire("recommend", do)
}

// RenewCode replaces a lost or expired code.
func (e *Enterprise) RenewCode(school *School, code Activation, do Do) error {
	if !e.RecommendedBy(school.ID) {
		return ErrNotFound
	}
	if e.State == Active {
		return ErrAlreadyActive
	}
	e.Activation = &code
	return e.fire("renew_code", do)
}

// Activate opens the account with the school's code. The digest is compared
// in constant time. A wrong code is counted by TryCode, not here.
func (e *Enterprise) Activate(digest string, do Do) error {
	if !e.CodeFits(digest, do) {
		return ErrBadActivation
	}
	e.Activation = nil
	return e.fire("activate", do)
}

// TryCode counts a wrong code; it says whether there was anything to count.
func (e *Enterprise) TryCode(digest string, do Do) (counted bool) {
	if e.Activation == nil || e.CodeFits(digest, do) || e.Activation.Tries >= MaxActivationTries {
		return false
	}
	e.Activation.Tries++
	return true
}

// CodeFits says whether a digest is that of the unexpired, unused code.
func (e *Enterprise) CodeFits(digest string, do Do) bool {
	a := e.Activation
	return e.State == Entered && a != nil && a.Tries < MaxActivationTries && do.At.Before(a.Expires) &&
		subtle.ConstantTimeCompare([]byte(a.Hash), []byte(digest)) == 1
}

// CompleteProfile saves the rest of the form.
func (e *Enterprise) CompleteProfile(p Profile, do Do) error {
	if err := e.fire("complete", do); err != nil {
		return err
	}
	e.Profile = p
	return nil
}

package internship

import (
	"cmp"
	"time"
)

// Review is what an enterprise's review is about: what it submitted, what the
// registry says of it, and the change of core data that waits (G-03, G-10).
type Review struct {
	// Round counts what was submitted: registrations, resubmissions, changes.
	// A reviewer decides about the round that he or she saw.
	Round int `bson:"round,omitempty"`
	// RegisteredAt is when the enterprise completed the form itself; zero for
	// one that was entered by a school, or only nominated.
	RegisteredAt time.Time `bson:"registeredAt,omitempty"`
	// OwnerID is the account of the registrant.
	OwnerID string `bson:"ownerId,omitempty"`
	// HasID says that the registrant's ID number is known; it is kept, sealed,
	// in the account.
	HasID bool `bson:"hasId,omitempty"`
	// Registry is what the market regulator's registry says; nil while it has
	// not been asked about the last registration.
	Registry *RegistryCheck `bson:"registry,omitempty"`
	// Waiting is the change of core data that waits for the platform.
	Waiting *CoreChange `bson:"waiting,omitempty"`
	// LastChange is how the last one was decided.
	LastChange *ChangeVerdict `bson:"lastChange,omitempty"`
}

// Submission is a checked registration form.
type Submission struct {
	Core    Core
	Profile Profile
	// HasID says that the registrant gave an ID number.
	HasID bool
}

// submit takes a form over: a new round, about which the registry is to be
// asked anew.
func (e *Enterprise) submit(s Submission) {
	e.Profile = s.Profile
	e.setCore(s.Core)
	e.HasID = e.HasID || s.HasID
	e.Round++
	e.Registry = nil
}

// Draft says that a student only nominated it: nobody of the enterprise has
// registered it yet.
func (e *Enterprise) Draft() bool { return e.State == UnderReview && e.RegisteredAt.IsZero() }

// Register begins an enterprise that registers itself (自荐).
func (e *Enterprise) Register(s Submission, ownerID string, do Do) error {
	e.Source, e.CreatedAt = FromItself, do.At
	e.submit(s)
	if err := e.fire("register", do); err != nil {
		return err
	}
	e.RegisteredAt, e.OwnerID = do.At, ownerID
	return nil
}

// Nominate begins an enterprise that a student named (学生推荐): its name, code
// and contact, which the nominee completes by registering.
func (e *Enterprise) Nominate(n Nominator, do Do) error {
	n.At = do.At
	e.Source, e.CreatedAt, e.Nominator = FromStudent, do.At, &n
	return e.fire("nominate", do)
}

// Claim takes a nominated enterprise over by registering it; the source stays.
// Errors: ErrRegistered where somebody did before.
func (e *Enterprise) Claim(s Submission, ownerID string, do Do) error {
	if e.State == UnderReview && !e.Draft() {
		return ErrRegistered
	}
	e.submit(s)
	if err := e.fire("claim", do); err != nil {
		return err
	}
	e.RegisteredAt, e.OwnerID, e.StateAt = do.At, ownerID, do.At
	return nil
}

// NeedsID says whether review needs the registrant's ID number, which is not
// known (G-05): the code fails its check digit, or the registry doesn't confirm.
// Who is in the library, or was entered by a school, is asked for nothing.
func (e *Enterprise) NeedsID() bool {
	return (e.State == UnderReview || e.State == Returned) && !e.HasID &&
		(e.CodeUnverified || e.Registry != nil && e.Registry.Outcome != RegistryMatch)
}

// reviewable says why the round can't be decided.
func (e *Enterprise) reviewable(round int) error {
	switch {
	case e.State == UnderReview && e.Draft():
		return ErrNotRegistered
	case round != e.Round:
		return ErrStaleRound
	}
	return nil
}

// Pass admits the enterprise to the library (获准进入实习企业库). Errors:
// ErrWrongState, ErrNotRegistered, ErrStaleRound, ErrRegistryPending,
// ErrRegistrantMissing.
func (e *Enterprise) Pass(round int, do Do) error {
	if e.State == UnderReview {
		if err := e.reviewable(round); err != nil {
			return err
		}
		if e.Registry == nil {
			return ErrRegistryPending
		}
		if e.NeedsID() {
			return ErrRegistrantMissing
		}
	}
	if err := e.fire("pass", do); err != nil {
		return err
	}
	e.Reach++
	e.Reason = ""
	return nil
}

// Return gives a registration back with the reason. Errors: ErrWrongState,
// ErrNotRegistered, ErrStaleRound, ErrInvalid without a reason.
func (e *Enterprise) Return(round int, do Do) error {
	if e.State == UnderReview {
		if err := e.reviewable(round); err != nil {
			return err
		}
	}
	if err := reasoned(do); err != nil {
		return err
	}
	if err := e.fire("return", do); err != nil {
		return err
	}
	e.Reason = do.Note
	return nil
}

// Resubmit hands in a corrected registration. Errors: ErrWrongState,
// ErrInvalid where review needs the registrant's ID number.
func (e *Enterprise) Resubmit(s Submission, do Do) error {
	if e.State == Returned && !s.HasID && (e.NeedsID() || s.Core.CodeUnverified && !e.HasID) {
		return ErrInvalid.At(idWanted())
	}
	if err := e.fire("resubmit", do); err != nil {
		return err
	}
	e.submit(s)
	e.Reason = ""
	return nil
}

// idWanted asks for the registrant's ID number (G-05).
func idWanted() FieldError {
	return FieldError{Field: "registrant.idNumber", Code: "required", Message: "登记信息需人工核实，请填写注册人身份证号"}
}

// reasoned refuses a decision without a reason.
func reasoned(do Do) error {
	if do.Note == "" {
		return ErrInvalid.At(FieldError{"reason", "required", "请填写原因"})
	}
	return nil
}

// CompleteProfile saves the enterprise's data. Core data that are not filled in
// yet are taken at once; others are changed by RequestChange. An industry that
// may take no interns hides its positions, another one shows them again.
// Errors: ErrWrongState, ErrCoreLocked.
func (e *Enterprise) CompleteProfile(u ProfileUpdate, do Do) error {
	p := u.Profile
	for _, c := range []struct{ now, wanted string }{
		{e.Profile.LegalPerson, p.LegalPerson}, {e.CertificateKind, u.CertificateKind}, {e.Certificate, u.Certificate}} {
		if c.now != "" && c.wanted != "" && c.now != c.wanted {
			return ErrCoreLocked
		}
	}
	if err := e.fire("complete", do); err != nil {
		return err
	}
	hidden := e.Hidden()
	e.Profile = p
	e.CertificateKind = cmp.Or(e.CertificateKind, u.CertificateKind)
	e.Certificate = cmp.Or(e.Certificate, u.Certificate)
	if e.Hidden() == hidden {
		return nil
	}
	e.Reach++
	return e.fire("change_industry", do)
}

// Freeze hides the enterprise while it is looked into: no publishing, no
// accepting; running placements go on. Errors: ErrWrongState, ErrInvalid
// without a reason.
func (e *Enterprise) Freeze(do Do) error {
	if err := reasoned(do); err != nil {
		return err
	}
	if err := e.fire("freeze", do); err != nil {
		return err
	}
	e.Reason = do.Note
	e.Reach++
	return nil
}

// Lift ends a freeze: everything is as it was. Positions of an industry that
// may take no interns stay hidden, which the note says. Errors: ErrWrongState.
func (e *Enterprise) Lift(do Do) error {
	if i, _ := IndustryOf(e.Profile.Industry); i.Barred {
		do.Note = "所属行业不得接收实习生，岗位仍不向学生显示"
	}
	if err := e.fire("lift", do); err != nil {
		return err
	}
	e.Reason = ""
	e.Reach++
	return nil
}

// InviteAgain notes that an invitation was sent again, or gives an entered
// enterprise a new code to be sent. Errors: ErrWrongState, ErrRegistered.
func (e *Enterprise) InviteAgain(code Activation, do Do) error {
	if e.State == UnderReview && !e.Draft() {
		return ErrRegistered.With("该企业已完成入驻登记，无需重新发送短信")
	}
	if err := e.fire("invite_again", do); err != nil {
		return err
	}
	if e.State == Entered {
		e.Activation = &code
	}
	return nil
}

// Reveal notes that somebody of the platform looked at the registrant's ID
// number, and why. Errors: ErrInvalid without a reason.
func (e *Enterprise) Reveal(do Do) error {
	if err := reasoned(do); err != nil {
		return err
	}
	return e.fire("reveal", do)
}

// ReviewedSince is since when it waits for the platform, and whether it does:
// a registration, or a change of core data.
func (e *Enterprise) ReviewedSince() (since time.Time, waits bool) {
	switch {
	case e.State == UnderReview:
		return e.StateAt, !e.Draft()
	case e.State == Active && e.Waiting != nil:
		return e.Waiting.At, true
	}
	return e.StateAt, false
}

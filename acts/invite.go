package acts

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"shixi/internship"
	"shixi/store"
)

// Limits of nominations: they make us write to people who did not ask for it.
const (
	// nominations of one student within nominationWindow.
	nominations = 5
	// invitations to one mobile within it, whoever nominates.
	invitations      = 3
	nominationWindow = 30 * 24 * time.Hour
)

// textEntry sends a new activation code to the enterprise's contact, where the
// phone is a mobile, there is a provider and the page to activate on has an
// address: where one is lacking, whoever is answered hands the code on. A
// request made again sends nothing new.
func (a *Acts) textEntry(ctx context.Context, from string, e Entry) (Entry, error) {
	mobile, err := internship.ParseMobile(e.Enterprise.Profile.Phone)
	if e.Code == "" || err != nil || a.NoSMS || a.Home == nil {
		return e, nil //nolint:nilerr // a landline gets no text messages
	}
	link := a.Home.JoinPath("h5", "activate")
	link.RawQuery = url.Values{"code": {e.Enterprise.Code}}.Encode() // never the activation code: addresses are kept in many places
	err = a.SendSMS(ctx, store.SMS{ID: store.DeriveID("sms", e.Enterprise.ID, e.Enterprise.Activation.Hash), Kind: "activation",
		Mobile: mobile, EnterpriseID: e.Enterprise.ID, Params: map[string]string{"enterprise": e.Enterprise.Name, "code": e.Code,
			"school": from, "days": strconv.Itoa(int(codeLife / (24 * time.Hour))), "link": link.String()}})
	e.Texted = err == nil
	return e, err
}

// Nomination is what becomes of a student's word.
type Nomination struct {
	Enterprise *internship.Enterprise
	// Known says that the platform knew the enterprise before: nothing follows.
	Known bool
	// Texted says that the contact was invited by text message.
	Texted bool
}

// Nominate names an enterprise on a student's word (学生推荐, R-04): a draft that
// the enterprise completes by registering, and an invitation to do so. Errors:
// ErrInvalid, ErrNotFound for an unknown student, ErrBlacklisted,
// ErrTooManyNominations.
func (a *Acts) Nominate(ctx context.Context, p Partner, studentID string, in internship.NominationInput) (Nomination, error) {
	draft, err := in.Parse()
	if err != nil {
		return Nomination{}, err
	}
	student, err := a.student(ctx, studentID)
	if err != nil {
		return Nomination{}, err
	}
	school, err := a.DB.Schools.Get(ctx, student.SchoolID)
	if err != nil {
		return Nomination{}, err
	}
	draft.ID = store.NewID(ctx, "ent")
	if made, err := a.DB.Enterprises.Get(ctx, draft.ID); !store.Absent(err) { // by the same request, before
		if err != nil {
			return Nomination{}, err
		}
		return a.invite(ctx, made)
	}
	if err := a.limit(ctx, "nominate:"+student.ID, nominations, nominationWindow); err != nil {
		return Nomination{}, tooMany(err)
	}
	return a.nominateNew(ctx, p, student, school, draft)
}

// nominateNew creates the draft, unless the platform knows the enterprise.
func (a *Acts) nominateNew(ctx context.Context, p Partner, student *internship.Student, school *internship.School, draft *internship.Enterprise) (Nomination, error) {
	do := a.partnerDo(p, student.ID, student.Name, "")
	nominator := internship.Nominator{StudentID: student.ID, Name: internship.MaskName(student.Name), SchoolID: school.ID, SchoolName: school.Name}
	if err := draft.Nominate(nominator, do); err != nil {
		return Nomination{}, err
	}
	known, err := a.DB.EnterpriseByCode(ctx, draft.Code, draft.CodeKind)
	if store.Absent(err) {
		var made *internship.Enterprise
		if made, err = a.DB.Enterprises.Create(ctx, draft); err == nil {
			return a.invite(ctx, made)
		}
		if errors.Is(firstHeld(err), internship.ErrCodeTaken) { // at this instant
			known, err = a.DB.EnterpriseByCode(ctx, draft.Code, draft.CodeKind)
		}
	}
	switch {
	case err != nil:
		return Nomination{}, fmt.Errorf("nominate: %w", err)
	case known.State == internship.Blacklisted:
		return Nomination{}, internship.ErrBlacklisted
	}
	return Nomination{Enterprise: known, Known: true}, nil
}

// tooMany says that a student's nominations, not tries to log in, are used up.
func tooMany(err error) error {
	e, ok := errors.AsType[*internship.Error](err)
	if !ok || e.Code != internship.ErrTooManyTries.Code {
		return err
	}
	return internship.ErrTooManyNominations.After(e.RetryAfter)
}

// invite asks the contact of a draft to register.
func (a *Acts) invite(ctx context.Context, e *internship.Enterprise) (Nomination, error) {
	n := Nomination{Enterprise: e}
	if a.Home == nil || a.NoSMS || !e.Draft() {
		return n, nil
	}
	err := a.limit(ctx, "invite:"+a.DB.Blind(e.Profile.Phone), invitations, nominationWindow)
	if errors.Is(err, internship.ErrTooManyTries) {
		return n, nil
	}
	if err != nil {
		return n, err
	}
	err = a.sendInvitation(ctx, "nomination", e)
	n.Texted = err == nil
	return n, err
}

// sendInvitation writes to a draft's contact, once for each occasion.
func (a *Acts) sendInvitation(ctx context.Context, occasion string, e *internship.Enterprise) error {
	return a.SendSMS(ctx, store.SMS{ID: store.DeriveID("sms", e.ID, occasion), Kind: "invitation", Mobile: e.Profile.Phone, EnterpriseID: e.ID,
		Params: map[string]string{"enterprise": e.Name, "student": e.Nominator.Name, "link": a.Home.JoinPath("join").String()}})
}

// resends of one enterprise's code or invitation within a day.
const resends = 3

// Resend sends an entered enterprise a new activation code, or a draft its
// invitation again, on the platform's word. Errors: ErrNotFound, ErrWrongState,
// ErrRegistered, ErrTooManyTries, ErrUnavailable without a provider or a link:
// nobody would learn the new code.
func (a *Acts) Resend(ctx context.Context, p Partner, id string) (Entry, error) {
	if a.NoSMS || a.Home == nil {
		return Entry{}, internship.ErrUnavailable.With("短信服务尚未配置，无法发送短信")
	}
	e, err := a.DB.Enterprises.Get(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	code, activation := a.newCode(ctx)
	again := func(e *internship.Enterprise) error { return e.InviteAgain(activation, a.platformDo(p, "")) }
	if tried := *e; !e.Did(store.OpOf(ctx)) {
		if err := again(&tried); err != nil {
			return Entry{}, err
		}
	}
	if err := a.limit(ctx, "resend:"+id, resends, 24*time.Hour); err != nil {
		return Entry{}, err
	}
	e, err = a.DB.Enterprises.Change(ctx, e, again)
	if err != nil {
		return Entry{}, err
	}
	if !e.Draft() {
		return a.textEntry(ctx, platformName, entry(e, code, activation))
	}
	err = a.sendInvitation(ctx, "resent "+activation.Hash, e)
	return Entry{Enterprise: e, Texted: err == nil}, err
}

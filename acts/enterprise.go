package acts

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"time"

	"shixi/internship"
	"shixi/store"
)

// codeLife is how long an activation code may be used: time enough for a
// letter and a holiday.
const codeLife = 30 * 24 * time.Hour

// activationsADay is how often a day all addresses together may try at one
// enterprise's activation code. It is nothing against 60 bits, and so much that
// nobody keeps an enterprise out, which has no other way in, at little cost.
const activationsADay = 1000

// Partner is who acts through the partner API: a school, the students' app
// or the platform.
type Partner struct {
	Kind internship.ActorKind
	// SchoolID is the school a school's key is bound to.
	SchoolID string
	// Key names the key, for history.
	Key string
}

func (a *Acts) partnerDo(p Partner, id, name, note string) internship.Do {
	return internship.Do{By: internship.Actor{Kind: p.Kind, ID: id, Name: name}, At: a.Now(), Note: note}
}

// Entry is what a school gets back: the enterprise and, only when one was
// made just now, the activation code in clear.
type Entry struct {
	Enterprise *internship.Enterprise
	Code       string
	Expires    time.Time
	// Texted says that the code was also sent to the contact's mobile.
	Texted bool
}

// EnterEnterprise enters a vetted enterprise under its school's name.
// One that is known already, whatever its state and however it came, only gains
// a recommending school, without a code: one that registered itself or was
// nominated stays with the platform's reviewers, who see who recommends it
// (domain.md §2.1 leads from 待审核 to 正常 by their word alone). Errors:
// ErrInvalid, ErrBlacklisted, ErrAlreadyEnterHere.
func (a *Acts) EnterEnterprise(ctx context.Context, p Partner, in internship.EntryInput) (Entry, error) {
	draft, err := in.Parse()
	if err != nil {
		return Entry{}, err
	}
	school, err := a.school(ctx, p.SchoolID)
	if err != nil {
		return Entry{}, err
	}
	known, err := a.DB.EnterpriseByCode(ctx, draft.Code, draft.CodeKind)
	if store.Absent(err) {
		return a.enterNew(ctx, p, school, draft)
	}
	if err != nil {
		return Entry{}, fmt.Errorf("enter enterprise: %w", err)
	}
	saved, err := a.DB.Enterprises.Update(ctx, known.ID, func(e *internship.Enterprise) error {
		return e.Recommend(school, a.partnerDo(p, school.ID, school.Name, ""))
	})
	if err != nil {
		return Entry{}, err
	}
	code, activation := a.newCode(ctx) // fits where this very request entered it before
	return a.textEntry(ctx, school.Name, entry(saved, code, activation))
}

func (a *Acts) enterNew(ctx context.Context, p Partner, school *internship.School, e *internship.Enterprise) (Entry, error) {
	e.ID = store.NewID(ctx, "ent")
	code, activation := a.newCode(ctx)
	if err := e.Enter(school, activation, a.partnerDo(p, school.ID, school.Name, "")); err != nil {
		return Entry{}, err
	}
	saved, err := a.DB.Enterprises.Create(ctx, e)
	if err != nil {
		return Entry{}, firstHeld(err)
	}
	return a.textEntry(ctx, school.Name, entry(saved, code, activation))
}

// RenewCode gives a fresh code for an enterprise that has not been activated,
// and corrects its contact. Errors: ErrInvalid, ErrNotFound for one the school
// does not recommend, ErrAlreadyActive.
func (a *Acts) RenewCode(ctx context.Context, p Partner, enterpriseID string, in internship.RenewalInput) (Entry, error) {
	contact, err := in.Parse()
	if err != nil {
		return Entry{}, err
	}
	school, err := a.school(ctx, p.SchoolID)
	if err != nil {
		return Entry{}, err
	}
	code, activation := a.newCode(ctx)
	saved, err := a.DB.Enterprises.Update(ctx, enterpriseID, func(e *internship.Enterprise) error {
		return e.RenewCode(school, contact, activation, a.partnerDo(p, school.ID, school.Name, ""))
	})
	if err != nil {
		return Entry{}, err
	}
	return a.textEntry(ctx, school.Name, entry(saved, code, activation))
}

// entry tells the code only where it is the enterprise's: a request made again
// may find that the code of its first run has been used or renewed since.
func entry(e *internship.Enterprise, code string, activation internship.Activation) Entry {
	if e.Activation == nil || e.Activation.Hash != activation.Hash {
		return Entry{Enterprise: e}
	}
	return Entry{Enterprise: e, Code: code, Expires: e.Activation.Expires}
}

// newCode makes an activation code of 60 bits, written in groups of four, and
// what is kept of it. The code belongs to the op of ctx, so that a request made
// again tells the same code although none is kept; only who has the keyset can
// tell it from the op. Without an op it is random.
func (a *Acts) newCode(ctx context.Context) (string, internship.Activation) {
	digest := sha256.Sum256([]byte(a.DB.Blind("activation code of " + store.OpOf(ctx))))
	t := base32.StdEncoding.EncodeToString(digest[:])[:12]
	code := t[:4] + "-" + t[4:8] + "-" + t[8:]
	return code, internship.Activation{Hash: codeHash(code), Expires: a.Now().Add(codeLife)}
}

func codeHash(code string) string {
	sum := sha256.Sum256([]byte(internship.CanonicalActivationCode(code)))
	return hex.EncodeToString(sum[:])
}

// Activate opens an entered enterprise with its school's code: the first
// account, its password and a session (G-02). Errors: ErrInvalid, also where the
// mobile is to be verified, ErrBadActivation whatever is wrong with code or
// enterprise, ErrSMSCode, ErrMobileTaken, ErrBusy, ErrTooManyTries.
func (a *Acts) Activate(ctx context.Context, in internship.ActivationInput, device Device, address string) (Opened, error) {
	in, kind, err := in.Parse()
	if err != nil {
		return Opened{}, err
	}
	if err := a.limitAddress(ctx, address); err != nil {
		return Opened{}, err
	}
	if err := a.limitActivations(ctx, in.Code, address); err != nil {
		return Opened{}, err
	}
	e, err := a.DB.EnterpriseByCode(ctx, in.Code, kind)
	if store.Absent(err) {
		return Opened{}, internship.ErrBadActivation
	}
	if err != nil {
		return Opened{}, fmt.Errorf("activate: %w", err)
	}
	owner, err := a.activateOwner(ctx, e, in, address)
	if err != nil {
		return Opened{}, err
	}
	a.untry(ctx, addressHour(address), addressDay(address))
	return a.open(ctx, owner, device)
}

// activateOwner refuses a wrong code; for the right one it first makes the
// owner's account and then opens the enterprise, so that a crash between the
// two leaves an account that a repeated activation takes over; that of another
// person only when it is sure not to be under way. Errors: ErrBusy till then.
func (a *Acts) activateOwner(ctx context.Context, e *internship.Enterprise, in internship.ActivationInput, address string) (*internship.Account, error) {
	id := store.DeriveID("acc", e.ID, "owner")
	by := internship.Do{By: internship.Actor{Kind: internship.ByEnterprise, ID: id, Name: in.Name}, At: a.Now()}
	digest := codeHash(in.ActivationCode)
	if e.Did(store.OpOf(store.SubOp(ctx, "activate"))) {
		return a.activatedOwner(ctx, id, in.Password)
	}
	if !e.CodeFits(digest, by) {
		return nil, internship.ErrBadActivation
	}
	a.untry(ctx, activationKeys(a.DB.Blind, in.Code, address)...) // what else is wrong is no guess at the code
	if err := a.ownMobile(ctx, e, in, address); err != nil {
		return nil, err
	}
	password, err := a.hash(ctx, in.Password)
	if err != nil {
		return nil, err
	}
	var owner *internship.Account
	err = a.withMobile(ctx, in.Mobile, func() (err error) {
		owner, err = a.DB.Accounts.Put(store.SubOp(ctx, "owner"), &internship.Account{Root: internship.Root{ID: id}}, func(x *internship.Account) error {
			if x.State != "" && x.Mobile != in.Mobile && by.At.Sub(x.CreatedAt) < unfinished {
				return internship.ErrBusy // somebody else with the same code, who may be about to use it
			}
			x.EnterpriseID, x.EnterpriseCode, x.Role = e.ID, e.Code, internship.Owner
			x.Name, x.Mobile, x.Password, x.State = in.Name, in.Mobile, password, ""
			return x.Open(by)
		})
		return err
	})
	if err != nil {
		return nil, firstHeld(err)
	}
	_, err = a.DB.Enterprises.Change(store.SubOp(ctx, "activate"), e, func(e *internship.Enterprise) error { return e.Activate(digest, by) })
	return owner, err
}

// ownMobile makes sure that the mobile is that of who activates: it is the
// contact's, which the activation code was texted to, or a code shows it. Where
// there is no provider nobody can get one, nor log in by SMS.
func (a *Acts) ownMobile(ctx context.Context, e *internship.Enterprise, in internship.ActivationInput, address string) error {
	contact, err := internship.ParseMobile(e.Profile.Phone)
	switch {
	case a.NoSMS, err == nil && contact == in.Mobile:
		return nil
	case in.SMSCode == "":
		return internship.ErrInvalid.At(internship.FieldError{Field: "smsCode", Code: "required", Message: "该手机号与学校登记的联系电话不同，请获取并填写验证码"})
	}
	return a.checkCode(ctx, internship.CodeForRegister, in.Mobile, in.SMSCode, address)
}

// activatedOwner is the owner whom the same request opened before. The code is
// used up, so the password stands for it: whoever has an old request, but not
// the password of today, doesn't get in.
func (a *Acts) activatedOwner(ctx context.Context, id, password string) (*internship.Account, error) {
	owner, err := a.DB.Accounts.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("activated owner: %w", err)
	}
	ok, err := a.fit(ctx, password, owner.Password)
	if err != nil {
		return nil, err
	}
	if !ok || owner.State != internship.AccountActive {
		return nil, internship.ErrBadActivation
	}
	return owner, nil
}

// limitActivations counts a try at an activation code, under the enterprise's
// code whether or not there is such an enterprise, as passwords are counted: few
// from one address in a while, more from all in a day. So nobody makes a code
// void for its enterprise by wrong tries, and none tells who was entered.
func (a *Acts) limitActivations(ctx context.Context, code, address string) error {
	keys := activationKeys(a.DB.Blind, code, address)
	if err := a.limit(ctx, keys[0], triesHere, triesSpell); err != nil {
		return err
	}
	return a.limit(ctx, keys[1], activationsADay, day)
}

// activationKeys are those of the address and of the day.
func activationKeys(blind func(string) string, code, address string) []string {
	who := blind("activation of " + internship.LoginCode(code))
	return []string{"activation:" + who + ":" + address, "activation day:" + who}
}

// school reads the school of a key. Errors: ErrForbidden with a sentence when
// the school has not said its name yet.
func (a *Acts) school(ctx context.Context, id string) (*internship.School, error) {
	s, err := a.DB.Schools.Get(ctx, id)
	if store.Absent(err) {
		return nil, internship.ErrNotSchool.With("学校信息尚未登记，请先提交学校名称")
	}
	return s, err
}

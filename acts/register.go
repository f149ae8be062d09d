package acts

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"shixi/internship"
	"shixi/store"
)

const (
	// registerTries are how often one pass may be handed in within its life.
	registerTries = 30
	// registerRounds are how often a code may change hands meanwhile.
	registerRounds = 5
	// unfinished is after how long a registration that did not come to its end
	// will not: longer than a request may take.
	unfinished = 2 * time.Minute
)

// registration is one pass and one enterprise's code: handed in twice, or by two
// tabs at once, it makes one enterprise and one owner.
type registration struct {
	pass       store.Pass
	submission internship.Submission
	registrant internship.Registrant
	password   string
	// op, account and enterprise follow from pass and code.
	op, account, enterprise string
}

func newRegistration(p store.Pass, s internship.Submission, who internship.Registrant, password string) registration {
	id := func(prefix string) string { return store.DeriveID(prefix, "registration", p.ID, s.Core.Code) }
	return registration{p, s, who, password, id("op"), id("acc"), id("ent")}
}

// Register enters an enterprise that comes by itself (自荐), or takes over one
// that a student nominated: it waits for review, its registrant is the owner
// and logged in. The steps are: the account, which holds the mobile; the
// enterprise, which holds the code and names its owner; the account joins.
// Whatever breaks off is done again by a repetition, or finished by the
// reaction to the enterprise's event. Errors: ErrInvalid, ErrPass,
// ErrTooManyTries, ErrEntered for one that a school entered (G-02),
// ErrRegistered, ErrBlacklisted, ErrMobileTaken, ErrBusy.
func (a *Acts) Register(ctx context.Context, token string, in internship.RegistrationInput, device Device) (Opened, error) {
	submission, who, err := in.Parse(a.Now())
	if err != nil {
		return Opened{}, err
	}
	pass, err := a.passFor(ctx, internship.CodeForRegister, token)
	if err != nil {
		return Opened{}, err
	}
	r := newRegistration(pass, submission, who, in.Password)
	if pass.Used != "" && pass.Used != r.op {
		return Opened{}, internship.ErrPass
	}
	if err := a.limit(ctx, "register:"+pass.ID, registerTries, passLife); err != nil {
		return Opened{}, err
	}
	owner, err := a.register(store.WithOp(ctx, r.op), r)
	if err != nil {
		return Opened{}, err
	}
	return a.open(ctx, owner, device)
}

func (a *Acts) register(ctx context.Context, r registration) (*internship.Account, error) {
	owner, err := a.DB.Accounts.Get(ctx, r.account)
	switch {
	case err != nil && !store.Absent(err):
		return nil, fmt.Errorf("register: %w", err)
	case err == nil && owner.State == internship.AccountActive: // done before: the password stands for the pass
		err := a.fits(ctx, owner, r.password)
		if errors.Is(err, internship.ErrBadLogin) {
			err = internship.ErrPass
		}
		return owner, err
	case err == nil && owner.State == internship.AccountRemoved: // given up
		return nil, internship.ErrPass
	}
	e, err := a.registered(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := a.join(store.SubOp(ctx, "join"), e, a.registrantDo(r)); err != nil {
		return nil, err
	}
	if err := a.usePass(ctx, r.pass); err != nil {
		return nil, err
	}
	return a.DB.Accounts.Get(ctx, r.account)
}

// registered makes account and enterprise. Where another takes the code at the
// same instant, it looks again at what the code has become.
func (a *Acts) registered(ctx context.Context, r registration) (*internship.Enterprise, error) {
	for n := 0; ; n++ {
		target, err := a.target(ctx, r)
		if err != nil {
			return nil, errors.Join(err, a.abandon(ctx, r))
		}
		if err := a.beginAccount(ctx, r, target.ID); err != nil {
			return nil, err
		}
		// Only who holds the mobile takes the scan along: another tab of the same
		// pass, with another code, would take it from the enterprise that has it.
		if err := a.adoptCertificate(ctx, r, target.ID); err != nil {
			return nil, err
		}
		e, err := a.saveRegistration(ctx, r, target)
		_, held := errors.AsType[*store.HeldError](err)
		lost := held || errors.Is(err, internship.ErrRegistered) || errors.Is(err, internship.ErrWrongState)
		if !lost || n == registerRounds {
			return e, err
		}
	}
}

func (a *Acts) registrantDo(r registration) internship.Do {
	return internship.Do{By: internship.Actor{Kind: internship.ByEnterprise, ID: r.account, Name: r.registrant.Name}, At: a.Now()}
}

// target is the enterprise that the registration makes: a new one without
// state, a nominated draft, or its own of a run that broke off. Errors: why it
// can't.
func (a *Acts) target(ctx context.Context, r registration) (*internship.Enterprise, error) {
	known, err := a.DB.EnterpriseByCode(ctx, r.submission.Core.Code, r.submission.Core.CodeKind)
	if store.Absent(err) {
		return &internship.Enterprise{Root: internship.Root{ID: r.enterprise}}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	switch {
	case known.OwnerID == r.account, known.Draft():
		return known, nil
	case known.State == internship.Entered:
		return nil, internship.ErrEntered
	case known.State == internship.Blacklisted:
		return nil, internship.ErrBlacklisted
	}
	return nil, internship.ErrRegistered
}

func (a *Acts) adoptCertificate(ctx context.Context, r registration, enterpriseID string) error {
	err := a.adoptFile(ctx, r.pass.ID, enterpriseID, internship.FileCertificate, r.submission.Core.Certificate)
	return noFile("certificate", err)
}

// beginAccount reserves the mobile. A run that broke off left the account as it
// was; the password is that of the last run.
func (a *Acts) beginAccount(ctx context.Context, r registration, enterpriseID string) error {
	password, err := a.hash(ctx, r.password)
	if err != nil {
		return err
	}
	begin := func() error {
		_, err := a.DB.Accounts.Put(store.WithOp(ctx, rand.Text()), &internship.Account{Root: internship.Root{ID: r.account}}, func(x *internship.Account) error {
			if x.State != "" && x.State != internship.AccountOpening {
				return store.Unchanged
			}
			x.Name, x.Mobile, x.IDNumber, x.Password, x.Opens = r.registrant.Name, r.pass.Mobile, r.registrant.IDNumber, password, enterpriseID
			if x.State == internship.AccountOpening {
				return nil
			}
			return x.Begin(a.registrantDo(r))
		})
		return err
	}
	return firstHeld(a.withMobile(ctx, r.pass.Mobile, begin))
}

// withMobile makes a change that gives an account a mobile, and makes it again
// once the mobile is reclaimed from a registration that was broken off. Errors:
// those of the change and of reclaim.
func (a *Acts) withMobile(ctx context.Context, mobile string, change func() error) error {
	err := change()
	if !store.Held(err, "mobile") {
		return err
	}
	if err := a.reclaim(ctx, mobile); err != nil {
		return err
	}
	return change()
}

// reclaim frees a mobile that a registration which never came to its end still
// holds. Errors: ErrMobileTaken, ErrBusy while it may still come to its end.
func (a *Acts) reclaim(ctx context.Context, mobile string) error {
	holder, err := a.DB.AccountByLogin(ctx, mobile, "")
	switch {
	case store.Absent(err):
		return nil
	case err != nil:
		return fmt.Errorf("reclaim: %w", err)
	case holder.State != internship.AccountOpening:
		return internship.ErrMobileTaken
	case a.Now().Sub(holder.CreatedAt) < unfinished:
		return internship.ErrBusy.With("该手机号正在登记企业，请稍后重试")
	}
	joined, err := a.endUnfinished(ctx, holder)
	if err != nil {
		return fmt.Errorf("reclaim: %w", err)
	}
	if joined {
		return internship.ErrMobileTaken
	}
	return nil
}

// endUnfinished ends a registration that broke off: where its enterprise is
// there, all but its last step was done, and the account joins it; else it
// gives its mobile back and keeps nothing of the person. It says which.
func (a *Acts) endUnfinished(ctx context.Context, account *internship.Account) (joined bool, err error) {
	by := internship.Do{By: internship.System(), At: a.Now()}
	e, err := a.DB.Enterprises.Get(ctx, account.Opens)
	if err == nil && e.OwnerID == account.ID {
		return true, a.join(ctx, e, by)
	}
	if err != nil && !store.Absent(err) {
		return false, err
	}
	_, err = a.DB.Accounts.Change(store.WithOp(ctx, rand.Text()), account, func(x *internship.Account) error {
		if x.State != internship.AccountOpening { // it came to its end by itself
			return store.Unchanged
		}
		return x.Abandon(by)
	})
	return false, err
}

// saveRegistration creates the enterprise, or takes the draft over.
func (a *Acts) saveRegistration(ctx context.Context, r registration, target *internship.Enterprise) (*internship.Enterprise, error) {
	do := a.registrantDo(r)
	if target.State != "" {
		return a.DB.Enterprises.Change(ctx, target, func(e *internship.Enterprise) error { return e.Claim(r.submission, r.account, do) })
	}
	if err := target.Register(r.submission, r.account, do); err != nil {
		return nil, err
	}
	return a.DB.Enterprises.Create(ctx, target)
}

// abandon gives the mobile back, where it was reserved, once the enterprise
// turned out to be another's.
func (a *Acts) abandon(ctx context.Context, r registration) error {
	_, err := a.DB.Accounts.Update(store.WithOp(ctx, rand.Text()), r.account, func(x *internship.Account) error {
		if x.State != internship.AccountOpening {
			return store.Unchanged
		}
		return x.Abandon(a.registrantDo(r))
	})
	if err != nil && !store.Absent(err) {
		return fmt.Errorf("abandon registration: %w", err)
	}
	return nil
}

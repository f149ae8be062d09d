package acts

import (
	"context"
	"fmt"
	"time"

	"shixi/internship"
	"shixi/store"
)

// Limits of adding staff: it makes us write to people who did not ask for it, in
// the name of whoever has registered.
const (
	// additions of one enterprise within additionWindow: a whole staff, and as
	// many corrections.
	additions      = 2 * internship.MaxAccounts
	additionWindow = 24 * time.Hour
	// welcomes to one mobile within welcomeWindow, whoever adds it.
	welcomes      = 3
	welcomeWindow = 30 * 24 * time.Hour
)

// mayOwn says whether the role may manage the enterprise's accounts.
func (s Staff) mayOwn() error {
	if s.Role == internship.Owner {
		return nil
	}
	return internship.ErrForbidden
}

// Accounts lists the enterprise's accounts, oldest first, at most 200. Errors:
// ErrForbidden for a mentor.
func (a *Acts) Accounts(ctx context.Context, s Staff) ([]*internship.Account, error) {
	if err := s.mayManage(); err != nil {
		return nil, err
	}
	return a.DB.Staff(ctx, s.EnterpriseID)
}

// AddAccount adds a person of the enterprise's staff, who is told by SMS and
// logs in with a code until there is a password. Errors: ErrForbidden,
// ErrInvalid, ErrFrozen before the enterprise is admitted, ErrBlacklisted,
// ErrMobileTaken, ErrStaffFull, ErrTooManyTries.
func (a *Acts) AddAccount(ctx context.Context, s Staff, in internship.AccountInput) (*internship.Account, error) {
	if err := s.mayOwn(); err != nil {
		return nil, err
	}
	account, err := in.Parse()
	if err != nil {
		return nil, err
	}
	enterprise, err := a.DB.Enterprises.Get(ctx, s.EnterpriseID)
	if err != nil {
		return nil, fmt.Errorf("add account: %w", err)
	}
	if err := enterprise.MayEmploy(); err != nil {
		return nil, err
	}
	if err := a.limit(ctx, "staff:"+s.EnterpriseID, additions, additionWindow); err != nil {
		return nil, err
	}
	account.ID, account.EnterpriseID = store.NewID(ctx, "acc"), s.EnterpriseID
	if err := account.Add(a.do(s, "")); err != nil {
		return nil, err
	}
	for range maxPicks {
		seat, free, err := a.freeSeat(ctx, s.EnterpriseID)
		if err != nil {
			return nil, err
		}
		if !free {
			return nil, internship.ErrStaffFull
		}
		var saved *internship.Account
		err = a.withMobile(ctx, account.Mobile, func() (err error) {
			fresh := *account // Create stamps what it is given
			fresh.Seat = seat
			saved, err = a.DB.Accounts.Create(ctx, &fresh)
			return err
		})
		if !store.Held(err, "seat") {
			return saved, firstHeld(err)
		}
	}
	return nil, internship.ErrBusy
}

// freeSeat picks one of the seats that nobody of the enterprise has.
func (a *Acts) freeSeat(ctx context.Context, enterpriseID string) (int, bool, error) {
	staff, err := a.DB.Staff(ctx, enterpriseID)
	if err != nil {
		return 0, false, fmt.Errorf("free seat: %w", err)
	}
	taken := make([]int, len(staff))
	for i, x := range staff {
		taken[i] = x.Seat
	}
	seat, free := internship.FreePlace(taken, internship.MaxAccounts-1, pick)
	return seat, free, nil
}

// EditAccount changes a person's name and role; another role ends all sessions
// of that person at once. Errors: ErrForbidden, ErrInvalid, ErrNotFound,
// ErrOwnRole.
func (a *Acts) EditAccount(ctx context.Context, s Staff, id string, in internship.RoleInput) (*internship.Account, error) {
	if err := s.mayOwn(); err != nil {
		return nil, err
	}
	in, err := in.Parse()
	if err != nil {
		return nil, err
	}
	account, err := a.colleague(ctx, s, id)
	if err != nil {
		return nil, err
	}
	err = a.secure(ctx, account, "", func(x *internship.Account) error {
		if err := x.MustBeOf(s.EnterpriseID); err != nil {
			return err
		}
		news, err := x.Edit(in.Name, internship.Role(in.Role), a.do(s, ""))
		if err == nil && !news {
			return store.Unchanged
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return account, a.DB.RenameSessions(ctx, account.ID, account.Name)
}

// RemoveAccount takes a person out of the enterprise's staff: all sessions end
// at once, mobile and WeChat are free for another account. Errors: ErrForbidden,
// ErrNotFound, ErrLastOwner.
func (a *Acts) RemoveAccount(ctx context.Context, s Staff, id string) error {
	if err := s.mayOwn(); err != nil {
		return err
	}
	account, err := a.colleague(ctx, s, id)
	if err != nil {
		return err
	}
	return a.secure(ctx, account, "", func(x *internship.Account) error {
		if err := x.MustBeOf(s.EnterpriseID); err != nil {
			return err
		}
		return x.Remove(a.do(s, ""))
	})
}

// colleague reads an account of the person's own enterprise.
func (a *Acts) colleague(ctx context.Context, s Staff, id string) (*internship.Account, error) {
	x, err := a.DB.Accounts.Get(ctx, id)
	if err == nil {
		err = x.MustBeOf(s.EnterpriseID)
	}
	if err != nil {
		return nil, fmt.Errorf("colleague: %w", err)
	}
	return x, nil
}

package internship

import (
	"slices"
	"strconv"
)

const (
	// MaxAccounts is how many accounts one enterprise may have, the owner's
	// included.
	MaxAccounts = 200
	// MaxDevices is how many devices an account remembers.
	MaxDevices = 10
)

// Add begins an account of the enterprise's staff. It has no password until
// the person sets one, and is logged in to by SMS code.
func (a *Account) Add(do Do) error {
	a.CreatedAt = do.At
	return a.tell("add", do, map[string]string{"role": a.Role.Label()})
}

// void makes the sessions of before void, all but the one with the id keep; the
// event says so to the reaction that ends them.
func (a *Account) void(name, keep string, do Do) error {
	a.Epoch++
	data := map[string]string{EpochWord: strconv.Itoa(a.Epoch)}
	if keep != "" {
		data[KeepWord] = keep
	}
	return a.tell(name, do, data)
}

// Words of AccountSecured and AccountMoved: sessions of an earlier epoch end,
// but the one with the id that is kept.
const (
	EpochWord = "epoch"
	KeepWord  = "keep"
)

// SetPassword sets the password's hash. Other sessions than keep, which may be
// empty, are void.
func (a *Account) SetPassword(hash, keep string, do Do) error {
	a.Password, a.LastPassword = hash, ""
	return a.void("set_password", keep, do)
}

// LastHash is the hash of the password that must not be set again.
func (a *Account) LastHash() string {
	if a.Password != "" {
		return a.Password
	}
	return a.LastPassword
}

// ChangeMobile gives the account another mobile; the old one is kept until it
// is told. Other sessions than keep are void.
func (a *Account) ChangeMobile(mobile, keep string, do Do) error {
	a.moveTo(mobile)
	return a.void("change_mobile", keep, do)
}

// moveTo replaces the mobile. One that is still to be told stays: who changes it
// twice in a row can't keep the first one from being told.
func (a *Account) moveTo(mobile string) {
	if a.FormerMobile == "" && a.Mobile != mobile {
		a.FormerMobile = a.Mobile
	}
	a.Mobile = mobile
}

// ForgetFormerMobile drops the old mobile once it has been told; it says
// whether there was one.
func (a *Account) ForgetFormerMobile() bool {
	had := a.FormerMobile != ""
	a.FormerMobile = ""
	return had
}

// Edit changes name and role, by the enterprise's owner; it says whether that
// was news. Another role voids all sessions: each carries the role it was
// opened with. Errors: ErrOwnRole.
func (a *Account) Edit(name string, role Role, do Do) (bool, error) {
	if a.Role == Owner && role != Owner {
		return false, ErrOwnRole
	}
	renamed, moved := a.Name != name, a.Role != role
	a.Name, a.Role = name, role
	switch {
	case moved:
		return true, a.void("change_role", "", do)
	case renamed:
		return true, a.fire("edit", do)
	}
	return false, nil
}

// Remove ends the account: its mobile and WeChat identities are free, its
// history stays. Errors: ErrLastOwner.
func (a *Account) Remove(do Do) error {
	if a.Role == Owner {
		return ErrLastOwner
	}
	a.Password, a.LastPassword, a.Devices, a.FormerMobile = "", "", nil, ""
	a.Follower, a.MiniProgram = nil, nil
	return a.void("remove", "", do)
}

// Recover gives the owner's account to who proved to act for the enterprise: it
// has the verified mobile, no password, and no WeChat identity, since whoever
// has the lost phone must not go on reading. The old mobile is kept until it is
// told: it may not be lost, nor the person who asked the right one. The same
// recovery again changes nothing; it says whether it did.
func (a *Account) Recover(r *Recovery, do Do) (bool, error) {
	if a.Recovery == r.ID {
		return false, nil
	}
	if a.Role != Owner {
		return false, ErrForbidden
	}
	a.LastPassword, a.Password = a.LastHash(), ""
	a.moveTo(r.Mobile)
	a.Name, a.Recovery = r.Name, r.ID
	if r.IDNumber != "" {
		a.IDNumber = r.IDNumber
	}
	a.Follower, a.MiniProgram, a.Devices = nil, nil, nil
	return true, a.void("recover", "", do)
}

// SeeDevice notes the device of a log-in by its keyed hash, and tells of one
// that the account has not seen; the very first one is no news. It says whether
// there is anything to save: a device among the newest half stays where it is.
func (a *Account) SeeDevice(hash, name string, do Do) (bool, error) {
	at := slices.Index(a.Devices, hash)
	if at >= 0 && at < MaxDevices/2 {
		return false, nil
	}
	first := len(a.Devices) == 0
	if at >= 0 {
		a.Devices = slices.Delete(slices.Clone(a.Devices), at, at+1)
	}
	a.Devices = append([]string{hash}, a.Devices...)
	a.Devices = a.Devices[:min(len(a.Devices), MaxDevices)]
	if at >= 0 || first {
		return true, nil
	}
	return true, a.tell("new_device", do, map[string]string{"device": name, "name": a.Name})
}

// MustBeOf refuses an account of another enterprise's staff, and one that was
// removed, as if there were none.
func (a *Account) MustBeOf(enterpriseID string) error {
	if a.EnterpriseID != enterpriseID || a.State != AccountActive {
		return ErrNotFound
	}
	return nil
}

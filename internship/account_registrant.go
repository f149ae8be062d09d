package internship

// An owner's account begins before its enterprise does: it holds the mobile
// while the enterprise is registered, joins it, and only then lets anybody in.

// Begin reserves the mobile of who registers an enterprise.
func (a *Account) Begin(do Do) error {
	a.CreatedAt = do.At
	return a.fire("begin", do)
}

// Join makes the account the owner of the enterprise that it registered.
func (a *Account) Join(e *Enterprise, do Do) error {
	a.EnterpriseID, a.EnterpriseCode, a.Role, a.Opens = e.ID, e.Code, Owner, ""
	return a.fire("join", do)
}

// Abandon gives the mobile back where the enterprise turned out to be another's,
// or the registration was broken off. Nothing of the person is kept.
func (a *Account) Abandon(do Do) error {
	a.Mobile, a.IDNumber, a.Password = "", "", ""
	return a.fire("abandon", do)
}

// KnowAs lets the owner log in with the enterprise's code of today; it says
// whether that was news.
func (a *Account) KnowAs(e *Enterprise, do Do) (bool, error) {
	if a.EnterpriseID != e.ID || a.Role != Owner || a.State != AccountActive || a.EnterpriseCode == e.Code {
		return false, nil
	}
	a.EnterpriseCode = e.Code
	return true, a.fire("know_as", do)
}

// Identify keeps the registrant's name and ID number, as far as given.
func (a *Account) Identify(r Registrant, do Do) error {
	a.Name = r.Name
	if r.IDNumber != "" {
		a.IDNumber = r.IDNumber
	}
	return a.fire("identify", do)
}

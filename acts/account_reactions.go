package acts

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"shixi/internship"
	"shixi/store"
)

// sessionsEnd ends the sessions that a change of the account voided, where the
// act that made the change was cut off.
func (a *Acts) sessionsEnd(ctx context.Context, e internship.Event, _ string) (string, error) {
	epoch, err := strconv.Atoi(e.Data[internship.EpochWord])
	if err != nil {
		return "", internship.ErrInternal.Because(fmt.Errorf("epoch of %s: %w", e.ID, err))
	}
	_, err = a.DB.EndSessions(ctx, e.Refs.AccountID, epoch, e.Data[internship.KeepWord])
	return "", err
}

// formerMobileTold tells the mobile that a change or a recovery replaced, and
// forgets it.
func (a *Acts) formerMobileTold(ctx context.Context, e internship.Event, _ string) (string, error) {
	account, err := a.DB.Accounts.Get(ctx, e.Refs.AccountID)
	if err != nil || account.FormerMobile == "" {
		return "", err
	}
	err = a.SendSMS(ctx, store.SMS{ID: store.DeriveID("sms", e.ID, "former"), Kind: "mobile_changed", Mobile: account.FormerMobile,
		EnterpriseID: account.EnterpriseID, AccountID: account.ID, Params: map[string]string{"mobile": internship.MaskMobile(account.Mobile)}})
	if err != nil {
		return "", err
	}
	told := account.FormerMobile
	_, err = a.DB.Accounts.Change(ctx, account, func(x *internship.Account) error {
		if x.FormerMobile != told || !x.ForgetFormerMobile() {
			return store.Unchanged
		}
		return nil
	})
	return "", err
}

// staffTold tells a person that the owner added an account for them, unless the
// mobile has been told so often enough.
func (a *Acts) staffTold(ctx context.Context, e internship.Event, _ string) (string, error) {
	account, err := a.DB.Accounts.Get(ctx, e.Refs.AccountID)
	if err != nil || account.State != internship.AccountActive {
		return "", err
	}
	enterprise, err := a.DB.Enterprises.Get(ctx, account.EnterpriseID)
	if err != nil {
		return "", err
	}
	err = a.limit(ctx, "staff told:"+a.DB.Blind(account.Mobile), welcomes, welcomeWindow)
	if errors.Is(err, internship.ErrTooManyTries) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return "", a.SendSMS(ctx, store.SMS{ID: store.DeriveID("sms", e.ID), Kind: "staff_added", Mobile: account.Mobile,
		EnterpriseID: enterprise.ID, AccountID: account.ID, Params: map[string]string{"enterprise": enterprise.Name, "role": account.Role.Label()}})
}

// recoveryDone moves the account to what was approved, where the act was cut
// off, and tells the person and the mobile that was replaced. Of an approval
// that was taken back another event tells.
func (a *Acts) recoveryDone(ctx context.Context, e internship.Event, _ string) (string, error) {
	r, err := a.recoveryOf(ctx, e)
	if err != nil {
		return "", err
	}
	switch err := a.applyRecovery(ctx, r, a.consequence(e)); {
	case errors.Is(err, internship.ErrMobileTaken):
		return "", nil
	case err != nil:
		return "", err
	}
	if _, err := a.formerMobileTold(ctx, e, ""); err != nil {
		return "", err
	}
	enterprise, err := a.DB.Enterprises.Get(ctx, r.EnterpriseID)
	if err != nil {
		return "", err
	}
	return "", a.SendSMS(ctx, store.SMS{ID: store.DeriveID("sms", e.ID), Kind: "recovered", Mobile: r.Mobile,
		EnterpriseID: r.EnterpriseID, AccountID: r.AccountID, Params: map[string]string{"enterprise": enterprise.Name}})
}

// recoveryDenied tells the person why not.
func (a *Acts) recoveryDenied(ctx context.Context, e internship.Event, _ string) (string, error) {
	r, err := a.recoveryOf(ctx, e)
	if err != nil {
		return "", err
	}
	return "", a.SendSMS(ctx, store.SMS{ID: store.DeriveID("sms", e.ID), Kind: "recovery_refused", Mobile: r.Mobile,
		Params: map[string]string{"reason": r.Reason}})
}

// recoveryOf is the recovery that an event happened to.
func (a *Acts) recoveryOf(ctx context.Context, e internship.Event) (*internship.Recovery, error) {
	if e.Refs.RecoveryID == "" {
		return nil, internship.ErrInternal.Because(errors.New("no recovery in " + e.ID))
	}
	return a.DB.Recoveries.Get(ctx, e.Refs.RecoveryID)
}

package acts

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"shixi/internship"
	"shixi/store"
)

// registryPatience is how long a registry that does not answer is asked again,
// with the growing pauses of a job, before the check is left to the reviewers.
const registryPatience = 5 * time.Minute

// Registry is the market regulator's registry of enterprises.
type Registry interface {
	// Record gives what the registry has under a code; found is false when it
	// has nothing. An error says that it did not answer.
	Record(ctx context.Context, code string) (record internship.RegistryRecord, found bool, err error)
}

// askRegistry asks about core data. Without a registry the check is left to
// the reviewers.
func (a *Acts) askRegistry(ctx context.Context, c internship.Core) (internship.RegistryCheck, error) {
	if a.Registry == nil {
		return internship.RegistryCheck{Outcome: internship.RegistrySilent}, nil
	}
	record, found, err := a.Registry.Record(ctx, c.Code)
	if err != nil || !found {
		return internship.RegistryCheck{Outcome: internship.RegistryNotFound}, err
	}
	return record.Compare(c), nil
}

// registryCheck asks the registry about what was submitted last, and keep what it
// says. It runs for every submission; one that came later than the event is
// asked about by whichever job is first.
func (a *Acts) registryCheck(ctx context.Context, event internship.Event, _ string) (string, error) {
	e, err := a.DB.Enterprises.Get(ctx, event.Refs.EnterpriseID)
	if err != nil {
		return "", err
	}
	core, round, wanted := e.RegistryQuestion()
	if !wanted {
		return "", nil
	}
	found, err := a.askRegistry(ctx, core)
	if err != nil {
		if a.Now().Sub(event.At) < registryPatience {
			return "", internship.ErrUnavailable.Because(err)
		}
		a.Log.WarnContext(ctx, "the registry stays silent: the check is left to reviewers", slog.String("enterprise", e.ID), slog.Any("error", err))
		found = internship.RegistryCheck{Outcome: internship.RegistrySilent}
	}
	_, err = a.DB.Enterprises.Change(ctx, e, func(e *internship.Enterprise) error {
		noted, err := e.NoteRegistry(round, found, a.consequence(event))
		if err == nil && !noted {
			return store.Unchanged
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("note registry: %w", err)
	}
	return "", nil
}

// ownerFollows lets the owner log in with the enterprise's code of today, and
// finishes a registration that broke off before its owner joined.
func (a *Acts) ownerFollows(ctx context.Context, event internship.Event, _ string) (string, error) {
	e, err := a.DB.Enterprises.Get(ctx, event.Refs.EnterpriseID)
	if err != nil {
		return "", err
	}
	if err := a.join(ctx, e, a.consequence(event)); err != nil {
		return "", err
	}
	staff, err := a.DB.Staff(ctx, e.ID)
	if err != nil {
		return "", err
	}
	for _, account := range staff {
		_, err := a.DB.Accounts.Change(ctx, account, func(x *internship.Account) error {
			news, err := x.KnowAs(e, a.consequence(event))
			if err == nil && !news {
				return store.Unchanged
			}
			return err
		})
		if err != nil {
			return "", fmt.Errorf("owner's code: %w", err)
		}
	}
	return "", nil
}

// join makes the account that registered an enterprise its owner.
func (a *Acts) join(ctx context.Context, e *internship.Enterprise, do internship.Do) error {
	if e.OwnerID == "" {
		return nil
	}
	_, err := a.DB.Accounts.Update(ctx, e.OwnerID, func(x *internship.Account) error {
		if x.State != internship.AccountOpening {
			return store.Unchanged
		}
		return x.Join(e, do)
	})
	if err != nil {
		return fmt.Errorf("join: %w", err)
	}
	return nil
}

package acts

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"shixi/internship"
	"shixi/store"
)

func (a *Acts) siblingsLapse(ctx context.Context, e internship.Event, _ string) (string, error) {
	siblings, err := a.DB.Siblings(ctx, e.Refs.StudentID, e.Refs.PlanID, e.Refs.PlacementID)
	if err != nil {
		return "", err
	}
	for _, s := range siblings {
		free, err := a.freeSince(ctx, s, e)
		if err != nil {
			return "", err
		}
		if free {
			continue
		}
		if err := a.lapse(ctx, s, internship.SignedByAnother, e); err != nil {
			return "", err
		}
	}
	return "", nil
}

// freeSince says whether an application came after the acceptance and its
// student is signed no more: a job that is late must not end what he or she
// chose once the signing was taken back.
func (a *Acts) freeSince(ctx context.Context, p *internship.Placement, accepted internship.Event) (bool, error) {
	if !p.AppliedAt.After(accepted.At) {
		return false, nil
	}
	signed, err := a.DB.SignedIn(ctx, p.StudentID, p.PlanID)
	return signed == nil, err
}

// lapse ends an open application; one that is no longer open stays as it is.
func (a *Acts) lapse(ctx context.Context, p *internship.Placement, reason string, e internship.Event) error {
	_, err := a.DB.Placements.Change(ctx, p, func(p *internship.Placement) error {
		if !p.Open() {
			return store.Unchanged
		}
		return p.Lapse(reason, a.consequence(e))
	})
	if err != nil {
		return fmt.Errorf("lapse %s: %w", p.ID, err)
	}
	return nil
}

func (a *Acts) applicationRecheck(ctx context.Context, e internship.Event, _ string) (string, error) {
	p, err := a.DB.Placements.Get(ctx, e.Refs.PlacementID)
	if err != nil || !p.Open() {
		return "", err
	}
	signed, err := a.DB.SignedIn(ctx, p.StudentID, p.PlanID)
	if err != nil {
		return "", err
	}
	if signed != nil {
		return "", a.lapse(ctx, p, internship.SignedByAnother, e)
	}
	position, err := a.DB.Positions.Get(ctx, p.PositionID)
	if err != nil {
		return "", err
	}
	switch position.State {
	case internship.Closed, internship.Deleted, internship.Running:
		return "", a.lapse(ctx, p, internship.PositionShut, e)
	}
	if err := a.askAgain(ctx, p, position, e); err != nil {
		return "", err
	}
	return "", a.enterpriseRecheck(ctx, p, e)
}

// enterpriseRecheck lapses an application that came when its enterprise was
// not 正常 any more. One that came before waits for the end of the freeze, also
// when its student agreed to new terms since.
func (a *Acts) enterpriseRecheck(ctx context.Context, p *internship.Placement, e internship.Event) error {
	enterprise, err := a.DB.Enterprises.Get(ctx, p.EnterpriseID)
	if err != nil || enterprise.State == internship.Active || !p.AppliedAt.After(enterprise.StateAt) {
		return err
	}
	return a.lapse(ctx, p, internship.EnterpriseShut, e)
}

func (a *Acts) applicantsLapse(ctx context.Context, e internship.Event, cursor string) (string, error) {
	return a.eachApplicant(ctx, e, cursor, []string{internship.Applied, internship.AwaitingStudent},
		func(p *internship.Placement) error {
			again, err := a.publishedSince(ctx, p, e)
			if err != nil || again {
				return err
			}
			return a.lapse(ctx, p, internship.PositionShut, e)
		})
}

// publishedSince says whether an application came after recruiting ended and
// its position has been published again: a job that is late must not end what
// was applied for since.
func (a *Acts) publishedSince(ctx context.Context, p *internship.Placement, ended internship.Event) (bool, error) {
	if !p.AppliedAt.After(ended.At) {
		return false, nil
	}
	position, err := a.DB.Positions.Get(ctx, p.PositionID)
	return err == nil && position.PublishedAt.After(ended.At), err
}

func (a *Acts) applicantsReconfirm(ctx context.Context, e internship.Event, cursor string) (string, error) {
	if e.Data["reason"] != internship.MaterialChange {
		return "", nil
	}
	position, err := a.DB.Positions.Get(ctx, e.Refs.PositionID)
	if err != nil {
		return "", err
	}
	return a.eachApplicant(ctx, e, cursor, []string{internship.Applied}, func(p *internship.Placement) error {
		return a.askAgain(ctx, p, position, e)
	})
}

// askAgain puts an application back to its student when it agreed to terms that
// are not the published ones any more.
func (a *Acts) askAgain(ctx context.Context, p *internship.Placement, position *internship.Position, e internship.Event) error {
	_, err := a.DB.Placements.Change(ctx, p, func(p *internship.Placement) error {
		if p.State != internship.Applied || !position.Outdates(p) {
			return store.Unchanged
		}
		return p.AskAgain(a.consequence(e))
	})
	return err
}

// eachApplicant does something to one page of a position's rows in the first
// state, then the next state; the cursor is "<state>|<list cursor>".
func (a *Acts) eachApplicant(ctx context.Context, e internship.Event, cursor string, states []string, do func(*internship.Placement) error) (string, error) {
	state, after, _ := strings.Cut(cursor, "|")
	n := max(0, slices.Index(states, state))
	page, err := a.DB.PositionPlacements(ctx, e.Refs.PositionID, states[n], after, reactionPage)
	if err != nil {
		return "", err
	}
	for _, p := range page.Items {
		if err := do(p); err != nil {
			return "", err
		}
	}
	switch {
	case page.Next != "":
		return states[n] + "|" + page.Next, nil
	case n+1 < len(states):
		return states[n+1] + "|", nil
	}
	return "", nil
}

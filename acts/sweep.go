package acts

import (
	"context"
	"fmt"
	"time"

	"shixi/internship"
	"shixi/store"
)

// afterMidnight is how long after the end of an enrolment the system looks at
// its position: longer than clocks of replicas differ, so that whoever accepts
// later also knows that it is over (see headcountRecheck).
const afterMidnight = time.Hour

// LookDay is the day until which positions are looked at now.
func LookDay(now time.Time) internship.Date { return internship.DateOf(now.Add(-afterMidnight)) }

// BrokenOffBy is the instant by which a registration began that will not come
// to its end any more: longer ago than its pass lasts and a day is, so that
// whoever comes back has had time to.
func BrokenOffBy(now time.Time) time.Time { return now.Add(-day) }

// EndBrokenOff frees what a registration that broke off holds, or brings it to
// its end where only the last step is missing; any other account stays as it
// is.
func (a *Acts) EndBrokenOff(ctx context.Context, account *internship.Account) error {
	if account.State != internship.AccountOpening || account.CreatedAt.After(BrokenOffBy(a.Now())) {
		return nil
	}
	if _, err := a.endUnfinished(ctx, account); err != nil {
		return fmt.Errorf("end broken off registration: %w", err)
	}
	return nil
}

// EndFilled ends the recruiting of a position whose enrolment is over when
// every place is taken (domain.md §2.2, by the system). It looks once at each
// publication: when places are left then, it is the acceptance of the last one
// that ends recruiting.
func (a *Acts) EndFilled(ctx context.Context, p *internship.Position) error {
	taken, err := a.DB.TakenPlaces(ctx, p.ID)
	if err != nil {
		return err
	}
	_, err = a.DB.Positions.Change(ctx, p, func(p *internship.Position) error {
		switch {
		case p.LookOn == "" || p.LookOn > LookDay(a.Now()): // looked at, or published again
			return store.Unchanged
		case p.Filled(len(taken), a.Now()):
			return p.EndRecruiting(len(taken), internship.Do{By: internship.System(), At: a.Now()})
		}
		p.LookedOn()
		return nil
	})
	return err
}

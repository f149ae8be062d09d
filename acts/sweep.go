package acts

import (
	"context"
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

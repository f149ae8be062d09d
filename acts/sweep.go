package acts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"shixi/internship"
	"shixi/store"
)

// afterMidnight is how long after the end of an enrolment the system looks at
// it: longer than clocks of replicas differ, so that whoever accepts later also
// knows that it is over (see headcountRecheck).
const afterMidnight = time.Hour

// EndFilled ends recruiting where enrolment is over and every place is taken
// (domain.md §2.2, by the system), for at most limit positions; more says
// whether there may be others. It looks once at each position: when places are
// left then, it is the acceptance of the last one that ends recruiting.
func (a *Acts) EndFilled(ctx context.Context, limit int) (more bool, err error) {
	day := internship.DateOf(a.Now().Add(-afterMidnight))
	found, err := a.DB.PositionsToLookAt(ctx, day, limit)
	if err != nil {
		return false, err
	}
	var failed []error
	for _, p := range found {
		if err := a.endIfFilled(ctx, p, day); err != nil {
			failed = append(failed, fmt.Errorf("look at %s: %w", p.ID, err))
		}
	}
	return len(found) == limit && failed == nil, errors.Join(failed...)
}

func (a *Acts) endIfFilled(ctx context.Context, p *internship.Position, day internship.Date) error {
	taken, err := a.DB.TakenPlaces(ctx, p.ID)
	if err != nil {
		return err
	}
	_, err = a.DB.Positions.Change(ctx, p, func(p *internship.Position) error {
		switch {
		case p.LookOn == "" || p.LookOn > day: // looked at, or published again
			return store.Unchanged
		case p.Filled(len(taken), a.Now()):
			return p.EndRecruiting(len(taken), internship.Do{By: internship.System(), At: a.Now()})
		}
		p.LookedOn()
		return nil
	})
	return err
}

package acts

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"shixi/captcha"
	"shixi/internship"
	"shixi/store"
)

// Puzzles draws the puzzles of the human check (滑动验证).
type Puzzles interface {
	// Make draws one. Errors: of ctx, while it waits for its turn.
	Make(ctx context.Context) (captcha.Puzzle, error)
}

const (
	// puzzleLife is how long a puzzle may be looked at, ticketLife how long the
	// form behind it may take.
	puzzleLife = 2 * time.Minute
	ticketLife = 5 * time.Minute
)

// Kinds of tokens: one can't be taken for the other.
const (
	puzzleToken = "puzzle"
	ticketToken = "ticket"
)

// Challenge is a puzzle for one person. Nothing is kept of it: the token holds,
// sealed, where the tile belongs.
type Challenge struct {
	Token   string
	Puzzle  captcha.Puzzle
	Expires time.Time
}

// sealedCheck is what a puzzle's token and a ticket hold.
type sealedCheck struct {
	ID      string    `json:"id"`
	Target  int       `json:"target,omitempty"`
	Expires time.Time `json:"expires"`
}

// Challenge makes a puzzle. Errors: ErrTooManyTries, ErrUnavailable when too
// many wait for theirs.
func (a *Acts) Challenge(ctx context.Context, address string) (Challenge, error) {
	if a.Captcha == nil {
		return Challenge{}, internship.ErrUnavailable
	}
	if err := a.limit(ctx, addressPuzzlesHour(address), a.Limits.PuzzlesHour, hour); err != nil {
		return Challenge{}, err
	}
	if err := a.limit(ctx, addressPuzzlesDay(address), a.Limits.PuzzlesDay, day); err != nil {
		return Challenge{}, err
	}
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	puzzle, err := a.Captcha.Make(wait)
	if err != nil {
		return Challenge{}, fmt.Errorf("make puzzle: %w", internship.ErrUnavailable.Because(err))
	}
	c := Challenge{Puzzle: puzzle, Expires: a.Now().Add(puzzleLife)}
	c.Token, err = a.DB.SealToken(puzzleToken, sealedCheck{ID: rand.Text(), Target: puzzle.Target, Expires: c.Expires})
	return c, err
}

// Ticket lets one password be tried or one SMS code be sent.
type Ticket struct {
	Text    string
	Expires time.Time
}

// Solve answers a puzzle with the x at which the tile was dropped. The first
// answer burns the puzzle, right or wrong. Errors: ErrCaptcha.
func (a *Acts) Solve(ctx context.Context, token string, x int) (Ticket, error) {
	check, err := a.burn(ctx, puzzleToken, token, puzzleLife)
	if err != nil {
		return Ticket{}, err
	}
	if !captcha.Fits(check.Target, x) {
		return Ticket{}, internship.ErrCaptcha
	}
	t := Ticket{Expires: a.Now().Add(ticketLife)}
	t.Text, err = a.DB.SealToken(ticketToken, sealedCheck{ID: rand.Text(), Expires: t.Expires})
	return t, err
}

// useTicket uses a ticket up. It stands before each try at a password and each
// SMS code sent. Errors: ErrCaptcha.
func (a *Acts) useTicket(ctx context.Context, ticket string) error {
	_, err := a.burn(ctx, ticketToken, ticket, ticketLife)
	return err
}

// burn reads a token and uses it up, on whichever replica.
func (a *Acts) burn(ctx context.Context, kind, token string, life time.Duration) (sealedCheck, error) {
	var check sealedCheck
	if err := a.DB.OpenToken(kind, token, &check); store.Absent(err) {
		return check, internship.ErrCaptcha
	} else if err != nil {
		return check, err
	}
	if !a.Now().Before(check.Expires) {
		return check, internship.ErrCaptcha
	}
	fresh, err := a.DB.UseNonce(ctx, kind, check.ID, life+time.Minute) // a minute for replicas whose clocks differ
	if err != nil {
		return check, fmt.Errorf("burn %s: %w", kind, err)
	}
	if !fresh {
		return check, internship.ErrCaptcha
	}
	return check, nil
}

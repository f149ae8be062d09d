package acts

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"shixi/internship"
	"shixi/store"
)

// passLife is how long the form behind a pass may take.
const passLife = time.Hour

// Admitted is a new pass: the token is shown once and kept as its hash.
type Admitted struct {
	Token string
	Pass  store.Pass
}

// Admit gives a pass for a mobile and the code that was sent to it, for
// internship.CodeForRegister or internship.CodeForRecovery. Errors: ErrInvalid, ErrSMSCode, ErrTooManyTries.
func (a *Acts) Admit(ctx context.Context, purpose string, in internship.MobilePassInput, address string) (Admitted, error) {
	in, err := in.Parse()
	if err != nil {
		return Admitted{}, err
	}
	if err := a.limitAddress(ctx, address); err != nil {
		return Admitted{}, err
	}
	if err := a.checkCode(ctx, purpose, in.Mobile, in.SMSCode, address); err != nil {
		return Admitted{}, err
	}
	token := "sp_" + rand.Text() + rand.Text()
	p := store.Pass{ID: TokenHash(token), Purpose: purpose, Mobile: in.Mobile, Expires: a.Now().Add(passLife)}
	if err := a.DB.AddPass(ctx, p); err != nil {
		return Admitted{}, err
	}
	return Admitted{Token: token, Pass: p}, nil
}

// pass gives the pass of a token, used or not: usePass decides that, so that
// the request that used it may be made again. Errors: ErrPass.
func (a *Acts) pass(ctx context.Context, token string) (store.Pass, error) {
	if token == "" {
		return store.Pass{}, internship.ErrPass
	}
	p, err := a.DB.Pass(ctx, TokenHash(token))
	if store.Absent(err) {
		return store.Pass{}, internship.ErrPass
	}
	if err != nil {
		return store.Pass{}, fmt.Errorf("pass: %w", err)
	}
	return p, nil
}

// passFor is pass for one purpose.
func (a *Acts) passFor(ctx context.Context, purpose, token string) (store.Pass, error) {
	p, err := a.pass(ctx, token)
	if err == nil && p.Purpose != purpose {
		return store.Pass{}, internship.ErrPass
	}
	return p, err
}

// usePass uses a pass up; the op that did may do it again. Errors: ErrPass.
func (a *Acts) usePass(ctx context.Context, p store.Pass) error {
	ours, err := a.DB.UsePass(ctx, p.ID)
	if err != nil {
		return fmt.Errorf("use pass: %w", err)
	}
	if !ours {
		return internship.ErrPass
	}
	return nil
}

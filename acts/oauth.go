package acts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"shixi/internship"
	"shixi/store"
)

const (
	// visitLife is how long a person may stay on WeChat's page; its code lives
	// for five minutes (wechat.md §5.1).
	visitLife = 10 * time.Minute
	// visitClaim is how long whoever comes first has to exchange a code; longer
	// than a request may take.
	visitClaim = 15 * time.Second
	// visitStep is how often the second caller looks what the first got.
	visitStep = 100 * time.Millisecond
	// markLife is how long a log-in may take whose person WeChat has told.
	markLife = 10 * time.Minute

	visitTries  = 1200
	visitWindow = time.Hour
)

// Kinds of sealed tokens.
const (
	visitToken  = "visit"  // held by a browser that was sent to WeChat
	markToken   = "wechat" // who holds the browser, to be bound by its next log-in
	personToken = "person" // who holds the browser, to answer a log-in page's code
)

// Departure is a browser sent to WeChat to learn who holds it.
type Departure struct {
	// Link is where it goes, State what comes back with it, Sealed what the
	// browser keeps meanwhile.
	Link, State, Sealed string
	Expires             time.Time
}

// sealedVisit is what a browser keeps while it is away.
type sealedVisit struct {
	State   string    `json:"state"`
	Next    string    `json:"next"`
	Person  bool      `json:"person,omitempty"`
	Again   bool      `json:"again,omitempty"`
	Expires time.Time `json:"expires"`
}

// sealedMark is who holds a browser.
type sealedMark struct {
	ID      string    `json:"id"`
	OpenID  string    `json:"openId"`
	UnionID string    `json:"unionId,omitempty"`
	Expires time.Time `json:"expires"`
}

// Trip is why a browser is sent to WeChat.
type Trip struct {
	// Back is our address that WeChat sends it to, Next where it goes from there.
	Back, Next string
	// Person: it need only be known who holds the browser, nobody is logged in.
	Person bool
	// Again: the code of the first trip was used up or too old.
	Again bool
}

// Depart sends a browser to WeChat. Nothing is kept of it here.
func (a *Acts) Depart(t Trip) (Departure, error) {
	if a.Pages == nil {
		return Departure{}, internship.ErrUnavailable
	}
	d := Departure{State: rand.Text(), Expires: a.Now().Add(visitLife)}
	var err error
	if d.Link, err = a.Pages.AuthorizeURL(t.Back, d.State); err != nil {
		return Departure{}, fmt.Errorf("depart: %w", err)
	}
	d.Sealed, err = a.DB.SealToken(visitToken, sealedVisit{State: d.State, Next: t.Next, Person: t.Person, Again: t.Again, Expires: d.Expires})
	return d, err
}

// Return is a browser that comes back from WeChat.
type Return struct {
	Code, State string
	// Sealed is what the browser was given when it left.
	Sealed  string
	Device  Device
	Address string
}

// Arrival is what came of a trip; at most one of the last four is set.
type Arrival struct {
	Next string
	// Opened is the session of the account bound to the person.
	Opened *Opened
	// Mark is the person, bound to no account, for [Acts.BindMarked]; Person the
	// same for [Acts.PersonOf] after a trip that asked for no more.
	Mark, Person string
	// Again: the code was used up or too old; the browser is to leave once more.
	Again bool
}

// Outcomes of a visit.
const (
	visitOpened   = "opened"
	visitUnbound  = "unbound"
	visitPerson   = "person"
	visitSnapshot = "snapshot"
	visitRefused  = "refused"
)

// Arrive takes a browser in that comes back from WeChat. The same code again,
// from the same browser, has the same outcome, also while the first call is
// still under way. Errors: ErrVisit for a state that is not this browser's and
// for a code that was another's, ErrSnapshot, ErrBadWechat for a code that is
// bad a second time, ErrTooManyTries.
func (a *Acts) Arrive(ctx context.Context, r Return) (Arrival, error) {
	if a.Pages == nil {
		return Arrival{}, internship.ErrUnavailable
	}
	var trip sealedVisit
	err := a.DB.OpenToken(visitToken, r.Sealed, &trip)
	if store.Absent(err) || err == nil && (!a.Now().Before(trip.Expires) || subtle.ConstantTimeCompare([]byte(trip.State), []byte(r.State)) != 1) {
		return Arrival{}, internship.ErrVisit
	}
	if err != nil {
		return Arrival{}, err
	}
	tried := "visit:" + r.Address
	if err := a.limit(ctx, tried, visitTries, visitWindow); err != nil {
		return Arrival{}, err
	}
	v, err := a.visited(ctx, r, trip.Person)
	if err != nil {
		return Arrival{}, err
	}
	if v.Outcome != visitRefused {
		a.untry(ctx, tried)
	}
	return a.arrived(ctx, r, trip, v)
}

// visited gives the outcome of a code, by exchanging it or by waiting for whoever
// does.
func (a *Acts) visited(ctx context.Context, r Return, person bool) (store.Visit, error) {
	for {
		now := a.Now()
		v, mine, err := a.DB.ClaimVisit(ctx, store.Visit{ID: TokenHash("visit " + r.Code), Browser: TokenHash("state " + r.State),
			ClaimedUntil: now.Add(visitClaim), Expires: now.Add(visitLife)})
		switch {
		case err != nil:
			return v, fmt.Errorf("arrive: %w", err)
		case mine:
			return a.exchange(ctx, r, v, person)
		case v.Browser != TokenHash("state "+r.State):
			return v, internship.ErrVisit
		case v.Outcome != "":
			return v, nil
		}
		select {
		case <-ctx.Done():
			return v, internship.ErrUnavailable.Because(ctx.Err())
		case <-time.After(visitStep):
		}
	}
}

// exchange asks WeChat who came, and keeps what follows from it. A code that
// did not reach WeChat may be tried again.
func (a *Acts) exchange(ctx context.Context, r Return, v store.Visit, person bool) (store.Visit, error) {
	who, err := a.Pages.Visitor(ctx, r.Code)
	switch {
	case errors.Is(err, internship.ErrBadWechat):
		v.Outcome = visitRefused
	case err == nil && who.Snapshot:
		v.Outcome = visitSnapshot
	case err == nil && person:
		v.Outcome, v.OpenID = visitPerson, who.OpenID
	case err == nil:
		err = a.enterVisit(ctx, r, &v, who)
	}
	if err != nil && !errors.Is(err, internship.ErrBadWechat) {
		dropping := context.WithoutCancel(ctx)
		return v, errors.Join(fmt.Errorf("arrive: %w", err), a.DB.DropVisit(dropping, v))
	}
	if err := a.DB.EndVisit(ctx, v); err != nil {
		return v, fmt.Errorf("arrive: %w", err)
	}
	return v, nil
}

// enterVisit opens the session of the account that the person is bound to, or
// whose mini-program user he or she is.
func (a *Acts) enterVisit(ctx context.Context, r Return, v *store.Visit, who Visitor) error {
	v.Outcome, v.OpenID, v.UnionID = visitUnbound, who.OpenID, who.UnionID
	account, err := a.activeFollower(ctx, who.OpenID)
	if err == nil && account == nil {
		account, err = a.linkVisitor(ctx, who)
	}
	if err != nil || account == nil {
		return err
	}
	token, err := a.derived("visit", r.Code, r.State)
	if err != nil {
		return err
	}
	opened, err := a.openAs(ctx, account, r.Device, token)
	v.Outcome, v.AccountID, v.Session = visitOpened, account.ID, opened.Session.ID
	return err
}

// linkVisitor looks for the account of the same person's mini-program user. That
// WeChat can't be asked just now hinders nobody: the person may log in.
func (a *Acts) linkVisitor(ctx context.Context, who Visitor) (*internship.Account, error) {
	i := internship.Identity{AppID: a.Apps.ServiceAccount, OpenID: who.OpenID, UnionID: who.UnionID, BoundAt: a.Now()}
	if i.UnionID == "" && a.Apps.MiniProgram != "" {
		f, told, err := a.follower(ctx, who.OpenID)
		if err != nil {
			a.Log.WarnContext(ctx, "who opened a page could not be looked for by unionid", slog.Any("error", err))
		}
		i.UnionID, i.Gone = f.UnionID, told && !f.Following
	}
	return a.link(ctx, internship.ServiceAccount, i, internship.Do{By: internship.System(), At: a.Now()})
}

// arrived says what the browser is told of an outcome.
func (a *Acts) arrived(ctx context.Context, r Return, trip sealedVisit, v store.Visit) (Arrival, error) {
	out := Arrival{Next: trip.Next}
	mark := sealedMark{ID: rand.Text(), OpenID: v.OpenID, UnionID: v.UnionID, Expires: a.Now().Add(markLife)}
	var err error
	switch v.Outcome {
	case visitSnapshot:
		return Arrival{}, internship.ErrSnapshot
	case visitRefused:
		if trip.Again {
			return Arrival{}, internship.ErrBadWechat.With("微信授权已失效，请关闭页面后从服务号重新进入")
		}
		out.Again = true
	case visitPerson:
		out.Person, err = a.DB.SealToken(personToken, mark)
	case visitUnbound:
		mark.ID = v.ID // one code is one mark, however often it comes
		out.Mark, err = a.DB.SealToken(markToken, mark)
	case visitOpened:
		var token string
		if token, err = a.derived("visit", r.Code, r.State); err == nil {
			out.Opened, err = a.openedBefore(ctx, token, r.Device)
		}
		if err == nil && out.Opened == nil {
			return Arrival{}, internship.ErrVisit // logged out since
		}
	}
	return out, err
}

// PersonOf reads who holds the browser with a sealed person. Errors: ErrVisit.
func (a *Acts) PersonOf(sealed string) (openID string, err error) {
	var m sealedMark
	err = a.DB.OpenToken(personToken, sealed, &m)
	if store.Absent(err) || err == nil && !a.Now().Before(m.Expires) {
		return "", internship.ErrVisit
	}
	return m.OpenID, err
}

// Marks are what a browser knows of the person who logs in in it.
type Marks struct {
	// Wechat is a sealed mark, of a browser inside WeChat.
	Wechat string
	// QR and Secret are those of a code the browser shows.
	QR, Secret string
}

// BindMarked binds the person whom the browser's marks tell to the account that
// was just logged in to; each mark serves once. It gives the account as it is
// then, nil where nobody was told. Errors: ErrWechatTaken, ErrBusy where the
// session has become void.
func (a *Acts) BindMarked(ctx context.Context, s store.Session, m Marks) (*internship.Account, error) {
	i := internship.Identity{AppID: a.Apps.ServiceAccount, BoundAt: a.Now()}
	var err error
	if i.OpenID, i.UnionID, err = a.useMarks(ctx, m); err != nil || i.OpenID == "" {
		return nil, err
	}
	account, err := a.DB.Accounts.Get(ctx, s.AccountID)
	if err == nil && account.Epoch != s.Epoch {
		err = internship.ErrBusy
	}
	if err != nil {
		return nil, fmt.Errorf("bind marked: %w", err)
	}
	return a.bind(ctx, account, internship.ServiceAccount, i)
}

// useMarks uses the marks up and gives the person, "" where there is none.
func (a *Acts) useMarks(ctx context.Context, m Marks) (openID, unionID string, err error) {
	var mark sealedMark
	if err := a.DB.OpenToken(markToken, m.Wechat, &mark); err == nil && a.Now().Before(mark.Expires) {
		fresh, err := a.DB.UseNonce(ctx, markToken, mark.ID, markLife+visitLife)
		if err != nil {
			return "", "", fmt.Errorf("use mark: %w", err)
		}
		if fresh {
			return mark.OpenID, mark.UnionID, nil
		}
	}
	if m.QR == "" {
		return "", "", nil
	}
	q, err := a.DB.QRLogin(ctx, m.QR)
	if store.Absent(err) || err == nil && (q.State != store.QRScanned || q.Bound || !shows(q, m.Secret)) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	q.State = store.QRUsed
	moved, err := a.DB.MoveQRLogin(ctx, q, store.QRScanned)
	if err != nil || !moved {
		return "", "", err
	}
	return q.OpenID, "", nil
}

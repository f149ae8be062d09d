package acts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"shixi/internship"
	"shixi/store"
)

// link binds an identity to the one account whose other channel has the same
// unionid, which WeChat gives to one person only. It gives nil where there is
// no such account, or more than one, or its person did not want it.
func (a *Acts) link(ctx context.Context, c internship.Channel, i internship.Identity, do internship.Do) (*internship.Account, error) {
	if i.UnionID == "" {
		return nil, nil //nolint:nilnil // nobody is no failure
	}
	other := internship.ServiceAccount
	if c == internship.ServiceAccount {
		other = internship.MiniProgram
	}
	known, err := a.DB.AccountsByUnion(ctx, other, i.UnionID)
	if err != nil {
		return nil, fmt.Errorf("link by unionid: %w", err)
	}
	var one *internship.Account
	for _, x := range known {
		if !x.MayLink(c, i.UnionID) {
			continue
		}
		if one != nil {
			return nil, nil //nolint:nilnil // two can't be told apart
		}
		one = x
	}
	if one == nil {
		return nil, nil //nolint:nilnil // as above
	}
	return a.linked(ctx, one, c, i, do)
}

// linked records a link, if it still may be made.
func (a *Acts) linked(ctx context.Context, account *internship.Account, c internship.Channel, i internship.Identity, do internship.Do) (*internship.Account, error) {
	saved, err := a.DB.Accounts.Change(ctx, account, func(x *internship.Account) error {
		if !x.MayLink(c, i.UnionID) {
			return store.Unchanged
		}
		return rebind(x, c, i, do)
	})
	switch {
	case store.Held(err, "openid"):
		return nil, nil //nolint:nilnil // bound elsewhere meanwhile: that holds
	case err != nil:
		return nil, fmt.Errorf("link by unionid: %w", err)
	case c == internship.MiniProgram && !is(saved.MiniProgram, i), c == internship.ServiceAccount && !is(saved.Follower, i):
		return nil, nil //nolint:nilnil // as above
	}
	return saved, nil
}

func is(bound *internship.Identity, i internship.Identity) bool {
	return bound != nil && bound.AppID == i.AppID && bound.OpenID == i.OpenID
}

// knowUser notes the unionid of a mini-program user who was bound before WeChat
// told it.
func (a *Acts) knowUser(ctx context.Context, account *internship.Account, i internship.Identity) (*internship.Account, error) {
	if i.UnionID == "" || is(account.MiniProgram, i) && account.MiniProgram.UnionID == i.UnionID {
		return account, nil
	}
	return a.DB.Accounts.Change(ctx, account, asShown(account, func(x *internship.Account) error {
		if !x.KnowUnion(internship.MiniProgram, i.OpenID, i.UnionID) {
			return store.Unchanged
		}
		return nil
	}))
}

// came has a follower whom no account knows looked for by unionid: as a job,
// because WeChat must be asked, at most once a day for each.
func (a *Acts) came(ctx context.Context, openID string) error {
	if a.Apps.MiniProgram == "" {
		return nil // a unionid could be known from nowhere
	}
	now := a.Now()
	e := internship.Event{ID: store.DeriveID("flw", openID, now.In(internship.Zone).Format(time.DateOnly)), Kind: internship.FollowerCame, At: now,
		By: internship.System(), Data: map[string]string{"openId": openID}}
	var jobs []store.Job
	for _, r := range ReactionsTo(e.Kind) {
		jobs = append(jobs, store.Job{ID: e.ID + "/" + r.Name, Reaction: r.Name, Event: e, Work: store.NewWork(now, now, 0)})
	}
	if err := a.DB.AddJobs(ctx, jobs); err != nil {
		return fmt.Errorf("follower came: %w", err)
	}
	return nil
}

// followerLinked is the job of came.
func (a *Acts) followerLinked(ctx context.Context, e internship.Event, _ string) (string, error) {
	openID := e.Data["openId"]
	f, _, err := a.follower(ctx, openID)
	if err != nil || f.UnionID == "" || !f.Following {
		return "", err
	}
	switch _, err := a.DB.AccountByOpenID(ctx, a.Apps.ServiceAccount, openID); {
	case err == nil:
		return "", nil
	case !store.Absent(err):
		return "", err
	}
	i := internship.Identity{AppID: a.Apps.ServiceAccount, OpenID: openID, UnionID: f.UnionID, BoundAt: a.Now()}
	_, err = a.link(ctx, internship.ServiceAccount, i, a.consequence(e))
	return "", err
}

// followerAsked notes what WeChat tells of a follower who was just bound.
func (a *Acts) followerAsked(ctx context.Context, e internship.Event, _ string) (string, error) {
	account, err := a.DB.Accounts.Get(ctx, e.Refs.AccountID)
	if err != nil || account.Follower == nil || e.Data["channel"] != string(internship.ServiceAccount) {
		return "", err
	}
	openID := account.Follower.OpenID
	f, told, err := a.follower(ctx, openID)
	if err != nil || !told {
		return "", err
	}
	return "", a.noteFollower(ctx, account, openID, f, a.consequence(e))
}

// noteFollower keeps what WeChat told of a bound follower.
func (a *Acts) noteFollower(ctx context.Context, account *internship.Account, openID string, f Follower, do internship.Do) error {
	_, err := a.DB.Accounts.Change(ctx, account, func(x *internship.Account) error {
		news := x.KnowUnion(internship.ServiceAccount, openID, f.UnionID)
		moved, err := x.Follow(openID, !f.Following, do)
		if err == nil && !news && !moved {
			return store.Unchanged
		}
		return err
	})
	return err
}

// follower asks WeChat about one openid; told is false for what WeChat will not
// tell, however often it is asked.
func (a *Acts) follower(ctx context.Context, openID string) (f Follower, told bool, err error) {
	if a.Followers == nil {
		return f, false, nil
	}
	all, err := a.Followers.Followers(ctx, []string{openID})
	switch {
	case errors.Is(err, internship.ErrNotFound), errors.Is(err, internship.ErrForbidden):
		a.Log.WarnContext(ctx, "WeChat does not tell of a follower", slog.Any("error", err))
		return f, false, nil
	case err != nil:
		return f, false, fmt.Errorf("ask about a follower: %w", err)
	}
	f, told = all[openID]
	return f, told, nil
}

// Filled is what a page of FillUnions did.
type Filled struct {
	// Next is where to go on; empty: all accounts were seen.
	Next string
	// Seen accounts, of which Lacking had a follower without unionid, of which
	// Learnt have one now.
	Seen, Lacking, Learnt int
}

// FillUnions asks for the unionids that a page of accounts lacks, for an
// operator who has just bound both apps to one open-platform account. Of the
// mini-program's users WeChat tells them at their next log-in only.
func (a *Acts) FillUnions(ctx context.Context, after string) (Filled, error) {
	if a.Followers == nil {
		return Filled{}, internship.ErrUnavailable
	}
	page, err := a.DB.AccountsAfter(ctx, after, MaxFollowers)
	if err != nil {
		return Filled{}, fmt.Errorf("fill unionids: %w", err)
	}
	out := Filled{Seen: len(page)}
	lacking := map[string]*internship.Account{}
	for _, x := range page {
		if f := x.Follower; x.State == internship.AccountActive && f != nil && f.UnionID == "" && !f.Gone {
			lacking[f.OpenID] = x
		}
	}
	out.Lacking = len(lacking)
	if out.Learnt, err = a.learn(ctx, lacking); err != nil {
		return out, fmt.Errorf("fill unionids: %w", err)
	}
	if len(page) == MaxFollowers {
		out.Next = page[len(page)-1].ID
	}
	return out, nil
}

// learn asks about many followers at once, and one by one where WeChat refuses
// them all for the sake of one that is unknown to it.
func (a *Acts) learn(ctx context.Context, lacking map[string]*internship.Account) (learnt int, err error) {
	if len(lacking) == 0 {
		return 0, nil
	}
	openIDs := make([]string, 0, len(lacking))
	for id := range lacking {
		openIDs = append(openIDs, id)
	}
	told, err := a.Followers.Followers(ctx, openIDs)
	if errors.Is(err, internship.ErrNotFound) {
		a.Log.WarnContext(ctx, "an account is bound to an openid that is not the service account's", slog.Int("among", len(openIDs)))
		told = map[string]Follower{}
		for _, id := range openIDs {
			if told[id], _, err = a.follower(ctx, id); err != nil {
				return 0, err
			}
		}
	} else if err != nil {
		return 0, err
	}
	for id, f := range told {
		if f.UnionID == "" || lacking[id] == nil {
			continue
		}
		if err := a.noteFollower(ctx, lacking[id], id, f, internship.Do{By: internship.System(), At: a.Now()}); err != nil {
			return learnt, err
		}
		learnt++
	}
	return learnt, nil
}

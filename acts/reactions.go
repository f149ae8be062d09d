package acts

import (
	"context"
	"slices"

	"shixi/internship"
	"shixi/store"
)

// MaxDepth is how far reactions may cause reactions; a deeper event is stuck
// and needs a person (design.md §4).
const MaxDepth = 8

// reactionPage is how many documents a reaction changes before it notes how
// far it has come.
const reactionPage = 50

// Reaction is an act that an event causes: idempotent, doing nothing where the
// document has moved on.
type Reaction struct {
	// Name is stable: job rows carry it.
	Name string
	// On are the events that cause it.
	On []internship.Kind
	// Does says what it does, for docs/reactions.md.
	Does string
	// Run does one page from the cursor and returns the next cursor, "" when
	// done.
	Run func(a *Acts, ctx context.Context, e internship.Event, cursor string) (next string, err error)
}

// Reactions is the table event → acts; docs/reactions.md is printed from it.
func Reactions() []Reaction {
	return []Reaction{
		{"siblings_lapse", []internship.Kind{internship.PlacementAccepted},
			"the student's other open applications in the plan lapse (他企业先确认)", (*Acts).siblingsLapse},
		{"application_recheck", []internship.Kind{internship.PlacementApplied, internship.PlacementReconfirmed},
			"an application that came too late lapses: position closed, enterprise not 正常, student signed meanwhile; one to outdated terms goes back to its student", (*Acts).applicationRecheck},
		{"applicants_lapse", []internship.Kind{internship.PositionClosed, internship.PositionEnded},
			"the position's open applications lapse (岗位关闭)", (*Acts).applicantsLapse},
		{"applicants_reconfirm", []internship.Kind{internship.PositionPublished},
			"after a material change, waiting applications of older editions go back to their students (G-16)", (*Acts).applicantsReconfirm},
		{"headcount_recheck", []internship.Kind{internship.PlacementAccepted, internship.PositionEdited},
			"a headcount lowered at the instant of an acceptance is raised to the signed number; recruiting ends where enrolment is over and every place taken", (*Acts).headcountRecheck},
		{"interns_recheck", []internship.Kind{internship.PositionEnded, internship.PlacementWithdrawn, internship.PlacementObjected, internship.PlacementNoShow,
			internship.PlacementCompleted, internship.PlacementTerminated, internship.PlacementIncomplete},
			"a position in 实习中 is closed when its last intern has ended", (*Acts).internsRecheck},
		{"offers_follow", []internship.Kind{internship.EnterpriseRecommended, internship.EnterpriseFrozen, internship.EnterpriseLifted, internship.EnterpriseIndustry,
			internship.EnterpriseChangePassed},
			"the enterprise's recruiting positions become visible to a new recommending school's students (R-05), are hidden while it is frozen or its industry may take no interns, and bear its name and its recommending schools of today", (*Acts).offersFollow},
		{"registry_check", []internship.Kind{internship.EnterpriseRegistered, internship.EnterpriseResubmitted, internship.EnterpriseChangeRequested},
			"the market regulator's registry is asked about what was submitted; where it stays silent for 5 minutes, the check is left to the reviewers (R-04)", (*Acts).registryCheck},
		{"owner_follows", []internship.Kind{internship.EnterpriseRegistered, internship.EnterpriseResubmitted, internship.EnterpriseChangePassed},
			"who registered the enterprise is its owner, and may log in with its code of today", (*Acts).ownerFollows},
		{"offer_recheck", []internship.Kind{internship.PositionPublished},
			"a position published at the instant of a freeze or a recommendation follows its enterprise", (*Acts).offerRecheck},
		{"sessions_end", []internship.Kind{internship.AccountSecured, internship.AccountMoved},
			"sessions that a change of password, role or mobile, a removal or a recovery voided end, if they have not", (*Acts).sessionsEnd},
		{"former_mobile_told", []internship.Kind{internship.AccountMoved},
			"the mobile that was replaced is told by SMS, and forgotten", (*Acts).formerMobileTold},
		{"staff_told", []internship.Kind{internship.AccountAdded},
			"the person is told by SMS that there is an account, three times in 30 days at most", (*Acts).staffTold},
		{"recovery_done", []internship.Kind{internship.RecoveryGranted},
			"the owner's account moves to the verified mobile, if it has not, and both mobiles are told by SMS; where the mobile became another account's, the recovery is refused", (*Acts).recoveryDone},
		{"recovery_denied", []internship.Kind{internship.RecoveryDenied},
			"the person is told by SMS why not", (*Acts).recoveryDenied},
		{"follower_asked", []internship.Kind{internship.AccountBound},
			"WeChat is asked whether the follower who was bound follows, and for the unionid", (*Acts).followerAsked},
		{"follower_linked", []internship.Kind{internship.FollowerCame},
			"a follower whom no account knows is bound to the account whose mini-program user has the same unionid", (*Acts).followerLinked},
	}
}

// ReactionsTo lists the reactions that an event causes.
func ReactionsTo(kind internship.Kind) []Reaction {
	var out []Reaction
	for _, r := range Reactions() {
		if slices.Contains(r.On, kind) {
			out = append(out, r)
		}
	}
	return out
}

// ReactionNamed finds a reaction by the name in a job row.
func ReactionNamed(name string) (Reaction, bool) {
	for _, r := range Reactions() {
		if r.Name == name {
			return r, true
		}
	}
	return Reaction{}, false
}

// consequence is a change that the system makes because of an event.
func (a *Acts) consequence(e internship.Event) internship.Do {
	return internship.Do{By: internship.System(), At: a.Now(), Depth: e.Depth + 1}
}

func (a *Acts) headcountRecheck(ctx context.Context, e internship.Event, _ string) (string, error) {
	taken, err := a.DB.TakenPlaces(ctx, e.Refs.PositionID)
	if err != nil {
		return "", err
	}
	_, err = a.DB.Positions.Update(ctx, e.Refs.PositionID, func(p *internship.Position) error {
		if p.Filled(len(taken), a.Now()) {
			return p.EndRecruiting(len(taken), a.consequence(e))
		}
		corrected, err := p.CorrectHeadcount(len(taken), a.consequence(e))
		if err == nil && !corrected {
			return store.Unchanged
		}
		return err
	})
	return "", err
}

func (a *Acts) internsRecheck(ctx context.Context, e internship.Event, _ string) (string, error) {
	position, err := a.DB.Positions.Get(ctx, e.Refs.PositionID)
	if err != nil || position.State != internship.Running {
		return "", err
	}
	taken, err := a.DB.TakenPlaces(ctx, position.ID)
	if err != nil || len(taken) > 0 {
		return "", err
	}
	_, err = a.DB.Positions.Change(ctx, position, func(p *internship.Position) error {
		if p.State != internship.Running {
			return store.Unchanged
		}
		return p.LastInternEnded(a.consequence(e))
	})
	return "", err
}

// offersFollow brings one page of recruiting positions to what the enterprise
// says now, whichever event it runs for: of two that run at once the later
// reading wins (internship.Position.Follow).
func (a *Acts) offersFollow(ctx context.Context, e internship.Event, cursor string) (string, error) {
	enterprise, err := a.DB.Enterprises.Get(ctx, e.Refs.EnterpriseID)
	if err != nil {
		return "", err
	}
	page, err := a.DB.RecruitingPositions(ctx, e.Refs.EnterpriseID, cursor, reactionPage)
	if err != nil {
		return "", err
	}
	for _, p := range page.Items {
		if err := a.offerFollows(ctx, p, enterprise); err != nil {
			return "", err
		}
	}
	return page.Next, nil
}

func (a *Acts) offerRecheck(ctx context.Context, e internship.Event, _ string) (string, error) {
	position, err := a.DB.Positions.Get(ctx, e.Refs.PositionID)
	if err != nil {
		return "", err
	}
	enterprise, err := a.DB.Enterprises.Get(ctx, position.EnterpriseID)
	if err != nil {
		return "", err
	}
	return "", a.offerFollows(ctx, position, enterprise)
}

func (a *Acts) offerFollows(ctx context.Context, p *internship.Position, enterprise *internship.Enterprise) error {
	_, err := a.DB.Positions.Change(ctx, p, func(p *internship.Position) error {
		if !p.Follow(enterprise) {
			return store.Unchanged
		}
		return nil
	})
	return err
}

package internship

import (
	"strings"
	"time"
)

// Kind names what happened, e.g. "placement.applied".
type Kind string

// What happens in the system. The partners' feed carries these names.
const (
	EnterpriseEntered     Kind = "enterprise.entered"
	EnterpriseRecommended Kind = "enterprise.recommended"
	EnterpriseActivated   Kind = "enterprise.activated"

	EnterpriseRegistered      Kind = "enterprise.registered"
	EnterpriseNominated       Kind = "enterprise.nominated"
	EnterprisePassed          Kind = "enterprise.passed"
	EnterpriseReturned        Kind = "enterprise.returned"
	EnterpriseResubmitted     Kind = "enterprise.resubmitted"
	EnterpriseChangeRequested Kind = "enterprise.change_requested"
	EnterpriseChangeWithdrawn Kind = "enterprise.change_withdrawn"
	EnterpriseChangePassed    Kind = "enterprise.change_passed"
	EnterpriseChangeReturned  Kind = "enterprise.change_returned"
	EnterpriseIndustry        Kind = "enterprise.industry_changed"
	EnterpriseFrozen          Kind = "enterprise.frozen"
	EnterpriseLifted          Kind = "enterprise.lifted"
	// AccountBound: a WeChat identity was bound to an account.
	AccountBound Kind = "account.bound"
	// FollowerCame: somebody whom no account knows followed the 服务号 or
	// scanned one of its codes. No document changes; the act writes the job.
	FollowerCame Kind = "follower.came"

	// AccountAdded: the owner added somebody. AccountSecured: password, role or
	// mobile were changed, or the account removed or recovered: sessions of
	// before are void. AccountMoved: the same, by another mobile.
	// AccountNewDevice: a log-in from a device that the account has not seen.
	AccountAdded     Kind = "account.added"
	AccountSecured   Kind = "account.secured"
	AccountMoved     Kind = "account.moved"
	AccountNewDevice Kind = "account.new_device"

	RecoveryGranted Kind = "recovery.granted"
	RecoveryDenied  Kind = "recovery.denied"

	PositionPublished Kind = "position.published"
	PositionEdited    Kind = "position.edited"
	PositionClosed    Kind = "position.closed"
	PositionEnded     Kind = "position.recruiting_ended"

	PlacementApplied     Kind = "placement.applied"
	PlacementWithdrawn   Kind = "placement.withdrawn"
	PlacementAccepted    Kind = "placement.accepted"
	PlacementRefused     Kind = "placement.refused"
	PlacementLapsed      Kind = "placement.lapsed"
	PlacementApproved    Kind = "placement.school_approved"
	PlacementObjected    Kind = "placement.school_objected"
	PlacementReconfirm   Kind = "placement.reconfirm_asked"
	PlacementReconfirmed Kind = "placement.reconfirmed"
	PlacementGrouped     Kind = "placement.grouped"
	PlacementUngrouped   Kind = "placement.ungrouped"
	PlacementArrived     Kind = "placement.arrived"
	PlacementArrivalUndo Kind = "placement.arrival_undone"
	PlacementNoShow      Kind = "placement.no_show"
	PlacementCompleted   Kind = "placement.completed"
	PlacementTerminated  Kind = "placement.terminated"
	PlacementIncomplete  Kind = "placement.incomplete"
)

// Internal says whether the kind is nobody's affair but the account's: partners
// do not read of it.
func (k Kind) Internal() bool {
	if k == FollowerCame {
		return true
	}
	for _, prefix := range []string{"account.", "recovery."} {
		if strings.HasPrefix(string(k), prefix) {
			return true
		}
	}
	return false
}

// Event is one thing that happened, kept in the outbox of the document that
// changed until the relay has passed it on (design.md §4).
type Event struct {
	// ID is <document id>.<version>.<n>: the same change can't make two.
	ID   string    `bson:"id" json:"id"`
	Kind Kind      `bson:"kind" json:"kind"`
	At   time.Time `bson:"at" json:"at"`
	By   Actor     `bson:"by" json:"by"`
	// Depth counts the reactions that led here; deeper than 8 is stuck.
	Depth int `bson:"depth" json:"-"`
	// Audience are the schools whose feed carries the event.
	Audience []string `bson:"audience,omitempty" json:"-"`
	// Refs name the documents concerned.
	Refs Refs `bson:"refs" json:"refs"`
	// Data are the few words a message about the event needs. A word whose name
	// ends in At is an instant, RFC 3339 at +08:00: the feed shows it so, and a
	// message in its own way.
	Data map[string]string `bson:"data,omitempty" json:"data,omitempty"`
}

// Refs are the documents an event is about; empty where not concerned.
type Refs struct {
	EnterpriseID string `bson:"enterpriseId,omitempty" json:"enterpriseId,omitempty"`
	SchoolID     string `bson:"schoolId,omitempty" json:"schoolId,omitempty"`
	PlanID       string `bson:"planId,omitempty" json:"planId,omitempty"`
	StudentID    string `bson:"studentId,omitempty" json:"studentId,omitempty"`
	PositionID   string `bson:"positionId,omitempty" json:"positionId,omitempty"`
	PlacementID  string `bson:"placementId,omitempty" json:"placementId,omitempty"`
	// AccountID and RecoveryID are told to no partner.
	AccountID  string `bson:"accountId,omitempty" json:"-"`
	RecoveryID string `bson:"recoveryId,omitempty" json:"-"`
}

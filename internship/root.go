package internship

import (
	"fmt"
	"time"
)

// MaxOutbox is how many events may wait in one document before it refuses
// further changes: more means that the relay is not running.
const MaxOutbox = 200

// opsKept is how many op ids a document remembers: enough to recognise a
// change of ours whose answer was lost while others changed it meanwhile.
const opsKept = 8

// Root is what every aggregate carries: identity, version, history, the
// events that wait for the relay and the ids of its last changes. The store
// writes it; domain methods only append to History and Outbox through fire.
type Root struct {
	ID      string   `bson:"_id"`
	Version int64    `bson:"version"`
	History []Change `bson:"history,omitempty"`
	Outbox  []Event  `bson:"outbox,omitempty"`
	Ops     []string `bson:"ops,omitempty"`
}

// Self gives the store access to the root of any aggregate.
func (r *Root) Self() *Root { return r }

// Change is one line of an aggregate's history.
type Change struct {
	// Name is the transition's stable name, e.g. "accept".
	Name string    `bson:"name" json:"name"`
	From string    `bson:"from,omitempty" json:"from,omitempty"`
	To   string    `bson:"to" json:"to"`
	By   Actor     `bson:"by" json:"by"`
	At   time.Time `bson:"at" json:"at"`
	Op   string    `bson:"op" json:"-"`
	Note string    `bson:"note,omitempty" json:"note,omitempty"`
}

// ActorKind is a side that can act.
type ActorKind string

// The sides of domain.md §1.0.
const (
	ByEnterprise ActorKind = "enterprise"
	ByStudent    ActorKind = "student"
	BySchool     ActorKind = "school"
	ByPlatform   ActorKind = "platform"
	BySystem     ActorKind = "system"
)

// Label is the Chinese name of the side.
func (k ActorKind) Label() string {
	switch k {
	case ByEnterprise:
		return "企业"
	case ByStudent:
		return "学生"
	case BySchool:
		return "学校"
	case ByPlatform:
		return "平台"
	default:
		return "系统"
	}
}

// Actor is who did something: an account, a student, a school, the platform
// or the system itself.
type Actor struct {
	Kind ActorKind `bson:"kind" json:"kind"`
	ID   string    `bson:"id,omitempty" json:"id,omitempty"`
	Name string    `bson:"name,omitempty" json:"name,omitempty"`
}

// System is the actor of reactions and schedules.
func System() Actor { return Actor{Kind: BySystem, Name: "系统"} }

// Do says who does a change, when and why; every transition takes one.
type Do struct {
	By   Actor
	At   time.Time
	Note string
	// Depth is that of the event which caused the change, plus one; 0 for a person.
	Depth int
}

// Did says whether the change op has already been made to this document.
func (r *Root) Did(op string) bool {
	for _, o := range r.Ops {
		if o == op {
			return true
		}
	}
	return false
}

// Stamp closes a change before it is saved: the next version, the op id, and
// the deterministic ids of the events it emitted.
func (r *Root) Stamp(op string) error {
	if len(r.Outbox) > MaxOutbox {
		return ErrBacklog
	}
	r.Version++
	r.Ops = append(r.Ops, op)
	if n := len(r.Ops); n > opsKept {
		r.Ops = append([]string(nil), r.Ops[n-opsKept:]...)
	}
	for i := range r.History {
		if r.History[i].Op == "" {
			r.History[i].Op = op
		}
	}
	for i := range r.Outbox {
		if r.Outbox[i].ID == "" {
			r.Outbox[i].ID = fmt.Sprintf("%s.%d.%d", r.ID, r.Version, i)
		}
	}
	return nil
}

// Relayed takes events out of the outbox once they are passed on.
func (r *Root) Relayed(ids map[string]bool) {
	kept := r.Outbox[:0:0]
	for _, e := range r.Outbox {
		if !ids[e.ID] {
			kept = append(kept, e)
		}
	}
	r.Outbox = kept
}

// emit puts an event into the outbox; without further schools it goes to the
// feed of the school it concerns.
func (r *Root) emit(kind Kind, do Do, refs Refs, data map[string]string, schools []string) {
	if len(schools) == 0 && refs.SchoolID != "" {
		schools = []string{refs.SchoolID}
	}
	r.Outbox = append(r.Outbox, Event{Kind: kind, At: do.At, By: do.By, Depth: do.Depth, Audience: schools, Refs: refs, Data: data})
}

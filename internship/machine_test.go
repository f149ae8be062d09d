package internship

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, Zone)

// TestStatesAreTheCallersOwn keeps a caller who sorts or filters the list from changing the table itself.
func TestStatesAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	for _, states := range []func() []State{PositionStates, PlacementStates} {
		want := states()
		clear(states())
		if diff := cmp.Diff(want, states()); diff != "" {
			t.Errorf("(-want, +got):\n%s", diff)
		}
	}
}

func doBy(k ActorKind) Do { return Do{By: Actor{Kind: k, ID: "x"}, At: noon} }

// TestEveryTransitionOfEveryMachine walks every state × transition × side.
func TestEveryTransitionOfEveryMachine(t *testing.T) {
	t.Parallel()
	sides := []ActorKind{ByEnterprise, ByStudent, BySchool, ByPlatform, BySystem}
	for _, m := range Machines() {
		states := []string{""}
		for _, s := range m.States {
			states = append(states, s.Name)
		}
		for _, tr := range m.Transitions {
			for _, from := range states {
				for _, side := range sides {
					root, state := Root{ID: "d"}, from
					err := root.fire(m, &state, tr.Name, doBy(side), Refs{SchoolID: "s"}, nil)
					allowed := slices.Contains(tr.By, side)
					fits := slices.Contains(tr.From, from) || len(tr.From) == 0 && from == ""
					switch {
					case !allowed && !errors.Is(err, ErrForbidden), allowed && !fits && !errors.Is(err, ErrWrongState),
						allowed && fits && err != nil:
						t.Fatalf("%s: %s from %q by %s: %v", m.Name, tr.Name, from, side, err)
					}
					if err != nil {
						if state != from || len(root.History)+len(root.Outbox) > 0 {
							t.Fatalf("%s: refused %s left traces", m.Name, tr.Name)
						}
						continue
					}
					checkFired(t, m, tr, from, state, root)
				}
			}
		}
	}
}

func checkFired(t *testing.T, m Machine, tr Transition, from, state string, root Root) {
	t.Helper()
	if want := tr.To; want != "" && state != want || want == "" && state != from {
		t.Errorf("%s: %s ends in %q", m.Name, tr.Name, state)
	}
	if len(root.History) != 1 || root.History[0].From != from || root.History[0].To != state || !root.History[0].At.Equal(noon) {
		t.Errorf("%s: %s history %+v", m.Name, tr.Name, root.History)
	}
	if (tr.Emits == "") != (len(root.Outbox) == 0) {
		t.Errorf("%s: %s emitted %v", m.Name, tr.Name, root.Outbox)
	}
}

func TestMachinesAreWellFormed(t *testing.T) {
	t.Parallel()
	for _, m := range Machines() {
		names := map[string]bool{}
		for _, s := range m.States {
			if s.Label == "" || names[s.Name] {
				t.Errorf("%s: state %q", m.Name, s.Name)
			}
			names[s.Name] = true
		}
		seen := map[string]bool{}
		for _, tr := range m.Transitions {
			if seen[tr.Name] || tr.Label == "" || len(tr.By) == 0 {
				t.Errorf("%s: transition %q", m.Name, tr.Name)
			}
			seen[tr.Name] = true
			for _, s := range append(slices.Clone(tr.From), tr.To) {
				if s != "" && !names[s] {
					t.Errorf("%s: %s names unknown state %q", m.Name, tr.Name, s)
				}
			}
			for _, s := range m.States {
				if s.Final && slices.Contains(tr.From, s.Name) {
					t.Errorf("%s: %s leaves final state %s", m.Name, tr.Name, s.Name)
				}
			}
			if tr.Undoes != "" && m.transition(tr.Undoes).Label == "" {
				t.Errorf("%s: %s undoes unknown %q", m.Name, tr.Name, tr.Undoes)
			}
		}
	}
}

func TestWrongStateIsToldInChinese(t *testing.T) {
	t.Parallel()
	p := &Placement{State: Refused}
	err := p.Withdraw(doBy(ByStudent))
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Detail != "报名记录当前状态为「企业已拒绝」，不能进行「撤回报名」" {
		t.Errorf("got %v", err)
	}
}

func TestStampNamesChangesAndEvents(t *testing.T) {
	t.Parallel()
	p := &Placement{Root: Root{ID: "plc_1"}, StudentID: "s", SchoolID: "sch"}
	if err := p.Begin(doBy(ByStudent)); err != nil {
		t.Fatal(err)
	}
	for _, op := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"} {
		if err := p.Stamp(op); err != nil {
			t.Fatal(err)
		}
	}
	if p.Version != 9 || p.Did("a") || !p.Did("b") || !p.Did("i") {
		t.Errorf("version %d, ops %v", p.Version, p.Ops)
	}
	if got := p.Outbox[0].ID; got != "plc_1.1.0" {
		t.Errorf("event id %q", got)
	}
	if p.History[0].Op != "a" {
		t.Errorf("history op %q", p.History[0].Op)
	}
	if diff := cmp.Diff([]string{"sch"}, p.Outbox[0].Audience); diff != "" {
		t.Errorf("audience (-want, +got): %s", diff)
	}
	p.Relayed(map[string]bool{"plc_1.1.0": true})
	if len(p.Outbox) != 0 {
		t.Errorf("outbox %v", p.Outbox)
	}
}

func TestFullOutboxRefusesChanges(t *testing.T) {
	t.Parallel()
	p := &Placement{}
	p.Outbox = make([]Event, MaxOutbox+1)
	if err := p.Stamp("x"); !errors.Is(err, ErrBacklog) {
		t.Errorf("got %v", err)
	}
}

package internship

import "slices"

// State is a state of an aggregate with the label the manual prints.
type State struct {
	Name  string
	Label string
	// Final states are left by no transition.
	Final bool
}

// Transition is one row of a state table (domain.md §2).
type Transition struct {
	// Name is stable: histories and documents use it.
	Name string
	// Label is the manual's Chinese name of the act.
	Label string
	// From are the states it starts from; empty for a creation.
	From []string
	// To is the state it ends in; empty: the state stays.
	To string
	// By are the sides that may do it.
	By []ActorKind
	// Needs says what else must hold, for docs/states.md.
	Needs string
	// Emits is the event it causes, if any.
	Emits Kind
	// Undoes names the transition that this one takes back.
	Undoes string
}

// Machine is the state table of one kind of aggregate.
type Machine struct {
	Name        string
	Label       string
	States      []State
	Transitions []Transition
}

// Machines lists every state table; docs/states.md is printed from it.
func Machines() []Machine {
	return []Machine{enterpriseMachine, positionMachine, placementMachine, accountMachine, recoveryMachine}
}

// StateLabel is the manual's label of a state.
func (m Machine) StateLabel(state string) string {
	for _, s := range m.States {
		if s.Name == state {
			return s.Label
		}
	}
	return state
}

func (m Machine) transition(name string) Transition {
	for _, t := range m.Transitions {
		if t.Name == name {
			return t
		}
	}
	return Transition{Name: name}
}

// fire makes a transition: it checks the actor and the source state, moves
// the state and writes the history. The caller sets its own fields before or
// after, inside the same change, and emits through it.
func (r *Root) fire(m Machine, state *string, name string, do Do, refs Refs, data map[string]string, schools ...string) error {
	t := m.transition(name)
	if !slices.Contains(t.By, do.By.Kind) {
		return ErrForbidden
	}
	if !slices.Contains(t.From, *state) && (len(t.From) > 0 || *state != "") {
		return ErrWrongState.With(m.Label + "当前状态为「" + m.StateLabel(*state) + "」，不能进行「" + t.Label + "」")
	}
	from := *state
	if t.To != "" {
		*state = t.To
	}
	r.History = append(r.History, Change{Name: t.Name, From: from, To: *state, By: do.By, At: do.At, Note: do.Note})
	if t.Emits != "" {
		r.emit(t.Emits, do, refs, data, schools)
	}
	return nil
}

package handlers

import (
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"shixi/internship"
)

// PositionState is 岗位状态.
type PositionState string

// Schema lists the states of the domain's table.
func (PositionState) Schema(huma.Registry) *huma.Schema {
	return stateSchema("岗位状态", slices.DeleteFunc(internship.PositionStates(), func(s internship.State) bool { return s.Name == internship.Deleted }))
}

// PlacementState is 签约状态.
type PlacementState string

// Schema lists the states of the domain's table.
func (PlacementState) Schema(huma.Registry) *huma.Schema {
	return stateSchema("签约状态", internship.PlacementStates())
}

// EnterpriseState is the enterprise's 账号状态.
type EnterpriseState string

// Schema lists the states of the domain's table.
func (EnterpriseState) Schema(huma.Registry) *huma.Schema {
	return stateSchema("账号状态", machine("enterprise").States)
}

// Role is what an account may do.
type Role string

// Schema lists the roles.
func (Role) Schema(huma.Registry) *huma.Schema {
	states := make([]internship.State, 0, len(roles()))
	for _, r := range roles() {
		states = append(states, internship.State{Name: string(r), Label: r.Label()})
	}
	return stateSchema("角色", states)
}

func roles() []internship.Role {
	return []internship.Role{internship.Owner, internship.HR, internship.Mentor}
}

// stateSchema is a string of fixed values, each with its label.
func stateSchema(label string, states []internship.State) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	labels := make([]string, len(states))
	for i, state := range states {
		s.Enum = append(s.Enum, state.Name)
		labels[i] = state.Name + " " + state.Label
	}
	s.Description = label + "：" + strings.Join(labels, "、")
	if len(states) > 0 {
		s.Examples = []any{states[0].Name}
	}
	return s
}

// machine is a state table of the domain by its name.
func machine(name string) internship.Machine {
	all := internship.Machines()
	i := slices.IndexFunc(all, func(m internship.Machine) bool { return m.Name == name })
	if i < 0 {
		return internship.Machine{Name: name}
	}
	return all[i]
}

// transitionLabel is the Chinese name of a transition.
func transitionLabel(m internship.Machine, name string) string {
	for _, t := range m.Transitions {
		if t.Name == name {
			return t.Label
		}
	}
	return name
}

package internship

import (
	"strings"
	"time"
)

// Core is what a reviewer compares with the certificate: a change of it waits
// for review while the old data stay in force (G-10).
type Core struct {
	Name            string   `bson:"name"`
	Code            string   `bson:"code"`
	CodeKind        CodeKind `bson:"codeKind"`
	CodeUnverified  bool     `bson:"codeUnverified,omitempty"`
	LegalPerson     string   `bson:"legalPerson"`
	CertificateKind string   `bson:"certificateKind"`
	Certificate     string   `bson:"certificate"`
}

// CoreChange is new core data that wait.
type CoreChange struct {
	Core     `bson:",inline"`
	At       time.Time      `bson:"at"`
	By       Actor          `bson:"by"`
	Registry *RegistryCheck `bson:"registry,omitempty"`
}

// ChangeVerdict is how a change was decided.
type ChangeVerdict struct {
	Passed bool      `bson:"passed"`
	Reason string    `bson:"reason,omitempty"`
	At     time.Time `bson:"at"`
}

// Core is the core data in force.
func (e *Enterprise) Core() Core {
	return Core{Name: e.Name, Code: e.Code, CodeKind: e.CodeKind, CodeUnverified: e.CodeUnverified,
		LegalPerson: e.Profile.LegalPerson, CertificateKind: e.CertificateKind, Certificate: e.Certificate}
}

func (e *Enterprise) setCore(c Core) {
	e.Name, e.Code, e.CodeKind, e.CodeUnverified = c.Name, c.Code, c.CodeKind, c.CodeUnverified
	e.Profile.LegalPerson, e.CertificateKind, e.Certificate = c.LegalPerson, c.CertificateKind, c.Certificate
}

// RequestChange hands in new core data; the old ones stay in force until the
// platform passes it. Errors: ErrWrongState, ErrChangeWaiting,
// ErrNothingChanged.
func (e *Enterprise) RequestChange(c Core, do Do) error {
	switch {
	case e.State == Active && e.Waiting != nil:
		return ErrChangeWaiting
	case e.State == Active && c == e.Core():
		return ErrNothingChanged
	}
	if err := e.fire("request_change", do); err != nil {
		return err
	}
	e.Round++
	e.Waiting = &CoreChange{Core: c, At: do.At, By: do.By}
	return nil
}

// WithdrawChange takes the waiting change back. Errors: ErrWrongState,
// ErrNoChange.
func (e *Enterprise) WithdrawChange(do Do) error {
	if e.Waiting == nil {
		return ErrNoChange
	}
	if err := e.fire("withdraw_change", do); err != nil {
		return err
	}
	e.Waiting = nil
	return nil
}

// PassChange puts the waiting core data in force; the history notes what they
// were. Errors: ErrWrongState, ErrNoChange, ErrStaleRound, ErrRegistryPending.
func (e *Enterprise) PassChange(round int, do Do) error {
	switch {
	case e.Waiting == nil:
		return ErrNoChange
	case round != e.Round:
		return ErrStaleRound
	case e.Waiting.Registry == nil:
		return ErrRegistryPending
	}
	old := e.Core()
	do.Note = strings.Join(old.differences(e.Waiting.Core), "；")
	if err := e.fire("pass_change", do); err != nil {
		return err
	}
	e.setCore(e.Waiting.Core)
	e.Registry = e.Waiting.Registry
	e.Waiting, e.LastChange = nil, &ChangeVerdict{Passed: true, At: do.At}
	e.Reach++
	return nil
}

// ReturnChange drops the waiting core data with a reason. Errors:
// ErrWrongState, ErrNoChange, ErrStaleRound, ErrInvalid without a reason.
func (e *Enterprise) ReturnChange(round int, do Do) error {
	switch {
	case e.Waiting == nil:
		return ErrNoChange
	case round != e.Round:
		return ErrStaleRound
	}
	if err := reasoned(do); err != nil {
		return err
	}
	if err := e.fire("return_change", do); err != nil {
		return err
	}
	e.Waiting, e.LastChange = nil, &ChangeVerdict{Reason: do.Note, At: do.At}
	return nil
}

// differences tells, in Chinese, what becomes of the core data.
func (c Core) differences(to Core) []string {
	var out []string
	for _, d := range []struct{ label, from, to string }{
		{"名称", c.Name, to.Name}, {c.CodeKind.Label(), c.Code, to.Code}, {"法人代表/负责人", c.LegalPerson, to.LegalPerson},
		{"证件类别", c.CertificateKind, to.CertificateKind}} {
		if d.from != d.to {
			out = append(out, d.label+"由「"+d.from+"」变更为「"+d.to+"」")
		}
	}
	if c.Certificate != to.Certificate {
		out = append(out, "更换证件扫描件")
	}
	return out
}

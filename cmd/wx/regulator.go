package main

import (
	"context"
	"errors"
	"fmt"

	"shixi/acts"
	"shixi/internship"
	"shixi/registry"
)

// regulator is the market regulator's registry as the acts ask it.
type regulator struct{ registry registry.Registry }

var _ acts.Registry = regulator{}

// Record asks for the record of a code. That there is none is an answer; everything else that goes wrong is silence.
func (r regulator) Record(ctx context.Context, code string) (record internship.RegistryRecord, found bool, err error) {
	got, err := r.registry.Look(ctx, code)
	switch {
	case errors.Is(err, registry.ErrNotFound):
		return record, false, nil
	case err != nil:
		return record, false, fmt.Errorf("ask the registry: %w", err)
	}
	return internship.RegistryRecord{Name: got.Name, LegalPerson: got.LegalPerson, Status: got.Status}, true, nil
}

// openRegistry makes the registry's client; nil, and a word of it, when none is set.
func (y *system) openRegistry() (acts.Registry, error) {
	if y.settings.RegistryURL == nil {
		y.say("registry", "none: REGISTRY_URL is unset, so reviewers compare registrations themselves")
		return nil, nil //nolint:nilnil // no registry is a setting, not a failure
	}
	client, err := registry.New(registry.Options{URL: y.settings.RegistryURL, Token: y.settings.RegistryToken.Reveal()})
	if err != nil {
		return nil, err
	}
	y.onClose(func(context.Context) error { client.Close(); return nil })
	return regulator{client}, nil
}

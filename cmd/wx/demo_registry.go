package main

import (
	"fmt"
	"net/url"

	"shixi/registry"
	"shixi/registry/registrysim"
)

// prepareRegistry starts a simulated registry that knows the enterprise which registers itself, unless a real one is set.
func (d *demo) prepareRegistry() error {
	s := &d.settings
	if s.RegistryURL != nil {
		return nil
	}
	s.RegistryToken = newSecret()
	comer := demoComer()
	d.regulator = registrysim.New(s.RegistryToken.Reveal(),
		registry.Record{Code: comer.Code, Name: comer.Name, LegalPerson: demoComerLegal, Status: "存续"})
	base, err := d.regulator.Start("127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("start the simulated registry: %w", err)
	}
	s.RegistryURL, err = url.Parse(base)
	return err
}
